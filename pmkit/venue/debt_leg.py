"""The debt leg of a liquidation. Twin of `contracts/libraries/DebtLeg.sol`.

The backstop, or a caller with funds of its own, takes debt over together with collateral. Debt is
what is owed to the pool, and what a dex without positions is short of: a hole (SPEC LQ-14).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import InsufficientBalance, StepTooEarly
from pmkit.liquidation import (
    Takeover,
    full_takeover,
    partial_takeover,
    reward_ppm_down,
    step_debt_up,
    width_share_down,
)
from pmkit.margin import (
    px_of,
    token_value_down,
    token_value_up,
    wei_per_perp_usd,
    weight_takeover_down,
)
from pmkit.rates import shares_down
from pmkit.units import PPM, WAD, amount_up, checked, mul_div_down, mul_div_up, to_uint128
from pmkit.venue import inventory_store, margin_engine, own_balance, pool
from pmkit.venue.account_store import add_raw_usd, mark_position, token_state, touch
from pmkit.venue.events import CollateralTaken, DebtTaken, TriggerRewarded
from pmkit.venue.liquidation_context import hole_of, is_hole
from pmkit.venue.margin_engine import sweep
from pmkit.venue.waterfall import cover_loss

if TYPE_CHECKING:
    from pmkit.model import TokenState
    from pmkit.venue.liquidation_context import Context, Hands
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState


def take(s: VenueState, c: Context, hands: Hands, full: bool) -> tuple[int, int, int]:
    """Take a step of the debt of a swept account, or all of it in the full band. SPEC LQ-03, LQ-04.

    The taker is the backstop, or the caller who triggered the step. Returns the values of debt and
    collateral that moved, and the loss, USD WAD. Raises StepTooEarly, what the sweeps raise, and,
    where a caller takes, InsufficientBalance, InsufficientCash, WithdrawLocked, and what the
    account check raises.
    """
    by_caller = hands.taker != s.parties.backstop
    debt_before = 0
    if by_caller:
        sweep(s, hands.taker)
        debt_before = margin_engine.gross_debt(s, hands.taker)
    debts = _step_debts(s, c, full)
    if full:
        takeover = full_takeover(_debt_value(c, debts), _collateral_value(c))
    else:
        takeover, debts = _partial_takeover(c, debts)
    reward_ppm = 0 if hands.caller == hands.taker else _reward_ppm(c, takeover)
    touch(s, hands.taker)
    taken = sum(
        [_move_collateral(s, c, hands, i, takeover.share, reward_ppm) for i in range(len(debts))]
    )
    for i, debt in enumerate(debts):
        if debt != 0:
            _move_debt(s, c, hands.taker, i, debt, takeover)
    # The backstop is not swept for what is in its pools already (SPEC LQ-27), only for a hole.
    if by_caller or any(hole_of(c, i) for i in range(len(debts))):
        sweep(s, hands.taker)
    if reward_ppm != 0:
        sweep(s, hands.caller)
    if by_caller and own_balance.has_exposure(s, hands.taker):
        margin_engine.require_safe(s, hands.taker, debt_before)
    return takeover.debt, taken, takeover.loss


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
        pool.accrue(s, p)
        if from_supply:
            paid = min(amount, t.supplied)
            if paid == 0:
                continue
            pool.credit(s, backstop, p.index, paid)
            pool.debit(s, c.account, p.index, paid)
            mark_position(s, c.account, p.index)
            mark_position(s, backstop, p.index)
            amount = min(_whole_units_up(paid, t), amount)
        _move_hole(s, c, backstop, i, amount)
        # A standard account's dex may be in a token that nothing else prices.
        value = 0 if t.px == 0 else token_value_up(t, amount)
        debt_value += value
        lost = 0 if from_supply else amount
        s.block.emit(
            DebtTaken(account=c.account, token=p.token, taker=backstop, amount=amount, loss=lost)
        )
        if not from_supply:
            loss += value
            cover_loss(s, backstop, p, amount)
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


def _partial_takeover(c: Context, debts: list[int]) -> tuple[Takeover, list[int]]:
    """Return a step of the partial band, and its debts. SPEC LQ-03, LQ-25.

    It is cut as a whole to the narrowest width of a collateral.
    """
    takeover = partial_takeover(_debt_value(c, debts), c.m.takeover_value)
    most = takeover.share
    for t, p in zip(c.a.tokens, c.params.tokens, strict=True):
        if t.ltv_bps != 0 and t.supplied != 0:
            value = token_value_down(t, t.supplied)
            most = width_share_down(most, value, p.liquidation_width)
    if most == takeover.share:
        return takeover, debts
    debts = [mul_div_down(debt, most, takeover.share) for debt in debts]
    takeover = partial_takeover(_debt_value(c, debts), c.m.takeover_value)
    # The values of debts are rounded up: that must not widen the step again.
    return replace(takeover, share=min(most, takeover.share)), debts


def _debt_value(c: Context, debts: list[int]) -> int:
    tokens = zip(c.a.tokens, debts, strict=True)
    return checked(sum(token_value_up(t, debt) for t, debt in tokens if debt != 0))


def _collateral_value(c: Context) -> int:
    tokens = (t for t in c.a.tokens if t.ltv_bps != 0 and t.supplied != 0)
    return checked(sum(token_value_down(t, t.supplied) for t in tokens))


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


def _reward_ppm(c: Context, takeover: Takeover) -> int:
    """Return what part of the collateral the caller gets. SPEC LQ-24.

    Nobody loses by a reward: it comes out of what the collateral is worth beyond the debt.
    """
    if c.policy.reward_ppm == 0:
        return 0
    taken = mul_div_down(_collateral_value(c), takeover.share, WAD)
    return reward_ppm_down(c.policy.reward_ppm, takeover.debt, taken)


def _move_collateral(
    s: VenueState, c: Context, hands: Hands, i: int, share: int, reward_ppm: int
) -> int:
    """Move a share (WAD) of a collateral to the taker; return its value, USD WAD."""
    t = c.a.tokens[i]
    if t.ltv_bps == 0 or t.supplied == 0:
        return 0
    p = c.params.tokens[i]
    taker = hands.taker
    amount = mul_div_down(t.supplied, share, WAD)
    if amount == 0:
        return 0
    value = token_value_down(t, amount)
    reward = mul_div_down(amount, reward_ppm, PPM)
    _pass_on(s, c.account, hands, p, amount, reward)
    if reward != 0:
        s.block.emit(
            TriggerRewarded(account=c.account, caller=hands.caller, token=p.token, amount=reward)
        )
    if taker == s.parties.backstop:
        inventory_store.add(s, p.index, amount - reward, c.policy.twap_half_life)
    s.block.emit(
        CollateralTaken(
            account=c.account,
            token=t.token,
            taker=taker,
            amount=amount,
            px=t.px,
            takeover_px=weight_takeover_down(t.px, t.ltv_bps),
        )
    )
    return value


def _pass_on(s: VenueState, account: str, hands: Hands, p: Token, amount: int, reward: int) -> None:
    """Pass collateral on, as the supply that it is. SPEC BL-24.

    Of it a reward goes to whoever triggered the step (SPEC LQ-24). Who owes some of the token
    repays with it, which only an accrued pool can take. Raises DoesNotFit128.
    """
    takers = [(hands.taker, amount - reward)]
    if reward != 0:
        touch(s, hands.caller)
        takers.append((hands.caller, reward))
    if any(pool.owes(s, taker, p.index) for taker, _ in takers):
        pool.accrue(s, p)
        # Credit before debit: the pool's cash never dips.
        for taker, part in takers:
            pool.credit(s, taker, p.index, part)
        pool.debit(s, account, p.index, amount)
    else:
        index = pool.accrued(s, p.index, p.curve).supply_index
        _, shares = pool.draw_up(s.balances[account, p.index].shares, amount, index)
        rewarded = shares_down(reward, index)
        if reward != 0:
            pool.pass_on(s, p.index, account, hands.caller, rewarded, index)
        pool.pass_on(s, p.index, account, hands.taker, shares - rewarded, index)
    for party in (account, *(taker for taker, _ in takers)):
        mark_position(s, party, p.index)


def _move_debt(
    s: VenueState, c: Context, taker: str, i: int, debt: int, takeover: Takeover
) -> None:
    """Move debt (token wei) to the taker, which the waterfall makes whole for what is lost."""
    p = c.params.tokens[i]
    t = c.a.tokens[i]
    loss = 0 if takeover.loss == 0 else mul_div_down(debt, takeover.loss, takeover.debt)
    pool.accrue(s, p)
    s.balances[c.account, p.index] = replace(s.balances[c.account, p.index], borrow_floor=0)
    # Up, or a debt below one unit would be charged for and never move.
    from_hole = min(_whole_units_up(debt, t), hole_of(c, i))
    _move_hole(s, c, taker, i, from_hole)
    from_pool = min(debt - min(debt, from_hole), t.borrowed)
    if from_pool != 0:
        pool.credit(s, c.account, p.index, from_pool)
    if taker != s.parties.backstop:
        _pay(s, taker, p, from_hole + from_pool)
    elif from_pool != 0:
        pool.debit(s, taker, p.index, from_pool)
    mark_position(s, c.account, p.index)
    mark_position(s, taker, p.index)
    s.block.emit(DebtTaken(account=c.account, token=p.token, taker=taker, amount=debt, loss=loss))
    if loss != 0:
        cover_loss(s, taker, p, loss)


def _pay(s: VenueState, taker: str, p: Token, needed: int) -> None:
    """Let a caller pay for debt with what is its own. SPEC LQ-23.

    What it repays to the pool is there already, so supply of the token serves even when the pool is
    empty. Raises InsufficientBalance, InsufficientCash, WithdrawLocked.
    """
    t = token_state(s, taker, p)
    available = t.idle + t.supplied
    if needed > available:
        raise InsufficientBalance(token=p.token, requested=needed, available=available)
    own_balance.draw(s, taker, p, t, needed)


def _move_hole(s: VenueState, c: Context, taker: str, token: int, amount: int) -> None:
    """Fill token wei (whole perp units) of the account's holes.

    They pass to the backstop; another taker pays for them.
    """
    left = amount // wei_per_perp_usd(c.a.tokens[token].wei_decimals)
    for d, dex in enumerate(c.a.dexes):
        if left == 0:
            return
        if dex.collateral != token or not is_hole(c, d):
            continue
        index = c.params.dexes[d].index
        part = min(left, -dex.raw_usd)
        add_raw_usd(s, c.account, index, part)
        if taker == s.parties.backstop:
            add_raw_usd(s, taker, index, -part)
        left -= part


def _whole_units_up(amount: int, t: TokenState) -> int:
    if amount == 0:
        return 0
    unit = wei_per_perp_usd(t.wei_decimals)
    return mul_div_up(amount, 1, unit) * unit
