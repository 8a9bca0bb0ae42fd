"""Events about an account's mode and leverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.venue.events.base import Event

if TYPE_CHECKING:
    from pmkit.model import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSet(Event):
    """An account changed its mode."""

    account: str
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageSet(Event):
    """An account chose its leverage for an asset."""

    account: str
    asset: int
    leverage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSet(Event):
    """An account let another act for it, or no longer. SPEC AC-05."""

    account: str
    operator: str
    approved: bool
