"""The reserve is empty while a perp loses.

The trader is 1 BTC short against 1 UBTC, on 10,000 borrowed USDC. The borrower owes all that is
left of the reserve, 49,990,000. From now on a loss of the short finds nobody to lend for it:

    price      lost    left in the dex   needed (1/80)   wanted (1/10)
    100,000       0             10,000           1,250          10,000
    104,000   4,000              6,000           1,300          10,400   falls back
    109,000   9,000              1,000         1,362.5          10,900   liquidatable

Somebody repays 20,000 of the borrower's debt, and there is cash again: the dex is funded to its
tenth, and nobody is liquidated. Back at 100,000 the short closes without gain or loss. No time
passes, so that no interest blurs the figures.
"""

from __future__ import annotations

from support.story import DOLLAR, Story
from support.venue import (
    BORROWER,
    BTC_PERP,
    KEEPER,
    MAKER,
    RAY,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
)

from pmkit.model import ReserveStatus

ONE_BTC = 10**5
MAIN_DEX = 1
ALL = 49_990_000 * DOLLAR


def empty_the_reserve(story: Story) -> None:
    story.opens(TRADER, ubtc=1)
    story.sells(TRADER, BTC_PERP, ONE_BTC)
    story.opens(BORROWER, ubtc=1_000)
    story.borrows(BORROWER, USDC, ALL)


def test_perp_loses_beside_an_empty_reserve_and_gets_well_with_the_first_cash(story: Story) -> None:
    parties = (TRADER, SUPPLIER, MAKER, BORROWER)
    before = {who: story.total(who, USDC) for who in parties}

    empty_the_reserve(story)
    assert story.told() == ["Borrowed", "ReserveStatusSet"]
    assert story.event("ReserveStatusSet") == {
        "token": USDC,
        "bitsBefore": ReserveStatus(0),
        "bitsNow": ReserveStatus.FULLY_USED,
    }
    reserve = story.reserve()
    assert (reserve["cash"], reserve["utilization"]) == (0, RAY)
    # 5 % + 4.75 · (100 % − 80 %).
    assert reserve["borrowRate"] == RAY
    # Suppliers wait, too.
    refused = story.refuses(SUPPLIER, "withdraw", USDC, DOLLAR, SUPPLIER)
    assert refused == ("InsufficientCash", (USDC, DOLLAR, 0))

    # 4 % against the short: nothing comes, and the account lives on what its dex has.
    story.set_prices(btc=104_000)
    story.sweeps(TRADER)
    assert story.told() == ["FallbackSet"]
    assert story.event("FallbackSet")["dexesNow"] == MAIN_DEX
    assert (story.equity(TRADER), story.fallback(TRADER)) == (6_000 * USD, MAIN_DEX)
    assert story.margin(TRADER)["liquidatable"] is False
    # 6,000 carry 2.3 BTC at 40x, and not 2.4.
    refused = story.refuses(TRADER, "order", BTC_PERP, False, 0, 14 * ONE_BTC // 10, False)
    assert refused == ("InsufficientMargin", (0, 6_240 * USD, 6_000 * USD))

    # 9 %: below maintenance, though debt and ratio are calm.
    story.set_prices(btc=109_000)
    margin = story.margin(TRADER)
    assert (margin["perpShortfall"], margin["liquidatable"]) == (True, True)
    # (1,362.5 + 9,000) against 109,000 · 0.75.
    assert margin["ratio"] == -(-103_625 * WAD // 817_500)

    # Before anybody liquidates, the keeper repays 20,000 for the borrower.
    assert story.repays(BORROWER, USDC, 20_000 * DOLLAR, payer=KEEPER) == 20_000 * DOLLAR
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus(0)
    assert story.margin(TRADER)["liquidatable"] is False
    ratio = story.margin(TRADER)["ratio"]
    refused = story.refuses(KEEPER, "liquidate", TRADER)
    assert refused == ("NotLiquidatable", (TRADER, ratio, 95 * WAD // 100))
    story.sweeps(TRADER)
    assert story.event("Swept")["borrow"] == 9_900 * DOLLAR
    assert story.event("FallbackSet")["dexesNow"] == 0
    assert (story.equity(TRADER), story.fallback(TRADER)) == (10_900 * USD, 0)
    assert story.holds(TRADER, USDC)[2] == 19_900 * DOLLAR

    # Back at 100,000 it closes: 10,900 + 9,000 are in the dex, and 19,900 are owed.
    story.set_prices(btc=100_000)
    story.buys(TRADER, BTC_PERP, ONE_BTC)
    # Swept before the order, at the new price, and after it.
    assert story.sum_of("Swept", "repay") == 19_900 * DOLLAR
    assert story.holds(TRADER, USDC) == (0, 0, 0)
    assert story.withdraws(TRADER, UBTC) == 10**10

    # Every party is where it began, but for the keeper's gift to the borrower.
    after = {who: story.total(who, USDC) for who in parties}
    gains = {who: after[who] - before[who] for who in parties}
    assert gains == {TRADER: 0, SUPPLIER: 0, MAKER: 0, BORROWER: 20_000 * DOLLAR}
    # What came back suppliers may have: the keeper's 20,000 less 9,900, and the trader's 19,900.
    assert story.reserve()["cash"] == 30_000 * DOLLAR
    assert story.withdraws(SUPPLIER, USDC, 30_000 * DOLLAR) == 30_000 * DOLLAR
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus.FULLY_USED
    assert story.dust(USDC) == 0


def test_perp_that_nobody_helps_is_closed_and_its_coin_is_not_touched(story: Story) -> None:
    empty_the_reserve(story)
    story.set_prices(btc=109_000)
    # A fifth first, since it is above 100,000 USD: 1,000 are left, and 1,090 are needed.
    step = story.liquidates(TRADER)
    assert story.event("PositionClosed")["szi"] == ONE_BTC // 5
    assert step["liquidatable"] is True
    # The rest is below 100,000 and closes whole; what the dex had left repays debt.
    step = story.liquidates(TRADER)
    assert story.event("PositionClosed")["szi"] == 4 * ONE_BTC // 5
    assert step["liquidatable"] is False
    assert story.holds(TRADER, USDC) == (0, 0, 9_000 * DOLLAR)
    assert story.holds(TRADER, UBTC) == (0, 10**10, 0)
    # That was cash again, 1,000 of it.
    assert story.reserve()["cash"] == 1_000 * DOLLAR
    assert story.status() == ReserveStatus(0)
