"""Refusals about an account's mode and leverage."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class PositionsOpen(VenueError):
    """A mode changes only without positions."""

    perps: int
    sentence = (
        "a mode changes without open positions only, open are those of bitmap {perps:#b}; close "
        "them"
    )


@dataclass(eq=False)
class DebtOpen(VenueError):
    """A mode changes only without debt."""

    token: int
    borrowed: int
    sentence = (
        "a mode changes without debt only, {borrowed} wei of token {token} are owed; repay them"
    )


@dataclass(eq=False)
class DexEquityOpen(VenueError):
    """A perp dex still holds equity."""

    dex_index: int
    raw_usd: int
    sentence = (
        "a mode changes with empty dexes only, dex {dex_index} holds {raw_usd} (1e-6); move it "
        "to spot"
    )


@dataclass(eq=False)
class EnablingRefused(VenueError):
    """Portfolio margin is not open to the account."""

    volume: int
    min_volume: int
    value: int
    min_value: int
    max_value: int
    sentence = (
        "portfolio margin needs volume above {min_volume} or value above {min_value}, and value "
        "below {max_value} (1e-6 USD; 2^64 - 1 for no condition); volume was {volume}, value "
        "{value}"
    )


@dataclass(eq=False)
class LeverageOutOfRange(VenueError):
    """Leverage must be at least one and at most the asset's maximum."""

    asset: int
    leverage: int
    maximum: int
    sentence = "leverage of perp asset {asset} must be 1 to {maximum}, was {leverage}"


@dataclass(eq=False)
class NotPortfolioMargin(VenueError):
    """The action needs portfolio margin."""

    mode: int
    sentence = (
        "the account must be in portfolio margin (mode 2), was in mode {mode}; set its mode first"
    )


@dataclass(eq=False)
class NotStandardMode(VenueError):
    """Only standard accounts move margin between spot and a dex by hand."""

    mode: int
    sentence = "only a standard account (mode 0) moves margin, this one is in mode {mode}"


@dataclass(eq=False)
class NotOperator(VenueError):
    """The caller may not act for the account."""

    account: str
    caller: str
    sentence = "{caller} may not act for {account}; the account approves operators itself"


@dataclass(eq=False)
class NotCore(VenueError):
    """Only the venue's core speaks for others."""

    caller: str
    core: str
    sentence = "{caller} is not the venue's core {core}, which alone speaks for others"


@dataclass(eq=False)
class OwnerOnly(VenueError):
    """Leaving, sending and modes stay the account's own."""

    account: str
    caller: str
    sentence = "operators trade and manage debt only, {caller} tried more for {account}"


@dataclass(eq=False)
class NotAReceiver(VenueError):
    """The venue itself has no key: nobody could ever take out what it received."""

    receiver: str
    sentence = "{receiver} is the venue itself, from which nobody could take anything out again"


@dataclass(eq=False)
class ActingAlready(VenueError):
    """Acting for an account does not nest."""

    account: str
    sentence = "the call acts for {account} already; act for one account a call"


@dataclass(eq=False)
class UnknownCall(VenueError):
    """What was to be run for another account is no call of the venue."""

    selector: str
    sentence = "no call of the venue begins with {selector}, or its arguments do not fit it"


@dataclass(eq=False)
class NotInBatch(VenueError):
    """The call may not stand in a batch, or not at its place."""

    place: int
    sentence = (
        "call {place} (from zero) may not stand there: a batch has what an account does for "
        "itself, and a change of mode at its beginning"
    )


@dataclass(eq=False)
class Paused(VenueError):
    """A guardian has paused this kind of action."""

    bit: int
    sentence = (
        "the guardian has paused it: {bit} (1 supply, 2 borrow, 4 risk, 8 liquidation); repaying "
        "and leaving stay open"
    )
