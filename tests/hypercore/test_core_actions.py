"""Actions as bytes. SPEC HC-06."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import InputError
from pmkit.hypercore import addresses
from pmkit.hypercore.core_actions import BY_ID, BY_NAME, KINDS, decode_action, encode_action
from pmkit.hypercore.precompiles import decode_output, encode_input

INTERFACE = json.loads((Path(__file__).parents[1] / "fixtures" / "evm_interface.json").read_text())


@pytest.mark.parametrize("row", INTERFACE["actions"], ids=lambda row: row["name"])
def test_kinds_are_the_recorded_ones(row: dict[str, Any]) -> None:
    known = BY_ID[row["id"]]
    assert known.name == row["name"]
    assert [type_ for _, type_ in known.fields] == row["types"]


def test_every_kind_is_recorded() -> None:
    assert {k.id for k in KINDS} == {row["id"] for row in INTERFACE["actions"]}
    assert len(BY_NAME) == len(KINDS)


@pytest.mark.parametrize("row", INTERFACE["examples"], ids=lambda row: row["bytes"][:80])
def test_recorded_bytes(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["bytes"][2:])
    assert encode_action(row["action"], **row["fields"]) == data
    assert decode_action(data).fields == row["fields"]


def test_portfolio_margin_for_oneself() -> None:
    me = "0x" + "ab" * 20
    data = encode_action("set_abstraction", user=me, mode=3)
    assert data.hex() == f"01000010{'ab' * 20:0>64}{3:064x}"
    assert decode_action(data).fields["user"].lower() == me


def test_addresses_are_the_recorded_ones() -> None:
    """SPEC HC-01."""
    writer = INTERFACE["core_writer"]
    assert writer["address"] == addresses.CORE_WRITER
    assert keccak(text="sendRawAction(bytes)")[:4].hex() == writer["selector"][2:]
    assert keccak(text="RawAction(address,bytes)").hex() == writer["event_topic"][2:]
    for token, address in INTERFACE["system_addresses"].items():
        assert addresses.system_address(int(token)) == address


def test_addresses_are_the_contracts() -> None:
    """SPEC HC-01."""
    source = (Path(__file__).parents[2] / "contracts/hyperevm/CoreAddresses.sol").read_text()
    declared = dict(re.findall(r"^address constant (\w+) = (0x\w+);", source, re.MULTILINE))
    assert len(declared) == 8
    assert {name: getattr(addresses, name) for name in declared} == declared


VALUES = {
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}"),
    "bool": st.booleans(),
    "string": st.text(st.characters(codec="utf-8"), max_size=40),
    **{f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)},
}


@given(st.data())
def test_what_is_encoded_is_decoded(data: st.DataObject) -> None:
    known = data.draw(st.sampled_from(KINDS))
    fields = {field: data.draw(VALUES[type_]) for field, type_ in known.fields}
    found = decode_action(encode_action(known.name, **fields))
    assert (found.id, found.name) == (known.id, known.name)
    for field, type_ in known.fields:
        given_, got = fields[field], found.fields[field]
        assert got == given_ or (type_ == "address" and got.lower() == given_)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x00\x00",
        b"\x02\x00\x00\x04" + bytes(32),
        b"\x01\x00\x00\x0e" + bytes(96),
        b"\x01\x00\x00\x04" + bytes(31),
        b"\x01\x00\x00\x04" + bytes(33),
        b"\x01\x00\x00\x04" + b"\x01" + bytes(31),
    ],
)
def test_bytes_that_are_no_action_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode_action(data)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("repay", {}),
        ("staking_deposit", {}),
        ("staking_deposit", {"wei": 1, "more": 2}),
        ("staking_deposit", {"wei": 2**64}),
        ("staking_deposit", {"wei": -1}),
        ("set_abstraction", {"user": "nobody", "mode": 3}),
    ],
)
def test_fields_that_do_not_fit_are_refused(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        encode_action(name, **fields)


def test_reads_that_do_not_fit_are_refused() -> None:
    for name, args in (("nothing", ()), ("mark_px", ()), ("mark_px", (2**32,))):
        with pytest.raises(InputError):
            encode_input(name, *args)
    with pytest.raises(InputError):
        decode_output("mark_px", b"")
