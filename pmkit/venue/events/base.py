"""What all events have in common."""

from __future__ import annotations

from dataclasses import fields
from typing import ClassVar


class Event:
    """Base of all events; the class is named as the event is in the contracts."""

    __slots__ = ()

    emitter: ClassVar[str] = ""
    """Name of the field that says which contract emitted the event, where that is in doubt."""

    @property
    def values(self) -> dict[str, object]:
        """The event's arguments by name, in the contracts' order."""
        names = [f.name for f in fields(self) if f.name != self.emitter]  # type: ignore[arg-type]
        return {name.rstrip("_"): getattr(self, name) for name in names}
