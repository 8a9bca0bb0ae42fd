"""A dex in USDH at a loss, beside a whole bitcoin that cannot help it.

The dex flx counts in USDH, which nobody lends and which is no collateral: caps of zero. The trader
holds 1 UBTC, worth 100,000, and 3,000 USDH; with these it is long 5 GOLD at 4,000.

    GOLD     lost    left of 3,000   needed (1/40)   wanted (1/10)
    4,000       0            3,000           500             2,000
    3,500   2,500              500         437.5             1,750   falls back to ordinary margin
    3,400   3,000                0           425             1,700   ratio: infinite
    3,390   3,050              −50        423.75             1,695   backstop, and a hole of 50

What a dex lacks in a token that cannot be borrowed no other collateral stands for: the position
goes to the backstop. The hole alone is a debt like any other, and the coin pays for it, at 5/6 of
its price: 50 / 83,333.33 = 0.0006. No other token's supplier hears of it.
"""

from __future__ import annotations

import pytest
from support.story import COIN, DOLLAR, Story
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    KEEPER,
    MAKER,
    MARKET_LIQUIDATABLE,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
)

from pmkit.model import ReserveStatus

USDH, USDH_USDC = 360, 230
FLX, FLX_GOLD = 2, 120_000
ONE_GOLD = 10**4
INFINITE = 2**256 - 1
DEBT_PARTIAL, PERP_TAKEOVER = 0, 3
ANY_BUY = 2**64 - 1


@pytest.fixture
def flx(story: Story) -> Story:
    """Add the dex, and let the trader hold 1 UBTC and 3,000 USDH, and be long 5 GOLD."""
    story.list_token(USDH, 6, 8, 2, 0, lent=False, caps=(0, 0, 0, 0))
    r = story.registry
    r("listPair", (USDH_USDC, USDH, USDC, False, 0))
    r("listDex", FLX, "flx", USDH)
    r("listPerp", (FLX_GOLD, "flx:GOLD", FLX, 4, 20, 20))
    r("reportPrices", [(USDH_USDC, 1_000_000)], [(FLX_GOLD, 400_000, 400_000)], 10**8)
    story.brings(MAKER, USDH, 10**7 * DOLLAR)
    story.venue("transferPerp", FLX, 10**7 * USD, True, sender=MAKER)
    story.brings(TRADER, USDH, 3_000 * DOLLAR)
    story.opens(TRADER, ubtc=1)
    story.buys(TRADER, FLX_GOLD, 5 * ONE_GOLD)
    return story


def report_gold(story: Story, mark: int) -> None:
    story.registry("reportPrices", [], [(FLX_GOLD, mark, mark)], 10**8)


