"""Stories: an account's life from its first deposit to its end, with the figures from paper."""

from __future__ import annotations

from typing import Any

import pytest
from support.venue import (
    AT_RISK,
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HEALTHY,
    HYPE,
    KEEPER,
    MARKET_LIQUIDATABLE,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    USDT0,
    WAD,
    Market,
    margin_policy,
    refusal,
)
from support.wide_market import WideMarket

USDC_WEI = 10**8
HYPE_WEI = 10**8
ONE_BTC = 10**5
ANY_BUY = 2**64 - 1
USDT0_SPOT = 10_166
DOCS_READING = margin_policy(offset=20 * WAD)


def carry_trade(market: Market) -> None:
    """Let the trader hold the venue's example: 1 BTC of spot, 1 BTC short since 100,000."""
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)


@pytest.mark.parametrize(
    ("px", "net", "gross"),
    [
        # Net is 100,000 − px. Gross is what the dex wants (a tenth) beyond what the short has won.
        (50_000, 50_000, 0),
        (100_000, 0, 10_000),
        (150_000, -50_000, 65_000),
        (200_000, -100_000, 120_000),
    ],
)
def test_carry_trade_borrows_what_the_short_loses(
    market: Market, px: int, net: int, gross: int
) -> None:
    carry_trade(market)
    market.set_prices(btc=px)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.net(TRADER, USDC) == net * USDC_WEI
    assert market.token(TRADER, USDC)["borrowed"] == gross * USDC_WEI
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == px * USD // 10
    assert market.margin(TRADER)["liquidatable"] is False


def test_carry_trade_crosses_health_factor_one_at_166666(market: Market) -> None:
    # 0.5 · px = 1.1 · px − 100,000 at 166,666.67.
    carry_trade(market)
    market.set_prices(btc="166666.6")
    assert market.margin(TRADER)["health"] == HEALTHY
    market.set_prices(btc="166666.7")
    margin = market.margin(TRADER)
    assert (margin["health"], margin["healthFactor"] < WAD) == (AT_RISK, True)
    # Below one nothing more is borrowed on purpose, and what the short loses still is.
    refused = refusal(
        market.venue, "order", BTC_PERP, False, 0, ONE_BTC // 100, False, sender=TRADER
    )
    assert refused[0] == "HealthFactorBelowOne"
    market.set_prices(btc=200_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.token(TRADER, USDC)["borrowed"] == 120_000 * USDC_WEI


@pytest.mark.parametrize(
    ("margin", "holds", "falls"),
    [
        # 1.0125 · px − 100,000 > 0.95 · 0.75 · px from 333,333.33 on.
        (margin_policy(), "333333.3", "333333.4"),
        # With 20 USD more in the requirement: from 333,266.67 on.
        (DOCS_READING, "333266.6", "333266.7"),
    ],
)
def test_carry_trade_is_liquidatable_from_the_first_mark_beyond_its_trigger(
    market: Market, margin: tuple[Any, ...], holds: str, falls: str
) -> None:
    market.set_policy(margin=margin)
    carry_trade(market)
    market.set_prices(btc=holds)
    assert refusal(market.venue, "liquidate", TRADER, sender=KEEPER)[0] == "NotLiquidatable"
    market.set_prices(btc=falls)
    assert market.margin(TRADER)["health"] == MARKET_LIQUIDATABLE
    # A fifth of the short closes and frees a fifth of 4,166.67 of maintenance: 0.95 again.
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert step["liquidatable"] is False
    assert market.event("PositionClosed")["szi"] == ONE_BTC // 5
    assert market.token(TRADER, UBTC)["supplied"] == 10**10


def test_carry_trade_back_where_it_began_has_lost_its_interest_only(market: Market) -> None:
    carry_trade(market)
    market.set_prices(btc=150_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    market.evm.warp(365 * 86_400)
    market.set_prices(btc=100_000)
    market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC, False, sender=TRADER)
    # 65,000 · expm1(0.05) = 3,332.62 of interest. The price is back, so is the short's 50,000.
    owed = market.token(TRADER, USDC)["borrowed"]
    assert owed == pytest.approx(3_332.62 * USDC_WEI, rel=1e-5)
    market.fund(TRADER, USDC, 4_000 * USDC_WEI)
    market.venue("repay", USDC, EVERYTHING, TRADER, sender=TRADER)
    market.venue("withdraw", UBTC, EVERYTHING, TRADER, sender=TRADER)
    assert market.erc20[UBTC]("balanceOf", TRADER) == 10**8


def test_faq_loan_is_cured_by_steps_and_repaid(wide_market: WideMarket) -> None:
    """The venue's example: 10 HYPE at 50 carry 250 USDC; at 33 the loan is in the partial band."""
    market = wide_market
    market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    market.venue("borrow", USDC, 250 * USDC_WEI, sender=BORROWER)
    market.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=BORROWER)
    assert market.margin(BORROWER)["healthFactor"] == WAD
    market.set_prices(hype=33)
    for _ in range(3):
        step = market.venue("liquidate", BORROWER, sender=KEEPER)
        market.evm.warp(3)
    assert step["liquidatable"] is False
    # Three steps of 50 USDC, each for 50 / 27.5 HYPE.
    assert market.token(BORROWER, HYPE)["supplied"] == pytest.approx(454_545_457, abs=3)
    assert market.token(BACKSTOP, HYPE)["supplied"] == pytest.approx(545_454_543, abs=3)
    # The rest of the debt is paid with what the loan had bought.
    market.venue("order", USDT0_SPOT, False, 0, 250 * 100, False, sender=BORROWER)
    token = market.token(BORROWER, USDC)
    assert token["borrowed"] == 0
    assert token["supplied"] == pytest.approx(150 * USDC_WEI, abs=1_000)
    market.venue("withdraw", HYPE, EVERYTHING, BORROWER, sender=BORROWER)


