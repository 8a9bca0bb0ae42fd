"""What collateral without a price, or with an old one, does not stop. SPEC OR-02, OR-08, OR-09."""

from __future__ import annotations

import pytest
from support.evm import DEPLOYER
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    STABLE_CURVE,
    STANDARD,
    SUPPLIER,
    TRADER,
    UBTC,
    UBTC_USDC,
    UNIFIED,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    Market,
    grid,
    margin_policy,
    refusal,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, USDT0_USDC, WideMarket

USDC_WEI = USDT0_WEI = HYPE_WEI = 10**8
UBTC_WEI = 10**10
DARK, DARK_PERP, DARK_USDC = 9, 9_000, 900
DEBT_FULL, PERP, PERP_TAKEOVER, SETTLE = 1, 2, 3, 4
ANY_BUY = 2**64 - 1
MINUTE, TEN_MINUTES = 60, 600


def list_dark(market: Market, ltv_bps: int) -> None:
    """List a token that nothing has priced yet, and bring 1,000 of it to the supplier's wallet."""
    erc20 = market.evm.deploy("LocalToken", "DARK", 8)
    caps = (UNLIMITED,) * 4
    listing = (DARK, "DARK", erc20.address, 8, 8, 2, ltv_bps, False, *caps, STABLE_CURVE, 0)
    market.registry("listToken", listing)
    erc20("mint", SUPPLIER, 1_000 * 10**8)
    erc20("approve", market.venue.address, EVERYTHING, sender=SUPPLIER)


def send_a_wei(market: Market, account: str) -> None:
    """Let a stranger send an account one wei of HYPE."""
    market.fund(KEEPER, HYPE, 1)
    market.venue("deposit", HYPE, 1, account, sender=KEEPER)


def age(market: Market, seconds: int, btc: int | str) -> None:
    """Let time pass, and report BTC alone."""
    market.evm.warp(seconds)
    market.set_prices(btc=btc)


# Collateral without a price


@pytest.mark.parametrize("function", ["deposit", "supply"])
def test_wallet_of_a_stranger_cannot_pay_in_collateral_without_a_price(
    market: Market, function: str
) -> None:
    """Once one wei of it kept a liquidation away: the account could no longer be judged."""
    list_dark(market, ltv_bps=5_000)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    refused = refusal(market.venue, function, DARK, 1, TRADER, sender=SUPPLIER)
    assert refused == ("PriceMissing", (DARK,))
    assert market.margin(TRADER)["borrowPower"] == 50_000 * WAD


def test_account_of_a_stranger_cannot_send_collateral_without_a_price(market: Market) -> None:
    list_dark(market, ltv_bps=5_000)
    market.venue("deposit", DARK, 10, SUPPLIER, sender=SUPPLIER)
    market.portfolio_account(TRADER)
    refused = refusal(market.venue, "spotSend", TRADER, DARK, 1, sender=SUPPLIER)
    assert refused == ("PriceMissing", (DARK,))
    market.venue("spotSend", BORROWER, DARK, 1, sender=SUPPLIER)


def test_collateral_without_a_price_cannot_be_bought(market: Market) -> None:
    """A spot price alone does not price what a perp takes part in."""
    list_dark(market, ltv_bps=5_000)
    market.venue("deposit", DARK, EVERYTHING, MAKER, sender=SUPPLIER)
    market.registry("listPerp", (DARK_PERP, "DARK", 0, 2, 10, 52))
    market.registry("listPair", (DARK_USDC, DARK, USDC, True, DARK_PERP))
    market.registry("reportPrices", [(DARK_USDC, 10**6)], [], 10**8)
    market.portfolio_account(TRADER, usdc=100 * USDC_WEI)
    order = ("order", 10_000 + DARK_USDC, True, ANY_BUY, 100, False)
    assert refusal(market.venue, *order, sender=TRADER) == ("PriceMissing", (DARK,))
    market.registry("reportPrices", [], [(DARK_PERP, 10**4, 10**4)], 10**8)
    market.venue(*order, sender=TRADER)
    assert market.token(TRADER, DARK)["supplied"] == 10**8


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_accounts_that_count_no_collateral_may_hold_it_without_a_price(
    market: Market, mode: int
) -> None:
    list_dark(market, ltv_bps=5_000)
    if mode != STANDARD:
        market.venue("setMode", mode, sender=TRADER)
    market.venue("deposit", DARK, 2, TRADER, sender=SUPPLIER)
    market.venue("supply", DARK, 1, TRADER, sender=SUPPLIER)
    # It counts with portfolio margin, so it must go or be priced before.
    refused = refusal(market.venue, "setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert refused == ("PriceMissing", (DARK,))
    market.venue("withdraw", DARK, EVERYTHING, TRADER, sender=TRADER)
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)


