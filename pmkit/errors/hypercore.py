"""Refusals of HyperCore's stand-in: actions, bridging and reads."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class OnlyFrom(VenueError):
    """Only one address calls there."""

    caller: str
    required: str
    sentence = "only {required} calls here, the caller was {caller}"


@dataclass(eq=False)
class MalformedAction(VenueError):
    """The bytes are no action."""

    length: int
    sentence = (
        "{length} bytes are no action: version 1, three bytes of id, and its words are expected"
    )


@dataclass(eq=False)
class WordTooLarge(VenueError):
    """A word of an action does not fit its type."""

    index: int
    value: int
    most: int
    sentence = "word {index} of the action is {value}, at most {most} fits"


@dataclass(eq=False)
class UnknownAction(VenueError):
    """Core knows no such action."""

    action_id: int
    sentence = "Core knows no action {action_id}"


@dataclass(eq=False)
class NoSuchUser(VenueError):
    """The actor was not on Core when the block began."""

    user: str
    sentence = (
        "{user} was not on Core when the EVM block began; fund it there a block before it acts"
    )


@dataclass(eq=False)
class NotOwnAccount(VenueError):
    """Neither the account itself nor one of its first sub-accounts."""

    user: str
    account: str
    sentence = "{account} is neither {user} nor one of its first sub-accounts"


@dataclass(eq=False)
class UnknownAbstraction(VenueError):
    """There are three modes."""

    mode: int
    sentence = "modes are 1 disabled, 2 unified account, 3 portfolio margin; it was {mode}"


@dataclass(eq=False)
class UnknownOperation(VenueError):
    """There are two operations."""

    operation: int
    sentence = "operations are 0 supply, 1 withdraw; it was {operation}"


@dataclass(eq=False)
class UnknownTif(VenueError):
    """There are three times in force."""

    tif: int
    sentence = "times in force are 1 Alo, 2 Gtc, 3 Ioc; it was {tif}"


@dataclass(eq=False)
class InexactPrice(VenueError):
    """A price between two steps of the asset's grid."""

    asset: int
    px: int
    step: int
    sentence = "price {px} (1e-8) of asset {asset} must be a multiple of {step}"


@dataclass(eq=False)
class InexactSize(VenueError):
    """A size that is no whole number of lots."""

    asset: int
    sz: int
    lot: int
    sentence = "size {sz} (1e-8) of asset {asset} must be a multiple of {lot}"


@dataclass(eq=False)
class WouldFill(VenueError):
    """An order that only adds would fill at once."""

    limit_px: int
    px: int
    sentence = "an order that only adds would fill at once: its limit is {limit_px}, the price {px}"


@dataclass(eq=False)
class NoSuchOrder(VenueError):
    """No order of the account rests under this id."""

    asset: int
    id: int
    sentence = "no order {id} of the account rests in asset {asset}"


@dataclass(eq=False)
class NotTheDexToken(VenueError):
    """The dex counts in another token."""

    dex: int
    dex_token: int
    token: int
    sentence = "dex {dex} counts in token {dex_token}, not in {token}"


@dataclass(eq=False)
class ActivationFee(VenueError):
    """A new account's first receipt does not pay for it."""

    user: str
    fee: int
    received: int
    sentence = (
        "{user} is new on Core: its first receipt must be more than {fee} wei of USDC, was "
        "{received}"
    )


@dataclass(eq=False)
class NotLinked(VenueError):
    """The ERC-20 stands for no token of Core."""

    token: str
    sentence = "{token} stands for no token of Core"


@dataclass(eq=False)
class NothingToDeliver(VenueError):
    """Not so many deliveries wait."""

    delivered: int
    queued: int
    sentence = "{delivered} deliveries would be made of {queued} queued"


@dataclass(eq=False)
class ValueRefused(VenueError):
    """The receiver takes no native HYPE."""

    to: str
    amount: int
    sentence = "{to} does not take {amount} wei of native HYPE"


@dataclass(eq=False)
class UnknownPrecompile(VenueError):
    """No precompile is at this address."""

    precompile: str
    sentence = "no precompile is at {precompile}"


@dataclass(eq=False)
class NotOnThisVenue(VenueError):
    """The precompile is about something that is not here."""

    precompile: str
    sentence = "what {precompile} tells about does not exist here"


@dataclass(eq=False)
class MalformedInput(VenueError):
    """The input is not so many words long."""

    length: int
    words: int
    sentence = "the input must be {words} words, was {length} bytes"


@dataclass(eq=False)
class DoesNotFit(VenueError):
    """A word or figure does not fit its type."""

    value: int
    bits: int
    sentence = "{value} does not fit {bits} bits"


@dataclass(eq=False)
class NeverPriced(VenueError):
    """The asset was never priced."""

    asset: int
    sentence = "asset {asset} was never priced"


@dataclass(eq=False)
class NothingLent(VenueError):
    """The account has no supply and no debt of the token."""

    user: str
    token: int
    sentence = "{user} has no supply and no debt of token {token}"
