"""The borrow oracle price, the oracle price and the mark price.

Twin of `contracts/libraries/OracleMath.sol`. Prices are integers of any one grid; a price of zero
is one that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors import DivisionByZero, InvalidWeights, MarkPartsMissing
from pmkit.rates import MAX_EXPONENT, expm1
from pmkit.units import (
    PERP_DECIMALS,
    RAY,
    SPOT_DECIMALS,
    UINT256_MAX,
    checked,
    mul_div_down,
    mul_div_nearest,
)

USDC_PX_ONE = 10**8
"""One, for the spot oracle price of USDC (USDT per USDC, 8 decimals)."""
BASIS_EMA_SECONDS = 150
"""Seconds in which the average of mid − oracle forgets all but 1/e of a sample."""
BOOK_EMA_SECONDS = 30
"""The same of the book's median, which stands in for a part of the mark price."""
MARK_WEIGHTS = {"Binance": 3, "OKX": 2, "Bybit": 2, "Gate": 1, "MEXC": 1}
"""Weights of perp mids elsewhere in the mark price. SPEC OR-06."""
ORACLE_WEIGHTS = {
    "Binance": 3,
    "OKX": 2,
    "Bybit": 2,
    "Kraken": 1,
    "Kucoin": 1,
    "Gate": 1,
    "MEXC": 1,
    "Hyperliquid": 1,
}
"""Weights of spot mids in the oracle price of one validator. SPEC OR-07."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ema:
    """A moving average: the sum of samples, weighted by time and faded, and that of the weights."""

    num: int
    """Price units times seconds, RAY, signed."""
    den: int
    """Seconds, RAY."""


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


def weighted_median(prices: tuple[int, ...], weights: tuple[int, ...]) -> int:
    """Return the least price at or below which half of the weight lies. SPEC OR-07.

    So it is the lower of two where the half falls exactly between them. A price of zero is missing,
    and its weight with it. An oracle price is this twice: of each validator's spot mids by
    `ORACLE_WEIGHTS`, then of the validators' medians by stake. Raises InvalidWeights where no price
    has weight, or the two differ in number, and ArithmeticOverflow.

    >>> weighted_median((30, 10, 20), (2, 2, 3))
    20
    """
    known = len(prices) == len(weights)
    total = _weight_up_to(UINT256_MAX, prices, weights) if known else 0
    if total == 0:
        raise InvalidWeights(prices=len(prices), weights=len(weights), total_weight=total)
    found = 0
    for px in prices:
        lower = px != 0 and (found == 0 or px < found)
        if lower and checked(2 * _weight_up_to(px, prices, weights)) >= total:
            found = px
    return found


def decay_down(elapsed: int, time_constant: int) -> int:
    """Return e^(−elapsed / time constant) as RAY, rounded down. SPEC OR-05.

    Right to two units; nothing is left beyond e^-40. Raises DivisionByZero, ArithmeticOverflow.

    >>> decay_down(0, 150) == RAY
    True
    """
    exponent = mul_div_down(elapsed, RAY, time_constant)
    if exponent > MAX_EXPONENT:
        return 0
    return RAY * RAY // (RAY + expm1(exponent))


def ema_updated(ema: Ema, sample: int, elapsed: int, time_constant: int) -> Ema:
    """Return a moving average after a sample that held for `elapsed` seconds. SPEC OR-05.

    num · e^(−t/τ) + sample · t over den · e^(−t/τ) + t, both faded toward zero; it begins with
    `Ema(num=0, den=0)`. Raises DivisionByZero, ArithmeticOverflow.
    """
    decay = decay_down(elapsed, time_constant)
    weight = checked(elapsed * RAY)
    faded = mul_div_down(abs(ema.num), decay, RAY)
    return Ema(
        num=(-faded if ema.num < 0 else faded) + sample * weight,
        den=checked(mul_div_down(ema.den, decay, RAY) + weight),
    )


def ema_nearest(ema: Ema) -> int:
    """Return the value of a moving average, to nearest, ties up. SPEC OR-05.

    Raises DivisionByZero where no sample held for any time.
    """
    if ema.den == 0:
        raise DivisionByZero
    return (2 * ema.num + ema.den) // (2 * ema.den)


def basis_px_nearest(oracle: int, ema: Ema) -> int:
    """Return oracle price + moving average of mid − oracle, the mark's first part. SPEC OR-06.

    Zero where either is missing.
    """
    if oracle == 0 or ema.den == 0:
        return 0
    return max(0, oracle + ema_nearest(ema))


def book_median(bid: int, ask: int, last: int) -> int:
    """Return the median of best bid, best ask and last trade, the mark's second part. SPEC OR-06.

    Zero where one is missing.
    """
    return 0 if 0 in (bid, ask, last) else median(bid, ask, last)


def mark_px(basis_px: int, book_px: int, cex_px: int, book_ema_px: int) -> int:
    """Return the mark price: the median of its three parts. SPEC OR-06.

    They are `basis_px_nearest`, `book_median`, and the weighted median of perp mids elsewhere by
    `MARK_WEIGHTS`. Where exactly two of them exist, the moving average of the book's median over
    `BOOK_EMA_SECONDS` is the third, whichever is missing: with the book gone, its average is of
    what it was. Raises MarkPartsMissing where fewer exist, or that average does not; what is
    missing is zero there.

    >>> mark_px(100, 0, 104, 103)
    103
    """
    a, b, c = basis_px, book_px, cex_px
    if a == 0:
        a = book_ema_px
    elif b == 0:
        b = book_ema_px
    elif c == 0:
        c = book_ema_px
    if 0 in (a, b, c):
        raise MarkPartsMissing(
            basis_px=basis_px, book_px=book_px, cex_px=cex_px, book_ema_px=book_ema_px
        )
    return median(a, b, c)


def _weight_up_to(px: int, prices: tuple[int, ...], weights: tuple[int, ...]) -> int:
    """Return the weight of what is priced, at most at `px`."""
    priced = zip(prices, weights, strict=True)
    return checked(sum(weight for price, weight in priced if 0 < price <= px))
