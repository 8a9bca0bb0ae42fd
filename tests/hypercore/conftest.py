"""One fresh market with HyperEVM around it for every test, and nothing lost on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.hypercore import HyperMarket


@pytest.fixture
def market() -> Iterator[HyperMarket]:
    """Give the market; afterwards nothing may be lost or made. SPEC BL-08."""
    market = HyperMarket.deploy()
    yield market
    market.require_conserved()
