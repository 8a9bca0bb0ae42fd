"""Neither language grows a formula alone: same names, same parameters, same constants."""

from __future__ import annotations

from importlib import import_module
from inspect import signature

import pytest
from support.evm import Contract, InProcessEvm
from support.twins import snake_case

from scripts.vector_codec import PURE_MODULES, pure_functions

PYTHON_ONLY = {
    "checked": "Solidity's arithmetic is checked by the language",
    "apply": "the contract changes the account in place",
    "swept": "the first half of what `sweep` returns",
    "dex_margins": "`dex_margin` of every dex",
}
SOLIDITY_ONLY = {"constants": "what both sides write down as constants"}
EXTRA_PARAMETERS = {"dex_margin": ["dex"]}
"""The contract gets all positions and picks those of one dex."""
RENAMED_CONSTANTS = {"hours_": "HOURS"}
"""`hours` is a unit in Solidity."""


@pytest.fixture(scope="module")
def harness() -> Contract:
    return InProcessEvm().place("MathHarness")


def test_every_formula_has_its_twin_by_name(harness: Contract) -> None:
    solidity = {snake_case(name) for name in harness.functions} - set(SOLIDITY_ONLY)
    python = set(pure_functions()) - set(PYTHON_ONLY)
    assert solidity == python


def test_every_twin_has_the_same_parameters(harness: Contract) -> None:
    python = pure_functions()
    for name, entry in harness.functions.items():
        if name in SOLIDITY_ONLY:
            continue
        twin = snake_case(name)
        there = [snake_case(i["name"]).rstrip("_") for i in entry["inputs"]]
        here = [p.rstrip("_") for p in signature(python[twin]).parameters]
        assert there == here + EXTRA_PARAMETERS.get(twin, []), name


def test_every_constant_is_the_same_number(harness: Contract) -> None:
    for name, value in harness("constants").items():
        constant = RENAMED_CONSTANTS.get(name, snake_case(name).upper())
        homes = [m for m in PURE_MODULES if hasattr(import_module(f"pmkit.{m}"), constant)]
        assert homes, f"{constant} is missing in Python"
        for module in homes:
            assert getattr(import_module(f"pmkit.{module}"), constant) == value, (module, constant)


def test_the_stated_exceptions_are_real(harness: Contract) -> None:
    assert set(PYTHON_ONLY) <= set(pure_functions())
    assert set(SOLIDITY_ONLY) <= set(harness.functions)
