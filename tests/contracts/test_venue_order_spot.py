"""order on spot pairs: paid from idle balance, supply and new debt. SPEC CH-03, CH-06."""

from __future__ import annotations

import pytest
from support.venue import (
    HYPE,
    INSURANCE,
    MAKER,
    SUPPLIER,
    TRADER,
    UBTC,
    USDC,
    USDT0,
    WAD,
    Market,
    refusal,
)
from support.wide_market import WideMarket

USDC_WEI = 10**8
HYPE_WEI = 10**8
HYPE_SPOT, UBTC_SPOT, USDT0_SPOT = 10_107, 10_142, 10_166
ANY_BUY = 2**64 - 1


def funded(market: Market, token: int, amount: int) -> None:
    market.fund(TRADER, token, amount)
    market.venue("deposit", token, amount, TRADER, sender=TRADER)


def balances(market: Market, account: str, token: int) -> tuple[int, int, int]:
    """Return idle, supplied and borrowed, zeros for a token that was never held."""
    for t in market.account(account)["tokens"]:
        if t["token"] == token:
            return t["idle"], t["supplied"], t["borrowed"]
    return 0, 0, 0


def test_order_buys_with_idle_balance_from_the_maker(market: Market) -> None:
    funded(market, USDC, 1_000 * USDC_WEI)
    maker_before = balances(market, MAKER, USDC)[0], balances(market, MAKER, HYPE)[0]
    market.venue("order", HYPE_SPOT, True, 50_000_000, 10 * 100, False, sender=TRADER)
    assert market.event("Filled") == {
        "account": TRADER,
        "asset": HYPE_SPOT,
        "isBuy": True,
        "px": 50_000_000,
        "sz": 1_000,
        "fee": 0,
    }
    assert balances(market, TRADER, USDC) == (500 * USDC_WEI, 0, 0)
    assert balances(market, TRADER, HYPE) == (10 * HYPE_WEI, 0, 0)
    maker_after = balances(market, MAKER, USDC)[0], balances(market, MAKER, HYPE)[0]
    assert maker_after[0] - maker_before[0] == 500 * USDC_WEI
    assert maker_after[1] - maker_before[1] == -10 * HYPE_WEI


def test_order_of_a_portfolio_account_buys_with_supply_and_then_debt(market: Market) -> None:
    # 1 UBTC of collateral; 1,000 USDC supplied; HYPE for 1,500: 500 are borrowed.
    market.portfolio_account(TRADER, ubtc=10**10, usdc=1_000 * USDC_WEI)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 30 * 100, False, sender=TRADER)
    assert balances(market, TRADER, USDC) == (0, 0, 500 * USDC_WEI)
    assert balances(market, TRADER, HYPE) == (0, 30 * HYPE_WEI, 0)


def test_order_of_a_portfolio_account_sells_and_repays(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 30 * 100, False, sender=TRADER)
    market.venue("order", HYPE_SPOT, False, 0, 20 * 100, False, sender=TRADER)
    assert balances(market, TRADER, USDC) == (0, 0, 500 * USDC_WEI)


def test_order_without_portfolio_margin_spends_no_supply(market: Market) -> None:
    funded(market, USDC, 100 * USDC_WEI)
    market.venue("supply", USDC, 900 * USDC_WEI, TRADER, sender=SUPPLIER)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1_000, False, sender=TRADER)
    assert refused == ("InsufficientBalance", (USDC, 500 * USDC_WEI, 100 * USDC_WEI))


def test_order_that_sells_more_than_there_is_of_a_token_that_is_not_lent_is_refused(
    market: Market,
) -> None:
    market.portfolio_account(TRADER, ubtc=10**10, hype=3 * HYPE_WEI)
    refused = refusal(market.venue, "order", HYPE_SPOT, False, 0, 500, False, sender=TRADER)
    assert refused == ("InsufficientBalance", (HYPE, 5 * HYPE_WEI, 3 * HYPE_WEI))


def test_order_sells_a_borrowed_token(wide_market: WideMarket) -> None:
    """SPEC CH-03: a token that is lent may be sold short into the quote."""
    wide_market.portfolio_account(TRADER, ubtc=10**10)
    wide_market.venue("order", USDT0_SPOT, False, 0, 1_000 * 100, False, sender=TRADER)
    assert balances(wide_market, TRADER, USDT0) == (0, 0, 1_000 * 10**8)
    assert balances(wide_market, TRADER, USDC) == (0, 1_000 * USDC_WEI, 0)


