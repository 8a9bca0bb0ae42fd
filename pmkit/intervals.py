"""The marks between which an account is safe while one coin moves, solved exactly. SPEC PM-18.

A hedged book has a price on either side at which it is liquidated, or one, or none; one number
cannot say that. The coin's mark and the price of the collateral that follows it move by one
factor, all else stands still. Every trigger is then piecewise linear in the mark, with breaks where
a net total crosses zero, a tier begins, a cap binds or a dex can no longer be funded, so that the
answer is a quotient of integers.

Left out: the floors to 1e-6 USD and to token wei of what moves. They shift a trigger by less than
any mark's grid. Standing positions keep their floors.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.margin import account_margin, dex_margin, notional, wei_per_perp_usd
from pmkit.model import Mode
from pmkit.piecewise import Piecewise, constant, first_below_zero, greatest, least, line
from pmkit.sweep import swept
from pmkit.tiers import maintenance_margin_down
from pmkit.units import BPS, SPOT_DECIMALS, WAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmkit.model import Account, PerpState, TokenState

ZERO = constant(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Marks at which the trigger is crossed, in the unit of the mark; None where it never is."""

    lower: Fraction | None
    upper: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What moves: a coin's position, the collateral that follows it, and where the mark is now."""

    asset: int | None
    """Asset id of the cross position in the coin; None without one."""
    token: int | None
    """Index in `Account.tokens` of the collateral that follows; None where none does."""
    mark: int
    """The coin's mark now, in any unit; the interval is in the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DexFigures:
    """One dex's figures in wei of its collateral token, as functions of the mark."""

    equity: Piecewise
    maintenance: Piecewise
    transfer: Piecewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """What is left until each trigger; negative beyond it."""

    ratio: tuple[Piecewise, ...]
    """Trigger · liquidation value − requirement, one or two per token."""
    other: tuple[Piecewise, ...]
    """Collateral at thresholds less net debts, and equity less maintenance of each dex, where the
    policy has them as triggers."""


def liquidation_interval(account: Account, move: Move) -> Interval:
    """Return the nearest marks below and above at which the account is liquidated. SPEC PM-18.

    Both None when it already is. Raises InputError for a coin that its own dex is margined in,
    PriceMissing, MarkMissing.
    """
    if account_margin(swept(account)).liquidatable:
        return Interval(lower=None, upper=None)
    buffers = buffers_of(account, move)
    return Interval(
        lower=nearest(buffers, account, move, upwards=False),
        upper=nearest(buffers, account, move, upwards=True),
    )


def isolated_interval(perp: PerpState, margin: int) -> Interval:
    """Return the marks at which an isolated position's margin is used up. SPEC LQ-08, PM-29.

    `margin` is its equity now, 1e-6 of its dex's token. Both None when it already is used up.
    """
    size = notional(perp.szi, perp.mark)
    if margin < maintenance_margin_down(size, perp.table):
        return Interval(lower=None, upper=None)
    slope = Fraction(perp.szi)
    spare = line(slope, margin - slope * perp.mark) - moving_maintenance(perp, abs(slope))
    mark = Fraction(perp.mark)
    return Interval(
        lower=first_below_zero(spare, mark, upwards=False, inclusive=False),
        upper=first_below_zero(spare, mark, upwards=True, inclusive=False),
    )


def narrower(a: Interval, b: Interval) -> Interval:
    """Return the marks that are safe by both."""
    lowers = [end for end in (a.lower, b.lower) if end is not None]
    uppers = [end for end in (a.upper, b.upper) if end is not None]
    return Interval(lower=max(lowers, default=None), upper=min(uppers, default=None))


