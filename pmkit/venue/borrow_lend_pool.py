"""Money in and out of the pool. Twin of `contracts/modules/BorrowLendPool.sol`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    BorrowCapExceeded,
    BorrowWhileSupplied,
    InexactAmount,
    InsufficientBalance,
    InsufficientCash,
    NoDebt,
    NotAReceiver,
    NotBorrowable,
    NotPortfolioMargin,
    Paused,
    SupplyCapExceeded,
    ZeroAmount,
)
from pmkit.model import Mode
from pmkit.rates import (
    SHARE_UNIT,
    amount_of_shares_down,
    amount_of_shares_up,
    borrow_rate,
    supply_rate,
    utilization,
)
from pmkit.units import to_uint128
from pmkit.venue import margin_engine, own_balance, pool
from pmkit.venue.account_store import (
    add_idle,
    mark,
    mark_position,
    require_judgeable,
    supply_room,
    token_state,
    touch,
)
from pmkit.venue.acting import actor, owner
from pmkit.venue.custody import EVERYTHING, evm_unit, pull, push
from pmkit.venue.events import Borrowed, Deposited, Repaid, Supplied, Withdrawn
from pmkit.venue.integers import Address, Uint64, Uint256, uint128
from pmkit.venue.margin_engine import sweep
from pmkit.venue.records import Pause, ReserveView
from pmkit.venue.waterfall import require_unlocked

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def deposit(
    s: VenueState, sender: Address, token: Uint64, amount: Uint256, account: Address
) -> int:
    """Move tokens from the wallet to a spot balance; return what was credited. SPEC BL-09.

    Raises UnknownToken, ZeroAmount, NotAReceiver, PriceMissing, and what the wallet and the sweep
    raise.
    """
    p = s.registry.token(token)
    if amount == 0:
        raise ZeroAmount
    require_receiver(s, account, p)
    credited = pull(s, sender, p, amount)
    credit_idle(s, account, p, credited)
    s.block.emit(Deposited(account=account, token=token, amount=credited, payer=sender))
    return credited


def supply(s: VenueState, sender: Address, token: Uint64, amount: Uint256, account: Address) -> int:
    """Supply tokens from the wallet; return what was credited. SPEC BL-10.

    Debt in the token is repaid first. Raises UnknownToken, ZeroAmount, NotAReceiver, PriceMissing,
    Paused, SupplyCapExceeded, and what the wallet and the sweep raise.
    """
    p = s.registry.token(token)
    if amount == 0:
        raise ZeroAmount
    require_receiver(s, account, p)
    pool.accrue(s, p)
    t = token_state(s, account, p)
    credited = pull(s, sender, p, amount)
    # Paying debt is never paused.
    if credited > t.borrowed and s.registry.paused & Pause.SUPPLY:
        raise Paused(bit=Pause.SUPPLY)
    supplied = max(0, credited - t.borrowed)
    left = supply_room(s, p)
    if supplied > left:
        raise SupplyCapExceeded(token=token, requested=supplied, room=left)

    touch(s, account)
    pool.credit(s, account, p.index, credited)
    mark_position(s, account, p.index)
    sweep(s, account)
    s.block.emit(Supplied(account=account, token=token, amount=credited, payer=sender))
    return credited


def withdraw(s: VenueState, sender: Address, token: Uint64, amount: Uint256, to: Address) -> int:
    """Take own balance out to a wallet; return how much. SPEC BL-11.

    Raises UnknownToken, OwnerOnly, NotAReceiver, ERC20InvalidReceiver, and what `take_out` raises.
    """
    p = s.registry.token(token)
    account = owner(s, sender)
    if to == s.parties.venue:
        raise NotAReceiver(receiver=to)
    withdrawn = take_out(s, account, p, amount, evm_unit(p))
    s.block.emit(Withdrawn(account=account, token=token, amount=withdrawn, to=to))
    push(s, p, withdrawn, to)
    return withdrawn


def borrow(s: VenueState, sender: Address, token: Uint64, amount: Uint256) -> None:
    """Borrow into the spot balance and raise the floor that the sweep leaves. SPEC BL-12.

    Raises UnknownToken, ZeroAmount, NotPortfolioMargin, NotBorrowable, Paused,
    BorrowWhileSupplied, BorrowCapExceeded, InsufficientCash, DoesNotFit128, and what the sweep and
    the account check raise.
    """
    p = s.registry.token(token)
    if amount == 0:
        raise ZeroAmount
    account = actor(s, sender)
    mode = s.accounts[account].mode
    if mode != Mode.PORTFOLIO_MARGIN:
        raise NotPortfolioMargin(mode=mode)
    if not p.borrowable:
        raise NotBorrowable(token=token)
    if s.registry.paused & Pause.BORROW:
        raise Paused(bit=Pause.BORROW)

    pool.accrue(s, p)
    sweep(s, account)
    t = token_state(s, account, p)
    # Supply is drawn first: who supplies for the account must not keep it from borrowing.
    if amount <= t.supplied:
        raise BorrowWhileSupplied(token=token, supplied=t.supplied)
    if t.supplied != 0:
        require_unlocked(s, p)
    debt = amount - t.supplied
    if debt > t.borrow_room:
        raise BorrowCapExceeded(token=token, requested=debt, room=t.borrow_room)
    if amount > t.cash:
        raise InsufficientCash(token=token, requested=amount, available=t.cash)

    borrowed = pool.debit(s, account, p.index, amount)
    balance = s.balances[account, p.index]
    s.balances[account, p.index] = replace(
        balance,
        idle=to_uint128(balance.idle + amount),
        borrow_floor=uint128(balance.borrow_floor + to_uint128(borrowed)),
    )
    mark(s, account, p.index)

    margin_engine.require_safe(s, account, 0)
    s.block.emit(Borrowed(account=account, token=token, amount=amount))


def repay(s: VenueState, sender: Address, token: Uint64, amount: Uint256, account: Address) -> int:
    """Repay debt of an account from the wallet and lower its floor. SPEC BL-13.

    Returns the debt repaid. Raises UnknownToken, ZeroAmount, NoDebt, and what the wallet and the
    sweep raise.
    """
    p = s.registry.token(token)
    if amount == 0:
        raise ZeroAmount
    pool.accrue(s, p)
    debt = token_state(s, account, p).borrowed
    if debt == 0:
        raise NoDebt(token=token)

    credited = pull(s, sender, p, min(amount, debt))
    repaid = min(credited, debt)
    balance = s.balances[account, p.index]
    s.balances[account, p.index] = replace(
        balance, borrow_floor=max(0, balance.borrow_floor - repaid)
    )
    pool.credit(s, account, p.index, credited)
    mark_position(s, account, p.index)
    sweep(s, account)
    s.block.emit(Repaid(account=account, token=token, amount=repaid, payer=sender))
    return repaid


def accrue(s: VenueState, sender: Address, token: Uint64) -> None:  # noqa: ARG001 (anybody may)
    """Store interest up to now. SPEC BL-05. Raises UnknownToken, DoesNotFit128."""
    p = s.registry.token(token)
    pool.accrue(s, p)


def reserve_of(s: VenueState, token: int) -> ReserveView:
    """Return a reserve with interest up to now. Raises UnknownToken, DoesNotFit128."""
    p = s.registry.token(token)
    reserve = s.reserves[p.index]
    now = pool.accrued(s, p.index, p.curve)
    supplied = amount_of_shares_down(now.supply_shares, now.supply_index)
    borrowed = amount_of_shares_up(now.borrow_shares, now.borrow_index)
    used = utilization(borrowed, supplied)
    rate = borrow_rate(used, p.curve)
    return ReserveView(
        token=token,
        supply_index=now.supply_index,
        borrow_index=now.borrow_index,
        supplied=supplied,
        borrowed=borrowed,
        cash=reserve.cash,
        buffer=now.buffer // SHARE_UNIT,
        deficit=reserve.deficit,
        utilization=used,
        borrow_rate=rate,
        supply_rate=supply_rate(rate, used, p.curve.protocol_share),
    )


def take_out(s: VenueState, account: str, p: Token, amount: int, unit: int) -> int:
    """Take own balance out of an account: idle first, then supply; return how much. SPEC BL-11.

    `unit` is the smallest amount that can be taken; everything means everything that is a multiple
    of it. Raises ZeroAmount, InexactAmount, InsufficientBalance, InsufficientCash, WithdrawLocked,
    and what the sweep and the account check raise.
    """
    if amount == 0:
        raise ZeroAmount
    pool.accrue(s, p)
    sweep(s, account)
    t = token_state(s, account, p)
    available = max(0, t.idle + t.supplied - t.borrowed)
    if amount == EVERYTHING:
        amount = available // unit * unit
    if amount == 0:
        raise ZeroAmount
    if amount % unit != 0:
        raise InexactAmount(token=p.token, amount=amount, unit=unit)
    if amount > available:
        raise InsufficientBalance(token=p.token, requested=amount, available=available)

    own_balance.draw(s, account, p, t, amount)
    if own_balance.has_exposure(s, account):
        margin_engine.require_safe(s, account, 0)
    return amount


def require_receiver(s: VenueState, receiver: str, p: Token) -> None:
    """Require of whoever is to receive a token that it can take it out again. SPEC BL-11, OR-09.

    And that it can be judged with it. Raises NotAReceiver, PriceMissing.
    """
    # Nobody has the venue's key.
    if receiver == s.parties.venue:
        raise NotAReceiver(receiver=receiver)
    require_judgeable(s, receiver, p)


def credit_idle(s: VenueState, account: str, p: Token, amount: int) -> None:
    """Give an account idle balance and sweep it."""
    add_idle(s, account, p.index, amount)
    sweep(s, account)
