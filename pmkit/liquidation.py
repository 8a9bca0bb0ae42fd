"""Liquidation: steps of the debt leg, the perp leg, and the venue's displayed price.

Twin of `contracts/libraries/LiquidationMath.sol`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.rates import LN2, expm1
from pmkit.units import INFINITE, PERP_DECIMALS, PPM, RAY, WAD, checked, mul_div_down, mul_div_up

DISPLAY_DECIMALS = 10
"""Decimals of a displayed liquidation price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """How a step splits the value of debt and collateral, USD WAD."""

    debt: int
    """Debt that leaves the account."""
    share: int
    """Part of every collateral balance that leaves with it, WAD."""
    loss: int
    """Part of the debt that the collateral taken does not cover, borne by the waterfall."""


def step_debt_up(debt_at_start: int, debt: int, step: int, minimum: int) -> int:
    """Return a step's debt: `step` (WAD) of the episode's debt, at least `minimum`. SPEC LQ-03.

    All three amounts in one unit; never more than the debt that is left.

    >>> step_debt_up(250, 250, WAD // 5, 10)
    50
    """
    return min(debt, max(mul_div_up(debt_at_start, step, WAD), minimum))


def partial_takeover(debt: int, takeover_value: int) -> Takeover:
    """Return a partial-band step: collateral for `debt` at the takeover price. SPEC LQ-03.

    `takeover_value` is Σ collateral value · (2 + LTV) / 3. The share is rounded down: never more
    collateral than the debt pays for.
    """
    return Takeover(debt=debt, share=min(WAD, mul_div_down(debt, WAD, takeover_value)), loss=0)


def width_share_down(share: int, value: int, width: int) -> int:
    """Return a share (WAD) of collateral, cut to where its value is worth the width. SPEC LQ-25.

    Value and width are USD WAD; a width of zero sets no bound.

    >>> width_share_down(WAD // 2, 1_000_000 * WAD, 300_000 * WAD) == 3 * WAD // 10
    True
    """
    if width == 0 or value <= width:
        return share
    return min(share, mul_div_down(width, WAD, value))


def reward_ppm_down(reward_ppm: int, debt: int, collateral: int) -> int:
    """Return the part (millionths) of the collateral taken that goes to who triggered the step.

    No more than it is worth beyond the debt, or whoever takes both would pay for the reward, and a
    borrower could trigger its own liquidation at the backstop's expense. SPEC LQ-24.

    >>> reward_ppm_down(50_000, 99 * WAD, 100 * WAD)
    10000
    """
    if collateral <= debt:
        return 0
    return min(reward_ppm, mul_div_down(collateral - debt, PPM, collateral))


def full_takeover(debt: int, collateral_value: int) -> Takeover:
    """Return the full-band step: all collateral and all net debt. SPEC LQ-04.

    Debt beyond the value of the collateral is loss.
    """
    return Takeover(debt=debt, share=WAD, loss=max(0, debt - collateral_value))


def perp_close_up(szi: int, notional: int, threshold: int, part: int, cooling: bool) -> int:
    """Return the size that a perp-leg step closes. SPEC LQ-06.

    Positions over `threshold` (1e-6 USD) close by `part` (WAD), rounded up to one lot, unless the
    account is still cooling down from such a step; then, and below the threshold, they close whole.
    """
    size = abs(szi)
    if notional <= threshold or cooling:
        return size
    return mul_div_up(size, part, WAD)


def is_below_backstop(equity: int, maintenance: int, backstop_ratio: int) -> bool:
    """Return whether maintenance exceeds the backstop ratio (WAD) times equity. SPEC LQ-13, LQ-21.

    At 1.5, whether positions have less than two thirds of it. Both in 1e-6 USD; without maintenance
    there is nothing to be short of.
    """
    return maintenance != 0 and equity * backstop_ratio < checked(maintenance * WAD)


def display_liquidation_px_down(
    mark: int, szi: int, sz_decimals: int, available: int, max_leverage: int
) -> int:
    """Return the price the venue displays beside a position, 1e-10 USD, rounded down. SPEC LQ-07.

    mark − side · available / size / (1 − side / (2 · max leverage)), where `available` is the
    collateral token's available after maintenance in 1e-10 USD and other prices stand still. Not
    positive when no price liquidates. It is not the account's own trigger.
    """
    side = 1 if szi > 0 else -1
    # available / size / (1 - side/2L) = available · 10^szDecimals · 2L / (size · (2L - side))
    numerator: int = available * side * 10**sz_decimals * 2 * max_leverage
    denominator = abs(szi) * (2 * max_leverage - side)
    scale: int = 10 ** (DISPLAY_DECIMALS - PERP_DECIMALS + sz_decimals)
    return mark * scale - -(-numerator // denominator)


def isolated_liquidation_px_down(
    mark: int, szi: int, sz_decimals: int, margin: int, maintenance: int, max_leverage: int
) -> int:
    """Return the liquidation price of an isolated position, 1e-10 USD, rounded down. SPEC LQ-08.

    mark − side · (isolated margin − maintenance) / size / (1 − side / (2 · max leverage)); margin
    and maintenance in 1e-6 USD.
    """
    spare = (margin - maintenance) * 10 ** (DISPLAY_DECIMALS - PERP_DECIMALS)
    return display_liquidation_px_down(mark, szi, sz_decimals, spare, max_leverage)


def adl_index_down(mark: int, entry_ntl: int, szi: int, notional: int, account_value: int) -> int:
    """Return a position's place in the queue of auto-deleveraging, WAD, down. SPEC LQ-16.

    (mark / entry) · (notional / account value), where entry is `entry_ntl` / |szi|: what the
    position was opened for, 1e-6 USD as notional and account value. The highest goes first, closed
    at the mark before. The venue's page states no other form for shorts, although their profit
    falls as the mark rises; neither is there one here. INFINITE for an account that is worth
    nothing. Raises DivisionByZero for a position opened for nothing.

    >>> adl_index_down(110, 1_000, 10, 1_100, 550) == 11 * WAD // 5  # 1.1 · 2
    True
    """
    if notional == 0:
        return 0
    if account_value <= 0:
        return INFINITE
    product = checked(checked(mark * abs(szi)) * notional)
    return mul_div_down(product, WAD, checked(entry_ntl * account_value))


def remaining_up(amount: int, elapsed: int, half_life: int) -> int:
    """Return what is left of an amount that is sold by half in every half-life, up. SPEC LQ-17.

    amount · 2^(−elapsed / half life), exact after whole half-lives; without a half-life all of it
    is sold at once. The last unit is never sold. Raises ArithmeticOverflow.

    >>> remaining_up(1000, 600, 600)
    500
    >>> remaining_up(1000, 300, 600)  # 707.1
    708
    """
    if half_life == 0:
        return 0
    # Amounts have 128 bits: so many halvings leave one unit of any.
    halvings = min(elapsed // half_life, 128)
    exponent = mul_div_down(elapsed % half_life, LN2, checked(half_life * 10**9))
    return mul_div_up(amount, RAY, (RAY + expm1(exponent)) << halvings)
