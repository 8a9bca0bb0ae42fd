"""Which test checks which refusal or event of which function: `tests/contracts/checks.json`.

`scripts/fill_checks.py` writes it from what the tests note. Each test is held to it when it runs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

CHECKS = Path(__file__).parents[1] / "contracts" / "checks.json"

Pair = tuple[str, str]
"""A function and the name of an error or event: `Venue.borrow` and `ZeroAmount`."""


@cache
def checks() -> dict[Pair, str]:
    """Return the test of every pair."""
    table = json.loads(CHECKS.read_text())
    return {
        (function, name): test for function, tests in table.items() for name, test in tests.items()
    }


@cache
def claims() -> dict[str, set[Pair]]:
    """Return the pairs of every test."""
    found = defaultdict(set)
    for pair, test in checks().items():
        found[test].add(pair)
    return dict(found)
