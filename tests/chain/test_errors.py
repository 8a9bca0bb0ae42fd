"""Every custom error of the shipped contracts has its class, and every class its error."""

from __future__ import annotations

from dataclasses import fields

import pytest
from eth_abi.abi import encode

import pmkit.errors
from pmkit.chain.abi import signature_of, snake_case, type_of
from pmkit.chain.revert import declared_errors, decode_revert, refusal_of
from pmkit.errors import (
    ArithmeticOverflow,
    ContractPanic,
    ContractReverted,
    DivisionByZero,
    InsufficientBalance,
    NodeRefused,
    UnknownRevert,
    VenueError,
)

SOLIDITYS_OWN = {"ArithmeticOverflow", "DivisionByZero", "ContractPanic", "ContractReverted"}
DECLARED = {entry["name"]: entry for entry in declared_errors().values()}
CLASSES = {kind.__name__: kind for kind in VenueError.__subclasses__()}

ADDRESS = "0x" + "Ab" * 20


def sample_of(kind, at):
    """Return a value of an ABI type and what the error should carry."""
    if kind == "address":
        return "0x" + f"{at + 1:040x}", "0x" + f"{at + 1:040x}"
    if kind.startswith("bytes"):
        width = int(kind.removeprefix("bytes"))
        return bytes([at + 1]) * width, "0x" + f"{at + 1:02x}" * width
    number = -(at + 7) if kind.startswith("int") else at + 7
    return number, number


def test_errors_of_the_contracts_and_classes_have_the_same_names():
    assert set(DECLARED) == set(CLASSES) - SOLIDITYS_OWN


def test_no_name_is_declared_with_two_signatures():
    signatures = [signature_of(entry) for entry in declared_errors().values()]
    assert len(signatures) == len({signature.split("(")[0] for signature in signatures})


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_class_has_the_fields_of_its_error_in_order(name):
    declared = [snake_case(parameter["name"]) for parameter in DECLARED[name]["inputs"]]
    assert [field.name for field in fields(CLASSES[name])] == declared


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_revert_data_becomes_the_error_of_its_name_and_a_sentence(name):
    inputs = DECLARED[name]["inputs"]
    samples = [sample_of(p["type"], i) for i, p in enumerate(inputs)]
    (selector,) = [s for s, entry in declared_errors().items() if entry["name"] == name]
    encoded = encode([type_of(p) for p in inputs], [given for given, _ in samples])
    error = decode_revert("0x" + (selector + encoded).hex())
    assert type(error) is CLASSES[name]
    assert [str(v).lower() for v in error.values.values()] == [str(w).lower() for _, w in samples]
    assert error.sentence
    assert str(error).startswith(f"{name}(")
    assert "{" not in str(error)


def test_every_class_is_importable_from_the_one_path():
    assert {name for name in CLASSES if getattr(pmkit.errors, name, None) is None} == set()
    assert set(CLASSES) <= set(pmkit.errors.__all__)


def test_compared_numbers_stay_integers():
    error = InsufficientBalance(token=0, requested=5, available=3)
    assert error.values == {"token": 0, "requested": 5, "available": 3}
    assert "5 wei of token 0" in str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(0x11, ArithmeticOverflow), (0x12, DivisionByZero), (0x01, ContractPanic)],
)
def test_panic_becomes_its_own_class(code, kind):
    error = decode_revert("0x4e487b71" + f"{code:064x}")
    assert type(error) is kind
    assert isinstance(error, VenueError)
    assert error.values == ({"code": code} if kind is ContractPanic else {})


def test_revert_with_a_text_keeps_the_text():
    data = "0x08c379a0" + encode(["string"], ["out of order"]).hex()
    error = decode_revert(data)
    assert isinstance(error, ContractReverted)
    assert error.reason == "out of order"


@pytest.mark.parametrize("data", ["0x", "0x12", "0xdeadbeef", "0x4e487b71", "0x08c379a0ff"])
def test_revert_data_that_nobody_declares_is_kept_whole(data):
    error = decode_revert(data)
    assert isinstance(error, UnknownRevert)
    assert error.data == data


def test_refusal_without_revert_data_stays_the_nodes():
    refused = NodeRefused(method="eth_call", code=-32003, message="no funds", data=None)
    assert refusal_of(refused) is refused
    bare = NodeRefused(method="eth_call", code=3, message="execution reverted", data=None)
    assert isinstance(refusal_of(bare), UnknownRevert)
