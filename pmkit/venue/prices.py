"""Prices reported, and the borrow oracle prices that follow. SPEC OR-01, OR-03.

Twin of the price half of `CollateralRegistry.sol`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import PriceMoveTooLarge, PriceZero
from pmkit.oracle import borrow_oracle_px
from pmkit.units import BPS, UINT64_MAX
from pmkit.venue.events import BorrowPriceSet, PerpPriceSet, SpotPriceSet
from pmkit.venue.funding import charge_funding
from pmkit.venue.integers import Address, Uint64
from pmkit.venue.listing import USDC
from pmkit.venue.records import PerpPrice, SpotPrice
from pmkit.venue.roles import REPORTER, require_role

if TYPE_CHECKING:
    from pmkit.venue.registry import Pair, Registry


def report_prices(
    r: Registry,
    sender: Address,
    spots: tuple[SpotPrice, ...],
    perps: tuple[PerpPrice, ...],
    usdc_px: Uint64,
) -> None:
    """Report prices; `usdc_px` is USDC's own oracle price in USDT, 8 decimals.

    Hours of funding that have turned are charged at the old prices first (SPEC FD-06).
    Raises AccessControlUnauthorizedAccount, PriceZero, UnknownAsset, UnknownPair,
    PriceMoveTooLarge.
    """
    require_role(r, sender, REPORTER)
    most = r.policy.max_move_bps
    _require_move(USDC, r.usdc_px, usdc_px, most)
    r.settings[0] = replace(r.settings[0], usdc_px=usdc_px)
    for reported in perps:
        perp = r.perp(reported.asset)
        _require_move(perp.asset, perp.mark, reported.mark, most)
        _require_move(perp.asset, perp.oracle, reported.oracle, most)
        charge_funding(r, perp.index)
        r.perps[perp.index] = replace(
            r.perps[perp.index], mark=reported.mark, oracle=reported.oracle, px_time=r.block.now
        )
        r.block.emit(PerpPriceSet(asset=perp.asset, mark=reported.mark, oracle=reported.oracle))
    for spot in spots:
        pair = r.pair(spot.pair)
        _require_move(pair.pair, pair.px, spot.px, most)
        r.pairs[r.pair_at[spot.pair]] = replace(pair, px=spot.px, px_time=r.block.now)
        r.block.emit(SpotPriceSet(pair=pair.pair, px=spot.px))
    for i in range(len(r.pairs)):
        _refresh_borrow_px(r, r.pairs[i], usdc_px)


def _refresh_borrow_px(r: Registry, pair: Pair, usdc_px: int) -> None:
    """Let the base token of a pair follow.

    A token whose pair has a perp is worth the median of spot, mark and oracle; one whose pair has
    none is worth the spot price. Nothing is set until every component is known.
    """
    if pair.px == 0 or r.tokens[pair.quote].token != USDC:
        return
    base = r.tokens[pair.base]
    if base.token == USDC:
        return
    px, time = pair.px, pair.px_time
    if pair.has_perp:
        perp = r.perps[pair.perp]
        if perp.px_time == 0:
            return
        time = min(time, perp.px_time)
        px = borrow_oracle_px(
            px, perp.mark, perp.oracle, perp.sz_decimals, base.sz_decimals, usdc_px
        )
    if not 0 < px <= UINT64_MAX:
        raise PriceZero(id=base.token)
    if (px, time) == (base.px, base.px_time):
        return
    r.tokens[pair.base] = replace(base, px=px, px_time=time)
    r.block.emit(BorrowPriceSet(token=base.token, px=px))


def _require_move(listed: int, old_px: int, new_px: int, max_move_bps: int) -> None:
    if new_px == 0:
        raise PriceZero(id=listed)
    if old_px == 0 or max_move_bps == 0:
        return
    if abs(new_px - old_px) * BPS > old_px * max_move_bps:
        raise PriceMoveTooLarge(id=listed, old_px=old_px, new_px=new_px, max_move_bps=max_move_bps)
