"""Compiled contracts of the package: found by name, linked, and missed with a remedy."""

from __future__ import annotations

import pytest

from pmkit.chain.artifacts import load_artifact, shipped_artifacts
from pmkit.errors import ToolMissing

ENGINE = "0x" + "e1" * 20


def test_linking_puts_the_librarys_address_at_every_place():
    waterfall = load_artifact("Waterfall")
    code = waterfall.linked({"MarginEngine": ENGINE})
    assert code.count(bytes.fromhex("e1" * 20)) == len(waterfall.links["MarginEngine"])
    assert len(code) == (len(waterfall.bytecode) - 2) // 2


def test_linking_without_a_library_is_refused():
    with pytest.raises(KeyError, match="MarginEngine"):
        load_artifact("Waterfall").linked({})


def test_contract_without_libraries_is_its_bytecode():
    registry = load_artifact("CollateralRegistry")
    assert "0x" + registry.linked({}).hex() == registry.bytecode


def test_contract_that_was_not_built_is_missed_with_a_remedy():
    with pytest.raises(ToolMissing, match="make build"):
        load_artifact("NoSuchContract")


def test_test_doubles_are_not_shipped():
    names = {artifact.name for artifact in shipped_artifacts()}
    assert {"Venue", "CollateralRegistry", "LocalToken"} <= names
    assert "MathHarness" not in names
