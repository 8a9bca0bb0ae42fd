"""Assertions about accounts that say what was so, and not only that it was not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pmkit.model import Health
from pmkit.units import INFINITE, WAD

if TYPE_CHECKING:
    from fractions import Fraction

    from pmkit.chain.pricing import Figure
    from pmkit.model import AccountMargin
    from pmkit.report import CoinFigures
    from pmkit.testing.traders import Trader


def assert_healthy(trader: Trader) -> None:
    """Fail, with the figures, unless an account is healthy: no liquidation, health factor ≥ 1."""
    margin = trader.margin
    if margin.liquidatable or margin.health is not Health.HEALTHY:
        raise AssertionError(f"{trader.address} is {margin.health.label}: {figures_of(margin)}")


def assert_liquidated_between(trader: Trader, coin: str, first: Figure, last: Figure) -> None:
    """Fail unless an account is safe at a coin's first price and liquidatable at its last one.

    Both are tried on the chain and undone; the message has the account's own trigger.
    """
    for px, wanted in ((first, False), (last, True)):
        with trader.venue.scratch():
            trader.venue.move(coin, px)
            margin = trader.margin
        if margin.liquidatable is not wanted:
            told = "liquidatable already" if margin.liquidatable else "not liquidatable yet"
            raise AssertionError(
                f"{trader.address} is {told} at {coin} {px}: {figures_of(margin)}; "
                f"it is liquidated {trigger_of(trader, coin)}"
            )


def trigger_of(trader: Trader, coin: str) -> str:
    """Return, in words, where a coin's price liquidates an account."""
    for figures in trader.report.coins:
        if figures.coin == coin:
            if figures.crossed:
                return "at the price as it stands"
            ends = (("below", figures.interval.lower), ("above", figures.interval.upper))
            told = [f"{word} {px_text(end, figures)}" for word, end in ends if end is not None]
            return " and ".join(told) or "at no price of it"
    return f"at no price: nothing of it depends on {coin}"


def px_text(px: Fraction, figures: CoinFigures) -> str:
    """Return a price in USD, to ten decimals."""
    return f"{Decimal(px.numerator) / px.denominator / 10**figures.px_decimals:.10f}".rstrip("0")


def figures_of(margin: AccountMargin) -> str:
    """Return an account's figures in words."""
    ratio = "infinite" if margin.ratio == INFINITE else f"{Decimal(margin.ratio) / WAD:.10f}"
    factor = (
        "none, without debt"
        if margin.health_factor == INFINITE
        else f"{Decimal(margin.health_factor) / WAD:.10f}"
    )
    debt = Decimal(margin.net_debt) / WAD
    return f"margin ratio {ratio}, health factor {factor}, net debt {debt:.2f} USD"
