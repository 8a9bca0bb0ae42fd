"""Orders, filled at once against the market maker. Twin of `contracts/libraries/Trading.sol`.

Rules: SPEC CH-01 to CH-03.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    InvalidSize,
    LimitPriceCrossed,
    MakerCapacity,
    MarkMissing,
    NothingToSell,
    Paused,
    SelfTrade,
)
from pmkit.margin import notional
from pmkit.model import Mode
from pmkit.units import PPM, checked, mul_div_up
from pmkit.venue import inventory_store, isolated, margin_engine, own_balance, perps, pool, volume
from pmkit.venue.account_store import add_idle, mark, require_judgeable, token_state, touch
from pmkit.venue.acting import actor
from pmkit.venue.events import Filled, InventorySold
from pmkit.venue.integers import INT64_MAX, Address, Uint32, Uint64
from pmkit.venue.margin_engine import sweep
from pmkit.venue.payment import pay
from pmkit.venue.price_age import require_young_mark
from pmkit.venue.records import InventoryView, Pause
from pmkit.venue.spot import (
    Swap,
    is_pair,
    lot,
    most_debt,
    pair_of,
    pair_of_asset,
    require_no_paused_debt,
    require_young_px,
    swap_of,
)

if TYPE_CHECKING:
    from pmkit.venue.registry import Perp
    from pmkit.venue.state import VenueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it arrives."""

    account: str
    asset: int
    is_buy: bool
    limit_px: int
    sz: int
    reduce_only: bool


def order(
    s: VenueState,
    sender: Address,
    asset: Uint32,
    is_buy: bool,
    limit_px: Uint64,
    sz: Uint64,
    reduce_only: bool,
) -> None:
    """Fill an order of the sender. SPEC CH-01, CH-02 (perps), CH-03 (spot).

    Raises InvalidSize, SelfTrade, UnknownAsset, UnknownPair, MarkMissing, SpotPriceMissing,
    LimitPriceCrossed, ReduceOnlyViolated, Paused, StaleMark, StalePrice, MakerCapacity, and what
    the sweep, the payment and the account check raise.
    """
    o = Order(
        account=actor(s, sender),
        asset=asset,
        is_buy=is_buy,
        limit_px=limit_px,
        sz=sz,
        reduce_only=reduce_only,
    )
    if not 0 < o.sz <= INT64_MAX:
        raise InvalidSize(sz=o.sz)
    if o.account == s.parties.maker:
        raise SelfTrade(account=o.account)
    touch(s, o.account)
    if is_pair(o.asset):
        _order_spot(s, o)
    else:
        _order_perp(s, o)


# Perps


def _order_perp(s: VenueState, o: Order) -> None:
    perp = s.registry.perp(o.asset)
    policy = s.registry.policy
    maker = s.parties.maker
    size, reduces = _perp_size(s, perp, o)
    if not reduces and s.registry.paused & Pause.RISK:
        raise Paused(bit=Pause.RISK)
    require_young_mark(
        s, perp, policy.max_liquidation_price_age if reduces else policy.max_price_age
    )

    sweep(s, o.account)
    before = s.positions[o.account, perp.index]
    # What an isolated position takes leaves the account check as a withdrawal does: whatever debt
    # there is, the health factor must hold (SPEC CH-09).
    at_will = reduces or before.isolated
    debt_before = 0 if at_will else margin_engine.gross_debt(s, o.account)
    maker_before = s.positions[maker, perp.index].szi
    fee = perps.fill(s, perp, o.account, maker, size, perp.mark, policy.perp_fee_ppm)
    if before.isolated:
        isolated.settle(s, o.account, perp, before.szi)
    sweep(s, o.account)
    volume.add(s, o.account, notional(size, perp.mark))

    if not reduces:
        margin_engine.require_safe(s, o.account, debt_before)
    if abs(s.positions[maker, perp.index].szi) > abs(maker_before):
        _require_maker_margin(s, perp.dex)
    s.block.emit(
        Filled(account=o.account, asset=o.asset, is_buy=o.is_buy, px=perp.mark, sz=o.sz, fee=fee)
    )


def _perp_size(s: VenueState, perp: Perp, o: Order) -> tuple[int, bool]:
    """Return the signed size, and whether it only shrinks the position."""
    if perp.mark == 0:
        raise MarkMissing(asset=o.asset)
    _require_limit(o, perp.mark)
    return perps.size_of(s, perp, o.account, o.is_buy, o.sz, o.reduce_only)


