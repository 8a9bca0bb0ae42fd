"""Several dexes, each with its own collateral token: all count, each in its own. SPEC PM-10, PM-11.

The calls are made on the contracts and on the venue in plain integers; figures are from paper.
"""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    HYPE_PERP,
    KEEPER,
    MAKER,
    MARKET_LIQUIDATABLE,
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

USDC_WEI = 10**8
UBTC_WEI = 10**10
ANY_BUY = 2**64 - 1
ONE_GOLD = 10**4
INFINITE = 2**256 - 1
USDH, USDH_USDC = 360, 230
FLX, FLX_GOLD = 2, 120_000
DEBT_PARTIAL, PERP_TAKEOVER = 0, 3


def short_on_two_dexes(market: MirroredMarket) -> None:
    """Let the trader hold 1 UBTC, short 50,000 of HYPE for USDC and 40,000 of GOLD for USDT0."""
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", HYPE_PERP, False, 0, 1_000 * 100, False, sender=TRADER)
    market.venue("order", GOLD_PERP, False, 0, 10 * ONE_GOLD, False, sender=TRADER)


def move(market: MirroredMarket, asset: int, mark: int) -> None:
    """Let a coin have another price, and sweep the trader."""
    market.marks[asset] = mark
    market.report()
    market.venue("sweep", TRADER, sender=KEEPER)


def figures(market: MirroredMarket, token: int) -> tuple[int, int]:
    """Return the net total of the trader's token and what is borrowed of it, token wei."""
    return market.net(TRADER, token), market.token(TRADER, token)["borrowed"]


