"""Perp fills: size and raw USD move between two accounts. Twin of `contracts/libraries/Perps.sol`.

Nothing is created (SPEC CH-02). An isolated position has its own raw USD (SPEC CH-07).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import InvalidSize, ReduceOnlyViolated
from pmkit.margin import notional
from pmkit.units import PPM, mul_div_down, mul_div_up, to_uint128
from pmkit.venue.account_store import add_position_usd, add_raw_usd, touch
from pmkit.venue.bitmap import having, without
from pmkit.venue.funding import settle
from pmkit.venue.integers import INT64_MAX

if TYPE_CHECKING:
    from pmkit.venue.registry import Perp
    from pmkit.venue.state import VenueState


def fill(
    s: VenueState, perp: Perp, account: str, other: str, size: int, px: int, fee_ppm: int
) -> int:
    """Fill `size` (signed, for `account`) at a price against another account; return the fee.

    `account` pays it, perp USD, to the insurance account (SPEC CH-06).
    Raises InvalidSize, DoesNotFit128, ArithmeticOverflow.
    """
    fee = mul_div_up(notional(size, px), fee_ppm, PPM)
    _move(s, perp, account, size, px)
    _move(s, perp, other, -size, px)
    if fee != 0:
        add_position_usd(s, account, perp, -fee)
        touch(s, s.parties.insurance)
        add_raw_usd(s, s.parties.insurance, perp.dex, fee)
    return fee


def size_of(
    s: VenueState, perp: Perp, account: str, is_buy: bool, sz: int, reduce_only: bool
) -> tuple[int, bool]:
    """Return the signed size of an order, and whether it only shrinks the account's position.

    A reduce-only order must. Raises ReduceOnlyViolated.
    """
    before = s.positions[account, perp.index].szi
    reduces = before != 0 and (before > 0) != is_buy and abs(before) >= sz
    if reduce_only and not reduces:
        raise ReduceOnlyViolated(szi=before, sz=sz)
    return sz if is_buy else -sz, reduces


def _move(s: VenueState, perp: Perp, account: str, size: int, px: int) -> None:
    """Change a position's size; what is owed for the size so far is settled before. SPEC FD-07."""
    settle(s, account, perp)
    position = s.positions[account, perp.index]
    now = position.szi + size
    if abs(now) > INT64_MAX:
        raise InvalidSize(sz=abs(size))
    s.positions[account, perp.index] = replace(
        position,
        szi=now,
        entry_ntl=to_uint128(entry_ntl(position.entry_ntl, position.szi, now, px)),
    )
    state = s.accounts[account]
    if position.isolated:
        bitmap = marked(state.isolated_bitmap, perp.index, now != 0)
        s.accounts[account] = replace(state, isolated_bitmap=bitmap)
    else:
        s.accounts[account] = replace(
            state,
            perp_bitmap=marked(state.perp_bitmap, perp.index, now != 0),
            dex_bitmap=having(state.dex_bitmap, perp.dex),
        )
    add_position_usd(s, account, perp, -size * px)


def marked(bitmap: int, index: int, is_open: bool) -> int:
    """Return a bitmap with an index in it where a position is open, else without."""
    return having(bitmap, index) if is_open else without(bitmap, index)


def entry_ntl(entry: int, before: int, now: int, px: int) -> int:
    """Return a position's notional at entry after its size changed at a price, 1e-6 USD.

    Growing adds the fill at its price, shrinking takes a part in proportion, turning starts anew.

    >>> entry_ntl(100, 10, 5, 20)
    50
    """
    turned = before * now < 0
    if turned or before == 0:
        return abs(now) * px
    if abs(now) >= abs(before):
        return entry + (abs(now) - abs(before)) * px
    return mul_div_down(entry, abs(now), abs(before))
