"""repay: debt goes down, whatever else is wrong. SPEC BL-13, BL-14."""

from __future__ import annotations

import pytest
from support.venue import (
    BORROWER,
    EVERYTHING,
    HYPE,
    SUPPLIER,
    TRADER,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8


@pytest.fixture
def indebted(market: Market) -> Market:
    """Let the borrower owe 1,000 USDC, which lie idle, and hold 2,000 more in the wallet."""
    market.portfolio_account(BORROWER, hype=100 * 10**8)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.fund(BORROWER, USDC, 2_000 * USDC_WEI)
    return market


def test_repay_of_a_part_lowers_debt_and_floor(indebted: Market) -> None:
    repaid = indebted.venue("repay", USDC, 400 * USDC_WEI, BORROWER, sender=BORROWER)
    assert repaid == 400 * USDC_WEI
    assert indebted.event("Repaid") == {
        "account": BORROWER,
        "token": USDC,
        "amount": 400 * USDC_WEI,
        "payer": BORROWER,
    }
    # 600 of debt and floor are left. Of the 1,000 idle, 400 lie over the floor; no debt does, so
    # they stay idle.
    token = indebted.token(BORROWER, USDC)
    assert (token["borrowed"], token["borrowFloor"]) == (600 * USDC_WEI, 600 * USDC_WEI)
    assert token["idle"] == 1_000 * USDC_WEI


def test_repay_of_everything_pays_the_debt_and_no_more(indebted: Market) -> None:
    before = indebted.erc20[USDC]("balanceOf", BORROWER)
    repaid = indebted.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    assert repaid == 1_000 * USDC_WEI
    assert before - indebted.erc20[USDC]("balanceOf", BORROWER) == 1_000 * 10**6
    token = indebted.token(BORROWER, USDC)
    assert (token["borrowed"], token["borrowFloor"]) == (0, 0)
    # What lay idle as borrowed is the account's own now, and the sweep supplies it.
    assert (token["idle"], token["supplied"]) == (0, 1_000 * USDC_WEI)


def test_repay_of_everything_with_interest_is_credited_for_whole_units(indebted: Market) -> None:
    indebted.evm.warp(3_600)
    # 1,000 · expm1(0.05 / 8760) = 0.005707778…, rounded up to 1e-8.
    debt = indebted.token(BORROWER, USDC)["borrowed"]
    assert debt == 100_000_570_778
    before = indebted.erc20[USDC]("balanceOf", BORROWER)
    repaid = indebted.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    assert repaid == debt
    # The wallet pays 1,000.005708, which is 22 wei more than the debt.
    assert before - indebted.erc20[USDC]("balanceOf", BORROWER) == 1_000_005_708
    supplied = indebted.token(BORROWER, USDC)["supplied"]
    assert 1_000 * USDC_WEI + 21 <= supplied <= 1_000 * USDC_WEI + 22


def test_rest_of_a_unit_is_supplied_even_over_a_full_cap(indebted: Market) -> None:
    """SPEC BL-14, IN-10: the pool keeps what the wallet's last unit brings beyond the debt."""
    indebted.evm.warp(3_600)
    most = 2**128 - 1
    indebted.registry("setTokenCaps", USDC, most, most, 0, most)
    indebted.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    token = indebted.token(BORROWER, USDC)
    # 22 wei of the unit of 100; what was borrowed finds no room and stays idle.
    assert 21 <= token["supplied"] <= 22
    assert token["idle"] == 1_000 * USDC_WEI


def test_repay_of_part_of_a_unit_counts_all_that_was_paid(indebted: Market) -> None:
    # One wei is asked for, the wallet's unit of 100 wei is paid, and the debt falls by 100.
    assert indebted.venue("repay", USDC, 1, BORROWER, sender=BORROWER) == 100
    assert indebted.event("Repaid")["amount"] == 100
    token = indebted.token(BORROWER, USDC)
    assert token["borrowed"] == token["borrowFloor"] == 1_000 * USDC_WEI - 100


def test_repay_by_anybody_for_anybody_passes(indebted: Market) -> None:
    indebted.venue("repay", USDC, 1_000 * USDC_WEI, BORROWER, sender=SUPPLIER)
    assert indebted.event("Repaid")["payer"] == SUPPLIER
    assert indebted.token(BORROWER, USDC)["borrowed"] == 0


def test_repay_on_old_prices_passes(indebted: Market) -> None:
    """SPEC OR-02: exit needs no price."""
    indebted.set_policy(max_price_age=60, max_liquidation_price_age=600)
    indebted.evm.warp(10**6)
    indebted.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    assert indebted.token(BORROWER, USDC)["borrowed"] == 0


def test_repay_while_liquidatable_passes(indebted: Market) -> None:
    # 100 HYPE at 10 are worth 1,000; the debt of 1,000 is idle, so the account owes nothing net;
    # without collateral it may repay all the same.
    indebted.set_prices(hype=10)
    indebted.venue("repay", USDC, 10 * USDC_WEI, BORROWER, sender=BORROWER)


def test_repay_when_the_token_is_lent_no_more_passes(indebted: Market) -> None:
    indebted.registry("setTokenFactors", USDC, 0, False)
    indebted.set_caps(USDC, user_borrow=0, global_borrow=0, global_supply=0)
    indebted.venue("repay", USDC, EVERYTHING, BORROWER, sender=BORROWER)
    assert indebted.token(BORROWER, USDC)["borrowed"] == 0


def test_repay_without_debt_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "repay", USDC, 1, TRADER, sender=SUPPLIER)
    assert refused == ("NoDebt", (USDC,))


def test_repay_of_nothing_is_refused(indebted: Market) -> None:
    refused = refusal(indebted.venue, "repay", USDC, 0, BORROWER, sender=BORROWER)
    assert refused == ("ZeroAmount", ())


def test_repay_beyond_the_wallet_is_refused_by_the_token(indebted: Market) -> None:
    indebted.fund(TRADER, USDC, 100 * USDC_WEI)
    refused = refusal(indebted.venue, "repay", USDC, 101 * USDC_WEI, BORROWER, sender=TRADER)
    assert refused == ("ERC20InsufficientBalance", (TRADER, 100 * 10**6, 101 * 10**6))


def test_repay_of_an_unlisted_token_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "repay", 999, 1, TRADER, sender=TRADER)
    assert refused == ("UnknownToken", (999,))


def test_repay_of_a_token_never_touched_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "repay", HYPE, 1, SUPPLIER, sender=SUPPLIER)
    assert refused == ("NoDebt", (HYPE,))
