"""Tests that each have a chain as it began, in a pytest of their own with one worker."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.speed.measure import Goal, Measured, rounded, taken

COUNT = 200
GOAL_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[2]
TESTS = f'''"""Each opens an account that borrows, moves a price and reads the figures."""

import pytest


@pytest.mark.parametrize("number", range({COUNT}))
def test_borrower_outlives_a_fall(pm_account, set_price, venue, number):
    borrower = pm_account("holds 1 BTC, owes 1,000 USDC", name="borrower")
    assert 0 <= borrower.owed("USDC") - 1_000 * 10**8 < 10**6
    set_price("BTC", 600_000 + number)
    assert borrower.margin.liquidatable is False
'''


def measure() -> Measured:
    """Run the tests from a folder of their own, where no conftest is."""
    with taken() as found, tempfile.TemporaryDirectory(prefix="pmkit-bench-") as folder:
        (Path(folder) / "test_isolated.py").write_text(TESTS, "utf-8")
        began = time.monotonic()
        # The package of this clone goes first; Ape's plugin would start a node of its own.
        command = [sys.executable, "-c", STARTER, str(ROOT), "-q", "-p", "no:ape_test"]
        ran = subprocess.run(
            [*command, "-p", "no:cacheprovider", "--rootdir", folder, folder],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"{COUNT} passed" in ran.stdout, ran.stdout
    found.figures |= {
        "tests": COUNT,
        "total_s": rounded(seconds),
        "each_ms": rounded(seconds / COUNT * 1_000),
    }
    found.goals = (Goal(figure="total_s", at_most=GOAL_SECONDS),)
    return found


STARTER = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
