"""borrow: explicit debt that the sweep leaves. SPEC BL-12, PM-08, AC-04."""

from __future__ import annotations

from support.venue import (
    BORROWER,
    EVERYTHING,
    HYPE,
    PORTFOLIO_MARGIN,
    STANDARD,
    SUPPLIER,
    UNIFIED,
    UNLIMITED,
    USDC,
    WAD,
    Market,
    refusal,
)

USDC_WEI = 10**8
HYPE_WEI = 10**8


def test_borrow_credits_idle_balance_and_raises_the_floor(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    assert market.event("Borrowed") == {
        "account": BORROWER,
        "token": USDC,
        "amount": 1_000 * USDC_WEI,
    }
    token = market.token(BORROWER, USDC)
    assert token["idle"] == token["borrowed"] == token["borrowFloor"] == 1_000 * USDC_WEI
    reserve = market.venue("reserveOf", USDC)
    assert reserve["borrowed"] == 1_000 * USDC_WEI
    assert reserve["cash"] == (50_000_000 - 1_000) * USDC_WEI


def test_borrow_to_health_factor_one_passes_and_a_wei_more_does_not(market: Market) -> None:
    # 100 HYPE at 50, LTV 0.5: 2,500 can be borrowed.
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    limit = 2_500 * USDC_WEI
    refused = refusal(market.venue, "borrow", USDC, limit + 1, sender=BORROWER)
    # 2,500 · 10^8 / (2,500 · 10^8 + 1), rounded down to 18 decimals.
    assert refused == ("HealthFactorBelowOne", (limit * WAD // (limit + 1),))
    market.venue("borrow", USDC, limit, sender=BORROWER)
    assert market.margin(BORROWER)["healthFactor"] == WAD


def test_borrow_against_two_collaterals_is_the_venues_example(market: Market) -> None:
    # (1 · 80,000 · 0.5 + 200 · 50 · 0.5) / 42,000 = 45,000 / 42,000 = 1.0714.
    market.set_prices(btc=80_000)
    market.portfolio_account(BORROWER, ubtc=10**10, hype=200 * HYPE_WEI)
    market.venue("borrow", USDC, 42_000 * USDC_WEI, sender=BORROWER)
    margin = market.margin(BORROWER)
    assert margin["borrowPower"] == 45_000 * WAD
    assert margin["healthFactor"] == 45_000 * WAD // 42_000


def test_borrow_of_nothing_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "borrow", USDC, 0, sender=BORROWER)
    assert refused == ("ZeroAmount", ())


def test_borrow_without_portfolio_margin_is_refused(market: Market) -> None:
    for mode in (STANDARD, UNIFIED):
        market.venue("setMode", mode, sender=BORROWER)
        refused = refusal(market.venue, "borrow", USDC, 1, sender=BORROWER)
        assert refused == ("NotPortfolioMargin", (mode,))


def test_borrow_of_a_token_that_is_not_lent_is_refused(market: Market) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=BORROWER)
    refused = refusal(market.venue, "borrow", HYPE, 1, sender=BORROWER)
    assert refused == ("NotBorrowable", (HYPE,))


def test_borrow_of_a_token_that_is_supplied_is_refused(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI, usdc=5 * USDC_WEI)
    refused = refusal(market.venue, "borrow", USDC, USDC_WEI, sender=BORROWER)
    assert refused == ("BorrowWhileSupplied", (USDC, 5 * USDC_WEI))


def test_borrow_after_repaying_everything_is_open_again(market: Market) -> None:
    """A wallet pays in whole units of 100 wei; what it paid over the debt stays supplied.

    Once that remainder, which no wallet can take out, stood in the way of every later borrow.
    """
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.evm.warp(3_600)
    market.fund(BORROWER, USDC, 2_000 * USDC_WEI)
    market.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    market.venue("withdraw", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    remainder = market.token(BORROWER, USDC)["supplied"]
    assert 0 < remainder < 100
    market.venue("borrow", USDC, 500 * USDC_WEI, sender=BORROWER)
    token = market.token(BORROWER, USDC)
    # The remainder was drawn first; debt is shown rounded up.
    assert token["supplied"] == 0
    assert token["idle"] == 500 * USDC_WEI
    assert token["borrowFloor"] == 500 * USDC_WEI - remainder
    assert 0 <= token["borrowed"] - token["borrowFloor"] <= 1


def test_borrow_beyond_the_users_cap_is_refused(market: Market) -> None:
    market.set_caps(USDC, user_borrow=1_000 * USDC_WEI)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 400 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "borrow", USDC, 601 * USDC_WEI, sender=BORROWER)
    assert refused == ("BorrowCapExceeded", (USDC, 601 * USDC_WEI, 600 * USDC_WEI))
    market.venue("borrow", USDC, 600 * USDC_WEI, sender=BORROWER)


def test_borrow_beyond_the_global_cap_is_refused(market: Market) -> None:
    market.set_caps(USDC, global_borrow=1_000 * USDC_WEI)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.portfolio_account(SUPPLIER, hype=100 * HYPE_WEI)
    market.venue("withdraw", USDC, 49_000_000 * USDC_WEI, SUPPLIER, sender=SUPPLIER)
    market.venue("borrow", USDC, 900 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "borrow", USDC, 101 * USDC_WEI, sender=BORROWER)
    assert refused == ("BorrowCapExceeded", (USDC, 101 * USDC_WEI, 100 * USDC_WEI))


def test_borrow_of_everything_is_refused_by_the_cap(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    refused = refusal(market.venue, "borrow", USDC, EVERYTHING, sender=BORROWER)
    assert refused == ("BorrowCapExceeded", (USDC, EVERYTHING, UNLIMITED))


def test_borrow_beyond_the_pools_cash_is_refused(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=10_000_000 * HYPE_WEI)
    cash = 50_000_000 * USDC_WEI
    refused = refusal(market.venue, "borrow", USDC, cash + 1, sender=BORROWER)
    assert refused == ("InsufficientCash", (USDC, cash + 1, cash))
    market.venue("borrow", USDC, cash, sender=BORROWER)


def test_borrow_on_an_old_price_is_refused(market: Market) -> None:
    market.set_policy(max_price_age=60)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.evm.warp(60)
    market.venue("borrow", USDC, USDC_WEI, sender=BORROWER)
    market.evm.warp(1)
    refused = refusal(market.venue, "borrow", USDC, USDC_WEI, sender=BORROWER)
    assert refused == ("StalePrice", (HYPE, 61, 60))


def test_borrow_stays_idle_and_no_sweep_takes_it(market: Market) -> None:
    """SPEC BL-12, PM-15: the floor stays idle, and only what comes in beyond it repays."""
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.venue("sweep", BORROWER, sender=SUPPLIER)
    token = market.token(BORROWER, USDC)
    assert (token["idle"], token["borrowed"]) == (1_000 * USDC_WEI, 1_000 * USDC_WEI)
