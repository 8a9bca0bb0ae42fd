"""A borrow cap is met in the middle of an order, and the account goes on with the margin it has.

One account may borrow 3,000 USDC. The trader holds 1 UBTC and 2,000 USDC and sells BTC short at
100,000, at 40x: its dex wants a tenth of the notional, and needs a fortieth.

    order          wants in all   needs in all   there are   so
    0.1 BTC               1,000            250       2,000   it moves 1,000 of its own in
    0.9 BTC more         10,000          2,500       5,000   it borrows 3,000, and falls back
    1.1 BTC more         21,000          5,250       5,000   refused, with the numbers
    1.0 BTC more         20,000          5,000       5,000   fills, to the last dollar

At 101,000 it has lost 2,000 and wants 20,200: 17,200 of its own money take it out of the fallback
again, and what is left after closing is its own, less the loss.
"""

from __future__ import annotations

from support.story import DOLLAR, Story
from support.venue import (
    BORROWER,
    BTC_PERP,
    KEEPER,
    MAKER,
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
"""The bitmap of the venue's own dex."""


def test_cap_of_an_account_is_met_in_an_order_and_left_with_own_money(story: Story) -> None:
    parties = (TRADER, SUPPLIER, MAKER)
    story.set_caps(USDC, user_borrow=3_000 * DOLLAR)
    story.opens(TRADER, ubtc=1, usdc=2_000)
    before = {who: story.total(who, USDC) for who in parties}

    # Within its own money: nothing is borrowed.
    story.sells(TRADER, BTC_PERP, ONE_BTC // 10)
    assert story.told() == ["Swept", "DexFunded", "Filled"]
    assert story.holds(TRADER, USDC) == (0, 1_000 * DOLLAR, 0)
    assert (story.equity(TRADER), story.fallback(TRADER)) == (1_000 * USD, 0)

    # The next order meets the cap in the middle, and fills all the same.
    story.sells(TRADER, BTC_PERP, 9 * ONE_BTC // 10)
    swept = story.event("Swept")
    assert (swept["withdraw"], swept["borrow"]) == (1_000 * DOLLAR, 3_000 * DOLLAR)
    assert story.event("FallbackSet") == {
        "account": TRADER,
        "dexesBefore": 0,
        "dexesNow": MAIN_DEX,
    }
    assert (story.equity(TRADER), story.fallback(TRADER)) == (5_000 * USD, MAIN_DEX)
    # The cap that is reached shows with the account; the reserve as such is not limited.
    assert story.token(TRADER, USDC)["borrowRoom"] == 0
    assert story.status() == ReserveStatus(0)
    # The cap bounds what the collateral counts: 1,250 of maintenance against 2,000 + 3,000, since
    # 5,000 of equity less 3,000 of debt are its own.
    assert story.margin(TRADER)["ratio"] == 1_250 * WAD // 5_000

    # More than the margin that is there is refused, and leaves everything as it was.
    account = story.account(TRADER)
    refused = story.refuses(TRADER, "order", BTC_PERP, False, 0, 11 * ONE_BTC // 10, False)
    assert refused == ("InsufficientMargin", (0, 5_250 * USD, 5_000 * USD))
    assert story.account(TRADER) == account

    # What it carries to the last dollar still fills.
    story.sells(TRADER, BTC_PERP, ONE_BTC)
    assert story.told() == ["Filled"]
    assert story.venue("positionOf", TRADER, BTC_PERP)["szi"] == -2 * ONE_BTC
    assert story.holds(TRADER, USDC)[2] == 3_000 * DOLLAR

    # 1 % against it: 2,000 lost, and nothing is borrowed for them any more.
    story.set_prices(btc=101_000)
    story.sweeps(TRADER)
    assert story.told() == []
    margin = story.margin(TRADER)
    # 202,000 / 80 = 2,525 against a net total of 0 and the cap of 3,000.
    assert margin["ratio"] == -(-2_525 * WAD // 3_000)
    assert (margin["perpShortfall"], margin["liquidatable"]) == (False, False)

    # Own money goes to the dex first, up to the tenth of 202,000, and the fallback is over.
    story.brings(TRADER, USDC, 17_200 * DOLLAR)
    assert story.event("DexFunded")["usd"] == 17_200 * USD
    assert story.event("FallbackSet")["dexesNow"] == 0
    assert (story.equity(TRADER), story.fallback(TRADER)) == (20_200 * USD, 0)

    # Closed: the dex hands back 20,200, of which 3,000 repay the debt.
    story.buys(TRADER, BTC_PERP, 2 * ONE_BTC)
    swept = story.event("Swept")
    assert (swept["repay"], swept["supply"]) == (3_000 * DOLLAR, 17_200 * DOLLAR)
    assert story.holds(TRADER, USDC) == (0, 17_200 * DOLLAR, 0)

    # Every party: the trader has lost 2,000 of what it brought, and the market maker has won them.
    after = {who: story.total(who, USDC) for who in parties}
    assert {who: after[who] - before[who] for who in parties} == {
        TRADER: (17_200 - 2_000) * DOLLAR,
        SUPPLIER: 0,
        MAKER: 2_000 * DOLLAR,
    }
    assert story.dust(USDC) == 0


def test_cap_of_an_account_bounds_what_its_collateral_stands_for(story: Story) -> None:
    """SPEC PM-11: a coin of 75,000 stands for the 5,000 of the cap, and for no more."""
    story.set_caps(USDC, user_borrow=5_000 * DOLLAR)
    story.opens(TRADER, ubtc=1)
    story.sells(TRADER, BTC_PERP, ONE_BTC)
    assert story.holds(TRADER, USDC) == (0, 0, 5_000 * DOLLAR)
    assert story.fallback(TRADER) == MAIN_DEX
    # 1.0125 · loss + 1,250 > 0.95 · 5,000 from a loss of 3,456.79 on.
    story.set_prices(btc="103456.7")
    assert story.margin(TRADER)["liquidatable"] is False
    story.set_prices(btc="103456.8")
    assert story.margin(TRADER)["liquidatable"] is True
    # Own money, somebody else's here, helps at once: 400 against (1,297.50 + 3,400) / 5,000.
    story.set_prices(btc=103_800)
    assert story.margin(TRADER)["perpShortfall"] is True
    story.brings(TRADER, USDC, 400 * DOLLAR, payer=SUPPLIER)
    margin = story.margin(TRADER)
    assert margin["ratio"] == 46_975 * WAD // 50_000
    assert (margin["perpShortfall"], margin["liquidatable"]) == (False, False)


def test_cap_of_the_reserve_is_told_and_the_fallback_ends_when_it_is_raised(story: Story) -> None:
    """The same with the cap of all accounts together, 5,000: now the reserve says so."""
    story.set_caps(USDC, global_borrow=5_000 * DOLLAR)
    story.opens(TRADER, ubtc=1)
    three = ("order", BTC_PERP, False, 0, 3 * ONE_BTC, False)
    assert story.refuses(TRADER, *three) == ("InsufficientMargin", (0, 7_500 * USD, 5_000 * USD))
    assert story.holds(TRADER, USDC) == (0, 0, 0)

    story.sells(TRADER, BTC_PERP, ONE_BTC)
    assert story.event("Swept")["borrow"] == 5_000 * DOLLAR
    assert story.event("ReserveStatusSet") == {
        "token": USDC,
        "bitsBefore": ReserveStatus(0),
        "bitsNow": ReserveStatus.BORROW_CAPPED,
    }
    assert story.fallback(TRADER) == MAIN_DEX
    # Nobody borrows any more; leaving goes on.
    story.opens(BORROWER, ubtc=1)
    refused = story.refuses(BORROWER, "borrow", USDC, DOLLAR)
    assert refused == ("BorrowCapExceeded", (USDC, DOLLAR, 0))
    assert story.withdraws(SUPPLIER, USDC, DOLLAR) == DOLLAR

    # Losses eat the margin: at 103,800 are 1,200 left, where 103,800 / 80 = 1,297.50 are needed.
    story.set_prices(btc="103700")
    # 1,300 against 1,296.25.
    assert story.margin(TRADER)["perpShortfall"] is False
    story.set_prices(btc="103800")
    margin = story.margin(TRADER)
    assert (margin["perpShortfall"], margin["liquidatable"]) == (True, True)

    # The cap is raised: as if swept the dex is funded already, and the sweep makes it so.
    story.set_caps(USDC, global_borrow=20_000 * DOLLAR)
    assert story.margin(TRADER)["liquidatable"] is False
    assert story.refuses(KEEPER, "liquidate", TRADER)[0] == "NotLiquidatable"
    story.sweeps(TRADER)
    # A tenth of 103,800, 10,380, less the 1,200.
    assert story.event("Swept")["borrow"] == 9_180 * DOLLAR
    assert story.event("FallbackSet")["dexesNow"] == 0
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus(0)

    # Closed at 103,800 the loss of 3,800 is owed, and the coin stands for it.
    story.buys(TRADER, BTC_PERP, ONE_BTC)
    assert story.holds(TRADER, USDC) == (0, 0, 3_800 * DOLLAR)
    assert story.repays(TRADER, USDC) == 3_800 * DOLLAR
    assert story.withdraws(TRADER, UBTC) == 10**10
