"""Events of isolated positions; perp USD in 1e-6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.venue.events.base import Event

if TYPE_CHECKING:
    from pmkit.venue.records import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedSet(Event):
    """An account chose isolated or cross margin for an asset. SPEC CH-07."""

    account: str
    asset: int
    isolated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedMarginMoved(Event):
    """Margin moved into an isolated position, or back to its account when negative."""

    account: str
    asset: int
    usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedLiquidated(Event):
    """A step was taken on an isolated position; PositionClosed or PositionTaken went before."""

    account: str
    asset: int
    caller: str
    leg: Leg
    equity: int
    """Before the step. What the backstop takes, it takes with the equity."""
    maintenance: int
    """Before the step."""
    liquidatable: bool
    """Whether the position still is."""
