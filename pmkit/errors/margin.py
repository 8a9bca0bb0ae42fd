"""Refusals of the account check, and prices that are missing or too old for it."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class PriceMissing(VenueError):
    """A price that the answer depends on was never set."""

    token: int
    sentence = "token {token} has no price"


@dataclass(eq=False)
class MarkMissing(VenueError):
    """A mark price that the answer depends on was never set."""

    asset: int
    sentence = "perp asset {asset} has no mark price"


@dataclass(eq=False)
class InvalidWeights(VenueError):
    """No price with weight to take a median of, or not as many weights as prices."""

    prices: int
    weights: int
    total_weight: int
    sentence = (
        "a median needs a weight for each price and one that is priced, was given {prices} prices "
        "and {weights} weights, {total_weight} of them in all"
    )


@dataclass(eq=False)
class MarkPartsMissing(VenueError):
    """Too few parts of a mark price exist; what is missing is zero."""

    basis_px: int
    book_px: int
    cex_px: int
    book_ema_px: int
    sentence = (
        "a mark price needs three of: oracle and basis {basis_px}, book {book_px}, other exchanges "
        "{cex_px}, and for one of them the book's average {book_ema_px}; zero is missing"
    )


@dataclass(eq=False)
class StalePrice(VenueError):
    """A token's price is older than the policy allows for the action."""

    token: int
    age: int
    maximum: int
    sentence = (
        "the price of token {token} must be at most {maximum} s old, was {age} s; report prices "
        "first"
    )


@dataclass(eq=False)
class StaleMark(VenueError):
    """A mark price is older than the policy allows for the action."""

    asset: int
    age: int
    maximum: int
    sentence = (
        "the mark of perp asset {asset} must be at most {maximum} s old, was {age} s; report "
        "prices first"
    )


@dataclass(eq=False)
class RatioAboveTrigger(VenueError):
    """The account would end with a ratio beyond the trigger."""

    ratio: int
    trigger: int
    sentence = (
        "the account's ratio would be {ratio}, the trigger is {trigger} (18 decimals); take "
        "less risk or add collateral"
    )


@dataclass(eq=False)
class DebtAboveThreshold(VenueError):
    """Net debts would exceed the collateral at its thresholds."""

    net_debt: int
    threshold_value: int
    sentence = (
        "net debts would be {net_debt}, the collateral carries {threshold_value} (USD, 18 "
        "decimals); borrow less or add collateral"
    )


@dataclass(eq=False)
class HealthFactorBelowOne(VenueError):
    """The account would borrow with a health factor below one."""

    health_factor: int
    sentence = (
        "the health factor must be at least 1 (18 decimals), would be {health_factor}; borrow "
        "less or add collateral"
    )


@dataclass(eq=False)
class InsufficientMargin(VenueError):
    """A dex would hold less than its margin."""

    dex_index: int
    required: int
    available: int
    sentence = (
        "dex {dex_index} needs {required} of margin and would have {available} (1e-6 of its "
        "token); trade less or add funds"
    )


@dataclass(eq=False)
class NoPosition(VenueError):
    """The account has no position in the asset."""

    account: str
    asset: int
    sentence = "{account} has no position in perp asset {asset}"
