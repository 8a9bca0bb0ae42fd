"""What accounts have traded, by UTC day. Twin of `contracts/libraries/Volume.sol`. SPEC AC-11.

Totals that only grow, one for each day on which an account traded: a window is the difference of
two of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.venue.state import DayVolume

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState

DAY = 24 * 60 * 60
SPOT_WEIGHT = 2
"""A spot fill weighs as much as this many perp fills."""


def add(s: VenueState, account: str, usd: int) -> None:
    """Count a fill of an account, 1e-6 USD."""
    volumes = s.volumes[account]
    today = s.block.now // DAY
    if not volumes or volumes[-1].day != today:
        before = volumes[-1].total if volumes else 0
        volumes = (*volumes, DayVolume(day=today, total=before))
    last = volumes[-1]
    s.volumes[account] = (*volumes[:-1], replace(last, total=last.total + usd))


def add_spot(s: VenueState, account: str, sz: int, px: int) -> None:
    """Count a spot fill of an account, size and price as in orders.

    Their product is the notional in 1e-8 of the quote token.
    """
    add(s, account, SPOT_WEIGHT * sz * px // 100)


def over(s: VenueState, account: str, window: int) -> int:
    """Return what an account has traded in its last UTC days, today's included, 1e-6 USD.

    Since ever for a number of zero.
    """
    volumes = s.volumes[account]
    if not volumes:
        return 0
    total = volumes[-1].total
    if window == 0:
        return total
    today = s.block.now // DAY
    for before in reversed(volumes):
        if before.day + window <= today:
            return total - before.total
    return total
