"""Gifts that are no gifts. SPEC BL-06, BL-12, OR-08."""

from __future__ import annotations

from attacks.capital import ATTACKER, UBTC_WEI, WEI, deposit, worth
from support.venue import BORROWER, EVERYTHING, HYPE, SUPPLIER, UBTC, USDC
from venue.mirror import MirroredMarket


def test_tokens_sent_past_the_venue_move_no_share_and_are_lost_to_their_sender() -> None:
    """Supply one wei first, send the venue 1,000 past its books, and let a victim supply 999."""
    market = MirroredMarket.deploy()
    market.widen()
    token = 999
    market.list_token(token, 8, 8, 2, 0, True)
    market.registry("listPair", (300, token, USDC, False, 0))
    market.registry("reportPrices", [(300, 10**6)], [], 10**8)
    market.fund(ATTACKER, token, 1_000 * WEI + 1)
    before = worth(market, ATTACKER)

    market.venue("supply", token, 1, ATTACKER, sender=ATTACKER)
    market.erc20[token]("transfer", market.venue.address, 1_000 * WEI, sender=ATTACKER)
    market.fund(SUPPLIER, token, 999 * WEI)
    market.venue("supply", token, 999 * WEI, SUPPLIER, sender=SUPPLIER)
    assert market.token(SUPPLIER, token)["supplied"] == 999 * WEI
    assert market.venue("withdraw", token, EVERYTHING, ATTACKER, sender=ATTACKER) == 1
    assert market.venue("withdraw", token, EVERYTHING, SUPPLIER, sender=SUPPLIER) == 999 * WEI

    assert before - worth(market, ATTACKER) == 1_000
    assert market.dust(token) == 1_000 * WEI


def test_supply_given_to_a_borrower_does_not_keep_it_from_borrowing(
    mirrored: MirroredMarket,
) -> None:
    """Supply the least there is for whoever is about to borrow: supply is drawn, not in the way."""
    mirrored.portfolio_account(BORROWER, hype=10 * WEI)
    mirrored.fund(ATTACKER, USDC, 100)
    before = worth(mirrored, ATTACKER)
    mirrored.venue("supply", USDC, 100, BORROWER, sender=ATTACKER)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=BORROWER)
    assert mirrored.token(BORROWER, USDC)["idle"] == 250 * WEI
    # A millionth of a dollar is the least that a wallet can pay.
    assert (before - worth(mirrored, ATTACKER)) * 10**6 == 1


def test_collateral_with_an_old_price_given_to_an_account_does_not_lock_it(
    mirrored: MirroredMarket,
) -> None:
    """Send somebody a little of a collateral whose price is about to be old."""
    mirrored.set_policy(max_price_age=3_600)
    mirrored.portfolio_account(BORROWER, hype=20 * WEI)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=BORROWER)
    deposit(mirrored, ATTACKER, UBTC, UBTC_WEI)
    before = worth(mirrored, ATTACKER)
    mirrored.venue("spotSend", BORROWER, UBTC, 1, sender=ATTACKER)
    mirrored.warp(3_601)
    mirrored.set_prices(hype=50)
    # 250 against 10 HYPE at 50 and one half: what is beyond goes out, and debt is made.
    debt = mirrored.token(BORROWER, USDC)["borrowed"]
    mirrored.venue("withdraw", HYPE, 9 * WEI, BORROWER, sender=BORROWER)
    mirrored.venue("borrow", USDC, 24 * WEI, sender=BORROWER)
    assert mirrored.token(BORROWER, USDC)["borrowed"] == debt + 24 * WEI
    assert worth(mirrored, ATTACKER) < before