def test_cap_hit_in_an_order_leaves_ordinary_margin(market: Market) -> None:
    """At the cap the account falls back to the margin it has. SPEC PM-16.

    The sweep wants a tenth of 100,000 in the dex and gets the 5,000 of the cap, which is initial
    margin enough for 1 BTC at 40x, but not for 3.
    """
    market.set_caps(USDC, user_borrow=5_000 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=10**10)
    three = (BTC_PERP, False, 0, 3 * ONE_BTC, False)
    refused = refusal(market.venue, "order", *three, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 7_500 * USD, 5_000 * USD))
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)
    assert market.token(TRADER, USDC)["borrowed"] == 5_000 * USDC_WEI
    # The cap also bounds what the collateral counts: 1.0125 · loss + 1,250 > 0.95 · 5,000 from a
    # loss of 3,456.79 on.
    market.set_prices(btc="103456.7")
    assert market.margin(TRADER)["liquidatable"] is False
    market.set_prices(btc="103456.8")
    assert market.margin(TRADER)["liquidatable"] is True
    # Losses are not funded any more: at 103,800 the dex holds 1,200 below 1,297.5.
    assert market.margin(TRADER)["perpShortfall"] is False
    market.set_prices(btc=103_800)
    assert market.margin(TRADER)["perpShortfall"] is True
    # Own money helps at once.
    market.fund(SUPPLIER, USDC, 400 * USDC_WEI)
    market.venue("deposit", USDC, 400 * USDC_WEI, TRADER, sender=SUPPLIER)
    assert market.margin(TRADER)["liquidatable"] is False


def test_cap_lowered_later_undoes_no_debt(market: Market) -> None:
    """SPEC CR-03."""
    carry_trade(market)
    market.set_caps(USDC, user_borrow=1_000 * USDC_WEI, global_borrow=0)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.token(TRADER, USDC)["borrowed"] == 10_000 * USDC_WEI
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 10_000 * USD


def test_prices_fall_silent_and_everybody_leaves(market: Market) -> None:
    """SPEC OR-02, BL-13: repaying, supplying and leaving without debt need no price."""
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.evm.warp(86_400)
    refused = refusal(market.venue, "borrow", USDC, 1, sender=BORROWER)
    assert refused == ("StalePrice", (HYPE, 86_400, 60))
    market.fund(BORROWER, USDC, 1_001 * USDC_WEI)
    market.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    market.venue("withdraw", HYPE, EVERYTHING, BORROWER, sender=BORROWER)
    market.venue("supply", USDC, 100, SUPPLIER, sender=SUPPLIER)
    market.venue("withdraw", USDC, EVERYTHING, SUPPLIER, sender=SUPPLIER)
    assert market.erc20[HYPE]("balanceOf", BORROWER) == 100 * 10**18


