"""What limits a reserve. Twin of `contracts/libraries/ReserveStatus.sol`. SPEC BL-20, BL-21.

Asked for by anybody, and announced where an action leaves it other than told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.model import ReserveStatus
from pmkit.rates import amount_of_shares_down, amount_of_shares_up
from pmkit.venue import pool
from pmkit.venue.events import ReserveStatusSet

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def status_of(s: VenueState, p: Token) -> ReserveStatus:
    """Return what limits a reserve with interest up to now. SPEC BL-20. Raises DoesNotFit128."""
    now = pool.accrued(s, p.index, p.curve)
    return bits(s, p, now.supply_index, now.borrow_index)


def announce(s: VenueState) -> None:
    """Tell which of the reserves that the action touched it has left in other states than told."""
    for index in sorted(s.touched):
        p, reserve = s.registry.tokens[index], s.reserves[index]
        found = bits(s, p, reserve.supply_index, reserve.borrow_index)
        if reserve.status != found:
            s.reserves[index] = replace(reserve, status=int(found))
            s.block.emit(
                ReserveStatusSet(token=p.token, bits_before=reserve.status, bits_now=int(found))
            )


def bits(s: VenueState, p: Token, supply_index: int, borrow_index: int) -> ReserveStatus:
    """Return what limits a reserve at given indexes."""
    reserve = s.reserves[p.index]
    supplied = amount_of_shares_down(reserve.supply_shares, supply_index)
    borrowed = amount_of_shares_up(reserve.borrow_shares, borrow_index)
    found = ReserveStatus(0)
    if borrowed != 0 and reserve.cash == 0:
        found |= ReserveStatus.FULLY_USED
    if supplied >= p.global_supply_cap:
        found |= ReserveStatus.SUPPLY_CAPPED
    if p.borrowable and borrowed >= p.global_borrow_cap:
        found |= ReserveStatus.BORROW_CAPPED
    if reserve.deficit > s.balances[s.parties.insurance, p.index].idle:
        found |= ReserveStatus.LOCKED
    return found
