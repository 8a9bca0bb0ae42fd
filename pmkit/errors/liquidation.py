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
class StepOutOfGas(VenueError):
    """A step of a batch ran out of gas, which says nothing of the account."""

    account: str
    sentence = "the gas ended at {account}; give more, or name fewer accounts"


@dataclass(eq=False)
class NotAUserAccount(VenueError):
    """Market maker, backstop and insurance are not liquidated."""

    account: str
    sentence = (
        "{account} is the market maker, the backstop or the insurance account, which are not "
        "liquidated"
    )


@dataclass(eq=False)
class SelfLiquidation(VenueError):
    """Nobody liquidates an account of their own."""

    account: str
    sentence = "{account} cannot liquidate itself; reduce or repay instead"


@dataclass(eq=False)
class NothingToSell(VenueError):
    """Not a lot of the token is due, or the backstop no longer holds it."""

    token: int
    sentence = "the backstop has no lot of token {token} that is due to be sold"


@dataclass(eq=False)
class BufferSweepTooEarly(VenueError):
    """The buffer of this interval is swept already."""

    token: int
    ready_at: int
    timestamp: int
    sentence = (
        "the buffer of token {token} is swept once an interval, the next begins at {ready_at}, "
        "it was {timestamp}; wait"
    )


@dataclass(eq=False)
class BufferSweepOff(VenueError):
    """The policy sweeps no buffers."""

    token: int
    sentence = (
        "the buffer of token {token} is swept only where the policy has an interval, which is 0"
    )


@dataclass(eq=False)
class NothingToSweep(VenueError):
    """The buffer holds less than a wei, or the reserve has no cash."""

    token: int
    sentence = "the buffer of token {token} holds no whole wei for which the reserve has cash"


@dataclass(eq=False)
class NoDeficit(VenueError):
    """The reserve has no deficit."""

    token: int
    sentence = "the reserve of token {token} has no deficit to cover"


@dataclass(eq=False)
class DeficitTooLarge(VenueError):
    """A deficit as large as all supply cannot be spread."""

    token: int
    deficit: int
    supplied: int
    sentence = (
        "a deficit is spread over more supply than it is, it is {deficit} wei of token {token} "
        "against {supplied}; pay it down first"
    )
