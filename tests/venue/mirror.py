"""The contracts and the venue in plain integers, driven together and compared after every call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin

from eth_abi.abi import decode
from support.evm import DEPLOYER, Contract, Reverted, abi_type
from support.twins import error_of, revert_of, snake_case, unnamed
from support.venue import BACKSTOP, CORE, INSURANCE, MAKER, STABLE_CURVE, UNLIMITED
from support.wide_market import WideMarket
from venue.storage import Storage

from pmkit.errors import VenueError
from pmkit.sweep import swept
from pmkit.tiers import MarginTable
from pmkit.venue import Venue, reserve_status
from pmkit.venue.actions import Call, external
from pmkit.venue.conform import hints_of
from pmkit.venue.refusal import Refusal
from pmkit.venue.state import Reserve

ACTING = ("on_behalf", "for_sub_account", "for_core")
"""Calls that run another call, given in bytes, and answer what it does."""
DONE = 0
"""What the lens says of an account that it could read."""
DEFICIT_STANDS = 0x80
"""Stands beside the states last announced of a reserve with a deficit, and is never told."""
LIQUIDATING = ("liquidate", "liquidate_as_taker", "liquidate_isolated")
"""Calls that are about the account that they name first, not about the sender."""


class Mirror(Contract):
    """A contract whose every call is also made on the venue in plain integers."""

    def __init__(self, mirrored: Contract, both: Both, *prefix: str) -> None:
        super().__init__(mirrored.evm, mirrored.name, mirrored.address, mirrored.abi)
        self.both = both
        self.prefix = prefix
        """What the twin's function takes before the contract's arguments."""

    def __call__(self, function: str, *args: Any, sender: str = DEPLOYER) -> Any:
        """Run a function on both sides; views are asked of the contract alone.

        What the last call emitted is still there after a view.
        """
        if self.functions[function]["stateMutability"] in ("view", "pure"):
            logs = self.evm.logs
            try:
                return self.real(function, *args, sender=sender)
            finally:
                self.evm.logs = logs
        return self.both.run(self, function, args, sender)

    def call_of(self, calldata: bytes) -> tuple[str, tuple[Any, ...]]:
        """Return the function and the arguments of a call in bytes."""
        (function,) = (n for n, selector in self.selectors.items() if selector == calldata[:4])
        types = [abi_type(i) for i in self.functions[function]["inputs"]]
        return function, decode(types, calldata[4:])

    def answer_of(self, calldata: bytes, answer: bytes) -> Any:
        """Return what a call in bytes answered."""
        function, args = self.call_of(calldata)
        values = decode([abi_type(o) for o in self.functions[function]["outputs"]], answer)
        return self.told_by(function, args, values[0] if len(values) == 1 else values or None)

    def told_by(self, function: str, args: tuple[Any, ...], result: Any) -> Any:
        """Return a result with what it holds in bytes decoded: answers of calls, and refusals."""
        if function in ("onBehalf", "forSubAccount", "forCore"):
            return self.answer_of(args[-1], result)
        if function == "batch":
            return [self.answer_of(call, one) for call, one in zip(args[0], result, strict=True)]
        if function == "liquidateBatch":
            return [self.outcome_of(*unnamed(one)) for one in result]
        return result

    def outcome_of(self, done: bool, step: Any, reason: bytes) -> list[Any]:
        """Return how a step of a batch ended, its refusal by name."""
        return [done, step, None if done else list(named(self.evm.refusal_of(reason)))]


@dataclass
class MirroredMarket(WideMarket):
    """The wide market, with a twin beside it from the first listing on."""

    def __post_init__(self) -> None:
        self.both = self.both_sides()
        for erc20 in self.erc20.values():
            self.both.know(erc20)
        self.venue = Mirror(self.venue, self.both)
        self.registry = Mirror(self.registry, self.both)
        self.erc20 = {t: Mirror(c, self.both, c.address.lower()) for t, c in self.erc20.items()}

    def both_sides(self) -> Both:
        """Return what drives the two sides."""
        return Both(self)

    def list_token(
        self,
        token: int,
        evm: int,
        wei: int,
        sz: int,
        ltv: int,
        lent: bool,
        caps: tuple[int, int, int, int] = (UNLIMITED,) * 4,
    ) -> None:
        """List a token with an ERC-20 of its own."""
        erc20 = self.evm.deploy("LocalToken", f"token {token}", evm)
        self.both.know(erc20)
        self.erc20[token] = Mirror(erc20, self.both, erc20.address.lower())
        listing = (token, f"T{token}", erc20.address, evm, wei, sz, ltv, lent, *caps)
        self.registry("listToken", (*listing, STABLE_CURVE, 0))

    def warp(self, seconds: int) -> None:
        """Move both clocks."""
        self.evm.warp(seconds)
        self.both.twin.now = self.evm.timestamp


@dataclass
class Both:
    """The two sides, and what came up."""

    market: WideMarket
    twin: Venue = field(init=False)
    seen: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    views_every: int = 1
    """After how many calls the views of an account are compared; all else is after each."""
    asked: dict[Any, tuple[bytes, bytes, tuple[str, Any]]] = field(default_factory=dict)
    """Views by function and arguments: the call in bytes, its last answer, and what that says."""
    equal: dict[tuple[Any, ...], tuple[Any, Any]] = field(default_factory=dict)
    """Records by their path in storage, as found equal last: the twin's and the contract's."""

    def __post_init__(self) -> None:
        market = self.market
        names = {
            "admin": DEPLOYER,
            "venue": market.venue.address,
            "registry": market.registry.address,
            "maker": MAKER,
            "backstop": BACKSTOP,
            "insurance": INSURANCE,
            "core": CORE,
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
        foreseen = self.foreseen(args[0]) if name == "liquidate" else None
        refused: Reverted | None = None
        result: Any = None
        try:
            result = mirror.real(function, *args, sender=sender)
        except Reverted as reverted:
            refused = reverted
        logs = self.market.evm.logs
        reserves = dict(self.twin.state.reserves)
        told = None if refused else mirror.told_by(function, args, result)
        theirs = ("done", plain(told)) if refused is None else ("refused", named(refused))
        ours = self.follow(mirror, name, args, sender)
        self.seen[f"{name}: {'done' if refused is None else named(refused)[0]}"] += 1
        story = f"call {self.steps}, {name}{tuple(args)} by {sender}"
        assert ours == theirs, f"{story}: twin {ours}, contracts {theirs}"
        if foreseen is not None and theirs[1][0] != "SelfLiquidation":
            assert foreseen == (theirs[0] == "done"), f"{story}: the lens foresaw {foreseen}"
        self.compare_events(logs, story)
        self.require_announced(reserves, story)
        if mirror.name != "CollateralRegistry":
            self.compare_storage(story)
            if self.steps % self.views_every == 0:
                for account in about(name, args, sender):
                    self.compare_views(account, story)
        # The views asked meanwhile have logs of their own.
        self.market.evm.logs = logs
        if refused:
            raise refused
        return told if name in ACTING else result

    def foreseen(self, account: str) -> bool | None:
        """Return whether the lens says that a step would be taken; None where it cannot tell."""
        _, (outcome,) = self.market.lens("reportsOf", [account], [], [])
        if outcome["status"] != DONE:
            return None
        report = self.market.lens.decode("reportOf", outcome["data"])
        foreseen: bool = report["actionable"]
        return foreseen

    def compare_lens(self, everyone: list[str]) -> None:
        """Require the lens to tell of every account what the twin does, refusals included."""
        lens, twin = self.market.lens, self.twin
        looks: tuple[tuple[str, tuple[Any, ...], Callable[[Any], Any], Callable[[str], Any]], ...]
        looks = (
            ("accountsOf", (False,), self.as_account, twin.account_of),
            ("accountsOf", (True,), self.as_account, lambda who: swept(twin.account_of(who))),
            ("reportsOf", (), self.as_margin, twin.margin_of),
        )
        for function, args, read, ask in looks:
            header, outcomes = lens(function, everyone, *args, [], [])
            assert header["timestamp"] == twin.now
            for account, outcome in zip(everyone, outcomes, strict=True):
                done = outcome["status"] == DONE
                data = outcome["data"]
                theirs = (
                    ("done", plain(read(data)))
                    if done
                    else ("refused", named(self.market.evm.refusal_of(data)))
                )
                ours = outcome_of(ask, account)
                assert ours == theirs, f"{function} of {account}: twin {ours}, lens {theirs}"
                self.seen[f"lens: {'done' if done else theirs[1][0]}"] += 1

    def as_account(self, data: bytes) -> Any:
        """Return what the lens tells of an account."""
        return self.market.venue.decode("accountOf", data)

    def as_margin(self, data: bytes) -> Any:
        """Return the margin that the lens tells of an account."""
        return self.market.lens.decode("reportOf", data)["margin"]

    def follow(self, mirror: Mirror, name: str, args: tuple[Any, ...], sender: str) -> Any:
        """Make a call on the twin; return its outcome."""
        kinds = [kind for _, kind in external(name).parameters][len(mirror.prefix) :]
        values = [
            self.from_abi(mirror, kind, value) for kind, value in zip(kinds, args, strict=True)
        ]
        return outcome(lambda: self.twin.act(sender, name, *mirror.prefix, *values))

    def from_abi(self, mirror: Mirror, kind: Any, value: Any) -> Any:
        """Return an argument of the contracts as the twin takes it; calls in bytes by name."""
        if kind == tuple[Call, ...]:
            return tuple(self.from_abi(mirror, Call, one) for one in value)
        if kind is not Call:
            return from_abi(kind, value)
        function, args = mirror.call_of(value)
        kinds = [kind for _, kind in external(snake_case(function)).parameters]
        inner = [self.from_abi(mirror, kind, arg) for kind, arg in zip(kinds, args, strict=True)]
        return Call(snake_case(function), tuple(inner))

    def compare_events(self, logs: list[tuple[str, dict[str, Any]]], story: str) -> None:
        """Require the same events, with the same arguments, in the same order."""
        theirs = [
            (name, {snake_case(k): plain(v) for k, v in values.items()}) for name, values in logs
        ]
        ours = [
            (type(event).__name__, {k: plain(v) for k, v in event.values.items()})
            for event in self.twin.events
        ]
        assert ours == theirs, f"{story}: events of the twin {ours}, of the contracts {theirs}"
        self.events.update(name for name, _ in ours)

    def require_announced(self, before: dict[int, Reserve], story: str) -> None:
        """Require every reserve that a call changed to be in the states last told. SPEC BL-21."""
        s = self.twin.state
        for index, reserve in s.reserves.items():
            if reserve == before.get(index):
                continue
            p = self.twin.registry.tokens[index]
            found = reserve_status.bits(s, p, reserve.supply_index, reserve.borrow_index)
            assert reserve.status == found, f"{story}: reserve {index} is {found!r}, not told"

    def compare_record(self, ours: Any, path: tuple[Any, ...], story: str) -> None:
        """Require a record of the twin to hold the words of the contract's struct.

        Records are never changed but replaced, so what was equal is while both sides are the same.
        """
        theirs = self.storage.read("_s", *path)
        before = self.equal.get(path)
        if before is not None and before[0] is ours and before[1] is theirs:
            return
        found = {f.name: int(getattr(ours, f.name)) for f in fields(ours)}
        if isinstance(ours, Reserve) and ours.deficit:
            found["status"] |= DEFICIT_STANDS
        assert found == theirs, f"{story}: {path}: twin {found}, contracts {theirs}"
        self.equal[path] = ours, theirs

    def compare_views(self, account: str, story: str) -> None:
        """Require the same answers, or refusals, of every view of an account."""
        registry = self.twin.registry
        self.compare_view("accountState", (account,), story)
        self.compare_view("accountOf", (account,), story)
        self.compare_view("marginOf", (account,), story)
        self.compare_view("storedMarginOf", (account,), story)
        self.compare_view("volumeOf", (account,), story)
        for token in registry.token_at:
            self.compare_view("balanceOf", (account, token), story)
            self.compare_view("reserveStatus", (token,), story)
        for asset in registry.perp_at:
            self.compare_view("positionOf", (account, asset), story)
            self.compare_view("fundingDueOf", (account, asset), story)
            self.compare_view("displayLiquidationPx", (account, asset), story)
            self.compare_view("isolatedOf", (account, asset), story)
        for dex in registry.dex_at:
            self.compare_view("rawUsdOf", (account, dex), story)

    def compare_view(self, function: str, args: tuple[Any, ...], story: str) -> None:
        """Require one view to answer, or refuse, the same on both sides."""
        name = snake_case(function)
        theirs = self.answer_of(function, args)
        ours = outcome(lambda: getattr(self.twin, name)(*args))
        assert ours == theirs, f"{story}: {name}{args}: twin {ours}, contracts {theirs}"
        self.seen[f"{name}: {'done' if ours[0] == 'done' else ours[1][0]}"] += 1

    def answer_of(self, function: str, args: tuple[Any, ...]) -> tuple[str, Any]:
        """Return what a view answers or how it refuses; the same bytes are read only once."""
        venue = self.market.venue
        known = self.asked.get((function, args))
        calldata = venue.calldata(function, *args) if known is None else known[0]
        try:
            output = venue.evm.run(venue.address, calldata, DEPLOYER)
        except Reverted as reverted:
            return "refused", named(reverted)
        if known is None or known[1] != output:
            answer = "done", plain(venue.decode(function, output))
            known = self.asked[function, args] = calldata, output, answer
        return known[2]

    def compare_everything(self) -> None:
        """Require the same answers of every view: of accounts, reserves and all that is listed."""
        registry, theirs = self.twin.registry, self.market.registry
        listed = [list(ids) for ids in registry.listed()]
        assert listed == plain(theirs("listed"))
        assert [list(names) for names in registry.names()] == plain(theirs("names"))
        assert plain(registry.policy) == plain(theirs("policy"))
        assert registry.usdc_px == theirs("usdcPx")
        for token in listed[0]:
            self.compare_view("reserveOf", (token,), "at the end")
            self.compare_view("inventoryOf", (token,), "at the end")
            found = registry.token(token)
            shown = (*plain_list(found)[:14], registry.paused)
            assert list(shown) == plain(theirs("tokenParams", token))
            assert [found.erc20, found.evm_decimals] == plain(theirs("tokenErc20", token))
        for dex in listed[1]:
            found_dex = registry.dex(dex)
            collateral = registry.tokens[found_dex.collateral].token
            assert [found_dex.index, collateral] == plain(theirs("dexOf", dex))
        for asset in listed[2]:
            perp = registry.perp(asset)
            table = registry.table(perp.margin_table)
            head = (perp.asset, perp.mark, perp.px_time, perp.index, perp.dex, perp.sz_decimals)
            row = (*head, perp.max_leverage, registry.funding(perp)[0], table)
            assert plain(row) == plain(theirs("perpParams", asset))
            assert plain(registry.funding_of(asset)) == plain(theirs("fundingOf", asset))
            assert perp.oracle == theirs("perpOraclePx", asset)
        for number in listed[3]:
            pair = registry.pair(number)
            base, quote = registry.tokens[pair.base].token, registry.tokens[pair.quote].token
            assert [base, quote, pair.px, pair.px_time] == plain(theirs("pairOf", number))
            priced = registry.perp_of_pair(number)
            assert [priced is not None, priced or 0] == plain(theirs("perpOfPair", number))
        everyone, total = self.market.venue("accounts", 0, 1_000)
        assert [account.lower() for account in everyone] == list(self.twin.accounts())
        assert total == len(everyone)
        self.compare_lens(list(everyone))
        for account in everyone:
            self.compare_views(account, "at the end")
        assert self.dumped(everyone) == self.twin.dump_storage()

    def dumped(self, everyone: list[str]) -> dict[str, Any]:
        """Return what the contracts' views of storage answer, as the twin dumps it."""
        venue = self.market.venue
        tokens, dexes, perps, _ = self.market.registry("listed")

        def by_name(function: str, *args: Any) -> dict[str, Any]:
            return {snake_case(name): value for name, value in venue(function, *args).items()}

        return {
            "accounts": {
                account.lower(): {
                    "state": by_name("accountState", account),
                    "balances": {t: by_name("balanceOf", account, t) for t in tokens},
                    "positions": {asset: by_name("positionOf", account, asset) for asset in perps},
                    "raw_usd": {dex: venue("rawUsdOf", account, dex) for dex in dexes},
                }
                for account in everyone
            },
            "reserves": {t: by_name("reserveOf", t) for t in tokens},
            "inventory": {t: by_name("inventoryOf", t) for t in tokens},
        }

    def compare_storage(self, story: str) -> None:
        """Require the same words in storage: of every account, every reserve and every ERC-20."""
        state, read = self.twin.state, self.storage.read
        registry = self.twin.registry
        for i in range(len(registry.tokens)):
            self.compare_record(state.reserves[i], ("reserves", i), story)
            self.compare_record(state.inventory[i], ("inventory", i), story)
        for account in self.twin.accounts():
            self.compare_record(state.accounts[account], ("accounts", account), story)
            for i in range(len(registry.tokens)):
                self.compare_record(state.balances[account, i], ("balances", account, i), story)
                debt = read("_s", "episodeDebt", account, i)
                assert state.episode_debt[account, i] == debt, f"{story}: {account}, token {i}"
            for i in range(len(registry.dexes)):
                usd = read("_s", "rawUsd", account, i)
                assert state.raw_usd[account, i] == usd, f"{story}: {account}, dex {i}"
            for i in range(len(registry.perps)):
                self.compare_record(state.positions[account, i], ("positions", account, i), story)
        for (account, operator), approved in state.operators.items():
            assert approved == bool(read("_s", "operators", account, operator)), story
        wallets = self.twin.wallets
        for erc20, storage in self.tokens.items():
            what = f"{story}: ERC-20 {erc20}"
            assert wallets.tokens[erc20].total_supply == storage.read("_totalSupply"), what
        for (erc20, holder), held in wallets.balances.items():
            assert held == self.tokens[erc20].read("_balances", holder), f"{story}: {holder}"
        for (erc20, owner, spender), allowed in wallets.allowances.items():
            theirs = self.tokens[erc20].read("_allowances", owner, spender)
            assert allowed == theirs, f"{story}: {owner} to {spender}"


def about(name: str, args: tuple[Any, ...], sender: str) -> tuple[str, ...]:
    """Return the accounts that a call is about."""
    if name == "liquidate_batch":
        return tuple(args[0])
    return (args[0],) if name in LIQUIDATING else (sender,)


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
    if isinstance(value, Refusal):
        return [value.name, [plain(number) for _, number in value.values]]
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


def outcome(run: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a call on either side answered, or the name and numbers of its refusal."""
    try:
        return "done", plain(run())
    except Reverted as reverted:
        return "refused", named(reverted)
    except VenueError as error:
        name, values = error_of(error)
        return "refused", (name, plain(values))


def outcome_of(ask: Callable[[str], Any], account: str) -> tuple[str, Any]:
    """Return what the twin answers of an account."""
    return outcome(lambda: ask(account))


def named(reverted: Reverted) -> tuple[str, Any]:
    """Return the name and the numbers of a contract's refusal."""
    name, values = revert_of(reverted)
    return name, plain(values)
