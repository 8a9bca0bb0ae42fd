"""A venue from nothing: contracts, listings, prices and funds, as a list of ordinary transactions.

The list is made, and every figure in it encoded, before the first transaction is sent: addresses
follow from the deployer's nonce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.chain.contracts import LIBRARIES
from pmkit.chain.listing import (
    GENESIS_PRICES,
    genesis_prices,
    listing_calls,
    policy_call,
    usd_of,
    validate,
    validate_prices,
)
from pmkit.decimals import parse_units
from pmkit.hypercore.addresses import HYPE, HYPER_CORE, WRAPPED_HYPE
from pmkit.model import Mode
from pmkit.policy import NO_CAP
from pmkit.units import PERP_DECIMALS, UINT256_MAX
from pmkit.venue.listing import USDC

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pmkit.policy import Params, TokenParams

ROLES = (
    "admin",
    "reporter",
    "maker",
    "backstop",
    "insurance",
    "supplier",
    "borrower",
    "trader",
    "liquidator",
    "keeper",
)
"""Who the accounts of a local node are, in its order."""
WALLETS = ("supplier", "borrower", "trader", "liquidator", "keeper")
"""Roles that begin with tokens in their wallets."""
PORTFOLIO_MARGIN = ("backstop", "borrower", "trader")
"""Roles that begin in portfolio margin."""

WALLET_USD = 10_000_000
"""USD of each token in each of the wallets."""
MAKER_SPOT_USD = 1_000_000_000
"""USD of each token that the market maker can sell."""
MAKER_PERP_USD = 10_000_000_000
"""USD that back the market maker in each dex."""
SUPPLY_USD = 100_000_000
"""USD of each borrowable token that the supplier lends out, at most half of the supply cap."""
BACKSTOP_USD = 100_000_000
INSURANCE_USD = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transaction of the list."""

    what: str
    role: str
    """Who sends it."""
    to: str | None
    """None creates a contract."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """The whole list, and the addresses that it leads to."""

    steps: tuple[Step, ...]
    registry: str
    venue: str
    lens: str
    tokens: tuple[tuple[str, str], ...]


class Plan:
    """A list of transactions in the making."""

    def __init__(self, accounts: Mapping[str, str], *, nonce: int = 0) -> None:
        self.accounts = accounts
        self.nonce = nonce
        """How many transactions the admin has sent before."""
        self.steps: list[Step] = []

    def create(self, name: str, *arguments: object, libraries: Mapping[str, str]) -> str:
        """Add the creation of a contract by the admin, and return the address it will have."""
        code = load_artifact(name).linked(libraries)
        data = code + interface(name).encode_constructor(*arguments)
        self.steps.append(Step(what=f"create {name}", role="admin", to=None, data=data))
        sent = sum(step.role == "admin" for step in self.steps) - 1
        return created_address(self.accounts["admin"], self.nonce + sent)

    def call(self, role: str, contract: str, to: str, function: str, *arguments: object) -> None:
        """Add a call. Raises InputError for an argument that does not fit."""
        data = interface(contract).encode(function, *arguments)
        self.steps.append(Step(what=f"{contract}.{function}", role=role, to=to, data=data))


def plan_genesis(
    params: Params, accounts: Mapping[str, str], usd: Mapping[str, Decimal] = GENESIS_PRICES
) -> Genesis:
    """Return the transactions that make a venue, for accounts by role that have sent nothing yet.

    Raises InputError for parameters that the contracts do not take, before anything is sent.
    """
    validate(params)
    report = genesis_prices(params, usd)
    validate_prices(params, report)
    plan = Plan(accounts)
    registry, venue, lens = create_contracts(plan)
    tokens = {token.id: erc20_of(plan, token) for token in params.tokens}
    list_everything(plan, params, registry, tokens)
    fund_everybody(plan, params, venue, tokens, usd)
    if params != params.local():
        plan.call("admin", "CollateralRegistry", registry, "setPolicy", policy_call(params))
    # Last, so that prices are as fresh as they can be when the first user comes.
    plan.call("reporter", "CollateralRegistry", registry, "reportPrices", *report.call())
    return Genesis(
        steps=tuple(plan.steps),
        registry=registry,
        venue=venue,
        lens=lens,
        tokens=tuple((token.name, tokens[token.id]) for token in params.tokens),
    )


def create_contracts(plan: Plan) -> tuple[str, str, str]:
    """Add libraries, registry, venue and lens; return the last three's addresses."""
    accounts = plan.accounts
    libraries: dict[str, str] = {}
    for library in LIBRARIES:
        libraries[library] = plan.create(library, libraries=libraries)
    registry = plan.create("CollateralRegistry", accounts["admin"], libraries={})
    parties = (accounts["maker"], accounts["backstop"], accounts["insurance"], HYPER_CORE)
    venue = plan.create("Venue", registry, *parties, libraries=libraries)
    return registry, venue, plan.create("Lens", venue, libraries={})


