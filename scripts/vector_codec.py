"""Vector files: every pure function's inputs and results, as JSON that any language reads.

A file is {"fn", "spec", "cases": [{"id", "source", "in", "out" or "error"}]}. Numbers are decimal
strings, since many readers lose integers beyond 2^53; structs are objects with Python's names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import IntEnum
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from pmkit.errors import VenueError

VECTORS = Path(__file__).parents[1] / "tests" / "vectors"
PURE_MODULES = (
    "funding",
    "liquidation",
    "margin",
    "oracle",
    "rates",
    "stale",
    "sweep",
    "tiers",
    "units",
)
"""The modules that have a twin in contracts/libraries."""

Json = Any


def pure_functions() -> dict[str, Callable[..., Any]]:
    """Return every public function of the pure twins by name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in PURE_MODULES:
        loaded = import_module(f"pmkit.{module}")
        found |= {
            name: function
            for name, function in getmembers(loaded, isfunction)
            if not name.startswith("_") and function.__module__ == loaded.__name__
        }
    return found


def encoded(value: Any) -> Json:
    """Return a value as JSON has it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(int(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: encoded(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [encoded(v) for v in value]
    raise TypeError(f"no JSON form for {value!r}")


def decoded(value: Json, kind: Any) -> Any:
    """Return JSON as a value of an annotated type."""
    if kind is bool:
        return bool(value)
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(decoded(v, inner[0]) for v in value)
        return tuple(decoded(v, k) for v, k in zip(value, inner, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: decoded(value[name], hints[name]) for name in hints})
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind(int(value))
    if kind is not int:
        raise TypeError(f"no JSON form for {kind}")
    return int(value)


def arguments(function: Callable[..., Any], given: dict[str, Json]) -> dict[str, Any]:
    """Return a case's input as the arguments of a function, in their order."""
    hints = get_type_hints(function)
    return {name: decoded(given[name], hints[name]) for name in signature(function).parameters}


def outcome(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Json]:
    """Return what a function makes of its arguments: its result, or the name of its refusal."""
    try:
        return {"out": encoded(function(**given))}
    except VenueError as refused:
        return {"error": type(refused).__name__}


def read_file(path: Path) -> dict[str, Json]:
    """Return a vector file."""
    found: dict[str, Json] = json.loads(path.read_text())
    return found


def text_of(vectors: dict[str, Json]) -> str:
    """Return the text of a vector file: one case to a line, so that a change shows as one line."""
    head = json.dumps({"fn": vectors["fn"], "spec": vectors["spec"]}, ensure_ascii=False)[:-1]
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in vectors["cases"])
    return f'{head}, "cases": [\n{cases}\n]}}\n'
