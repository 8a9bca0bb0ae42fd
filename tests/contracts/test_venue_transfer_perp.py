"""transferPerp: margin of a standard account between spot and a dex. SPEC CH-04."""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    MAKER,
    PORTFOLIO_MARGIN,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8


@pytest.fixture
def funded(market: Market) -> Market:
    """Give the trader 20,000 USDC of spot balance."""
    market.fund(TRADER, USDC, 20_000 * USDC_WEI)
    market.venue("deposit", USDC, 20_000 * USDC_WEI, TRADER, sender=TRADER)
    return market


def test_transfer_in_moves_idle_balance_to_the_dex(funded: Market) -> None:
    funded.venue("transferPerp", 0, 12_000 * USD, True, sender=TRADER)
    assert funded.event("PerpTransferred") == {
        "account": TRADER,
        "dex": 0,
        "usd": 12_000 * USD,
    }
    assert funded.token(TRADER, USDC)["idle"] == 8_000 * USDC_WEI
    assert funded.venue("rawUsdOf", TRADER, 0) == 12_000 * USD


def test_transfer_out_leaves_the_transfer_margin(funded: Market) -> None:
    # Long 1 BTC at 100,000: a tenth of the notional must stay, although 40x would need 2,500.
    funded.venue("transferPerp", 0, 12_000 * USD, True, sender=TRADER)
    funded.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    refused = refusal(funded.venue, "transferPerp", 0, 2_000 * USD + 1, False, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 10_000 * USD, 10_000 * USD - 1))
    funded.venue("transferPerp", 0, 2_000 * USD, False, sender=TRADER)
    assert funded.event("PerpTransferred")["usd"] == -2_000 * USD
    assert funded.token(TRADER, USDC)["idle"] == 10_000 * USDC_WEI


def test_transfer_out_of_a_dex_never_entered_is_refused(funded: Market) -> None:
    refused = refusal(funded.venue, "transferPerp", 0, 1, False, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 0, -1))


def test_transfer_in_of_more_than_is_idle_is_refused(funded: Market) -> None:
    refused = refusal(funded.venue, "transferPerp", 0, 20_000 * USD + 1, True, sender=TRADER)
    # One millionth of a USDC is 100 wei.
    idle = 20_000 * USDC_WEI
    assert refused == ("InsufficientBalance", (USDC, idle + 100, idle))


def test_transfer_of_nothing_is_refused(funded: Market) -> None:
    assert refusal(funded.venue, "transferPerp", 0, 0, True, sender=TRADER) == ("ZeroAmount", ())


@pytest.mark.parametrize("mode", [UNIFIED, PORTFOLIO_MARGIN])
def test_transfer_of_a_swept_account_is_refused(funded: Market, mode: int) -> None:
    funded.venue("setMode", mode, sender=TRADER)
    refused = refusal(funded.venue, "transferPerp", 0, 1, True, sender=TRADER)
    assert refused == ("NotStandardMode", (mode,))


def test_transfer_to_an_unlisted_dex_is_refused(funded: Market) -> None:
    refused = refusal(funded.venue, "transferPerp", 9, 1, True, sender=TRADER)
    assert refused == ("UnknownDex", (9,))


def test_transfer_needs_no_young_mark(funded: Market) -> None:
    funded.set_policy(max_price_age=60, max_liquidation_price_age=600)
    funded.evm.warp(10_000)
    funded.venue("transferPerp", 0, USD, True, sender=TRADER)
    funded.venue("transferPerp", 0, USD, False, sender=MAKER)


def test_transfer_out_on_an_old_mark_is_refused(funded: Market) -> None:
    """What must stay behind is a part of the notional, which the mark decides. SPEC OR-02."""
    funded.venue("transferPerp", 0, 12_000 * USD, True, sender=TRADER)
    funded.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    funded.set_policy(max_price_age=60, max_liquidation_price_age=600)
    funded.evm.warp(61)
    refused = refusal(funded.venue, "transferPerp", 0, USD, False, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))
    funded.venue("transferPerp", 0, USD, True, sender=TRADER)


def test_transfer_out_beyond_the_number_range_of_a_balance_is_refused_by_name(
    funded: Market,
) -> None:
    funded.venue("transferPerp", 0, 10 * USD, True, sender=TRADER)
    left = 2**128 // 100 * 100 - funded.token(TRADER, USDC)["idle"]
    funded.fund(TRADER, USDC, left)
    funded.venue("deposit", USDC, left, TRADER, sender=TRADER)
    refused = refusal(funded.venue, "transferPerp", 0, 10 * USD, False, sender=TRADER)
    assert refused == ("DoesNotFit128", (2**128 // 100 * 100 + 10 * USDC_WEI,))
