"""Numbers as the command line prints them. SPEC PM-22."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pmkit.cli.format import (
    amount_text,
    bound_text,
    displayed_px_text,
    health_factor_text,
    ratio_text,
    readable,
)
from pmkit.units import INFINITE, WAD


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0.0000000000"),
        (WAD, "1.0000000000"),
        (WAD // 3, "0.3333333333"),
        (2 * WAD // 3, "0.6666666667"),
        (INFINITE, "Infinity"),
    ],
)
def test_ratio_has_ten_decimals_rounded_to_nearest(ratio, text):
    assert ratio_text(ratio) == text


def test_health_factor_without_debt_is_nothing():
    assert health_factor_text(INFINITE) is None
    assert health_factor_text(WAD) == "1.0000000000"


def test_amount_has_the_tokens_decimals_and_unknown_stays_unknown():
    assert amount_text(-5, 8) == "-0.00000005"
    assert amount_text(10**10, 10) == "1.0000000000"
    assert amount_text(None, 8) is None


def test_displayed_price_drops_zeros_but_one():
    assert displayed_px_text(22_020_000_000_000) == "2202.0"
    assert displayed_px_text(1_395_708_492_406_340) == "139570.849240634"
    assert displayed_px_text(None) is None


def test_bound_is_rounded_into_the_safe_interval():
    third = Fraction(10_000_000, 3)
    assert bound_text(third, 1, up=False) == "333333.3333333333"
    assert bound_text(third, 1, up=True) == "333333.3333333334"
    assert bound_text(None, 1, up=True) is None


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (767_846_690_417_726, 8, "7,678,466.904"),
        (-218_931, 4, "-21.8931"),
        (83_932, 6, "0.083932"),
        (123_456_789_012_345, 2, "1,234,567,890,123.45"),
        (0, 8, "0.0"),
        (None, 8, "–"),
    ],
)
def test_people_see_about_ten_digits_with_thousands_apart(units, decimals, text):
    assert readable(units, decimals) == text
