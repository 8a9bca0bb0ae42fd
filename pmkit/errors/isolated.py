"""Refusals about isolated positions."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class PositionOpen(VenueError):
    """Isolated or cross is chosen while the account has no position in the asset."""

    asset: int
    szi: int
    sentence = "perp asset {asset} has a position of {szi}; close it first"


@dataclass(eq=False)
class InsufficientIsolatedMargin(VenueError):
    """The isolated position would hold less than it must."""

    asset: int
    required: int
    equity: int
    sentence = (
        "the isolated position in perp asset {asset} needs {required} and would have {equity} "
        "(1e-6 of its dex's token); take less or bring margin first"
    )


@dataclass(eq=False)
class IsolatedNotLiquidatable(VenueError):
    """The isolated position has its maintenance."""

    account: str
    asset: int
    equity: int
    maintenance: int
    sentence = (
        "the isolated position of {account} in perp asset {asset} is liquidated below a "
        "maintenance of {maintenance} only, its equity is {equity} (1e-6 of its dex's token)"
    )
