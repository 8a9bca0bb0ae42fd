"""Piecewise-linear functions against plain evaluation at points."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.piecewise import constant, first_below_zero, greatest, least, line

lines = st.builds(line, st.integers(-9, 9), st.integers(-99, 99))
points = st.fractions(min_value=0, max_value=100, max_denominator=12)


@given(st.lists(lines, min_size=1, max_size=6), points)
def test_maximum_and_minimum_at_any_point_are_those_of_the_values(functions, x):
    values = [f.at(x) for f in functions]
    assert greatest(*functions).at(x) == max(values)
    assert least(*functions).at(x) == min(values)


@given(lines, lines, lines, points)
def test_sum_of_bent_functions_at_any_point_is_the_sum_of_values(a, b, c, x):
    bent, other = greatest(a, b), least(b, c)
    assert (bent + other).at(x) == bent.at(x) + other.at(x)
    assert (bent - other).at(x) == bent.at(x) - other.at(x)


@given(lines, lines, st.integers(-9, 9), points)
def test_product_with_a_constant_scales_every_value(a, b, factor, x):
    bent = greatest(a, b)
    assert bent.times(constant(factor)).at(x) == bent.at(x) * factor
    assert constant(factor).times(bent).at(x) == bent.at(x) * factor


def test_product_of_two_moving_functions_is_refused():
    with pytest.raises(ValueError, match="moving") as failed:
        line(1, 0).times(line(1, 0))
    assert str(failed.value) == "the product of two moving functions is not piecewise linear"


def test_root_of_a_tent_is_found_on_both_sides():
    # min(x − 2, 8 − x / 2) is above zero between 2 and 16.
    tent = least(line(1, -2), line(Fraction(-1, 2), 8))
    assert first_below_zero(tent, Fraction(5), upwards=False, inclusive=False) == 2
    assert first_below_zero(tent, Fraction(5), upwards=True, inclusive=False) == 16


def test_root_where_a_function_only_touches_zero_counts_when_inclusive():
    # |x − 5| touches zero at 5 and rises again.
    touching = greatest(line(1, -5), line(-1, 5))
    assert first_below_zero(touching, Fraction(1), upwards=True, inclusive=False) is None
    assert first_below_zero(touching, Fraction(1), upwards=True, inclusive=True) == 5
    assert first_below_zero(touching, Fraction(9), upwards=False, inclusive=True) == 5


def test_root_at_or_below_zero_is_no_price():
    assert first_below_zero(line(1, 3), Fraction(1), upwards=False, inclusive=False) is None
    assert first_below_zero(line(1, 0), Fraction(1), upwards=False, inclusive=False) is None


@given(
    st.lists(lines, min_size=1, max_size=5), st.fractions(1, 50, max_denominator=6), st.booleans()
)
def test_root_is_the_nearest_point_where_a_function_falls_below_zero(functions, x, upwards):
    f = least(*functions)
    if f.at(x) < 0:
        f = f - constant(f.at(x))
    root = first_below_zero(f, x, upwards=upwards, inclusive=False)
    step = Fraction(1, 10**6)
    far = Fraction(10**6) if upwards else Fraction(0)
    if root is None:
        assert f.at(far) >= 0
    else:
        beyond = root + step if upwards else root - step
        assert f.at(root) == 0
        assert f.at(beyond) < 0
        assert f.at((x + root) / 2) >= 0
