"""A local HyperEVM for tests: fixtures for pytest, accounts in words, assertions that explain.

pytest finds the fixtures by itself once pmkit is installed: `hyperevm`, `venue`, `pm_account`,
`set_price`, `warp`, and `fork` for forks of a live chain. Each test finds its chain as it began.
"""

from pmkit.testing.assertions import assert_healthy, assert_liquidated_between
from pmkit.testing.holdings import Holdings, parse_holdings
from pmkit.testing.traders import Trader

__all__ = [
    "Holdings",
    "Trader",
    "assert_healthy",
    "assert_liquidated_between",
    "parse_holdings",
]
