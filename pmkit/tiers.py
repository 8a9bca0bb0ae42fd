"""Margin tiers of perp assets. Twin of `contracts/libraries/TierMath.sol`.

A tier's maintenance rate is 1/(2·max leverage); deductions keep maintenance continuous at each
bound. Rates and deductions are kept over one common denominator per table, so that nothing is
rounded before the one floor to 1e-6 USD at the end (SPEC PM-05, PM-06).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from pmkit.errors import DivisionByZero, InvalidMarginTable
from pmkit.units import INFINITE

MAX_LEVERAGE = 100
"""Largest leverage a tier may name."""
MAX_SCALE = 2**32 - 1
"""Largest common denominator of a table, which shares a storage word with the tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One tier: from `lower_bound` of notional on."""

    lower_bound: int
    """Notional from which the tier counts, 1e-6 USD."""
    max_leverage: int
    rate: int
    """Maintenance rate over the table's scale: scale / (2 · max leverage)."""
    deduction: int
    """Maintenance deduction in 1e-6 USD over the table's scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTable:
    """Tiers of one asset class, first tier at zero."""

    scale: int
    """Common denominator of rates and deductions."""
    tiers: tuple[Tier, ...]


def margin_table(lower_bounds: tuple[int, ...], max_leverages: tuple[int, ...]) -> MarginTable:
    """Return the table with rates and deductions of tiers given by bound and leverage. SPEC PM-05.

    Bounds in 1e-6 USD. Raises InvalidMarginTable naming the first tier out of order.

    >>> table = margin_table((0, 150_000_000 * 10**6), (40, 20))
    >>> table.tiers[1].deduction // table.scale // 10**6
    1875000
    """
    if len(lower_bounds) == 0 or len(lower_bounds) != len(max_leverages):
        raise InvalidMarginTable(tier=len(lower_bounds))
    scale = 1
    for i, leverage in enumerate(max_leverages):
        first_is_zero = lower_bounds[0] == 0
        ordered = i == 0 or (
            lower_bounds[i] > lower_bounds[i - 1] and leverage < max_leverages[i - 1]
        )
        if not (first_is_zero and ordered and 1 <= leverage <= MAX_LEVERAGE):
            raise InvalidMarginTable(tier=i)
        scale = lcm(scale, 2 * leverage)
        if scale > MAX_SCALE:
            raise InvalidMarginTable(tier=i)
    tiers: list[Tier] = []
    deduction = 0
    for i, leverage in enumerate(max_leverages):
        rate = scale // (2 * leverage)
        if i > 0:
            deduction += lower_bounds[i] * (rate - tiers[i - 1].rate)
        tiers.append(
            Tier(lower_bound=lower_bounds[i], max_leverage=leverage, rate=rate, deduction=deduction)
        )
    return MarginTable(scale=scale, tiers=tuple(tiers))


def tier_at(notional: int, table: MarginTable) -> Tier:
    """Return the tier that a notional (1e-6 USD) falls into; a bound belongs to the upper tier."""
    found = table.tiers[0]
    for tier in table.tiers[1:]:
        if notional >= tier.lower_bound:
            found = tier
    return found


def maintenance_margin_down(notional: int, table: MarginTable) -> int:
    """Return notional · rate − deduction, 1e-6 USD, down as the venue prints it. SPEC PM-06.

    >>> bitcoin = margin_table((0, 150_000_000 * 10**6), (40, 20))
    >>> maintenance_margin_down(200_000_000 * 10**6, bitcoin) // 10**6
    3125000
    """
    tier = tier_at(notional, table)
    return (notional * tier.rate - tier.deduction) // table.scale


def tier_room_down(szi: int, mark: int, is_buy: bool, leverage: int, table: MarginTable) -> int:
    """Return the size of the largest order that the tiers allow at a leverage, down. SPEC PM-27.

    The position that it leaves stays below the first bound from which less leverage is allowed;
    INFINITE where there is none. Raises DivisionByZero without a mark.

    >>> ether = margin_table((0, 100_000_000 * 10**6), (25, 15))
    >>> tier_room_down(12_500_0000, 27_45_78, True, 25, ether)  # (12,500 + 23,919.5237) · 2,745.78
    239195237
    """
    for tier in table.tiers[1:]:
        if leverage <= tier.max_leverage:
            continue
        if mark == 0:
            raise DivisionByZero
        most = (tier.lower_bound - 1) // mark
        return max(0, most - szi if is_buy else most + szi)
    return INFINITE