def test_token_becomes_collateral_only_once_it_has_a_price(market: Market) -> None:
    """SPEC OR-09: accounts may hold it already."""
    list_dark(market, ltv_bps=0)
    market.portfolio_account(TRADER)
    market.venue("deposit", DARK, 1, TRADER, sender=SUPPLIER)
    refused = refusal(market.registry, "setTokenFactors", DARK, 1, False, sender=DEPLOYER)
    assert refused == ("PriceMissing", (DARK,))
    market.registry("setTokenFactors", DARK, 0, True)
    market.registry("listPair", (DARK_USDC, DARK, USDC, False, 0))
    market.registry("reportPrices", [(DARK_USDC, 10**6)], [], 10**8)
    market.registry("setTokenFactors", DARK, 1, False)
    assert market.margin(TRADER)["borrowPower"] == 10**6


# New risk on old prices


def test_new_risk_does_not_wait_for_collateral_that_it_does_not_need(market: Market) -> None:
    """Once a wei of old collateral, which anybody could send, stopped all trading."""
    market.set_policy(max_price_age=MINUTE)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    send_a_wei(market, TRADER)
    age(market, MINUTE + 1, btc=100_000)
    market.venue("borrow", USDC, 10_000 * USDC_WEI, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 10**4, False, sender=TRADER)
    market.venue("withdraw", UBTC, UBTC_WEI // 2, TRADER, sender=TRADER)


def test_new_risk_counts_old_collateral_for_nothing(market: Market) -> None:
    # 0.1 UBTC and 200 HYPE carry 5,000 each, and HYPE's price is a second too old.
    market.set_policy(max_price_age=MINUTE)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI // 10, hype=200 * HYPE_WEI)
    age(market, MINUTE + 1, btc=100_000)
    refused = refusal(market.venue, "borrow", USDC, 5_001 * USDC_WEI, sender=TRADER)
    assert refused == ("StalePrice", (HYPE, MINUTE + 1, MINUTE))
    market.venue("borrow", USDC, 4_999 * USDC_WEI, sender=TRADER)
    refused = refusal(market.venue, "borrow", USDC, 2 * USDC_WEI, sender=TRADER)
    assert refused == ("StalePrice", (HYPE, MINUTE + 1, MINUTE))
    # The figures shown are those of all collateral at its last price.
    assert market.margin(TRADER)["borrowPower"] == 10_000 * WAD


def test_new_risk_counts_collateral_up_to_its_last_second(market: Market) -> None:
    market.set_policy(max_price_age=MINUTE)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI // 10, hype=200 * HYPE_WEI)
    market.evm.warp(MINUTE)
    market.venue("borrow", USDC, 9_999 * USDC_WEI, sender=TRADER)


def test_new_risk_without_any_young_collateral_names_the_first(market: Market) -> None:
    market.set_policy(max_price_age=MINUTE)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI, hype=200 * HYPE_WEI)
    market.evm.warp(MINUTE + 1)
    refused = refusal(market.venue, "borrow", USDC, USDC_WEI, sender=TRADER)
    assert refused == ("StalePrice", (HYPE, MINUTE + 1, MINUTE))


def test_new_risk_that_young_collateral_does_not_carry_either_is_refused_as_ever(
    market: Market,
) -> None:
    market.set_policy(max_price_age=MINUTE)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI // 10)
    age(market, MINUTE + 1, btc=100_000)
    refused = refusal(market.venue, "borrow", USDC, 5_001 * USDC_WEI, sender=TRADER)
    assert refused[0] == "HealthFactorBelowOne"


