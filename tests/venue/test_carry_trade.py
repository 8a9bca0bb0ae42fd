"""The carry trade: 1 BTC of spot against a short of 1 BTC, and no USDC at all.

Losses of the short are borrowed against the coin, gains are supplied; liquidation begins where the
coin at three quarters no longer carries the debt.
"""

from __future__ import annotations

import pytest
from venue.stage import (
    BTC_PERP,
    USDC,
    USDC_WEI,
    portfolio_account,
    sell,
    set_prices,
    stage,
)

from pmkit.errors import NotLiquidatable
from pmkit.model import Health
from pmkit.policy import USD
from pmkit.units import INFINITE, WAD
from pmkit.venue import Venue
from pmkit.venue.records import Leg


@pytest.fixture
def venue() -> Venue:
    """Give a market in which the trader holds 1 UBTC and is short 1 BTC at 10x from 100,000."""
    venue = stage()
    trader = portfolio_account(venue, "trader", ubtc=10**10)
    trader.set_leverage("BTC", 10)
    sell(trader, "BTC", 10**5)
    return venue


def at(venue: Venue, px: str) -> tuple[int, int, int, int]:
    """Move BTC and sweep; return perp equity, borrowed, supplied and net total in whole dollars."""
    set_prices(venue, btc=px)
    venue.account("keeper").sweep("trader")
    account = venue.account_of("trader")
    margin = venue.stored_margin_of("trader")
    i = [t.token for t in account.tokens].index(USDC)
    t = account.tokens[i]
    return (
        margin.dexes[0].account_value // USD,
        round(t.borrowed / USDC_WEI),
        round(t.supplied / USDC_WEI),
        round(margin.tokens[i].net_total / USDC_WEI),
    )


@pytest.mark.parametrize(
    ("px", "equity", "borrowed", "supplied", "net"),
    [
        # Equity of a tenth of the notional; the gain of 50,000 less that margin is supplied.
        ("50000", 5_000, 0, 45_000, 50_000),
        # Nothing gained, nothing lost: the margin itself is borrowed.
        ("100000", 10_000, 10_000, 0, 0),
        ("150000", 15_000, 65_000, 0, -50_000),
        ("200000", 20_000, 120_000, 0, -100_000),
    ],
)
def test_sweep_of_a_carry_trade_keeps_a_tenth_in_the_dex(
    venue: Venue, px: str, equity: int, borrowed: int, supplied: int, net: int
) -> None:
    assert at(venue, px) == (equity, borrowed, supplied, net)


def test_carry_trade_without_loss_needs_no_money_of_its_own(venue: Venue) -> None:
    margin = venue.margin_of("trader")
    # 100,000 · 0.5 against the margin of 10,000 that is borrowed.
    assert margin.health_factor == 5 * WAD
    assert margin.health is Health.HEALTHY
    assert at(venue, "50000")[1] == 0
    assert venue.margin_of("trader").health_factor == INFINITE


def test_carry_trade_is_liquidated_from_333333_4_on(venue: Venue) -> None:
    # (P / 80 + P − 100,000) / (0.75 P) = 0.95 at P = 100,000 / (1 + 1/80 − 0.7125) = 333,333.33…
    keeper = venue.account("keeper")
    at(venue, "333333.3")
    assert not venue.margin_of("trader").liquidatable
    with pytest.raises(NotLiquidatable):
        keeper.liquidate("trader")
    at(venue, "333333.4")
    margin = venue.margin_of("trader")
    assert margin.liquidatable
    assert margin.health is Health.MARKET_LIQUIDATABLE
    # (4,166.6675 + 233,333.4) / 250,000.05, and a few wei of roundings against the account.
    exact = 237_500_0675 * WAD // 250_000_0500
    assert 0 <= margin.ratio - exact < WAD // 10**7


def test_carry_trade_beyond_its_trigger_loses_the_perp_first(venue: Venue) -> None:
    """Without the perp's maintenance 233,333.4 / 250,000.05 is within 0.95: perps alone cure."""
    at(venue, "333333.4")
    step = venue.account("keeper").liquidate("trader")
    assert step.leg is Leg.PERP
    # Above 100,000 USD a fifth goes first: maintenance falls to 3,333.33 and the ratio to 0.9467.
    assert venue.position_of("trader", BTC_PERP).szi == -80_000
    assert not step.liquidatable
