"""What can go wrong, as a tree; every leaf carries the numbers that were compared.

::

    PmkitError
    ├── InputError               the caller's input is wrong: the place and the problem
    ├── ToolMissing              a program that pmkit starts is not installed
    ├── ChainError               the chain could not be reached, or answered nonsense
    │   ├── NodeUnavailable
    │   └── UnknownRevert        a revert whose name is in none of the known interfaces
    └── VenueError               the venue refuses: same name, same fields as the Solidity error
        └── (one class per custom error)

The command line maps the branches to its exit codes: InputError 2, ChainError and ToolMissing 3, VenueError 1.
"""

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


class ChainError(PmkitError):
    """The chain could not be reached, or did not answer as a chain does."""


@dataclass(eq=False)
class NodeUnavailable(ChainError):
    """A node did not start, went away, or does not answer."""

    endpoint: str
    problem: str

    def __str__(self) -> str:
        return f"node at {self.endpoint}: {self.problem}"


@dataclass(eq=False)
class UnknownRevert(ChainError):
    """A call reverted with data that no known interface declares."""

    data: str

    def __str__(self) -> str:
        shown = self.data if self.data not in ("", "0x") else "no data"
        return f"the call reverted with {shown}, which no known interface declares"


@dataclass(eq=False)
class VenueError(PmkitError):
    """The venue refuses an action; subclasses mirror the Solidity errors field by field."""

    sentence: ClassVar[str] = ""

    @property
    def values(self) -> dict[str, object]:
        """The compared numbers by field name, as the contract reports them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __str__(self) -> str:
        numbers = ", ".join(f"{name}={value}" for name, value in self.values.items())
        text = self.sentence.format(**self.values)
        return f"{type(self).__name__}({numbers}): {text}" if text else f"{type(self).__name__}({numbers})"


# --- arithmetic -------------------------------------------------------------------------------


@dataclass(eq=False)
class ArithmeticOverflow(VenueError):
    """A result does not fit the integer type it is kept in (Solidity: Panic 0x11)."""

    sentence = "a result does not fit its integer type"


@dataclass(eq=False)
class DivisionByZero(VenueError):
    """A division by zero (Solidity: Panic 0x12)."""

    sentence = "a division by zero"


@dataclass(eq=False)
class DoesNotFit128(VenueError):
    """A result does not fit a storage word of 128 bits."""

    value: int
    sentence = "{value} does not fit 128 bits"


@dataclass(eq=False)
class ExponentTooLarge(VenueError):
    """Interest over so long a time, or at so high a rate, that growth leaves the number range."""

    exponent: int
    maximum: int
    sentence = "the growth exponent must be at most {maximum}, was {exponent} (27 decimals)"


# --- parameters and prices --------------------------------------------------------------------


@dataclass(eq=False)
class InvalidMarginTable(VenueError):
    """Tiers must start at zero, rise in their bounds and fall in their leverage."""

    tier: int
    sentence = "tier {tier} breaks the order: bounds rise from zero, leverage falls and is 1 to 100"


@dataclass(eq=False)
class PriceMissing(VenueError):
    """A price that the answer depends on was never set."""

    token: int
    sentence = "token {token} has no price"


@dataclass(eq=False)
class MarkMissing(VenueError):
    """A mark price that the answer depends on was never set."""

    asset: int
    sentence = "perp asset {asset} has no mark price"
