"""The compiled contracts that come with the package, and the linking of their libraries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pmkit.errors import ToolMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

MOCKS = "contracts/mocks/"
"""Where sources stand that exist for tests only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract."""

    name: str
    source: str
    abi: tuple[dict[str, Any], ...]
    bytecode: str
    """Creation code as hex text with 0x, its libraries not yet linked."""
    links: dict[str, tuple[int, ...]]
    """Library name: the byte offsets in `bytecode` where its address belongs."""

    def linked(self, libraries: Mapping[str, str]) -> bytes:
        """Return the creation code with its libraries' addresses put in.

        Raises KeyError for a library that is not given.
        """
        code = self.bytecode.removeprefix("0x")
        for library, offsets in self.links.items():
            address = libraries[library].removeprefix("0x").lower()
            for offset in offsets:
                code = code[: 2 * offset] + address + code[2 * offset + 40 :]
        return bytes.fromhex(code)


@cache
def load_artifact(name: str) -> Artifact:
    """Return a contract by its name. Raises ToolMissing when the contracts were not compiled."""
    file = resources.files("pmkit").joinpath("artifacts", f"{name}.json")
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ToolMissing(
            tool=f"the compiled contract {name}",
            needed_for="a venue on a chain",
            remedy="Run `make build` in the clone.",
        ) from error
    return Artifact(
        name=found["contractName"],
        source=found["sourceName"],
        abi=tuple(found["abi"]),
        bytecode=found["bytecode"],
        links={
            library: tuple(place["start"] for place in places)
            for libraries in found["linkReferences"].values()
            for library, places in libraries.items()
        },
    )


@cache
def shipped_artifacts() -> tuple[Artifact, ...]:
    """Return every contract that is more than a test double. Raises ToolMissing without any."""
    load_artifact("Venue")  # says what to do when nothing was built
    folder = resources.files("pmkit").joinpath("artifacts")
    names = sorted(file.name for file in folder.iterdir())
    found = [load_artifact(n.removesuffix(".json")) for n in names if n.endswith(".json")]
    return tuple(artifact for artifact in found if not artifact.source.startswith(MOCKS))
