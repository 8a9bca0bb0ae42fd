"""Being in front of a report of prices or of interest, and behind it. SPEC BL-04, BL-11, CH-06."""

from __future__ import annotations

import pytest
from attacks.capital import (
    ANY_BUY,
    ANY_SELL,
    ATTACKER,
    SECOND,
    UBTC_WEI,
    WEI,
    of_account,
    standard,
    worth,
)
from support.loans import USDT0_SPOT
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    EVERYTHING,
    KEEPER,
    MAKER,
    SUPPLIER,
    USDC,
    USDT0,
    refusal,
)
from venue.mirror import MirroredMarket

MONTH = 30 * 86_400


def test_supply_just_before_interest_is_stored_earns_none_of_it(mirrored: MirroredMarket) -> None:
    """Supply twenty times the pool before a month of interest is stored, and leave at once."""
    mirrored.portfolio_account(SECOND, ubtc=1_000 * UBTC_WEI)
    mirrored.venue("borrow", USDC, 40_000_000 * WEI, sender=SECOND)
    mirrored.fund(ATTACKER, USDC, 10**9 * WEI)
    mirrored.warp(MONTH)
    before = worth(mirrored, ATTACKER)
    claim = worth(mirrored, SUPPLIER)
    mirrored.venue("supply", USDC, 10**9 * WEI, ATTACKER, sender=ATTACKER)
    mirrored.venue("accrue", USDC)
    mirrored.venue("withdraw", USDC, EVERYTHING, ATTACKER, sender=ATTACKER)
    # A wallet holds millionths: less than two stay behind.
    assert 0 <= (before - worth(mirrored, ATTACKER)) * 10**6 < 2
    assert worth(mirrored, SUPPLIER) >= claim


def test_trade_around_a_report_of_the_same_prices_costs_its_fees(mirrored: MirroredMarket) -> None:
    """Buy in front of a report that changes nothing, and sell behind it."""
    mirrored.set_policy(perp_fee_ppm=450, spot_fee_ppm=700)
    standard(mirrored, ATTACKER, 10_000)
    mirrored.fund(ATTACKER, USDC, 1_000 * WEI)
    mirrored.venue("deposit", USDC, 1_000 * WEI, ATTACKER, sender=ATTACKER)
    before = worth(mirrored, ATTACKER)
    makers = of_account(mirrored, MAKER)
    mirrored.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=ATTACKER)
    mirrored.venue("order", 10_107, True, ANY_BUY, 1_000, False, sender=ATTACKER)
    mirrored.set_prices(btc=100_000, hype=50)
    mirrored.venue("order", BTC_PERP, False, ANY_SELL, 10**5, False, sender=ATTACKER)
    mirrored.venue("order", 10_107, False, ANY_SELL, 999, False, sender=ATTACKER)
    # 0.045 % of 100,000 twice; 0.07 % of 500 in HYPE, and of 499.50 back in USDC.
    assert before - worth(mirrored, ATTACKER) == pytest.approx(90 + 0.35 + 0.34965, abs=1e-9)
    assert of_account(mirrored, MAKER) == makers


def test_debt_made_in_front_of_a_crash_is_not_carried_away(mirrored: MirroredMarket) -> None:
    """Know that HYPE falls from 50 to 31, borrow all it carries, and take away what is bought."""
    mirrored.portfolio_account(ATTACKER, hype=10 * WEI)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=ATTACKER)
    # What is borrowed neither leaves nor is sent.
    for way in (("withdraw", USDC, WEI, ATTACKER), ("spotSend", SECOND, USDC, WEI)):
        refused = refusal(mirrored.venue, *way, sender=ATTACKER)
        assert refused == ("InsufficientBalance", (USDC, WEI, 0))
    mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=ATTACKER)
    mirrored.venue("withdraw", USDT0, EVERYTHING, ATTACKER, sender=ATTACKER)
    claim = worth(mirrored, SUPPLIER)
    mirrored.set_prices(hype=31)
    while mirrored.margin(ATTACKER)["liquidatable"]:
        mirrored.venue("liquidate", ATTACKER, sender=KEEPER)
        mirrored.warp(3)
    # Who had only held had 310. 250 are in the wallet, and liquidation costs a part of the 60.
    assert 250 < worth(mirrored, ATTACKER) < 310 - 20
    assert worth(mirrored, SUPPLIER) >= claim
    assert of_account(mirrored, BACKSTOP) > 20
    assert mirrored.venue("reserveOf", USDC)["deficit"] == 0
