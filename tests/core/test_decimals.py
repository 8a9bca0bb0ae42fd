"""Decimal text to integers and back. SPEC HL-01."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.decimals import fixed, kind_of, parse_units, shown, trimmed
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


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "a decimal number was expected, found true or false"),
        (None, "a decimal number was expected, found nothing"),
        ([1], "a decimal number was expected, found a list"),
        ({"a": 1}, "a decimal number was expected, found an object"),
        (1.5, "a decimal number was expected, found float"),
        ("1e5", "'1e5' is not a plain decimal number"),
        ("9" * 41, f"'{'9' * 37}...' is not a plain decimal number"),
        ("0.125", "'0.125' has more than 2 decimals"),
    ],
)
def test_refusal_says_what_was_found(value, said):
    with pytest.raises(InputError) as failed:
        parse_units(value, 2, "balances[0].total")
    assert failed.value.place == "balances[0].total"
    assert failed.value.problem == said


def test_kinds_of_values_have_the_words_of_json():
    values: tuple[object, ...] = (False, 1, "", [], {}, None, b"")
    assert [kind_of(value) for value in values] == [
        "true or false",
        "an integer",
        "text",
        "a list",
        "an object",
        "nothing",
        "bytes",
    ]


def test_text_longer_than_forty_characters_is_cut():
    assert shown("a" * 40) == f"'{'a' * 40}'"
    assert shown("a" * 41) == f"'{'a' * 37}...'"


def test_numbers_of_the_most_digits_are_read():
    assert parse_units("9" * 30, 0, "here") == 10**30 - 1
    assert parse_units(f"0.{'0' * 39}1", 40, "here") == 1


def test_zeros_finer_than_the_unit_are_no_digits():
    assert parse_units("1.50", 1, "here") == 15
    assert parse_units("1.50", 1, "here", "up") == 15


@pytest.mark.parametrize(
    ("units", "decimals", "text"), [(7, 0, "7"), (-7, 0, "-7"), (0, 2, "0.00"), (-1, 2, "-0.01")]
)
def test_fixed_text_has_exactly_so_many_decimals(units, decimals, text):
    assert fixed(units, decimals) == text
