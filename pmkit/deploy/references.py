"""What `$name` stands for in a file of parameters. SPEC DP-02.

`$deployer`, `$registry`, `$venue`, `$tokens.NAME`, `$roles.NAME`, and the file's own `$CONSTANT`;
`$$` begins text with a dollar. A contract still to be created is a `Created`, bound once it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.errors import InputError

if TYPE_CHECKING:
    from pmkit.deploy.document import Table

REGISTRY, VENUE, LENS = "CollateralRegistry", "Venue", "Lens"
BUILT_IN = ("deployer", "registry", "venue")
SECTIONS = ("tokens", "roles")
PARTIES = ("maker", "backstop", "insurance")
"""Roles that the venue is created with."""


@dataclass(frozen=True, slots=True)
class Created:
    """The address of a contract that the deployment creates, by its name in the registry."""

    name: str


def created_token(name: str) -> str:
    """Return the name of a token's own contract in the registry.

    >>> created_token("USDC")
    'tokens.USDC'
    """
    return f"tokens.{name}"


class References:
    """The names of one file."""

    def __init__(self, document: Table, deployer: str, place: str) -> None:
        self._document = document
        self._deployer = deployer
        self._place = place
        self._constants: Table = document.get("constants") or {}
        for name in self._constants:
            if name in BUILT_IN or "." in name:
                raise self._wrong(f"constants.{name}", "this name is taken; choose another")

    def resolved(self, value: Any, at: str, trail: tuple[str, ...] = ()) -> Any:
        """Return a value with every reference in it replaced. Raises InputError naming it."""
        if isinstance(value, dict):
            return {k: self.resolved(v, f"{at}.{k}", trail) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolved(v, f"{at}[{i}]", trail) for i, v in enumerate(value)]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        return self._named(value[1:], at, trail)

    def entry(self, section: str, name: str) -> Any:
        """Return an entry of a section, resolved; it may not come back to itself."""
        return self._named(f"{section}.{name}", f"{section}.{name}", ())

    def _named(self, name: str, at: str, trail: tuple[str, ...]) -> Any:
        if name in trail:
            round_trip = " -> ".join(f"${each}" for each in (*trail[trail.index(name) :], name))
            raise self._wrong(at, f"the references go round: {round_trip}")
        trail = (*trail, name)
        if name == "deployer":
            return self._deployer
        if name == "registry":
            return Created(REGISTRY)
        if name == "venue":
            # It is created with these, so none of them may be the venue.
            for role in PARTIES:
                if role in (self._document.get("roles") or {}):
                    self._named(f"roles.{role}", at, trail)
            return Created(VENUE)
        section, _, key = name.partition(".")
        if section in SECTIONS and key:
            entries = self._document.get(section)
            if not isinstance(entries, dict) or key not in entries:
                raise self._unknown(name, at)
            if section == "tokens" and entries[key] == {"create": True}:
                return Created(created_token(key))
            return self.resolved(entries[key], f"{section}.{key}", trail)
        if name not in self._constants:
            raise self._unknown(name, at)
        return self.resolved(self._constants[name], f"constants.{name}", trail)

    def _unknown(self, name: str, at: str) -> InputError:
        known = [*BUILT_IN, *self._constants]
        for section in SECTIONS:
            known += [f"{section}.{key}" for key in self._document.get(section) or {}]
        listed = ", ".join(f"${each}" for each in known)
        return self._wrong(at, f"there is no ${name}; there are {listed}")

    def _wrong(self, at: str, problem: str) -> InputError:
        return InputError(place=f"{self._place}: {at}", problem=problem)
