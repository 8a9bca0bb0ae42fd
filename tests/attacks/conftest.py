"""The markets of the contracts' tests: whatever is tried, nothing may be lost or made."""

from contracts.conftest import market, mirrored, wide_market

__all__ = ["market", "mirrored", "wide_market"]
