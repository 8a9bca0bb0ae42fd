"""Refusals of orders and transfers."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class InvalidSize(VenueError):
    """A size of zero, or one beyond the number range."""

    sz: int
    sentence = "a size above zero that fits 63 bits was required, was {sz}"


@dataclass(eq=False)
class LimitPriceCrossed(VenueError):
    """The price is beyond the order's limit."""

    limit_px: int
    px: int
    sentence = "the order's limit is {limit_px}, the price {px}; move the limit or wait"


@dataclass(eq=False)
class ReduceOnlyViolated(VenueError):
    """A reduce-only order would not reduce."""

    szi: int
    sz: int
    sentence = "a reduce-only order must shrink the position of {szi}, its size was {sz}"


@dataclass(eq=False)
class MakerCapacity(VenueError):
    """The market maker cannot take the other side."""

    required: int
    available: int
    sentence = (
        "the market maker needs {required} for the other side and has {available}; trade less"
    )


@dataclass(eq=False)
class SpotPriceMissing(VenueError):
    """A price was never set for the pair."""

    pair: int
    sentence = "spot pair @{pair} has no price"


@dataclass(eq=False)
class SelfTrade(VenueError):
    """Nobody trades with itself, the market maker neither."""

    account: str
    sentence = "{account} would trade with itself; another account must take the other side"
