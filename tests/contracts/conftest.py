"""One fresh market for every test, and the identity that no test may leave broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.venue import Market
from support.wide_market import WideMarket


@pytest.fixture
def market() -> Iterator[Market]:
    """Give the small market; afterwards nothing may be lost or made. SPEC BL-08."""
    market = Market.deploy()
    yield market
    market.require_conserved()


@pytest.fixture
def wide_market() -> Iterator[WideMarket]:
    """Give the market with a second dex and a priced USDT0; conserved afterwards. SPEC BL-08."""
    market = WideMarket.deploy()
    assert isinstance(market, WideMarket)
    market.widen()
    yield market
    market.require_conserved()
