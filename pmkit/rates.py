"""Interest: utilization, kink curve, growth, shares. Twin of `contracts/libraries/RateMath.sol`.

Rates per year, utilization and indexes are RAY (27 decimals); a year has 365 days. A share is worth
index/RAY units of 1e-9 token wei: converting costs at most 1e-9 wei, and no rounding adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pmkit.errors import ExponentTooLarge
from pmkit.units import (
    RAY,
    UINT128_MAX,
    UINT256_MAX,
    WAD,
    checked,
    mul_div_down,
    mul_div_up,
)

YEAR = 365 * 24 * 60 * 60
"""Seconds in a year of interest."""
SHARE_UNIT = 10**9
"""Shares per token wei while the index is one."""
MAX_ACCRUAL = 20 * RAY
"""Largest growth exponent of one accrual."""
MAX_INDEX = 2**104 - 1
"""Largest index: one, grown about 20,000 times.

Any shares are worth less than 2^113 wei at it, so what is repaid or taken over still fits beside
them."""
MAX_EXPONENT = 40 * RAY
"""Largest exponent of `expm1`: on the way to e^40 nothing leaves a word."""
LN2 = 693_147_180_559_945_309_417_232_121_458_176_568
"""The natural logarithm of two, 36 decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCurve:
    """Kink curve of one reserve: base + slope · max(0, utilization − kink). SPEC BL-02."""

    base: int
    """Borrow rate per year below the kink, RAY."""
    slope: int
    """Rise of the rate per unit of utilization above the kink, RAY."""
    kink: int
    """Utilization at which the slope begins, RAY."""
    protocol_share: int
    """Share of borrow interest kept as liquidation buffer, WAD."""
    annual: bool = False
    """Whether a debt grows by the rate in a year, (1 + r)^t, and not continuously, e^(r·t)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveIndexes:
    """What interest changes in a reserve."""

    supply_index: int
    borrow_index: int
    supply_shares: int
    borrow_shares: int
    buffer: int
    """Liquidation buffer in 1e-9 token wei."""


def utilization(borrowed: int, supplied: int) -> int:
    """Return borrowed / supplied as RAY, rounded down, at most one. SPEC BL-01.

    Zero when nothing is borrowed; one when something is borrowed and nothing supplied.

    >>> utilization(1, 2) == RAY // 2
    True
    """
    if borrowed == 0:
        return 0
    if borrowed >= supplied:
        return RAY
    return mul_div_down(borrowed, RAY, supplied)


def borrow_rate(utilization_: int, curve: RateCurve) -> int:
    """Return the borrow rate per year (RAY) at a utilization, rounded up. SPEC BL-02."""
    if utilization_ <= curve.kink:
        return curve.base
    return checked(curve.base + mul_div_up(curve.slope, utilization_ - curve.kink, RAY))


def supply_rate(borrow_rate_: int, utilization_: int, protocol_share: int) -> int:
    """Return the supply rate per year (RAY), down. SPEC BL-03.

    borrow rate · utilization · (1 − protocol share)
    """
    gross = mul_div_down(borrow_rate_, utilization_, RAY)
    return mul_div_down(gross, WAD - protocol_share, WAD)


def expm1(exponent: int) -> int:
    """Return e^x − 1 as RAY for an exponent x as RAY. SPEC BL-04.

    The argument is halved until it is below 1/16, expanded in its Taylor series to order 16, and
    doubled back by expm1(2x) = expm1(x)·(expm1(x) + 2); 36 decimals inside keep the error below
    1e-26 of the result for every interest that a year can bring.
    Raises ExponentTooLarge above MAX_EXPONENT.

    >>> expm1(0)
    0
    """
    if exponent > MAX_EXPONENT:
        raise ExponentTooLarge(exponent=exponent, maximum=MAX_EXPONENT)
    one = 10**36
    x = exponent * 10**9
    halvings = 0
    while x > one // 16:
        x = x // 2
        halvings += 1
    # Horner's form of x + x²/2! + ... + x^16/16!
    series = one
    for order in range(16, 1, -1):
        series = one + x * series // (one * order)
    result = x * series // one
    for _ in range(halvings):
        result = mul_div_down(result, result + 2 * one, one)
    return result // 10**9


def ln1p(rate: int) -> int:
    """Return ln(1 + x) as RAY for a rate x as RAY, rounded down. SPEC BL-16.

    Powers of two are taken out of 1 + x until it is below two; of the rest the logarithm is
    2·artanh(z) with z below 1/3, expanded to order 65; 36 decimals inside make it right to a unit.
    Raises ArithmeticOverflow.

    >>> ln1p(RAY) == LN2 // 10**9
    True
    """
    one = 10**36
    # The largest product there is: nothing below it leaves the range.
    x = one + checked(rate * 10**45) // one
    power = one
    whole = 0
    while x >= 2 * power:
        power = 2 * power
        whole = whole + LN2
    # ln(x / power) = 2·artanh(z), in Horner's form of z + z³/3 + ... + z^65/65
    z = (x - power) * one // (x + power)
    square = z * z // one
    series = 0
    for order in range(65, 1, -2):
        series = (one // order + series) * square // one
    return (2 * z * (one + series) // one + whole) // 10**9


def growth_of(rate: int, elapsed: int, annual: bool) -> int:
    """Return what a debt of one grows by in `elapsed` seconds, RAY. SPEC BL-04, BL-16.

    At a rate r per year: e^(r·t) − 1, or (1 + r)^t − 1 where the rate is `annual`. One accrual
    grows by e^MAX_ACCRUAL at the most.
    """
    per_year = ln1p(rate) if annual else rate
    return expm1(min(checked(per_year * elapsed) // YEAR, MAX_ACCRUAL))


def accrue(reserve: ReserveIndexes, curve: RateCurve, elapsed: int) -> ReserveIndexes:
    """Return the reserve after `elapsed` seconds of interest at its present rate. SPEC BL-05.

    Debt grows by `growth_of` the rate, rounded up; `protocol_share` of the interest goes to the
    buffer and the rest to suppliers, both rounded down, so interest paid covers interest earned.
    What is lent beyond the supply, out of the buffer, earns for the buffer: whoever supplies a last
    wei does not get the interest of a whole reserve. It stops at the end of the number range (SPEC
    BL-22).
    """
    if elapsed == 0 or reserve.borrow_shares == 0:
        return reserve
    supplied = mul_div_down(reserve.supply_shares, reserve.supply_index, RAY)
    used = utilization(mul_div_up(reserve.borrow_shares, reserve.borrow_index, RAY), supplied)
    growth = growth_of(borrow_rate(used, curve), elapsed, curve.annual)
    rise = min(
        mul_div_up(reserve.borrow_index, growth, RAY),
        checked(MAX_INDEX - reserve.borrow_index),
    )
    interest = mul_div_down(reserve.borrow_shares, rise, RAY)
    lent = min(interest, mul_div_down(supplied, growth, RAY))
    most = interest_room_down(reserve, interest, lent, curve.protocol_share)
    if interest > most:
        rise = mul_div_down(most, RAY, reserve.borrow_shares)
        left = mul_div_down(reserve.borrow_shares, rise, RAY)
        interest, lent = left, mul_div_down(lent, left, interest)
    supply_index = reserve.supply_index
    if lent != 0:
        to_suppliers = mul_div_down(lent, WAD - curve.protocol_share, WAD)
        supply_index += mul_div_down(to_suppliers, RAY, reserve.supply_shares)
    kept = interest - lent + mul_div_down(lent, curve.protocol_share, WAD)
    return replace(
        reserve,
        supply_index=supply_index,
        borrow_index=reserve.borrow_index + rise,
        buffer=reserve.buffer + kept,
    )


def interest_room_down(
    reserve: ReserveIndexes, interest: int, lent: int, protocol_share: int
) -> int:
    """Return the interest, 1e-9 token wei, that suppliers and buffer can take. SPEC BL-22.

    `lent` of the `interest` is earned by what is supplied. A reserve that was left alone must never
    lock: interest stops where an index would pass MAX_INDEX, or the buffer leave its 128 bits.
    """
    room = checked(UINT128_MAX - reserve.buffer)
    if lent == interest:
        room = UINT256_MAX if protocol_share == 0 else mul_div_down(room, WAD, protocol_share)
    if lent != 0 and protocol_share < WAD:
        index_room = checked(MAX_INDEX - reserve.supply_index)
        earned = mul_div_down(reserve.supply_shares, index_room, RAY)
        most = mul_div_down(earned, WAD, WAD - protocol_share)
        if lent > most:
            room = min(room, mul_div_down(interest, most, lent))
    return room


def shares_down(amount: int, index: int) -> int:
    """Return the shares that `amount` token wei are worth at an index, rounded down. SPEC BL-06."""
    return mul_div_down(checked(amount * SHARE_UNIT), RAY, index)


def shares_up(amount: int, index: int) -> int:
    """Return the shares that `amount` token wei are worth at an index, rounded up. SPEC BL-06."""
    return mul_div_up(checked(amount * SHARE_UNIT), RAY, index)


def amount_of_shares_down(shares: int, index: int) -> int:
    """Return the token wei that shares are worth at an index, rounded down (supply). SPEC BL-06."""
    return mul_div_down(shares, index, RAY * SHARE_UNIT)


def amount_of_shares_up(shares: int, index: int) -> int:
    """Return the token wei that shares are worth at an index, rounded up (debt). SPEC BL-06."""
    return mul_div_up(shares, index, RAY * SHARE_UNIT)
