"""One liquidation step. Twin of `contracts/libraries/Liquidation.sol`. SPEC LQ-01 to LQ-09."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pmkit.errors import NotAUserAccount, NothingToLiquidate, NotLiquidatable, StepTooEarly
from pmkit.liquidation import (
    Takeover,
    full_takeover,
    partial_takeover,
    perp_close_up,
    step_debt_up,
)
from pmkit.margin import (
    account_margin,
    is_beyond,
    notional,
    token_value_down,
    token_value_up,
    weight_takeover_down,
)
from pmkit.model import Account, AccountMargin, Health, Mode
from pmkit.rates import SHARE_UNIT
from pmkit.tiers import maintenance_margin_down
from pmkit.units import WAD, amount_up, checked, mul_div_down, to_uint128
from pmkit.venue import perps, pool
from pmkit.venue.account_store import load, mark, sweep, touch
from pmkit.venue.events import CollateralTaken, DebtTaken, Liquidated, LossCovered, PositionClosed
from pmkit.venue.integers import UINT40_MAX, Address, uint128
from pmkit.venue.price_age import require_young
from pmkit.venue.records import Leg, LiquidationStep

if TYPE_CHECKING:
    from pmkit.venue.records import VenuePolicy
    from pmkit.venue.registry import AccountParams, Token
    from pmkit.venue.state import VenueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a step works on."""

    account: str
    a: Account
    params: AccountParams
    m: AccountMargin
    policy: VenuePolicy


def liquidate(s: VenueState, sender: Address, account: Address) -> LiquidationStep:
    """Take one liquidation step on an account. SPEC LQ-01 to LQ-06.

    Raises NotAUserAccount, NotLiquidatable, StalePrice, StaleMark, NothingToLiquidate,
    StepTooEarly, and what the sweep raises.
    """
    if account in (s.parties.maker, s.parties.backstop):
        raise NotAUserAccount(account=account)
    sweep(s, account)
    a, params = load(s, account)
    policy = s.registry.policy
    c = Context(account=account, a=a, params=params, m=account_margin(a), policy=policy)
    if not c.m.liquidatable:
        raise NotLiquidatable(account=account, ratio=c.m.ratio, trigger=policy.margin.trigger)
    require_young(s, c.a, c.params, policy.max_liquidation_price_age)

    leg = _leg(c)
    debt_value = collateral_value = loss = 0
    if leg == Leg.PERP:
        _close_perp(s, c)
    else:
        debt_value, collateral_value, loss = _take_debt(s, c, leg == Leg.DEBT_FULL)
    sweep(s, account)
    liquidatable = account_margin(load(s, account)[0]).liquidatable
    if not liquidatable:
        s.accounts[account] = replace(s.accounts[account], debt_stepped_at=0)
    done = LiquidationStep(
        leg=leg,
        debt_value=debt_value,
        collateral_value=collateral_value,
        loss=loss,
        liquidatable=liquidatable,
    )
    s.block.emit(
        Liquidated(
            account=account,
            caller=sender,
            leg=leg,
            debt_value=debt_value,
            collateral_value=collateral_value,
            loss=loss,
            liquidatable=liquidatable,
        )
    )
    return done


def _leg(c: Context) -> Leg:
    """Return which leg the step takes. SPEC LQ-03, LQ-04, LQ-06.

    No part of a debt while the health factor holds; the perp leg first when closing all perps alone
    cures; a dex short of maintenance is perp business in any case.
    """
    has_perps = len(c.a.perps) != 0
    has_debt = c.a.mode == Mode.PORTFOLIO_MARGIN and _owes_net(c)
    if has_debt and c.m.health == Health.BACKSTOP_LIQUIDATABLE:
        return Leg.DEBT_FULL
    has_debt = has_debt and c.m.health_factor < WAD
    if has_perps and (
        not has_debt or c.m.perp_shortfall or (c.policy.perp_first and _perps_alone_cure(c))
    ):
        return Leg.PERP
    if not has_debt:
        raise NothingToLiquidate(account=c.account, health_factor=c.m.health_factor)
    return Leg.DEBT_PARTIAL


def _owes_net(c: Context) -> bool:
    """Return whether net debt of a token is owed to the pool.

    A dex below zero that the pool does not fund is net debt as well, and cannot be taken over.
    """
    return any(_net_debt(c, i) != 0 for i in range(len(c.a.tokens)))


def _perps_alone_cure(c: Context) -> bool:
    if c.m.net_debt > c.m.threshold_value:
        return False
    return not any(
        is_beyond(
            token.requirement - token.maintenance,
            token.liquidation_value,
            c.policy.margin.trigger,
            c.policy.margin.trigger_inclusive,
        )
        for token in c.m.tokens
    )


# Perp leg


def _close_perp(s: VenueState, c: Context) -> None:
    """Close the position that ties up the most maintenance. SPEC LQ-06."""
    worst = _worst_perp(c)
    held = c.a.perps[worst]
    perp, _ = c.params.perps[worst]
    state = s.accounts[c.account]
    size = perp_close_up(
        held.szi,
        notional(held.szi, held.mark),
        c.policy.perp_threshold,
        c.policy.perp_part,
        s.block.now < state.perp_cooling_until,
    )
    if size < abs(held.szi):
        until = s.block.now + c.policy.perp_cooldown & UINT40_MAX
        s.accounts[c.account] = replace(state, perp_cooling_until=until)
    closed = -size if held.szi > 0 else size
    fee = perps.fill(s, perp, c.account, closed)
    s.block.emit(
        PositionClosed(account=c.account, asset=perp.asset, szi=closed, px=perp.mark, fee=fee)
    )


