"""The borrow oracle price. SPEC OR-01."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import DivisionByZero
from pmkit.oracle import borrow_oracle_px, median, perp_px_on_spot_grid_nearest


def test_borrow_oracle_px_of_the_worked_example_is_the_middle_candidate():
    # USDC at 1.0005 USDT: 78,316.6, 78,347 / 1.0005 = 78,307.846, 78,340 / 1.0005 = 78,300.850.
    assert borrow_oracle_px(78_316_600, 783_470, 783_400, 5, 5, 100_050_000) == 78_307_846


@given(st.permutations([1, 2, 3]))
def test_median_in_any_order_is_the_middle(values):
    assert median(*values) == 2


@given(st.integers(), st.integers(), st.integers())
def test_median_is_one_of_the_three_with_one_on_either_side(a, b, c):
    found = median(a, b, c)
    assert sorted((a, b, c))[1] == found


def test_perp_px_with_usdc_at_one_only_changes_grids():
    assert perp_px_on_spot_grid_nearest(806_345, 2, 2, 10**8) == 80_634_500


def test_perp_px_without_a_usdc_price_is_refused():
    with pytest.raises(DivisionByZero):
        perp_px_on_spot_grid_nearest(1, 2, 2, 0)
