"""The contracts and the venue in plain integers, driven together and compared after every call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin

from support.evm import DEPLOYER, Contract, Reverted
from support.twins import error_of, revert_of, snake_case
from support.venue import BACKSTOP, INSURANCE, MAKER
from support.wide_market import WideMarket
from venue.storage import Storage

from pmkit.errors import VenueError
from pmkit.tiers import MarginTable
from pmkit.venue import Venue
from pmkit.venue.actions import external
from pmkit.venue.conform import hints_of

PARTIES = (MAKER, BACKSTOP, INSURANCE)


class Mirror(Contract):
    """A contract whose every call is also made on the venue in plain integers."""

    def __init__(self, mirrored: Contract, both: Both, *prefix: str) -> None:
        super().__init__(mirrored.evm, mirrored.name, mirrored.address, mirrored.abi)
        self.both = both
        self.prefix = prefix
        """What the twin's function takes before the contract's arguments."""

    def __call__(self, function: str, *args: Any, sender: str = DEPLOYER) -> Any:
        """Run a function on both sides; views are asked of the contract alone."""
        if self.functions[function]["stateMutability"] in ("view", "pure"):
            return super().__call__(function, *args, sender=sender)
        return self.both.run(self, function, args, sender)

    def real(self, function: str, *args: Any, sender: str) -> Any:
        """Run a function on the contract alone."""
        return super().__call__(function, *args, sender=sender)


@dataclass
class MirroredMarket(WideMarket):
    """The wide market, with a twin beside it from the first listing on."""

    def __post_init__(self) -> None:
        self.both = Both(self)
        for erc20 in self.erc20.values():
            self.both.know(erc20)
        self.venue = Mirror(self.venue, self.both)
        self.registry = Mirror(self.registry, self.both)
        self.erc20 = {t: Mirror(c, self.both, c.address.lower()) for t, c in self.erc20.items()}


@dataclass
class Both:
    """The two sides, and what came up."""

    market: WideMarket
    twin: Venue = field(init=False)
    seen: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def __post_init__(self) -> None:
        market = self.market
        names = {
            "admin": DEPLOYER,
            "venue": market.venue.address,
            "registry": market.registry.address,
            "maker": MAKER,
            "backstop": BACKSTOP,
            "insurance": INSURANCE,
        }
        self.twin = Venue(now=market.evm.timestamp, names=names)
        self.storage = Storage(market.venue)
        self.tokens: dict[str, Storage] = {}

    def know(self, erc20: Contract) -> None:
        """Put an ERC-20 of the contracts' side into the twin."""
        decimals = erc20("decimals")
        self.twin.act("admin", "create_erc20", erc20.address.lower(), erc20("name"), decimals)
        self.tokens[erc20.address.lower()] = Storage(erc20)

    def run(self, mirror: Mirror, function: str, args: tuple[Any, ...], sender: str) -> Any:
        """Run one call on both sides, compare everything, and end as the contract ended."""
        self.steps += 1
        name = snake_case(function)
        kinds = [kind for _, kind in external(name).parameters][len(mirror.prefix) :]
        values = [from_abi(kind, value) for kind, value in zip(kinds, args, strict=True)]
        self.twin.now = self.market.evm.timestamp
        refused = result = None
        try:
            result = mirror.real(function, *args, sender=sender)
        except Reverted as reverted:
            refused = reverted
        theirs = ("refused", revert_of(refused)) if refused else ("done", plain(result))
        try:
            ours = ("done", plain(self.twin.act(sender, name, *mirror.prefix, *values)))
        except VenueError as error:
            ours = ("refused", error_of(error))
        self.seen[f"{name}: {theirs[1][0] if refused else 'done'}"] += 1
        story = f"{name}{tuple(args)} by {sender}"
        assert ours == plain_outcome(theirs), f"{story}: twin {ours}, contracts {theirs}"
        self.compare_events(story)
        self.compare_storage(story)
        if refused:
            raise refused
        return result

    def compare_events(self, story: str) -> None:
        """Require the same events, with the same arguments, in the same order."""
        theirs = [
            (name, {snake_case(k): plain(v) for k, v in values.items()})
            for name, values in self.market.evm.logs
        ]
        ours = [
            (type(event).__name__, {k: plain(v) for k, v in event.values.items()})
            for event in self.twin.events
        ]
        assert ours == theirs, f"{story}: events of the twin {ours}, of the contracts {theirs}"
        self.events.update(name for name, _ in ours)

    def compare_storage(self, story: str) -> None:
        """Require the same words in storage: of every account, every reserve and every ERC-20."""
        state, read = self.twin.state, self.storage.read
        registry = self.twin.registry
        for i in range(len(registry.tokens)):
            same(state.reserves[i], read("_s", "reserves", i), f"{story}: reserve {i}")
        for account in self.twin.accounts():
            what = f"{story}: {account}"
            same(state.accounts[account], read("_s", "accounts", account), what)
            for i in range(len(registry.tokens)):
                at = f"{what}, token {i}"
                same(state.balances[account, i], read("_s", "balances", account, i), at)
                debt = read("_s", "episodeDebt", account, i)
                assert state.episode_debt[account, i] == debt, at
            for i in range(len(registry.dexes)):
                assert state.raw_usd[account, i] == read("_s", "rawUsd", account, i), what
            for i in range(len(registry.perps)):
                at = f"{what}, perp {i}"
                same(state.positions[account, i], read("_s", "positions", account, i), at)
        wallets = self.twin.wallets
        for erc20, storage in self.tokens.items():
            what = f"{story}: ERC-20 {erc20}"
            assert wallets.tokens[erc20].total_supply == storage.read("_totalSupply"), what
        for (erc20, holder), held in wallets.balances.items():
            assert held == self.tokens[erc20].read("_balances", holder), f"{story}: {holder}"
        for (erc20, owner, spender), allowed in wallets.allowances.items():
            theirs = self.tokens[erc20].read("_allowances", owner, spender)
            assert allowed == theirs, f"{story}: {owner} to {spender}"


