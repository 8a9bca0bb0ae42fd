"""updateIsolatedMargin, setLeverage and setMode of isolated positions. SPEC CH-10, CH-11."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from support.isolated import (
    ONE_BTC,
    USDC_WEI,
    buy,
    isolated_of,
    lone_short,
    moves,
    portfolio_trader,
    sell,
    standard_trader,
    unified_trader,
)
from support.venue import (
    BTC_PERP,
    HYPE_PERP,
    KEEPER,
    PORTFOLIO_MARGIN,
    STANDARD,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    Market,
    refusal,
)


def update(market: Market, usd: int) -> None:
    market.venue("updateIsolatedMargin", BTC_PERP, usd, sender=TRADER)


def test_bringing_margin_moves_the_liquidation_price(market: Market) -> None:
    lone_short(market, 12_000)
    update(market, 2_000 * USD)
    assert market.event("IsolatedMarginMoved") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "usd": 2_000 * USD,
    }
    # 100,000 + (12,000 − 1,250) / 1.0125.
    found = isolated_of(market)
    assert (found["equity"], found["liquidationPx"]) == (12_000 * USD, 110_617_2839506172)
    assert market.venue("rawUsdOf", TRADER, 0) == 0


def test_bringing_more_than_the_dex_can_spare_is_refused(market: Market) -> None:
    lone_short(market, 12_000)
    refused = refusal(
        market.venue, "updateIsolatedMargin", BTC_PERP, 2_000 * USD + 1, sender=TRADER
    )
    assert refused == ("InsufficientMargin", (0, 0, -1))


def test_bringing_margin_borrows_it(market: Market) -> None:
    portfolio_trader(market, ubtc=10**10)
    sell(market, BTC_PERP, ONE_BTC)
    update(market, 5_000 * USD)
    assert market.token(TRADER, USDC)["borrowed"] == 15_000 * USDC_WEI
    refused = refusal(market.venue, "updateIsolatedMargin", BTC_PERP, 35_001 * USD, sender=TRADER)
    assert refused[0] == "HealthFactorBelowOne"


@pytest.mark.parametrize(
    ("leverage", "least"),
    [
        # At 90,000. At 40x a tenth of the notional stays, at 3x a third.
        (40, 9_000),
        (3, 30_000),
    ],
)
def test_taking_margin_leaves_the_transfer_margin(
    market: Market, leverage: int, least: int
) -> None:
    standard_trader(market, 50_000, leverage=leverage)
    sell(market, BTC_PERP, ONE_BTC)
    market.set_prices(btc=90_000)
    over = isolated_of(market)["equity"] - least * USD
    refused = refusal(market.venue, "updateIsolatedMargin", BTC_PERP, -over - 1, sender=TRADER)
    assert refused == ("InsufficientIsolatedMargin", (BTC_PERP, least * USD, least * USD - 1))
    update(market, -over)
    assert moves(market) == [-over]
    assert isolated_of(market)["equity"] == least * USD


def test_taking_margin_goes_where_the_mode_says(market: Market) -> None:
    unified_trader(market, 30_000, leverage=5)
    sell(market, BTC_PERP, ONE_BTC)
    market.set_prices(btc=90_000)
    # 30,000 of equity, of which 18,000 must stay.
    update(market, -12_000 * USD)
    assert market.venue("balanceOf", TRADER, USDC)["idle"] == 22_000 * USDC_WEI


def test_taking_margin_at_an_old_mark_is_refused(market: Market) -> None:
    lone_short(market, 20_000)
    market.set_prices(btc=90_000)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.evm.warp(61)
    refused = refusal(market.venue, "updateIsolatedMargin", BTC_PERP, -1, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))


def test_update_of_nothing_is_refused(market: Market) -> None:
    lone_short(market)
    refused = refusal(market.venue, "updateIsolatedMargin", BTC_PERP, 0, sender=TRADER)
    assert refused == ("ZeroAmount", ())


@pytest.mark.parametrize("asset", [BTC_PERP, HYPE_PERP])
def test_update_without_an_isolated_position_is_refused(market: Market, asset: int) -> None:
    """BTC is isolated and not open, HYPE is open and cross."""
    standard_trader(market, 10_000)
    buy(market, HYPE_PERP, 100)
    refused = refusal(market.venue, "updateIsolatedMargin", asset, 1, sender=TRADER)
    assert refused == ("NoPosition", (TRADER, asset))


def test_update_of_the_smallest_number_is_refused_for_what_it_leaves(market: Market) -> None:
    lone_short(market)
    refused = refusal(market.venue, "updateIsolatedMargin", BTC_PERP, -(2**63), sender=TRADER)
    assert refused == (
        "InsufficientIsolatedMargin",
        (BTC_PERP, 10_000 * USD, 10_000 * USD - 2**63),
    )


# Leverage


def test_leverage_of_an_open_position_moves_nothing(market: Market) -> None:
    lone_short(market)
    market.venue("setLeverage", BTC_PERP, 20, sender=TRADER)
    assert market.event_names() == ["LeverageSet"]
    assert isolated_of(market)["initialMargin"] == 5_000 * USD


def test_leverage_that_the_margin_does_not_hold_is_refused(market: Market) -> None:
    lone_short(market, 20_000)
    refused = refusal(market.venue, "setLeverage", BTC_PERP, 5, sender=TRADER)
    assert refused == ("InsufficientIsolatedMargin", (BTC_PERP, 20_000 * USD, 10_000 * USD))
    update(market, 10_000 * USD)
    market.venue("setLeverage", BTC_PERP, 5, sender=TRADER)


def test_leverage_of_an_open_position_at_an_old_mark_is_refused(market: Market) -> None:
    lone_short(market)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.evm.warp(61)
    assert refusal(market.venue, "setLeverage", BTC_PERP, 20, sender=TRADER)[0] == "StaleMark"


# Modes and leaving


@pytest.mark.parametrize("leaves_flat", [True, False])
@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_mode_with_an_isolated_position_is_refused(
    market: Market, mode: int, leaves_flat: bool
) -> None:
    market.set_policy(leaves_flat=leaves_flat)
    portfolio_trader(market, usdc=20_000 * USDC_WEI)
    sell(market, BTC_PERP, ONE_BTC)
    assert refusal(market.venue, "setMode", mode, sender=TRADER) == ("PositionsOpen", (1,))
    buy(market, BTC_PERP, ONE_BTC)
    market.venue("setMode", mode, sender=TRADER)


def test_mode_names_cross_and_isolated_positions(market: Market) -> None:
    standard_trader(market, 20_000)
    sell(market, BTC_PERP, ONE_BTC)
    buy(market, HYPE_PERP, 100)
    refused = refusal(market.venue, "setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert refused == ("PositionsOpen", (3,))


def test_withdrawal_does_not_look_at_isolated_positions(market: Market) -> None:
    unified_trader(market, 20_000)
    sell(market, BTC_PERP, ONE_BTC)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.set_prices(btc=120_000)
    market.evm.warp(10_000)
    withdrawn = market.venue("withdraw", USDC, 10_000 * USDC_WEI, TRADER, sender=TRADER)
    assert withdrawn == 10_000 * USDC_WEI


def test_operator_moves_isolated_margin(market: Market) -> None:
    lone_short(market, 12_000)
    market.venue("approveOperator", KEEPER, True, sender=TRADER)
    call = market.venue.selectors["updateIsolatedMargin"] + encode(
        ["uint32", "int64"], [BTC_PERP, 2_000 * USD]
    )
    market.venue("onBehalf", TRADER, call, sender=KEEPER)
    assert isolated_of(market)["equity"] == 12_000 * USD
