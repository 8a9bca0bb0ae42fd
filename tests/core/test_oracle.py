"""The borrow oracle price, the oracle price and the mark price. SPEC OR-01, OR-05 to OR-07."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import DivisionByZero, InvalidWeights, MarkPartsMissing
from pmkit.oracle import (
    BASIS_EMA_SECONDS,
    BOOK_EMA_SECONDS,
    MARK_WEIGHTS,
    ORACLE_WEIGHTS,
    Ema,
    basis_px_nearest,
    book_median,
    borrow_oracle_px,
    decay_down,
    ema_nearest,
    ema_updated,
    mark_px,
    median,
    perp_px_on_spot_grid_nearest,
    weighted_median,
)
from pmkit.units import RAY


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


def exchanges(weights, **prices):
    """Return prices and weights of exchanges in one order; what is not named is missing."""
    return tuple(prices.get(name, 0) for name in weights), tuple(weights.values())


def test_weighted_median_of_five_exchanges_is_where_half_the_weight_is_reached():
    # Of 9: 78,341 (1), 78,344 (3), 78,347 (6).
    mids = {"Binance": 783_470, "OKX": 783_440, "Bybit": 783_500, "Gate": 783_410, "MEXC": 783_520}
    assert weighted_median(*exchanges(MARK_WEIGHTS, **mids)) == 783_470
    # Without Binance, of 6: 78,341 (1), 78,344 (3), which is the half.
    del mids["Binance"]
    assert weighted_median(*exchanges(MARK_WEIGHTS, **mids)) == 783_440


def test_oracle_price_is_the_weighted_median_of_weighted_medians():
    """SPEC OR-07."""
    seen = [
        exchanges(ORACLE_WEIGHTS, Binance=100, OKX=101, Bybit=103, Kraken=99),
        exchanges(ORACLE_WEIGHTS, Binance=102, Gate=90, MEXC=110),
        exchanges(ORACLE_WEIGHTS, Kucoin=97, Hyperliquid=98),
    ]
    # Of 8: 99 (1), 100 (4). Of 5: 90 (1), 102 (4). Of 2: 97 (1).
    medians = tuple(weighted_median(*mids) for mids in seen)
    assert medians == (100, 102, 97)
    assert weighted_median(medians, (10, 25, 14)) == 102
    assert weighted_median(medians, (10, 24, 14)) == 100


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5)), max_size=12))
def test_weighted_median_has_at_most_half_of_the_weight_on_either_side(pairs):
    prices, weights = tuple(p for p, _ in pairs), tuple(w for _, w in pairs)
    total = sum(weights)
    if total == 0:
        with pytest.raises(InvalidWeights):
            weighted_median(prices, weights)
        return
    found = weighted_median(prices, weights)
    assert found in prices
    assert 2 * sum(w for p, w in pairs if p < found) < total
    assert 2 * sum(w for p, w in pairs if p > found) <= total


@pytest.mark.parametrize(
    ("prices", "weights", "counted"),
    [((), (), 0), ((5,), (), 0), ((5, 6), (1,), 0), ((0, 0), (3, 2), 0), ((5,), (0,), 0)],
)
def test_weighted_median_of_nothing_is_refused(prices, weights, counted):
    with pytest.raises(InvalidWeights) as refused:
        weighted_median(prices, weights)
    assert refused.value.values == {
        "prices": len(prices),
        "weights": len(weights),
        "total_weight": counted,
    }


@given(st.integers(0, 7_000), st.integers(1, 200))
def test_decay_agrees_with_an_independent_exponential(elapsed, time_constant):
    with localcontext() as context:
        context.prec = 80
        exact = (-Decimal(elapsed) / time_constant).exp() * RAY
        found = decay_down(elapsed, time_constant)
        if elapsed <= 40 * time_constant:
            # The exponent and its growth are floored each, and so is their quotient.
            assert -1 < found - exact < 2
        else:
            assert found == 0
            assert exact < 5 * 10**9


def test_moving_average_of_ten_then_twenty_is_between_them_by_the_faded_time():
    # 3 s each at 150 s: (30 · e^-0.02 + 60) / (3 · e^-0.02 + 3) = 15.04999833...
    ema = Ema(num=0, den=0)
    for sample in (10_000_000, 20_000_000):
        ema = ema_updated(ema, sample, 3, BASIS_EMA_SECONDS)
    assert ema_nearest(ema) == 15_049_998


def test_moving_average_forgets_faster_over_30_seconds():
    # 30 · e^-0.1 and 3 · e^-0.1: (27.14512254 + 60) / (2.71451225 + 3) = 15.2497918...
    ema = Ema(num=0, den=0)
    for sample in (10_000_000, 20_000_000):
        ema = ema_updated(ema, sample, 3, BOOK_EMA_SECONDS)
    assert ema_nearest(ema) == 15_249_792


@given(
    st.lists(st.tuples(st.integers(-1_000, 1_000), st.integers(1, 600)), min_size=1, max_size=20)
)
def test_moving_average_is_between_its_samples(samples):
    ema = Ema(num=0, den=0)
    for sample, elapsed in samples:
        ema = ema_updated(ema, sample, elapsed, BASIS_EMA_SECONDS)
    values = [sample for sample, _ in samples]
    assert min(values) <= ema_nearest(ema) <= max(values)


def test_moving_average_without_a_sample_is_refused():
    with pytest.raises(DivisionByZero):
        ema_nearest(ema_updated(Ema(num=0, den=0), 5, 0, BASIS_EMA_SECONDS))


def test_mark_of_the_worked_example_is_the_middle_of_its_three_parts():
    # Oracle 78,340 and a mid 5 above it; book 78,346 / 78,348, last 78,343; others at 78,347.
    basis = ema_updated(Ema(num=0, den=0), 50, 3, BASIS_EMA_SECONDS)
    parts = basis_px_nearest(783_400, basis), book_median(783_460, 783_480, 783_430), 783_470
    assert parts == (783_450, 783_460, 783_470)
    assert mark_px(*parts, 0) == 783_460


@pytest.mark.parametrize(
    ("basis", "book", "others", "mark"),
    [
        # The book's average 78,344 joins the two that exist.
        (783_450, 783_460, 0, 783_450),
        (0, 783_460, 783_470, 783_460),
        (783_450, 0, 783_470, 783_450),
    ],
)
def test_mark_of_two_parts_takes_the_average_of_the_book_as_the_third(basis, book, others, mark):
    assert mark_px(basis, book, others, 783_440) == mark


@pytest.mark.parametrize(
    "parts",
    [(783_450, 0, 0, 783_440), (0, 0, 783_470, 783_440), (0, 783_460, 783_470, 0), (0, 0, 0, 0)],
)
def test_mark_of_too_few_parts_is_an_error_that_names_them(parts):
    with pytest.raises(MarkPartsMissing) as refused:
        mark_px(*parts)
    assert tuple(refused.value.values.values()) == parts


def test_parts_of_the_mark_without_their_inputs_do_not_exist():
    basis = Ema(num=50 * RAY, den=RAY)
    assert basis_px_nearest(0, basis) == 0
    assert basis_px_nearest(783_400, Ema(num=0, den=0)) == 0
    assert basis_px_nearest(10, Ema(num=-10 * RAY, den=RAY)) == 0
    assert {book_median(*book) for book in ((0, 2, 3), (2, 0, 3), (2, 3, 0))} == {0}


def test_mark_is_part_of_the_borrow_oracle_price():
    # What a reporter works out is what the registry takes: 78,346 / 1.0005 on the spot grid.
    mark = mark_px(783_450, 783_460, 783_470, 0)
    assert borrow_oracle_px(78_316_600, mark, 783_400, 5, 5, 100_050_000) == 78_306_847