def test_new_risk_waits_for_the_price_of_what_is_owed(wide_market: WideMarket) -> None:
    wide_market.set_policy(max_price_age=MINUTE)
    wide_market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    wide_market.venue("borrow", USDT0, USDT0_WEI, sender=TRADER)
    age(wide_market, MINUTE + 1, btc=100_000)
    refused = refusal(wide_market.venue, "borrow", USDC, USDC_WEI, sender=TRADER)
    assert refused == ("StalePrice", (USDT0, MINUTE + 1, MINUTE))


# Liquidation on old prices


def carry_trade(market: Market) -> None:
    """Let the trader hold 1 UBTC and be short 1 BTC since 100,000."""
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)


def test_liquidate_does_not_wait_for_collateral_that_could_not_save(market: Market) -> None:
    """Once a wei of old collateral, which anybody could send, kept every liquidation away."""
    market.set_policy(max_price_age=MINUTE, max_liquidation_price_age=TEN_MINUTES)
    carry_trade(market)
    send_a_wei(market, TRADER)
    age(market, TEN_MINUTES + 1, btc="333333.4")
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP


def faq_account(market: WideMarket) -> None:
    """Let the borrower hold the venue's example: 10 HYPE, 250 USDC owed and spent on USDT0."""
    market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    market.venue("borrow", USDC, 250 * USDC_WEI, sender=BORROWER)
    market.venue("order", 10_000 + USDT0_USDC, True, ANY_BUY, 250 * 100, False, sender=BORROWER)


