"""Funding, on the venue's own example and on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import ArithmeticOverflow, DivisionByZero
from pmkit.funding import (
    HOURLY_CAP,
    funding_index_after,
    funding_payment_up,
    funding_rate,
    hourly_rate_down,
    hours_turned,
    impact_premium_down,
    mid_premium_down,
    premium_down,
)
from pmkit.units import WAD

PERCENT = WAD // 100


def test_funding_of_the_venues_example_is_0_95_percent() -> None:
    # Impact bid 10,100 over an oracle of 10,000: P = 1 %. 0.01 % - 1 % is clamped to -0.05 %.
    premium = premium_down(10_100, 10_000)
    assert premium == PERCENT
    assert funding_rate(premium) == 95 * PERCENT // 100
    # An eighth of 0.95 %.
    assert hourly_rate_down(premium) == 11_875 * PERCENT // 100_000


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, PERCENT // 100),  # no premium: the interest, 0.01 %
        (PERCENT // 100, PERCENT // 100),  # premium at the interest: the same
        (4 * PERCENT // 100, PERCENT // 100),  # 0.04 % + clamp(-0.03 %): still 0.01 %
        (6 * PERCENT // 100, PERCENT // 100),  # 0.06 % - 0.05 %: the clamp begins to bind
        (7 * PERCENT // 100, 2 * PERCENT // 100),
        (-4 * PERCENT // 100, PERCENT // 100),  # -0.04 % + 0.05 %
        (-PERCENT, -95 * PERCENT // 100),
    ],
)
def test_funding_rate_follows_the_clamp(premium: int, rate: int) -> None:
    assert funding_rate(premium) == rate


@pytest.mark.parametrize("side", [1, -1])
def test_hourly_rate_of_a_wild_premium_is_capped(side: int) -> None:
    assert hourly_rate_down(side * 50 * PERCENT) == side * HOURLY_CAP


# A coin of 5 decimals at 100 USD has a price of 1,000 units, so 10 coins are 10^6 units of size: an
# hour at 0.11875 % is 1.1875 USD.
HOUR = 1_000 * 1_187_500_000_000_000
TEN_COINS = 10 * 10**5


def test_funding_of_an_hour_is_on_the_oracle_notional() -> None:
    # Mark 101.0 over an oracle of 100.0: the premium of the venue's example.
    assert funding_index_after(0, 1_010, 1_000, 1) == HOUR
    assert funding_payment_up(TEN_COINS, HOUR) == 1_187_500
    assert funding_payment_up(-TEN_COINS, HOUR) == -1_187_500


def test_funding_of_hours_adds_up_in_the_index() -> None:
    # Three hours: 3.5625 USD.
    assert funding_payment_up(TEN_COINS, funding_index_after(0, 1_010, 1_000, 3)) == 3_562_500
    # Then an hour without premium, 0.00125 % of 1,000 USD, and two of a discount of 1 %.
    index = funding_index_after(3 * HOUR, 1_000, 1_000, 1)
    assert funding_payment_up(TEN_COINS, index) == 3_562_500 + 12_500
    index = funding_index_after(index, 990, 1_000, 2)
    assert funding_payment_up(TEN_COINS, index) == 3_562_500 + 12_500 - 2 * 1_187_500


def test_funding_of_a_wild_hour_is_capped_at_four_percent() -> None:
    assert funding_payment_up(TEN_COINS, funding_index_after(0, 2_000, 1_000, 1)) == 40_000_000
    assert funding_payment_up(TEN_COINS, funding_index_after(0, 1, 1_000, 1)) == -40_000_000


@pytest.mark.parametrize(
    ("since", "now", "turned"),
    [
        (7_200, 7_200, 0),
        (7_200, 10_799, 0),  # a second before the hour
        (7_200, 10_800, 1),  # on the hour
        (7_199, 7_200, 1),
        (7_201, 18_000, 3),
    ],
)
def test_hours_turn_on_the_multiples_of_the_interval(since: int, now: int, turned: int) -> None:
    assert hours_turned(since, now, 3_600) == turned


def test_no_hour_turns_without_an_interval() -> None:
    assert hours_turned(0, 10**9, 0) == 0


def test_hours_of_a_time_that_runs_backwards_are_refused() -> None:
    with pytest.raises(ArithmeticOverflow):
        hours_turned(7_200, 3_600, 3_600)


def test_premium_without_an_oracle_price_is_refused() -> None:
    with pytest.raises(DivisionByZero):
        premium_down(10_000, 0)


@given(st.lists(st.integers(-(2**40), 2**40)), st.integers(-(2**80), 2**80))
def test_funding_paid_covers_funding_received(sizes: list[int], growth: int) -> None:
    sizes.append(-sum(sizes))
    left = sum(funding_payment_up(szi, growth) for szi in sizes)
    assert 0 <= left < len(sizes)


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2**40), st.integers(1, 2**32))
def test_hours_turned_add_up(first: int, second: int, third: int, interval: int) -> None:
    a, b, c = sorted((first, second, third))
    parts = hours_turned(a, b, interval) + hours_turned(b, c, interval)
    assert hours_turned(a, c, interval) == parts


@pytest.mark.parametrize(
    ("bid", "ask", "premium"),
    [
        # The page's impact bid of 10,100 over an oracle price of 10,000.
        (10_100, 10_120, WAD // 100),
        (9_850, 9_900, -WAD // 100),
        (9_990, 10_010, 0),
    ],
)
def test_premium_of_a_book_is_its_impact_price_beyond_the_oracle(
    bid: int, ask: int, premium: int
) -> None:
    """SPEC FD-09."""
    assert impact_premium_down(bid, ask, 10_000) == premium


def test_premium_of_a_book_leads_to_the_pages_hourly_rate() -> None:
    assert hourly_rate_down(impact_premium_down(10_100, 10_120, 10_000)) == 1_187_500_000_000_000


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_premium_of_a_book_of_one_price_is_that_prices(oracle: int, px: int) -> None:
    assert impact_premium_down(px, px, oracle) == premium_down(px, oracle)
    assert mid_premium_down(px, px, oracle) == premium_down(px, oracle)


def test_premium_of_a_listed_dex_is_its_books_middle() -> None:
    """SPEC FD-10: (10,100 + 10,120) / 2 = 10,110."""
    assert mid_premium_down(10_100, 10_120, 10_000) == 11 * WAD // 1_000


@pytest.mark.parametrize("premium", [impact_premium_down, mid_premium_down])
def test_premium_of_a_book_without_an_oracle_price_is_refused(
    premium: Callable[[int, int, int], int],
) -> None:
    with pytest.raises(DivisionByZero):
        premium(1, 2, 0)