def erc20_of(plan: Plan, token: TokenParams) -> str:
    """Return a token's ERC-20: wrapped HYPE has its place on every chain, others are created."""
    if token.id == HYPE:
        return WRAPPED_HYPE
    return plan.create("LocalToken", token.name, token.evm_decimals, libraries={})


def list_everything(plan: Plan, params: Params, registry: str, tokens: Mapping[int, str]) -> None:
    """Add the listings, the policy of a local chain, and the roles of reporter and matcher."""

    def tell(function: str, *arguments: object) -> None:
        plan.call("admin", "CollateralRegistry", registry, function, *arguments)

    # Roles open their accounts first: what a policy asks of newcomers they could not meet.
    tell("setPolicy", policy_call(params.local()))
    for function, arguments in listing_calls(params, tokens):
        tell(function, *arguments)
    tell("grantRole", keccak(text="REPORTER"), plan.accounts["reporter"])
    tell("grantRole", keccak(text="MATCHER"), plan.accounts["admin"])


def fund_everybody(
    plan: Plan,
    params: Params,
    venue: str,
    tokens: Mapping[int, str],
    usd: Mapping[str, Decimal],
) -> None:
    """Add what the roles begin with: the admin mints, pays in and fills the wallets."""
    accounts = plan.accounts
    quote = params.token(USDC)
    dex_tokens = [dex.collateral for dex in params.dexes]
    for role in PORTFOLIO_MARGIN:
        plan.call(role, "Venue", venue, "setMode", int(Mode.PORTFOLIO_MARGIN))
    for token in params.tokens:
        erc20 = tokens[token.id]

        def worth(dollars: int, token: TokenParams = token) -> int:
            return worth_of(params, token, dollars, usd)

        dexes = dex_tokens.count(token.id)
        spot = worth(MAKER_SPOT_USD) + dexes * worth(MAKER_PERP_USD)
        lent = 0
        if token.borrowable:
            half = (
                UINT256_MAX if token.global_supply_cap == NO_CAP else token.global_supply_cap // 2
            )
            lent = min(worth(SUPPLY_USD), whole_units(token, half))
        backs = min(worth(BACKSTOP_USD), lent) if token.id == quote.id else 0
        insures = worth(INSURANCE_USD) if token.id == quote.id else 0
        total = spot + lent + backs + insures
        plan.call("admin", "LocalToken", erc20, "mint", accounts["admin"], to_evm(token, total))
        plan.call("admin", "LocalToken", erc20, "approve", venue, UINT256_MAX)
        plan.call("admin", "Venue", venue, "deposit", token.id, spot, accounts["maker"])
        if lent:
            plan.call("admin", "Venue", venue, "supply", token.id, lent, accounts["supplier"])
        if backs:
            plan.call("admin", "Venue", venue, "deposit", token.id, backs, accounts["backstop"])
        if insures:
            plan.call("admin", "Venue", venue, "deposit", token.id, insures, accounts["insurance"])
        for role in WALLETS:
            amount = to_evm(token, worth(WALLET_USD))
            plan.call("admin", "LocalToken", erc20, "mint", accounts[role], amount)
    for i, dex in enumerate(params.dexes):
        collateral = params.token(dex.collateral)
        price = usd_of(params, dex.collateral, usd)
        margin = parse_units(str(int(MAKER_PERP_USD / price)), PERP_DECIMALS, collateral.name)
        plan.call("maker", "Venue", venue, "transferPerp", i, margin, True)


def worth_of(params: Params, token: TokenParams, dollars: int, usd: Mapping[str, Decimal]) -> int:
    """Return how much of a token some dollars buy at the genesis prices: whole tokens, in wei."""
    return int(dollars / usd_of(params, token.id, usd)) * int(10**token.wei_decimals)


def whole_units(token: TokenParams, amount: int) -> int:
    """Return an amount rounded down to whole tokens, in wei."""
    one: int = 10**token.wei_decimals
    return amount // one * one


def to_evm(token: TokenParams, amount: int) -> int:
    """Return whole tokens, given in wei, in units of the ERC-20."""
    return amount // int(10**token.wei_decimals) * int(10**token.evm_decimals)


def created_address(creator: str, nonce: int) -> str:
    """Return the address of the contract that an account creates with a nonce.

    The last 20 bytes of the hash of [creator, nonce], length-prefixed (RLP) by hand.
    """
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if nonce == 0 or nonce > 0x7F:
        number = bytes([0x80 + len(number)]) + number
    payload = b"\x94" + to_canonical_address(creator) + number
    return to_checksum_address(keccak(bytes([0xC0 + len(payload)]) + payload)[-20:])
