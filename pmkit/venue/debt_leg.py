"""The debt leg of a liquidation. Twin of `contracts/libraries/DebtLeg.sol`.

The backstop takes debt over together with collateral. Debt is what is owed to the pool, and what a
dex without positions is short of: a hole (SPEC LQ-14).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import StepTooEarly
from pmkit.liquidation import Takeover, full_takeover, partial_takeover, step_debt_up
from pmkit.margin import (
    px_of,
    token_value_down,
    token_value_up,
    wei_per_perp_usd,
    weight_takeover_down,
)
from pmkit.units import WAD, amount_up, mul_div_down, mul_div_up, to_uint128
from pmkit.venue import pool
from pmkit.venue.account_store import mark, set_raw_usd, touch
from pmkit.venue.events import CollateralTaken, DebtTaken
from pmkit.venue.integers import int128
from pmkit.venue.liquidation_context import hole_of, is_hole
from pmkit.venue.margin_engine import sweep
from pmkit.venue.waterfall import cover_loss

if TYPE_CHECKING:
    from pmkit.model import TokenState
    from pmkit.venue.liquidation_context import Context
    from pmkit.venue.state import VenueState


def take(s: VenueState, c: Context, full: bool) -> tuple[int, int, int]:
    """Take a step of the debt, or all of it in the full band. SPEC LQ-03, LQ-04.

    Returns the values of debt and collateral that moved, and the loss, USD WAD.
    """
    debts = _step_debts(s, c, full)
    debt_value = collateral_value = 0
    for token, debt in zip(c.a.tokens, debts, strict=True):
        if debt != 0:
            debt_value += token_value_up(token, debt)
        if token.ltv_bps != 0 and token.supplied != 0:
            collateral_value += token_value_down(token, token.supplied)
    takeover = (
        full_takeover(debt_value, collateral_value)
        if full
        else partial_takeover(debt_value, c.m.takeover_value)
    )
    touch(s, s.parties.backstop)
    taken = sum([_move_collateral(s, c, i, takeover.share) for i in range(len(debts))])
    for i, debt in enumerate(debts):
        if debt != 0:
            _move_debt(s, c, i, debt, takeover)
    sweep(s, s.parties.backstop)
    return debt_value, taken, takeover.loss


def settle(s: VenueState, c: Context, from_supply: bool) -> tuple[int, int]:
    """Fill holes without collateral. SPEC LQ-14.

    From the account's own supply of the token, which an empty pool could not pay out; where spot
    does not back perps, by the waterfall. Returns the value filled and the loss, USD WAD.
    """
    backstop = s.parties.backstop
    touch(s, backstop)
    debt_value = loss = 0
    for i, t in enumerate(c.a.tokens):
        amount = hole_of(c, i)
        if amount == 0:
            continue
        p = c.params.tokens[i]
        pool.accrue(s, p.index, p.curve)
        if from_supply:
            paid = min(amount, t.supplied)
            if paid == 0:
                continue
            pool.credit(s, backstop, p.index, paid)
            pool.debit(s, c.account, p.index, paid)
            mark(s, c.account, p.index)
            mark(s, backstop, p.index)
            amount = min(_whole_units_up(paid, t), amount)
        _move_hole(s, c, i, amount)
        # A standard account's dex may be in a token that nothing else prices.
        value = 0 if t.px == 0 else token_value_up(t, amount)
        debt_value += value
        lost = 0 if from_supply else amount
        s.block.emit(DebtTaken(account=c.account, token=p.token, amount=amount, loss=lost))
        if not from_supply:
            loss += value
            cover_loss(s, p, amount)
    sweep(s, backstop)
    return debt_value, loss


def _step_debts(s: VenueState, c: Context, full: bool) -> list[int]:
    """Return the debt of this step per token, token wei. SPEC LQ-03.

    All net debt, or a part of the largest that it was in this episode. Raises StepTooEarly.
    """
    state = s.accounts[c.account]
    last = state.debt_stepped_at
    running = last != 0 and s.block.now <= last + c.policy.episode_timeout
    if running and not full and s.block.now < last + c.policy.step_cadence:
        raise StepTooEarly(ready_at=last + c.policy.step_cadence, timestamp=s.block.now)
    s.accounts[c.account] = replace(state, debt_stepped_at=s.block.now)
    debts = []
    for i, p in enumerate(c.params.tokens):
        debt = _net_debt(c, i)
        if not running or debt > s.episode_debt[c.account, p.index]:
            s.episode_debt[c.account, p.index] = to_uint128(debt)
        if debt != 0 and not full:
            debt = _step_debt(c, i, s.episode_debt[c.account, p.index], debt)
        debts.append(debt)
    return debts


def _net_debt(c: Context, i: int) -> int:
    """Return the net debt of a token, as far as the pool or the other side of a hole is owed it."""
    net = c.m.tokens[i].net_total
    return min(-net, c.a.tokens[i].borrowed + hole_of(c, i)) if net < 0 else 0


def _step_debt(c: Context, i: int, at_start: int, debt: int) -> int:
    t = c.a.tokens[i]
    minimum = amount_up(c.policy.min_step, px_of(t), t.wei_decimals, t.sz_decimals)
    step = step_debt_up(at_start, debt, c.policy.debt_step, minimum)
    # A hole is filled at once: others wait for what is missing in it.
    hole = hole_of(c, i)
    return min(debt, hole) if step < hole else step


def _move_collateral(s: VenueState, c: Context, i: int, share: int) -> int:
    """Move a share (WAD) of a collateral to the backstop; return its value, USD WAD."""
    t = c.a.tokens[i]
    if t.ltv_bps == 0 or t.supplied == 0:
        return 0
    p = c.params.tokens[i]
    backstop = s.parties.backstop
    amount = mul_div_down(t.supplied, share, WAD)
    if amount == 0:
        return 0
    value = token_value_down(t, amount)
    pool.accrue(s, p.index, p.curve)
    # Credit before debit: the pool's cash never dips.
    pool.credit(s, backstop, p.index, amount)
    pool.debit(s, c.account, p.index, amount)
    mark(s, c.account, p.index)
    mark(s, backstop, p.index)
    s.block.emit(
        CollateralTaken(
            account=c.account,
            token=t.token,
            amount=amount,
            px=t.px,
            takeover_px=weight_takeover_down(t.px, t.ltv_bps),
        )
    )
    return value


def _move_debt(s: VenueState, c: Context, i: int, debt: int, takeover: Takeover) -> None:
    """Move debt (token wei) to the backstop, which the waterfall makes whole for what is lost."""
    p = c.params.tokens[i]
    t = c.a.tokens[i]
    backstop = s.parties.backstop
    loss = 0 if takeover.loss == 0 else mul_div_down(debt, takeover.loss, takeover.debt)
    pool.accrue(s, p.index, p.curve)
    s.balances[c.account, p.index] = replace(s.balances[c.account, p.index], borrow_floor=0)
    # Up, or a debt below one unit would be charged for and never move.
    from_hole = min(_whole_units_up(debt, t), hole_of(c, i))
    _move_hole(s, c, i, from_hole)
    from_pool = min(debt - min(debt, from_hole), t.borrowed)
    if from_pool != 0:
        pool.credit(s, c.account, p.index, from_pool)
        pool.debit(s, backstop, p.index, from_pool)
    mark(s, c.account, p.index)
    mark(s, backstop, p.index)
    s.block.emit(DebtTaken(account=c.account, token=p.token, amount=debt, loss=loss))
    if loss != 0:
        cover_loss(s, p, loss)


def _move_hole(s: VenueState, c: Context, token: int, amount: int) -> None:
    """Pass token wei (whole perp units) of the account's holes to the backstop."""
    left = amount // wei_per_perp_usd(c.a.tokens[token].wei_decimals)
    backstop = s.parties.backstop
    for d, dex in enumerate(c.a.dexes):
        if left == 0:
            return
        if dex.collateral != token or not is_hole(c, d):
            continue
        index = c.params.dexes[d].index
        part = min(left, -dex.raw_usd)
        set_raw_usd(s, c.account, index, int128(s.raw_usd[c.account, index] + part))
        set_raw_usd(s, backstop, index, int128(s.raw_usd[backstop, index] - part))
        left -= part


def _whole_units_up(amount: int, t: TokenState) -> int:
    if amount == 0:
        return 0
    unit = wei_per_perp_usd(t.wei_decimals)
    return mul_div_up(amount, 1, unit) * unit
