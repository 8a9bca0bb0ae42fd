"""Refusals of the registry: listings, factors, prices and roles."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class UnknownToken(VenueError):
    """No token of this id is listed."""

    token: int
    sentence = "token {token} is not listed; list it first"


@dataclass(eq=False)
class UnknownAsset(VenueError):
    """No perp asset of this id is listed."""

    asset: int
    sentence = "perp asset {asset} is not listed; list it first"


@dataclass(eq=False)
class UnknownPair(VenueError):
    """No spot pair of this index is listed."""

    pair: int
    sentence = "spot pair @{pair} is not listed; list it first"


@dataclass(eq=False)
class UnknownDex(VenueError):
    """No dex of this id is listed."""

    dex: int
    sentence = "dex {dex} is not listed; list it first"


@dataclass(eq=False)
class UnknownMarginTable(VenueError):
    """No margin table of this id is set."""

    table: int
    sentence = "margin table {table} is not set; set it before what refers to it"


@dataclass(eq=False)
class SingleTierTable(VenueError):
    """A table of an id below 50 is a single tier of that leverage, and nothing to be set."""

    table: int
    sentence = (
        "margin table {table} is a single tier of that leverage, by its id; set tiers under an id "
        "of 50 or more"
    )


@dataclass(eq=False)
class AlreadyListed(VenueError):
    """The id is listed already."""

    id: int
    sentence = "id {id} is listed already, and listings stay; choose another id"


@dataclass(eq=False)
class ListingFull(VenueError):
    """No further asset of the kind fits."""

    maximum: int
    sentence = "at most {maximum} of this kind are listed, and all places are taken"


@dataclass(eq=False)
class DecimalsOutOfRange(VenueError):
    """A token's decimals outside the venue's ranges."""

    wei_decimals: int
    sz_decimals: int
    evm_decimals: int
    sentence = (
        "decimals must be 6 to 18 (wei), at most 8 and no more than those of the wei (size), and "
        "at most 24 (ERC-20), were {wei_decimals}, {sz_decimals} and {evm_decimals}"
    )


@dataclass(eq=False)
class SizeDecimalsOutOfRange(VenueError):
    """A perp's size finer than its prices allow."""

    sz_decimals: int
    maximum: int
    sentence = "a perp's size has at most {maximum} decimals, was {sz_decimals}"


@dataclass(eq=False)
class Erc20DecimalsDiffer(VenueError):
    """The ERC-20 says that it has other decimals than it was to be listed with."""

    token: int
    listed: int
    told: int
    sentence = "token {token} was to be listed with {listed} decimals, its ERC-20 has {told}"


@dataclass(eq=False)
class LtvTooHigh(VenueError):
    """A loan to value of one or more."""

    ltv_bps: int
    maximum: int
    sentence = "loan to value must be at most {maximum} basis points, was {ltv_bps}"


@dataclass(eq=False)
class FractionTooHigh(VenueError):
    """A part, kink, rate or protocol share above its bound."""

    value: int
    maximum: int
    sentence = "the figure must be at most {maximum}, was {value}"


@dataclass(eq=False)
class FractionTooLow(VenueError):
    """A part of a debt or position that one step takes is nothing."""

    value: int
    minimum: int
    sentence = "the figure must be at least {minimum}, was {value}"


@dataclass(eq=False)
class FigureTooFine(VenueError):
    """A figure of a rate curve is no multiple of 1e-15, which is `unit` of its own units."""

    value: int
    unit: int
    sentence = "the figure must be a multiple of {unit}, was {value}"


@dataclass(eq=False)
class InvalidMarginTable(VenueError):
    """Tiers must start at zero, rise in their bounds and fall in their leverage."""

    tier: int
    sentence = "tier {tier} breaks the order: bounds rise from zero, leverage falls and is 1 to 100"


@dataclass(eq=False)
class PriceZero(VenueError):
    """A price of zero was reported."""

    id: int
    sentence = "a price above zero was required for id {id}, was 0"


@dataclass(eq=False)
class UsdcNotOneUsd(VenueError):
    """A price in place of USDC's that is not one USD."""

    px: int
    one: int
    sentence = "USDC is worth one USD, a price of {one}, was given {px}"


@dataclass(eq=False)
class PriceGivenTwice(VenueError):
    """Two prices of one id."""

    id: int
    first: int
    second: int
    sentence = "id {id} was given two prices, {first} and {second}; give one"


@dataclass(eq=False)
class PriceMoveTooLarge(VenueError):
    """A price moved further in one report than the policy allows."""

    id: int
    old_px: int
    new_px: int
    max_move_bps: int
    sentence = (
        "a report may move the price of id {id} by {max_move_bps} basis points, this one moved "
        "it from {old_px} to {new_px}; report in smaller steps"
    )


@dataclass(eq=False)
class AccessControlUnauthorizedAccount(VenueError):
    """The caller lacks the role that the action needs."""

    account: str
    needed_role: str
    sentence = "{account} lacks the role {needed_role}; let an admin grant it"


@dataclass(eq=False)
class AccessControlBadConfirmation(VenueError):
    """A role is given up only by the account that has it."""

    sentence = "only the holder of a role gives it up"


@dataclass(eq=False)
class CollateralNeedsLtv(VenueError):
    """A token that is collateral keeps a loan to value of one basis point or more."""

    token: int
    sentence = (
        "token {token} is collateral, whose loan to value falls to 1 basis point at the least; at "
        "0 nobody could take it for debt"
    )


@dataclass(eq=False)
class ListingNotKept(VenueError):
    """What actions read of the listing could not be kept as code: the call has too little gas."""

    size: int
    sentence = (
        "the {size} bytes that actions read of the listing could not be kept as code; give the "
        "call more gas, some 250 for each byte"
    )
