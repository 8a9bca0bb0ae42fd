"""Being first out of a reserve with a deficit. SPEC LQ-10 to LQ-12."""

from __future__ import annotations

from typing import Any

import pytest
from attacks.capital import ANY_BUY, ATTACKER, SECOND, WEI, worth
from support.loans import faq_loan
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    KEEPER,
    SUPPLIER,
    TRADER,
    USDC,
    refusal,
)
from venue.mirror import MirroredMarket

DEFICIT = 20_000 * WEI


@pytest.fixture
def short_of(mirrored: MirroredMarket) -> MirroredMarket:
    """Leave the USDC reserve 20,000 short, the attacker's 50,000 in it, and somebody's debt."""
    faq_loan(mirrored)
    mirrored.portfolio_account(TRADER, usdc=10_000 * WEI)
    mirrored.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    mirrored.portfolio_account(ATTACKER, usdc=50_000 * WEI)
    mirrored.set_prices(btc=130_000)
    while mirrored.margin(TRADER)["liquidatable"]:
        mirrored.venue("liquidate", TRADER, sender=KEEPER)
    assert mirrored.venue("reserveOf", USDC)["deficit"] == DEFICIT
    mirrored.set_prices(btc=100_000, hype=33)
    mirrored.venue("setIsolated", BTC_PERP, True, sender=ATTACKER)
    return mirrored


WAYS: tuple[tuple[Any, ...], ...] = (
    ("withdraw", USDC, EVERYTHING, ATTACKER),
    ("spotSend", SECOND, USDC, EVERYTHING),
    ("borrow", USDC, 50_001 * WEI),
    ("order", 10_107, True, ANY_BUY, 100, False),
    ("order", BTC_PERP, True, ANY_BUY, 10**4, False),
    ("liquidateAsTaker", BORROWER),
)


def test_supply_of_a_reserve_with_a_deficit_gets_out_on_no_way(short_of: MirroredMarket) -> None:
    """Leave before the loss is spread: by the door, to a friend, by trade, or for a loan."""
    before, claim = worth(short_of, ATTACKER, SECOND), worth(short_of, SUPPLIER)
    for way in WAYS:
        refused = refusal(short_of.venue, *way, sender=ATTACKER)
        assert refused == ("WithdrawLocked", (USDC, DEFICIT, 0)), way
    assert (worth(short_of, ATTACKER, SECOND), worth(short_of, SUPPLIER)) == (before, claim)
    # The loss is everybody's in proportion: 20,000 · 50,000 / 50,050,000.
    short_of.venue("socialise", USDC)
    lost = before - worth(short_of, ATTACKER, SECOND)
    assert lost == pytest.approx(19.98002, abs=1e-5)


def test_deficit_paid_down_by_a_stranger_brings_it_nothing(short_of: MirroredMarket) -> None:
    """Pay a deficit down and hope for a share of what it opens: it is a gift."""
    short_of.fund(SECOND, USDC, 30_000 * WEI)
    before = worth(short_of, ATTACKER, SECOND)
    short_of.venue("coverDeficit", USDC, EVERYTHING, sender=SECOND)
    assert short_of.venue("reserveOf", USDC)["deficit"] == 0
    assert before - worth(short_of, ATTACKER, SECOND) == 20_000
