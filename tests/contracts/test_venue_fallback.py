"""When a cap or an empty reserve stops automatic borrowing: ordinary margin. SPEC AC-07, LQ-01.

Orders that the account's own settlement asset covers go through, others are refused with the
numbers. The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE_PERP,
    KEEPER,
    STANDARD,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    USDT0,
    WAD,
    margin_policy,
    refusal,
)
from support.wide_market import GOLD_PERP
from venue.mirror import MirroredMarket

WEI = 10**8
ONE_BTC = 10**5
MAIN_DEX = 1
"""The bitmap of the venue's own dex."""
PERP = 2
ANY_BUY = 2**64 - 1


def short(market: MirroredMarket, size: int, asset: int = BTC_PERP) -> None:
    market.venue("order", asset, False, 0, size, False, sender=TRADER)


def refused(market: MirroredMarket, size: int) -> tuple[str, tuple[int, ...]]:
    return refusal(market.venue, "order", BTC_PERP, False, 0, size, False, sender=TRADER)


def fallback(market: MirroredMarket) -> int:
    """Return the dexes in which the trader has fallen back to ordinary margin."""
    found: int = market.venue("accountState", TRADER)["fallbackBitmap"]
    return found


def equity(market: MirroredMarket) -> int:
    found: int = market.margin(TRADER)["dexes"][0]["accountValue"]
    return found


@pytest.fixture
def empty(mirrored: MirroredMarket) -> MirroredMarket:
    """Let the trader short 1 BTC on borrowed 10,000, and the borrower owe what is left of USDC."""
    mirrored.portfolio_account(TRADER, ubtc=10**10)
    short(mirrored, ONE_BTC)
    mirrored.portfolio_account(BORROWER, ubtc=1_000 * 10**10)
    mirrored.venue("borrow", USDC, (50_000_000 - 10_000) * WEI, sender=BORROWER)
    assert mirrored.venue("reserveOf", USDC)["cash"] == 0
    return mirrored


# Caps


