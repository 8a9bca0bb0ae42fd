"""The perp leg of a liquidation. Twin of `contracts/libraries/PerpLeg.sol`, LiquidationMoves.sol.

One position closes against the market maker, or some of them pass to the backstop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.liquidation import is_below_backstop, perp_close_up
from pmkit.margin import is_beyond, notional, ratio_up
from pmkit.model import Mode
from pmkit.tiers import maintenance_margin_down
from pmkit.venue import perps
from pmkit.venue.account_store import add_raw_usd, touch
from pmkit.venue.events import PositionClosed, PositionTaken
from pmkit.venue.integers import UINT40_MAX

if TYPE_CHECKING:
    from pmkit.venue.liquidation_context import Context
    from pmkit.venue.state import VenueState

MOST_TAKEN = 5
"""Positions that one step passes to the backstop at most. SPEC LQ-13."""


def close(s: VenueState, c: Context) -> None:
    """Close the position that ties up the most maintenance of a short margin. SPEC LQ-06."""
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


def is_cause(c: Context) -> bool:
    """Return whether the step is about positions. SPEC AC-01.

    Only those count whose margin is short: in standard mode each dex has its own, in unified mode
    each token, and with portfolio margin the account.
    """
    return any(_is_short(c, perp.dex) for perp in c.a.perps)


def must_take_over(c: Context, full_band: bool) -> bool:
    """Return whether the backstop takes perps. SPEC LQ-13.

    In the full band, beyond the backstop ratio, or where a dex holds less than its maintenance over
    that ratio, two thirds of it.
    """
    return full_band or any(_passes(c, perp.dex) for perp in c.a.perps)


def take_over(s: VenueState, c: Context) -> None:
    """Pass positions to the backstop at the mark. SPEC LQ-13.

    Of all that one margin carries the first few in listing order. What is left of a dex below two
    thirds of its maintenance (`perp_backstop_ratio`) goes with the first of them; other equity
    stays, and what is missing stays owed.
    """
    backstop = s.parties.backstop
    touch(s, backstop)
    places = [
        i
        for i, held in enumerate(c.a.perps)
        if c.a.mode == Mode.PORTFOLIO_MARGIN or _passes(c, held.dex)
    ][:MOST_TAKEN]
    losing = {c.a.perps[i].dex for i in places}
    for i in places:
        held, (perp, _) = c.a.perps[i], c.params.perps[i]
        perps.fill(s, perp, c.account, backstop, -held.szi, perp.mark, 0)
        s.block.emit(PositionTaken(account=c.account, asset=perp.asset, szi=held.szi, px=perp.mark))
    for i, (figures, listed) in enumerate(zip(c.m.dexes, c.params.dexes, strict=True)):
        left = figures.account_value
        if left <= 0 or i not in losing or not _is_below_backstop(c, i):
            continue
        add_raw_usd(s, c.account, listed.index, -left)
        add_raw_usd(s, backstop, listed.index, left)


def _is_short(c: Context, dex: int) -> bool:
    """Return whether the margin that carries a dex is short, or a dex of it where that counts."""
    if c.a.mode == Mode.PORTFOLIO_MARGIN:
        return True
    margin = c.policy.margin
    if c.a.mode == Mode.STANDARD or margin.perp_shortfall_trigger:
        for d, figures in enumerate(c.m.dexes):
            if figures.account_value < figures.maintenance and _together(c, d, dex):
                return True
    token = c.m.tokens[c.a.dexes[dex].collateral]
    return c.a.mode == Mode.UNIFIED and is_beyond(
        token.requirement, token.liquidation_value, margin.trigger, margin.trigger_inclusive
    )


def _passes(c: Context, dex: int) -> bool:
    """Return whether a dex's positions pass to the backstop; a standard one's ratio is its own."""
    if any(_is_below_backstop(c, d) and _together(c, d, dex) for d in range(len(c.m.dexes))):
        return True
    if c.a.mode == Mode.STANDARD:
        return False
    token = c.m.tokens[c.a.dexes[dex].collateral]
    unified = c.a.mode == Mode.UNIFIED
    ratio = ratio_up(token.requirement, token.liquidation_value) if unified else c.m.ratio
    return ratio > c.policy.perp_backstop_ratio


def _together(c: Context, a: int, b: int) -> bool:
    """Return whether one margin carries both of two dexes."""
    if c.a.mode == Mode.UNIFIED:
        return c.a.dexes[a].collateral == c.a.dexes[b].collateral
    return c.a.mode == Mode.PORTFOLIO_MARGIN or a == b


def _is_below_backstop(c: Context, i: int) -> bool:
    m = c.m.dexes[i]
    return is_below_backstop(m.account_value, m.maintenance, c.policy.perp_backstop_ratio)


def _worst(c: Context) -> int:
    """Return the place of the position that ties up the most maintenance."""
    most = worst = 0
    for i, perp in enumerate(c.a.perps):
        if not _is_short(c, perp.dex):
            continue
        ties = maintenance_margin_down(notional(perp.szi, perp.mark), perp.table)
        if ties > most:
            most, worst = ties, i
    return worst