def _worst_perp(c: Context) -> int:
    """Return the place of the position that ties up the most maintenance."""
    most = worst = 0
    for i, perp in enumerate(c.a.perps):
        ties = maintenance_margin_down(notional(perp.szi, perp.mark), perp.table)
        if ties > most:
            most, worst = ties, i
    return worst


# Debt leg


def _take_debt(s: VenueState, c: Context, full: bool) -> tuple[int, int, int]:
    """Move debt and collateral to the backstop; return their values and the loss, USD WAD."""
    debts = _step_debts(s, c, full)
    debt_value = collateral_value = 0
    for token, debt in zip(c.a.tokens, debts, strict=True):
        if debt != 0:
            debt_value += token_value_up(token, debt)
        if token.ltv_bps != 0 and token.supplied != 0:
            collateral_value += token_value_down(token, token.supplied)
    takeover = (
        _full_takeover(c, debt_value, collateral_value)
        if full or c.m.takeover_value == 0
        else partial_takeover(debt_value, c.m.takeover_value)
    )
    touch(s, s.parties.backstop)
    taken = sum([_move_collateral(s, c, i, takeover.share) for i in range(len(debts))])
    for i, debt in enumerate(debts):
        if debt != 0:
            _move_debt(s, c, i, debt, takeover)
    sweep(s, s.parties.backstop)
    return debt_value, taken, takeover.loss


def _full_takeover(c: Context, debt_value: int, collateral_value: int) -> Takeover:
    """Return a full-band step; collateral stands for all net debt. SPEC LQ-04.

    What caps or an empty pool keep from being owed to the pool stays, with its part of the
    collateral, for steps after the sweep could fund it.
    """
    share = mul_div_down(debt_value, WAD, c.m.net_debt) if debt_value < c.m.net_debt else WAD
    takeover = full_takeover(debt_value, mul_div_down(collateral_value, share, WAD))
    return replace(takeover, share=share)


def _step_debts(s: VenueState, c: Context, full: bool) -> list[int]:
    """Return the debt of this step per token, token wei. SPEC LQ-03.

    All net debt, or a part of what it was when the episode began.
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
        if not running:
            s.episode_debt[c.account, p.index] = to_uint128(debt)
        if debt != 0 and not full:
            debt = _step_debt(c, i, s.episode_debt[c.account, p.index], debt)
        debts.append(debt)
    return debts


def _net_debt(c: Context, i: int) -> int:
    """Return the net debt of a token, as far as it is owed to the pool."""
    net = c.m.tokens[i].net_total
    return min(-net, c.a.tokens[i].borrowed) if net < 0 else 0


def _step_debt(c: Context, i: int, at_start: int, debt: int) -> int:
    t = c.a.tokens[i]
    minimum = amount_up(c.policy.min_step, t.px, t.wei_decimals, t.sz_decimals)
    return step_debt_up(at_start, debt, c.policy.debt_step, minimum)


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
    """Move debt (token wei) to the backstop, but for the part that is lost."""
    p = c.params.tokens[i]
    backstop = s.parties.backstop
    loss = 0 if takeover.loss == 0 else mul_div_down(debt, takeover.loss, takeover.debt)
    pool.accrue(s, p.index, p.curve)
    s.balances[c.account, p.index] = replace(s.balances[c.account, p.index], borrow_floor=0)
    pool.credit(s, c.account, p.index, debt)
    if debt != loss:
        pool.debit(s, backstop, p.index, checked(debt - loss))
    mark(s, c.account, p.index)
    mark(s, backstop, p.index)
    s.block.emit(DebtTaken(account=c.account, token=p.token, amount=debt, loss=loss))
    if loss != 0:
        _cover_loss(s, p, loss)


def _cover_loss(s: VenueState, p: Token, loss: int) -> None:
    """Take a loss from the buffer, the insurance account's idle balance, the reserve. SPEC LQ-09.

    Raises DoesNotFit128, ArithmeticOverflow.
    """
    insurance = s.parties.insurance
    reserve = s.reserves[p.index]
    insured = s.balances[insurance, p.index]
    from_buffer = min(loss, reserve.buffer // SHARE_UNIT)
    from_insurance = min(loss - from_buffer, insured.idle)
    deficit = loss - from_buffer - from_insurance
    s.balances[insurance, p.index] = replace(insured, idle=insured.idle - from_insurance)
    mark(s, insurance, p.index)
    s.reserves[p.index] = replace(
        reserve,
        buffer=reserve.buffer - from_buffer * SHARE_UNIT,
        deficit=uint128(reserve.deficit + to_uint128(deficit)),
        cash=uint128(uint128(reserve.cash + from_insurance) - to_uint128(loss)),
    )
    s.block.emit(
        LossCovered(token=p.token, buffer=from_buffer, insurance=from_insurance, deficit=deficit)
    )
