"""Waiting until prices are old. SPEC OR-02, OR-08."""

from __future__ import annotations

from fractions import Fraction

import pytest
from attacks.capital import ANY_BUY, ATTACKER, UBTC_WEI, WEI, deposit, worth
from support.loans import USDT0_SPOT
from support.venue import BORROWER, BTC_PERP, HYPE, SUPPLIER, UBTC, USDC, refusal
from venue.mirror import MirroredMarket

OLD = 3_601


@pytest.fixture
def aging(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market in which prices are young for an hour, and good for liquidation for two."""
    mirrored.set_policy(max_price_age=3_600, max_liquidation_price_age=7_200)
    return mirrored


def test_collateral_that_fell_unreported_carries_no_new_debt(aging: MirroredMarket) -> None:
    """Bring collateral that has fallen since its last report, and borrow at that."""
    aging.warp(OLD)
    aging.set_prices(btc=100_000)
    aging.portfolio_account(ATTACKER, hype=1_000 * WEI)
    before = worth(aging, ATTACKER)
    refused = refusal(aging.venue, "borrow", USDC, 1_000 * WEI, sender=ATTACKER)
    assert refused == ("StalePrice", (HYPE, OLD, 3_600))
    assert worth(aging, ATTACKER) == before


def test_good_collateral_does_not_leave_the_old_behind(aging: MirroredMarket) -> None:
    """Owe against two collaterals, and take out the one whose price is young."""
    aging.portfolio_account(ATTACKER, hype=1_000 * WEI, ubtc=UBTC_WEI)
    aging.venue("borrow", USDC, 20_000 * WEI, sender=ATTACKER)
    aging.warp(OLD)
    aging.set_prices(btc=100_000)
    before, claim = worth(aging, ATTACKER), worth(aging, SUPPLIER)
    refused = refusal(aging.venue, "withdraw", UBTC, 7 * UBTC_WEI // 10, ATTACKER, sender=ATTACKER)
    assert refused == ("StalePrice", (HYPE, OLD, 3_600))
    # 20,000.12 of debt are carried by 0.41 BTC alone.
    aging.venue("withdraw", UBTC, 59 * UBTC_WEI // 100, ATTACKER, sender=ATTACKER)
    # HYPE was worth 1 all along: those 49,000 are the attacker's, and no liquidation follows.
    aging.set_prices(hype=1)
    assert 0 <= before - worth(aging, ATTACKER) - 49_000 < Fraction(1, 10**6)
    assert not aging.margin(ATTACKER)["liquidatable"]
    assert worth(aging, SUPPLIER) >= claim


def test_victim_is_not_liquidated_for_a_price_that_may_have_doubled(
    aging: MirroredMarket,
) -> None:
    """Wait with the liquidation of a healthy loan's low price until nobody can say what it is."""
    aging.portfolio_account(BORROWER, hype=10 * WEI)
    aging.venue("borrow", USDC, 250 * WEI, sender=BORROWER)
    aging.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=BORROWER)
    aging.set_prices(hype=33)
    aging.warp(7_201)
    deposit(aging, ATTACKER, USDC, 300 * WEI)
    before, claim = worth(aging, ATTACKER), worth(aging, BORROWER)
    for function in ("liquidate", "liquidateAsTaker"):
        refused = refusal(aging.venue, function, BORROWER, sender=ATTACKER)
        assert refused == ("StalePrice", (HYPE, 7_201, 7_200))
    assert (worth(aging, ATTACKER), worth(aging, BORROWER)) == (before, claim)


def test_position_is_not_opened_at_an_old_mark(aging: MirroredMarket) -> None:
    """Buy at a mark that the market has left behind."""
    deposit(aging, ATTACKER, USDC, 10_000 * WEI)
    aging.venue("transferPerp", 0, 10_000 * 10**6, True, sender=ATTACKER)
    aging.warp(OLD)
    before = worth(aging, ATTACKER)
    order = ("order", BTC_PERP, True, ANY_BUY, 10**4, False)
    assert refusal(aging.venue, *order, sender=ATTACKER) == ("StaleMark", (BTC_PERP, OLD, 3_600))
    order = ("order", 10_107, True, ANY_BUY, 100, False)
    assert refusal(aging.venue, *order, sender=ATTACKER)[0] == "StalePrice"
    # The market is a tenth higher; what is bought from now on costs that.
    aging.set_prices(btc=110_000, hype=55)
    aging.venue("order", BTC_PERP, True, ANY_BUY, 10**4, False, sender=ATTACKER)
    assert worth(aging, ATTACKER) == before
