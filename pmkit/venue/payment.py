"""What an account pays for spot, or brings to an isolated position.

Twin of `contracts/libraries/Payment.sol`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import BorrowCapExceeded, InsufficientBalance, InsufficientCash
from pmkit.model import Mode
from pmkit.venue import pool
from pmkit.venue.account_store import mark, token_state
from pmkit.venue.waterfall import require_unlocked

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def pay(s: VenueState, account: str, p: Token, amount: int) -> None:
    """Take token wei: idle balance first, with portfolio margin then supply and new debt.

    SPEC CH-03, CH-09. Raises InsufficientBalance, BorrowCapExceeded, InsufficientCash,
    WithdrawLocked, DoesNotFit128, ArithmeticOverflow.
    """
    balance = s.balances[account, p.index]
    from_idle = min(amount, balance.idle)
    lacking = amount - from_idle
    s.balances[account, p.index] = replace(balance, idle=balance.idle - from_idle)
    if lacking != 0:
        if s.accounts[account].mode != Mode.PORTFOLIO_MARGIN:
            raise InsufficientBalance(token=p.token, requested=amount, available=from_idle)
        pool.accrue(s, p)
        t = token_state(s, account, p)
        if lacking > t.supplied:
            debt = lacking - t.supplied
            if not p.borrowable:
                raise InsufficientBalance(token=p.token, requested=amount, available=amount - debt)
            if debt > t.borrow_room:
                raise BorrowCapExceeded(token=p.token, requested=debt, room=t.borrow_room)
        if lacking > t.cash:
            raise InsufficientCash(token=p.token, requested=lacking, available=t.cash)
        if t.supplied != 0:
            require_unlocked(s, p)
        pool.debit(s, account, p.index, lacking)
    mark(s, account, p.index)
