"""Isolated positions: their margin and their liquidation.

Twin of `contracts/libraries/Isolated.sol`. SPEC CH-07 to CH-11, LQ-20 to LQ-22.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    InsufficientIsolatedMargin,
    IsolatedNotLiquidatable,
    NoPosition,
    PositionOpen,
    ZeroAmount,
)
from pmkit.liquidation import is_below_backstop, isolated_liquidation_px_down, perp_close_up
from pmkit.margin import dex_margin, kept_margin_up, notional, wei_per_perp_usd
from pmkit.model import DexMargin, Mode
from pmkit.tiers import tier_at
from pmkit.units import to_int128
from pmkit.venue import funding, margin_engine, perps
from pmkit.venue.account_store import add_idle, add_position_usd, add_raw_usd, perp_state, touch
from pmkit.venue.acting import actor
from pmkit.venue.acting import caller as caller_of
from pmkit.venue.events import (
    IsolatedLiquidated,
    IsolatedMarginMoved,
    IsolatedSet,
    PositionClosed,
    PositionTaken,
)
from pmkit.venue.integers import UINT40_MAX, Address, Int64, Uint32
from pmkit.venue.liquidation_guard import require_allowed, require_user
from pmkit.venue.margin_engine import sweep
from pmkit.venue.payment import pay
from pmkit.venue.price_age import require_young_mark
from pmkit.venue.records import IsolatedPosition, Leg
from pmkit.venue.waterfall import cover_loss

if TYPE_CHECKING:
    from pmkit.venue.registry import Perp, Token
    from pmkit.venue.state import VenueState


def set_isolated(s: VenueState, sender: Address, asset: Uint32, isolated: bool) -> None:
    """Choose isolated or cross margin for an asset in which there is no position. SPEC CH-07.

    Raises NotAUserAccount, UnknownAsset, PositionOpen.
    """
    account = actor(s, sender)
    require_user(s, account)
    perp = s.registry.perp(asset)
    position = s.positions[account, perp.index]
    if position.szi != 0:
        raise PositionOpen(asset=asset, szi=position.szi)
    touch(s, account)
    s.positions[account, perp.index] = replace(position, isolated=isolated)
    s.block.emit(IsolatedSet(account=account, asset=asset, isolated=isolated))


def update_isolated_margin(s: VenueState, sender: Address, asset: Uint32, usd: Int64) -> None:
    """Bring margin to an isolated position, or take some out when negative. SPEC CH-10.

    Raises ZeroAmount, UnknownAsset, NoPosition; when bringing what `pay`, a transfer out of a dex
    and the account check raise; when taking StaleMark, InsufficientIsolatedMargin.
    """
    account = actor(s, sender)
    if usd == 0:
        raise ZeroAmount
    perp = _perp_of(s, account, asset)
    funding.settle(s, account, perp)
    sweep(s, account)
    _move_margin(s, account, perp, usd)
    if usd < 0:
        require_young_mark(s, perp, s.registry.policy.max_price_age)
        m = _margin_of(s, account, perp)
        _require_margin(asset, m.transfer_margin, m.account_value)
    sweep(s, account)
    if usd > 0:
        margin_engine.require_safe(s, account, 0)


def liquidate_isolated(s: VenueState, sender: Address, account: Address, asset: Uint32) -> bool:
    """Take one liquidation step on an isolated position; return whether it still is liquidatable.

    SPEC LQ-20 to LQ-22. Raises NotAUserAccount, SelfLiquidation, Paused, UnknownAsset, NoPosition,
    IsolatedNotLiquidatable, StaleMark, and what the sweep raises.
    """
    caller = actor(s, sender)
    require_allowed(s, account, caller, caller_of(s, sender))
    perp = _perp_of(s, account, asset)
    funding.settle(s, account, perp)
    m = _margin_of(s, account, perp)
    if m.account_value >= m.maintenance:
        raise IsolatedNotLiquidatable(
            account=account, asset=asset, equity=m.account_value, maintenance=m.maintenance
        )
    require_young_mark(s, perp, s.registry.policy.max_liquidation_price_age)

    taken = is_below_backstop(m.account_value, m.maintenance, s.registry.policy.perp_backstop_ratio)
    if taken:
        _take_over(s, account, perp)
    else:
        _close(s, account, perp)
    sweep(s, account)
    after = _margin_of(s, account, perp)
    liquidatable = after.account_value < after.maintenance
    s.block.emit(
        IsolatedLiquidated(
            account=account,
            asset=asset,
            caller=caller,
            leg=Leg.PERP_TAKEOVER if taken else Leg.PERP,
            equity=m.account_value,
            maintenance=m.maintenance,
            liquidatable=liquidatable,
        )
    )
    return liquidatable


def settle(s: VenueState, account: str, perp: Perp, before: int) -> None:
    """Give an isolated position the margin that a fill leaves it with. SPEC CH-08, LQ-22.

    It comes from its account, or goes back to it; `before` is the size before the fill. Raises what
    `pay`, a transfer out of a dex and the waterfall raise.
    """
    position = s.positions[account, perp.index]
    if position.szi == 0 and position.isolated_usd < 0:
        _pass_on(s, account, perp)
        return
    m = _margin_of(s, account, perp)
    kept = kept_margin_up(m.account_value, m.initial_margin, before, position.szi)
    _move_margin(s, account, perp, kept - m.account_value)
    if position.szi == 0:
        closed = s.positions[account, perp.index]
        s.positions[account, perp.index] = replace(closed, cooling_until=0)


def require_initial_margin(s: VenueState, account: str, perp: Perp) -> None:
    """Require that an isolated position holds its initial margin. SPEC CH-10.

    Raises StaleMark, InsufficientIsolatedMargin.
    """
    require_young_mark(s, perp, s.registry.policy.max_price_age)
    m = _margin_of(s, account, perp)
    _require_margin(perp.asset, m.initial_margin, m.account_value)


def isolated_of(s: VenueState, account: str, asset: int) -> IsolatedPosition:
    """Return an isolated position and its figures at the mark, with funding up to now.

    Raises UnknownAsset, NoPosition, DoesNotFit128.
    """
    perp = _perp_of(s, account, asset)
    position = s.positions[account, perp.index]
    m = _margin_of(s, account, perp)
    tier = tier_at(m.notional, s.registry.tables[perp.margin_table])
    return IsolatedPosition(
        szi=position.szi,
        entry_ntl=position.entry_ntl,
        leverage=position.leverage or perp.max_leverage,
        isolated_usd=to_int128(position.isolated_usd - funding.due(s, account, perp)),
        equity=m.account_value,
        initial_margin=m.initial_margin,
        maintenance=m.maintenance,
        liquidation_px=isolated_liquidation_px_down(
            perp.mark,
            position.szi,
            perp.sz_decimals,
            m.account_value,
            m.maintenance,
            tier.max_leverage,
        ),
    )


# Steps


def _close(s: VenueState, account: str, perp: Perp) -> None:
    """Close, in part or whole, at the mark; a part releases nothing. SPEC LQ-20."""
    policy = s.registry.policy
    position = s.positions[account, perp.index]
    before = position.szi
    size = perp_close_up(
        before,
        notional(before, perp.mark),
        policy.perp_threshold,
        policy.perp_part,
        s.block.now < position.cooling_until,
    )
    if size < abs(before):
        until = s.block.now + policy.perp_cooldown & UINT40_MAX
        s.positions[account, perp.index] = replace(position, cooling_until=until)
    closed = -size if before > 0 else size
    fee = perps.fill(s, perp, account, s.parties.maker, closed, perp.mark, policy.perp_fee_ppm)
    s.block.emit(
        PositionClosed(account=account, asset=perp.asset, szi=closed, px=perp.mark, fee=fee)
    )
    if s.positions[account, perp.index].szi == 0:
        settle(s, account, perp, before)


def _take_over(s: VenueState, account: str, perp: Perp) -> None:
    """Pass the position to the backstop at the mark, with all its margin. SPEC LQ-21."""
    szi = s.positions[account, perp.index].szi
    perps.fill(s, perp, account, s.parties.backstop, -szi, perp.mark, 0)
    s.block.emit(PositionTaken(account=account, asset=perp.asset, szi=szi, px=perp.mark))
    _pass_on(s, account, perp)


def _pass_on(s: VenueState, account: str, perp: Perp) -> None:
    """Pass what is left of a closed position to the backstop. SPEC LQ-22.

    What is below nothing is a loss, and the backstop is made whole for it.
    """
    position = s.positions[account, perp.index]
    left = position.isolated_usd
    s.positions[account, perp.index] = replace(position, isolated_usd=0, cooling_until=0)
    add_raw_usd(s, s.parties.backstop, perp.dex, left)
    if left < 0:
        p = _collateral(s, perp)
        cover_loss(s, s.parties.backstop, p, -left * wei_per_perp_usd(p.wei_decimals))
    sweep(s, s.parties.backstop)


def _move_margin(s: VenueState, account: str, perp: Perp, usd: int) -> None:
    """Move perp USD from the account into the position, or back when negative. SPEC CH-09."""
    if usd == 0:
        return
    add_position_usd(s, account, perp, usd)
    if s.accounts[account].mode == Mode.STANDARD:
        add_raw_usd(s, account, perp.dex, -usd)
        if usd > 0:
            margin_engine.require_transfer_margin(s, account, perp.dex)
    else:
        p = _collateral(s, perp)
        amount = abs(usd) * wei_per_perp_usd(p.wei_decimals)
        if usd > 0:
            pay(s, account, p, amount)
        else:
            add_idle(s, account, p.index, amount)
    s.block.emit(IsolatedMarginMoved(account=account, asset=perp.asset, usd=usd))


# What is there


def _perp_of(s: VenueState, account: str, asset: int) -> Perp:
    """Return an asset in which the account has an isolated position."""
    perp = s.registry.perp(asset)
    position = s.positions[account, perp.index]
    if not position.isolated or position.szi == 0:
        raise NoPosition(account=account, asset=asset)
    return perp


def _margin_of(s: VenueState, account: str, perp: Perp) -> DexMargin:
    """Return the figures of the position, with funding up to now.

    They are those of a dex that holds nothing else.
    """
    position = s.positions[account, perp.index]
    left = position.isolated_usd - funding.due(s, account, perp)
    return dex_margin(left, (perp_state(s, account, perp, 0),))


def _collateral(s: VenueState, perp: Perp) -> Token:
    """Return the token that the position's dex counts in."""
    return s.registry.tokens[s.registry.dexes[perp.dex].collateral]


def _require_margin(asset: int, required: int, equity: int) -> None:
    if equity < required:
        raise InsufficientIsolatedMargin(asset=asset, required=required, equity=equity)
