"""withdraw: own balance back to a wallet. SPEC BL-11, BL-14, OR-02."""

from __future__ import annotations

import pytest
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
    Market,
    refusal,
)

USDC_WEI = 10**8
HYPE_WEI = 10**8


def test_withdraw_of_idle_balance_pays_another_wallet(market: Market) -> None:
    market.fund(TRADER, USDC, 1_000 * USDC_WEI)
    market.venue("deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    withdrawn = market.venue("withdraw", USDC, 400 * USDC_WEI, BORROWER, sender=TRADER)
    assert withdrawn == 400 * USDC_WEI
    assert market.event("Withdrawn") == {
        "account": TRADER,
        "token": USDC,
        "amount": 400 * USDC_WEI,
        "to": BORROWER,
    }
    assert market.erc20[USDC]("balanceOf", BORROWER) == 400 * 10**6
    assert market.token(TRADER, USDC)["idle"] == 600 * USDC_WEI


def test_withdraw_takes_idle_balance_before_supply(market: Market) -> None:
    market.fund(TRADER, USDC, 300 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("supply", USDC, 200 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("withdraw", USDC, 150 * USDC_WEI, TRADER, sender=TRADER)
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (0, 150 * USDC_WEI)


def test_withdraw_of_everything_leaves_less_than_a_unit_of_the_wallet(market: Market) -> None:
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("spotSend", SUPPLIER, USDC, 37, sender=TRADER)
    # 9,999,999,963 wei are 99,999,999 units of 100 wei and 63 wei.
    withdrawn = market.venue("withdraw", USDC, EVERYTHING, TRADER, sender=TRADER)
    assert withdrawn == 9_999_999_900
    assert market.token(TRADER, USDC)["idle"] == 63


def test_withdraw_of_part_of_a_unit_is_refused(market: Market) -> None:
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    refused = refusal(market.venue, "withdraw", USDC, 150, TRADER, sender=TRADER)
    assert refused == ("InexactAmount", (USDC, 150, 100))


@pytest.mark.parametrize("amount", [0, EVERYTHING])
def test_withdraw_of_nothing_is_refused(market: Market, amount: int) -> None:
    refused = refusal(market.venue, "withdraw", USDC, amount, TRADER, sender=TRADER)
    assert refused == ("ZeroAmount", ())


def test_withdraw_of_more_than_the_account_has_is_refused(market: Market) -> None:
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    refused = refusal(market.venue, "withdraw", USDC, 101 * USDC_WEI, TRADER, sender=TRADER)
    assert refused == ("InsufficientBalance", (USDC, 101 * USDC_WEI, 100 * USDC_WEI))


def test_withdraw_of_borrowed_money_is_refused(market: Market) -> None:
    # 100 idle − 100 borrowed = nothing of its own.
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "withdraw", USDC, 100 * USDC_WEI, BORROWER, sender=BORROWER)
    assert refused == ("InsufficientBalance", (USDC, 100 * USDC_WEI, 0))


def test_withdraw_of_locked_collateral_is_refused_and_of_the_rest_is_not(market: Market) -> None:
    # The venue's example: 100 USDC borrowed, HYPE at 40, LTV 0.5: 100 / (0.5 · 40) = 5 HYPE locked.
    market.set_prices(hype=40)
    market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=BORROWER)
    name, (factor,) = refusal(
        market.venue, "withdraw", HYPE, 5 * HYPE_WEI + 1, BORROWER, sender=BORROWER
    )
    # 4.99999999 · 40 · 0.5 / 100 = 0.999999998.
    assert (name, factor) == ("HealthFactorBelowOne", 999_999_998 * 10**9)
    market.venue("withdraw", HYPE, 5 * HYPE_WEI, BORROWER, sender=BORROWER)
    assert market.margin(BORROWER)["healthFactor"] == WAD


def test_withdraw_beyond_the_pools_cash_is_refused(market: Market) -> None:
    # 50,000,000 supplied, 20,000,000 of them lent: 30,000,000 in cash.
    market.portfolio_account(BORROWER, hype=1_000_000 * HYPE_WEI)
    market.venue("borrow", USDC, 20_000_000 * USDC_WEI, sender=BORROWER)
    refused = refusal(market.venue, "withdraw", USDC, EVERYTHING, SUPPLIER, sender=SUPPLIER)
    cash = 30_000_000 * USDC_WEI
    assert refused == ("InsufficientCash", (USDC, 50_000_000 * USDC_WEI, cash))
    market.venue("withdraw", USDC, cash, SUPPLIER, sender=SUPPLIER)
    assert market.venue("reserveOf", USDC)["cash"] == 0


def test_withdraw_by_a_debt_free_account_needs_no_price(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.portfolio_account(TRADER, ubtc=10**10, usdc=100 * USDC_WEI)
    market.evm.warp(86_400)
    market.venue("withdraw", UBTC, EVERYTHING, TRADER, sender=TRADER)
    market.venue("withdraw", USDC, EVERYTHING, TRADER, sender=TRADER)
    assert market.account(TRADER)["tokens"] == []


def test_withdraw_by_an_indebted_account_needs_a_young_price(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=BORROWER)
    market.evm.warp(61)
    refused = refusal(market.venue, "withdraw", HYPE, HYPE_WEI, BORROWER, sender=BORROWER)
    assert refused == ("StalePrice", (HYPE, 61, 60))
    market.set_prices(hype=50)
    market.venue("withdraw", HYPE, HYPE_WEI, BORROWER, sender=BORROWER)


def test_withdraw_with_a_position_needs_a_young_mark(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.portfolio_account(TRADER, usdc=100_000 * USDC_WEI)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    market.evm.warp(61)
    refused = refusal(market.venue, "withdraw", USDC, USDC_WEI, TRADER, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))


def test_withdraw_by_a_standard_account_looks_at_no_dex(market: Market) -> None:
    """SPEC AC-01: each dex of a standard account has its own margin; spot backs nothing."""
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.fund(TRADER, USDC, 3_500 * USDC_WEI)
    market.venue("deposit", USDC, 3_500 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 2_500 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    # One percent down, the dex has 1,500 and an initial margin of 2,475; and later the mark is old.
    market.set_prices(btc=99_000)
    market.venue("withdraw", USDC, 500 * USDC_WEI, TRADER, sender=TRADER)
    market.evm.warp(1_000)
    market.venue("withdraw", USDC, 500 * USDC_WEI, TRADER, sender=TRADER)


def test_withdraw_beside_a_hole_in_a_dex_is_refused(market: Market) -> None:
    """A closed position left its dex below zero, which the empty pool could not fund.

    Without debt and without positions the account once counted as free of exposure, and its
    collateral left while the loss stayed.
    """
    market.portfolio_account(TRADER, ubtc=10**10, usdc=10_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.venue("withdraw", USDC, EVERYTHING, SUPPLIER, sender=SUPPLIER)
    market.set_prices(btc=150_000)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    # 10,000 of margin − 50,000 of loss.
    assert market.venue("rawUsdOf", TRADER, 0) == -40_000 * USD
    assert market.token(TRADER, USDC)["borrowed"] == 0
    for function, args in (
        ("withdraw", (UBTC, EVERYTHING, TRADER)),
        ("spotSend", (BORROWER, UBTC, EVERYTHING)),
    ):
        refused = refusal(market.venue, function, *args, sender=TRADER)
        assert refused == ("InsufficientMargin", (0, 0, -40_000 * USD))


def test_withdraw_by_a_portfolio_account_beyond_its_margin_is_refused(market: Market) -> None:
    # Long 1,000 HYPE at 50 with 60,000 USDC: a tenth of the notional stays in the dex, 5,000; the
    # other 55,000 are supplied and may leave, and what is in the dex may not.
    market.portfolio_account(TRADER, usdc=60_000 * USDC_WEI)
    market.venue("order", HYPE_PERP, True, 2**64 - 1, 1_000 * 100, False, sender=TRADER)
    assert market.token(TRADER, USDC)["supplied"] == 55_000 * USDC_WEI
    market.venue("withdraw", USDC, 55_000 * USDC_WEI, TRADER, sender=TRADER)
    assert market.venue("rawUsdOf", TRADER, 0) == (5_000 - 50_000) * USD
    refused = refusal(market.venue, "withdraw", USDC, 100, TRADER, sender=TRADER)
    assert refused == ("InsufficientBalance", (USDC, 100, 0))


def test_withdraw_to_nobody_is_refused_by_the_token(market: Market) -> None:
    nobody = "0x" + "00" * 20
    refused = refusal(market.venue, "withdraw", USDC, 100, nobody, sender=SUPPLIER)
    assert refused == ("ERC20InvalidReceiver", (nobody,))


def test_withdraw_to_the_venue_itself_is_refused(market: Market) -> None:
    """SPEC BL-11: once it left the account and reached nobody, for good."""
    market.fund(TRADER, USDC, USDC_WEI)
    market.venue("deposit", USDC, USDC_WEI, TRADER, sender=TRADER)
    nowhere = market.venue.address
    refused = refusal(market.venue, "withdraw", USDC, USDC_WEI, nowhere, sender=TRADER)
    assert refused == ("NotAReceiver", (nowhere.lower(),))
    for function in ("deposit", "supply"):
        refused = refusal(market.venue, function, USDC, USDC_WEI, nowhere, sender=SUPPLIER)
        assert refused == ("NotAReceiver", (nowhere.lower(),))
