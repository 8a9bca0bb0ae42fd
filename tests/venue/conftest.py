"""A market in plain integers with somebody in it."""

from __future__ import annotations

import pytest
from venue.stage import HYPE_WEI, USDC_WEI, buy, portfolio_account, stage

from pmkit.venue import Venue


@pytest.fixture
def venue() -> Venue:
    """Give a market with a borrower: 100 HYPE, 1,000 USDC owed, long 0.01 BTC."""
    venue = stage()
    borrower = portfolio_account(venue, "borrower", hype=100 * HYPE_WEI)
    borrower.borrow("USDC", 1_000 * USDC_WEI)
    buy(borrower, "BTC", 1_000)
    return venue
