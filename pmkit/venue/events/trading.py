"""Events of orders and transfers."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.venue.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Event):
    """An order was filled; the fee is in perp USD, or in wei of what was bought."""

    account: str
    asset: int
    is_buy: bool
    px: int
    sz: int
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(Event):
    """Two orders filled each other; the taker paid the fee, as in `Filled`. SPEC CH-20."""

    buyer: str
    seller: str
    asset: int
    px: int
    sz: int
    buyer_takes: bool
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotSent(Event):
    """Spot balance moved between accounts."""

    account: str
    to: str
    token: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpTransferred(Event):
    """Margin moved into a dex, or out of it when negative."""

    account: str
    dex: int
    usd: int
