"""liquidateIsolated: when, how much, and where what is left goes. SPEC LQ-08, LQ-20 to LQ-22."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from support.isolated import (
    ONE_BTC,
    USDC_WEI,
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
    INSURANCE,
    KEEPER,
    MAKER,
    TRADER,
    USD,
    USDC,
    WAD,
    Market,
    refusal,
)

PERP, PERP_TAKEOVER = 2, 3
PAUSE_LIQUIDATION = 8


def liquidate(market: Market, sender: str = KEEPER) -> bool:
    liquidatable: bool = market.venue("liquidateIsolated", TRADER, BTC_PERP, sender=sender)
    return liquidatable


def test_lone_short_dies_at_108642(market: Market) -> None:
    """Short 1 BTC at 100,000 on 10,000 of its own: 108,641.98, on the grid of 0.1 at 108,642.0."""
    lone_short(market)
    market.set_prices(btc="108641.9")
    # 110,000 − 108,641.9 = 1,358.1 against 1,358.02375.
    refused = refusal(market.venue, "liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    numbers = (TRADER, BTC_PERP, 1_358_100_000, 1_358_023_750)
    assert refused == ("IsolatedNotLiquidatable", numbers)
    market.set_prices(btc="108642.0")
    liquidate(market)


def test_a_large_position_closes_a_fifth_and_keeps_its_margin(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc="108642.0")
    assert liquidate(market) is False
    assert market.event_names() == ["PositionClosed", "IsolatedLiquidated"]
    assert market.event("PositionClosed") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "szi": 20_000,
        "px": 1_086_420,
        "fee": 0,
    }
    assert market.event("IsolatedLiquidated") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "caller": KEEPER,
        "leg": PERP,
        "equity": 1_358 * USD,
        "maintenance": 1_358_025_000,
        "liquidatable": False,
    }
    # 86,913.6 / 80 of maintenance are left, and all of the equity.
    found = isolated_of(market)
    assert (found["szi"], found["equity"]) == (-80_000, 1_358 * USD)
    assert found["maintenance"] == 1_086_420_000


def test_the_rest_closes_whole_and_gives_back_what_is_left(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc="108642.0")
    liquidate(market)
    # 0.8 BTC hold 1,358 − 0.8 · 335.3 = 1,089.76 against 1,089.773; the notional is below 100,000.
    market.set_prices(btc="108977.3")
    assert liquidate(market) is False
    assert market.event_names() == ["PositionClosed", "IsolatedMarginMoved", "IsolatedLiquidated"]
    assert moves(market) == [-1_089_760_000]
    assert market.venue("rawUsdOf", TRADER, 0) == 1_089_760_000
    position = market.venue("positionOf", TRADER, BTC_PERP)
    assert (position["szi"], position["isolatedUsd"], position["coolingUntil"]) == (0, 0, 0)


def test_within_the_cooldown_a_large_position_closes_whole(market: Market) -> None:
    standard_trader(market, 40_000)
    sell(market, BTC_PERP, 4 * ONE_BTC)
    # 40,000 − 4 · 8,642 = 5,432 against 5,432.1.
    market.set_prices(btc="108642.0")
    liquidate(market)
    cooling = market.venue("positionOf", TRADER, BTC_PERP)["coolingUntil"]
    assert cooling == market.evm.timestamp + 30
    assert market.venue("accountState", TRADER)["perpCoolingUntil"] == 0
    # 3.2 BTC hold 5,432 − 3.2 · 335.3 = 4,359.04 against 4,359.092.
    market.set_prices(btc="108977.3")
    market.evm.warp(29)
    liquidate(market)
    assert market.event("PositionClosed")["szi"] == 320_000


def test_after_the_cooldown_a_large_position_closes_a_fifth_again(market: Market) -> None:
    standard_trader(market, 40_000)
    sell(market, BTC_PERP, 4 * ONE_BTC)
    market.set_prices(btc="108642.0")
    liquidate(market)
    market.set_prices(btc="108977.3")
    market.evm.warp(30)
    liquidate(market)
    assert market.event("PositionClosed")["szi"] == 64_000


@pytest.mark.parametrize(
    ("open_account", "left"),
    [(unified_trader, "idle"), (portfolio_trader, "supplied")],
)
def test_what_is_left_goes_where_the_mode_says(
    market: Market, open_account: object, left: str
) -> None:
    if open_account is unified_trader:
        unified_trader(market, 5_000)
    else:
        portfolio_trader(market, usdc=5_000 * USDC_WEI)
    sell(market, BTC_PERP, ONE_BTC // 2)
    # 5,000 − 4,325 = 675 against 679.03.
    market.set_prices(btc="108650.0")
    liquidate(market)
    assert market.token(TRADER, USDC)[left] == pytest.approx(675 * USDC_WEI, abs=1)


def test_the_fee_is_paid_out_of_the_margin(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc="108642.0")
    market.set_policy(perp_fee_ppm=450)
    # 0.045 % of 21,728.4 = 9.77778.
    liquidate(market)
    assert market.event("PositionClosed")["fee"] == 9_777_780
    assert isolated_of(market)["equity"] == 1_358 * USD - 9_777_780
    assert market.venue("rawUsdOf", INSURANCE, 0) == 9_777_780


def test_a_fee_beyond_the_margin_is_a_loss(market: Market) -> None:
    standard_trader(market, 5_000)
    sell(market, BTC_PERP, ONE_BTC // 2)
    market.set_prices(btc="108650.0")
    market.set_policy(perp_fee_ppm=20_000)
    # 2 % of 54,325 = 1,086.5 out of 675: the insurance account pays what it was paid too much.
    assert liquidate(market) is False
    assert market.event("LossCovered") == {
        "token": USDC,
        "buffer": 0,
        "insurance": 411_50000000,
        "deficit": 0,
    }
    assert market.net(INSURANCE, USDC) == 675 * USDC_WEI


def test_below_two_thirds_the_backstop_takes_position_and_margin(market: Market) -> None:
    """SPEC LQ-21: two thirds of 109,100 / 80 are 909.17."""
    lone_short(market, 12_000)
    market.set_prices(btc=109_100)
    assert liquidate(market) is False
    assert market.event("PositionTaken") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "szi": -ONE_BTC,
        "px": 1_091_000,
    }
    assert market.event("IsolatedLiquidated") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "caller": KEEPER,
        "leg": PERP_TAKEOVER,
        "equity": 900 * USD,
        "maintenance": 1_363_750_000,
        "liquidatable": False,
    }
    assert market.venue("rawUsdOf", TRADER, 0) == 2_000 * USD
    assert market.venue("positionOf", BACKSTOP, BTC_PERP)["szi"] == -ONE_BTC
    # It has the margin, and borrowed the rest of what its own dex wants.
    assert market.net(BACKSTOP, USDC) == 900 * USDC_WEI


def test_between_two_thirds_and_maintenance_it_closes_at_the_market(market: Market) -> None:
    lone_short(market)
    # 1,000 against 1,362.5, of which two thirds are 908.33.
    market.set_prices(btc=109_000)
    liquidate(market)
    assert market.event("IsolatedLiquidated")["leg"] == PERP


def test_where_the_backstop_begins_is_the_policys(market: Market) -> None:
    """SPEC LQ-21: at 1.36 it takes what 1,000 against 1,362.5 is beyond."""
    lone_short(market)
    market.set_policy(perp_backstop_ratio=136 * WAD // 100)
    market.set_prices(btc=109_000)
    liquidate(market)
    assert market.event("IsolatedLiquidated")["leg"] == PERP_TAKEOVER


def test_below_zero_the_waterfall_makes_the_backstop_whole(market: Market) -> None:
    """SPEC LQ-22."""
    market.fund(INSURANCE, USDC, 500 * USDC_WEI)
    market.venue("deposit", USDC, 500 * USDC_WEI, INSURANCE, sender=INSURANCE)
    lone_short(market, 12_000)
    market.set_prices(btc=112_000)
    liquidate(market)
    assert market.event("LossCovered") == {
        "token": USDC,
        "buffer": 0,
        "insurance": 500 * USDC_WEI,
        "deficit": 1_500 * USDC_WEI,
    }
    assert market.event("IsolatedLiquidated")["equity"] == -2_000 * USD
    # The account keeps what it had beside, the backstop owes nothing for the loss.
    assert market.venue("rawUsdOf", TRADER, 0) == 2_000 * USD
    assert market.net(BACKSTOP, USDC) == 0
    assert market.venue("positionOf", TRADER, BTC_PERP)["isolatedUsd"] == 0


@pytest.mark.parametrize("account", [MAKER, BACKSTOP, INSURANCE])
def test_the_venues_own_accounts_are_refused(market: Market, account: str) -> None:
    refused = refusal(market.venue, "liquidateIsolated", account, BTC_PERP, sender=KEEPER)
    assert refused == ("NotAUserAccount", (account,))


def test_nobody_liquidates_itself(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc=109_000)
    refused = refusal(market.venue, "liquidateIsolated", TRADER, BTC_PERP, sender=TRADER)
    assert refused == ("SelfLiquidation", (TRADER,))


def test_nobody_liquidates_itself_through_a_sub_account(market: Market) -> None:
    """SPEC LQ-15: the master is the one who acts."""
    lone_short(market)
    market.set_prices(btc=109_000)
    call = market.venue.selectors["liquidateIsolated"] + encode(
        ["address", "uint32"], [TRADER, BTC_PERP]
    )
    refused = refusal(market.venue, "forSubAccount", 1, call, sender=TRADER)
    assert refused == ("SelfLiquidation", (TRADER,))


def test_while_liquidation_is_paused_it_is_refused(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc=109_000)
    pause(market, PAUSE_LIQUIDATION)
    refused = refusal(market.venue, "liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    assert refused == ("Paused", (PAUSE_LIQUIDATION,))


def test_at_a_mark_too_old_it_is_refused(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc=109_000)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.evm.warp(601)
    refused = refusal(market.venue, "liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    assert refused == ("StaleMark", (BTC_PERP, 601, 600))


def test_without_an_isolated_position_it_is_refused(market: Market) -> None:
    standard_trader(market, 10_000)
    refused = refusal(market.venue, "liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    assert refused == ("NoPosition", (TRADER, BTC_PERP))
