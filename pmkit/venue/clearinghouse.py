"""Transfers of margin and of spot balance. Twin of `contracts/modules/Clearinghouse.sol`.

The third of its actions, the order, stands in `trading.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import InsufficientBalance, NotStandardMode, ZeroAmount
from pmkit.margin import wei_per_perp_usd
from pmkit.model import Mode
from pmkit.units import to_uint128
from pmkit.venue import margin_engine
from pmkit.venue.account_store import add_raw_usd, mark
from pmkit.venue.acting import actor, owner
from pmkit.venue.borrow_lend_pool import credit_idle, require_receiver, take_out
from pmkit.venue.events import PerpTransferred, SpotSent
from pmkit.venue.integers import Address, Uint32, Uint64, Uint256

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def transfer_perp(s: VenueState, sender: Address, dex: Uint32, usd: Uint64, to_perp: bool) -> None:
    """Move margin (1e-6 units) between spot and a perp dex of a standard account. SPEC CH-04.

    Raises NotStandardMode, ZeroAmount, UnknownDex, InsufficientBalance, StalePrice,
    StaleMark, InsufficientMargin, MarkMissing, DoesNotFit128.
    """
    account = actor(s, sender)
    mode = s.accounts[account].mode
    if mode != Mode.STANDARD:
        raise NotStandardMode(mode=mode)
    if usd == 0:
        raise ZeroAmount
    listed = s.registry.dex(dex)
    p = s.registry.tokens[listed.collateral]
    amount = usd * wei_per_perp_usd(p.wei_decimals)
    balance = s.balances[account, p.index]
    moved = usd if to_perp else -usd
    if to_perp:
        if amount > balance.idle:
            raise InsufficientBalance(token=p.token, requested=amount, available=balance.idle)
        idle = balance.idle - amount
    else:
        idle = to_uint128(balance.idle + amount)
    s.balances[account, p.index] = replace(balance, idle=idle)
    add_raw_usd(s, account, listed.index, moved)
    mark(s, account, p.index)
    if not to_perp:
        margin_engine.require_transfer_margin(s, account, listed.index)
    s.block.emit(PerpTransferred(account=account, dex=dex, usd=moved))


def spot_send(s: VenueState, sender: Address, to: Address, token: Uint64, amount: Uint256) -> None:
    """Send own balance to another account of the venue. SPEC CH-05.

    Raises UnknownToken, OwnerOnly, NotAReceiver, PriceMissing, and what `take_out` and the
    receiver's sweep raise.
    """
    p = s.registry.token(token)
    account = owner(s, sender)
    require_receiver(s, to, p)
    sent = take_out(s, account, p, amount, 1)
    credit_idle(s, to, p, sent)
    s.block.emit(SpotSent(account=account, to=to, token=token, amount=sent))
