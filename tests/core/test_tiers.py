"""Margin tables against the venue's, and continuity at every bound. SPEC PM-05, PM-06."""

from __future__ import annotations

import json
from fractions import Fraction
from math import lcm
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pmkit.errors import InvalidMarginTable
from pmkit.params import load_params
from pmkit.tiers import MAX_SCALE, maintenance_margin_down, margin_table, tier_at

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "margin_tables.json").read_text("utf-8")
)
MILLION = 10**12
"""One million dollars in 1e-6 USD."""


def test_bitcoin_at_200_million_owes_the_pages_maintenance():
    # 200M · 2.5 % − 150M · (2.5 % − 1.25 %) = 5M − 1.875M.
    assert (
        maintenance_margin_down(200 * MILLION, load_params("current").table(56))
        == 3_125_000 * 10**6
    )


@pytest.mark.parametrize("table_id", sorted(RECORDED))
def test_shipped_table_is_the_recorded_one(table_id):
    table = load_params("current").table(int(table_id))
    found = [[tier.lower_bound, tier.max_leverage] for tier in table.tiers]
    assert found == [[int(Fraction(bound) * 10**6), lev] for bound, lev in RECORDED[table_id]]


@pytest.mark.parametrize("table_id", sorted(RECORDED))
def test_maintenance_at_every_bound_continues_without_a_step(table_id):
    table = load_params("current").table(int(table_id))
    for below, above in zip(table.tiers, table.tiers[1:], strict=False):
        bound = above.lower_bound
        # The rate below still gives the bound's own maintenance; bounds are whole dollars, so
        # exactly.
        whole = Fraction(bound * below.rate - below.deduction, table.scale)
        assert maintenance_margin_down(bound, table) == whole
        assert tier_at(bound - 1, table) is below
        assert tier_at(bound, table) is above
        step_up = maintenance_margin_down(bound + 1, table) - maintenance_margin_down(bound, table)
        step_down = maintenance_margin_down(bound, table) - maintenance_margin_down(
            bound - 1, table
        )
        assert 0 <= step_up <= 1
        assert 0 <= step_down <= 1


def test_deduction_of_each_recorded_tier_follows_the_pages_sum():
    for table_id, rows in RECORDED.items():
        table = load_params("current").table(int(table_id))
        deduction, rate = Fraction(0), Fraction(1, 2 * rows[0][1])
        for tier, (bound, leverage) in zip(table.tiers, rows, strict=True):
            next_rate = Fraction(1, 2 * leverage)
            deduction, rate = deduction + Fraction(bound) * (next_rate - rate), next_rate
            assert Fraction(tier.deduction, table.scale * 10**6) == deduction
            assert Fraction(tier.rate, table.scale) == rate


def test_table_id_below_50_is_one_tier_of_that_leverage():
    table = load_params("current").table(5)
    assert maintenance_margin_down(100 * MILLION, table) == 10 * MILLION


@pytest.mark.parametrize(
    ("bounds", "leverages", "tier"),
    [
        ((), (), 0),
        ((0, 1), (10,), 2),
        ((1,), (10,), 0),
        ((0, 5, 5), (10, 5, 4), 2),
        ((0, 5), (10, 10), 1),
        ((0,), (0,), 0),
        ((0,), (101,), 0),
    ],
)
def test_table_out_of_order_names_its_tier(bounds, leverages, tier):
    with pytest.raises(InvalidMarginTable) as failed:
        margin_table(bounds, leverages)
    assert failed.value.tier == tier


@given(
    st.lists(st.integers(1, 100), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(1, 10**15), min_size=5, max_size=5, unique=True),
    st.integers(0, 10**16),
)
def test_maintenance_never_falls_as_notional_rises(leverages, bounds, notional):
    leverages = sorted(leverages, reverse=True)
    # Five large primes have no common denominator that a table can keep.
    assume(lcm(*(2 * leverage for leverage in leverages)) <= MAX_SCALE)
    rising = (0, *sorted(bounds)[: len(leverages) - 1])
    table = margin_table(rising, tuple(leverages))
    smaller, larger = (maintenance_margin_down(n, table) for n in (notional, notional + 1))
    assert 0 <= smaller <= larger <= notional + 1
    # Rates rise and the sum is continuous, so that the exact figure is the largest of all tiers'.
    assert smaller == max((notional * t.rate - t.deduction) // table.scale for t in table.tiers)
