"""setLeverage: initial margin per asset. SPEC AC-03, PM-04."""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    HYPE,
    TRADER,
    USD,
    USDC,
    WAD,
    Market,
    refusal,
)

USDC_WEI = 10**8


def test_set_leverage_without_a_position_is_noted(market: Market) -> None:
    market.venue("setLeverage", BTC_PERP, 5, sender=TRADER)
    assert market.event("LeverageSet") == {"account": TRADER, "asset": BTC_PERP, "leverage": 5}
    assert market.venue("positionOf", TRADER, BTC_PERP)["leverage"] == 5


@pytest.mark.parametrize("leverage", [0, 41, 255])
def test_set_leverage_out_of_range_is_refused(market: Market, leverage: int) -> None:
    refused = refusal(market.venue, "setLeverage", BTC_PERP, leverage, sender=TRADER)
    assert refused == ("LeverageOutOfRange", (BTC_PERP, leverage, 40))


def test_set_leverage_of_an_unlisted_asset_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "setLeverage", 99, 1, sender=TRADER)
    assert refused == ("UnknownAsset", (99,))


def test_set_leverage_lower_funds_the_position_by_debt(market: Market) -> None:
    # Short 1 BTC at 100,000: the dex holds a tenth; at 5x a fifth.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.venue("setLeverage", BTC_PERP, 5, sender=TRADER)
    assert market.token(TRADER, USDC)["borrowed"] == 20_000 * USDC_WEI
    assert market.margin(TRADER)["dexes"][0]["initialMargin"] == 20_000 * USD


def test_set_leverage_that_borrows_below_health_factor_one_is_refused(market: Market) -> None:
    # At 1x the dex would hold 100,000, and 1 UBTC carries 50,000.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 1, sender=TRADER)
    assert refused == ("HealthFactorBelowOne", (WAD // 2,))


def test_set_leverage_of_a_standard_account_needs_the_margin_in_the_dex(market: Market) -> None:
    market.fund(TRADER, USDC, 3_000 * USDC_WEI)
    market.venue("deposit", USDC, 3_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 3_000 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    # 100,000 / 33 = 3,030.303030; / 34 = 2,941.176470.
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 33, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 3_030_303_030, 3_000 * USD))
    market.venue("setLeverage", BTC_PERP, 34, sender=TRADER)


def test_set_leverage_higher_passes_below_health_factor_one(market: Market) -> None:
    """A loss that nobody has swept yet is no debt of this action."""
    # At 170,000: power 85,000, debt 10,000 + 70,000 + 7,000 = 87,000 once swept.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=170_000)
    market.venue("setLeverage", BTC_PERP, 40, sender=TRADER)
    assert market.margin(TRADER)["healthFactor"] == 85_000 * WAD // 87_000


def test_set_leverage_while_debts_exceed_the_collateral_is_refused(market: Market) -> None:
    # Short 2 BTC; at 170,000: net −140,000 against 1 UBTC at 0.75: 127,500.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 2 * 10**5, False, sender=TRADER)
    market.set_prices(btc=170_000)
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 9, sender=TRADER)
    assert refused == ("DebtAboveThreshold", (140_000 * WAD, 127_500 * WAD))


def test_set_leverage_on_an_old_price_is_refused(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.portfolio_account(TRADER, hype=10**11)
    market.venue("order", BTC_PERP, False, 0, 10**4, False, sender=TRADER)
    market.evm.warp(61)
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 9, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))
    market.set_prices(btc=100_000)
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 9, sender=TRADER)
    assert refused == ("StalePrice", (HYPE, 61, 60))
