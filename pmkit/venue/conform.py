"""Whether a value is what a type says: the door through which arguments and JSON come in.

The types are those that signatures and records are written in. A contract's caller meets the same
door in the ABI; here what does not fit is an InputError that names its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pmkit.errors import InputError
from pmkit.units import UINT256_MAX
from pmkit.venue.integers import Hex, Range, Widths
from pmkit.venue.refusal import Refusal

Check = Callable[[Any, str], None]
"""Raises InputError for a value that does not fit, given its place."""

DEFAULT_RANGE = Range(0, UINT256_MAX)
"""What an `int` without a width is."""


def check_of(kind: Any) -> Check:
    """Return the check of a type: a width, text, a record, an enum, a tuple of one of them."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, mark = get_args(kind)[:2]
        if isinstance(mark, Range):
            return _range_check(mark)
        if isinstance(mark, Hex):
            return _hex_check(mark)
        return _record_check(base, mark.by_field if isinstance(mark, Widths) else {})
    if origin is tuple:
        return _tuple_check(get_args(kind)[0])
    if kind is bool or kind is str or kind is NoneType:
        return _exact_check(kind)
    if kind is int:
        return _range_check(DEFAULT_RANGE)
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return _exact_check(kind)
    if kind is Any or kind == Refusal | None:
        return _accept
    if is_dataclass(kind):
        return _record_check(kind, {})
    raise TypeError(f"no check for {kind}")


@cache
def hints_of(record: type) -> dict[str, Any]:
    """Return the types of a record's fields, widths included."""
    return get_type_hints(record, include_extras=True)


def _accept(value: Any, place: str) -> None:
    """Accept everything: what it must be, its own reader knows."""


def _range_check(allowed: Range) -> Check:
    least, most = allowed.least, allowed.most

    def check(value: Any, place: str) -> None:
        if type(value) is not int:
            raise InputError(place=place, problem=f"a whole number was expected, was {value!r}")
        if not least <= value <= most:
            raise InputError(place=place, problem=f"must be from {least} to {most}, was {value}")

    return check


def _hex_check(allowed: Hex) -> Check:
    pattern = re.compile(rf"0x[0-9a-f]{{{2 * allowed.size}}}", re.ASCII)

    def check(value: Any, place: str) -> None:
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            problem = f"{allowed.size} bytes as lower-case hex were expected, was {value!r}"
            raise InputError(place=place, problem=problem)

    return check


def _exact_check(kind: type) -> Check:
    def check(value: Any, place: str) -> None:
        if type(value) is not kind:
            raise InputError(place=place, problem=f"{kind.__name__} was expected, was {value!r}")

    return check


def _tuple_check(kind: Any) -> Check:
    check_one = check_of(kind)

    def check(value: Any, place: str) -> None:
        if not isinstance(value, tuple):
            raise InputError(place=place, problem=f"a tuple was expected, was {value!r}")
        for i, one in enumerate(value):
            check_one(one, f"{place}[{i}]")

    return check


def _record_check(record: Any, widths: dict[str, object]) -> Check:
    hints = hints_of(record)
    checks = [(f.name, check_of(widths.get(f.name, hints[f.name]))) for f in fields(record)]

    def check(value: Any, place: str) -> None:
        if type(value) is not record:
            problem = f"{record.__name__} was expected, was {value!r}"
            raise InputError(place=place, problem=problem)
        for name, check_one in checks:
            check_one(getattr(value, name), f"{place}.{name}")

    return check
