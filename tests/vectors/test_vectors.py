"""Rings one and two: both languages give what the vector files say, worked on paper or filled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.evm import Contract, InProcessEvm, Reverted
from support.twins import error_of, revert_of, shape, snake_case, solidity, unnamed

from pmkit.errors import VenueError
from scripts.fill_vectors import all_filled
from scripts.vector_codec import VECTORS, arguments, decoded, encoded, pure_functions, read_file

FILES = sorted(VECTORS.glob("*.json"))
SOURCES = {"docs", "hand", "filled"}


@pytest.fixture(scope="module")
def harness() -> Contract:
    return InProcessEvm().place("MathHarness")


def python_answer(name: str, given: dict[str, Any]) -> Any:
    """Return what the Python function makes of a case, as JSON has it."""
    function = pure_functions()[name]
    try:
        return {"out": encoded(function(**arguments(function, given)))}
    except VenueError as refused:
        return {"error": type(refused).__name__}


def both_answers(harness: Contract, name: str, given: dict[str, Any]) -> tuple[Any, Any]:
    """Return what Python and the contract make of a case, in the contract's shape."""
    function = pure_functions()[name]
    values = arguments(function, given)
    entries = {snake_case(n): n for n in harness.functions}
    arguments_there = [solidity(v) for v in values.values()]
    if name == "dex_margin":
        # The contract picks the positions of a dex itself.
        arguments_there.append(0)
    try:
        python: Any = solidity(function(**values))
    except VenueError as refused:
        python = error_of(refused)
    try:
        chain = unnamed(harness(entries[name], *arguments_there))
    except Reverted as refused:
        chain = revert_of(refused)
    if name == "tier_at" and len(chain) == 5:
        # The contract's tier carries the scale of its table.
        chain = chain[:4]
    return shape(python), shape(chain)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_vectors_give_in_python_what_they_say(path: Path) -> None:
    vectors = read_file(path)
    for case in vectors["cases"]:
        said = {key: case[key] for key in ("out", "error") if key in case}
        assert python_answer(vectors["fn"], case["in"]) == said, case["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_vectors_give_in_solidity_what_they_say(harness: Contract, path: Path) -> None:
    """The numbers of a refusal are compared too, though a vector names the error only."""
    vectors = read_file(path)
    for case in vectors["cases"]:
        python, chain = both_answers(harness, vectors["fn"], case["in"])
        assert chain == python, case["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_vectors_are_well_formed(path: Path) -> None:
    vectors = read_file(path)
    assert set(vectors) == {"fn", "spec", "cases"}
    assert vectors["fn"] == path.stem
    ids = [case["id"] for case in vectors["cases"]]
    assert len(ids) == len(set(ids))
    for case in vectors["cases"]:
        assert case["source"] in SOURCES
        assert set(case) - {"id", "source", "in"} in ({"out"}, {"error"})


def test_vectors_refilled_are_the_committed_files() -> None:
    """A formula changed without its vectors fails here; scripts/fill_vectors.py renews them."""
    for path, text in all_filled().items():
        assert path.read_text() == text, f"{path.name} is not what the core fills"
    assert {p.name for p in FILES} == {p.name for p in all_filled()}


def test_vectors_hold_worked_cases_for_what_the_venue_states() -> None:
    worked = {
        (path.stem, case["source"])
        for path in FILES
        for case in read_file(path)["cases"]
        if case["source"] != "filled"
    }
    assert {name for name, source in worked if source == "docs"} >= {
        "weight_ltv_down",
        "weight_threshold_down",
        "health_factor_down",
        "maintenance_margin_down",
        "borrow_rate",
        "supply_rate",
        "step_debt_up",
        "funding_rate",
    }


def test_codec_gives_back_what_it_was_given() -> None:
    for path in FILES:
        vectors = read_file(path)
        function = pure_functions()[vectors["fn"]]
        given = vectors["cases"][-1]["in"]
        values = arguments(function, given)
        assert {k: encoded(v) for k, v in values.items()} == given
        assert all(decoded(encoded(v), type(v)) == v for v in values.values() if type(v) is int)
