"""Decimal text to integers and back, exactly; no float is ever made.

Text is what people and the venue write (`"19.9999434962"`); integers are what pmkit computes with.
"""

from __future__ import annotations

import re
from typing import Literal

from pmkit.errors import InputError

DECIMAL = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,40}))?", re.ASCII)
"""Plain decimals; more digits than these stand for no amount that the venue can print."""

Rounding = Literal["exact", "down", "up"]
"""What to do with digits finer than the unit: refuse them, floor, or ceil (both signed)."""


def parse_units(value: object, decimals: int, place: str, rounding: Rounding = "exact") -> int:
    """Return decimal text (or an integer) in units of 10^-decimals.

    Down is towards minus infinity and up towards plus infinity: down never favours a balance and up
    never favours a debt. Raises InputError naming `place`.

    >>> parse_units("19.9999434962", 10, "here")
    199999434962
    >>> parse_units("-0.15", 1, "here", "down")
    -2
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(
            place=place, problem=f"a decimal number was expected, found {kind_of(value)}"
        )
    found = DECIMAL.fullmatch(str(value))
    if found is None:
        raise InputError(place=place, problem=f"{shown(str(value))} is not a plain decimal number")
    sign, whole, fraction = found[1], found[2], found[3] or ""
    digits = int(whole + fraction)
    digits = -digits if sign else digits
    if len(fraction) <= decimals:
        scaled: int = digits * 10 ** (decimals - len(fraction))
        return scaled
    unit: int = 10 ** (len(fraction) - decimals)
    if rounding == "exact" and digits % unit:
        raise InputError(
            place=place, problem=f"{shown(str(value))} has more than {decimals} decimals"
        )
    return -(-digits // unit) if rounding == "up" else digits // unit


def fixed(units: int, decimals: int) -> str:
    """Return units of 10^-decimals as text with exactly that many decimals.

    >>> fixed(-5, 3)
    '-0.005'
    """
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    whole = digits[: len(digits) - decimals]
    return f"{sign}{whole}.{digits[len(digits) - decimals :]}" if decimals else f"{sign}{whole}"


def trimmed(units: int, decimals: int) -> str:
    """Return units of 10^-decimals as text without trailing zeros, but for one.

    >>> trimmed(22020, 1), trimmed(139570849240634, 9)
    ('2202.0', '139570.849240634')
    """
    text = fixed(units, decimals).rstrip("0") if decimals else f"{units}."
    return text + "0" if text.endswith(".") else text


def kind_of(value: object) -> str:
    """Return what a value is, in the words of JSON and TOML."""
    names = {
        bool: "true or false",
        int: "an integer",
        str: "text",
        list: "a list",
        dict: "an object",
        type(None): "nothing",
    }
    return names.get(type(value), type(value).__name__)


def shown(text: str) -> str:
    """Return text fit for one line of an error message, quoted and cut."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
