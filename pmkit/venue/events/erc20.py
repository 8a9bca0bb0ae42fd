"""Events of the ERC-20 tokens themselves; values in the ERC-20's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pmkit.venue.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Event):
    """Units of an ERC-20 moved between wallets, or came out of nothing."""

    emitter: ClassVar[str] = "erc20"

    erc20: str
    """Address of the ERC-20 that emitted it."""
    from_: str
    to: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Event):
    """A wallet allowed another account to take units of an ERC-20."""

    emitter: ClassVar[str] = "erc20"

    erc20: str
    """Address of the ERC-20 that emitted it."""
    owner: str
    spender: str
    value: int
