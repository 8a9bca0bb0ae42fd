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


def perp_buffers(account: Account, move: Move, dexes: tuple[DexFigures, ...]) -> list[Piecewise]:
    """Return equity less maintenance of each dex after its sweep, token wei. SPEC PM-14 to PM-17.

    The sweep hands out what its token has, in the order of the dexes, up to their transfer margins.
    """
    buffers: list[Piecewise] = []
    lends = account.mode == Mode.PORTFOLIO_MARGIN
    dust = account.policy.sweep_dust
    debt = gross_debt(account, move)
    for i, token in enumerate(account.tokens):
        own = [figures for d, figures in enumerate(dexes) if account.dexes[d].collateral == i]
        if not own:
            continue
        unit = wei_per_perp_usd(token.wei_decimals)
        lacks = [greatest(ZERO, figures.transfer - figures.equity) for figures in own]
        overs = [
            greatest(ZERO, figures.equity - figures.transfer - constant(dust * unit))
            for figures in own
        ]
        idle, wanted = constant(token.idle), ZERO
        for over, lack in zip(overs, lacks, strict=True):
            idle, wanted = idle + over, wanted + lack
        pool = ZERO
        if lends:
            room = borrow_room(account, i, move, debt)
            pool = least(constant(token.cash), constant(token.supplied) + room)
        reached = least(wanted, idle + pool)
        if lends:
            drawn = least(greatest(ZERO, wanted - idle), pool)
            borrowed = greatest(ZERO, drawn - constant(token.supplied))
            spare = idle - wanted - constant(token.borrow_floor)
            owed = constant(max(0, token.borrowed - token.borrow_floor))
            repaid = least(greatest(ZERO, spare), owed)
            if account.policy.strict_ltv:
                debt = debt + product(borrowed - repaid, wei_value(token, i, move), token)
        for figures, over, lack in zip(own, overs, lacks, strict=True):
            given = least(lack, greatest(ZERO, reached))
            buffers.append(figures.equity - over + given - figures.maintenance)
            reached = reached - lack
    return buffers


def borrow_room(account: Account, i: int, move: Move, debt: Piecewise) -> Piecewise:
    """Return what the sweep may borrow of a token, wei."""
    token = account.tokens[i]
    if not token.borrowable:
        return ZERO
    room = constant(token.borrow_room)
    if not account.policy.strict_ltv:
        return room
    power = ZERO
    for k, collateral in enumerate(account.tokens):
        if collateral.ltv_bps != 0 and collateral.supplied != 0:
            weight = Fraction(collateral.ltv_bps, BPS)
            power = power + wei_value(collateral, k, move) * collateral.supplied * weight
    if i == move.token:
        raise still_price_needed(token)
    spare = greatest(ZERO, power - debt)
    return least(room, spare * (1 / wei_value(token, i, move).at(Fraction(0))))


def gross_debt(account: Account, move: Move) -> Piecewise:
    """Return the USD value (WAD) of everything borrowed."""
    debt = ZERO
    for i, token in enumerate(account.tokens):
        if token.borrowed != 0:
            debt = debt + wei_value(token, i, move) * token.borrowed
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
