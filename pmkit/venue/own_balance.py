"""What an account has of its own, and what it stands for.

Twin of `contracts/libraries/OwnBalance.sol`. Nothing here borrows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import InsufficientCash
from pmkit.model import Mode
from pmkit.venue import pool
from pmkit.venue.account_store import mark
from pmkit.venue.bitmap import members
from pmkit.venue.waterfall import require_unlocked

if TYPE_CHECKING:
    from pmkit.model import TokenState
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def draw(s: VenueState, account: str, p: Token, t: TokenState, amount: int) -> None:
    """Draw token wei that an account has: idle balance first, then supply. SPEC BL-11.

    The reserve must be accrued, and `t` the account's token as it stands. Raises InsufficientCash,
    WithdrawLocked.
    """
    from_idle = min(amount, t.idle)
    from_pool = amount - from_idle
    if from_pool > t.cash:
        raise InsufficientCash(token=p.token, requested=from_pool, available=t.cash)
    s.balances[account, p.index] = replace(s.balances[account, p.index], idle=t.idle - from_idle)
    if from_pool != 0:
        require_unlocked(s, p)
        pool.debit(s, account, p.index, from_pool)
    mark(s, account, p.index)


def has_exposure(s: VenueState, account: str) -> bool:
    """Return whether balances of an account stand for debt or perps.

    Never a standard account's, whose dexes have their own margin. A closed position may have left
    its dex below zero.
    """
    state = s.accounts[account]
    if any(s.balances[account, i].shares < 0 for i in members(state.token_bitmap)):
        return True
    if state.mode == Mode.STANDARD:
        return False
    if state.perp_bitmap != 0:
        return True
    return any(s.raw_usd[account, i] < 0 for i in members(state.dex_bitmap))
