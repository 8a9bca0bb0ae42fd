"""liquidate an account of several margins: only what is short goes. SPEC AC-01, LQ-06, LQ-13."""

from __future__ import annotations

import pytest
from support.venue import BTC_PERP, KEEPER, STANDARD, TRADER, UNIFIED, USD, USDC, USDT0, Market
from support.wide_market import GOLD_DEX, GOLD_PERP, WideMarket

USDC_WEI = USDT0_WEI = 10**8
PERP, PERP_TAKEOVER, SETTLE = 2, 3, 4
ANY_BUY = 2**64 - 1
GOLD_LOTS = 25 * 10**4
"""100,000 USD of gold at 4,000, which ties up 2,500 at 20x."""


def two_margins(market: Market, mode: int) -> None:
    """Let the trader be long 1 BTC on 2,500 USDC, and long gold on 20,000 USDT0."""
    for token, amount in ((USDC, 2_500 * USDC_WEI), (USDT0, 20_000 * USDT0_WEI)):
        market.fund(TRADER, token, amount)
        market.venue("deposit", token, amount, TRADER, sender=TRADER)
    if mode == STANDARD:
        market.venue("transferPerp", 0, 2_500 * USD, True, sender=TRADER)
        market.venue("transferPerp", GOLD_DEX, 20_000 * USD, True, sender=TRADER)
    else:
        market.venue("setMode", mode, sender=TRADER)
    market.venue("order", GOLD_PERP, True, ANY_BUY, GOLD_LOTS, False, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=TRADER)


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_liquidate_passes_the_positions_of_the_margin_that_fails(
    wide_market: WideMarket, mode: int
) -> None:
    """Once a dex that failed took the positions of all other dexes with it.

    At 97,900, 400 are left of a maintenance of 1,223.75; the gold has 20,000 of its own.
    """
    two_margins(wide_market, mode)
    wide_market.set_prices(btc=97_900)
    step = wide_market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (PERP_TAKEOVER, False)
    assert wide_market.event("PositionTaken")["asset"] == BTC_PERP
    assert wide_market.venue("positionOf", TRADER, BTC_PERP)["szi"] == 0
    assert wide_market.venue("positionOf", TRADER, GOLD_PERP)["szi"] == GOLD_LOTS


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_liquidate_closes_a_position_of_the_margin_that_is_short(
    wide_market: WideMarket, mode: int
) -> None:
    # At 98,600, 1,100 are left of 1,232.50; the gold ties up 2,500, and is none of it.
    two_margins(wide_market, mode)
    wide_market.set_prices(btc=98_600)
    step = wide_market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (PERP, False)
    assert wide_market.event("PositionClosed")["asset"] == BTC_PERP
    assert wide_market.venue("positionOf", TRADER, GOLD_PERP)["szi"] == GOLD_LOTS


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_liquidate_fills_a_hole_and_leaves_the_other_margin_alone(
    wide_market: WideMarket, mode: int
) -> None:
    # At 97,000, 500 are missing: the waterfall's, since nothing else backs the dex.
    two_margins(wide_market, mode)
    wide_market.set_prices(btc=97_000)
    assert wide_market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    assert wide_market.venue("rawUsdOf", TRADER, 0) == -500 * USD
    step = wide_market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (SETTLE, False)
    assert wide_market.venue("rawUsdOf", TRADER, 0) == 0
    assert wide_market.venue("reserveOf", USDC)["deficit"] == 500 * USDC_WEI
    assert wide_market.venue("positionOf", TRADER, GOLD_PERP)["szi"] == GOLD_LOTS


def test_liquidate_with_portfolio_margin_passes_all_positions_together(
    wide_market: WideMarket,
) -> None:
    """There the account has one margin: SPEC LQ-13."""
    wide_market.set_caps(USDC, user_borrow=0)
    wide_market.portfolio_account(TRADER, usdc=2_500 * USDC_WEI, usdt0=20_000 * USDT0_WEI)
    wide_market.venue("order", GOLD_PERP, True, ANY_BUY, GOLD_LOTS, False, sender=TRADER)
    wide_market.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=TRADER)
    wide_market.set_prices(btc=97_900)
    assert wide_market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    taken = [v["asset"] for name, v in wide_market.evm.logs if name == "PositionTaken"]
    assert taken == [BTC_PERP, GOLD_PERP]
