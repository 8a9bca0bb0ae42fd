"""Every refusal and every event of every function is checked by a test, with all its numbers.

Where one is missing: write its test, then run scripts/fill_checks.py. Where it cannot come about:
say why in unreachable.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from contracts.unreachable import unreachable
from support.checks import checks
from support.reach import reachable

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_refusal_and_event_of_every_function_is_checked_or_cannot_be() -> None:
    reached, checked, excused = reachable(), set(checks()), set(unreachable())
    assert checked & excused == set(), "these happen"
    assert reached - checked - excused == set(), "no test checks these, with all their numbers"
    assert (checked | excused) - reached == set(), "these no function reaches"


def test_every_check_is_of_a_test_that_there_is() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:ape_test", "-q", "--collect-only"]
    answer = subprocess.run(
        [*command, "tests/contracts"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    there = {line.removeprefix("tests/contracts/") for line in answer.stdout.splitlines()}
    assert set(checks().values()) - there == set()
