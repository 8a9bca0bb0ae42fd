"""A venue on a fork, with what was read of the upstream's HyperCore in its storage. SPEC HE-22.

Contracts, listing and prices come by ordinary transactions, as on a local chain. Accounts and
reserves could not: no order opens a position at another's entry price. While they are written,
`ForkImport` stands in the venue's place, so that the compiler lays out what it writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.abi import interface
from pmkit.chain.address import checked
from pmkit.chain.deploy import take
from pmkit.chain.deployment import Deployment, mark_chain
from pmkit.chain.genesis import (
    ROLES,
    WALLET_USD,
    WALLETS,
    Plan,
    create_contracts,
    created_address,
    list_everything,
)
from pmkit.chain.listing import Prices, policy_call, validate, validate_prices
from pmkit.errors import InputError, NodeRefused
from pmkit.fork.rest import backing_of, price_of, worth
from pmkit.hypercore.addresses import HYPE, HYPER_CORE, WRAPPED_HYPE
from pmkit.hypercore.place import place_stand_ins, place_wrapped_hype, runtime_of, send_as, set_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pmkit.chain.genesis import Step
    from pmkit.chain.rpc import Rpc
    from pmkit.fork.core_state import CoreMarket
    from pmkit.fork.imports import AccountImport
    from pmkit.fork.rest import ReserveImport
    from pmkit.policy import Params, TokenParams

IMPORT_GAS = hex(28_000_000)
ACCOUNTS_AT_ONCE = 5
"""Accounts of one transaction: one of 64 tokens and 32 positions takes about four million gas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkPlan:
    """The transactions that make a fork's venue, and where they lead."""

    steps: tuple[Step, ...]
    report: Step
    registry: str
    venue: str
    lens: str
    tokens: tuple[tuple[str, str], ...]
    """Names and ERC-20s, in the parameters' order."""

    def created(self, admin: str, nonce: int) -> list[str]:
        """Return the addresses of what the admin creates, from its next nonce on."""
        sent = [step for step in self.steps if step.role == "admin"]
        return [created_address(admin, nonce + i) for i, step in enumerate(sent) if step.to is None]


def plan_fork(
    params: Params,
    accounts: Mapping[str, str],
    nonce: int,
    erc20s: Mapping[int, str],
    prices: Prices,
) -> ForkPlan:
    """Return what makes a venue for ERC-20s by token id; a token without one gets one.

    Raises InputError for parameters that the contracts do not take, before anything is sent.
    """
    validate(params)
    validate_prices(params, prices)
    plan = Plan(accounts, nonce=nonce)
    registry, venue, lens = create_contracts(plan)
    tokens = {
        token.id: erc20s.get(token.id)
        or plan.create("LocalToken", token.name, token.evm_decimals, libraries={})
        for token in params.tokens
    }
    list_everything(plan, params, registry, tokens)
    if params != params.local():
        plan.call("admin", "CollateralRegistry", registry, "setPolicy", policy_call(params))
    plan.call("reporter", "CollateralRegistry", registry, "reportPrices", *prices.call())
    *steps, report = plan.steps
    return ForkPlan(
        steps=tuple(steps),
        report=report,
        registry=registry,
        venue=venue,
        lens=lens,
        tokens=tuple((token.name, tokens[token.id]) for token in params.tokens),
    )


def roles_of(rpc: Rpc) -> dict[str, str]:
    """Return the accounts that the node signs for, by role. Raises InputError."""
    unlocked: list[str] = rpc.request("eth_accounts")
    if len(unlocked) < len(ROLES):
        problem = f"the node signs for {len(unlocked)} accounts, {len(ROLES)} are needed"
        raise InputError(place=rpc.place, problem=problem)
    return {role: checked(a) for role, a in zip(ROLES, unlocked, strict=False)}


def place(
    rpc: Rpc,
    plan: ForkPlan,
    params: Params,
    roles: Mapping[str, str],
    market: CoreMarket,
    accounts: Sequence[AccountImport],
    reserves: Sequence[ReserveImport],
) -> Deployment:
    """Make the venue, write what was imported into it, and put the stand-ins in place.

    Raises the error of what failed.
    """
    place_wrapped_hype(rpc)
    for step in plan.steps:
        take(rpc, step, roles[step.role])
    erc20s = {t.id: erc20 for t, (_, erc20) in zip(params.tokens, plan.tokens, strict=True)}
    place_stand_ins(rpc, plan.venue, erc20s, activation_fee=params.policy.activation_fee)
    code: str = rpc.request("eth_getCode", plan.venue, "latest")
    set_code(rpc, plan.venue, runtime_of(rpc, "ForkImport"))
    for start in range(0, len(accounts), ACCOUNTS_AT_ONCE):
        rows = [encoded(account) for account in accounts[start : start + ACCOUNTS_AT_ONCE]]
        tell(rpc, plan, roles, "importAccounts", rows)
    # Prices and interest begin together, and last of all: nothing is older than the fork.
    take(rpc, plan.report, roles[plan.report.role])
    tell(rpc, plan, roles, "importReserves", list(reserves))
    set_code(rpc, plan.venue, code)
    for id_, amount in backing_of(accounts, reserves, params).items():
        hold(rpc, params.token(id_), erc20s[id_], plan.venue, amount)
    for token in params.tokens:
        px = price_of(token, market, params)
        for role in WALLETS if px else ():
            hold(rpc, token, erc20s[token.id], roles[role], worth(token, WALLET_USD, px))
    deployment = Deployment(
        rpc_url=rpc.url,
        chain_id=rpc.chain_id(),
        registry=plan.registry,
        venue=plan.venue,
        lens=plan.lens,
        core=HYPER_CORE,
        tokens=plan.tokens,
        accounts=tuple(roles.items()),
        block=rpc.block_number(),
    )
    mark_chain(rpc, deployment)
    return deployment


def tell(
    rpc: Rpc, plan: ForkPlan, roles: Mapping[str, str], function: str, rows: Sequence[object]
) -> None:
    """Send one call of the import."""
    data = interface("ForkImport").encode(function, plan.registry, rows)
    call = {"from": roles["admin"], "to": plan.venue, "data": f"0x{data.hex()}", "gas": IMPORT_GAS}
    send_as(rpc, call)


def encoded(account: AccountImport) -> dict[str, object]:
    """Return an account as the contract takes it."""
    return {
        "account": account.account,
        "mode": int(account.mode),
        "tokens": account.tokens,
        "dexes": account.dexes,
        "positions": account.positions,
    }


def hold(rpc: Rpc, token: TokenParams, erc20: str, owner: str, amount: int) -> None:
    """Let an address hold an amount of an ERC-20, given in token wei. Raises InputError where not.

    The node finds out where the ERC-20 keeps its balances; its total supply does not follow.
    """
    units = -(-amount * 10**token.evm_decimals // 10**token.wei_decimals)
    if units == 0:
        return
    try:
        rpc.request("anvil_dealERC20", owner, erc20, hex(units))
    except NodeRefused as refused:
        problem = f"the node found no way to set a balance of {erc20} ({refused.message})"
        raise InputError(place=f"ERC-20 of {token.name}", problem=problem) from refused
    if token.id == HYPE and erc20 == WRAPPED_HYPE:
        backing = int(rpc.request("eth_getBalance", erc20, "latest"), 16) + units
        rpc.request("anvil_setBalance", erc20, hex(backing))
