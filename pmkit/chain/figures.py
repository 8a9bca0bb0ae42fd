"""What a chain tells of prices, reserves and balances, and how its structs become the model's.

Structs arrive as dicts by the names of their fields (`pmkit.chain.abi`), which are the model's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pmkit.liquidation import is_below_backstop
from pmkit.model import (
    Account,
    AccountMargin,
    DexMargin,
    DexState,
    Health,
    MarginPolicy,
    Mode,
    PerpState,
    TokenMargin,
    TokenState,
)
from pmkit.tiers import MarginTable, Tier
from pmkit.venue.integers import UINT40_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpPx:
    """Prices of a perp, 10^-(6 - sz_decimals)."""

    asset: int
    mark: int
    oracle: int
    time: int
    """When they were reported; zero for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPx:
    """Price of a spot pair, 10^-(8 - sz_decimals of the base)."""

    pair: int
    px: int
    time: int
    """When it was reported; zero for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPrices:
    """All reported prices of one block."""

    perps: tuple[PerpPx, ...]
    pairs: tuple[SpotPx, ...]
    usdc_px: int
    """USDC's own oracle price, 1e-8."""

    @property
    def oldest(self) -> int:
        """The time of the oldest price that was ever reported."""
        times = [px.time for px in self.perps] + [px.time for px in self.pairs]
        return min((time for time in times if time), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionFigures:
    """One position as stored, and the funding that it owes at the block. SPEC FD-07."""

    asset: int
    szi: int
    """Signed size, 10^-sz_decimals."""
    entry_ntl: int
    """Notional at entry, 1e-6 USD."""
    leverage: int
    """Chosen leverage; zero stands for the asset's maximum."""
    isolated: bool
    """Whether it has margin of its own. SPEC CH-07."""
    cooling_until: int
    """Until when liquidation steps close it whole, where it is isolated."""
    isolated_usd: int
    """An isolated position's equity without its marked value, 1e-6 USD, before funding due."""
    funding_index: int
    """Funding index of the asset when the position was last settled."""
    funding_due: int
    """What it has to pay since then, 1e-6 USD; negative when it receives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One token of one account as stored."""

    token: int
    shares: int
    """Pool position: supply shares when positive, debt shares when negative, 1e-9 wei."""
    idle: int
    """Token wei."""
    borrow_floor: int
    """Token wei."""
    basis: int
    """The pool position's value when it was last touched, token wei."""
    wallet: int
    """What the account's wallet holds, in units of the ERC-20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What an account has traded, perps once and spot twice, 1e-6 USD."""

    recent: int
    """In the policy's window of days."""
    total: int
    """Ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedFigures:
    """An isolated position and what it is margined with, 1e-6 of its dex's token. SPEC CH-07."""

    perp: PerpState
    """Its `dex` is a listing index."""
    entry_ntl: int
    """Notional at entry."""
    isolated_usd: int
    """Equity without the position's marked value."""
    equity: int
    initial_margin: int
    maintenance: int
    liquidation_px: int
    """Mark at which maintenance is used up (SPEC LQ-08), 1e-10 USD; not positive for none."""
    backstop_ratio: int
    """Maintenance over equity (WAD) beyond which the backstop takes it."""
    actionable: bool
    """Whether `liquidateIsolated` would take a step at the block's time, whoever asks."""

    @property
    def health(self) -> Health:
        """Whether it is liquidatable, at the market or by the backstop. SPEC LQ-20, LQ-21."""
        if self.equity >= self.maintenance:
            return Health.HEALTHY
        if is_below_backstop(self.equity, self.maintenance, self.backstop_ratio):
            return Health.BACKSTOP_LIQUIDATABLE
        return Health.MARKET_LIQUIDATABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What a keeper needs to know of an account, all of one block. SPEC KP-03."""

    margin: AccountMargin
    """As if swept, at the prices asked for."""
    actionable: bool
    """Whether `liquidate` would take a step at the block's time."""
    oldest_px_time: int | None
    """When the oldest price was reported that the answer rests on; None where it rests on none."""
    ready_at: int | None
    """When the next debt-leg step is allowed, where that is the leg and an episode runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Prices to judge accounts at in place of the reported ones, on their grids. SPEC KP-04."""

    tokens: tuple[tuple[int, int], ...] = ()
    """Borrow oracle prices by token id."""
    marks: tuple[tuple[int, int], ...] = ()
    """Mark prices by perp asset id."""

    def call(self) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
        """Return the arguments of the lens."""
        tokens, marks = (
            [{"id": id_, "px": px} for id_, px in given] for given in (self.tokens, self.marks)
        )
        return tokens, marks


AS_REPORTED = WhatIf()
"""No price in place of a reported one."""


def report_of(found: dict[str, Any]) -> AccountReport:
    """Return the model of the contract's `AccountReport`."""
    oldest = found["oldest_px_time"]
    return AccountReport(
        margin=margin_of(found["margin"]),
        actionable=found["actionable"],
        oldest_px_time=None if oldest == UINT40_MAX else oldest,
        ready_at=found["ready_at"] or None,
    )


def isolated_of(found: dict[str, Any], backstop_ratio: int) -> IsolatedFigures:
    """Return the model of the lens's `IsolatedReport`."""
    listed, position = found["perp"], dict(found["position"])
    perp = PerpState(
        asset=listed["asset"],
        dex=listed["dex"],
        szi=position.pop("szi"),
        mark=listed["mark"],
        leverage=position.pop("leverage"),
        table=table_of(listed["table"]),
    )
    return IsolatedFigures(
        perp=perp, backstop_ratio=backstop_ratio, actionable=found["actionable"], **position
    )


def account_of(found: dict[str, Any]) -> Account:
    """Return the model of the contract's `Account`."""
    return Account(
        mode=Mode(found["mode"]),
        tokens=tuple(TokenState(**token) for token in found["tokens"]),
        dexes=tuple(DexState(**dex) for dex in found["dexes"]),
        perps=tuple(
            PerpState(**{**perp, "table": table_of(perp["table"])}) for perp in found["perps"]
        ),
        policy=MarginPolicy(**found["policy"]),
    )


def table_of(tiers: tuple[dict[str, int], ...]) -> MarginTable:
    """Return the model of the contract's `Tier[]`, where each tier repeats the table's scale."""
    return MarginTable(
        scale=tiers[0]["scale"],
        tiers=tuple(
            Tier(**{name: tier[name] for name in tier if name != "scale"}) for tier in tiers
        ),
    )


def margin_of(found: dict[str, Any]) -> AccountMargin:
    """Return the model of the contract's `AccountMargin`."""
    return AccountMargin(
        **{
            **found,
            "tokens": tuple(TokenMargin(**token) for token in found["tokens"]),
            "dexes": tuple(DexMargin(**dex) for dex in found["dexes"]),
            "health": Health(found["health"]),
        }
    )