def nearest(buffers: Buffers, account: Account, move: Move, *, upwards: bool) -> Fraction | None:
    """Return the nearest mark in one direction at which a buffer is used up, or None."""
    x = Fraction(move.mark)
    inclusive = account.policy.trigger_inclusive
    found = [
        first_below_zero(f, x, upwards=upwards, inclusive=inclusive) for f in buffers.ratio
    ] + [first_below_zero(f, x, upwards=upwards, inclusive=False) for f in buffers.other]
    marks = [mark for mark in found if mark is not None]
    if not marks:
        return None
    return min(marks) if upwards else max(marks)


def buffers_of(account: Account, move: Move) -> Buffers:
    """Return every trigger's buffer as a function of the mark; margin is judged as if swept."""
    dexes = tuple(dex_figures(account, d, move) for d in range(len(account.dexes)))
    if account.mode == Mode.STANDARD:
        return Buffers(ratio=(), other=tuple(dex.equity - dex.maintenance for dex in dexes))
    # The sweep moves no net total, but may supply idle collateral, which counts from then on.
    thresholds = threshold_values(swept(account), move)
    ratio: list[Piecewise] = []
    net_debt = ZERO
    for i, token in enumerate(account.tokens):
        own = [figures for d, figures in enumerate(dexes) if account.dexes[d].collateral == i]
        net = constant(token.idle + token.supplied - token.borrowed)
        maintenance = ZERO
        for figures in own:
            net, maintenance = net + figures.equity, maintenance + figures.maintenance
        if own or falls_below_zero(net):
            ratio += ratio_buffers(account, i, move, net, maintenance, thresholds)
        if falls_below_zero(net):
            net_debt = net_debt + product(
                greatest(ZERO, net * -1), wei_value(token, i, move), token
            )
    other: list[Piecewise] = []
    if account.policy.second_trigger:
        other.append(total(thresholds) - net_debt)
    if account.policy.perp_shortfall_trigger:
        other += perp_buffers(account, move, dexes)
    return Buffers(
        ratio=tuple(ratio),
        other=tuple(other),
    )


def falls_below_zero(f: Piecewise) -> bool:
    """Return whether a function is negative anywhere; a net total that never is needs no price."""
    last = f.segments[-1]
    return last.slope < 0 or any(s.at(s.start) < 0 for s in f.segments)


