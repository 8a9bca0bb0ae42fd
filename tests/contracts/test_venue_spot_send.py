"""spotSend: own balance to another account of the venue. SPEC CH-05."""

from __future__ import annotations

from support.venue import (
    BORROWER,
    EVERYTHING,
    HYPE,
    TRADER,
    USDC,
    WAD,
    Market,
    refusal,
)

USDC_WEI = 10**8
HYPE_WEI = 10**8


def test_send_moves_balance_to_the_last_wei(market: Market) -> None:
    # No wallet takes part, so amounts below its unit of 100 wei move as well.
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("spotSend", BORROWER, USDC, 37, sender=TRADER)
    assert market.event("SpotSent") == {
        "account": TRADER,
        "to": BORROWER,
        "token": USDC,
        "amount": 37,
    }
    assert market.token(BORROWER, USDC)["idle"] == 37
    market.venue("spotSend", BORROWER, USDC, EVERYTHING, sender=TRADER)
    assert market.token(BORROWER, USDC)["idle"] == 100 * USDC_WEI


def test_send_draws_supply_and_is_swept_at_the_other_end(market: Market) -> None:
    market.portfolio_account(TRADER, hype=10 * HYPE_WEI)
    market.portfolio_account(BORROWER)
    market.venue("spotSend", BORROWER, HYPE, 4 * HYPE_WEI, sender=TRADER)
    assert market.token(TRADER, HYPE)["supplied"] == 6 * HYPE_WEI
    assert market.token(BORROWER, HYPE)["supplied"] == 4 * HYPE_WEI


def test_send_to_oneself_changes_nothing(market: Market) -> None:
    market.portfolio_account(TRADER, hype=10 * HYPE_WEI)
    market.venue("spotSend", TRADER, HYPE, EVERYTHING, sender=TRADER)
    assert market.token(TRADER, HYPE)["supplied"] == 10 * HYPE_WEI


def test_send_of_borrowed_money_is_refused(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "spotSend", TRADER, USDC, 1, sender=BORROWER)
    assert refused == ("InsufficientBalance", (USDC, 1, 0))


def test_send_of_locked_collateral_is_refused(market: Market) -> None:
    # 100 HYPE at 50 carry 2,500; with 2,000 borrowed, 80 HYPE are locked.
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 2_000 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "spotSend", TRADER, HYPE, 21 * HYPE_WEI, sender=BORROWER)
    # 79 · 50 · 0.5 = 1,975 against 2,000.
    assert refused == ("HealthFactorBelowOne", (1_975 * WAD // 2_000,))
    market.venue("spotSend", TRADER, HYPE, 20 * HYPE_WEI, sender=BORROWER)


def test_send_of_nothing_is_refused(market: Market) -> None:
    assert refusal(market.venue, "spotSend", TRADER, USDC, 0, sender=BORROWER) == ("ZeroAmount", ())


def test_send_to_the_venue_itself_is_refused(market: Market) -> None:
    """It has no key: nobody could ever take it out again. SPEC BL-11."""
    market.fund(TRADER, USDC, USDC_WEI)
    market.venue("deposit", USDC, USDC_WEI, TRADER, sender=TRADER)
    nowhere = market.venue.address
    refused = refusal(market.venue, "spotSend", nowhere, USDC, 1, sender=TRADER)
    assert refused == ("NotAReceiver", (nowhere.lower(),))
