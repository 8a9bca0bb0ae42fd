"""The integer types of the contracts: ranges for arguments, and checked sums.

Python's integers have no width. Where the contracts keep a number in fewer than 256 bits, the twin
names the width here: in a signature (`sz: Uint64`), or in a sum that must not leave it (`uint128`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pmkit.errors import ArithmeticOverflow
from pmkit.units import INT128_MAX, UINT64_MAX, UINT128_MAX

INT64_MAX = 2**63 - 1
UINT40_MAX = 2**40 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an argument may have."""

    least: int
    most: int


Uint8 = Annotated[int, Range(0, 2**8 - 1)]
Uint16 = Annotated[int, Range(0, 2**16 - 1)]
Uint32 = Annotated[int, Range(0, 2**32 - 1)]
Uint40 = Annotated[int, Range(0, UINT40_MAX)]
Uint64 = Annotated[int, Range(0, UINT64_MAX)]
Uint104 = Annotated[int, Range(0, 2**104 - 1)]
Uint128 = Annotated[int, Range(0, UINT128_MAX)]
Uint224 = Annotated[int, Range(0, 2**224 - 1)]
Uint256 = Annotated[int, Range(0, 2**256 - 1)]
Int64 = Annotated[int, Range(-(2**63), INT64_MAX)]
Int128 = Annotated[int, Range(-(2**127), INT128_MAX)]
Int176 = Annotated[int, Range(-(2**175), 2**175 - 1)]
Int216 = Annotated[int, Range(-(2**215), 2**215 - 1)]


@dataclass(frozen=True, slots=True)
class Hex:
    """Bytes of a given length, as lower-case hex text."""

    size: int


Address = Annotated[str, Hex(20)]
Bytes32 = Annotated[str, Hex(32)]


class Widths:
    """The widths of a struct whose own fields do not name them, by field."""

    __slots__ = ("by_field",)

    def __init__(self, **by_field: object) -> None:
        self.by_field = by_field


def uint128(value: int) -> int:
    """Return a sum or difference kept in 128 bits. Raises ArithmeticOverflow."""
    if not 0 <= value <= UINT128_MAX:
        raise ArithmeticOverflow
    return value
