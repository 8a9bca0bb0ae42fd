"""The calls, events and roles of the venue in plain integers are the contracts' own. SPEC CR-06."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin

import pytest
from eth_utils.crypto import keccak
from support.evm import artifact
from support.twins import snake_case

from pmkit.chain.contracts import LIBRARIES
from pmkit.venue import events, roles
from pmkit.venue.actions import EXTERNALS, Call
from pmkit.venue.conform import hints_of
from pmkit.venue.integers import Hex, Range, Widths
from pmkit.venue.keccak import keccak256
from pmkit.venue.records import Leg, Pause
from pmkit.venue.wallets import Wallets

CALLERS = ("CollateralRegistry", "Venue", "LocalToken")
EMITTERS = (*CALLERS, *LIBRARIES)
NAMES = {"from": "owner"}
"""What Python cannot call by its name."""


def entries(kind: str, *contracts: str) -> dict[str, dict[str, Any]]:
    """Return the functions, events or errors that contracts declare, by name."""
    found = (entry for name in contracts for entry in artifact(name)["abi"])
    return {entry["name"]: entry for entry in found if entry["type"] == kind}


def writing(contract: str) -> dict[str, dict[str, Any]]:
    """Return the functions of a contract that change something."""
    found = entries("function", contract).items()
    return {n: e for n, e in found if e["stateMutability"] not in ("view", "pure")}


def shape_of(entry: dict[str, Any]) -> Any:
    """Return the type of an ABI parameter, structs spelled out by field."""
    kind: str = entry["type"]
    if kind.endswith("[]"):
        return [shape_of({**entry, "type": kind[:-2]})]
    if kind == "tuple":
        return {snake_case(c["name"]): shape_of(c) for c in entry["components"]}
    if entry["internalType"].startswith("enum"):
        return entry["internalType"].removeprefix("enum ")
    return kind


def shape_of_type(kind: Any, width: Any = None) -> Any:
    """Return a type of the twin as the ABI would name it."""
    origin = get_origin(kind)
    if width is not None:
        return shape_of_type(width)
    if origin is Annotated:
        base, mark = get_args(kind)[:2]
        if isinstance(mark, Range):
            sign = "int" if mark.least < 0 else "uint"
            return f"{sign}{(mark.most + 1).bit_length() - (sign == 'uint')}"
        if isinstance(mark, Hex):
            return "address" if mark.size == 20 else f"bytes{mark.size}"
        return shape_of_record(base, mark.by_field if isinstance(mark, Widths) else {})
    if origin is tuple:
        return [shape_of_type(get_args(kind)[0])]
    if kind is Call:
        return "bytes"
    if is_dataclass(kind):
        return shape_of_record(kind, {})
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind.__name__
    return {bool: "bool", str: "string", int: "uint256"}[kind]


def shape_of_record(record: Any, widths: dict[str, object]) -> dict[str, Any]:
    """Return the fields of a record as the ABI would name them."""
    hints = hints_of(record)
    return {f.name: shape_of_type(hints[f.name], widths.get(f.name)) for f in fields(record)}


@pytest.mark.parametrize("contract", CALLERS)
def test_every_call_of_a_contract_has_its_twin(contract: str) -> None:
    assert {snake_case(name) for name in writing(contract)} <= set(EXTERNALS)


def test_every_twin_is_a_call_of_a_contract() -> None:
    known = {snake_case(name) for contract in CALLERS for name in writing(contract)}
    # A constructor each.
    assert set(EXTERNALS) - known == {"create", "create_erc20"}


@pytest.mark.parametrize(
    ("contract", "name"), [(contract, name) for contract in CALLERS for name in writing(contract)]
)
def test_parameters_of_a_call_have_the_contracts_names_and_widths(contract: str, name: str) -> None:
    function = EXTERNALS[snake_case(name)]
    parameters = dict(function.parameters)
    if function.storage is Wallets:
        assert shape_of_type(parameters.pop("erc20")) == "address"
    theirs = {
        NAMES.get(i["name"], snake_case(i["name"]).rstrip("_")): shape_of(i)
        for i in writing(contract)[name]["inputs"]
    }
    assert {n: shape_of_type(kind) for n, kind in parameters.items()} == theirs


@pytest.mark.parametrize("name", sorted(set(entries("event", *EMITTERS)) - {"RoleAdminChanged"}))
def test_every_event_has_the_contracts_arguments(name: str) -> None:
    event = getattr(events, name)
    ours = [f.name for f in fields(event) if f.name != event.emitter]
    theirs = [snake_case(i["name"]) for i in entries("event", *EMITTERS)[name]["inputs"]]
    assert [n.rstrip("_") for n in ours] == theirs


def test_events_are_the_contracts() -> None:
    # No contract changes the admin of a role.
    names = set(events.__all__) - {"Event"}
    assert names == set(entries("event", *EMITTERS)) - {"RoleAdminChanged"}


@pytest.mark.parametrize("name", ["RISK_ADMIN", "REPORTER", "MATCHER", "GUARDIAN", "UNPAUSER"])
def test_a_role_is_the_hash_of_its_name(name: str) -> None:
    assert getattr(roles, name) == f"0x{keccak(text=name).hex()}"
    assert f"0x{keccak256(name.encode()).hex()}" == getattr(roles, name)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 1_000])
def test_hash_of_any_length_is_keccak(length: int) -> None:
    data = bytes(i % 251 for i in range(length))
    assert keccak256(data) == keccak(data)


def test_enums_are_the_contracts() -> None:
    # Legs: DebtPartial, DebtFull, Perp, PerpTakeover, Settle; PAUSE_* are bits.
    assert [leg.value for leg in Leg] == [0, 1, 2, 3, 4]
    assert [bit.value for bit in Pause] == [1, 2, 4, 8]
