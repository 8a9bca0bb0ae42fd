"""Fill tests/contracts/checks.json: `.venv/bin/python scripts/fill_checks.py`.

Runs the tests of the contracts and writes which of them checks which refusal or event of which
function, with every number. A test that stands there already and still checks it stays; with -k so
does what tests say that did not run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.reach import reachable  # noqa: E402 (after the paths)

TESTS = ROOT / "tests" / "contracts"
CHECKS = TESTS / "checks.json"


def table_of(
    notes: list[tuple[str, list[list[str]]]], old: dict[str, dict[str, str]]
) -> dict[str, dict[str, str]]:
    """Return the table by function and name: the test there is, else the first.

    What a function that acts for another account passes on stands at the other function.
    """
    tests, there_are = defaultdict(set), reachable()
    for test, pairs in notes:
        for function, name in pairs:
            if (function, name) in there_are:
                tests[function, name].add(test)
    table: dict[str, dict[str, str]] = defaultdict(dict)
    for (function, name), found in sorted(tests.items()):
        kept = old.get(function, {}).get(name)
        table[function][name] = kept if kept in found else min(found)
    return table


def not_run(
    notes: list[tuple[str, list[list[str]]]], old: dict[str, dict[str, str]]
) -> list[tuple[str, list[list[str]]]]:
    """Return what the table says of tests that did not run, as notes."""
    ran = {test for test, _ in notes}
    return [
        (test, [[function, name]])
        for function, tests in old.items()
        for name, test in tests.items()
        if test not in ran
    ]


def main(arguments: list[str]) -> int:
    """Run the tests, write the table, and return the exit code; arguments go to pytest."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        pytest = [sys.executable, "-m", "pytest", "-p", "no:ape_test", "-q", str(TESTS)]
        kept = ["--deselect", "tests/contracts/test_completeness.py", *arguments]
        environment = {**os.environ, "PMKIT_NOTE_CHECKS": str(notes)}
        ran = subprocess.run([*pytest, *kept], cwd=ROOT, env=environment, check=False)
        if ran.returncode:
            return ran.returncode
        lines = [json.loads(line) for line in notes.read_text().splitlines()]
    old = json.loads(CHECKS.read_text()) if CHECKS.exists() else {}
    if "-k" in arguments:
        lines += not_run(lines, old)
    CHECKS.write_text(json.dumps(table_of(lines, old), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
