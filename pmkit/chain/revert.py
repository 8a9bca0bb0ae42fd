"""From revert data to the error of the same name.

The names come from the interfaces of all shipped contracts, since the errors of libraries and
tokens pass through the venue.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi.exceptions import DecodingError

import pmkit.errors as errors_by_name
from pmkit.chain.abi import decode_all, selector_of, snake_case
from pmkit.chain.artifacts import shipped_artifacts
from pmkit.errors import (
    ArithmeticOverflow,
    ContractPanic,
    ContractReverted,
    DivisionByZero,
    NodeRefused,
    PmkitError,
    UnknownRevert,
    VenueError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

REVERT_CODE = 3
"""The JSON-RPC error code of a revert."""
PANIC = bytes.fromhex("4e487b71")
ERROR = bytes.fromhex("08c379a0")
OVERFLOW, ZERO_DIVISION = 0x11, 0x12


@cache
def declared_errors() -> Mapping[bytes, dict[str, Any]]:
    """Return every custom error of the shipped contracts by its selector."""
    found = (e for artifact in shipped_artifacts() for e in artifact.abi if e["type"] == "error")
    return {selector_of(entry): entry for entry in found}


def decode_revert(data: str) -> PmkitError:
    """Return the error that revert data (hex text) stands for: a VenueError, or UnknownRevert."""
    raw = bytes.fromhex(data.removeprefix("0x"))
    try:
        return _panic(raw) or _text(raw) or _declared(raw) or UnknownRevert(data=data)
    except DecodingError:
        return UnknownRevert(data=data)


def _panic(raw: bytes) -> VenueError | None:
    if raw[:4] != PANIC:
        return None
    (code,) = decode_all([{"type": "uint256"}], raw[4:])
    if code == OVERFLOW:
        return ArithmeticOverflow()
    return DivisionByZero() if code == ZERO_DIVISION else ContractPanic(code=code)


def _text(raw: bytes) -> VenueError | None:
    if raw[:4] != ERROR:
        return None
    (reason,) = decode_all([{"type": "string"}], raw[4:])
    return ContractReverted(reason=reason)


def _declared(raw: bytes) -> VenueError | None:
    entry = declared_errors().get(raw[:4])
    if entry is None:
        return None
    kind = getattr(errors_by_name, entry["name"], None)
    if not (isinstance(kind, type) and issubclass(kind, VenueError)):
        return None
    inputs = entry["inputs"]
    names = (snake_case(p["name"]) for p in inputs)
    return kind(**dict(zip(names, decode_all(inputs, raw[4:]), strict=True)))


def refusal_of(refused: NodeRefused) -> PmkitError:
    """Return what a refused call means: the decoded revert, or the refusal itself."""
    if refused.data is not None:
        return decode_revert(refused.data)
    if refused.code == REVERT_CODE or "revert" in refused.message.lower():
        return UnknownRevert(data="0x")
    return refused
