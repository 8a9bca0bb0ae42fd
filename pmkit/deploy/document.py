"""The file of parameters: YAML with text, whole numbers, true and false, lists and tables.

What else YAML makes of plain text (floats, dates, `0x` numbers, `no` as false) stays text, so that
an amount keeps its digits and an address its zeros. Keys are text as written, each stands once.
Anchors and tags are refused: references are `$name`. SPEC DP-01.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from pmkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 1_000_000
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,77})", re.ASCII)
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}

Table = dict[str, Any]


class Loader(yaml.BaseLoader):
    """YAML whose every scalar is text, and that knows no anchors."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return a node. Raises a YAMLError for an anchor or its use."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # (PyYAML has no types here)
        if getattr(event, "anchor", None) is not None:
            problem = "anchors are not known here; a reference is written $name"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def read_document(path: Path) -> Table:
    """Return a file's table. Raises InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InputError(place=path.name, problem=f"cannot be read: {error.strerror}") from error
    if len(data) > SIZE_LIMIT:
        raise InputError(place=path.name, problem=f"is larger than {SIZE_LIMIT} bytes")
    try:
        return parse_document(data.decode("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise InputError(place=path.name, problem="is not UTF-8 text") from error


def parse_document(text: str, place: str) -> Table:
    """Return the table of a YAML text. Raises InputError naming the place in it."""
    try:
        root = yaml.compose(text, Loader=Loader)
        value = None if root is None else value_of(root, f"{place}:")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = "" if mark is None else f" line {mark.line + 1}, column {mark.column + 1}:"
        raise InputError(place=place, problem=f"is not YAML:{at} {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise InputError(place=place, problem=f"is not YAML: {problem}") from error
    if not isinstance(value, dict):
        raise InputError(place=place, problem="a table of parameters was expected")
    return value


def value_of(node: yaml.Node, place: str) -> Any:
    """Return what a node says. Raises InputError."""
    usual = {
        yaml.ScalarNode: "tag:yaml.org,2002:str",
        yaml.SequenceNode: "tag:yaml.org,2002:seq",
        yaml.MappingNode: "tag:yaml.org,2002:map",
    }
    if node.tag != usual[type(node)]:
        raise InputError(place=place, problem=f"the tag {node.tag} is not known here")
    if isinstance(node, yaml.ScalarNode):
        return scalar_of(node)
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item, f"{place}[{i}]") for i, item in enumerate(node.value)]
    table: Table = {}
    for key_node, inner in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise InputError(place=place, problem="a key must be text")
        key: str = key_node.value
        here = f"{place} {key}" if place.endswith(":") else f"{place}.{key}"
        if key in table:
            line = key_node.start_mark.line + 1
            raise InputError(place=here, problem=f"stands twice, again in line {line}")
        table[key] = value_of(inner, here)
    return table


def scalar_of(node: yaml.ScalarNode) -> str | int | bool | None:
    """Return a scalar: quoted ones are text, and of plain ones whatever is no number or word."""
    text: str = node.value
    if node.style is not None:
        return text
    if text in WORDS:
        return WORDS[text]
    return int(text) if INTEGER.fullmatch(text) else text
