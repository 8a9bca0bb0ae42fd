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
        return put_in(self.bytecode, self.links, libraries)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedCode:
    """What a compiled contract is once it stands on a chain."""

    code: str
    """Hex text with 0x, libraries and immutables left at zero."""
    links: dict[str, tuple[int, ...]]
    """As in `Artifact`."""
    immutables: tuple[tuple[int, int], ...]
    """Start and length of what the constructor writes into it, in bytes."""

    @property
    def size(self) -> int:
        """Bytes that stay on the chain."""
        return len(self.code.removeprefix("0x")) // 2

    def is_code(self, code: bytes, libraries: Mapping[str, str]) -> bool:
        """Return whether code on a chain is this contract's, whatever its immutables are.

        Raises KeyError for a library that is not given.
        """
        expected = put_in(self.code, self.links, libraries)
        return len(code) == len(expected) and self._masked(code) == self._masked(expected)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


def put_in(text: str, links: Mapping[str, tuple[int, ...]], libraries: Mapping[str, str]) -> bytes:
    """Return code with its libraries' addresses put in."""
    code = text.removeprefix("0x")
    for library, offsets in links.items():
        address = libraries[library].removeprefix("0x").lower()
        for offset in offsets:
            code = code[: 2 * offset] + address + code[2 * offset + 40 :]
    return bytes.fromhex(code)


@cache
def load_artifact(name: str) -> Artifact:
    """Return a contract by its name. Raises ToolMissing when the contracts were not compiled."""
    found = parsed(name)
    return Artifact(
        name=found["contractName"],
        source=found["sourceName"],
        abi=tuple(found["abi"]),
        bytecode=found["bytecode"],
        links=offsets_of(found["linkReferences"]),
    )


@cache
def load_deployed_code(name: str) -> DeployedCode:
    """Return a contract's deployed code by its name. Raises ToolMissing."""
    found = parsed(name)
    return DeployedCode(
        code=found["deployedBytecode"],
        links=offsets_of(found["deployedLinkReferences"]),
        immutables=tuple(
            (place["start"], place["length"])
            for places in found["immutableReferences"].values()
            for place in places
        ),
    )


def parsed(name: str) -> dict[str, Any]:
    """Return an artifact's file. Raises ToolMissing when the contracts were not compiled."""
    file = resources.files("pmkit").joinpath("artifacts", f"{name}.json")
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ToolMissing(
            tool=f"the compiled contract {name}",
            needed_for="a venue on a chain",
            remedy="Run `make build` in the clone.",
        ) from error
    return found


def offsets_of(references: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return where each library's address belongs, from the compiler's references by file."""
    return {
        library: tuple(place["start"] for place in places)
        for libraries in references.values()
        for library, places in libraries.items()
    }


@cache
def shipped_artifacts() -> tuple[Artifact, ...]:
    """Return every contract that is more than a test double. Raises ToolMissing without any."""
    load_artifact("Venue")  # says what to do when nothing was built
    folder = resources.files("pmkit").joinpath("artifacts")
    names = sorted(file.name for file in folder.iterdir())
    found = [load_artifact(n.removesuffix(".json")) for n in names if n.endswith(".json")]
    return tuple(artifact for artifact in found if not artifact.source.startswith(MOCKS))
