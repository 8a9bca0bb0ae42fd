"""Borrowing and liquidation as the venue's FAQ works them out, exact where the page rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core.builders import token, usdc

from pmkit.margin import (
    account_margin,
    buying_power_down,
    locked_collateral_up,
    weight_ltv_down,
    weight_takeover_down,
    weight_threshold_down,
)
from pmkit.model import Account, Health, Mode, TokenState
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
