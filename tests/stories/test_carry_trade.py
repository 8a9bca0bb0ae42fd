"""The carry trade: one bitcoin held, one bitcoin short, and no dollar at all.

The trader deposits 1 UBTC and sells 1 BTC short at 100,000. What it gains on the one it loses on
the other, so that it lives on the funding; the pool lends what the short needs meanwhile:

    price       short   the dex keeps   so the pool      net USDC
    100,000         0          10,000   lends  10,000           0
    150,000   −50,000          15,000   lends  65,000     −50,000
     50,000   +50,000           5,000   holds  45,000     +50,000

The dex keeps a tenth of the notional; the pool lends loss + margin, and takes gain − margin. A year
at 150,000 costs 65,000 · (e^0.05 − 1) = 3,332.62 of interest, which is all that the trade ends
with: back at 100,000 the trader closes, pays it and leaves with its coin.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.story import COIN, DOLLAR, YEAR, Story
from support.venue import (
    AT_RISK,
    BTC_PERP,
    HEALTHY,
    INSURANCE,
    KEEPER,
    MAKER,
    MARKET_LIQUIDATABLE,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
    margin_policy,
)

from pmkit.model import ReserveStatus

ONE_BTC = 10**5
PERP = 2
INFINITE = 2**256 - 1


def open_trade(story: Story) -> None:
    story.opens(TRADER, ubtc=1)
    story.sells(TRADER, BTC_PERP, ONE_BTC)


def test_carry_trade_from_its_first_coin_to_its_last(story: Story) -> None:
    parties = (TRADER, SUPPLIER, MAKER, INSURANCE)
    before = {who: story.total(who, USDC) for who in parties}

    # It opens with nothing but the coin: the margin itself, 10,000, is borrowed.
    open_trade(story)
    assert story.told() == ["Swept", "DexFunded", "Filled"]
    assert story.event("Swept")["borrow"] == 10_000 * DOLLAR
    assert story.holds(TRADER, USDC) == (0, 0, 10_000 * DOLLAR)
    assert (story.equity(TRADER), story.total(TRADER, USDC)) == (10_000 * USD, 0)
    # 100,000 · 0.5 against 10,000.
    assert story.margin(TRADER)["healthFactor"] == 5 * WAD
    assert story.venue("positionOf", TRADER, BTC_PERP)["szi"] == -ONE_BTC

    # Up: the short loses 50,000, and the pool lends it and 5,000 more of margin.
    story.set_prices(btc=150_000)
    story.sweeps(TRADER)
    swept = story.event("Swept")
    assert (swept["token"], swept["borrow"], swept["repay"]) == (USDC, 55_000 * DOLLAR, 0)
    assert story.holds(TRADER, USDC) == (0, 0, 65_000 * DOLLAR)
    assert (story.equity(TRADER), story.total(TRADER, USDC)) == (15_000 * USD, -50_000 * DOLLAR)
    # (1,875 + 50,000) against 150,000 · 0.75, far from 0.95.
    ratio = -(-51_875 * WAD // 112_500)
    refused = story.refuses(KEEPER, "liquidate", TRADER)
    assert refused == ("NotLiquidatable", (TRADER, ratio, 95 * WAD // 100))

    # A year passes. 65,000 of 50,000,000 are lent, below the kink: 5 % a year, continuously.
    story.warp(YEAR)
    # 65,000 · 1.0512710963760240 = 68,332.6212644415…, rounded up against the account.
    assert story.holds(TRADER, USDC)[2] == 6_833_262_126_445
    # Nine tenths of 3,332.62126444 are the suppliers', and a tenth is the buffer's.
    assert story.reserve()["buffer"] == 33_326_212_644
    assert story.reserve()["supplied"] == 50_000_000 * DOLLAR + 299_935_913_799

    # Down: the short wins 100,000 and gives it back to the pool, debt first.
    story.set_prices(btc=50_000)
    story.sweeps(TRADER)
    swept = story.event("Swept")
    # 15,000 of equity + 100,000 − a tenth of 50,000 = 110,000: the debt, and the rest supplied.
    assert swept["repay"] == 6_833_262_126_445
    assert swept["supply"] == 110_000 * DOLLAR - 6_833_262_126_445
    assert story.equity(TRADER) == 5_000 * USD
    assert story.margin(TRADER)["healthFactor"] == INFINITE

    # Back at the start the coin is worth what it was, and so is the short.
    story.set_prices(btc=100_000)
    story.buys(TRADER, BTC_PERP, ONE_BTC)
    # 3,332.62126445, and two wei: one lost to rounding as it supplied, one as it drew it again.
    interest = 333_262_126_447
    assert story.total(TRADER, USDC) == -interest
    assert story.holds(TRADER, USDC)[2] == interest
    assert story.venue("rawUsdOf", TRADER, 0) == 0

    # The trader pays the interest out of its own wallet, and leaves with its coin.
    assert story.repays(TRADER, USDC) == interest
    assert story.withdraws(TRADER, UBTC) == COIN
    assert story.erc20[UBTC]("balanceOf", TRADER) == 10**8

    # Every party: the trader has paid the interest and has nothing but its coin, nine tenths are
    # the supplier's and one is the buffer's, and nobody else has won or lost.
    after = {who: story.total(who, USDC) for who in parties}
    assert {who: after[who] - before[who] for who in parties} == {
        # Its wallet paid in units of 100 wei: 53 more than it owed, less one of rounding.
        TRADER: 52,
        SUPPLIER: 299_935_913_799,
        MAKER: 0,
        INSURANCE: 0,
    }
    assert story.reserve()["borrowed"] == 0


def test_carry_trade_beyond_a_health_factor_of_one_takes_no_new_risk(story: Story) -> None:
    # 0.5 · px = 1.1 · px − 100,000 at 166,666.67.
    open_trade(story)
    story.set_prices(btc="166666.6")
    assert story.margin(TRADER)["health"] == HEALTHY
    story.set_prices(btc="166666.7")
    margin = story.margin(TRADER)
    assert (margin["health"], margin["healthFactor"] < WAD) == (AT_RISK, True)
    # 83,333.35 of borrow power; 83,333.37 and a hundredth of 16,666.67 would be owed.
    name, (factor,) = story.refuses(TRADER, "order", BTC_PERP, False, 0, ONE_BTC // 100, False)
    assert (name, factor < WAD) == ("HealthFactorBelowOne", True)
    # What the short loses is still borrowed: at 200,000 a loss of 100,000 and a tenth of 200,000.
    story.set_prices(btc=200_000)
    story.sweeps(TRADER)
    assert story.holds(TRADER, USDC)[2] == 120_000 * DOLLAR
    assert story.margin(TRADER)["liquidatable"] is False


@pytest.mark.parametrize(
    ("margin", "holds", "falls"),
    [
        # 1.0125 · px − 100,000 > 0.95 · 0.75 · px from 333,333.33 on.
        (margin_policy(), "333333.3", "333333.4"),
        # With 20 USD more in the requirement: from 333,266.67 on.
        (margin_policy(offset=20 * WAD), "333266.6", "333266.7"),
    ],
    ids=["recorded", "docs"],
)
def test_carry_trade_is_liquidatable_from_the_first_mark_beyond_its_trigger(
    story: Story, margin: tuple[Any, ...], holds: str, falls: str
) -> None:
    story.set_policy(margin=margin)
    open_trade(story)
    story.set_prices(btc=holds)
    assert story.refuses(SUPPLIER, "liquidate", TRADER)[0] == "NotLiquidatable"
    story.set_prices(btc=falls)
    assert story.margin(TRADER)["health"] == MARKET_LIQUIDATABLE
    # Perps alone cure: a fifth of the short closes and frees a fifth of 4,166.67 of maintenance.
    step = story.liquidates(TRADER)
    assert (step["leg"], step["liquidatable"]) == (PERP, False)
    assert story.event("PositionClosed")["szi"] == ONE_BTC // 5
    assert story.venue("positionOf", TRADER, BTC_PERP)["szi"] == -4 * ONE_BTC // 5
    assert story.holds(TRADER, UBTC) == (0, COIN, 0)


def test_carry_trade_keeps_its_debt_when_a_cap_is_lowered(story: Story) -> None:
    """SPEC CR-03: no cap undoes what exists."""
    open_trade(story)
    story.set_caps(USDC, user_borrow=1_000 * DOLLAR, global_borrow=0)
    story.sweeps(TRADER)
    assert story.holds(TRADER, USDC)[2] == 10_000 * DOLLAR
    assert story.equity(TRADER) == 10_000 * USD
    # But the cap of an account bounds what its collateral counts, too (SPEC PM-11): 1,250 of
    # maintenance stand against 1,000, and no longer against 75,000.
    margin = story.margin(TRADER)
    assert (margin["ratio"], margin["liquidatable"]) == (125 * WAD // 100, True)
    # A global cap does not: what exists goes on, and more of it trades on the margin there is.
    story.set_caps(USDC, global_borrow=0)
    assert story.margin(TRADER)["ratio"] == -(-1_250 * WAD // 75_000)
    story.sells(TRADER, BTC_PERP, ONE_BTC // 100)
    assert story.holds(TRADER, USDC)[2] == 10_000 * DOLLAR
    assert (story.fallback(TRADER), story.status()) == (1, ReserveStatus.BORROW_CAPPED)