def test_order_of_one_lot_pays_to_the_last_wei(wide_market: WideMarket) -> None:
    # 0.01 USDT0 at 0.999937 = 0.00999937 USDC: a lot times a price step is one wei of 1e-8 USDC.
    wide_market.usdt0_px = 999_937
    wide_market.report()
    wide_market.portfolio_account(TRADER, ubtc=10**10)
    wide_market.venue("order", USDT0_SPOT, True, ANY_BUY, 1, False, sender=TRADER)
    assert balances(wide_market, TRADER, USDC) == (0, 0, 999_937)


def test_order_pays_its_fee_in_what_it_gets(market: Market) -> None:
    # 0.07 % of 10 HYPE = 0.007 HYPE.
    market.set_policy(spot_fee_ppm=700)
    funded(market, USDC, 500 * USDC_WEI)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 1_000, False, sender=TRADER)
    assert market.event("Filled")["fee"] == 700_000
    assert balances(market, TRADER, HYPE)[0] == 10 * HYPE_WEI - 700_000
    assert balances(market, INSURANCE, HYPE)[0] == 700_000


@pytest.mark.parametrize(("is_buy", "limit"), [(True, 49_999_999), (False, 50_000_001)])
def test_order_beyond_its_limit_is_refused(market: Market, is_buy: bool, limit: int) -> None:
    refused = refusal(market.venue, "order", HYPE_SPOT, is_buy, limit, 1, False, sender=TRADER)
    assert refused == ("LimitPriceCrossed", (limit, 50_000_000))


def test_order_on_an_unlisted_pair_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", 10_009, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("UnknownPair", (9,))


def test_order_on_a_pair_without_a_price_is_refused(market: Market) -> None:
    market.registry("listPair", (9, USDT0, USDC, False, 0))
    refused = refusal(market.venue, "order", 10_009, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("SpotPriceMissing", (9,))


def test_order_on_an_old_price_is_refused(market: Market) -> None:
    market.set_policy(max_price_age=60)
    funded(market, USDC, 500 * USDC_WEI)
    market.evm.warp(61)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("StalePrice", (HYPE, 61, 60))


def test_order_beyond_what_the_maker_holds_is_refused(market: Market) -> None:
    # The maker holds 10,000 UBTC.
    funded(market, USDC, 2_000_000_000 * USDC_WEI)
    size = 10_000 * 10**5
    one_more = (UBTC_SPOT, True, ANY_BUY, size + 1, False)
    refused = refusal(market.venue, "order", *one_more, sender=TRADER)
    held = 10_000 * 10**10
    assert refused == ("MakerCapacity", (held + 10**5, held))
    market.venue("order", UBTC_SPOT, True, ANY_BUY, size, False, sender=TRADER)
    assert balances(market, MAKER, UBTC) == (0, 0, 0)


def test_order_that_needs_more_debt_than_the_cap_is_refused(market: Market) -> None:
    market.set_caps(USDC, user_borrow=400 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=10**10)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1_000, False, sender=TRADER)
    assert refused == ("BorrowCapExceeded", (USDC, 500 * USDC_WEI, 400 * USDC_WEI))


def test_order_that_needs_more_than_the_pools_cash_is_refused(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("withdraw", USDC, (50_000_000 - 400) * USDC_WEI, SUPPLIER, sender=SUPPLIER)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1_000, False, sender=TRADER)
    assert refused == ("InsufficientCash", (USDC, 500 * USDC_WEI, 400 * USDC_WEI))


def test_order_that_borrows_below_health_factor_one_is_refused(market: Market) -> None:
    # 10 HYPE at 50 carry 250, and each one bought adds 25 to that: with 10 more, debt and power are
    # 500. One lot more: (20.01 · 50 · 0.5) / 500.5 = 500.25 / 500.5.
    market.portfolio_account(TRADER, hype=10 * HYPE_WEI)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1_001, False, sender=TRADER)
    assert refused == ("HealthFactorBelowOne", (50_025 * WAD // 50_050,))
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 1_000, False, sender=TRADER)


def test_order_that_leaves_the_ratio_beyond_the_trigger_is_refused(market: Market) -> None:
    # The user's cap of 1,000 bounds what collateral counts: 960 of net debt against it is 0.96.
    market.set_caps(USDC, user_borrow=1_000 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=TRADER)
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1_920, False, sender=TRADER)
    assert refused == ("RatioAboveTrigger", (96 * WAD // 100, 95 * WAD // 100))
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 1_900, False, sender=TRADER)


def test_order_by_the_market_maker_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 1, False, sender=MAKER)
    assert refused == ("SelfTrade", (MAKER,))


def test_order_of_a_size_out_of_range_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", HYPE_SPOT, True, ANY_BUY, 0, False, sender=TRADER)
    assert refused == ("InvalidSize", (0,))
