"""SPEC.md is the index of the rules: every id in the code stands in it, and every rule has code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ID = re.compile(r"\b(?:AC|BL|CH|CR|DP|FD|HC|HE|HL|IN|KP|LQ|OR|PM)-\d\d\b")
RANGE = re.compile(r"\b([A-Z]{2})-(\d\d) to (?:[A-Z]{2}-)?(\d\d)\b")


def ids_in(text: str) -> set[str]:
    """Return the ids of a text, ranges filled in."""
    found = set(ID.findall(text))
    for area, first, last in RANGE.findall(text):
        found |= {f"{area}-{n:02d}" for n in range(int(first), int(last) + 1)}
    return found


def rules() -> set[str]:
    rows = re.findall(r"^\| ([A-Z]{2}-\d\d) \|", (ROOT / "SPEC.md").read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows)), "an id stands twice in SPEC.md"
    return set(rows)


def sources(*patterns: str) -> dict[str, set[str]]:
    files = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return {str(path.relative_to(ROOT)): ids_in(path.read_text()) for path in files}


def test_ids_in_the_code_stand_in_the_specification() -> None:
    unknown = {
        name: ids - rules()
        for name, ids in sources("contracts/**/*.sol", "pmkit/**/*.py", "tests/**/*.py").items()
        if ids - rules()
    }
    assert unknown == {}


def test_rules_of_the_specification_are_named_in_the_code() -> None:
    named = set().union(*sources("contracts/**/*.sol", "pmkit/**/*.py").values())
    invariants = {rule for rule in rules() if rule.startswith("IN-")}
    assert rules() - invariants - named == set()


def test_every_invariant_has_a_test_function_of_its_own() -> None:
    places = ("tests/invariants/test_invariants.py", "tests/venue/test_replay.py")
    text = "".join((ROOT / place).read_text() for place in places)
    named = r"^def test_\w+\([^)]*\) -> None:\n    \"{3}SPEC (IN-\d\d)\."
    tested = set(re.findall(named, text, re.MULTILINE))
    assert tested == {rule for rule in rules() if rule.startswith("IN-")}
