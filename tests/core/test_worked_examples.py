"""Borrowing and liquidation as the venue's FAQ works them out, exact where the page rounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from core.builders import token, usdc

from pmkit.margin import (
    account_margin,
    buying_power_down,
    locked_collateral_up,
    net_total,
    weight_ltv_down,
    weight_takeover_down,
    weight_threshold_down,
    withdrawable_down,
)
from pmkit.model import Account, AccountMargin, Health, Mode, TokenState
from pmkit.params import load_params
from pmkit.units import WAD, value_down

HYPE_USD = 10**6
"""One USD on the spot grid of HYPE."""
HYPE, USDC = 10**8, 10**8
"""One token in wei."""
HALF = 5_000


def lending(*tokens: TokenState) -> Account:
    """Return a portfolio-margin account without perps."""
    policy = load_params("current").policy.margin
    return Account(mode=Mode.PORTFOLIO_MARGIN, tokens=tokens, dexes=(), perps=(), policy=policy)


def hype(amount: int, px: int) -> TokenState:
    """Return supplied HYPE at a loan to value of one half; the price in 1e-6 USD."""
    return replace(token("HYPE", px=px, supplied=amount), ltv_bps=HALF)


def test_10000_hype_at_40_can_borrow_200000_usdc() -> None:
    power = weight_ltv_down(value_down(10_000 * HYPE, 40 * HYPE_USD, 8, 2), HALF)
    assert power == 200_000 * WAD
    assert buying_power_down(usdc(), power) == 200_000 * USDC


def test_a_debt_of_100_usdc_ties_up_5_hype_at_40() -> None:
    assert locked_collateral_up(100 * WAD, 40 * HYPE_USD, 8, 2, HALF) == 5 * HYPE


def test_10_hype_at_40_with_a_debt_of_100_give_5_back() -> None:
    collateral = hype(10 * HYPE, 40 * HYPE_USD)
    assert withdrawable_down(collateral, 200 * WAD, 100 * WAD) == 5 * HYPE
    # Another collateral with a power of 50 ties up half of it; one of 100 all of it.
    assert withdrawable_down(collateral, 250 * WAD, 100 * WAD) == 7_5 * HYPE // 10
    assert withdrawable_down(collateral, 300 * WAD, 100 * WAD) == 10 * HYPE
    assert withdrawable_down(collateral, 200 * WAD, 0) == 10 * HYPE
    assert withdrawable_down(collateral, 200 * WAD, 200 * WAD) == 0
    assert withdrawable_down(usdc(supplied=7), 200 * WAD, 100 * WAD) == 7


def test_what_can_be_withdrawn_leaves_a_health_factor_of_one() -> None:
    owing = usdc(borrowed=101 * USDC)
    before = account_margin(lending(owing, hype(10 * HYPE, 33_333_333)))
    out = withdrawable_down(hype(10 * HYPE, 33_333_333), before.borrow_power, before.gross_debt)
    for more, healthy in ((0, True), (1, False)):
        left = lending(owing, hype(10 * HYPE - out - more, 33_333_333))
        assert (account_margin(left).health_factor >= WAD) is healthy


@pytest.mark.parametrize(
    ("ltv_bps", "trigger", "partial_band", "full_band"),
    [
        # Debts per 60,000 of collateral: 0.95 · (1 + LTV) / 2, (1 + LTV) / 2, (2 + LTV) / 3.
        (5_000, 42_750, 45_000, 50_000),
        (6_500, 47_025, 49_500, 53_000),
    ],
)
def test_bands_of_a_loan_begin_beyond_the_stated_debts(
    ltv_bps: int, trigger: int, partial_band: int, full_band: int
) -> None:
    collateral = replace(hype(1_000 * HYPE, 60 * HYPE_USD), ltv_bps=ltv_bps)

    def margin_at(debt: int) -> AccountMargin:
        return account_margin(lending(usdc(borrowed=debt), collateral))

    assert not margin_at(trigger * USDC).liquidatable
    assert margin_at(trigger * USDC + 1).health is Health.MARKET_LIQUIDATABLE
    # The partial threshold is a ratio of one.
    assert margin_at(partial_band * USDC).ratio == WAD
    assert margin_at(full_band * USDC).health is Health.MARKET_LIQUIDATABLE
    assert margin_at(full_band * USDC + 1).health is Health.BACKSTOP_LIQUIDATABLE


@pytest.mark.parametrize(
    ("ltv_bps", "debt", "factor"),
    [
        (5_000, 42_750, "0.7018"),
        (5_000, 45_000, "0.6667"),
        (5_000, 50_000, "0.6000"),
        (6_500, 47_025, "0.8293"),
        (6_500, 49_500, "0.7879"),
        (6_500, 53_000, "0.7358"),
    ],
)
def test_health_factors_at_the_bands_are_the_stated_ones(
    ltv_bps: int, debt: int, factor: str
) -> None:
    collateral = replace(hype(1_000 * HYPE, 60 * HYPE_USD), ltv_bps=ltv_bps)
    found = account_margin(lending(usdc(borrowed=debt * USDC), collateral)).health_factor
    assert round(Decimal(found) / WAD, 4) == Decimal(factor)


def test_net_balance_of_100_with_150_borrowed_is_50_below() -> None:
    assert net_total(usdc(borrowed=150 * USDC), 100 * USDC) == -50 * USDC


def test_partial_liquidation_at_33_begins_beyond_247_50() -> None:
    # 10 HYPE at 33 are 330 USD; (1 + 0.5) / 2 of it is 247.50, and 250 are owed.
    value = value_down(10 * HYPE, 33 * HYPE_USD, 8, 2)
    assert weight_threshold_down(value, HALF) == 247_500 * WAD // 1_000
    margin = account_margin(lending(usdc(borrowed=250 * USDC), hype(10 * HYPE, 33 * HYPE_USD)))
    assert margin.health is Health.MARKET_LIQUIDATABLE


@pytest.mark.parametrize(
    ("px", "health"),
    [
        # Five sixths of 300 are 250 exactly, which the debt of 250 does not exceed.
        (30 * HYPE_USD, Health.MARKET_LIQUIDATABLE),
        (29_990_000, Health.BACKSTOP_LIQUIDATABLE),
    ],
)
def test_full_liquidation_begins_below_30(px: int, health: Health) -> None:
    margin = account_margin(lending(usdc(borrowed=250 * USDC), hype(10 * HYPE, px)))
    assert margin.health is health


def test_takeover_value_of_10_hype_at_30_is_250() -> None:
    assert weight_takeover_down(value_down(10 * HYPE, 30 * HYPE_USD, 8, 2), HALF) == 250 * WAD
