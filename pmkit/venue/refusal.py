"""How an action was refused, as a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pmkit.errors import VenueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How an action was refused."""

    name: str
    """Of the error, in `pmkit.errors` and in the contracts."""
    values: tuple[tuple[str, int | str], ...]
    """The compared numbers by field name."""

    @classmethod
    def of(cls, error: VenueError) -> Refusal:
        """Return what an error says."""
        values: Any = tuple(error.values.items())
        return cls(name=type(error).__name__, values=values)
