"""Who bears a loss: buffer, insurance, deficit, and in the end the suppliers.

Twin of `contracts/libraries/Waterfall.sol`. SPEC LQ-09 to LQ-12.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    BufferSweepOff,
    BufferSweepTooEarly,
    DeficitTooLarge,
    NoDeficit,
    NothingToSweep,
    WithdrawLocked,
)
from pmkit.rates import SHARE_UNIT, amount_of_shares_down
from pmkit.units import RAY, checked, mul_div_up, to_uint128
from pmkit.venue import pool
from pmkit.venue.account_store import add_idle, mark, mark_position
from pmkit.venue.events import BufferSwept, DeficitCovered, LossCovered, Socialised
from pmkit.venue.integers import uint128
from pmkit.venue.margin_engine import sweep

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def cover_loss(s: VenueState, taker: str, p: Token, loss: int) -> None:
    """Make whoever took debt over whole for what it took without collateral. SPEC LQ-09.

    From the reserve's buffer, then the insurance account's balance, then the reserve's deficit,
    token wei. Raises DoesNotFit128, ArithmeticOverflow.
    """
    # Fees wait in the dexes until the insurance account is swept.
    sweep(s, s.parties.insurance)
    pool.accrue(s, p)
    from_buffer, from_insurance = _available(s, p, loss)
    deficit = loss - from_buffer - from_insurance
    _draw(s, p, from_buffer, from_insurance)
    reserve = s.reserves[p.index]
    s.reserves[p.index] = replace(reserve, deficit=to_uint128(reserve.deficit + deficit))
    # The taker is made whole; only the insurance brought cash for it.
    pool.credit(s, taker, p.index, loss)
    mark_position(s, taker, p.index)
    _add_cash(s, p, -to_uint128(loss - from_insurance))
    s.block.emit(
        LossCovered(token=p.token, buffer=from_buffer, insurance=from_insurance, deficit=deficit)
    )


def sweep_buffer(s: VenueState, p: Token, interval: int) -> int:
    """Move the buffer, as far as cash allows, to the insurance account; return how much.

    Once in every interval of so many seconds since the epoch. SPEC LQ-19. Raises BufferSweepOff,
    BufferSweepTooEarly, NothingToSweep.
    """
    if interval == 0:
        raise BufferSweepOff(token=p.token)
    ready_at = (s.reserves[p.index].buffer_swept_at // interval + 1) * interval
    if s.block.now < ready_at:
        raise BufferSweepTooEarly(token=p.token, ready_at=ready_at, timestamp=s.block.now)
    pool.accrue(s, p)
    reserve = s.reserves[p.index]
    amount = min(reserve.buffer // SHARE_UNIT, reserve.cash)
    if amount == 0:
        raise NothingToSweep(token=p.token)
    s.reserves[p.index] = replace(
        reserve,
        buffer=reserve.buffer - amount * SHARE_UNIT,
        cash=reserve.cash - amount,
        buffer_swept_at=s.block.now,
    )
    add_idle(s, s.parties.insurance, p.index, amount)
    s.block.emit(BufferSwept(token=p.token, amount=amount))
    return amount


def cover_from_insurance(s: VenueState, p: Token) -> int:
    """Pay a deficit down with what buffer and insurance have by now; return how much. SPEC LQ-10.

    Raises NoDeficit.
    """
    pool.accrue(s, p)
    deficit = _require_deficit(s, p)
    from_buffer, from_insurance = _available(s, p, deficit)
    covered = from_buffer + from_insurance
    _draw(s, p, from_buffer, from_insurance)
    _pay_down(s, p, covered)
    _add_cash(s, p, from_insurance)
    s.block.emit(
        DeficitCovered(
            token=p.token,
            payer=s.parties.insurance,
            buffer=from_buffer,
            paid=from_insurance,
            left=deficit - covered,
        )
    )
    return covered


def cover_from_wallet(s: VenueState, p: Token, payer: str, amount: int) -> None:
    """Pay a deficit down with token wei that came from a wallet. SPEC LQ-10."""
    s.touched.add(p.index)
    deficit = s.reserves[p.index].deficit
    covered = min(amount, deficit)
    _pay_down(s, p, covered)
    _add_cash(s, p, covered)
    # What the wallet's units brought beyond the deficit stays the payer's.
    if amount != covered:
        add_idle(s, payer, p.index, amount - covered)
    s.block.emit(
        DeficitCovered(token=p.token, payer=payer, buffer=0, paid=covered, left=deficit - covered)
    )


def spread(s: VenueState, p: Token) -> int:
    """Spread what is left of a deficit over all suppliers; return how much. SPEC LQ-11.

    The only way in which a supply index falls. Raises NoDeficit, DeficitTooLarge,
    ArithmeticOverflow.
    """
    pool.accrue(s, p)
    deficit = _require_deficit(s, p)
    reserve = s.reserves[p.index]
    before = reserve.supply_index
    supplied = amount_of_shares_down(reserve.supply_shares, before)
    # An index of zero could never be divided by again.
    if deficit >= supplied:
        raise DeficitTooLarge(token=p.token, deficit=deficit, supplied=supplied)
    after = checked(before - mul_div_up(deficit * SHARE_UNIT, RAY, reserve.supply_shares))
    s.reserves[p.index] = replace(reserve, supply_index=after, deficit=0)
    s.block.emit(Socialised(token=p.token, amount=deficit, index_before=before, index_after=after))
    return deficit


def require_unlocked(s: VenueState, p: Token) -> None:
    """Require that suppliers' cash is not waiting for a deficit. SPEC LQ-12.

    Raises WithdrawLocked.
    """
    deficit = s.reserves[p.index].deficit
    if deficit == 0:
        return
    insured = s.balances[s.parties.insurance, p.index].idle
    if deficit > insured:
        raise WithdrawLocked(token=p.token, deficit=deficit, insurance=insured)


def _require_deficit(s: VenueState, p: Token) -> int:
    deficit = s.reserves[p.index].deficit
    if deficit == 0:
        raise NoDeficit(token=p.token)
    return deficit


def _available(s: VenueState, p: Token, wanted: int) -> tuple[int, int]:
    """Return what buffer and insurance have of what is wanted, token wei."""
    from_buffer = min(wanted, s.reserves[p.index].buffer // SHARE_UNIT)
    insured = s.balances[s.parties.insurance, p.index].idle
    return from_buffer, min(wanted - from_buffer, insured)


def _draw(s: VenueState, p: Token, from_buffer: int, from_insurance: int) -> None:
    """Take token wei out of the buffer and the insurance account's balance."""
    reserve = s.reserves[p.index]
    s.reserves[p.index] = replace(reserve, buffer=reserve.buffer - from_buffer * SHARE_UNIT)
    insurance = s.parties.insurance
    insured = s.balances[insurance, p.index]
    s.balances[insurance, p.index] = replace(insured, idle=insured.idle - from_insurance)
    mark(s, insurance, p.index)


def _pay_down(s: VenueState, p: Token, covered: int) -> None:
    reserve = s.reserves[p.index]
    s.reserves[p.index] = replace(reserve, deficit=reserve.deficit - covered)


def _add_cash(s: VenueState, p: Token, amount: int) -> None:
    reserve = s.reserves[p.index]
    s.reserves[p.index] = replace(reserve, cash=uint128(reserve.cash + amount))
