"""Two accounts of one owner trade with each other at absurd prices. SPEC CH-20 to CH-22, LQ-22."""

from __future__ import annotations

from fractions import Fraction

import pytest
from attacks.capital import (
    ANY_BUY,
    ANY_SELL,
    ATTACKER,
    SECOND,
    UBTC_WEI,
    WEI,
    deposit,
    of_account,
    standard,
    worth,
)
from support.evm import Reverted
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE,
    INSURANCE,
    KEEPER,
    MAKER,
    SUPPLIER,
    USD,
    USDC,
    refusal,
)
from venue.mirror import MirroredMarket

MATCHER = "0x" + "3a" * 20
ONE_BTC, MARK = 10**5, 1_000_000
PRICES = (0, 1, MARK // 2, MARK, 2 * MARK, 2**64 - 1)
HYPE_SPOT = 10_107
OTHERS = (BACKSTOP, INSURANCE, MAKER, SUPPLIER)


@pytest.fixture
def matched(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market with a matcher that both accounts have approved."""
    mirrored.registry("grantRole", mirrored.registry("MATCHER"), MATCHER)
    for account in (ATTACKER, SECOND):
        mirrored.venue("approveOperator", MATCHER, True, sender=account)
    return mirrored


def match(
    market: MirroredMarket, buyer: str, seller: str, px: int, sz: int, asset: int = BTC_PERP
) -> bool:
    """Fill the two accounts against each other; return whether the venue let them."""
    sides = ((buyer, ANY_BUY, False), (seller, ANY_SELL, False))
    try:
        market.venue("matchOrders", asset, *sides, px, sz, True, sender=MATCHER)
    except Reverted:
        return False
    return True


def others(market: MirroredMarket) -> list[Fraction]:
    """Return what everybody else is worth, and the reserve's deficit."""
    deficit = Fraction(market.venue("reserveOf", USDC)["deficit"])
    return [of_account(market, account) for account in OTHERS] + [deficit]


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("lends", [False, True])
def test_perps_matched_at_any_price_make_nothing(
    matched: MirroredMarket, isolated: bool, lends: bool
) -> None:
    """Open and close against oneself at nothing, at everything and between."""
    for account in (ATTACKER, SECOND):
        if lends:
            matched.portfolio_account(account, ubtc=UBTC_WEI, usdc=20_000 * WEI)
        else:
            standard(matched, account, 20_000)
        if isolated:
            matched.venue("setIsolated", BTC_PERP, True, sender=account)
    before, theirs = worth(matched, ATTACKER, SECOND), others(matched)
    filled = 0
    for px in PRICES:
        filled += match(matched, ATTACKER, SECOND, px, ONE_BTC // 10)
        filled += match(matched, SECOND, ATTACKER, MARK, ONE_BTC // 20)
        filled += match(matched, SECOND, ATTACKER, px, ONE_BTC // 10)
        assert worth(matched, ATTACKER, SECOND) <= before
        assert others(matched) == theirs
    assert filled >= 8
    # Without debt nothing is even rounded.
    lost = before - worth(matched, ATTACKER, SECOND)
    assert lost * 10**6 < 1 if lends else lost == 0


def test_isolated_loss_made_by_a_match_is_not_left_to_the_venue(matched: MirroredMarket) -> None:
    """Close an isolated long for nothing to oneself: its margin is the most that it costs."""
    standard(matched, ATTACKER, 10_000)
    standard(matched, SECOND, 20_000)
    matched.venue("setIsolated", BTC_PERP, True, sender=ATTACKER)
    assert match(matched, ATTACKER, SECOND, MARK, 2 * ONE_BTC // 10)
    # 20,000 bought at 40x: 500 of margin, of which a fall by 2 % leaves 100.
    matched.set_prices(btc=98_000)
    before, theirs = worth(matched, ATTACKER, SECOND), others(matched)
    sides = ((SECOND, ANY_BUY, False), (ATTACKER, ANY_SELL, False))
    for px in (0, MARK // 2, 974_000):
        close = ("matchOrders", BTC_PERP, *sides, px, 2 * ONE_BTC // 10, True)
        # 0.2 at 97,400 bring 20 less than nothing is left.
        equity = 100 * USD - (980_000 - px) * 2 * ONE_BTC // 10
        answer = refusal(matched.venue, *close, sender=MATCHER)
        assert answer == ("InsufficientIsolatedMargin", (BTC_PERP, 0, equity))
    assert match(matched, SECOND, ATTACKER, 975_000, 2 * ONE_BTC // 10)
    assert worth(matched, ATTACKER, SECOND) == before
    assert others(matched) == theirs


@pytest.mark.parametrize("lends", [False, True])
def test_spot_matched_at_any_price_makes_nothing(matched: MirroredMarket, lends: bool) -> None:
    """Sell to oneself for nothing and for everything."""
    for account in (ATTACKER, SECOND):
        if lends:
            matched.portfolio_account(account, hype=100 * WEI, usdc=1_000 * WEI)
        else:
            deposit(matched, account, HYPE, 100 * WEI)
            deposit(matched, account, USDC, 1_000 * WEI)
    before, theirs = worth(matched, ATTACKER, SECOND), others(matched)
    filled = 0
    for px in (0, 1, 50 * 10**6, 1_000 * 10**6, 2**64 - 1):
        for buyer, seller in ((ATTACKER, SECOND), (SECOND, ATTACKER)):
            filled += match(matched, buyer, seller, px, 133, HYPE_SPOT)
            assert worth(matched, ATTACKER, SECOND) <= before
            assert others(matched) == theirs
    assert filled >= 6
    lost = before - worth(matched, ATTACKER, SECOND)
    assert lost * 10**6 < 1 if lends else lost == 0


def test_debt_is_not_passed_on_and_left_behind_by_a_match(matched: MirroredMarket) -> None:
    """Lose to oneself all that can be borrowed, and leave the collateral to the venue."""
    matched.portfolio_account(ATTACKER, hype=1_000 * WEI)
    standard(matched, SECOND, 100_000)
    before = worth(matched, ATTACKER, SECOND)
    supplied = worth(matched, SUPPLIER)
    # 1,000 HYPE at 50 carry 25,000. A tenth of a BTC for 250,000 more than it is worth each time
    # less: as far as it goes.
    for px in (6 * MARK, 3 * MARK, 12 * MARK // 10, 11 * MARK // 10, 101 * MARK // 100):
        while match(matched, ATTACKER, SECOND, px, ONE_BTC // 10):
            assert match(matched, SECOND, ATTACKER, MARK, ONE_BTC // 10)
    debt = matched.margin(ATTACKER)["netDebt"] / 10**18
    assert 20_000 < debt <= 25_000
    # What it has lost to itself it owes; a fall by a third is needed to liquidate it, and then all
    # is covered.
    matched.set_prices(hype=33)
    while matched.margin(ATTACKER)["liquidatable"]:
        matched.venue("liquidate", ATTACKER, sender=KEEPER)
        matched.warp(3)
    assert matched.venue("reserveOf", USDC)["deficit"] == 0
    assert of_account(matched, BACKSTOP) >= 0
    assert worth(matched, SUPPLIER) >= supplied
    assert worth(matched, ATTACKER, SECOND) < before
