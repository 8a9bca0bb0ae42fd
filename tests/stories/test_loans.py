"""Loans, each from its first deposit to its end: the smaller stories, with figures from paper."""

from __future__ import annotations

import pytest
from support.loans import faq_loan
from support.story import DOLLAR, Story
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    HYPE,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    USDC,
    WAD,
)

ONE_BTC = 10**5
HYPE_SPOT, USDT0_SPOT = 10_107, 10_166


def test_faq_loan_is_cured_by_steps_and_repaid(story: Story) -> None:
    """The venue's example: 10 HYPE at 50 carry 250 USDC; at 33 the loan is in the partial band."""
    faq_loan(story)
    assert story.margin(BORROWER)["healthFactor"] == WAD
    story.set_prices(hype=33)
    for _ in range(3):
        step = story.liquidates(BORROWER)
        story.warp(3)
    assert step["liquidatable"] is False
    # Three steps of 50 USDC, each for 50 / 27.5 HYPE.
    assert story.token(BORROWER, HYPE)["supplied"] == pytest.approx(454_545_457, abs=3)
    assert story.token(BACKSTOP, HYPE)["supplied"] == pytest.approx(545_454_543, abs=3)
    # The rest of the debt is paid with what the loan had bought.
    story.sells(BORROWER, USDT0_SPOT, 250 * 100)
    _, supplied, borrowed = story.holds(BORROWER, USDC)
    assert borrowed == 0
    assert supplied == pytest.approx(150 * DOLLAR, abs=1_000)
    story.withdraws(BORROWER, HYPE)


def test_prices_fall_silent_and_everybody_leaves(story: Story) -> None:
    """SPEC OR-02, BL-13: repaying, supplying and leaving without debt need no price."""
    story.set_policy(max_price_age=60, max_liquidation_price_age=600)
    story.opens(BORROWER, hype=100)
    story.borrows(BORROWER, USDC, 1_000 * DOLLAR)
    story.warp(86_400)
    refused = story.refuses(BORROWER, "borrow", USDC, 1)
    assert refused == ("StalePrice", (HYPE, 86_400, 60))
    story.repays(BORROWER, USDC)
    story.withdraws(BORROWER, HYPE)
    story.supplies(SUPPLIER, USDC, 100)
    story.withdraws(SUPPLIER, USDC)
    assert story.erc20[HYPE]("balanceOf", BORROWER) == 100 * 10**18


def test_explicit_loan_is_traded_and_not_swept_back(story: Story) -> None:
    """SPEC BL-12: borrowed money stays idle until it is used; the floor keeps the sweep from it."""
    story.opens(BORROWER, hype=100)
    story.borrows(BORROWER, USDC, 1_000 * DOLLAR)
    story.buys(BORROWER, HYPE_SPOT, 10 * 100)
    story.sweeps(BORROWER)
    assert story.holds(BORROWER, USDC) == (500 * DOLLAR, 0, 1_000 * DOLLAR)
    # Sold again, what comes back stays idle up to the floor.
    story.sells(BORROWER, HYPE_SPOT, 10 * 100)
    assert story.holds(BORROWER, USDC) == (1_000 * DOLLAR, 0, 1_000 * DOLLAR)
    # An order that wants 1,000 in the dex takes it before anything new is borrowed.
    story.sells(BORROWER, BTC_PERP, ONE_BTC // 10)
    assert story.holds(BORROWER, USDC) == (0, 0, 1_000 * DOLLAR)
    # Closed, the margin lies idle again, since it is borrowed on purpose.
    story.buys(BORROWER, BTC_PERP, ONE_BTC // 10)
    assert story.holds(BORROWER, USDC) == (1_000 * DOLLAR, 0, 1_000 * DOLLAR)


def test_debt_in_a_token_that_is_later_supplied_is_paid_first(story: Story) -> None:
    """SPEC BL-07: a position in the pool is supply or debt, never both."""
    story.opens(BORROWER, hype=100)
    story.borrows(BORROWER, USDC, 1_000 * DOLLAR)
    story.buys(BORROWER, HYPE_SPOT, 20 * 100)
    story.supplies(BORROWER, USDC, 400 * DOLLAR)
    assert story.holds(BORROWER, USDC) == (0, 0, 600 * DOLLAR)
    story.supplies(BORROWER, USDC, 1_100 * DOLLAR)
    assert story.holds(BORROWER, USDC) == (0, 500 * DOLLAR, 0)
    assert story.token(BORROWER, USDC)["borrowFloor"] == 0


def test_account_that_the_backstop_took_starts_again(story: Story) -> None:
    faq_loan(story)
    story.set_prices(hype=20)
    story.liquidates(BORROWER)
    # The loss of 50 found neither buffer nor insurance and is the reserve's deficit, in the open.
    assert story.reserve()["deficit"] == 50 * DOLLAR
    story.venue("setMode", PORTFOLIO_MARGIN, sender=BORROWER)
    story.brings(BORROWER, HYPE, 10 * DOLLAR)
    story.borrows(BORROWER, USDC, 100 * DOLLAR)
    assert story.margin(BORROWER)["healthFactor"] == WAD
