"""Margin tables against the venue's, and continuity at every bound. SPEC PM-05, PM-06, PM-27."""

from __future__ import annotations

import json
from fractions import Fraction
from math import lcm
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pmkit.errors import DivisionByZero, InvalidMarginTable
from pmkit.params import load_params
from pmkit.tiers import (
    MAX_SCALE,
    maintenance_margin_down,
    margin_table,
    tier_at,
    tier_room_down,
)
from pmkit.units import INFINITE

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
        # 2 · 97 · 89 · 83 · 79 · 73 no longer fits 32 bits.
        ((0, 10, 20, 30, 40, 50), (97, 89, 83, 79, 73, 71), 4),
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


@pytest.mark.parametrize(
    ("is_buy", "room"),
    # (12,500 + 23,919.5237) · 2,745.78 = 99,999,999.8 of 100 million: the recorded largest trade.
    [(True, 239_195_237), (False, 489_195_237)],
)
def test_largest_order_in_recorded_ether_ends_below_the_bound_of_its_tier(is_buy, room):
    table = load_params("current").table(55)
    assert tier_room_down(125_000_000, 274_578, is_buy, 25, table) == room


@pytest.mark.parametrize(("leverage", "most"), [(40, 9), (26, 9), (25, 49), (11, 49)])
def test_largest_order_is_bound_by_the_first_tier_that_allows_less(leverage, most):
    table = margin_table((0, 10, 50), (40, 25, 10))
    assert tier_room_down(0, 1, True, leverage, table) == most
    assert tier_room_down(-most, 1, False, leverage, table) == 0
    assert tier_room_down(-most - 5, 1, False, leverage, table) == 0
    assert tier_room_down(0, 1, True, 10, table) == INFINITE


@given(
    st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.booleans(), st.sampled_from((40, 25))
)
def test_position_after_the_largest_order_has_its_leverage_and_one_more_has_not(
    szi, mark, is_buy, leverage
):
    table = margin_table((0, 10**7, 10**8), (40, 25, 10))
    room = tier_room_down(szi, mark, is_buy, leverage, table)
    assume(room > 0)
    after = szi + room if is_buy else szi - room
    assert tier_at(abs(after) * mark, table).max_leverage >= leverage
    beyond = abs(after + 1 if is_buy else after - 1) * mark
    assert tier_at(beyond, table).max_leverage < leverage


def test_largest_order_without_a_mark_is_refused():
    with pytest.raises(DivisionByZero):
        tier_room_down(0, 0, True, 40, margin_table((0, 10), (40, 25)))
