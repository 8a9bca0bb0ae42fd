"""Decimal text to integers and back. SPEC HL-01."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.decimals import fixed, parse_units, trimmed
from pmkit.errors import InputError

units_and_decimals = st.tuples(st.integers(-(10**25), 10**25), st.integers(0, 18))


@given(units_and_decimals)
def test_text_of_units_reads_back_as_the_same_units(given_units):
    units, decimals = given_units
    assert parse_units(fixed(units, decimals), decimals, "here") == units
    assert parse_units(trimmed(units, decimals), decimals, "here") == units


@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.integers(0, 6))
def test_digits_finer_than_the_unit_round_where_they_are_told(units, written, kept):
    text = fixed(units, written)
    exact = Fraction(units, 10**written) * 10**kept
    assert parse_units(text, kept, "here", "down") == exact.numerator // exact.denominator
    assert parse_units(text, kept, "here", "up") == -(-exact.numerator // exact.denominator)
    if exact.denominator != 1:
        with pytest.raises(InputError):
            parse_units(text, kept, "here")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1e5",
        "+1",
        ".5",
        "1.",
        " 1",
        "1\n",
        "NaN",
        "Infinity",
        "0x10",
        "1_000",
        "٣",
        "9" * 31,
        1.5,
        True,
        None,
        [],
        {},
    ],
)
def test_anything_but_a_plain_decimal_is_refused_at_its_place(value):
    with pytest.raises(InputError) as failed:
        parse_units(value, 8, "balances[0].total")
    assert failed.value.place == "balances[0].total"
    assert "\n" not in str(failed.value)


def test_whole_numbers_may_come_as_integers():
    assert parse_units(20, 6, "here") == 20 * 10**6


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [(0, 0, "0.0"), (0, 8, "0.0"), (22_020, 1, "2202.0"), (5, 1, "0.5"), (-15, 1, "-1.5")],
)
def test_trimmed_text_keeps_one_decimal(units, decimals, text):
    assert trimmed(units, decimals) == text