def same(ours: Any, theirs: dict[str, int], what: str) -> None:
    """Require a record of the twin to hold the words of the contract's struct."""
    found = {f.name: int(getattr(ours, f.name)) for f in fields(ours)}
    assert found == theirs, f"{what}: twin {found}, contracts {theirs}"


def from_abi(kind: Any, value: Any) -> Any:
    """Return an argument of the contracts as the twin takes it."""
    origin = get_origin(kind)
    if origin is Annotated:
        base = get_args(kind)[0]
        if base is str:
            return "0x" + value.hex() if isinstance(value, bytes) else value.lower()
        return from_abi(base, value)
    if origin is tuple:
        return tuple(from_abi(get_args(kind)[0], one) for one in value)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = hints_of(kind)
        pairs = zip(fields(kind), value, strict=True)
        return kind(**{f.name: from_abi(hints[f.name], one) for f, one in pairs})
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind(value)
    return value


def plain(value: Any) -> Any:
    """Return a value of either side as numbers and text: structs by field, arrays as lists."""
    if isinstance(value, MarginTable):
        return [[*plain_list(tier), value.scale] for tier in value.tiers]
    if is_dataclass(value):
        return plain_list(value)
    if isinstance(value, dict):
        return [plain(one) for one in value.values()]
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str):
        return value.lower() if value.startswith("0x") else value
    return value if value is None or isinstance(value, bool) else int(value)


def plain_list(record: Any) -> list[Any]:
    """Return the fields of a record in order."""
    return [plain(getattr(record, f.name)) for f in fields(record)]


def plain_outcome(outcome: tuple[str, Any]) -> tuple[str, Any]:
    """Return an outcome of the contracts with its numbers plain."""
    kind, what = outcome
    return (kind, (what[0], tuple(plain(v) for v in what[1]))) if kind == "refused" else outcome
