"""Reserves and signed pool positions. Twin of `contracts/libraries/Pool.sol`.

Every change of a position goes through `credit` and `debit`, which round against the account and
keep the reserve's totals and cash in step (SPEC BL-05 to BL-08), or through `pass_on`, which
changes no more than who holds shares.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit import rates
from pmkit.rates import (
    RateCurve,
    ReserveIndexes,
    amount_of_shares_down,
    amount_of_shares_up,
    shares_down,
    shares_up,
)
from pmkit.units import RAY, to_int128, to_uint128
from pmkit.venue.events import Accrued, InterestHour
from pmkit.venue.integers import uint128

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import Reserve, TokenBalance, VenueState

HOUR = 60 * 60
FRESH = ReserveIndexes(
    supply_index=RAY, borrow_index=RAY, supply_shares=0, borrow_shares=0, buffer=0
)
"""A reserve that nobody has used."""


def accrued(s: VenueState, token: int, curve: RateCurve) -> ReserveIndexes:
    """Return the reserve's indexes with interest up to now, without storing them. SPEC BL-05."""
    reserve = s.reserves[token]
    if reserve.accrued_at == 0:
        return FRESH
    return rates.accrue(
        ReserveIndexes(
            supply_index=reserve.supply_index,
            borrow_index=reserve.borrow_index,
            supply_shares=reserve.supply_shares,
            borrow_shares=reserve.borrow_shares,
            buffer=reserve.buffer,
        ),
        curve,
        s.block.now - reserve.accrued_at,
    )


def accrue(s: VenueState, p: Token) -> None:
    """Store interest up to now. SPEC BL-05."""
    s.touched.add(p.index)
    reserve = s.reserves[p.index]
    if reserve.accrued_at == s.block.now:
        return
    now = accrued(s, p.index, p.curve)
    s.reserves[p.index] = replace(
        reserve,
        supply_index=now.supply_index,
        borrow_index=now.borrow_index,
        buffer=now.buffer,
        accrued_at=s.block.now,
    )
    if now.borrow_shares != 0:
        hour = s.block.now // HOUR
        if reserve.accrued_at != 0 and reserve.accrued_at // HOUR != hour:
            s.block.emit(
                InterestHour(
                    token=p.token,
                    hour=hour,
                    supply_index=now.supply_index,
                    borrow_index=now.borrow_index,
                )
            )
        s.block.emit(
            Accrued(
                token=p.token,
                supply_index=now.supply_index,
                borrow_index=now.borrow_index,
                buffer=now.buffer,
            )
        )


def credit(s: VenueState, account: str, token: int, amount: int) -> None:
    """Put token wei into an account's position. SPEC BL-06, BL-07.

    Debt is repaid first, the rest is supplied. The reserve must be accrued.
    Raises DoesNotFit128, ArithmeticOverflow.
    """
    reserve = s.reserves[token]
    balance = s.balances[account, token]
    shares, borrow_shares, supply_shares = (
        balance.shares,
        reserve.borrow_shares,
        reserve.supply_shares,
    )
    repaid = 0
    if shares < 0:
        debt = amount_of_shares_up(-shares, reserve.borrow_index)
        repaid = min(amount, debt)
        burnt = -shares if repaid == debt else shares_down(repaid, reserve.borrow_index)
        shares += burnt
        borrow_shares = uint128(borrow_shares - burnt)
    supplied = amount - repaid
    if supplied != 0:
        minted = to_uint128(shares_down(supplied, reserve.supply_index))
        shares = to_int128(shares + minted)
        supply_shares = to_uint128(supply_shares + minted)
    reserve = replace(
        reserve,
        supply_shares=supply_shares,
        borrow_shares=borrow_shares,
        cash=to_uint128(reserve.cash + to_uint128(amount)),
    )
    _store(s, account, token, reserve, balance, shares)


def debit(s: VenueState, account: str, token: int, amount: int) -> int:
    """Take token wei out of an account's position; return what of it is new debt. SPEC BL-06.

    Supply is drawn first, the rest is borrowed. The reserve must be accrued; the caller checks
    cash, caps and margin. Raises DoesNotFit128, ArithmeticOverflow.
    """
    reserve = s.reserves[token]
    balance = s.balances[account, token]
    shares, borrow_shares, supply_shares = (
        balance.shares,
        reserve.borrow_shares,
        reserve.supply_shares,
    )
    drawn = 0
    if shares > 0:
        drawn, burnt = draw_up(shares, amount, reserve.supply_index)
        shares -= burnt
        supply_shares = uint128(supply_shares - burnt)
    borrowed = amount - drawn
    if borrowed != 0:
        minted = to_uint128(shares_up(borrowed, reserve.borrow_index))
        shares = to_int128(shares - minted)
        borrow_shares = to_uint128(borrow_shares + minted)
    reserve = replace(
        reserve,
        supply_shares=supply_shares,
        borrow_shares=borrow_shares,
        cash=uint128(reserve.cash - to_uint128(amount)),
    )
    _store(s, account, token, reserve, balance, shares)
    return borrowed


def draw_up(shares: int, amount: int, index: int) -> tuple[int, int]:
    """Return what supply gives of an amount, token wei, and the shares it takes, up. SPEC BL-06."""
    supplied = amount_of_shares_down(shares, index)
    drawn = min(amount, supplied)
    return drawn, shares if drawn == supplied else shares_up(drawn, index)


def owes(s: VenueState, account: str, token: int) -> bool:
    """Return whether an account owes some of a token to the pool."""
    return s.balances[account, token].shares < 0


def pass_on(s: VenueState, token: int, giver: str, taker: str, shares: int, index: int) -> None:
    """Pass supply shares from one account to another, at the index up to now. SPEC BL-24.

    The reserve stays as it is. The giver has that many, and the taker owes nothing of the token.
    Raises DoesNotFit128.
    """
    for account, change in ((giver, -shares), (taker, shares)):
        balance = s.balances[account, token]
        now = to_int128(balance.shares + change)
        basis = to_uint128(amount_of_shares_down(now, index))
        s.balances[account, token] = replace(balance, shares=now, basis=basis)


def amounts(shares: int, supply_index: int, borrow_index: int) -> tuple[int, int]:
    """Return supply and debt of a position in token wei, at given indexes. SPEC BL-06."""
    if shares > 0:
        return amount_of_shares_down(shares, supply_index), 0
    if shares < 0:
        return 0, amount_of_shares_up(-shares, borrow_index)
    return 0, 0


def _store(
    s: VenueState,
    account: str,
    token: int,
    reserve: Reserve,
    balance: TokenBalance,
    shares: int,
) -> None:
    """Write both sides of a change; a floor never stands above the debt that is left."""
    supplied, borrowed = amounts(shares, reserve.supply_index, reserve.borrow_index)
    s.reserves[token] = reserve
    s.balances[account, token] = replace(
        balance,
        shares=shares,
        basis=to_uint128(supplied + borrowed),
        borrow_floor=min(balance.borrow_floor, borrowed),
    )
