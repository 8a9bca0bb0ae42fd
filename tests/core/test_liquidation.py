"""Liquidation steps and displayed prices. SPEC LQ-02 to LQ-08, LQ-16, LQ-17, LQ-25."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.liquidation import (
    adl_index_down,
    display_liquidation_px_down,
    full_takeover,
    is_below_backstop,
    isolated_liquidation_px_down,
    partial_takeover,
    perp_close_up,
    remaining_up,
    reward_ppm_down,
    step_debt_up,
    width_share_down,
)
from pmkit.margin import weight_takeover_down
from pmkit.units import INFINITE, WAD

FIFTH = WAD // 5
USD = 10**6


@pytest.mark.parametrize(
    ("at_start", "left", "step"),
    # A fifth of the episode's debt, at least ten dollars, never more than is left.
    [(250, 250, 50), (250, 30, 30), (20, 20, 10), (5, 5, 5), (251, 251, 51)],
)
def test_step_of_a_debt_is_a_fifth_within_its_bounds(at_start, left, step):
    assert step_debt_up(at_start, left, FIFTH, 10) == step


def test_partial_takeover_of_the_pages_account_cures_in_one_step():
    # 10 HYPE at 33, debt 250, step 50: 50 / (330 · 5/6) of the collateral, 1.818 HYPE, goes.
    value = 330 * WAD
    step = partial_takeover(50 * WAD, weight_takeover_down(value, 5_000))
    left = Fraction(WAD - step.share, WAD) * 330
    assert round(float(Fraction(step.share, WAD) * 10), 3) == 1.818
    # Debt 200 over 8.1818 · 33 = 270: 0.7407, below the threshold of 0.75.
    assert Fraction(250, 330) > Fraction(3, 4) > Fraction(200) / left
    assert step.loss == 0


@given(st.integers(1, 10**24), st.integers(1, 10**24))
def test_partial_takeover_takes_no_more_collateral_than_the_debt_pays(debt, takeover_value):
    step = partial_takeover(debt, takeover_value)
    assert Fraction(step.share, WAD) * takeover_value <= debt
    assert 0 <= step.share <= WAD


@given(
    st.integers(1, 10**30),
    st.integers(1, 9_999),
    st.fractions(0, 1),
    st.fractions(Fraction(1, 100), 1),
)
def test_partial_step_inside_its_band_improves_the_ratio(value, ltv_bps, depth, part):
    # Between the threshold (1 + LTV) / 2 and the takeover price (2 + LTV) / 3 of the value.
    ltv = Fraction(ltv_bps, 10_000)
    takeover, threshold = (2 + ltv) / 3, (1 + ltv) / 2
    debt = value * (threshold + (takeover - threshold) * depth)
    repaid = debt * part
    kept = value - repaid / takeover
    if kept > 0:
        assert (debt - repaid) / kept <= debt / value


@pytest.mark.parametrize(
    ("share", "value", "width", "cut"),
    [
        # A fifth of 2,000,000 is 400,000: at most 300,000 of it is 15 %.
        (FIFTH, 2_000_000 * WAD, 300_000 * WAD, 15 * WAD // 100),
        # A fifth of 1,500,000 is the width itself.
        (FIFTH, 1_500_000 * WAD, 300_000 * WAD, FIFTH),
        (FIFTH, 1_000_000 * WAD, 300_000 * WAD, FIFTH),
        # What is worth less than the width, or nothing, is never cut; zero sets no bound.
        (WAD, 300_000 * WAD, 300_000 * WAD, WAD),
        (WAD, 0, 300_000 * WAD, WAD),
        (WAD, 10**30 * WAD, 0, WAD),
        # 10 of 30: a third, down.
        (WAD, 30, 10, 333_333_333_333_333_333),
    ],
)
def test_width_cuts_a_share_to_its_value(share, value, width, cut):
    """SPEC LQ-25."""
    assert width_share_down(share, value, width) == cut


@given(st.integers(0, WAD), st.integers(0, 10**30), st.integers(1, 10**30))
def test_width_is_never_exceeded(share, value, width):
    assert Fraction(width_share_down(share, value, width), WAD) * value <= width


@pytest.mark.parametrize(
    ("debt", "collateral", "ppm"),
    [
        # 55 for 50: a tenth of the price is beyond the debt, more than the 5 %.
        (50 * WAD, 55 * WAD, 50_000),
        (250 * WAD, 260 * WAD, 38_461),
        (95 * WAD, 100 * WAD, 50_000),
        (95 * WAD + 1, 100 * WAD, 49_999),
        (250 * WAD, 250 * WAD, 0),
        (250 * WAD, 200 * WAD, 0),
        (0, 0, 0),
    ],
)
def test_reward_is_paid_out_of_what_the_collateral_is_worth_beyond_the_debt(debt, collateral, ppm):
    """SPEC LQ-24."""
    assert reward_ppm_down(50_000, debt, collateral) == ppm


def test_full_takeover_books_what_the_collateral_does_not_cover():
    assert full_takeover(300, 250).loss == 50
    assert full_takeover(200, 250).loss == 0
    assert full_takeover(300, 250).share == WAD


@pytest.mark.parametrize(
    ("notional", "cooling", "size"),
    [
        (100_000 * USD, False, 11),  # at the threshold: whole
        (100_001 * USD, False, 3),  # above it: a fifth of 11, rounded up to a lot
        (100_001 * USD, True, 11),  # cooling down from such a step: whole
    ],
)
def test_perp_step_above_the_threshold_closes_a_fifth_first(notional, cooling, size):
    assert perp_close_up(-11, notional, 100_000 * USD, FIFTH, cooling=cooling) == size


@pytest.mark.parametrize(
    ("equity", "maintenance", "below"),
    [
        # 1,362 · 2 / 3 = 908.
        (908, 1_362, False),
        (907, 1_362, True),
        (-1, 1_362, True),
        (0, 0, False),
        (-1, 0, False),
    ],
)
def test_two_thirds_of_maintenance_are_where_the_backstop_begins(equity, maintenance, below):
    assert is_below_backstop(equity, maintenance, 3 * WAD // 2) is below


@pytest.mark.parametrize(
    ("ratio", "below"),
    # 1,000 of 1,362.5 is a ratio of 1.3625.
    [(136_250 * WAD // 10**5, False), (136_249 * WAD // 10**5, True), (WAD, True)],
)
def test_backstop_begins_where_the_policy_says(ratio, below):
    assert is_below_backstop(1_000 * USD, 1_362_500_000, ratio) is below


def test_displayed_price_of_the_recorded_short_is_the_venues():
    # 78,347.0 + 1,357,134.6019832834 / 21.8931 / (1 + 1/80); the venue printed 139,570.849240634.
    px = display_liquidation_px_down(783_470, -2_189_310, 5, 13_571_346_019_832_834, 40)
    assert abs(px - 1_395_708_492_406_340) < 2 * 10**4


def test_displayed_price_of_a_long_that_nothing_liquidates_is_not_positive():
    assert display_liquidation_px_down(10, 1, 0, 10**20, 10) <= 0


@pytest.mark.parametrize(
    ("mark", "szi", "decimals", "margin", "maintenance", "leverage", "recorded"),
    [
        # Long 75,000 MEGA at 0.045715, margin 2,123.360586, maintenance 3,428.625 / 6.
        (45_715, 75_000, 0, 2_123_360_586, 571_437_500, 3, 208_842_306),
        # Short 15 HYPE at 95.063, margin 106.720442, maintenance 1,425.945 / 20.
        (950_630, -1_500, 2, 106_720_442, 71_297_250, 10, 973_120_915_556),
    ],
)
def test_isolated_price_of_a_recorded_position_is_the_venues(
    mark, szi, decimals, margin, maintenance, leverage, recorded
):
    px = isolated_liquidation_px_down(mark, szi, decimals, margin, maintenance, leverage)
    assert abs(px - recorded) <= 1


@pytest.mark.parametrize(
    ("elapsed", "left"),
    [
        (0, 1_000 * WAD),
        # 1000 / sqrt(2) = 707.10678118654752440084...
        (300, 707_106781186547524401),
        (600, 500 * WAD),
        (1_800, 125 * WAD),
        (6_000, 976_562_500_000_000_000),
    ],
)
def test_remaining_of_a_thousand_halves_every_ten_minutes(elapsed, left):
    assert remaining_up(1_000 * WAD, elapsed, 600) == left


def test_remaining_without_a_half_life_is_nothing():
    assert remaining_up(1_000, 0, 0) == 0


def test_remaining_of_any_amount_ends_with_one_unit():
    assert remaining_up(2**128 - 1, 600 * 127, 600) == 2
    assert remaining_up(2**128 - 1, 600 * 128, 600) == 1
    assert remaining_up(2**128 - 1, 2**64, 600) == 1
    assert remaining_up(0, 2**64, 600) == 0


@given(st.integers(0, 10**25), st.integers(0, 60_000), st.integers(1, 6_000))
def test_remaining_is_the_power_of_one_half_rounded_up(amount, elapsed, half_life):
    with localcontext() as context:
        context.prec = 80
        exact = Decimal(amount) * Decimal(2) ** (-Decimal(elapsed) / half_life)
        up = int(exact.to_integral_value(ROUND_CEILING))
    assert up <= remaining_up(amount, elapsed, half_life) <= up + 1


@given(st.integers(0, 2**128 - 1), st.integers(0, 10**6), st.integers(0, 10**6))
def test_remaining_never_grows(amount, elapsed, more):
    assert remaining_up(amount, elapsed + more, 600) <= remaining_up(amount, elapsed, 600)


@pytest.mark.parametrize("szi", [10**5, -(10**5)])
def test_adl_index_of_one_btc_from_100000_at_110000_is_profit_times_leverage(szi):
    # 110,000 / 100,000 · 110,000 / 55,000 = 1.1 · 2; the page has one formula for both sides.
    index = adl_index_down(1_100_000, 100_000 * USD, szi, 110_000 * USD, 55_000 * USD)
    assert index == 22 * WAD // 10


def test_adl_index_ranks_the_more_leveraged_of_two_equal_profits_first():
    figures = (1_100_000, 100_000 * USD, 10**5, 110_000 * USD)
    assert adl_index_down(*figures, 10_000 * USD) > adl_index_down(*figures, 20_000 * USD)


@pytest.mark.parametrize("account_value", [0, -1])
def test_adl_index_against_nothing_is_infinite(account_value):
    assert adl_index_down(1, 1, 1, 1, account_value) == INFINITE
    assert adl_index_down(1, 0, 0, 0, account_value) == 0
