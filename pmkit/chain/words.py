"""What the contracts answer, read word by word.

`eth_abi` reads the same and takes 1.4 ms for an account; a venue's watcher reads thousands. A type
is looked at once and becomes a function. Reading is strict: a number out of its width, a word that
is missing and bytes that are not there are a DecodingError, as there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Read = Callable[[bytes, int], Any]
"""Returns the value whose encoding begins at a place."""
WORD = 32
SIZED = re.compile(r"(u?int|bytes)([0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type is read."""

    size: int
    """Bytes that it takes where it stands: one word for what stands elsewhere."""
    elsewhere: bool
    """Whether only the way to it stands there."""
    read: Read


def kind_of(parameter: Mapping[str, Any], spell: Callable[[str], str]) -> Kind:
    """Return how a parameter is read; structs become dicts of names as `spell` spells them."""
    name: str = parameter["type"]
    if name.endswith("[]"):
        return Kind(WORD, True, _row(kind_of({**parameter, "type": name[:-2]}, spell)))
    if name == "tuple":
        names = [spell(component["name"]) for component in parameter["components"]]
        read = row_of(parameter["components"], spell)

        def named(data: bytes, at: int) -> dict[str, Any]:
            return dict(zip(names, read.read(data, at), strict=True))

        return Kind(read.size, read.elsewhere, named)
    if name in ("bytes", "string"):
        return Kind(WORD, True, _hex if name == "bytes" else _text)
    return Kind(WORD, False, _word_of(name))


def row_of(parameters: Sequence[Mapping[str, Any]], spell: Callable[[str], str]) -> Kind:
    """Return how parameters that stand in a row are read, as a tuple."""
    kinds = [kind_of(parameter, spell) for parameter in parameters]
    starts = [sum(kind.size for kind in kinds[:i]) for i in range(len(kinds))]
    steps = [(start, k.elsewhere, k.read) for start, k in zip(starts, kinds, strict=True)]
    elsewhere = any(kind.elsewhere for kind in kinds)

    def read(data: bytes, at: int) -> tuple[Any, ...]:
        return tuple(
            [
                one(data, at + _number(data, at + start) if away else at + start)
                for start, away, one in steps
            ]
        )

    return Kind(WORD if elsewhere else sum(kind.size for kind in kinds), elsewhere, read)


def _row(kind: Kind) -> Read:
    """Return how a row of any length of one type is read."""
    size, away, one = kind.size, kind.elsewhere, kind.read

    def read(data: bytes, at: int) -> tuple[Any, ...]:
        count = _number(data, at)
        first = at + WORD
        # No more is looked for than can be there.
        if first + count * size > len(data):
            raise DecodingError(f"{count} values do not fit {len(data)} bytes")
        starts = range(first, first + count * size, size)
        if away:
            return tuple([one(data, first + _number(data, start)) for start in starts])
        return tuple([one(data, start) for start in starts])

    return read


def _number(data: bytes, at: int) -> int:
    word = data[at : at + WORD]
    if len(word) != WORD:
        raise DecodingError(f"a word is missing at {at} of {len(data)} bytes")
    return int.from_bytes(word)


def _bytes(data: bytes, at: int) -> bytes:
    size = _number(data, at)
    found = data[at + WORD : at + WORD + size]
    if len(found) != size:
        raise DecodingError(f"{size} bytes do not fit {len(data)}")
    return found


def _hex(data: bytes, at: int) -> str:
    return f"0x{_bytes(data, at).hex()}"


def _text(data: bytes, at: int) -> str:
    try:
        return _bytes(data, at).decode()
    except UnicodeDecodeError as error:
        raise DecodingError(str(error)) from error


def _word_of(name: str) -> Read:
    """Return how a type of one word is read."""
    if name == "address":
        return lambda data, at: to_checksum_address(_within(data, at, 160).to_bytes(20))
    if name == "bool":
        return lambda data, at: bool(_within(data, at, 1))
    sized = SIZED.fullmatch(name)
    if sized is None:
        raise TypeError(f"no reader for {name}")
    kind, width = sized[1], int(sized[2])
    if kind == "uint":
        return lambda data, at: _within(data, at, width)
    if kind == "int":
        return lambda data, at: _signed(data, at, width)
    return lambda data, at: f"0x{_padded(data, at, width).hex()}"


def _within(data: bytes, at: int, bits: int) -> int:
    value = _number(data, at)
    if value >> bits:
        raise DecodingError(f"{value} does not fit {bits} bits")
    return value


def _signed(data: bytes, at: int, bits: int) -> int:
    value = _number(data, at)
    if value >> 255:
        value -= 1 << 256
    if not -1 << bits - 1 <= value < 1 << bits - 1:
        raise DecodingError(f"{value} does not fit {bits} signed bits")
    return value


def _padded(data: bytes, at: int, size: int) -> bytes:
    word = _number(data, at).to_bytes(WORD)
    if any(word[size:]):
        raise DecodingError(f"{word.hex()} is more than {size} bytes")
    return word[:size]
