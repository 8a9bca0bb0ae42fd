"""The invariants over many walks; each shard stands alone, so that every core has some."""

from __future__ import annotations

import pytest
from invariants.walk import Findings, walk

AT_LEAST = {
    "conserved": 10_000,
    "own_calls_leave_nobody_liquidatable": 500,
    "who_borrows_stays_healthy": 20,
    "debtors_pay_all_interest": 200,
    "debt_has_something_behind_it": 20,
    "only_the_liquidatable_are_liquidated": 50,
    "partial_steps_improve": 3,
    "perp_steps_improve": 3,
    "full_band_leaves_no_debt": 3,
    "losses_fall_in_order": 20,
    "accruing_first_changes_nothing": 500,
    "round_trips_never_profit": 100,
    "repaying_and_leaving_stay_open": 50,
    "sweeping_twice_is_sweeping_once": 100,
    "liquidation_comes_to_an_end": 5,
}
"""How often a shard must judge what few states allow, or its silence says nothing."""


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(500_000, 500_400, 20))
def test_every_invariant_holds_over_many_walks(first: int) -> None:
    """SPEC IN-01 to IN-27."""
    found = Findings()
    walk(range(first, first + 20), 200, found)
    assert {rule: told for rule, told in found.broken.items() if told} == {}
    assert {
        rule: found.judged[rule] for rule, n in AT_LEAST.items() if found.judged[rule] < n
    } == {}
