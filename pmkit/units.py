"""Integer arithmetic and the venue's units. Twin of `contracts/libraries/WadMath.sol`.

Units (SPEC PM-01): token amounts in wei of the token (`wei_decimals`), perp sizes `szi` in
10^-sz_decimals, perp prices in 10^-(6 - sz_decimals), spot prices in 10^-(8 - sz_decimals) of USD,
perp USD in 1e-6, values in USD with 18 decimals, ratios in WAD, indexes and rates in RAY.
"""

from __future__ import annotations

from pmkit.errors import ArithmeticOverflow, DivisionByZero, DoesNotFit128

WAD = 10**18
"""One, for ratios and USD values."""
RAY = 10**27
"""One, for interest indexes, rates and utilization."""
BPS = 10_000
"""One, for factors given in basis points."""
PPM = 1_000_000
"""One, for fees given in millionths."""
PERP_DECIMALS = 6
"""Decimals of perp USD amounts."""
SPOT_DECIMALS = 8
"""Spot prices have SPOT_DECIMALS - sz_decimals decimals."""
UINT256_MAX = 2**256 - 1
UINT64_MAX = 2**64 - 1
UINT128_MAX = 2**128 - 1
INT128_MAX = 2**127 - 1
INFINITE = UINT256_MAX
"""A ratio whose denominator is zero; a health factor without debt."""


def checked(value: int) -> int:
    """Return `value` if it is a uint256, as Solidity's checked arithmetic does.

    Raises ArithmeticOverflow.
    """
    if not 0 <= value <= UINT256_MAX:
        raise ArithmeticOverflow
    return value


def to_uint128(value: int) -> int:
    """Return `value` if it fits a storage word of 128 bits. Raises DoesNotFit128."""
    if value > UINT128_MAX:
        raise DoesNotFit128(value=value)
    return value


def to_int128(value: int) -> int:
    """Return `value` if it fits a storage word of 128 signed bits. Raises DoesNotFit128.

    Without the lowest number, whose sign could not be turned.

    >>> to_int128(-5)
    -5
    """
    if abs(value) > INT128_MAX:
        raise DoesNotFit128(value=abs(value))
    return value


def mul_div_down(a: int, b: int, denominator: int) -> int:
    """Return a·b/denominator rounded down, with a product of any size.

    Raises DivisionByZero, ArithmeticOverflow.

    >>> mul_div_down(7, 3, 2)
    10
    """
    if denominator == 0:
        raise DivisionByZero
    return checked(a * b // denominator)


def mul_div_up(a: int, b: int, denominator: int) -> int:
    """Return a·b/denominator rounded up, with a product of any size.

    Raises DivisionByZero, ArithmeticOverflow.

    >>> mul_div_up(7, 3, 2)
    11
    """
    if denominator == 0:
        raise DivisionByZero
    return checked(-(-a * b // denominator))


def mul_div_nearest(a: int, b: int, denominator: int) -> int:
    """Return a·b/denominator rounded to nearest, ties up.

    Raises DivisionByZero, ArithmeticOverflow.

    >>> mul_div_nearest(7, 3, 2)
    11
    """
    floor = mul_div_down(a, b, denominator)
    remainder = a * b % denominator
    return checked(floor + 1) if remainder >= denominator - remainder else floor


def px_scale(wei_decimals: int, sz_decimals: int) -> int:
    """Return token wei times spot price units in one USD. Raises ArithmeticOverflow.

    >>> px_scale(8, 2) == 10**8 * 10**6
    True
    """
    scale: int = 10 ** checked(wei_decimals + SPOT_DECIMALS - sz_decimals)
    return scale


def value_down(amount: int, px: int, wei_decimals: int, sz_decimals: int) -> int:
    """Return the USD value (WAD) of `amount` token wei at a spot price, rounded down. SPEC PM-02.

    >>> value_down(10_000 * 10**8, 40 * 10**6, 8, 2) // WAD
    400000
    """
    return mul_div_down(checked(amount * px), WAD, px_scale(wei_decimals, sz_decimals))


def value_up(amount: int, px: int, wei_decimals: int, sz_decimals: int) -> int:
    """Return the USD value (WAD) of `amount` token wei at a spot price, rounded up. SPEC PM-02."""
    return mul_div_up(checked(amount * px), WAD, px_scale(wei_decimals, sz_decimals))


def amount_down(value: int, px: int, wei_decimals: int, sz_decimals: int) -> int:
    """Return the token wei that a USD value (WAD) buys at a spot price, rounded down. SPEC PM-02.

    Raises DivisionByZero when the price is zero.
    """
    return mul_div_down(value, px_scale(wei_decimals, sz_decimals), checked(px * WAD))


def amount_up(value: int, px: int, wei_decimals: int, sz_decimals: int) -> int:
    """Return the token wei that a USD value (WAD) costs at a spot price, rounded up. SPEC PM-02.

    Raises DivisionByZero when the price is zero.
    """
    return mul_div_up(value, px_scale(wei_decimals, sz_decimals), checked(px * WAD))
