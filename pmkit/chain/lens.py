"""Many accounts in one call, through the lens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.chain.address import checked
from pmkit.chain.contracts import ask, call_of
from pmkit.chain.revert import decode_revert
from pmkit.errors import AccountOutOfGas, NodeRefused, UnknownRevert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.reader import Reader
    from pmkit.errors import PmkitError

PAGE = 100
"""Accounts asked for at once."""
DONE, REFUSED, OUT_OF_GAS = range(3)
"""What became of an account."""


def look_at(
    reader: Reader, function: str, addresses: Sequence[str], block: int | None, *arguments: Any
) -> list[bytes | PmkitError]:
    """Return what the lens tells of each account, encoded, or why it cannot. SPEC KP-03.

    Raises UnknownToken or UnknownAsset for a price of what is not listed, PriceGivenTwice for a
    second one of it, and UsdcNotOneUsd.
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
    """Return what is told of a page; what the gas did not suffice for is asked in smaller ones."""
    call = call_of("Lens", reader.deployment.lens, function, page, *arguments)
    try:
        _, outcomes = ask(reader.rpc, call, at)
    except (UnknownRevert, NodeRefused) as failed:
        if not is_want_of_gas(failed):
            raise
        if len(page) == 1:
            # A bare revert may have other reasons; a node that names the gas leaves no doubt.
            sure = isinstance(failed, NodeRefused)
            return [AccountOutOfGas(account=page[0]) if sure else failed]
        return [
            one for half in halves(page) for one in _look(reader, function, half, at, arguments)
        ]
    known = [_known(account, outcome) for account, outcome in zip(page, outcomes, strict=True)]
    waiting = [i for i, outcome in enumerate(outcomes) if outcome["status"] == OUT_OF_GAS]
    if len(page) > 1 and waiting:
        left = [page[i] for i in waiting]
        pages = [left] if len(left) < len(page) else halves(left)
        again = [one for part in pages for one in _look(reader, function, part, at, arguments)]
        for i, one in zip(waiting, again, strict=True):
            known[i] = one
    return known


def _known(account: str, outcome: dict[str, Any]) -> bytes | PmkitError:
    if outcome["status"] == DONE:
        return bytes.fromhex(outcome["data"].removeprefix("0x"))
    if outcome["status"] == OUT_OF_GAS:
        return AccountOutOfGas(account=account)
    return decode_revert(outcome["data"])


def halves(page: list[str]) -> list[list[str]]:
    """Return a page of two accounts or more as two."""
    middle = len(page) // 2
    return [page[:middle], page[middle:]]


def is_want_of_gas(failed: UnknownRevert | NodeRefused) -> bool:
    """Return whether a whole call may have failed for want of gas: bare, or as nodes word it."""
    if isinstance(failed, UnknownRevert):
        return failed.data == "0x"
    return "outofgas" in failed.message.lower().replace(" ", "")
