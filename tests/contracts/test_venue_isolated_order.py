"""Orders of isolated positions: where their margin comes from and goes to. SPEC CH-07 to CH-09."""

from __future__ import annotations

import pytest
from support.isolated import (
    ANY_BUY,
    ANY_SELL,
    ONE_BTC,
    USDC_WEI,
    buy,
    isolate,
    isolated_of,
    lone_short,
    moves,
    pause,
    portfolio_trader,
    sell,
    standard_trader,
    unified_trader,
)
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    TRADER,
    USD,
    USDC,
    USDT0,
    WAD,
    Market,
    refusal,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, WideMarket

UBTC_WEI = 10**10
PAUSE_RISK = 4


def test_isolated_order_moves_its_margin_out_of_the_account(market: Market) -> None:
    lone_short(market, 10_000)
    assert market.event_names() == ["IsolatedMarginMoved", "Filled"]
    assert market.event("IsolatedMarginMoved") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "usd": 10_000 * USD,
    }
    # 100,000 of short at 10x: 10,000 left the dex; 1.25 % are maintenance; it dies where
    # 110,000 − px = px / 80.
    assert isolated_of(market) == {
        "szi": -ONE_BTC,
        "entryNtl": 100_000 * USD,
        "leverage": 10,
        "isolatedUsd": 110_000 * USD,
        "equity": 10_000 * USD,
        "initialMargin": 10_000 * USD,
        "maintenance": 1_250 * USD,
        "liquidationPx": 108_641_9753086419,
    }
    assert market.venue("rawUsdOf", TRADER, 0) == 0
    assert market.venue("positionOf", MAKER, BTC_PERP)["szi"] == ONE_BTC


def test_isolated_position_stays_out_of_the_account_check(market: Market) -> None:
    lone_short(market, 10_000)
    state = market.venue("accountState", TRADER)
    assert (state["perpBitmap"], state["isolatedBitmap"]) == (0, 1)
    assert market.account(TRADER)["perps"] == []
    assert (market.margin(TRADER)["ratio"], market.margin(TRADER)["liquidatable"]) == (0, False)
    refused = refusal(market.venue, "displayLiquidationPx", TRADER, BTC_PERP, sender=KEEPER)
    assert refused == ("NoPosition", (TRADER, BTC_PERP))


def test_isolated_loss_leaves_the_rest_of_the_account_alone(market: Market) -> None:
    """Far below its margin the position still costs the account's other perps nothing."""
    lone_short(market, 20_000)
    market.venue("order", HYPE_PERP, True, ANY_BUY, 100_000, False, sender=TRADER)
    market.set_prices(btc=150_000)
    # 10,000 are left in the dex behind 50,000 of HYPE.
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 10_000 * USD
    assert refusal(market.venue, "liquidate", TRADER, sender=KEEPER)[0] == "NotLiquidatable"
    market.venue("transferPerp", 0, 5_000 * USD, False, sender=TRADER)


def test_choice_of_isolated_margin_is_announced_and_stored(market: Market) -> None:
    market.venue("setIsolated", BTC_PERP, True, sender=TRADER)
    assert market.event("IsolatedSet") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "isolated": True,
    }
    assert market.venue("positionOf", TRADER, BTC_PERP)["isolated"] is True
    market.venue("setIsolated", BTC_PERP, False, sender=TRADER)
    assert market.venue("positionOf", TRADER, BTC_PERP)["isolated"] is False


@pytest.mark.parametrize("isolated", [True, False])
def test_choice_with_an_open_position_is_refused(market: Market, isolated: bool) -> None:
    lone_short(market)
    refused = refusal(market.venue, "setIsolated", BTC_PERP, isolated, sender=TRADER)
    assert refused == ("PositionOpen", (BTC_PERP, -ONE_BTC))
    buy(market, BTC_PERP, ONE_BTC)
    market.venue("setIsolated", BTC_PERP, isolated, sender=TRADER)


def test_choice_with_an_open_cross_position_is_refused(market: Market) -> None:
    standard_trader(market, 10_000)
    buy(market, HYPE_PERP, 100)
    refused = refusal(market.venue, "setIsolated", HYPE_PERP, True, sender=TRADER)
    assert refused == ("PositionOpen", (HYPE_PERP, 100))


