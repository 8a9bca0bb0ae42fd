"""From what is asked for to the transactions that make it, all of them the deployer's. SPEC DP-03.

Addresses of contracts that are still to be created stand as `Created` and are bound when a step is
sent. The deployer lists as the registry's first admin and leaves its roles last of all, so that an
interruption at any step leaves nobody locked out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_utils.crypto import keccak

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.chain.contracts import LIBRARIES
from pmkit.chain.listing import listing_calls, policy_call
from pmkit.deploy.references import (
    LENS,
    PARTIES,
    REGISTRY,
    VENUE,
    Created,
    created_token,
)
from pmkit.deploy.spec import ADMIN, REPORTER, ROLES
from pmkit.errors import InputError
from pmkit.venue.records import PairListing, PerpListing, TokenListing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pmkit.chain.listing import Prices
    from pmkit.deploy.spec import Address, DeploySpec
    from pmkit.policy import Params

NO_CORE = "0x" + "00" * 20
"""Nobody applies the actions of CoreWriter: on the venue's own chain the chain itself does."""
LOCAL_TOKEN = "LocalToken"  # noqa: S105 - a contract, not a password
DEFAULT_ADMIN_ROLE = bytes(32)
RISK_ADMIN = keccak(text="RISK_ADMIN")
STAND_IN = "0x" + "11" * 20
"""Stands for an address that is not known yet where only the size of a transaction counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transaction."""

    what: str
    """Names it to people and in the journal; no two steps of a plan have one name."""
    contract: str
    """Whose artifact encodes it."""
    arguments: tuple[Any, ...]
    creates: str | None = None
    """The name in the registry of the contract that it creates; None for a call."""
    target: str | None = None
    """The name of the contract that it calls."""
    function: str = ""

    def encoded(self, addresses: Mapping[str, str]) -> tuple[str | None, bytes]:
        """Return receiver (None creates) and data, with contracts at these addresses.

        Raises KeyError for a contract that is not there yet.
        """
        values = tuple(bound(value, addresses) for value in self.arguments)
        if self.creates is not None:
            code = load_artifact(self.contract).linked(addresses)
            return None, code + interface(self.contract).encode_constructor(*values)
        target = addresses[self.target or ""]
        return target, interface(self.contract).encode(self.function, *values)


def plan_of(spec: DeploySpec) -> tuple[Step, ...]:
    """Return every transaction of a deployment, in order. Raises InputError, ToolMissing."""
    steps = tuple(all_steps(spec))
    made: dict[str, str] = {}
    for step in steps:
        try:
            step.encoded(made)
        except KeyError as missing:
            problem = f"{step.what} needs {missing.args[0]}, which is created later"
            raise InputError(place=spec.place, problem=problem) from missing
        if step.creates is not None:
            made[step.creates] = STAND_IN
    return steps


def all_steps(spec: DeploySpec) -> Iterator[Step]:
    """Yield creations, then listings, roles and prices, then the handing over."""
    for library in LIBRARIES:
        yield creation(library, library)
    yield creation(REGISTRY, REGISTRY, spec.deployer)
    decimals = {token.name: token.evm_decimals for token in spec.params.tokens}
    for name, erc20 in spec.tokens:
        if erc20 is None:
            yield creation(created_token(name), LOCAL_TOKEN, name, decimals[name])
    parties = (spec.role(role) for role in PARTIES)
    yield creation(VENUE, VENUE, Created(REGISTRY), *parties, NO_CORE)
    yield creation(LENS, LENS, Created(VENUE))
    yield call("set the policy", "setPolicy", policy_call(spec.params))
    yield from listings(spec)
    if spec.prices is not None:
        yield call("report prices", "reportPrices", *spec.prices.call())
    yield from role_calls(spec)


def listings(spec: DeploySpec) -> Iterator[Step]:
    """Yield a call for each token, dex, margin table, perp and pair."""
    # The listing itself is asked for with stand-ins: its ERC-20s may not be there yet.
    erc20s = dict(spec.tokens)
    stand_ins = {token.id: STAND_IN for token in spec.params.tokens}
    for function, arguments in listing_calls(spec.params, stand_ins):
        match arguments:
            case (TokenListing(name=name) as listing,):
                own = erc20s[name]
                erc20 = Created(created_token(name)) if own is None else own
                yield call(f"list token {name}", function, WithErc20(listing, erc20))
            case (PerpListing(name=name),):
                yield call(f"list perp {name}", function, *arguments)
            case (PairListing(pair=pair),):
                yield call(f"list pair @{pair}", function, *arguments)
            case (table, tuple(), tuple()):
                yield call(f"set margin table {table}", function, *arguments)
            case (dex, name, _):
                yield call(f"list dex {dex} {name!r}", function, *arguments)


