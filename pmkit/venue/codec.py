"""Values of the venue as JSON and back, exactly: integers as text, records as objects.

Reading is strict: a key too many, a key too few or a number out of its width is an InputError that
names its place.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pmkit.errors
from pmkit.errors import InputError, VenueError
from pmkit.venue.actions import Action, Call, external
from pmkit.venue.conform import check_of, hints_of
from pmkit.venue.integers import Address, Uint40
from pmkit.venue.refusal import Refusal

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})", re.ASCII)


def encode(value: Any) -> Any:
    """Return a value of the venue as JSON."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, tuple | list):
        return [encode(one) for one in value]
    if isinstance(value, Refusal):
        return {"name": value.name, "values": {name: encode(one) for name, one in value.values}}
    return {f.name: encode(getattr(value, f.name)) for f in fields(value)}


def encode_action(action: Action) -> dict[str, Any]:
    """Return an action as JSON."""
    return {
        "time": encode(action.time),
        "sender": action.sender,
        "name": action.name,
        "args": encode(action.args),
        "result": encode(action.result),
        "refusal": encode(action.refusal),
    }


def decode(kind: Any, found: Any, place: str) -> Any:
    """Return the value of a type that JSON holds. Raises InputError."""
    value = _decode(kind, found, place)
    check_of(kind)(value, place)
    return value


def _decode(kind: Any, found: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        return _decode(get_args(kind)[0], found, place)
    if origin is tuple:
        one = get_args(kind)[0]
        return tuple(
            _decode(one, each, f"{place}[{i}]") for i, each in enumerate(listed(found, place))
        )
    if kind is bool or kind is str or kind is NoneType:
        return found
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        try:
            return kind(whole(found, place))
        except ValueError:
            raise InputError(place=place, problem=f"there is no {kind.__name__} {found}") from None
    if kind is int:
        return whole(found, place)
    if kind is Call:
        return decode_call(found, place)
    if kind == Refusal | None:
        return decode_refusal(found, place)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = hints_of(kind)
        keys = tuple(f.name for f in fields(kind))
        entries = object_of(found, keys, place)
        return kind(**{key: _decode(hints[key], entries[key], f"{place}.{key}") for key in keys})
    raise TypeError(f"no reader for {kind}")


def whole(found: Any, place: str) -> int:
    """Return the integer of text. Raises InputError."""
    if not (isinstance(found, str) and INTEGER.fullmatch(found)):
        raise InputError(place=place, problem=f"a whole number as text was expected, was {found!r}")
    return int(found)


def listed(found: Any, place: str) -> list[Any]:
    """Return a list. Raises InputError."""
    if not isinstance(found, list):
        raise InputError(place=place, problem="a list was expected")
    return found


def object_of(found: Any, keys: tuple[str, ...], place: str) -> dict[str, Any]:
    """Return an object with exactly these keys. Raises InputError."""
    if not isinstance(found, dict):
        raise InputError(place=place, problem="an object was expected")
    for key in keys:
        if key not in found:
            raise InputError(place=f"{place}.{key}", problem="is missing")
    for key in found:
        if key not in keys:
            raise InputError(place=f"{place}.{key}", problem="is unknown")
    return found


def decode_action(found: Any, place: str) -> Action:
    """Return an action of a log. Raises InputError."""
    keys = ("time", "sender", "name", "args", "result", "refusal")
    entries = object_of(found, keys, place)
    call = decode_call({key: entries[key] for key in ("name", "args")}, place)
    refusal = decode_refusal(entries["refusal"], f"{place}.refusal")
    return Action(
        time=decode(Uint40, entries["time"], f"{place}.time"),
        sender=decode(Address, entries["sender"], f"{place}.sender"),
        name=call.name,
        args=call.args,
        result=decode(NoneType, entries["result"], f"{place}.result")
        if refusal is not None
        else decode_result(call, entries["result"], f"{place}.result"),
        refusal=refusal,
    )


def decode_call(found: Any, place: str) -> Call:
    """Return a call by name with its arguments. Raises InputError."""
    entries = object_of(found, ("name", "args"), place)
    name = decode(str, entries["name"], f"{place}.name")
    function = external(name)
    args = listed(entries["args"], f"{place}.args")
    if len(args) != len(function.parameters):
        raise InputError(place=f"{place}.args", problem=f"{name} takes another number of them")
    pairs = zip(function.parameters, args, strict=True)
    return Call(
        name, tuple(decode(kind, arg, f"{place}.args.{what}") for (what, kind), arg in pairs)
    )


def decode_result(call: Call, found: Any, place: str) -> Any:
    """Return what a call returned. Raises InputError.

    Acting for another it is what the inner call returned, of a batch what each of them did.
    """
    if call.name == "batch":
        (calls,) = call.args
        results = listed(found, place)
        if len(results) != len(calls):
            raise InputError(place=place, problem=f"must be the results of {len(calls)} calls")
        pairs = zip(calls, results, strict=True)
        return tuple(decode_result(c, one, f"{place}[{i}]") for i, (c, one) in enumerate(pairs))
    for arg in call.args:
        if isinstance(arg, Call):
            return decode_result(arg, found, place)
    return decode(external(call.name).returns, found, place)


def decode_refusal(found: Any, place: str) -> Refusal | None:
    """Return how an action was refused, None where it was not. Raises InputError."""
    if found is None:
        return None
    entries = object_of(found, ("name", "values"), place)
    kind = getattr(pmkit.errors, decode(str, entries["name"], f"{place}.name"), None)
    if not (isinstance(kind, type) and issubclass(kind, VenueError)):
        raise InputError(place=f"{place}.name", problem="the venue has no such refusal")
    hints = get_type_hints(kind)
    names = tuple(f.name for f in fields(kind))
    values = object_of(entries["values"], names, f"{place}.values")
    return Refusal(
        name=kind.__name__,
        values=tuple(
            (name, _decode(hints[name], values[name], f"{place}.values.{name}")) for name in names
        ),
    )