def test_order_within_the_cap_borrows_and_one_that_meets_it_trades_on_what_there_is(
    mirrored: MirroredMarket,
) -> None:
    mirrored.set_caps(USDC, user_borrow=3_000 * WEI)
    mirrored.portfolio_account(TRADER, ubtc=10**10, usdc=2_000 * WEI)
    short(mirrored, ONE_BTC // 10)
    assert (fallback(mirrored), mirrored.token(TRADER, USDC)["supplied"]) == (0, 1_000 * WEI)
    # 1 BTC wants a tenth, 10,000, and needs 2,500: there are 2,000 of its own and 3,000 to borrow.
    short(mirrored, 9 * ONE_BTC // 10)
    assert mirrored.event("FallbackSet") == {
        "account": TRADER,
        "dexesBefore": 0,
        "dexesNow": MAIN_DEX,
    }
    assert equity(mirrored) == 5_000 * USD
    token = mirrored.token(TRADER, USDC)
    assert (token["borrowed"], token["borrowRoom"]) == (3_000 * WEI, 0)
    # Another 1.1 BTC would need 5,250 in all.
    assert refused(mirrored, 11 * ONE_BTC // 10) == (
        "InsufficientMargin",
        (0, 5_250 * USD, 5_000 * USD),
    )
    short(mirrored, ONE_BTC)
    assert mirrored.margin(TRADER)["liquidatable"] is False


@pytest.mark.parametrize("cap", ["user_borrow", "global_borrow"])
def test_order_at_the_cap_goes_through_on_own_usdc_and_not_beyond(
    mirrored: MirroredMarket, cap: str
) -> None:
    # At 10x as much initial margin is needed as the sweep wants to keep.
    mirrored.set_caps(USDC, **{cap: 0})
    mirrored.portfolio_account(TRADER, ubtc=10**10, usdc=2_000 * WEI)
    mirrored.venue("setLeverage", BTC_PERP, 10, sender=TRADER)
    assert refused(mirrored, ONE_BTC // 5 + 10) == (
        "InsufficientMargin",
        (0, 2_001 * USD, 2_000 * USD),
    )
    short(mirrored, ONE_BTC // 5)
    assert (fallback(mirrored), mirrored.token(TRADER, USDC)["borrowed"]) == (0, 0)


def test_spot_order_at_the_cap_goes_through_on_own_usdc_and_not_beyond(
    mirrored: MirroredMarket,
) -> None:
    mirrored.set_caps(USDC, user_borrow=100 * WEI)
    mirrored.portfolio_account(TRADER, ubtc=10**10, usdc=1_000 * WEI)
    buy = ("order", 10_107, True, ANY_BUY)
    # 25 HYPE at 50 cost 1,250: 150 more than own money and cap.
    answer = refusal(mirrored.venue, *buy, 2_500, False, sender=TRADER)
    assert answer == ("BorrowCapExceeded", (USDC, 250 * WEI, 100 * WEI))
    # A debt of the whole cap would be a ratio of one, since the cap bounds what stands for it too.
    answer = refusal(mirrored.venue, *buy, 2_200, False, sender=TRADER)
    assert answer == ("RatioAboveTrigger", (WAD, 95 * WAD // 100))
    mirrored.venue(*buy, 2_190, False, sender=TRADER)
    assert mirrored.token(TRADER, USDC)["borrowed"] == 95 * WEI
    mirrored.set_caps(USDC, user_borrow=0)
    answer = refusal(mirrored.venue, *buy, 2, False, sender=TRADER)
    assert answer == ("BorrowCapExceeded", (USDC, WEI, 0))


def test_cap_that_was_lowered_undoes_no_debt(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(TRADER, ubtc=10**10)
    short(mirrored, ONE_BTC)
    mirrored.set_caps(USDC, user_borrow=1_000 * WEI)
    mirrored.venue("sweep", TRADER, sender=KEEPER)
    assert mirrored.token(TRADER, USDC)["borrowed"] == 10_000 * WEI
    # At 100,100 it has lost 100 and wants 10,010.
    mirrored.set_prices(btc=100_100)
    mirrored.venue("sweep", TRADER, sender=KEEPER)
    assert (equity(mirrored), fallback(mirrored)) == (9_900 * USD, MAIN_DEX)
    mirrored.set_caps(USDC)
    mirrored.venue("sweep", TRADER, sender=KEEPER)
    assert mirrored.event("FallbackSet")["dexesNow"] == 0
    assert (equity(mirrored), fallback(mirrored)) == (10_010 * USD, 0)


def test_cap_in_one_token_leaves_the_other_dex_its_borrowing(mirrored: MirroredMarket) -> None:
    mirrored.set_caps(USDC, user_borrow=3_000 * WEI)
    mirrored.portfolio_account(TRADER, ubtc=10**10)
    short(mirrored, ONE_BTC)
    assert fallback(mirrored) == MAIN_DEX
    # 10 GOLD at 4,000 in a dex that counts in USDT0.
    short(mirrored, 10 * 10**4, GOLD_PERP)
    assert mirrored.token(TRADER, USDT0)["borrowed"] == 4_000 * WEI
    assert fallback(mirrored) == MAIN_DEX


# An empty reserve


def test_perp_that_loses_while_the_reserve_is_empty_keeps_what_it_has(
    empty: MirroredMarket,
) -> None:
    # At 104,000 it has lost 4,000 and wants 10,400.
    empty.set_prices(btc=104_000)
    empty.venue("sweep", TRADER, sender=KEEPER)
    assert empty.event("FallbackSet")["dexesNow"] == MAIN_DEX
    assert (equity(empty), empty.margin(TRADER)["liquidatable"]) == (6_000 * USD, False)
    # 6,000 carry the initial margin of 2.3 BTC and no more.
    assert refused(empty, 14 * ONE_BTC // 10) == (
        "InsufficientMargin",
        (0, 6_240 * USD, 6_000 * USD),
    )
    short(empty, 13 * ONE_BTC // 10)
    assert empty.token(TRADER, USDC)["borrowed"] == 10_000 * WEI


def test_perp_below_maintenance_beside_an_empty_reserve_is_closed_by_the_perp_leg(
    empty: MirroredMarket,
) -> None:
    # At 109,000 are 1,000 left, where 109,000 / 80 = 1,362.5 are needed; debt and ratio are calm.
    empty.set_prices(btc=109_000)
    margin = empty.margin(TRADER)
    assert (margin["perpShortfall"], margin["liquidatable"]) == (True, True)
    # (1,362.5 + 9,000) against 109,000 · 0.75.
    assert margin["ratio"] == -(-103_625 * 10**17 // 81_750)
    # A fifth first, since it is above 100,000; what is left needs 1,090, and closes whole.
    for closed, liquidatable in ((ONE_BTC // 5, True), (4 * ONE_BTC // 5, False)):
        step = empty.venue("liquidate", TRADER, sender=KEEPER)
        assert (step["leg"], step["liquidatable"]) == (PERP, liquidatable)
        assert empty.event("PositionClosed")["szi"] == closed
        empty.warp(0)
    # What the dex had left paid debt back; the coin was not touched.
    assert empty.token(TRADER, USDC)["borrowed"] == 9_000 * WEI
    assert empty.token(TRADER, UBTC)["supplied"] == 10**10


def test_perp_below_maintenance_gets_well_when_cash_comes_back(empty: MirroredMarket) -> None:
    empty.set_prices(btc=109_000)
    empty.fund(KEEPER, USDC, 20_000 * WEI)
    empty.venue("repay", USDC, 20_000 * WEI, BORROWER, sender=KEEPER)
    # As if swept it is funded to its 10,900 already.
    assert empty.margin(TRADER)["liquidatable"] is False
    empty.venue("sweep", TRADER, sender=KEEPER)
    assert (equity(empty), empty.token(TRADER, USDC)["borrowed"]) == (10_900 * USD, 19_900 * WEI)
    refused_step = refusal(empty.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused_step[0] == "NotLiquidatable"


def test_margin_brought_in_the_settlement_asset_opens_orders_again(empty: MirroredMarket) -> None:
    empty.set_prices(btc=104_000)
    answer = refused(empty, 14 * ONE_BTC // 10)
    assert answer == ("InsufficientMargin", (0, 6_240 * USD, 6_000 * USD))
    empty.fund(TRADER, USDC, 240 * WEI)
    empty.venue("deposit", USDC, 240 * WEI, TRADER, sender=TRADER)
    # It went where it was lacking, not to the reserve.
    assert equity(empty) == 6_240 * USD
    short(empty, 14 * ONE_BTC // 10)


def test_spot_order_beside_an_empty_reserve_goes_through_on_own_usdc_and_not_beyond(
    empty: MirroredMarket,
) -> None:
    empty.portfolio_account(KEEPER, ubtc=10**10, usdc=1_000 * WEI)
    buy = ("order", 10_107, True, ANY_BUY)
    answer = refusal(empty.venue, *buy, 2_001, False, sender=KEEPER)
    assert answer == ("InsufficientCash", (USDC, 1_000 * WEI + WEI // 2, 1_000 * WEI))
    empty.venue(*buy, 2_000, False, sender=KEEPER)
    assert empty.venue("balanceOf", KEEPER, USDC)["shares"] == 0


def test_own_supply_in_an_empty_reserve_waits_like_any_suppliers(empty: MirroredMarket) -> None:
    """What was lent out cannot back an order: suppliers wait until it is repaid. SPEC BL-20."""
    empty.venue("setMode", 2, sender=SUPPLIER)
    assert empty.token(SUPPLIER, USDC)["supplied"] == 50_000_000 * WEI
    answer = refusal(empty.venue, "order", HYPE_PERP, True, ANY_BUY, 100, False, sender=SUPPLIER)
    # 50 at 10x.
    assert answer == ("InsufficientMargin", (0, 5 * USD, 0))
    refused_exit = refusal(empty.venue, "withdraw", USDC, EVERYTHING, SUPPLIER, sender=SUPPLIER)
    assert refused_exit[0] == "InsufficientCash"


# Collateral that is lent out itself


def test_collateral_that_others_borrow_earns_what_its_reserve_pays(
    mirrored: MirroredMarket,
) -> None:
    """SPEC BL-03, PM-08: idle collateral is supplied, and counts with its interest."""
    token, one = 7, 10**8
    mirrored.list_token(token, 18, 8, 2, 5_000, lent=True)
    mirrored.registry("listPair", (7, token, USDC, False, 0))
    mirrored.registry("reportPrices", [(7, 10 * 10**6)], [], 10**8)
    for account in (TRADER, KEEPER):
        mirrored.venue("setMode", 2, sender=account)
        mirrored.fund(account, token, 1_000 * one)
        mirrored.venue("deposit", token, 1_000 * one, account, sender=account)
    assert mirrored.token(TRADER, token)["supplied"] == 1_000 * one
    assert mirrored.margin(TRADER)["borrowPower"] == 5_000 * WAD
    mirrored.portfolio_account(BORROWER, ubtc=10**10)
    mirrored.venue("borrow", token, 1_000 * one, sender=BORROWER)
    # Half is lent: 5 % a year continuously, of 1,000; nine tenths go to the 2,000 supplied.
    mirrored.warp(365 * 86_400)
    mirrored.registry("reportPrices", [(7, 10 * 10**6)], [], 10**8)
    assert mirrored.token(BORROWER, token)["borrowed"] == 105_127_109_638
    for account in (TRADER, KEEPER):
        assert mirrored.token(account, token)["supplied"] == 102_307_199_336
    assert mirrored.margin(TRADER)["borrowPower"] == 102_307_199_336 * 5 * 10**10
    # The interest is collateral: 5,115.35 can be borrowed, and not a cent more.
    mirrored.venue("borrow", USDC, 5_115 * WEI, sender=TRADER)
    answer = refusal(mirrored.venue, "borrow", USDC, WEI, sender=TRADER)
    assert answer[0] == "HealthFactorBelowOne"


def test_collateral_that_is_all_lent_out_still_counts_and_cannot_leave(
    mirrored: MirroredMarket,
) -> None:
    token, one = 7, 10**8
    mirrored.list_token(token, 18, 8, 2, 5_000, lent=True)
    mirrored.registry("listPair", (7, token, USDC, False, 0))
    mirrored.registry("reportPrices", [(7, 10 * 10**6)], [], 10**8)
    mirrored.venue("setMode", 2, sender=TRADER)
    mirrored.fund(TRADER, token, 1_000 * one)
    mirrored.venue("deposit", token, 1_000 * one, TRADER, sender=TRADER)
    mirrored.portfolio_account(BORROWER, ubtc=10**10)
    mirrored.venue("borrow", token, 1_000 * one, sender=BORROWER)
    answer = refusal(mirrored.venue, "withdraw", token, 10**8, TRADER, sender=TRADER)
    assert answer == ("InsufficientCash", (token, 10**8, 0))
    mirrored.venue("borrow", USDC, 4_000 * WEI, sender=TRADER)
    mirrored.venue("order", 10_166, True, ANY_BUY, 4_000 * 100, False, sender=TRADER)
    # At 5 it carries 3,750, and 4,000 are owed. What the backstop takes are claims: no cash moves.
    mirrored.registry("reportPrices", [(7, 5 * 10**6)], [], 10**8)
    step = mirrored.venue("liquidate", TRADER, sender=KEEPER)
    assert step["debtValue"] == 800 * WAD
    # 800 of 5,000 · 5/6.
    assert mirrored.token(TRADER, token)["supplied"] == 808 * one


def test_account_that_leaves_for_standard_mode_has_left_its_fallback(
    mirrored: MirroredMarket,
) -> None:
    """Short 1 BTC with 9,000 at 101,000: more than 1 in 40, less than a tenth."""
    mirrored.set_policy(leaves_flat=False)
    mirrored.portfolio_account(TRADER, ubtc=10**10)
    short(mirrored, ONE_BTC)
    mirrored.set_caps(USDC, user_borrow=1)
    mirrored.set_prices(btc=101_000)
    mirrored.fund(TRADER, USDC, 10_000 * WEI)
    mirrored.venue("repay", USDC, EVERYTHING, TRADER, sender=TRADER)
    assert fallback(mirrored) == MAIN_DEX
    mirrored.venue("setMode", STANDARD, sender=TRADER)
    assert mirrored.event("FallbackSet") == {
        "account": TRADER,
        "dexesBefore": MAIN_DEX,
        "dexesNow": 0,
    }
    assert fallback(mirrored) == 0


def test_last_dust_of_a_dex_is_handed_back_with_the_last_position(
    mirrored: MirroredMarket,
) -> None:
    """Or it could never be taken out, nor the mode left. SPEC PM-15, AC-02."""
    mirrored.set_policy(margin=margin_policy(sweep_dust=5 * USD))
    mirrored.portfolio_account(TRADER, usdc=10_000 * WEI)
    mirrored.venue("order", HYPE_PERP, True, ANY_BUY, 100, False, sender=TRADER)
    short(mirrored, 100, HYPE_PERP)
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 0
    mirrored.venue("withdraw", USDC, 10_000 * WEI, TRADER, sender=TRADER)
    mirrored.venue("setMode", STANDARD, sender=TRADER)
