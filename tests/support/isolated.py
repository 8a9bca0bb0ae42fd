"""Accounts with isolated positions, for tests of the contracts."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from support.venue import BTC_PERP, KEEPER, TRADER, UNIFIED, USD, USDC, Market

ONE_BTC = 10**5
USDC_WEI = 10**8
ANY_BUY, ANY_SELL = 2**64 - 1, 0


def isolate(market: Market, asset: int, leverage: int) -> None:
    """Let the trader choose isolated margin for an asset, at a leverage."""
    market.venue("setIsolated", asset, True, sender=TRADER)
    market.venue("setLeverage", asset, leverage, sender=TRADER)


def standard_trader(market: Market, dollars: int, leverage: int = 10) -> None:
    """Give the trader a standard account with dollars in the dex, BTC isolated."""
    market.fund(TRADER, USDC, dollars * USDC_WEI)
    market.venue("deposit", USDC, dollars * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, dollars * USD, True, sender=TRADER)
    isolate(market, BTC_PERP, leverage)


def unified_trader(market: Market, dollars: int, leverage: int = 10) -> None:
    """Give the trader a unified account with dollars of idle balance, BTC isolated."""
    market.fund(TRADER, USDC, dollars * USDC_WEI)
    market.venue("setMode", UNIFIED, sender=TRADER)
    market.venue("deposit", USDC, dollars * USDC_WEI, TRADER, sender=TRADER)
    isolate(market, BTC_PERP, leverage)


def portfolio_trader(market: Market, leverage: int = 10, **balances: int) -> None:
    """Give the trader a portfolio-margin account with balances by token name, BTC isolated."""
    market.portfolio_account(TRADER, **balances)
    isolate(market, BTC_PERP, leverage)


def buy(market: Market, asset: int, size: int) -> None:
    """Let the trader buy at whatever price."""
    market.venue("order", asset, True, ANY_BUY, size, False, sender=TRADER)


def sell(market: Market, asset: int, size: int) -> None:
    """Let the trader sell at whatever price."""
    market.venue("order", asset, False, ANY_SELL, size, False, sender=TRADER)


def lone_short(market: Market, dollars: int = 10_000) -> None:
    """Let the trader be short 1 BTC at 100,000 and 10x, isolated, from a standard account."""
    standard_trader(market, dollars)
    sell(market, BTC_PERP, ONE_BTC)


def pause(market: Market, bits: int) -> None:
    """Pause kinds of action."""
    market.registry("grantRole", keccak(text="GUARDIAN"), KEEPER)
    market.registry("pause", bits, sender=KEEPER)


def isolated_of(market: Market, asset: int = BTC_PERP) -> Any:
    """Return the trader's isolated position."""
    return market.venue("isolatedOf", TRADER, asset)


def moves(market: Market) -> list[int]:
    """Return the margin that the last call moved into isolated positions, perp USD."""
    return [v["usd"] for name, v in market.evm.logs if name == "IsolatedMarginMoved"]