def test_explicit_loan_is_traded_and_not_swept_back(market: Market) -> None:
    """SPEC BL-12: borrowed money stays idle until it is used; the floor keeps the sweep from it."""
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.venue("order", 10_107, True, ANY_BUY, 10 * 100, False, sender=BORROWER)
    market.venue("sweep", BORROWER, sender=KEEPER)
    token = market.token(BORROWER, USDC)
    assert (token["idle"], token["borrowed"]) == (500 * USDC_WEI, 1_000 * USDC_WEI)
    # Sold again, what comes back stays idle up to the floor.
    market.venue("order", 10_107, False, 0, 10 * 100, False, sender=BORROWER)
    assert market.token(BORROWER, USDC)["idle"] == 1_000 * USDC_WEI
    # An order that wants 1,000 in the dex takes it before anything new is borrowed.
    market.venue("order", BTC_PERP, False, 0, ONE_BTC // 10, False, sender=BORROWER)
    token = market.token(BORROWER, USDC)
    assert (token["idle"], token["borrowed"]) == (0, 1_000 * USDC_WEI)
    # Closed, the margin lies idle again, since it is borrowed on purpose.
    market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC // 10, False, sender=BORROWER)
    assert market.token(BORROWER, USDC)["idle"] == 1_000 * USDC_WEI


def test_debt_in_a_token_that_is_later_supplied_is_paid_first(market: Market) -> None:
    """SPEC BL-07: a position in the pool is supply or debt, never both."""
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.venue("order", 10_107, True, ANY_BUY, 20 * 100, False, sender=BORROWER)
    market.fund(BORROWER, USDC, 1_500 * USDC_WEI)
    market.venue("supply", USDC, 400 * USDC_WEI, BORROWER, sender=BORROWER)
    token = market.token(BORROWER, USDC)
    assert (token["borrowed"], token["supplied"]) == (600 * USDC_WEI, 0)
    market.venue("supply", USDC, 1_100 * USDC_WEI, BORROWER, sender=BORROWER)
    token = market.token(BORROWER, USDC)
    assert (token["borrowed"], token["supplied"], token["borrowFloor"]) == (0, 500 * USDC_WEI, 0)


def test_two_dexes_of_one_account_count_in_their_own_tokens(wide_market: WideMarket) -> None:
    """SPEC PM-10: a dex counts for its collateral token; a debt is made in that token."""
    market = wide_market
    market.portfolio_account(TRADER, ubtc=10**10)
    # Short 1 BTC: 10,000 USDC. Short 10 GOLD at 4,000: a tenth of 40,000 in USDT0.
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)
    market.venue("order", 110_000, False, 0, 10 * 10**4, False, sender=TRADER)
    assert market.token(TRADER, USDC)["borrowed"] == 10_000 * USDC_WEI
    assert market.token(TRADER, USDT0)["borrowed"] == 4_000 * 10**8
    margin = market.margin(TRADER)
    # Maintenance 100,000 / 80 in USDC; 40,000 / 40 in USDT0; both against 75,000.
    assert margin["ratio"] == -(-1_250 * WAD // 75_000)
    assert margin["grossDebt"] == 14_000 * WAD


def test_account_that_the_backstop_took_starts_again(wide_market: WideMarket) -> None:
    market = wide_market
    market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    market.venue("borrow", USDC, 250 * USDC_WEI, sender=BORROWER)
    market.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=BORROWER)
    market.set_prices(hype=20)
    market.venue("liquidate", BORROWER, sender=KEEPER)
    # The loss of 50 found neither buffer nor insurance and is the reserve's deficit, in the open.
    assert market.venue("reserveOf", USDC)["deficit"] == 50 * USDC_WEI
    market.venue("setMode", PORTFOLIO_MARGIN, sender=BORROWER)
    market.fund(BORROWER, HYPE, 10 * HYPE_WEI)
    market.venue("deposit", HYPE, 10 * HYPE_WEI, BORROWER, sender=BORROWER)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=BORROWER)
    assert market.margin(BORROWER)["healthFactor"] == WAD