@pytest.mark.parametrize("account", [MAKER, BACKSTOP, INSURANCE])
def test_the_venues_own_accounts_stay_cross(market: Market, account: str) -> None:
    refused = refusal(market.venue, "setIsolated", BTC_PERP, True, sender=account)
    assert refused == ("NotAUserAccount", (account,))


def test_choice_for_an_unlisted_asset_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "setIsolated", 7, True, sender=TRADER)
    assert refused == ("UnknownAsset", (7,))


# Where the margin comes from


def test_standard_account_keeps_the_transfer_margin_of_its_cross_positions(market: Market) -> None:
    standard_trader(market, 14_999)
    # 50,000 of HYPE keep 5,000 in the dex, although at 10x.
    market.venue("order", HYPE_PERP, True, ANY_BUY, 100_000, False, sender=TRADER)
    refused = refusal(
        market.venue, "order", BTC_PERP, False, ANY_SELL, ONE_BTC, False, sender=TRADER
    )
    assert refused == ("InsufficientMargin", (0, 5_000 * USD, 4_999 * USD))


def test_standard_account_without_equity_is_refused(market: Market) -> None:
    isolate(market, BTC_PERP, 10)
    refused = refusal(
        market.venue, "order", BTC_PERP, False, ANY_SELL, ONE_BTC, False, sender=TRADER
    )
    assert refused == ("InsufficientMargin", (0, 0, -10_000 * USD))