def test_dex_in_usdh_loses_all_it_has_and_a_little_more(flx: Story) -> None:
    story = flx
    parties = (TRADER, MAKER, BACKSTOP, SUPPLIER)
    before = {who: story.total(who, USDH) for who in parties}
    lent = story.reserve(USDC)["supplied"]
    assert before[TRADER] == 3_000 * DOLLAR

    # 20,000 of notional keep 2,000 in the dex; 1,000 stay idle, for supply is capped at zero.
    assert story.venue("rawUsdOf", TRADER, FLX) == -18_000 * USD
    assert story.holds(TRADER, USDH) == (1_000 * DOLLAR, 0, 0)
    assert story.status(USDH) == ReserveStatus.SUPPLY_CAPPED
    margin = story.margin(TRADER)
    (usdh,) = (
        figures
        for figures, t in zip(margin["tokens"], story.account(TRADER)["tokens"], strict=True)
        if t["token"] == USDH
    )
    # The coin stands for nothing here: 500 of maintenance against 3,000 of its own.
    assert (usdh["borrowCapacity"], usdh["maintenance"]) == (0, 500 * DOLLAR)
    assert margin["ratio"] == -(-500 * WAD // 3_000)

    # At 3,500 all that is left is in the dex, and nothing can be borrowed to fill it up.
    report_gold(story, 350_000)
    story.sweeps(TRADER)
    assert story.event("FallbackSet")["dexesNow"] == 1 << FLX
    assert story.equity(TRADER) == 500 * USD
    margin = story.margin(TRADER)
    assert (margin["ratio"], margin["liquidatable"]) == (875 * WAD // 1_000, False)

    # At 3,400 nothing stands against 425 of maintenance, whatever the coin is worth.
    report_gold(story, 340_000)
    margin = story.margin(TRADER)
    assert (margin["ratio"], margin["thresholdValue"]) == (INFINITE, 75_000 * WAD)
    assert margin["health"] == MARKET_LIQUIDATABLE

    # At 3,390 the backstop takes the position, at the mark and without a fee; 50 are missing.
    report_gold(story, 339_000)
    step = story.liquidates(TRADER)
    assert step["leg"] == PERP_TAKEOVER
    taken = story.event("PositionTaken")
    assert (taken["asset"], taken["szi"]) == (FLX_GOLD, 5 * ONE_GOLD)
    assert story.venue("positionOf", BACKSTOP, FLX_GOLD)["szi"] == 5 * ONE_GOLD
    assert story.total(TRADER, USDH) == -50 * DOLLAR
    # Nothing leaves beside a hole.
    refused = story.refuses(TRADER, "withdraw", UBTC, COIN, TRADER)
    assert refused == ("InsufficientMargin", (FLX, 0, -50 * USD))

    # The hole is filled for coins: 50 at 83,333.33.
    step = story.liquidates(TRADER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 50 * WAD)
    assert step["liquidatable"] is False
    assert story.venue("rawUsdOf", TRADER, FLX) == 0
    assert story.fallback(TRADER) == 0
    coins = story.event("CollateralTaken")["amount"]
    assert 6_000_000 - coins in (0, 1)

    # Gold recovers, too late for the trader. It leaves with its coin, less 0.0006.
    report_gold(story, 400_000)
    assert story.withdraws(TRADER, UBTC) == (COIN - coins) // 100 * 100

    # Every party: 3,050 were lost on the way down and the hole paid back with coins, so that the
    # trader has lost its 3,000; the backstop holds 5 GOLD that have won 3,050 again, and gave 50.
    gains = {who: story.total(who, USDH) - before[who] for who in parties}
    assert gains == {
        TRADER: -3_000 * DOLLAR,
        MAKER: 0,
        BACKSTOP: (3_050 - 50) * DOLLAR,
        SUPPLIER: 0,
    }
    # The suppliers of another token have not heard of it.
    assert story.reserve(USDC)["supplied"] == lent
    assert story.holds(SUPPLIER, USDC) == (0, 50_000_000 * DOLLAR, 0)
    assert story.dust(USDH) == 0


def test_dex_that_fell_back_carries_what_it_holds_and_no_other_risk(flx: Story) -> None:
    """SPEC AC-04, AC-07: new risk anywhere needs initial margin everywhere."""
    story = flx
    report_gold(story, 350_000)
    story.sweeps(TRADER)
    refused = story.refuses(TRADER, "order", FLX_GOLD, True, ANY_BUY, ONE_GOLD, False)
    # 6 · 3,500 / 20.
    assert refused == ("InsufficientMargin", (FLX, 1_050 * USD, 500 * USD))
    # Two sold, three are left: 525 of initial margin, and 500.
    story.sells(TRADER, FLX_GOLD, 2 * ONE_GOLD, reduce_only=True)
    refused = story.refuses(TRADER, "order", BTC_PERP, False, 0, 10**4, False)
    assert refused == ("InsufficientMargin", (FLX, 525 * USD, 500 * USD))
    # Two are left: 350. The other dex borrows as before, and this one is still below its tenth.
    story.sells(TRADER, FLX_GOLD, ONE_GOLD, reduce_only=True)
    story.sells(TRADER, BTC_PERP, 10**4)
    assert story.holds(TRADER, USDC)[2] == 1_000 * DOLLAR
    assert story.fallback(TRADER) == 1 << FLX


def test_dex_without_anything_left_is_taken_over_and_leaves_its_collateral(flx: Story) -> None:
    story = flx
    report_gold(story, 340_000)
    step = story.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (PERP_TAKEOVER, False)
    assert story.margin(TRADER)["ratio"] == 0
    assert story.holds(TRADER, UBTC) == (0, COIN, 0)
