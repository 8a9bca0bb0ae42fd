"""What an observer of the contracts sees at one moment: accounts, reserves, holdings.

Everything is read from the contracts, by their views and the words of their storage; nothing is
taken from the twin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from invariants.words import decoded
from support.evm import DEPLOYER, Contract, Reverted
from support.venue import BACKSTOP, INSURANCE, MAKER
from venue.mirror import MirroredMarket
from venue.storage import Storage

HOUSE = (MAKER, BACKSTOP, INSURANCE)
"""Accounts that are not liquidated and take part in what happens to others."""


@dataclass(frozen=True)
class Holder:
    """One account: what is stored of it, and what the views say."""

    who: str
    state: dict[str, int]
    balances: dict[int, dict[str, int]]
    """By token id."""
    positions: dict[int, dict[str, int]]
    """By asset id; cross and isolated."""
    raw_usd: dict[int, int]
    """By dex id."""
    isolated: dict[int, dict[str, int]]
    """Figures of isolated positions by asset id."""
    account: dict[str, Any]
    """`accountOf`."""
    margin: dict[str, Any] | None
    """`marginOf`, as if swept; none where a price is missing."""
    refusal: str = ""
    """Why there is no margin."""

    @cached_property
    def tokens(self) -> dict[int, dict[str, int]]:
        """What `accountOf` says, by token id."""
        return {t["token"]: t for t in self.account["tokens"]}

    @property
    def liquidatable(self) -> bool:
        """Whether the account is liquidatable; not where nobody can say."""
        return self.margin is not None and bool(self.margin["liquidatable"])

    @property
    def owned(self) -> dict[int, tuple[int, int, int]]:
        """Idle balance, supply and debt by token id, token wei."""
        return {i: (t["idle"], t["supplied"], t["borrowed"]) for i, t in self.tokens.items()}

    def net(self, token: int) -> int:
        """Return the net total of a token as stored, token wei: dexes count with their marks."""
        t = self.tokens.get(token)
        if t is None:
            return 0
        total: int = t["idle"] + t["supplied"] - t["borrowed"]
        return total + sum(
            self.equity(d) * 10 ** (t["weiDecimals"] - 6)
            for d, dex in enumerate(self.account["dexes"])
            if self.account["tokens"][dex["collateral"]]["token"] == token
        )

    def equity(self, dex: int) -> int:
        """Return the equity of a dex by its place in the account, 1e-6 of its token."""
        perps = self.account["perps"]
        raw_usd: int = self.account["dexes"][dex]["rawUsd"]
        return raw_usd + sum(p["szi"] * p["mark"] for p in perps if p["dex"] == dex)


@dataclass(frozen=True)
class Look:
    """The venue at one moment."""

    time: int
    holders: dict[str, Holder]
    reserves: dict[int, dict[str, int]]
    """`reserveOf` by token id: with interest up to now."""
    stored: dict[int, dict[str, int]]
    """Reserves as stored."""
    holdings: dict[int, int]
    """What the venue has of each token's ERC-20, token wei."""
    params: dict[int, dict[str, Any]]
    """`tokenParams` by token id."""
    perp_dex: dict[int, int]
    """The token id that an asset's dex counts in."""
    lent: int
    """Bitmap of the tokens whose indexes may differ from one."""
    units: dict[int, int]
    """Token wei in one unit of each token's ERC-20; one where it is as fine or finer."""

    @property
    def users(self) -> list[Holder]:
        """All accounts but those of the house."""
        return [holder for who, holder in self.holders.items() if who not in HOUSE]


@dataclass
class Observer:
    """Reads the contracts; what did not change is not decoded again."""

    market: MirroredMarket
    storage: Storage
    known: dict[Any, tuple[bytes, Any]] = field(default_factory=dict)
    calls: dict[Any, bytes] = field(default_factory=dict)
    listing: Any = None
    params: dict[int, dict[str, Any]] = field(default_factory=dict)
    perp_dex: dict[int, int] = field(default_factory=dict)
    units: dict[int, tuple[int, int]] = field(default_factory=dict)

    def forget_listing(self) -> None:
        """Read again what is listed: the registry changed."""
        self.listing = None

    def look(self) -> Look:
        """Return the venue as it is now."""
        if self.listing is None:
            self._read_listing()
        tokens = self.listing[0]
        stored = {t: self.storage.read("_s", "reserves", i) for i, t in enumerate(tokens)}
        return Look(
            time=self.market.evm.timestamp,
            holders={who: self._holder(who) for who in self._everyone()},
            reserves={t: self._ask("reserveOf", t) for t in tokens},
            stored=stored,
            holdings={t: self._holdings(t) for t in tokens},
            params=self.params,
            perp_dex=self.perp_dex,
            lent=self.storage.read("_s", "lentBitmap"),
            units={t: max(1, wei // evm) for t, (evm, wei) in self.units.items()},
        )

    def _read_listing(self) -> None:
        registry = self.market.registry
        self.listing = [list(ids) for ids in registry("listed")]
        self.params = {t: registry("tokenParams", t) for t in self.listing[0]}
        self.units = {t: self.market.units(t) for t in self.listing[0]}
        collateral = {d: registry("dexOf", d)[1] for d in self.listing[1]}
        dexes = list(collateral.values())
        self.perp_dex = {a: dexes[registry("perpParams", a)["dex"]] for a in self.listing[2]}

    def _everyone(self) -> list[str]:
        page, _ = self._ask("accounts", 0, 10_000)
        return [f"0x{who:040x}" for who in page]

    def _holdings(self, token: int) -> int:
        units = self._ask("balanceOf", self.market.venue.address, of=self.market.erc20[token])
        evm, wei = self.units[token]
        return int(units) * wei // evm

    def _holder(self, who: str) -> Holder:
        tokens, dexes, perps, _ = self.listing
        read = self.storage.read
        state = read("_s", "accounts", who)
        positions = {a: read("_s", "positions", who, i) for i, a in enumerate(perps)}
        # By what is stored, not by its mark in the bitmap: that is for a rule to judge.
        lone = [a for a, position in positions.items() if position["isolated"] and position["szi"]]
        margin, refusal = None, ""
        try:
            margin = self._ask("marginOf", who)
        except Reverted as reverted:
            refusal = reverted.name
        return Holder(
            who=who,
            state=state,
            balances={t: read("_s", "balances", who, i) for i, t in enumerate(tokens)},
            positions=positions,
            raw_usd={d: read("_s", "rawUsd", who, i) for i, d in enumerate(dexes)},
            isolated={a: self._ask("isolatedOf", who, a) for a in lone},
            account=self._ask("accountOf", who),
            margin=margin,
            refusal=refusal,
        )

    def _ask(self, function: str, *args: Any, of: Contract | None = None) -> Any:
        """Return what a view answers; addresses come as numbers."""
        contract = of or self.market.venue
        key = contract.address, function, args
        calldata = self.calls.get(key)
        if calldata is None:
            calldata = self.calls[key] = contract.calldata(function, *args)
        output = contract.evm.run(contract.address, calldata, DEPLOYER)
        found = self.known.get(key)
        if found is None or found[0] != output:
            answer = decoded(contract.functions[function]["outputs"], output)
            found = self.known[key] = output, answer[0] if len(answer) == 1 else answer
        return found[1]
