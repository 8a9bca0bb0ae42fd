"""What the backstop took over and has still to sell. SPEC LQ-18.

Twin of `contracts/libraries/InventoryStore.sol`. Half of what is scheduled falls due in every
half-life; what is due waits for a sale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.liquidation import remaining_up
from pmkit.venue.state import Inventory

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState

MOST = 2**104 - 1
"""The most token wei that a schedule notes: amounts and time are one word on chain."""


def current(s: VenueState, token: int, half_life: int) -> Inventory:
    """Return the inventory of a token with what has fallen due up to now, without storing it."""
    stored = s.inventory[token]
    left = remaining_up(stored.scheduled, s.block.now - stored.scheduled_at, half_life)
    return Inventory(
        scheduled=_capped(left),
        due=_capped(stored.due + stored.scheduled - left),
        scheduled_at=s.block.now,
    )


def add(s: VenueState, token: int, amount: int, half_life: int) -> None:
    """Schedule what the backstop has taken over."""
    now = current(s, token, half_life)
    s.inventory[token] = replace(now, scheduled=_capped(now.scheduled + amount))


def take_due(s: VenueState, token: int, held: int, lot: int, half_life: int) -> tuple[int, int]:
    """Take whole lots of what is due, at most what is held, which may have been moved on.

    Then less stays to be sold. Returns the amount to sell and what is left after it, token wei.
    """
    now = current(s, token, half_life)
    due = min(now.due, held)
    scheduled = min(now.scheduled, held - due)
    amount = due // lot * lot
    s.inventory[token] = replace(now, scheduled=scheduled, due=due - amount)
    return amount, scheduled + due - amount


def _capped(amount: int) -> int:
    """Return an amount that can be noted: no liquidation fails for what a schedule can note."""
    return min(amount, MOST)
