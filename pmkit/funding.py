"""Funding: premium, rate, index and payment. Twin of `contracts/libraries/FundingMath.sol`.

Rates are WAD, signed: positive when longs pay shorts. The rate is stated for eight hours and paid
an eighth each hour, on the notional at the oracle price (SPEC FD-01 to FD-06). What one unit of
size has paid since the asset was listed is its funding index, 1e-6 USD · 1e18: oracle price times
rate, summed over the hours without any rounding.
"""

from __future__ import annotations

from pmkit.errors import DivisionByZero
from pmkit.units import WAD, checked

INTEREST = 10**14
"""Rate of eight hours without a premium: 0.01 %."""
CLAMP = 5 * 10**14
"""Farthest that the interest pulls against the premium: 0.05 %."""
HOURS = 8
"""Hours that a rate is stated for."""
HOURLY_CAP = 4 * 10**16
"""Most that is paid in an hour: 4 %."""


def premium_down(px: int, oracle: int) -> int:
    """Return (px − oracle) / oracle, rounded down. SPEC FD-01.

    `px` is the impact price where there is a book, else the mark. Raises DivisionByZero.

    >>> premium_down(10_100, 10_000) == WAD // 100
    True
    """
    if oracle == 0:
        raise DivisionByZero
    return (px - oracle) * WAD // oracle


def impact_premium_down(bid: int, ask: int, oracle: int) -> int:
    """Return what the book is off the oracle price, rounded down. SPEC FD-09.

    (max(0, impact bid − oracle) − max(0, oracle − impact ask)) / oracle: none while the oracle
    price lies between them. Raises DivisionByZero.

    >>> impact_premium_down(10_100, 10_120, 10_000) == WAD // 100
    True
    """
    if oracle == 0:
        raise DivisionByZero
    return (max(0, bid - oracle) - max(0, oracle - ask)) * WAD // oracle


def mid_premium_down(bid: int, ask: int, oracle: int) -> int:
    """Return what the middle of the impact prices is off the oracle price, down. SPEC FD-10.

    (impact bid + impact ask) / 2 / oracle − 1: the premium of dexes that others list. Raises
    DivisionByZero.

    >>> mid_premium_down(10_100, 10_120, 10_000) == 11 * WAD // 1_000
    True
    """
    if oracle == 0:
        raise DivisionByZero
    return (bid + ask - 2 * oracle) * WAD // (2 * oracle)


def funding_rate(premium: int) -> int:
    """Return the rate of eight hours: P + clamp(0.01 % − P, ±0.05 %). SPEC FD-02.

    >>> funding_rate(WAD // 100)  # 0.95 %
    9500000000000000
    """
    return premium + max(-CLAMP, min(CLAMP, INTEREST - premium))


def hourly_rate_down(premium: int) -> int:
    """Return what is paid in an hour: an eighth of the rate, at most 4 % either way. SPEC FD-03.

    >>> hourly_rate_down(WAD // 100)  # 0.11875 %
    1187500000000000
    """
    return max(-HOURLY_CAP, min(HOURLY_CAP, funding_rate(premium) // HOURS))


def funding_payment_up(szi: int, growth: int) -> int:
    """Return what a position pays while the index grows, 1e-6 USD. SPEC FD-04.

    szi · oracle price · rate of every hour in it; negative when the position receives. Rounded up:
    whoever pays covers whoever receives.

    >>> funding_payment_up(10, 100 * 10**6 * 1_187_500_000_000_000)  # 10 coins at 100 USD
    1187500
    """
    return -(-szi * growth // WAD)


def hours_turned(since: int, now: int, interval: int) -> int:
    """Return how many hours of funding turned after one time and up to another. SPEC FD-05.

    An hour is a whole interval (seconds) since the epoch. None turns where the interval is zero.
    Raises ArithmeticOverflow for a time before the first.

    >>> hours_turned(3_599, 7_200, 3_600)
    2
    """
    return 0 if interval == 0 else checked(now // interval - since // interval)


def funding_index_after(index: int, mark: int, oracle: int, turned: int) -> int:
    """Return the funding index after so many hours at unchanged prices, exactly. SPEC FD-06.

    Raises DivisionByZero.
    """
    return index + oracle * hourly_rate_down(premium_down(mark, oracle)) * turned
