"""Numbers that leave their range, and the reverts that Solidity has of its own."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class ArithmeticOverflow(VenueError):
    """A result does not fit the integer type it is kept in (Solidity: Panic 0x11)."""

    sentence = "a result does not fit its integer type"


@dataclass(eq=False)
class DivisionByZero(VenueError):
    """A division by zero (Solidity: Panic 0x12)."""

    sentence = "a division by zero"


@dataclass(eq=False)
class ContractPanic(VenueError):
    """A fault in a contract: any other panic of Solidity's."""

    code: int
    sentence = "a contract ran into panic {code:#04x}, which is a fault in the contract"


@dataclass(eq=False)
class ContractReverted(VenueError):
    """A revert with a text instead of a name (Solidity: Error(string))."""

    reason: str
    sentence = "a contract refused with the words {reason!r}"


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