def ratio_buffers(
    account: Account,
    i: int,
    move: Move,
    net: Piecewise,
    maintenance: Piecewise,
    thresholds: tuple[Piecewise, ...],
) -> list[Piecewise]:
    """Return trigger · liquidation value − requirement of one token, in USD WAD or its wei."""
    token = account.tokens[i]
    # In wei a token whose price is unknown needs none; in USD a moving price stays linear.
    value = wei_value(token, i, move) if token.px != 0 else constant(1)
    capacity = ZERO
    if token.borrowable and token.px != 0:
        cap = value * token.user_borrow_cap
        bounded = thresholds if account.policy.cap_each else (total(thresholds),)
        capacity = total(least(cap, threshold) for threshold in bounded)
    trigger = Fraction(account.policy.trigger, WAD)
    net_value = product(net, value, token)
    need = product(maintenance, value, token)
    buffers = [
        (greatest(ZERO, net_value) + capacity) * trigger - need - greatest(ZERO, net_value * -1)
    ]
    if account.policy.borrow_offset != 0 and falls_below_zero(net):
        # The offset counts in net debt alone: beyond the trigger is N < 0 and too little besides.
        offset = constant(account.policy.borrow_offset)
        buffers.append(greatest(net_value, capacity * trigger - need + net_value - offset))
    return buffers


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a sweep does to one token before anything is borrowed, token wei."""

    own: tuple[int, ...]
    """Places of the dexes that count in the token."""
    overs: tuple[Piecewise, ...]
    """What each of them hands back."""
    lacks: tuple[Piecewise, ...]
    """What each of them lacks."""
    reached: Piecewise
    """What idle balance and supply bring them."""
    lacking: Piecewise
    """What is still missing."""
    cash: Piecewise
    """What the pool could still pay out for it."""
    supplied: Piecewise
    borrowed: Piecewise


def perp_buffers(account: Account, move: Move, dexes: tuple[DexFigures, ...]) -> list[Piecewise]:
    """Return equity less maintenance of each dex after its sweep, token wei. SPEC PM-14 to PM-17.

    The sweep hands out what its token has, in the order of the dexes, up to their transfer margins.
    """
    flows = [flow_of(account, i, dexes) for i in range(len(account.tokens))]
    debts = new_debts(account, move, flows)
    buffers: list[Piecewise] = []
    for flow, debt in zip(flows, debts, strict=True):
        reached = flow.reached + debt
        for d, over, lack in zip(flow.own, flow.overs, flow.lacks, strict=True):
            given = least(lack, greatest(ZERO, reached))
            buffers.append(dexes[d].equity - over + given - dexes[d].maintenance)
            reached = reached - lack
    return buffers


def flow_of(account: Account, i: int, dexes: tuple[DexFigures, ...]) -> Flow:
    """Return what the sweep does to one token before anything is borrowed."""
    token = account.tokens[i]
    own = tuple(d for d, dex in enumerate(account.dexes) if dex.collateral == i)
    held = {perp.dex for perp in account.perps}
    dusts = [
        constant(account.policy.sweep_dust * wei_per_perp_usd(token.wei_decimals))
        if d in held
        else ZERO
        for d in own
    ]
    spares = [dexes[d].equity - dexes[d].transfer for d in own]
    overs = tuple(greatest(ZERO, spare - dust) for spare, dust in zip(spares, dusts, strict=True))
    lacks = tuple(greatest(ZERO, spare * -1) for spare in spares)
    idle, wanted = constant(token.idle) + total(overs), total(lacks)
    drawn = repaid = supplied = ZERO
    lacking = greatest(ZERO, wanted - idle)
    if account.mode == Mode.PORTFOLIO_MARGIN:
        drawn = least(lacking, constant(min(token.cash, token.supplied)))
        spare = idle - wanted - constant(token.borrow_floor)
        owed = constant(max(0, token.borrowed - token.borrow_floor))
        repaid = least(greatest(ZERO, spare), owed)
        if token.borrow_floor == 0:
            rest = greatest(ZERO, idle - wanted - constant(token.borrowed))
            supplied = least(rest, constant(token.supply_room))
    return Flow(
        own=own,
        overs=overs,
        lacks=lacks,
        reached=least(wanted, idle) + drawn,
        lacking=lacking - drawn,
        cash=constant(token.cash) - drawn,
        supplied=constant(token.supplied) - drawn + supplied,
        borrowed=constant(token.borrowed) - repaid,
    )


def new_debts(account: Account, move: Move, flows: list[Flow]) -> list[Piecewise]:
    """Return what the sweep borrows of each token, wei: under the LTV limit one after the other."""
    lends = account.mode == Mode.PORTFOLIO_MARGIN
    limited = lends and account.policy.strict_ltv
    debt = gross_debt(account, move, flows) if limited else ZERO
    found: list[Piecewise] = []
    for i, (token, flow) in enumerate(zip(account.tokens, flows, strict=True)):
        if not (lends and token.borrowable and flow.own):
            found.append(ZERO)
            continue
        room = constant(token.borrow_room)
        if limited:
            if i == move.token:
                raise still_price_needed(token)
            value = wei_value(token, i, move)
            spare = greatest(ZERO, borrow_power(account, move, flows, i) - debt)
            room = least(room, spare * (1 / value.at(Fraction(0))))
        borrowed = least(flow.lacking, flow.cash, room)
        if limited:
            debt = debt + product(borrowed, wei_value(token, i, move), token)
        found.append(borrowed)
    return found


def borrow_power(account: Account, move: Move, flows: list[Flow], borrowed: int) -> Piecewise:
    """Return what collateral other than the borrowed token carries at its LTV. SPEC PM-08."""
    power = ZERO
    for i, (token, flow) in enumerate(zip(account.tokens, flows, strict=True)):
        if i != borrowed and token.ltv_bps != 0:
            weight = Fraction(token.ltv_bps, BPS)
            power = power + product(flow.supplied, wei_value(token, i, move), token) * weight
    return power


def gross_debt(account: Account, move: Move, flows: list[Flow]) -> Piecewise:
    """Return the USD value (WAD) of everything borrowed that the sweep does not repay."""
    debt = ZERO
    for i, (token, flow) in enumerate(zip(account.tokens, flows, strict=True)):
        if token.borrowed != 0:
            debt = debt + product(flow.borrowed, wei_value(token, i, move), token)
    return debt


def dex_figures(account: Account, dex: int, move: Move) -> DexFigures:
    """Return a dex's figures in wei of its collateral token. SPEC PM-03 to PM-07."""
    own = [perp for perp in account.perps if perp.dex == dex]
    standing = tuple(perp for perp in own if perp.asset != move.asset)
    still = dex_margin(account.dexes[dex].raw_usd, standing)
    equity, maintenance = constant(still.account_value), constant(still.maintenance)
    initial, total = constant(still.initial_margin), constant(still.notional)
    for perp in own:
        if perp.asset == move.asset:
            # The mark's own unit cancels: the position is worth its value now at the mark now.
            size = Fraction(notional(perp.szi, perp.mark), move.mark)
            equity = equity + line(size if perp.szi > 0 else -size, 0)
            total = total + line(size, 0)
            initial = initial + line(size / perp.leverage, 0)
            maintenance = maintenance + moving_maintenance(perp, size)
    unit = wei_per_perp_usd(account.tokens[account.dexes[dex].collateral].wei_decimals)
    return DexFigures(
        equity=equity * unit,
        maintenance=maintenance * unit,
        transfer=greatest(initial, total * Fraction(1, 10)) * unit,
    )


