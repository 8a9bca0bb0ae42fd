"""Refusals of liquidation."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class NotLiquidatable(VenueError):
    """The account is not beyond its trigger."""

    account: str
    ratio: int
    trigger: int
    sentence = (
        "{account} is liquidated beyond a ratio of {trigger} only, its ratio is {ratio} (18 "
        "decimals)"
    )


@dataclass(eq=False)
class NothingToLiquidate(VenueError):
    """The account is liquidatable, but neither leg applies."""

    account: str
    health_factor: int
    sentence = (
        "{account} has no perps to close, and its debt is taken only below a health factor of "
        "1, which is {health_factor} (18 decimals)"
    )


@dataclass(eq=False)
class StepTooEarly(VenueError):
    """The next debt-leg step is not allowed yet."""

    ready_at: int
    timestamp: int
    sentence = "the next step is allowed at {ready_at}, it was {timestamp}; wait"


@dataclass(eq=False)
class NotAUserAccount(VenueError):
    """The market maker and the backstop are not liquidated."""

    account: str
    sentence = "{account} is the market maker or the backstop, which are not liquidated"
