"""What surrounds an action: the clock, the events, and the way back when it fails.

All storage stands in tables. A table notes what each write replaces, so an action that fails is
undone by putting back what it wrote, and costs nothing for what it did not touch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmkit.venue.events import Event

K = TypeVar("K")
V = TypeVar("V")

ABSENT: Any = object()
"""Stands for a row that is not there, where None could be a value."""


@dataclass(slots=True)
class Block:
    """The block that actions run in."""

    now: int
    """Seconds since 1970; above zero, since a time of zero stands for never."""
    events: list[Event] = field(default_factory=list)
    """What the running action has emitted so far."""
    undo: list[tuple[Table[Any, Any], Any, Any]] = field(default_factory=list)
    """Table, key and former value of every write of the running action, in order."""

    def emit(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)

    def begin(self) -> None:
        """Start an action: nothing written, nothing emitted."""
        self.events = []
        self.undo = []

    def roll_back(self) -> None:
        """Put back everything that the running action wrote."""
        self.roll_back_to((0, 0))
        self.begin()

    def mark(self) -> tuple[int, int]:
        """Return where the running action stands, to come back to."""
        return len(self.events), len(self.undo)

    def roll_back_to(self, mark: tuple[int, int]) -> None:
        """Put back what the running action wrote since a mark, and forget what it emitted."""
        events, undo = mark
        for table, key, former in reversed(self.undo[undo:]):
            table.put_back(key, former)
        del self.undo[undo:], self.events[events:]


class Table(dict[K, V], Generic[K, V]):
    """A mapping in storage: what was never written reads as the empty record, as in a contract.

    Records are frozen. A change is a new record under the same key, so no write can escape the
    table, and copies of a table share what neither has changed.
    """

    __slots__ = ("_block", "_empty")

    def __init__(self, block: Block, empty: V = ABSENT) -> None:
        super().__init__()
        self._block = block
        self._empty = empty

    def __missing__(self, key: K) -> V:
        if self._empty is ABSENT:
            raise KeyError(key)
        return self._empty

    def __setitem__(self, key: K, value: V) -> None:
        self._block.undo.append((self, key, self.get(key, ABSENT)))
        super().__setitem__(key, value)

    def append(self: Table[int, V], value: V) -> int:
        """Write under the next free place of a table of places; return the place."""
        place = len(self)
        self[place] = value
        return place

    def put_back(self, key: K, former: V) -> None:
        """Undo one write."""
        if former is ABSENT:
            del self[key]
        else:
            super().__setitem__(key, former)

    def fill(self, rows: Mapping[K, V]) -> None:
        """Take over rows as they are; nothing of it is part of an action."""
        super().update(rows)

    def rows(self) -> dict[K, V]:
        """Return the rows that say something: those that differ from the empty record."""
        return {key: value for key, value in self.items() if value != self._empty}
