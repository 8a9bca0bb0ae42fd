"""JSON without surprises: exact numbers, no key twice, and a place for everything. SPEC HL-01.

`json` would let the last of two equal keys win, make floats, and accept NaN; here each of these is
an error that names its path, and numbers with a point stay text until `parse_units` reads them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.decimals import Rounding, kind_of, parse_units, shown
from pmkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_LIMIT = 10_000_000
"""Largest bundle read, bytes; the venue's own replies for one account are a thousandth of it."""
ROOT = "bundle"
"""Name of the place above all keys."""
PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refused:
    """A spot where the text is JSON to Python's reader but not to this one."""

    problem: str


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document and its path."""

    value: object
    path: str

    def get(self, key: str) -> Node | None:
        """Return the value under a key of an object, or None. Raises InputError for no object."""
        found = self.entries()
        return Node(found[key], join(self.path, key)) if key in found else None

    def at(self, key: str) -> Node:
        """Return the value under a key. Raises InputError when there is none."""
        found = self.get(key)
        if found is None:
            raise InputError(place=join(self.path, key), problem="is missing")
        return found

    def entries(self) -> dict[str, object]:
        """Return the object. Raises InputError for anything else."""
        if not isinstance(self.value, dict):
            raise self.error(f"an object was expected, found {kind_of(self.value)}")
        return self.value

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of an object. Raises InputError for anything else."""
        for key in self.entries():
            yield key, self.at(key)

    def elements(self) -> list[Node]:
        """Return the elements of a list. Raises InputError for anything else."""
        if not isinstance(self.value, list):
            raise self.error(f"a list was expected, found {kind_of(self.value)}")
        return [Node(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def pairs(self) -> list[tuple[int, Node]]:
        """Return a list of [id, reply] pairs, no id twice. Raises InputError for anything else."""
        found: dict[int, Node] = {}
        for element in self.elements():
            parts = element.elements()
            if len(parts) != 2:
                raise element.error("a pair of id and reply was expected")
            key = parts[0].count()
            if key in found:
                raise parts[0].error(f"the id {key} appears twice")
            found[key] = parts[1]
        return list(found.items())

    def text(self) -> str:
        """Return text. Raises InputError for anything else."""
        if not isinstance(self.value, str):
            raise self.error(f"text was expected, found {kind_of(self.value)}")
        return self.value

    def count(self, least: int = 0, most: int = 10**9) -> int:
        """Return a whole number within bounds. Raises InputError for anything else."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(f"a whole number was expected, found {kind_of(value)}")
        if not least <= value <= most:
            raise self.error(f"must be from {least} to {most}")
        return value

    def units(self, decimals: int, rounding: Rounding = "exact") -> int:
        """Return a decimal in units of 10^-decimals. Raises InputError."""
        return parse_units(self.value, decimals, self.path, rounding)

    def amount(self, decimals: int, rounding: Rounding = "exact") -> int:
        """Return a decimal that cannot be negative. Raises InputError."""
        units = self.units(decimals, rounding)
        if units < 0:
            raise self.error(f"must not be negative, was {self.value}")
        return units

    def error(self, problem: str) -> InputError:
        """Return an error about this place."""
        return InputError(place=self.path, problem=problem)


def join(path: str, key: str) -> str:
    """Return the path of a key, as in `clearinghouseStates["xyz:1"].time`."""
    step = key if PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
    if path == ROOT:
        return step
    return f"{path}{step}" if step.startswith("[") else f"{path}.{step}"


def load_document(path: Path) -> Node:
    """Return a JSON file. Raises InputError naming the file, or the place in it."""
    name = str(path)
    try:
        if path.is_dir():
            raise InputError(place=name, problem="is a directory, an account bundle was expected")
        # The size is asked first, then bounded again: it says nothing of a pipe.
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError(place=name, problem=f"is larger than {SIZE_LIMIT} bytes")
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise InputError(place=name, problem="there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(place=shown(name), problem=f"cannot be read: {reason}") from error
    if len(data) > SIZE_LIMIT:
        raise InputError(place=name, problem=f"is larger than {SIZE_LIMIT} bytes")
    return parse_document(data, name)


def parse_document(data: bytes, name: str) -> Node:
    """Return JSON text. Raises InputError naming `name`, or the place in the document."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(place=name, problem="is not UTF-8 text") from error
    if not text.strip():
        raise InputError(place=name, problem="is empty")
    try:
        value = json.loads(
            text, parse_float=str, parse_constant=no_number, object_pairs_hook=no_key_twice
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(place=name, problem=f"is not JSON: {error.msg} at {where}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(place=name, problem=f"is not JSON that can be read: {error}") from error
    root = Node(value, ROOT)
    refuse(root)
    return root


def no_number(word: str) -> Refused:
    """Mark a NaN or an Infinity."""
    return Refused(f"{word} is not a number")


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object, with a mark where a key appears twice."""
    entries: dict[str, object] = {}
    for key, value in pairs:
        entries[key] = Refused("this key appears twice") if key in entries else value
    return entries


def refuse(root: Node) -> None:
    """Raise InputError at the first marked spot, wherever in the document it is."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node.value, Refused):
            raise node.error(node.value.problem)
        if isinstance(node.value, dict):
            waiting.extend(child for _, child in node.members())
        elif isinstance(node.value, list):
            waiting.extend(node.elements())
