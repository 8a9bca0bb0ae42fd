"""An account with the names that a report speaks of; where it came from does not matter here.

The reader of API bundles and the reader of the chain both make an `AccountView`; the report, the
intervals and the shocks take one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.units import PERP_DECIMALS

if TYPE_CHECKING:
    from pmkit.model import Account, PerpState


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """One token of an account, at the same place in `Account.tokens`."""

    name: str
    hold: int | None
    """What the venue holds back, token wei; None where it does not say (standard mode needs it)."""
    capacity_known: bool
    """False for a borrowable token without balance and without price: its capacity is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """One perp position; cross positions are also in `Account.perps`."""

    coin: str
    perp: PerpState
    sz_decimals: int
    isolated_margin: int | None
    """Margin of an isolated position, 1e-6 of the dex's collateral token; None for a cross one."""

    @property
    def px_decimals(self) -> int:
        """Decimals of the position's mark."""
        return PERP_DECIMALS - self.sz_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as stored, and what a report needs beyond its figures."""

    account: Account
    tokens: tuple[TokenView, ...]
    positions: tuple[PositionView, ...]
    """In the order in which the source names them, cross and isolated."""
    coins: tuple[str, ...]
    """Every perp coin that the source knows, with or without a position."""
    links: tuple[tuple[str, int], ...]
    """Coin and the index in `Account.tokens` of the collateral whose price moves with it."""
    recorded: bool
    """Whether the venue recorded it as it stands: its health factor is then that of the debt as
    recorded. After a shock the recorded debt says nothing any more. SPEC PM-21."""
    notes: tuple[str, ...]
    """What a reader should know about how the account was read, one sentence each."""

    def follower(self, coin: str) -> int | None:
        """Return the index of the collateral token whose price moves with a coin, or None."""
        return next((token for name, token in self.links if name == coin), None)

    def position(self, coin: str) -> PositionView | None:
        """Return the position in a coin, or None."""
        return next((found for found in self.positions if found.coin == coin), None)
