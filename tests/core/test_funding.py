"""Funding, on the venue's own example and on paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import DivisionByZero
from pmkit.funding import (
    HOURLY_CAP,
    funding_payment_up,
    funding_rate,
    hourly_rate_down,
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


def test_funding_payment_is_on_the_oracle_notional() -> None:
    # 2 BTC (5 decimals) at an oracle of 50,000.0 for 0.11875 %: 100,000 · 0.0011875 = 118.75 USD.
    rate = hourly_rate_down(PERCENT)
    assert funding_payment_up(2 * 10**5, 500_000, rate) == 118_750_000
    assert funding_payment_up(-2 * 10**5, 500_000, rate) == -118_750_000


def test_premium_without_an_oracle_price_is_refused() -> None:
    with pytest.raises(DivisionByZero):
        premium_down(10_000, 0)


@given(st.integers(1, 2**40), st.integers(1, 2**40), st.integers(-4 * 10**16, 4 * 10**16))
def test_funding_paid_covers_funding_received(szi: int, oracle: int, rate: int) -> None:
    paid = funding_payment_up(szi, oracle, rate) + funding_payment_up(-szi, oracle, rate)
    assert 0 <= paid <= 1
