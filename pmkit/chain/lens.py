"""Many accounts in one call, through the lens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.chain.address import checked
from pmkit.chain.contracts import ask, call_of
from pmkit.chain.revert import decode_revert
from pmkit.errors import PmkitError, UnknownRevert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.reader import Reader

PAGE = 100
"""Accounts asked for at once."""
DONE, REFUSED, OUT_OF_GAS = range(3)
"""What became of an account."""


def look_at(
    reader: Reader, function: str, addresses: Sequence[str], block: int | None, *arguments: Any
) -> list[bytes | PmkitError]:
    """Return what the lens tells of each account, encoded, or why it cannot. SPEC KP-03.

    Raises UnknownToken or UnknownAsset for a price of what is not listed.
    """
    at = reader.tag(block)
    found: list[bytes | PmkitError] = []
    for start in range(0, len(addresses), PAGE):
        page = [checked(address) for address in addresses[start : start + PAGE]]
        found += _look(reader, function, page, at, arguments)
    return found


def _look(
    reader: Reader, function: str, page: list[str], at: int, arguments: tuple[Any, ...]
) -> list[bytes | PmkitError]:
    call = call_of("Lens", reader.deployment.lens, function, page, *arguments)
    _, outcomes = ask(reader.rpc, call, at)
    known: list[bytes | PmkitError] = []
    for i, outcome in enumerate(outcomes):
        if outcome["status"] == DONE:
            known.append(bytes.fromhex(outcome["data"].removeprefix("0x")))
        elif outcome["status"] == REFUSED:
            known.append(decode_revert(outcome["data"]))
        elif len(page) == 1:
            # Not even alone: the node gives a call too little.
            known.append(UnknownRevert(data="0x"))
        else:
            # The gas of the call ended here, or this account uses too much of it.
            known += _look(reader, function, [page[i]], at, arguments)
    return known
