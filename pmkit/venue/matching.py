"""Fills between two accounts. Twin of `contracts/libraries/Matching.sol`. SPEC CH-20 to CH-22."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import (
    InsufficientIsolatedMargin,
    InvalidSize,
    LimitPriceCrossed,
    MarkMissing,
    NotOperator,
    Paused,
    SelfTrade,
)
from pmkit.margin import notional
from pmkit.model import Mode
from pmkit.units import PPM, checked, mul_div_up
from pmkit.venue import isolated, margin_engine, perps, volume
from pmkit.venue.account_store import add_idle, require_judgeable, touch
from pmkit.venue.events import Matched
from pmkit.venue.integers import INT64_MAX, Address, Uint32, Uint64
from pmkit.venue.margin_engine import sweep
from pmkit.venue.payment import pay
from pmkit.venue.price_age import require_young_mark
from pmkit.venue.records import Pause, Side
from pmkit.venue.roles import MATCHER, require_role
from pmkit.venue.spot import (
    is_pair,
    most_debt,
    pair_of_asset,
    require_no_paused_debt,
    require_young_px,
    swap_of,
)

if TYPE_CHECKING:
    from pmkit.venue.registry import Perp, Token
    from pmkit.venue.state import Position, VenueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Two orders as the matcher brings them together."""

    asset: int
    buyer: Side
    seller: Side
    px: int
    sz: int
    buyer_takes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What one side of a perp match was before it."""

    account: str
    position: Position
    debt: int
    reduces: bool
    checked: bool
    """Whether the side must be safe afterwards."""


def match_orders(
    s: VenueState,
    sender: Address,
    asset: Uint32,
    buyer: Side,
    seller: Side,
    px: Uint64,
    sz: Uint64,
    buyer_takes: bool,
) -> None:
    """Fill two accounts' orders against each other; the sender is the matcher. SPEC CH-20.

    Raises AccessControlUnauthorizedAccount, InvalidSize, SelfTrade, NotOperator, LimitPriceCrossed,
    UnknownAsset, UnknownPair, MarkMissing, SpotPriceMissing, ReduceOnlyViolated, Paused, StaleMark,
    StalePrice, InsufficientIsolatedMargin, and what the sweep, the payment and the account check
    raise.
    """
    m = Match(asset=asset, buyer=buyer, seller=seller, px=px, sz=sz, buyer_takes=buyer_takes)
    require_role(s.registry, sender, MATCHER)
    if not 0 < sz <= INT64_MAX:
        raise InvalidSize(sz=sz)
    if buyer.account == seller.account:
        raise SelfTrade(account=buyer.account)
    for side in (buyer, seller):
        if not s.operators[side.account, sender]:
            raise NotOperator(account=side.account, caller=sender)
    if px > buyer.limit_px:
        raise LimitPriceCrossed(limit_px=buyer.limit_px, px=px)
    if px < seller.limit_px:
        raise LimitPriceCrossed(limit_px=seller.limit_px, px=px)
    touch(s, buyer.account)
    touch(s, seller.account)
    fee = _spot(s, m) if is_pair(asset) else _perp(s, m)
    s.block.emit(
        Matched(
            buyer=buyer.account,
            seller=seller.account,
            asset=asset,
            px=px,
            sz=sz,
            buyer_takes=buyer_takes,
            fee=fee,
        )
    )


# Perps


def _perp(s: VenueState, m: Match) -> int:
    """Fill two orders in a perp; return the fee. SPEC CH-21."""
    perp = s.registry.perp(m.asset)
    policy = s.registry.policy
    if perp.mark == 0:
        raise MarkMissing(asset=m.asset)
    sized = [
        perps.size_of(s, perp, side.account, is_buy, m.sz, side.reduce_only)
        for side, is_buy in ((m.buyer, True), (m.seller, False))
    ]
    reduces = all(shrinks for _, shrinks in sized)
    if not reduces and s.registry.paused & Pause.RISK:
        raise Paused(bit=Pause.RISK)
    require_young_mark(
        s, perp, policy.max_liquidation_price_age if reduces else policy.max_price_age
    )

    worse = (m.px > perp.mark, m.px < perp.mark)
    buyer, seller = [
        _before(s, perp, side.account, shrinks, not shrinks or loses)
        for side, (_, shrinks), loses in zip((m.buyer, m.seller), sized, worse, strict=True)
    ]
    taker, maker = (buyer, seller) if m.buyer_takes else (seller, buyer)
    size = m.sz if m.buyer_takes else -m.sz
    fee = perps.fill(s, perp, taker.account, maker.account, size, m.px, policy.perp_fee_ppm)
    sides = (buyer, seller)
    unsafe = [side for side in sides if _settle(s, perp, side)]
    for side in sides:
        volume.add(s, side.account, notional(m.sz, m.px))
    for side in unsafe:
        margin_engine.require_safe(s, side.account, side.debt)
    return fee


def _before(s: VenueState, perp: Perp, account: str, reduces: bool, checked_: bool) -> Before:
    """Sweep a side, and return what it was.

    What an isolated position takes leaves the account check as a withdrawal does: whatever debt
    there is, the health factor must hold (SPEC CH-09).
    """
    sweep(s, account)
    position = s.positions[account, perp.index]
    counts = checked_ and not position.isolated
    return Before(
        account=account,
        position=position,
        debt=margin_engine.gross_debt(s, account) if counts else 0,
        reduces=reduces,
        checked=checked_,
    )


def _settle(s: VenueState, perp: Perp, side: Before) -> bool:
    """Give an isolated position its margin, and sweep; return whether the account must be safe.

    A position that shrinks below the mark's worth pays for that itself, and must be able to.
    Raises InsufficientIsolatedMargin, and what the settlement raises.
    """
    pays = side.position.isolated and side.checked and side.reduces
    if side.position.isolated:
        now = s.positions[side.account, perp.index]
        if pays and now.szi == 0 and now.isolated_usd < 0:
            raise InsufficientIsolatedMargin(asset=perp.asset, required=0, equity=now.isolated_usd)
        isolated.settle(s, side.account, perp, side.position.szi)
        if pays and now.szi != 0:
            isolated.require_initial_margin(s, side.account, perp)
    sweep(s, side.account)
    return side.checked and not pays


# Spot


def _spot(s: VenueState, m: Match) -> int:
    """Fill two orders in a spot pair; return the fee. SPEC CH-22."""
    r = s.registry
    pair = pair_of_asset(s, m.asset)
    require_young_px(s, pair)
    # Rounded up, and the seller gets all that the buyer pays.
    swap = swap_of(r, pair, True, m.sz, m.px)
    taken = swap.got_amount if m.buyer_takes else swap.paid_amount
    fee = mul_div_up(taken, r.policy.spot_fee_ppm, PPM)

    buyer, seller = m.buyer.account, m.seller.account
    require_judgeable(s, buyer, swap.got)
    require_judgeable(s, seller, swap.paid)
    sweep(s, buyer)
    sweep(s, seller)
    debts = {
        account: (margin_engine.gross_debt(s, account), most_debt(s, account))
        for account in (buyer, seller)
    }
    pay(s, buyer, swap.paid, swap.paid_amount)
    pay(s, seller, swap.got, swap.got_amount)
    _deliver(s, buyer, swap.got, swap.got_amount, fee if m.buyer_takes else 0)
    _deliver(s, seller, swap.paid, swap.paid_amount, 0 if m.buyer_takes else fee)
    sweep(s, buyer)
    sweep(s, seller)
    for account in (buyer, seller):
        volume.add_spot(s, account, m.sz, m.px)
    # Who gives more than the price asks ends as after a withdrawal: borrowed money does not leave.
    gives = {buyer: m.px > pair.px, seller: m.px < pair.px}
    for account, (debt, most) in debts.items():
        if s.accounts[account].mode == Mode.PORTFOLIO_MARGIN:
            require_no_paused_debt(s, account, most)
            margin_engine.require_safe(s, account, 0 if gives[account] else debt)
    return fee


def _deliver(s: VenueState, account: str, p: Token, amount: int, fee: int) -> None:
    add_idle(s, account, p.index, checked(amount - fee))
    if fee != 0:
        add_idle(s, s.parties.insurance, p.index, fee)
