"""The registry file: many chains, one of them written at a time. SPEC DP-08."""

from __future__ import annotations

import json

import pytest

from pmkit.deploy.registry import Entry, load_registry, save_registry
from pmkit.errors import InputError

ENTRY = Entry(
    address="0x" + "11" * 20,
    abi=({"type": "error"},),
    transaction="0x01",
    block=3,
    code_hash="0x02",
)
OTHER = Entry(address="0x" + "22" * 20, abi=(), transaction="0x03", block=4, code_hash="0x04")


def test_each_chain_keeps_its_own(tmp_path):
    path = tmp_path / "registry.json"
    assert load_registry(path) == {}
    save_registry(path, "1:0xaa", {"Venue": ENTRY})
    save_registry(path, "1:0xbb", {"Venue": OTHER})
    save_registry(path, "1:0xaa", {"Venue": ENTRY, "tokens.USDC": OTHER})
    assert load_registry(path) == {
        "1:0xaa": {"Venue": ENTRY, "tokens.USDC": OTHER},
        "1:0xbb": {"Venue": OTHER},
    }
    assert [p.name for p in tmp_path.iterdir()] == ["registry.json"]
    assert json.loads(path.read_text())["1:0xbb"]["Venue"] == {
        "address": "0x" + "22" * 20,
        "abi": [],
        "transaction": "0x03",
        "block": 4,
        "code_hash": "0x04",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "an object was expected"),
        ('{"1:0xaa": []}', "1:0xaa: an object"),
        ('{"1:0xaa": {"Venue": 1}}', "Venue: an object"),
        ('{"1:0xaa": {"Venue": {}}}', r"Venue\.address: text"),
        (
            '{"1:0xaa": {"Venue": {"address": "x", "transaction": "", "code_hash": ""}}}',
            r"Venue\.address: an address",
        ),
    ],
)
def test_damaged_file_is_refused_at_its_key_and_left_alone(tmp_path, text, told):
    path = tmp_path / "registry.json"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        save_registry(path, "1:0xbb", {"Venue": ENTRY})
    assert path.read_text() == text