@pytest.mark.parametrize(("hype", "is_saved"), [("33", True), ("17.55", True), ("17.54", False)])
def test_liquidate_nobody_whom_twice_the_last_price_would_save(
    wide_market: WideMarket, hype: str, is_saved: bool
) -> None:
    # 0.95 · 10 · 0.75 · twice the price: 250.09 at 17.55, 249.95 at 17.54; 250.0002 are owed.
    wide_market.set_policy(max_liquidation_price_age=TEN_MINUTES)
    faq_account(wide_market)
    wide_market.set_prices(hype=hype)
    wide_market.evm.warp(TEN_MINUTES + 1)
    assert wide_market.margin(BORROWER)["liquidatable"] is True
    if is_saved:
        refused = refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)
        assert refused == ("StalePrice", (HYPE, TEN_MINUTES + 1, TEN_MINUTES))
        return
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    # What is taken is taken at the last price.
    assert (step["leg"], step["collateralValue"]) == (DEBT_FULL, 1_754 * WAD // 10)
    assert wide_market.event("CollateralTaken")["px"] == grid(hype, 6)


def test_liquidate_nobody_whom_the_sweep_would_save_at_twice_the_last_price(
    market: Market,
) -> None:
    """Under the LTV limit, what collateral is worth decides whether the pool funds a dex.

    2,000 HYPE at 6 carry 6,000, which are owed already: 10,000 for a short of 1 BTC, whose dex
    holds 500 against 1,368.75 at 109,500. At 12 they would carry 12,000, the sweep would bring
    2,000, and (1,368.75 + 9,500) / 18,000 is far from the trigger.
    """
    market.set_policy(margin=margin_policy(strict_ltv=True), max_liquidation_price_age=TEN_MINUTES)
    market.portfolio_account(TRADER, hype=2_000 * HYPE_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(hype=6)
    age(market, TEN_MINUTES + 1, btc=109_500)
    assert market.margin(TRADER)["perpShortfall"] is True
    refused = refusal(market.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused == ("StalePrice", (HYPE, TEN_MINUTES + 1, TEN_MINUTES))


def test_liquidate_waits_for_the_price_of_what_is_owed(wide_market: WideMarket) -> None:
    wide_market.set_policy(max_liquidation_price_age=TEN_MINUTES)
    wide_market.portfolio_account(BORROWER, ubtc=UBTC_WEI // 100)
    wide_market.venue("borrow", USDT0, 500 * USDT0_WEI, sender=BORROWER)
    order = ("order", 10_000 + USDT0_USDC, False, 0, 500 * 100, False)
    wide_market.venue(*order, sender=BORROWER)
    wide_market.venue("order", 10_107, True, ANY_BUY, 10 * 100 - 1, False, sender=BORROWER)
    age(wide_market, TEN_MINUTES + 1, btc=10_000)
    wide_market.set_prices(hype=10)
    refused = refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)
    assert refused == ("StalePrice", (USDT0, TEN_MINUTES + 1, TEN_MINUTES))


def test_liquidate_waits_for_every_mark(market: Market) -> None:
    market.set_policy(max_liquidation_price_age=TEN_MINUTES)
    carry_trade(market)
    market.set_prices(btc=340_000)
    market.evm.warp(TEN_MINUTES + 1)
    market.registry("reportPrices", [(UBTC_USDC, grid(340_000, 3))], [], 10**8)
    refused = refusal(market.venue, "liquidate", TRADER, sender=KEEPER)
    # The price of UBTC is as old as its oldest part; twice it would not save a hedged account.
    assert refused == ("StaleMark", (BTC_PERP, TEN_MINUTES + 1, TEN_MINUTES))


# Where a dex counts in a token that nothing else prices


def hold_gold(market: WideMarket, mode: int) -> None:
    """Let the trader be long 100,000 USD of gold on 20,000 USDT0, and hold nothing else."""
    market.fund(TRADER, USDT0, 20_000 * USDT0_WEI)
    market.venue("setMode", mode, sender=TRADER)
    market.venue("deposit", USDT0, 20_000 * USDT0_WEI, TRADER, sender=TRADER)
    market.venue("order", GOLD_PERP, True, ANY_BUY, 25 * 10**4, False, sender=TRADER)


@pytest.mark.parametrize("mode", [UNIFIED, PORTFOLIO_MARGIN])
def test_new_risk_waits_for_the_price_of_what_a_dex_alone_counts_in(
    wide_market: WideMarket, mode: int
) -> None:
    """USDT0 is neither owed nor collateral; a shortage of the dex would be worth its price."""
    wide_market.set_policy(max_price_age=MINUTE, max_liquidation_price_age=TEN_MINUTES)
    hold_gold(wide_market, mode)
    wide_market.evm.warp(TEN_MINUTES + 1)
    wide_market.registry("reportPrices", [], [(GOLD_PERP, 400_000, 400_000)], 10**8)
    order = ("order", GOLD_PERP, True, ANY_BUY, 1, False)
    refused = refusal(wide_market.venue, *order, sender=TRADER)
    assert refused == ("StalePrice", (USDT0, TEN_MINUTES + 1, MINUTE))
    wide_market.registry("reportPrices", [], [(GOLD_PERP, 300_000, 300_000)], 10**8)
    refused = refusal(wide_market.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused == ("StalePrice", (USDT0, TEN_MINUTES + 1, TEN_MINUTES))
    wide_market.report()
    wide_market.venue(*order, sender=TRADER)


def test_standard_dex_in_a_token_without_a_price_is_judged_and_liquidated(market: Market) -> None:
    """A dex of its own needs no price of what it counts in: once its hole could not be filled."""
    market.registry("listDex", GOLD_DEX, "xyz", USDT0)
    market.registry("listPerp", (GOLD_PERP, "xyz:GOLD", GOLD_DEX, 4, 20, 20))
    market.registry("reportPrices", [], [(GOLD_PERP, 400_000, 400_000)], 10**8)
    for account, amount in ((MAKER, 10**6), (TRADER, 10_000)):
        market.fund(account, USDT0, amount * USDT0_WEI)
        market.venue("deposit", USDT0, amount * USDT0_WEI, account, sender=account)
        market.venue("transferPerp", GOLD_DEX, amount * 10**6, True, sender=account)
    market.venue("order", GOLD_PERP, True, ANY_BUY, 25 * 10**4, False, sender=TRADER)
    # 25 of gold from 4,000 to 3,500: 12,500 are lost, 10,000 were there.
    market.registry("reportPrices", [], [(GOLD_PERP, 350_000, 350_000)], 10**8)
    margin = market.margin(TRADER)
    assert (margin["liquidatable"], margin["netDebt"], margin["shortfall"]) == (True, 0, 0)
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["debtValue"], step["liquidatable"]) == (SETTLE, 0, False)
    assert market.event("DebtTaken")["loss"] == 2_500 * USDT0_WEI
    assert market.venue("reserveOf", USDT0)["deficit"] == 2_500 * USDT0_WEI