def test_unified_account_pays_from_its_idle_balance(market: Market) -> None:
    unified_trader(market, 10_000)
    sell(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [10_000 * USD]
    assert market.venue("balanceOf", TRADER, USDC)["idle"] == 0
    # Closed at 95,000 it brings back its margin and 5,000.
    market.set_prices(btc=95_000)
    buy(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [-15_000 * USD]
    assert market.venue("balanceOf", TRADER, USDC)["idle"] == 15_000 * USDC_WEI


def test_unified_account_with_less_idle_balance_is_refused(market: Market) -> None:
    unified_trader(market, 9_999)
    refused = refusal(
        market.venue, "order", BTC_PERP, False, ANY_SELL, ONE_BTC, False, sender=TRADER
    )
    assert refused == ("InsufficientBalance", (USDC, 10_000 * USDC_WEI, 9_999 * USDC_WEI))


def test_portfolio_account_pays_from_supply_and_then_borrows(market: Market) -> None:
    portfolio_trader(market, ubtc=UBTC_WEI, usdc=4_000 * USDC_WEI)
    assert market.token(TRADER, USDC)["supplied"] == 4_000 * USDC_WEI
    sell(market, BTC_PERP, ONE_BTC)
    assert market.token(TRADER, USDC)["borrowed"] == 6_000 * USDC_WEI
    # The margin is gone from the account: it owes 6,000 net.
    assert market.net(TRADER, USDC) == -6_000 * USDC_WEI
    # What comes back repays, and the rest is supplied.
    market.set_prices(btc=95_000)
    buy(market, BTC_PERP, ONE_BTC)
    assert market.token(TRADER, USDC)["supplied"] == pytest.approx(9_000 * USDC_WEI, abs=1)


def test_portfolio_account_that_borrows_keeps_its_health_factor(market: Market) -> None:
    # 1 UBTC carries 50,000 at its loan to value; 60,000 of margin are borrowed for 6 BTC.
    portfolio_trader(market, ubtc=UBTC_WEI)
    refused = refusal(
        market.venue, "order", BTC_PERP, False, ANY_SELL, 6 * ONE_BTC, False, sender=TRADER
    )
    assert refused == ("HealthFactorBelowOne", (50_000 * WAD // 60_000,))
    sell(market, BTC_PERP, 5 * ONE_BTC)
    assert market.margin(TRADER)["healthFactor"] == WAD


def test_portfolio_account_below_health_factor_one_isolates_nothing(
    wide_market: WideMarket,
) -> None:
    """Margin leaves the account check, so it is judged as a withdrawal is. SPEC CH-09."""
    wide_market.portfolio_account(TRADER, ubtc=UBTC_WEI, usdt0=2_000 * 10**8)
    wide_market.venue("order", BTC_PERP, False, ANY_SELL, ONE_BTC, False, sender=TRADER)
    isolate(wide_market, GOLD_PERP, 2)
    # Half of 170,000 against 1.1 · 170,000 − 100,000 of debt; USDT0 would pay without new debt.
    wide_market.set_prices(btc=170_000)
    args = (GOLD_PERP, True, ANY_BUY, 10**4, False)
    refused = refusal(wide_market.venue, "order", *args, sender=TRADER)
    assert refused[0] == "HealthFactorBelowOne"
    assert refused[1][0] == pytest.approx(85_000 * WAD / 87_000, rel=1e-6)
    left = refusal(wide_market.venue, "withdraw", USDT0, 2_000 * 10**8, TRADER, sender=TRADER)
    assert left == refused


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("cap", ("BorrowCapExceeded", (USDC, 10_000 * USDC_WEI, 9_999 * USDC_WEI))),
        ("pause", ("BorrowCapExceeded", (USDC, 10_000 * USDC_WEI, 0))),
    ],
)
def test_portfolio_account_borrows_margin_within_caps_only(
    market: Market, change: str, refused: tuple[str, tuple[int, ...]]
) -> None:
    portfolio_trader(market, ubtc=UBTC_WEI)
    if change == "cap":
        market.set_caps(USDC, user_borrow=9_999 * USDC_WEI)
    else:
        pause(market, 2)
    args = (BTC_PERP, False, ANY_SELL, ONE_BTC, False)
    assert refusal(market.venue, "order", *args, sender=TRADER) == refused


def test_margin_is_in_the_token_of_the_dex(wide_market: WideMarket) -> None:
    wide_market.fund(TRADER, USDT0, 2_000 * 10**8)
    wide_market.venue("deposit", USDT0, 2_000 * 10**8, TRADER, sender=TRADER)
    wide_market.venue("transferPerp", GOLD_DEX, 2_000 * USD, True, sender=TRADER)
    isolate(wide_market, GOLD_PERP, 2)
    # 1 ounce at 4,000 and 2x.
    buy(wide_market, GOLD_PERP, 10**4)
    assert wide_market.venue("rawUsdOf", TRADER, GOLD_DEX) == 0
    assert isolated_of(wide_market, GOLD_PERP)["equity"] == 2_000 * USD


# What a fill leaves


def test_growing_brings_only_what_is_short(market: Market) -> None:
    lone_short(market, 20_000)
    # At 90,000 it holds 20,000: enough for 2 BTC at 10x, not for 3.
    market.set_prices(btc=90_000)
    sell(market, BTC_PERP, ONE_BTC)
    assert moves(market) == []
    sell(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [7_000 * USD]
    assert isolated_of(market)["equity"] == 27_000 * USD
    assert market.venue("rawUsdOf", TRADER, 0) == 3_000 * USD


def test_shrinking_gives_back_its_part_rounded_down(market: Market) -> None:
    lone_short(market, 10_000)
    # 10,000,000,000 millionths · 3 / 7 = 4,285,714,285.7.
    market.venue("order", BTC_PERP, True, ANY_BUY, 30_000, True, sender=TRADER)
    assert moves(market) == [-3_000 * USD]
    market.venue("order", BTC_PERP, True, ANY_BUY, 30_000, True, sender=TRADER)
    assert moves(market) == [-3_000 * USD]
    market.set_prices(btc=100_001)
    market.venue("order", BTC_PERP, True, ANY_BUY, 7, True, sender=TRADER)
    # 4,000 − 0.4 = 3,999.6, of which 7 / 40,000 are 0.69993.
    assert moves(market) == [-699_930]
    market.set_prices(btc=100_000)
    market.venue("order", BTC_PERP, True, ANY_BUY, 1, True, sender=TRADER)
    # What is left, over 39,993, is no whole number of millionths.
    left = 3_999_600_000 - 699_930 + 39_993 * 10
    assert moves(market) == [-(left // 39_993)]


def test_closing_gives_everything_back(market: Market) -> None:
    lone_short(market, 10_000)
    market.set_prices(btc=105_000)
    buy(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [-5_000 * USD]
    position = market.venue("positionOf", TRADER, BTC_PERP)
    assert (position["szi"], position["isolatedUsd"], position["isolated"]) == (0, 0, True)
    assert market.venue("accountState", TRADER)["isolatedBitmap"] == 0
    assert market.venue("rawUsdOf", TRADER, 0) == 5_000 * USD
    assert refusal(market.venue, "isolatedOf", TRADER, BTC_PERP, sender=TRADER) == (
        "NoPosition",
        (TRADER, BTC_PERP),
    )


@pytest.mark.parametrize(
    ("px", "moved"),
    [
        # Half a BTC long at 10x; the short of 1 BTC held 10,000 + 100,000 − px.
        (90_000, 4_500 - 20_000),
        (109_000, 5_450 - 1_000),
    ],
)
def test_turning_leaves_exactly_the_new_initial_margin(market: Market, px: int, moved: int) -> None:
    lone_short(market, 20_000)
    market.set_prices(btc=px)
    buy(market, BTC_PERP, ONE_BTC * 3 // 2)
    assert moves(market) == [moved * USD]
    found = isolated_of(market)
    assert (found["szi"], found["equity"]) == (ONE_BTC // 2, px * USD // 20)


def test_fee_is_the_positions_own(market: Market) -> None:
    # 0.045 % of 100,000 = 45, which opening brings beside the margin.
    market.set_policy(perp_fee_ppm=450)
    standard_trader(market, 10_045)
    sell(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [10_045 * USD]
    assert market.venue("rawUsdOf", INSURANCE, 0) == 45 * USD
    # Half goes: a fee of 22.5, and then half of 9,977.5.
    buy(market, BTC_PERP, ONE_BTC // 2)
    assert moves(market) == [-4_988_750_000]


def test_closing_below_zero_is_the_waterfalls(market: Market) -> None:
    """SPEC LQ-22: the position costs no more than its margin, and the other side is whole."""
    lone_short(market, 15_000)
    market.set_prices(btc=112_000)
    maker_before = market.venue("rawUsdOf", MAKER, 0)
    buy(market, BTC_PERP, ONE_BTC)
    assert market.event("LossCovered") == {
        "token": USDC,
        "buffer": 0,
        "insurance": 0,
        "deficit": 2_000 * USDC_WEI,
    }
    assert market.venue("rawUsdOf", TRADER, 0) == 5_000 * USD
    assert market.venue("rawUsdOf", MAKER, 0) - maker_before == 112_000 * USD
    assert market.venue("positionOf", TRADER, BTC_PERP)["isolatedUsd"] == 0
    # The backstop took the hole over and was made whole for it.
    assert market.account(BACKSTOP)["tokens"] == []


def test_shrinking_below_zero_gives_nothing_back(market: Market) -> None:
    lone_short(market, 15_000)
    market.set_prices(btc=112_000)
    buy(market, BTC_PERP, ONE_BTC // 2)
    assert moves(market) == []
    assert isolated_of(market)["equity"] == -2_000 * USD


def test_growing_below_zero_brings_what_is_missing_too(market: Market) -> None:
    lone_short(market, 50_000)
    market.set_prices(btc=112_000)
    sell(market, BTC_PERP, ONE_BTC)
    assert moves(market) == [22_400 * USD + 2_000 * USD]


# When


def test_opening_while_risk_is_paused_is_refused(market: Market) -> None:
    lone_short(market, 20_000)
    pause(market, PAUSE_RISK)
    args = (BTC_PERP, False, ANY_SELL, 1, False)
    assert refusal(market.venue, "order", *args, sender=TRADER) == ("Paused", (PAUSE_RISK,))
    buy(market, BTC_PERP, ONE_BTC)


def test_opening_at_an_old_mark_is_refused_and_closing_is_not(market: Market) -> None:
    lone_short(market, 20_000)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.evm.warp(100)
    args = (BTC_PERP, False, ANY_SELL, 1, False)
    assert refusal(market.venue, "order", *args, sender=TRADER)[0] == "StaleMark"
    buy(market, BTC_PERP, ONE_BTC)


def test_market_maker_is_margined_for_the_other_side(market: Market) -> None:
    standard_trader(market, 10_000)
    market.venue("transferPerp", 0, 500_000_000 * USD, False, sender=MAKER)
    args = (BTC_PERP, False, ANY_SELL, ONE_BTC, False)
    refused = refusal(market.venue, "order", *args, sender=TRADER)
    assert refused == ("MakerCapacity", (2_500 * USD, 0))
