"""Events of a liquidation step; amounts in token wei, values in USD with 18 decimals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.venue.events.base import Event

if TYPE_CHECKING:
    from pmkit.venue.records import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidated(Event):
    """A step was taken on the account."""

    account: str
    caller: str
    leg: Leg
    debt_value: int
    collateral_value: int
    loss: int
    liquidatable: bool
    """Whether the account still is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralTaken(Event):
    """Collateral that left the account, its oracle price and its takeover price (spot grid)."""

    account: str
    token: int
    taker: str
    amount: int
    px: int
    takeover_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtTaken(Event):
    """Debt that left the account; `loss` of it was not covered by collateral."""

    account: str
    token: int
    taker: str
    amount: int
    loss: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRewarded(Event):
    """The part of the collateral taken that went to whoever triggered the step."""

    account: str
    caller: str
    token: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySold(Event):
    """The backstop sold what was due of its inventory."""

    token: int
    amount: int
    px: int
    proceeds: int
    """Wei of the quote token, after the fee."""
    left: int
    """What it has still to sell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferSwept(Event):
    """A reserve's buffer moved to the insurance account."""

    token: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCovered(Event):
    """Where a loss went, in order: buffer, insurance account, deficit of the reserve."""

    token: int
    buffer: int
    insurance: int
    deficit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed(Event):
    """A position was closed, in part or whole, at the mark."""

    account: str
    asset: int
    szi: int
    px: int
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionTaken(Event):
    """A position passed to the backstop at the mark."""

    account: str
    asset: int
    szi: int
    px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeficitCovered(Event):
    """A deficit was paid down; `left` is what remains."""

    token: int
    payer: str
    buffer: int
    paid: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Socialised(Event):
    """A deficit was spread over the suppliers: their index fell, RAY."""

    token: int
    amount: int
    index_before: int
    index_after: int
