"""The perp leg of a liquidation. Twin of `contracts/libraries/PerpLeg.sol`.

One position closes against the market maker, or all of them pass to the backstop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.liquidation import is_below_backstop, perp_close_up
from pmkit.margin import notional
from pmkit.tiers import maintenance_margin_down
from pmkit.venue import perps
from pmkit.venue.account_store import set_raw_usd, touch
from pmkit.venue.events import PositionClosed, PositionTaken
from pmkit.venue.integers import UINT40_MAX, int128

if TYPE_CHECKING:
    from pmkit.venue.liquidation_context import Context
    from pmkit.venue.state import VenueState


def close(s: VenueState, c: Context) -> None:
    """Close, in part or whole, the position that ties up the most maintenance. SPEC LQ-06."""
    worst = _worst(c)
    held = c.a.perps[worst]
    perp, _ = c.params.perps[worst]
    state = s.accounts[c.account]
    size = perp_close_up(
        held.szi,
        notional(held.szi, held.mark),
        c.policy.perp_threshold,
        c.policy.perp_part,
        s.block.now < state.perp_cooling_until,
    )
    if size < abs(held.szi):
        until = s.block.now + c.policy.perp_cooldown & UINT40_MAX
        s.accounts[c.account] = replace(state, perp_cooling_until=until)
    closed = -size if held.szi > 0 else size
    fee = perps.fill(s, perp, c.account, s.parties.maker, closed, perp.mark, c.policy.perp_fee_ppm)
    s.block.emit(
        PositionClosed(account=c.account, asset=perp.asset, szi=closed, px=perp.mark, fee=fee)
    )


def must_take_over(c: Context, full_band: bool) -> bool:
    """Return whether the backstop takes all perps. SPEC LQ-13.

    In the full band, beyond the backstop ratio, or where a dex holds less than its maintenance over
    that ratio, two thirds of it.
    """
    if full_band or c.m.ratio > c.policy.perp_backstop_ratio:
        return True
    return any(_is_below_backstop(c, i) for i in range(len(c.m.dexes)))


def take_over(s: VenueState, c: Context) -> None:
    """Pass every position to the backstop at the mark. SPEC LQ-13.

    What is left of a dex below two thirds of its maintenance (`perp_backstop_ratio`) goes with it;
    other equity stays, and what is missing stays owed.
    """
    backstop = s.parties.backstop
    touch(s, backstop)
    for held, (perp, _) in zip(c.a.perps, c.params.perps, strict=True):
        perps.fill(s, perp, c.account, backstop, -held.szi, perp.mark, 0)
        s.block.emit(PositionTaken(account=c.account, asset=perp.asset, szi=held.szi, px=perp.mark))
    for i, (figures, listed) in enumerate(zip(c.m.dexes, c.params.dexes, strict=True)):
        if figures.account_value <= 0 or not _is_below_backstop(c, i):
            continue
        dex = listed.index
        left = s.raw_usd[c.account, dex]
        set_raw_usd(s, c.account, dex, 0)
        set_raw_usd(s, backstop, dex, int128(s.raw_usd[backstop, dex] + left))


def _is_below_backstop(c: Context, i: int) -> bool:
    m = c.m.dexes[i]
    return is_below_backstop(m.account_value, m.maintenance, c.policy.perp_backstop_ratio)


def _worst(c: Context) -> int:
    """Return the place of the position that ties up the most maintenance."""
    most = worst = 0
    for i, perp in enumerate(c.a.perps):
        ties = maintenance_margin_down(notional(perp.szi, perp.mark), perp.table)
        if ties > most:
            most, worst = ties, i
    return worst
