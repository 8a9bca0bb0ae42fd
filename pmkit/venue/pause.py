"""Stopping, and starting again. Twin of the pause of `CollateralRegistry.sol`. SPEC CR-07."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.venue.events import PausedSet
from pmkit.venue.integers import Address, Uint8
from pmkit.venue.roles import GUARDIAN, UNPAUSER, require_role

if TYPE_CHECKING:
    from pmkit.venue.registry import Registry


def pause(r: Registry, sender: Address, bits: Uint8) -> None:
    """Pause what the bits name, beside what is. Raises AccessControlUnauthorizedAccount."""
    require_role(r, sender, GUARDIAN)
    _set(r, r.paused | bits)


def unpause(r: Registry, sender: Address, bits: Uint8) -> None:
    """Unpause what the bits name. Raises AccessControlUnauthorizedAccount."""
    require_role(r, sender, UNPAUSER)
    _set(r, r.paused & ~bits)


def _set(r: Registry, paused: int) -> None:
    r.settings[0] = replace(r.settings[0], paused=paused)
    r.block.emit(PausedSet(paused=paused))
