"""What a test checks: which refusals and events of which function, with every number.

`refusal` answers a `Refusal`, and a log holds `Fields`: both note it when a test finds them equal
to what it has on paper, as a whole. A name alone, or one number of several, is not noted.
"""

from __future__ import annotations

from typing import Any

CHECKED: set[tuple[str, str]] = set()
"""Function and error or event, `Venue.borrow` and `ZeroAmount`, that the running test checked."""


class Refusal(tuple[Any, ...]):
    """The name of an error and its numbers."""

    functions: tuple[str, ...]

    @classmethod
    def of(cls, functions: tuple[str, ...], name: str, values: tuple[Any, ...]) -> Refusal:
        """Return the refusal of a function, or of one that ran another one."""
        found = cls((name, values))
        found.functions = functions
        return found

    def __eq__(self, other: object) -> bool:
        return _noted(tuple.__eq__(self, other), self.functions, self[0])

    __hash__ = tuple.__hash__


class Fields(dict[str, Any]):
    """The arguments of an event by name."""

    functions: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, functions: tuple[str, ...], name: str, values: dict[str, Any]) -> Fields:
        """Return the arguments of an event of a function, or of one that ran another one."""
        found = cls(values)
        found.functions, found.name = functions, name
        return found

    def __eq__(self, other: object) -> bool:
        return _noted(dict.__eq__(self, other), self.functions, self.name)


def _noted(same: object, functions: tuple[str, ...], name: str) -> bool:
    if same is True:
        CHECKED.update((function, name) for function in functions)
    return same is True