def role_calls(spec: DeploySpec) -> Iterator[Step]:
    """Yield who is granted what, and then what the deployer gives up."""
    for what, role, holder in grants(spec):
        if holder != spec.deployer or role not in BORN_WITH:
            yield call(f"grant {what}", "grantRole", role, holder)
    kept = {role for _, role, holder in grants(spec) if holder == spec.deployer}
    for what, role in BORN_WITH_NAMES:
        if role not in kept:
            yield call(f"deployer leaves {what}", "renounceRole", role, spec.deployer)


BORN_WITH_NAMES = (
    (REPORTER, keccak(text="REPORTER")),
    ("risk admin", RISK_ADMIN),
    # Last: only this one could repair what came before.
    (ADMIN, DEFAULT_ADMIN_ROLE),
)
BORN_WITH = frozenset(role for _, role in BORN_WITH_NAMES)
"""Roles that the registry gives to whoever creates it."""


def grants(spec: DeploySpec) -> tuple[tuple[str, bytes, Address], ...]:
    """Return every role of the registry, by name and hash, with who has it in the end."""
    found: list[tuple[str, bytes, Address]] = []
    holders = dict(spec.roles)
    for name in ROLES:
        if name in PARTIES or name not in holders:
            continue
        if name == ADMIN:
            found.append(("risk admin", RISK_ADMIN, holders[name]))
            found.append((ADMIN, DEFAULT_ADMIN_ROLE, holders[name]))
        else:
            found.append((name, keccak(text=name.upper()), holders[name]))
    return tuple(found)


def creation(name: str, contract: str, *arguments: Any) -> Step:
    """Return the step that creates a contract under a name."""
    return Step(what=f"create {name}", contract=contract, arguments=arguments, creates=name)


def call(what: str, function: str, *arguments: Any) -> Step:
    """Return a call of the registry."""
    return Step(
        what=what, contract=REGISTRY, arguments=arguments, target=REGISTRY, function=function
    )


@dataclass(frozen=True, slots=True)
class WithErc20:
    """A token's listing with the ERC-20 that it will have."""

    listing: TokenListing
    erc20: Address


def bound(value: Any, addresses: Mapping[str, str]) -> Any:
    """Return an argument with created contracts at their addresses. Raises KeyError."""
    if isinstance(value, Created):
        return addresses[value.name]
    if isinstance(value, WithErc20):
        return replace(value.listing, erc20=bound(value.erc20, addresses))
    return value


def inputs_of(spec: DeploySpec) -> dict[str, str]:
    """Return all that a deployment depends on, flat by name, to tell two of them apart."""
    contracts = {step.contract for step in all_steps(spec)}
    codes = {
        f"contracts.{name}": f"0x{keccak(text=load_artifact(name).bytecode).hex()}"
        for name in sorted(contracts)
    }
    asked = {
        "chain_id": spec.chain_id,
        "deployer": spec.deployer,
        "roles": dict(spec.roles),
        "tokens": dict(spec.tokens),
        "prices": None if spec.prices is None else prices_by_name(spec.params, spec.prices),
        "params": spec.params,
    }
    return {**dict(flat(asked, "")), **codes}


def prices_by_name(params: Params, prices: Prices) -> dict[str, dict[str, int]]:
    """Return a report with the names of its coins and pairs."""
    coins = {perp.id: perp.name for perp in params.perps}
    pairs = {pair.id: pair.name for pair in params.pairs}
    return {
        "usdc": {"px": prices.usdc_px},
        **{pairs[pair]: {"px": px} for pair, px in prices.spots},
        **{coins[a]: {"mark": mark, "oracle": oracle} for a, mark, oracle in prices.perps},
    }


def flat(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield every leaf of a nested value by its place."""
    if isinstance(value, Created):
        yield place, f"${value.name}"
    elif is_dataclass(value) and not isinstance(value, type):
        yield from flat({f.name: getattr(value, f.name) for f in fields(value)}, place)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, tuple | list):
        for i, inner in enumerate(value):
            yield from flat(inner, f"{place}.{getattr(inner, 'name', i)}")
    else:
        yield place, str(value)