def moving_maintenance(perp: PerpState, size: Fraction) -> Piecewise:
    """Return a position's maintenance, worth `size` for one of the mark. SPEC PM-05."""
    # Rates rise from tier to tier and deductions keep the sum continuous: the largest.
    tiers = (
        line(size * tier.rate, -tier.deduction) * Fraction(1, perp.table.scale)
        for tier in perp.table.tiers
    )
    return greatest(*tiers)


def threshold_values(account: Account, move: Move) -> tuple[Piecewise, ...]:
    """Return each collateral at its liquidation threshold, USD WAD. SPEC PM-09."""
    values: list[Piecewise] = []
    if account.mode != Mode.PORTFOLIO_MARGIN:
        return ()
    for i, token in enumerate(account.tokens):
        counted = min(token.supplied, token.user_supply_cap)
        if token.ltv_bps != 0 and counted != 0:
            weight = Fraction(BPS + token.ltv_bps, 2 * BPS)
            values.append(wei_value(token, i, move) * counted * weight)
    return tuple(values)


def total(functions: Iterable[Piecewise]) -> Piecewise:
    """Return the sum of functions, zero of none."""
    return sum(functions, start=ZERO)


def wei_value(token: TokenState, index: int, move: Move) -> Piecewise:
    """Return the USD value (WAD) of one token wei."""
    scale = 10 ** (token.wei_decimals + SPOT_DECIMALS - token.sz_decimals)
    now = Fraction(token.px * WAD, scale)
    return line(now / move.mark, 0) if index == move.token else constant(now)


def product(amount: Piecewise, value: Piecewise, token: TokenState) -> Piecewise:
    """Return amount · value. Raises InputError where both move."""
    try:
        return amount.times(value)
    except ValueError as error:
        raise still_price_needed(token) from error


def still_price_needed(token: TokenState) -> InputError:
    """Return the refusal of a coin whose own token margins it: values would be quadratic."""
    return InputError(
        place=f"token {token.token}", problem="moves with a coin that is margined or borrowed in it"
    )
