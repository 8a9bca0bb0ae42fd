"""A market with more of everything: two dexes of different collateral, fees and caps."""

from __future__ import annotations

from random import Random
from typing import Self

from support.venue import (
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    MAKER,
    SUPPLIER,
    UBTC,
    USD,
    USDC,
    USDT0,
    WAD,
    Market,
)

GOLD_DEX, GOLD_PERP = 1, 110_000
USDT0_USDC = 166
TYPICAL_MARK = {BTC_PERP: 1_000_000, HYPE_PERP: 500_000, GOLD_PERP: 400_000}
"""Marks on each asset's own grid: 100,000, 50 and 4,000 USD."""


class WideMarket(Market):
    """The small market, and USDT0 with a price, a dex that counts in it, and a perp there."""

    def widen(self) -> None:
        """List, price and fund what the small market lacks."""
        r = self.registry
        r("listPair", (USDT0_USDC, USDT0, USDC, False, 0))
        r("listDex", GOLD_DEX, "xyz", USDT0)
        r("listPerp", (GOLD_PERP, "xyz:GOLD", GOLD_DEX, 4, 20, 20))
        self.marks = dict(TYPICAL_MARK)
        self.usdt0_px = 1_000_000
        self.premium_bps = 0
        """By how much marks stand over oracle prices."""
        self.report()
        self.fund(SUPPLIER, USDT0, 10_000_000 * 10**8)
        self.venue("supply", USDT0, 5_000_000 * 10**8, SUPPLIER, sender=SUPPLIER)
        self.fund(MAKER, USDT0, 10**9 * 10**8)
        self.venue("deposit", USDT0, 10**9 * 10**8, MAKER, sender=MAKER)
        self.venue("transferPerp", GOLD_DEX, 500_000_000 * USD, True, sender=MAKER)

    def report(self) -> None:
        """Report all prices from `marks`: spot at the mark, on its finer grid."""
        spots = [(USDT0_USDC, self.usdt0_px)]
        perps = []
        for asset, mark in self.marks.items():
            perps.append((asset, mark, mark * 10_000 // (10_000 + self.premium_bps)))
            if asset in (BTC_PERP, HYPE_PERP):
                pair = 142 if asset == BTC_PERP else 107
                spots.append((pair, mark * 100))
        self.registry("reportPrices", spots, perps, 10**8)

    def move(self, random: Random, drift: int = 100) -> None:
        """Move every price by a few percent, and often along a drift (percent) that goes on."""
        for asset, mark in self.marks.items():
            factor = random.choice((drift, drift, random.randint(75, 133), random.randint(97, 103)))
            self.marks[asset] = max(1_000, min(10**9, mark * factor // 100))
        self.usdt0_px = random.randint(970_000, 1_030_000)
        self.premium_bps = random.choice((0, 5, -20, random.randint(-100, 100)))
        self.report()

    @classmethod
    def drawn(cls, random: Random) -> Self:
        """Deploy, with a policy and caps drawn from their edges."""
        market = cls.deploy()
        market.widen()
        market.set_policy(
            margin=(
                random.choice((WAD * 95 // 100, WAD * 95 // 100, WAD)),
                random.random() < 0.2,
                random.choice((0, 0, 20 * WAD)),
                random.random() < 0.2,
                random.random() < 0.2,
                random.random() < 0.8,
                random.random() < 0.8,
                random.choice((0, 0, 10**6, 10**9)),
            ),
            leg_order=random.choice((0, 0, 1, 2)),
            leg_seed=random.choice((0, 7)),
            max_price_age=random.choice((10**9, 3_600)),
            max_liquidation_price_age=random.choice((10**9, 86_400)),
            perp_fee_ppm=random.choice((0, 450)),
            spot_fee_ppm=random.choice((0, 700)),
            funding_interval=random.choice((0, 3_600, 3_600, 60)),
            debt_step_needs_low_health=random.random() < 0.7,
        )
        if random.random() < 0.4:
            million = 10**6 * 10**8
            market.set_caps(
                USDC,
                user_borrow=random.choice((million // 10, million)),
                global_borrow=random.choice((million // 5, 10 * million)),
                global_supply=random.choice((50 * million + million // 50, 60 * million)),
            )
            market.set_caps(UBTC, user_supply=10**11, global_supply=5 * 10**11)
            market.set_caps(HYPE, user_supply=10**4 * 10**8)
        return market
