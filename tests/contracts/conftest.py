"""One fresh market for every test, and the identity that no test may leave broken."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.checked import CHECKED
from support.checks import claims
from support.venue import Market
from support.wide_market import WideMarket
from venue.mirror import MirroredMarket


@pytest.fixture(autouse=True)
def claimed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Require of every test that it checks what `checks.json` says it does."""
    CHECKED.clear()
    yield
    test = request.node.nodeid.removeprefix("tests/contracts/")
    if notes := os.environ.get("PMKIT_NOTE_CHECKS"):
        with Path(notes).open("a") as file:
            print(json.dumps([test, sorted(CHECKED)]), file=file)
        return
    unkept = claims().get(test, set()) - CHECKED
    assert not unkept, f"no longer checked here (scripts/fill_checks.py): {unkept}"


@pytest.fixture
def market() -> Iterator[Market]:
    """Give the small market; afterwards nothing may be lost or made. SPEC BL-08."""
    market = Market.deploy()
    yield market
    market.require_conserved()


@pytest.fixture
def mirrored() -> Iterator[MirroredMarket]:
    """Give the wide market with its twin: every call is made, and must end alike, on both sides."""
    market = MirroredMarket.deploy()
    market.widen()
    yield market
    market.both.compare_everything()
    market.require_conserved()


@pytest.fixture
def wide_market() -> Iterator[WideMarket]:
    """Give the market with a second dex and a priced USDT0; conserved afterwards. SPEC BL-08."""
    market = WideMarket.deploy()
    market.widen()
    yield market
    market.require_conserved()