def test_two_debts_stand_against_one_collateral_each_in_its_own_token(
    mirrored: MirroredMarket,
) -> None:
    short_on_two_dexes(mirrored)
    # Each dex keeps a tenth of its notional.
    assert figures(mirrored, USDC) == (0, 5_000 * USDC_WEI)
    assert figures(mirrored, USDT0) == (0, 4_000 * USDC_WEI)
    # HYPE at 70 loses 20,000 and wants 7,000; GOLD at 9,000 loses 50,000 and wants 9,000.
    move(mirrored, HYPE_PERP, 700_000)
    move(mirrored, GOLD_PERP, 900_000)
    assert figures(mirrored, USDC) == (-20_000 * USDC_WEI, 27_000 * USDC_WEI)
    assert figures(mirrored, USDT0) == (-50_000 * USDC_WEI, 59_000 * USDC_WEI)
    margin = mirrored.margin(TRADER)
    # Of USDC 70,000 / 20 + 20,000, of USDT0 90,000 / 40 + 50,000; each against 75,000.
    usdc, usdt0 = (t["requirement"] for t in margin["tokens"] if t["requirement"])
    assert (usdc, usdt0) == (23_500 * USDC_WEI, 52_250 * USDC_WEI)
    assert margin["ratio"] == -(-52_250 * WAD // 75_000)
    assert (margin["netDebt"], margin["thresholdValue"]) == (70_000 * WAD, 75_000 * WAD)
    assert margin["liquidatable"] is False


def test_two_debts_together_liquidate_what_neither_would_alone(mirrored: MirroredMarket) -> None:
    short_on_two_dexes(mirrored)
    move(mirrored, HYPE_PERP, 700_000)
    move(mirrored, GOLD_PERP, 960_000)
    # 20,000 and 56,000 against 75,000; the worse ratio is (2,400 + 56,000) / 75,000.
    margin = mirrored.margin(TRADER)
    assert margin["ratio"] == -(-58_400 * WAD // 75_000)
    assert (margin["netDebt"], margin["health"]) == (76_000 * WAD, MARKET_LIQUIDATABLE)
    # A fifth of both, and for 15,200 of 83,333.33 that much of the coin.
    step = mirrored.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 15_200 * WAD)
    assert figures(mirrored, USDC)[0] == -16_000 * USDC_WEI
    assert figures(mirrored, USDT0)[0] == -44_800 * USDC_WEI
    # 0.8176 of the coin carries 61,320, and 60,800 are owed.
    assert abs(mirrored.token(TRADER, UBTC)["supplied"] - 8_176 * 10**6) <= 1
    assert step["liquidatable"] is False


def test_two_debts_together_liquidate_nobody_where_the_policy_says_so(
    mirrored: MirroredMarket,
) -> None:
    short_on_two_dexes(mirrored)
    move(mirrored, HYPE_PERP, 700_000)
    move(mirrored, GOLD_PERP, 960_000)
    more = ("order", HYPE_PERP, False, 0, 100, False)
    assert refusal(mirrored.venue, *more, sender=TRADER)[0] == "DebtAboveThreshold"
    mirrored.set_policy(margin=margin_policy(second_trigger=False))
    margin = mirrored.margin(TRADER)
    assert (margin["netDebt"], margin["thresholdValue"]) == (76_000 * WAD, 75_000 * WAD)
    assert margin["liquidatable"] is False
    refused = refusal(mirrored.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused == ("NotLiquidatable", (TRADER, -(-58_400 * WAD // 75_000), 95 * WAD // 100))
    # What raises risk still needs a health factor of one.
    assert refusal(mirrored.venue, *more, sender=TRADER)[0] == "HealthFactorBelowOne"


def test_what_one_dex_wins_pays_no_debt_of_another_token(mirrored: MirroredMarket) -> None:
    short_on_two_dexes(mirrored)
    # HYPE at 40 wins 10,000 and wants 4,000: 11,000 over, 5,000 of it owed. GOLD still owes.
    move(mirrored, HYPE_PERP, 400_000)
    assert figures(mirrored, USDC) == (10_000 * USDC_WEI, 0)
    assert mirrored.token(TRADER, USDC)["supplied"] == 6_000 * USDC_WEI
    assert figures(mirrored, USDT0) == (0, 4_000 * USDC_WEI)


@pytest.fixture
def flx(mirrored: MirroredMarket) -> MirroredMarket:
    """Add a dex in USDH, which nobody lends, and let the trader hold 1 UBTC and 3,000 USDH."""
    mirrored.list_token(USDH, 6, 8, 2, 0, lent=False, caps=(0, 0, 0, 0))
    r, venue = mirrored.registry, mirrored.venue
    r("listPair", (USDH_USDC, USDH, USDC, False, 0))
    r("listDex", FLX, "flx", USDH)
    r("listPerp", (FLX_GOLD, "flx:GOLD", FLX, 4, 20, 20))
    r("reportPrices", [(USDH_USDC, 1_000_000)], [(FLX_GOLD, 400_000, 400_000)], 10**8)
    for account, dollars in ((MAKER, 10**7), (TRADER, 3_000)):
        mirrored.fund(account, USDH, dollars * USDC_WEI)
        venue("deposit", USDH, dollars * USDC_WEI, account, sender=account)
    venue("transferPerp", FLX, 10**7 * USD, True, sender=MAKER)
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    venue("order", FLX_GOLD, True, ANY_BUY, 5 * ONE_GOLD, False, sender=TRADER)
    return mirrored


def report_gold(market: MirroredMarket, mark: int) -> None:
    market.registry("reportPrices", [], [(FLX_GOLD, mark, mark)], 10**8)


def test_dex_that_nobody_lends_to_counts_for_its_own_token_alone(flx: MirroredMarket) -> None:
    # 20,000 of notional keep 2,000 in the dex; 1,000 stay idle, for supply is capped at zero.
    assert flx.venue("rawUsdOf", TRADER, FLX) == -18_000 * USD
    assert flx.token(TRADER, USDH)["idle"] == 1_000 * USDC_WEI
    margin = flx.margin(TRADER)
    usdh = margin["tokens"][[t["token"] for t in flx.account(TRADER)["tokens"]].index(USDH)]
    assert (usdh["borrowCapacity"], usdh["maintenance"]) == (0, 500 * USDC_WEI)
    assert margin["ratio"] == -(-500 * WAD // 3_000)


def test_dex_at_a_loss_falls_back_to_what_it_has(flx: MirroredMarket) -> None:
    # At 3,500 it has lost 2,500: 500 are left where 1,750 are wanted and 437.5 are needed.
    report_gold(flx, 350_000)
    flx.venue("sweep", TRADER, sender=KEEPER)
    assert flx.event("FallbackSet")["dexesNow"] == 1 << FLX
    margin = flx.margin(TRADER)
    assert (margin["ratio"], margin["liquidatable"]) == (875 * WAD // 1_000, False)
    more = refusal(flx.venue, "order", FLX_GOLD, True, ANY_BUY, ONE_GOLD, False, sender=TRADER)
    assert more == ("InsufficientMargin", (FLX, 1_050 * USD, 500 * USD))
    # New risk anywhere needs initial margin everywhere: 350 for the 2 that are left.
    flx.venue("order", FLX_GOLD, False, 0, 2 * ONE_GOLD, True, sender=TRADER)
    more = refusal(flx.venue, "order", BTC_PERP, False, 0, 10**4, False, sender=TRADER)
    assert more == ("InsufficientMargin", (FLX, 525 * USD, 500 * USD))
    flx.venue("order", FLX_GOLD, False, 0, ONE_GOLD, True, sender=TRADER)
    flx.venue("order", BTC_PERP, False, 0, 10**4, False, sender=TRADER)
    # The other dex borrows as before, and this one is still below its tenth.
    assert flx.token(TRADER, USDC)["borrowed"] == 1_000 * USDC_WEI
    assert flx.venue("accountState", TRADER)["fallbackBitmap"] == 1 << FLX


def test_dex_without_anything_left_has_an_infinite_ratio_whatever_the_collateral(
    flx: MirroredMarket,
) -> None:
    # At 3,400 all 3,000 are lost: nothing stands against 425 of maintenance but a whole coin.
    report_gold(flx, 340_000)
    margin = flx.margin(TRADER)
    assert (margin["ratio"], margin["thresholdValue"]) == (INFINITE, 75_000 * WAD)
    assert margin["health"] == MARKET_LIQUIDATABLE
    step = flx.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (PERP_TAKEOVER, False)
    assert flx.margin(TRADER)["ratio"] == 0
    assert flx.token(TRADER, UBTC)["supplied"] == UBTC_WEI


def test_hole_in_such_a_dex_is_paid_for_with_collateral(flx: MirroredMarket) -> None:
    # At 3,390 the position leaves 50 less than nothing, which is filled at once.
    report_gold(flx, 339_000)
    assert flx.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    assert flx.net(TRADER, USDH) == -50 * USDC_WEI
    step = flx.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 50 * WAD)
    assert step["liquidatable"] is False
    assert flx.venue("rawUsdOf", TRADER, FLX) == 0
    # 50 at 83,333.33 a coin.
    assert abs(UBTC_WEI - flx.token(TRADER, UBTC)["supplied"] - 6_000_000) <= 1


def test_supplier_of_one_token_is_untouched_by_another_dexes_loss(flx: MirroredMarket) -> None:
    before = flx.venue("reserveOf", USDC)["supplied"]
    report_gold(flx, 339_000)
    flx.venue("liquidate", TRADER, sender=KEEPER)
    assert flx.venue("reserveOf", USDC)["supplied"] == before
    assert flx.token(SUPPLIER, USDC)["supplied"] == 50_000_000 * USDC_WEI
