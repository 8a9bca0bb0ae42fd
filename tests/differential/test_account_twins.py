"""Ring three: the account formulas of both languages give the same integers and the same errors."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from support.evm import Contract, InProcessEvm, Reverted
from support.random_accounts import random_account
from support.twins import (
    account_tuple,
    error_of,
    margin_tuple,
    plain,
    revert_of,
    sweep_tuple,
    unnamed,
)

from pmkit.errors import VenueError
from pmkit.margin import account_margin
from pmkit.model import Account
from pmkit.sweep import sweep


@pytest.fixture(scope="module")
def harness() -> Contract:
    return InProcessEvm().place("MathHarness")


def in_python(account: Account) -> tuple[Any, Any]:
    """Return margin as stored, then the sweep, the swept account and its margin; errors by name."""
    try:
        stored = margin_tuple(account_margin(account))
    except VenueError as refused:
        stored = error_of(refused)
    try:
        after, plan = sweep(account)
        swept: Any = (
            sweep_tuple(plan),
            plain(account_tuple(after)),
            margin_tuple(account_margin(after)),
        )
    except VenueError as refused:
        swept = error_of(refused)
    return stored, swept


def on_chain(harness: Contract, account: Account) -> tuple[Any, Any]:
    """Return the same from the contracts."""
    encoded = account_tuple(account)
    try:
        stored = unnamed(harness("accountMargin", encoded))
    except Reverted as refused:
        stored = revert_of(refused)
    try:
        after, plan = harness("sweep", encoded)
        margin = harness("accountMargin", unnamed(after))
        swept: Any = (unnamed(plan), unnamed(after), unnamed(margin))
    except Reverted as refused:
        swept = revert_of(refused)
    return stored, swept


def shape(value: Any) -> Any:
    """Return nested sequences as lists, so that only numbers are compared."""
    return [shape(v) for v in value] if isinstance(value, tuple | list) else value


def compare(harness: Contract, seed: int, count: int) -> dict[str, int]:
    """Compare `count` random accounts of a seed; return how often each outcome came up."""
    random = Random(seed)  # noqa: S311 - reproducible inputs, not secrets
    seen: dict[str, int] = {}
    for i in range(count):
        account = random_account(random)
        python, chain = in_python(account), on_chain(harness, account)
        assert shape(python) == shape(chain), f"account {i} of seed {seed}: {account}"
        outcome = python[1][0] if isinstance(python[1][0], str) else f"health {python[1][2][-1]}"
        seen[outcome] = seen.get(outcome, 0) + 1
    return seen


def test_account_margin_random_accounts_equal_on_both_sides(harness: Contract) -> None:
    seen = compare(harness, seed=20_260_819, count=2_000)
    # The generator reaches every state and both price errors; otherwise equality says little.
    assert {"health 0", "health 1", "health 2", "health 3", "PriceMissing", "MarkMissing"} <= set(
        seen
    )
    assert all(seen[f"health {h}"] >= 20 for h in range(4)), seen


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(10))
def test_account_margin_hundred_thousand_accounts_equal_on_both_sides(
    harness: Contract, seed: int
) -> None:
    compare(harness, seed=seed, count=10_000)
