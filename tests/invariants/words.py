"""Answers of views as numbers by the names of their fields: what eth-abi does, many times as fast.

Only numbers, addresses and flags, structs and arrays of them; that is all that the views read here
answer.
"""

from __future__ import annotations

from typing import Any

WORD = 32


def decoded(entries: list[dict[str, Any]], data: bytes) -> tuple[Any, ...]:
    """Return the values of ABI entries; an address is a number."""
    found = []
    at = 0
    for entry in entries:
        value, at = _next(entry, data, 0, at)
        found.append(value)
    return tuple(found)


def _next(entry: dict[str, Any], data: bytes, base: int, at: int) -> tuple[Any, int]:
    """Return the value whose head stands at a place, and where the next head stands."""
    if not _is_dynamic(entry):
        return _static(entry, data, at)
    start = base + _number(data, at)
    return _dynamic(entry, data, start), at + WORD


def _static(entry: dict[str, Any], data: bytes, at: int) -> tuple[Any, int]:
    if entry["type"] == "tuple":
        record = {}
        for member in entry["components"]:
            record[member["name"]], at = _static(member, data, at)
        return record, at
    signed = entry["type"].startswith("int")
    return int.from_bytes(data[at : at + WORD], signed=signed), at + WORD


def _dynamic(entry: dict[str, Any], data: bytes, start: int) -> Any:
    if entry["type"] == "tuple":
        record, at = {}, start
        for member in entry["components"]:
            record[member["name"]], at = _next(member, data, start, at)
        return record
    element = {**entry, "type": entry["type"].removesuffix("[]")}
    values, base = [], start + WORD
    at = base
    for _ in range(_number(data, start)):
        value, at = _next(element, data, base, at)
        values.append(value)
    return values


def _is_dynamic(entry: dict[str, Any]) -> bool:
    kind: str = entry["type"]
    return kind.endswith("[]") or (
        kind == "tuple" and any(_is_dynamic(member) for member in entry["components"])
    )


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD])
