"""The invariants of the venue, each on the contracts alone, over the same random walks.

A walk makes every external call by users, sub-accounts, operators, keepers and admins, lets time
pass and prices move; after each call every rule judges the venue before and after it, and now and
then a trial makes calls of its own and takes them back. A test tells how one rule fared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from invariants import accounts, liquidation, money, trials
from invariants.step import Verdicts
from invariants.walk import Findings, accruing_first_changes_nothing, walk, walk_to_extremes
from support.evm import artifact
from support.twins import snake_case

# One worker walks, and judges all rules on it: the others have other tests to run.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("invariants"),
]

SELDOM = {
    "socialise": 1,
    "cover_deficit": 1,
    "cover_deficit_from_insurance": 1,
    "liquidate_as_taker": 1,
    "sell_inventory": 1,
    "sweep_buffer": 2,
    "approve_operator": 2,
}
"""How often a walk makes calls that few states allow; all others are made five times at least."""
PLACES = (
    *("mode 0", "mode 1", "mode 2"),
    *("health 0", "health 1", "health 2", "health 3"),
    *("leg 0", "leg 1", "leg 2", "leg 3", "leg 4"),
    *("loss to buffer", "loss to insurance", "loss to deficit"),
    *("status 1", "status 2", "status 4", "status 8"),
    *("fallback", "isolated"),
    *("Matched", "FundingPaid", "IsolatedLiquidated", "CollateralTaken", "PositionTaken"),
    *("PositionClosed", "TriggerRewarded", "DeficitCovered", "Socialised", "InventorySold"),
    "BufferSwept",
)
"""States and events that a walk must reach, or its silence says nothing."""
REFUSALS = (
    *("Paused", "StalePrice", "StaleMark", "PriceMissing", "WithdrawLocked", "InsufficientCash"),
    *("BorrowCapExceeded", "SupplyCapExceeded", "HealthFactorBelowOne", "RatioAboveTrigger"),
    *("DebtAboveThreshold", "InsufficientMargin", "NotOperator", "OwnerOnly", "StepTooEarly"),
    *("NotLiquidatable", "SelfLiquidation", "NotAUserAccount"),
)
"""Refusals that a walk must meet."""


@cache
def findings() -> Findings:
    """Walk, once for all tests."""
    found = Findings()
    walk((*range(1, 8), 12, 16, 21), 200, found, thorough=True)
    walk_to_extremes(found)
    return found


def require(rule: Callable[..., Verdicts], at_least: int) -> None:
    findings().require(rule, at_least)


def test_walk_makes_every_call() -> None:
    entries = artifact("Venue")["abi"]
    calls = [
        snake_case(e["name"])
        for e in entries
        if e["type"] == "function" and e["stateMutability"] not in ("view", "pure")
    ]
    reached = findings().reached
    missed = {c: reached[f"{c}: done"] for c in calls if reached[f"{c}: done"] < SELDOM.get(c, 5)}
    assert missed == {}


def test_walk_reaches_every_state() -> None:
    reached = findings().reached
    met = {outcome.split(": ")[1] for outcome in reached if ": " in outcome}
    assert [place for place in PLACES if not reached[place]] == []
    assert [refusal for refusal in REFUSALS if refusal not in met] == []


def test_holdings_are_claims_buffer_and_dust() -> None:
    """SPEC IN-01."""
    require(money.conserved, 5_000)


def test_shares_of_positions_add_up_to_the_reserve() -> None:
    """SPEC IN-02."""
    require(money.totals_are_sums, 5_000)


def test_amounts_of_positions_round_towards_the_reserve() -> None:
    """SPEC IN-03."""
    require(money.roundings_favour_the_pool, 5_000)


def test_pools_are_solvent() -> None:
    """SPEC IN-04."""
    require(money.pools_are_solvent, 5_000)


def test_positions_in_an_asset_add_up_to_nothing() -> None:
    """SPEC IN-05."""
    require(money.fills_have_two_sides, 5_000)


def test_bitmaps_mark_what_an_account_has() -> None:
    """SPEC IN-06."""
    require(money.marks_are_kept, 100_000)


def test_indexes_never_fall_but_by_socialisation() -> None:
    """SPEC IN-07."""
    require(money.indexes_never_fall, 10_000)


def test_interest_on_debts_covers_interest_on_supplies_and_buffer() -> None:
    """SPEC IN-08."""
    require(money.debtors_pay_all_interest, 200)


def test_deficits_change_by_what_events_tell() -> None:
    """SPEC IN-09."""
    require(money.deficits_are_announced, 5_000)


def test_caps_are_never_worsened() -> None:
    """SPEC IN-10."""
    require(money.caps_are_never_worsened, 10_000)


def test_own_calls_never_leave_an_account_liquidatable() -> None:
    """SPEC IN-11."""
    require(accounts.own_calls_leave_nobody_liquidatable, 400)


def test_borrowing_ends_with_a_health_factor_of_one() -> None:
    """SPEC IN-12."""
    require(accounts.who_borrows_stays_healthy, 80)


def test_no_call_makes_another_account_liquidatable() -> None:
    """SPEC IN-13."""
    require(accounts.nobody_makes_others_liquidatable, 2_000)


def test_calls_leave_others_what_they_have() -> None:
    """SPEC IN-14."""
    require(accounts.others_keep_what_they_have, 5_000)


def test_calls_leave_others_their_ratio() -> None:
    """SPEC IN-15."""
    require(accounts.others_keep_their_ratio, 2_000)


def test_nobody_takes_from_others_but_by_liquidation() -> None:
    """SPEC IN-16."""
    require(accounts.nobody_takes_from_others, 5_000)


def test_debt_with_nothing_behind_it_is_liquidatable() -> None:
    """SPEC IN-17."""
    require(accounts.debt_has_something_behind_it, 20)


def test_only_the_liquidatable_are_liquidated_and_by_others() -> None:
    """SPEC IN-18."""
    require(liquidation.only_the_liquidatable_are_liquidated, 50)


def test_every_step_of_the_partial_band_improves() -> None:
    """SPEC IN-19."""
    require(liquidation.partial_steps_improve, 12)


def test_closing_positions_improves() -> None:
    """SPEC IN-20."""
    require(liquidation.perp_steps_improve, 10)


def test_the_full_band_leaves_no_debt() -> None:
    """SPEC IN-21."""
    require(liquidation.full_band_leaves_no_debt, 8)


def test_losses_fall_on_buffer_insurance_and_deficit_in_order() -> None:
    """SPEC IN-22."""
    require(liquidation.losses_fall_in_order, 20)


def test_accruing_first_changes_nothing() -> None:
    """SPEC IN-23."""
    require(accruing_first_changes_nothing, 500)


def test_round_trips_never_profit() -> None:
    """SPEC IN-24."""
    require(trials.round_trips_never_profit, 100)


def test_repaying_and_leaving_without_debt_stay_open() -> None:
    """SPEC IN-25."""
    require(trials.repaying_and_leaving_stay_open, 50)


def test_sweeping_twice_is_sweeping_once() -> None:
    """SPEC IN-26."""
    require(trials.sweeping_twice_is_sweeping_once, 100)


def test_liquidation_comes_to_an_end() -> None:
    """SPEC IN-27."""
    require(trials.liquidation_comes_to_an_end, 10)
