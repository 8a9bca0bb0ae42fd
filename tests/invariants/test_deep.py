"""The invariants over many walks; each shard stands alone, so that every core has some."""

from __future__ import annotations

import pytest
from invariants.walk import Findings, walk

WALKS, SHARDS = 100, 4
AT_LEAST = {
    "conserved": 50_000,
    "own_calls_leave_nobody_liquidatable": 5_000,
    "who_borrows_stays_healthy": 300,
    "debtors_pay_all_interest": 2_000,
    "debt_has_something_behind_it": 20,
    "only_the_liquidatable_are_liquidated": 500,
    "partial_steps_improve": 30,
    "perp_steps_improve": 5,
    "full_band_leaves_no_debt": 30,
    "losses_fall_in_order": 150,
    "accruing_first_changes_nothing": 10_000,
    "round_trips_never_profit": 1_000,
    "repaying_and_leaving_stay_open": 400,
    "sweeping_twice_is_sweeping_once": 1_500,
    "liquidation_comes_to_an_end": 60,
}
"""How often a shard must judge what few states allow, or its silence says nothing."""


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(500_000, 500_000 + WALKS * SHARDS, WALKS))
def test_every_invariant_holds_over_many_walks(first: int) -> None:
    """SPEC IN-01 to IN-27."""
    found = Findings()
    walk(range(first, first + WALKS), 200, found)
    assert {rule: told for rule, told in found.broken.items() if told} == {}
    assert {
        rule: found.judged[rule] for rule, n in AT_LEAST.items() if found.judged[rule] < n
    } == {}
