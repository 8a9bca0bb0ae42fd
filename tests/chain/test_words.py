"""Answers read word by word are those that eth_abi reads, and what is no answer is refused."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from pmkit.chain.abi import interface, snake_case, type_of
from pmkit.chain.words import row_of

CONTRACTS = ("Venue", "CollateralRegistry", "Lens", "LocalToken")


def outputs() -> list[list[dict[str, Any]]]:
    """Return the outputs of every function of the contracts."""
    return [
        entry["outputs"]
        for name in CONTRACTS
        for entry in interface(name).abi
        if entry["type"] == "function"
    ]


def drawn(random: Random, parameter: dict[str, Any]) -> Any:
    """Return a random value of a type, as eth_abi takes it."""
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        inner = {**parameter, "type": kind[:-2]}
        return tuple(drawn(random, inner) for _ in range(random.randint(0, 3)))
    if kind == "tuple":
        return tuple(drawn(random, component) for component in parameter["components"])
    if kind == "address":
        return f"0x{random.getrandbits(160):040x}"
    if kind == "bool":
        return random.random() < 0.5
    if kind == "bytes":
        return random.randbytes(random.randint(0, 70))
    if kind.startswith("bytes"):
        return random.randbytes(int(kind[5:]))
    if kind == "string":
        return "".join(random.choices("aé☃", k=random.randint(0, 40)))
    bits = int(kind.lstrip("uint"))
    value = random.getrandbits(random.randint(1, bits))
    return value if kind.startswith("u") else value - 2 ** (bits - 1) if bits > 1 else value


def bare(value: Any) -> Any:
    """Return a value without its names, bytes as hex text and addresses in lower case."""
    if isinstance(value, dict):
        return [bare(one) for one in value.values()]
    if isinstance(value, tuple | list):
        return [bare(one) for one in value]
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value.lower() if isinstance(value, str) else value


def test_random_answers_are_read_as_eth_abi_reads_them() -> None:
    random = Random(7)  # noqa: S311 - reproducible inputs, not secrets
    for parameters in outputs():
        types = [type_of(p) for p in parameters]
        read = row_of(parameters, snake_case).read
        for _ in range(5):
            data = encode(types, [drawn(random, p) for p in parameters])
            assert bare(read(data, 0)) == bare(decode(types, data)), types


def test_cut_answers_are_refused() -> None:
    random = Random(8)  # noqa: S311 - reproducible inputs, not secrets
    for parameters in outputs():
        if not parameters:
            continue
        types = [type_of(p) for p in parameters]
        read = row_of(parameters, snake_case).read
        data = encode(types, [drawn(random, p) for p in parameters])
        with pytest.raises(DecodingError):
            read(data[: len(data) // 2 // 32 * 32 - 1] if len(data) > 64 else data[:31], 0)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("uint8", 2**8),
        ("uint64", 2**64),
        ("int64", 2**63),
        ("int64", 2**256 - 2**63 - 1),
        ("bool", 2),
        ("address", 2**160),
        ("bytes4", 1),
    ],
)
def test_word_out_of_its_width_is_refused(kind: str, word: int) -> None:
    with pytest.raises(DecodingError):
        row_of([{"type": kind}], snake_case).read(word.to_bytes(32), 0)


def test_row_that_claims_more_than_there_is_is_refused() -> None:
    claimed = encode(["uint256", "uint256"], [32, 2**60])
    for kind in ("uint64[]", "bytes", "string"):
        with pytest.raises(DecodingError):
            row_of([{"type": kind}], snake_case).read(claimed, 0)
    text = encode(["bytes"], [b"\xff\xfe"])
    with pytest.raises(DecodingError):
        row_of([{"type": "string"}], snake_case).read(text, 0)


def test_type_that_no_answer_has_is_an_error() -> None:
    with pytest.raises(TypeError, match="fixed128x18"):
        row_of([{"type": "fixed128x18"}], snake_case)
