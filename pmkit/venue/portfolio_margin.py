"""The sweep by anybody. Twin of `contracts/modules/PortfolioMargin.sol`.

Its views stand in `margin_engine.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.venue import margin_engine
from pmkit.venue.integers import Address

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def sweep(s: VenueState, sender: Address, account: Address) -> None:  # noqa: ARG001 (anybody may)
    """Sweep an account; anybody may. SPEC PM-14."""
    margin_engine.sweep(s, account)
