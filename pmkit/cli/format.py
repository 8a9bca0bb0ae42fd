"""Numbers as the command line prints them; the shapes are the contract of `--json`. SPEC PM-22."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.decimals import fixed, trimmed
from pmkit.units import INFINITE, mul_div_nearest

if TYPE_CHECKING:
    from fractions import Fraction

RATIO_DECIMALS = 10
WAD_DECIMALS = 18
PRICE_DECIMALS = 10
PEOPLE_DIGITS = 10
"""Digits that people are shown of an amount or a price."""
INFINITY = "Infinity"
"""A ratio whose requirement stands against nothing."""


def ratio_text(ratio: int) -> str:
    """Return a WAD ratio with 10 decimals, rounded to nearest as the venue prints it.

    >>> ratio_text(34230236449999999)
    '0.0342302364'
    """
    if ratio == INFINITE:
        return INFINITY
    return fixed(mul_div_nearest(ratio, 1, 10 ** (WAD_DECIMALS - RATIO_DECIMALS)), RATIO_DECIMALS)


def health_factor_text(health_factor: int) -> str | None:
    """Return a health factor as a ratio, or None without debt."""
    return None if health_factor == INFINITE else ratio_text(health_factor)


def cap_text(used: int | None) -> str | None:
    """Return the part of a cap that is used as a ratio, or None without a cap."""
    return None if used is None else ratio_text(used)


def amount_text(amount: int | None, wei_decimals: int) -> str | None:
    """Return token wei with the token's own decimals, fixed; None for an unknown amount."""
    return None if amount is None else fixed(amount, wei_decimals)


def displayed_px_text(px: int | None) -> str | None:
    """Return a price of 1e-10 USD without trailing zeros; None where there is none."""
    return None if px is None else trimmed(px, PRICE_DECIMALS)


def bound_text(mark: Fraction | None, px_decimals: int, *, up: bool) -> str | None:
    """Return an end of a safe interval, rounded into it; marks are in units of 10^-px_decimals.

    >>> from fractions import Fraction
    >>> bound_text(Fraction(10_000_000, 3), 1, up=False)
    '333333.3333333333'
    """
    if mark is None:
        return None
    scaled = mark * 10**PRICE_DECIMALS / 10**px_decimals
    return trimmed(
        -(-scaled.numerator // scaled.denominator) if up else int(scaled), PRICE_DECIMALS
    )


def readable(units: int | None, decimals: int, missing: str = "–") -> str:
    """Return units of 10^-decimals for people: thousands apart, about ten digits.

    >>> readable(7678466_90417726, 8), readable(None, 8)
    ('7,678,466.904', '–')
    """
    if units is None:
        return missing
    whole_digits = len(str(abs(units) // 10**decimals))
    kept = min(decimals, max(2, PEOPLE_DIGITS - whole_digits))
    rounded = mul_div_nearest(abs(units), 1, 10 ** (decimals - kept))
    whole, point, fraction = trimmed(rounded, kept).partition(".")
    return f"{'-' if units < 0 else ''}{int(whole):,}{point}{fraction}"
