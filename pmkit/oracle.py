"""The borrow oracle price. Twin of `contracts/libraries/OracleMath.sol`."""

from __future__ import annotations

from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS, checked, mul_div_nearest

USDC_PX_ONE = 10**8
"""One, for the spot oracle price of USDC (USDT per USDC, 8 decimals)."""


def median(a: int, b: int, c: int) -> int:
    """Return the middle one of three.

    >>> median(3, 1, 2)
    2
    """
    return max(min(a, b), min(max(a, b), c))


def perp_px_on_spot_grid_nearest(
    px: int, perp_sz_decimals: int, sz_decimals: int, usdc_px: int
) -> int:
    """Return a perp price in USDC on the token's spot grid, rounded to nearest. SPEC OR-01.

    Perp prices are in USDT; dividing by USDC's own oracle price (USDT per USDC, 1e-8) gives USDC.
    Raises DivisionByZero when that price is zero.
    """
    on_grid = checked(px * 10 ** checked(SPOT_DECIMALS - sz_decimals) * USDC_PX_ONE)
    return mul_div_nearest(on_grid, 1, 10 ** checked(PERP_DECIMALS - perp_sz_decimals) * usdc_px)


def borrow_oracle_px(
    spot: int, mark: int, oracle: int, perp_sz_decimals: int, sz_decimals: int, usdc_px: int
) -> int:
    """Return the median of spot price, perp mark and perp oracle, on the spot grid. SPEC OR-01.

    >>> borrow_oracle_px(78316600, 783470, 783400, 5, 5, 100050000)
    78307846
    """
    return median(
        spot,
        perp_px_on_spot_grid_nearest(mark, perp_sz_decimals, sz_decimals, usdc_px),
        perp_px_on_spot_grid_nearest(oracle, perp_sz_decimals, sz_decimals, usdc_px),
    )
