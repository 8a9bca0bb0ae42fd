"""Loans that stand on paper, in the wide market."""

from __future__ import annotations

from support.venue import BORROWER, USDC, USDT0, Market
from support.wide_market import WideMarket

USDC_WEI = USDT0_WEI = HYPE_WEI = 10**8
UBTC_WEI = 10**10
HYPE_SPOT, USDT0_SPOT = 10_107, 10_166
ANY_BUY = 2**64 - 1


def faq_loan(market: WideMarket) -> None:
    """Let the borrower hold the venue's example: 10 HYPE, 250 USDC owed and spent on USDT0."""
    market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    owe(market, 250)


def owe(market: WideMarket, dollars: int) -> None:
    """Let the borrower borrow USDC, and spend it on USDT0, which is no collateral."""
    market.venue("borrow", USDC, dollars * USDC_WEI, sender=BORROWER)
    market.venue("order", USDT0_SPOT, True, ANY_BUY, dollars * 100, False, sender=BORROWER)


def two_debts(market: WideMarket) -> None:
    """Let the borrower owe 500 USDC and 250 USDT0 against 35 HYPE, bought with them."""
    market.portfolio_account(BORROWER, hype=20 * HYPE_WEI)
    market.venue("borrow", USDC, 500 * USDC_WEI, sender=BORROWER)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 10 * 100, False, sender=BORROWER)
    market.venue("borrow", USDT0, 250 * USDT0_WEI, sender=BORROWER)
    market.venue("order", USDT0_SPOT, False, 0, 250 * 100, False, sender=BORROWER)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 5 * 100, False, sender=BORROWER)


def bring(market: Market, account: str, token: int, amount: int) -> None:
    """Put tokens into an account's spot balance, token wei."""
    market.fund(account, token, amount)
    market.venue("deposit", token, amount, account, sender=account)
