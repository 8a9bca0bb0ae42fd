"""Filling caps against others. SPEC CR-03, AC-07."""

from __future__ import annotations

from attacks.capital import ANY_SELL, ATTACKER, UBTC_WEI, WEI, worth
from support.venue import BTC_PERP, EVERYTHING, HYPE, TRADER, USD, USDC, refusal
from venue.mirror import MirroredMarket


def test_supply_cap_filled_by_another_takes_nothing_from_who_is_in(
    mirrored: MirroredMarket,
) -> None:
    """Fill the cap of a collateral, so that others' sweeps could not supply it again."""
    mirrored.set_caps(HYPE, global_supply=1_000 * WEI)
    mirrored.portfolio_account(TRADER, hype=10 * WEI)
    mirrored.venue("borrow", USDC, 200 * WEI, sender=TRADER)
    mirrored.fund(ATTACKER, HYPE, 990 * WEI)
    before, claim = worth(mirrored, ATTACKER), worth(mirrored, TRADER)
    mirrored.venue("supply", HYPE, 990 * WEI, ATTACKER, sender=ATTACKER)
    mirrored.venue("sweep", TRADER, sender=ATTACKER)
    assert mirrored.token(TRADER, HYPE)["supplied"] == 10 * WEI
    # What is brought now waits beside the pool, and goes out as it came.
    mirrored.fund(TRADER, HYPE, WEI)
    mirrored.venue("deposit", HYPE, WEI, TRADER, sender=TRADER)
    assert mirrored.token(TRADER, HYPE)["idle"] == WEI
    mirrored.venue("withdraw", HYPE, WEI, TRADER, sender=TRADER)
    assert worth(mirrored, TRADER) - claim == 50
    mirrored.warp(86_400)
    mirrored.venue("withdraw", HYPE, EVERYTHING, ATTACKER, sender=ATTACKER)
    assert worth(mirrored, ATTACKER) == before


def test_borrow_cap_filled_by_another_does_not_liquidate_who_has_its_maintenance(
    mirrored: MirroredMarket,
) -> None:
    """Borrow up to the global cap, so that a short that loses can borrow no margin."""
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    mirrored.venue("order", BTC_PERP, False, ANY_SELL, 10**5, False, sender=TRADER)
    mirrored.set_caps(USDC, global_borrow=1_000_000 * WEI)
    mirrored.portfolio_account(ATTACKER, ubtc=20 * UBTC_WEI)
    before = worth(mirrored, ATTACKER)
    mirrored.venue("borrow", USDC, 990_000 * WEI, sender=ATTACKER)
    assert mirrored.token(TRADER, USDC)["borrowRoom"] == 0
    # The dex holds 10,000 for 100,000: at 105,000 are 5,000 left, where 1,312.50 are maintenance.
    mirrored.set_prices(btc=105_000)
    mirrored.venue("sweep", TRADER, sender=ATTACKER)
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 110_000 * USD
    assert refusal(mirrored.venue, "liquidate", TRADER, sender=ATTACKER)[0] == "NotLiquidatable"
    # Own dollars go to the dex first: of 10,000 it takes the 8,800 that lack at 108,000.
    mirrored.set_prices(btc=108_000)
    mirrored.fund(TRADER, USDC, 10_000 * WEI)
    mirrored.venue("deposit", USDC, 10_000 * WEI, TRADER, sender=TRADER)
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 118_800 * USD
    mirrored.set_prices(btc=100_000)
    mirrored.warp(86_400)
    # A day at 5 % of 990,000: 135.62.
    assert 135 < before - worth(mirrored, ATTACKER) < 136
