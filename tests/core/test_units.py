"""Integer arithmetic: rounding is named, ranges are Solidity's. SPEC PM-01, PM-02."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import ArithmeticOverflow, DivisionByZero, DoesNotFit128
from pmkit.units import (
    INT128_MAX,
    UINT128_MAX,
    UINT256_MAX,
    WAD,
    amount_down,
    amount_up,
    checked,
    mul_div_down,
    mul_div_nearest,
    mul_div_up,
    to_int128,
    to_uint128,
    value_down,
    value_up,
)

words = st.integers(0, 2**128 - 1)


@given(words, words, st.integers(1, 2**128))
def test_mul_div_rounds_as_its_name_says(a, b, divisor):
    exact = Fraction(a * b, divisor)
    down, up, nearest = (f(a, b, divisor) for f in (mul_div_down, mul_div_up, mul_div_nearest))
    assert down <= exact < down + 1
    assert up - 1 < exact <= up
    assert abs(nearest - exact) <= Fraction(1, 2)


def test_mul_div_keeps_products_beyond_a_word():
    assert mul_div_down(UINT256_MAX, UINT256_MAX, UINT256_MAX) == UINT256_MAX
    assert mul_div_up(UINT256_MAX, 1, 2) == 2**255


def test_mul_div_nearest_at_a_tie_rounds_up():
    assert [mul_div_nearest(n, 1, 2) for n in (1, 3, 5)] == [1, 2, 3]


@pytest.mark.parametrize("function", [mul_div_down, mul_div_up, mul_div_nearest])
def test_mul_div_out_of_range_is_refused(function):
    with pytest.raises(DivisionByZero):
        function(1, 1, 0)
    with pytest.raises(ArithmeticOverflow):
        function(UINT256_MAX, 2, 1)


def test_checked_outside_a_word_is_refused():
    assert checked(UINT256_MAX) == UINT256_MAX
    for outside in (-1, UINT256_MAX + 1):
        with pytest.raises(ArithmeticOverflow):
            checked(outside)


def test_to_uint128_above_its_word_names_the_value():
    assert to_uint128(UINT128_MAX) == UINT128_MAX
    with pytest.raises(DoesNotFit128) as failed:
        to_uint128(UINT128_MAX + 1)
    assert failed.value.value == UINT128_MAX + 1


@pytest.mark.parametrize("outside", [INT128_MAX + 1, -INT128_MAX - 1])
def test_to_int128_outside_its_word_names_the_size(outside):
    assert to_int128(INT128_MAX) == -to_int128(-INT128_MAX)
    with pytest.raises(DoesNotFit128) as failed:
        to_int128(outside)
    assert failed.value.value == 2**127


def test_value_of_recorded_collateral_is_exact_to_the_wad():
    # 19.9999434962 UBTC at 78,316.638: 199999434962 · 78316638 = 15663283508325… in 1e-13 USD.
    value = value_down(199_999_434_962, 78_316_638, 10, 5)
    assert value == 199_999_434_962 * 78_316_638 * 10**5
    assert value == value_up(199_999_434_962, 78_316_638, 10, 5)


def test_amount_of_a_price_of_zero_is_refused():
    with pytest.raises(DivisionByZero):
        amount_down(WAD, 0, 8, 2)


@given(st.integers(0, 10**24), st.integers(1, 10**12), st.sampled_from([(8, 2), (10, 5), (8, 8)]))
def test_value_to_amount_and_back_never_profits(amount, px, decimals):
    assert amount_down(value_down(amount, px, *decimals), px, *decimals) <= amount
    assert amount_up(value_up(amount, px, *decimals), px, *decimals) >= amount
