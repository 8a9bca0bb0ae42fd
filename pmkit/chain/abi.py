"""Calls, answers and events by name instead of by position.

Structs go as dicts by the names of the interface or as values with fields of those names, and come
as dicts, so a field that moved or was forgotten is an error and never a wrong number. Addresses are
checksummed text, other bytes hex text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.artifacts import load_artifact
from pmkit.chain.words import Read, row_of
from pmkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Parameter = dict[str, Any]
"""One input, output or component as the compiler describes it."""

ARRAY = re.compile(r"(.*)\[[0-9]*\]", re.ASCII)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])", re.ASCII)


def snake_case(name: str) -> str:
    """Return a Solidity name as Python spells it.

    >>> snake_case("thresholdValue")
    'threshold_value'
    """
    return HUMP.sub("_", name).lower().rstrip("_")


def type_of(parameter: Parameter) -> str:
    """Return the canonical type, structs written out."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(type_of(component) for component in parameter["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def signature_of(entry: Mapping[str, Any]) -> str:
    """Return a function's, error's or event's signature."""
    return f"{entry['name']}({','.join(type_of(p) for p in entry['inputs'])})"


def selector_of(entry: Mapping[str, Any]) -> bytes:
    """Return the four bytes that stand for a function or an error."""
    return keccak(text=signature_of(entry))[:4]


def fields_of(value: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a value under the interface's names, those that it has."""
    known = {snake_case(name): name for name in names}
    return {known.get(f.name, f.name): getattr(value, f.name) for f in fields(value)}


def to_abi(parameter: Parameter, value: Any) -> Any:
    """Return a value in the shape that the encoder takes. Raises InputError for a wrong field."""
    kind: str = parameter["type"]
    if array := ARRAY.fullmatch(kind):
        return [to_abi({**parameter, "type": array[1]}, item) for item in value]
    if kind == "tuple":
        names = [component["name"] for component in parameter["components"]]
        if is_dataclass(value):
            value = fields_of(value, names)
        if set(names) != set(value):
            odd = ", ".join(sorted(set(names) ^ set(value)))
            raise InputError(place=parameter["name"], problem=f"missing or unknown: {odd}")
        return tuple(to_abi(c, value[c["name"]]) for c in parameter["components"])
    if kind.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


def decode_all(parameters: Sequence[Parameter], data: bytes) -> tuple[Any, ...]:
    """Return decoded values with their names. Raises DecodingError."""
    values: tuple[Any, ...] = row_of(parameters, snake_case).read(data, 0)
    return values


def encode_all(parameters: Sequence[Parameter], values: Sequence[Any], place: str) -> bytes:
    """Return encoded arguments. Raises InputError for a value that does not fit its type."""
    if len(parameters) != len(values):
        problem = f"{len(parameters)} arguments are taken, {len(values)} were given"
        raise InputError(place=place, problem=problem)
    shaped = [to_abi(p, v) for p, v in zip(parameters, values, strict=True)]
    for parameter, value in zip(parameters, shaped, strict=True):
        try:
            encode([type_of(parameter)], [value])
        except (EncodingError, TypeError, ValueError) as error:
            here = f"{place}: {parameter['name']}"
            raise InputError(place=here, problem=" ".join(str(error).split())) from error
    return encode([type_of(p) for p in parameters], shaped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A decoded event."""

    name: str
    address: str
    """The contract that emitted it."""
    values: dict[str, Any]


class Interface:
    """The functions and events of one contract."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.abi = load_artifact(name).abi
        self._answers: dict[str, Read] = {}

    @cached_property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Functions by name; none of ours is overloaded."""
        return {entry["name"]: entry for entry in self.abi if entry["type"] == "function"}

    @cached_property
    def events(self) -> dict[bytes, dict[str, Any]]:
        """Events by their first topic."""
        found = (entry for entry in self.abi if entry["type"] == "event")
        return {keccak(text=signature_of(entry)): entry for entry in found}

    def encode(self, function: str, *values: Any) -> bytes:
        """Return the calldata of a call. Raises InputError for a value that does not fit."""
        entry = self.functions[function]
        place = f"{self.name}.{function}"
        return selector_of(entry) + encode_all(entry["inputs"], values, place)

    def encode_constructor(self, *values: Any) -> bytes:
        """Return the encoded arguments of the constructor, empty without one."""
        found = (entry for entry in self.abi if entry["type"] == "constructor")
        inputs: list[Parameter] = next(found, {"inputs": []})["inputs"]
        return encode_all(inputs, values, f"{self.name}.constructor")

    def decode(self, function: str, data: bytes) -> Any:
        """Return a call's answer: nothing, one value, or a tuple of them."""
        read = self._answers.get(function)
        if read is None:
            read = row_of(self.functions[function]["outputs"], snake_case).read
            self._answers[function] = read
        values = read(data, 0)
        return values[0] if len(values) == 1 else values

    def decode_log(self, log: Mapping[str, Any]) -> Event | None:
        """Return an event of this contract, or None for a foreign one."""
        topics = [bytes.fromhex(topic.removeprefix("0x")) for topic in log["topics"]]
        entry = self.events.get(topics[0]) if topics else None
        if entry is None or len(topics) != 1 + sum(p["indexed"] for p in entry["inputs"]):
            return None
        plain = [p for p in entry["inputs"] if not p["indexed"]]
        data = bytes.fromhex(log["data"].removeprefix("0x"))
        rest = iter(decode_all(plain, data))
        indexed = iter(topics[1:])
        values = {
            snake_case(p["name"]): decode_all([p], next(indexed))[0] if p["indexed"] else next(rest)
            for p in entry["inputs"]
        }
        return Event(name=entry["name"], address=to_checksum_address(log["address"]), values=values)


@cache
def interface(name: str) -> Interface:
    """Return the interface of a contract by its name. Raises ToolMissing when it is not built."""
    return Interface(name)
