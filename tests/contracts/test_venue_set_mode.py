"""setMode: how an account is margined. SPEC AC-01, AC-02."""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    HYPE_PERP,
    PORTFOLIO_MARGIN,
    STANDARD,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8


def test_set_mode_notes_the_account_and_the_mode(market: Market) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert market.event("ModeSet") == {"account": TRADER, "mode": PORTFOLIO_MARGIN}
    state = market.venue("accountState", TRADER)
    assert (state["mode"], state["exists"]) == (PORTFOLIO_MARGIN, True)


def test_set_mode_to_portfolio_margin_supplies_what_lies_idle(market: Market) -> None:
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (0, 100 * USDC_WEI)


@pytest.mark.parametrize(("asset", "bitmap"), [(BTC_PERP, 1), (HYPE_PERP, 2)])
def test_set_mode_with_a_position_is_refused(market: Market, asset: int, bitmap: int) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", asset, False, 0, 100, False, sender=TRADER)
    refused = refusal(market.venue, "setMode", STANDARD, sender=TRADER)
    assert refused == ("PositionsOpen", (bitmap,))


def test_set_mode_with_debt_is_refused(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("borrow", USDC, 100 * USDC_WEI, sender=TRADER)
    refused = refusal(market.venue, "setMode", STANDARD, sender=TRADER)
    assert refused == ("DebtOpen", (USDC, 100 * USDC_WEI))


def test_set_mode_with_equity_in_a_dex_is_refused(market: Market) -> None:
    market.fund(TRADER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 5 * USD, True, sender=TRADER)
    refused = refusal(market.venue, "setMode", UNIFIED, sender=TRADER)
    assert refused == ("DexEquityOpen", (0, 5 * USD))
    market.venue("transferPerp", 0, 5 * USD, False, sender=TRADER)
    market.venue("setMode", UNIFIED, sender=TRADER)


def test_set_mode_of_a_swept_account_takes_the_equity_home_first(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=90_000)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    market.venue("setMode", STANDARD, sender=TRADER)
    # The short earned 10,000.
    assert market.venue("rawUsdOf", TRADER, 0) == 0
    assert market.token(TRADER, USDC)["supplied"] == 10_000 * USDC_WEI
    assert market.token(TRADER, UBTC)["supplied"] == 10**10


def test_set_mode_to_one_that_does_not_exist_is_refused(market: Market) -> None:
    # The decoder of the call's data refuses it, without a name.
    with pytest.raises(AssertionError, match=r"unknown revert data 0x$"):
        market.venue("setMode", 3, sender=TRADER)


def test_set_mode_to_the_same_mode_changes_nothing(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert market.token(TRADER, UBTC)["supplied"] == 10**10
