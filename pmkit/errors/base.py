"""The trunk of the tree: every kind of failure, and what a refusal of the venue looks like."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar


class PmkitError(Exception):
    """Base of every failure that pmkit raises on purpose."""


@dataclass(eq=False)
class InputError(PmkitError):
    """The caller's input is wrong at a named place."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(eq=False)
class ToolMissing(PmkitError):
    """A program that pmkit starts is not installed."""

    tool: str
    needed_for: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.tool} was not found; it is needed for {self.needed_for}. {self.remedy}"


@dataclass(eq=False)
class VenueError(PmkitError):
    """The venue refuses an action; subclasses mirror the Solidity errors field by field."""

    sentence: ClassVar[str] = ""
    """What was required, what it was, and what to do; fields stand in braces."""

    @property
    def values(self) -> dict[str, object]:
        """The compared numbers by field name, as the contract reports them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __str__(self) -> str:
        numbers = ", ".join(f"{name}={value}" for name, value in self.values.items())
        text = self.sentence.format(**self.values)
        head = f"{type(self).__name__}({numbers})"
        return f"{head}: {text}" if text else head


@dataclass(eq=False)
class Mismatch(PmkitError):
    """Two sides that must agree do not: chain and Python, holdings and claims."""

    where: str
    what: str
    chain: int
    other: int

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: the chain says {self.chain}, against {self.other}"
