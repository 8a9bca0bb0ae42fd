"""A year at 5 %, under either reading of a yearly rate, in the whole venue. SPEC BL-04, BL-16."""

from __future__ import annotations

from dataclasses import replace

import pytest
from venue.stage import HYPE_WEI, SMALL_MARKET, START, USDC, USDC_WEI, portfolio_account, stage

from pmkit.params import load_params
from pmkit.policy import Compounding, Params
from pmkit.venue import Venue
from pmkit.venue.genesis import Genesis

YEAR = 365 * 86_400
MILLION = 10**6 * USDC_WEI


@pytest.mark.parametrize(
    ("annual", "owed"),
    # 1.05, and e^0.05 = 1.0512710963760240..., up to the wei.
    [(True, 1_050_000_00000000), (False, 1_051_271_09637603)],
)
def test_debt_of_a_year_is_as_the_curve_compounds(annual: bool, owed: int) -> None:
    venue = stage()
    curve = replace(SMALL_MARKET.tokens[0].curve, annual=annual)
    venue.account("admin").set_rate_curve("USDC", curve)
    borrower = portfolio_account(venue, "borrower", hype=10**6 * HYPE_WEI)
    borrower.borrow("USDC", MILLION)
    venue.advance(YEAR)
    venue.account("keeper").accrue("USDC")
    assert venue.reserve_of(USDC).borrowed == owed


@pytest.mark.parametrize("compounding", list(Compounding))
def test_compounding_of_the_policy_is_how_every_reserve_grows(compounding: Compounding) -> None:
    params = policy_of(compounding)
    venue = Venue(Genesis.of(params), now=START)
    curves = [venue.registry.token(token.id).curve for token in params.tokens]
    assert {curve.annual for curve in curves} == {compounding is Compounding.ANNUAL}


def policy_of(compounding: Compounding) -> Params:
    """Return the venue's parameters under a compounding."""
    params = load_params("current")
    return params.with_policy(replace(params.policy, compounding=compounding))