def _require_maker_margin(s: VenueState, dex: int) -> None:
    """Require initial margin of the market maker for what it holds in the dex."""
    m = margin_engine.dex_figures(s, s.parties.maker, dex)
    if m.account_value < m.initial_margin:
        raise MakerCapacity(required=m.initial_margin, available=m.account_value)


# Spot


def _order_spot(s: VenueState, o: Order) -> None:
    r = s.registry
    pair = pair_of_asset(s, o.asset)
    _require_limit(o, pair.px)
    require_young_px(s, pair)
    swap = swap_of(r, pair, o.is_buy, o.sz, pair.px)
    fee = mul_div_up(swap.got_amount, r.policy.spot_fee_ppm, PPM)
    _swap(s, o.account, swap, fee)
    volume.add_spot(s, o.account, o.sz, pair.px)
    s.block.emit(
        Filled(account=o.account, asset=o.asset, is_buy=o.is_buy, px=pair.px, sz=o.sz, fee=fee)
    )


def sell_inventory(s: VenueState, sender: Address, pair: Uint32) -> None:  # noqa: ARG001 (anybody)
    """Sell what is due of the backstop's inventory of a pair's base token. SPEC LQ-18.

    Raises UnknownPair, SpotPriceMissing, StalePrice, NothingToSell, InsufficientCash,
    WithdrawLocked, MakerCapacity, and what the sweep raises.
    """
    r, backstop = s.registry, s.parties.backstop
    listed = pair_of(s, pair)
    require_young_px(s, listed)
    base = r.tokens[listed.base]
    pool.accrue(s, base)
    sweep(s, backstop)
    t = token_state(s, backstop, base)
    amount, left = inventory_store.take_due(
        s, base.index, t.idle + t.supplied, lot(base), r.policy.twap_half_life
    )
    swap = swap_of(r, listed, is_buy=False, sz=amount // lot(base), px=listed.px)
    if swap.got_amount == 0:
        raise NothingToSell(token=base.token)
    fee = mul_div_up(swap.got_amount, r.policy.spot_fee_ppm, PPM)
    own_balance.draw(s, backstop, base, t, amount)
    _exchange(s, backstop, swap, fee)
    sweep(s, backstop)
    s.block.emit(
        InventorySold(
            token=base.token,
            amount=amount,
            px=listed.px,
            proceeds=swap.got_amount - fee,
            left=left,
        )
    )


def inventory_of(s: VenueState, token: int) -> InventoryView:
    """Return what the backstop has still to sell of a token. Raises UnknownToken."""
    index = s.registry.token_index(token)
    stored = s.inventory[index]
    due = inventory_store.current(s, index, s.registry.policy.twap_half_life).due
    return InventoryView(scheduled=stored.scheduled, scheduled_at=stored.scheduled_at, due_now=due)


def _swap(s: VenueState, account: str, swap: Swap, fee: int) -> None:
    require_judgeable(s, account, swap.got)
    sweep(s, account)
    debt_before, most = margin_engine.gross_debt(s, account), most_debt(s, account)
    pay(s, account, swap.paid, swap.paid_amount)
    _exchange(s, account, swap, fee)
    sweep(s, account)
    if s.accounts[account].mode == Mode.PORTFOLIO_MARGIN:
        require_no_paused_debt(s, account, most)
        margin_engine.require_safe(s, account, debt_before)


def _exchange(s: VenueState, account: str, swap: Swap, fee: int) -> None:
    """Let the market maker take the other side of a swap that is paid for.

    Raises MakerCapacity.
    """
    maker = s.parties.maker
    makers = s.balances[maker, swap.got.index]
    if swap.got_amount > makers.idle:
        raise MakerCapacity(required=swap.got_amount, available=makers.idle)
    s.balances[maker, swap.got.index] = replace(makers, idle=makers.idle - swap.got_amount)
    mark(s, maker, swap.got.index)
    add_idle(s, maker, swap.paid.index, swap.paid_amount)
    add_idle(s, account, swap.got.index, checked(swap.got_amount - fee))
    if fee != 0:
        add_idle(s, s.parties.insurance, swap.got.index, fee)


def _require_limit(o: Order, px: int) -> None:
    crossed = px > o.limit_px if o.is_buy else px < o.limit_px
    if crossed:
        raise LimitPriceCrossed(limit_px=o.limit_px, px=px)
