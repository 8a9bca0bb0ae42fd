"""Sequences with numbers of any size: prices, amounts and sizes up to the end of their types."""

from __future__ import annotations

from support.evm import DEPLOYER
from support.venue import (
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    RAY,
    UBTC,
    UNIFIED,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    policy,
)
from support.wide_market import GOLD_DEX, GOLD_PERP
from venue.cast import COIN_PERP, EVERYBODY, FINE, MATCHER, WALLETS
from venue.draws import draw
from venue.world import World

TOKENS = (USDC, HYPE, UBTC, USDT0, FINE)
PERPS = (BTC_PERP, HYPE_PERP, GOLD_PERP, COIN_PERP)


class Wild(World):
    """A world in which nothing has a typical size."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        r = self.market.registry
        drawn = policy(
            perp_fee_ppm=450,
            spot_fee_ppm=700,
            funding_interval=self.random.choice((0, 1, 3_600, 2**32 - 1)),
        )
        self.call(r, "setPolicy", drawn, sender=DEPLOYER)
        for token in TOKENS:
            self.call(r, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
            for role in (*WALLETS, MAKER):
                if role != MAKER and self.random.random() < 0.5:
                    continue
                self.call(self.market.erc20[token], "mint", role, 2**160, sender=role)
                amount = self.number(127)
                self.call(self.venue, "deposit", token, amount, role, sender=role)
        self.call(self.venue, "transferPerp", 0, 2**63, True, sender=MAKER)

    def number(self, bits: int) -> int:
        """Return a number of any size up to so many bits, powers of two and of ten included."""
        random = self.random
        size = random.randint(0, bits)
        edges = (0, 1, 2**size, 2**size - 1, 10 ** (size * 3 // 10), 2**bits - 1)
        drawn = random.randrange(2**size) if random.random() < 0.8 else random.choice(edges)
        most: int = 2**bits - 1
        return min(drawn, most)

    def step(self) -> None:
        """Make one call, with numbers of any size or with such as are at hand."""
        if self.random.random() < 0.5:
            role = self.random.choice(WALLETS)
            self.by(role, *draw(self, role))
        else:
            self.leap()

    def leap(self) -> None:
        """Make one call with numbers of any size."""
        random, venue = self.random, self.venue
        role, other = random.choice(WALLETS), random.choice(EVERYBODY)
        token, asset = random.choice(TOKENS), random.choice(PERPS)
        amount = random.choice((self.number(128), self.number(90), self.number(64), EVERYTHING))
        kind = random.randrange(20)
        if kind == 0:
            self.warp(self.number(22) + 1)
            self.report_anything()
        elif kind <= 2:
            self.report_anything()
        elif kind == 3:
            parts = (self.number(92), self.number(92), self.number(89))
            capped = (*(min(part, RAY) for part in parts), WAD // 10, random.random() < 0.5)
            self.call(self.market.registry, "setRateCurve", token, capped, sender=DEPLOYER)
        elif kind == 4:
            caps = [random.choice((UNLIMITED, self.number(128))) for _ in range(4)]
            self.call(self.market.registry, "setTokenCaps", token, *caps, sender=DEPLOYER)
        elif kind <= 6:
            function = random.choice(("deposit", "supply", "repay"))
            self.call(venue, function, token, amount, other, sender=role)
        elif kind == 7:
            self.call(venue, "withdraw", token, amount, role, sender=role)
        elif kind == 8:
            self.call(venue, "borrow", token, amount, sender=role)
        elif kind == 9:
            self.call(venue, "spotSend", other, token, amount, sender=role)
        elif kind == 10:
            dex, to_perp = random.choice((0, GOLD_DEX)), random.random() < 0.7
            self.call(venue, "transferPerp", dex, self.number(64), to_perp, sender=role)
        elif kind == 11:
            mode = random.choice((0, UNIFIED, PORTFOLIO_MARGIN, PORTFOLIO_MARGIN))
            self.call(venue, "setMode", mode, sender=role)
        elif kind == 12:
            self.call(venue, random.choice(("sweep", "liquidate")), role, sender=KEEPER)
        elif kind == 13:
            self.call(venue, "liquidateAsTaker", random.choice(WALLETS), sender=role)
            self.call(venue, "sellInventory", random.choice((107, 142, 7)), sender=role)
            self.call(venue, "sweepBuffer", token, sender=role)
        elif kind == 14:
            self.call(venue, "setIsolated", asset, random.random() < 0.8, sender=role)
        elif kind == 15:
            usd = self.number(63) * random.choice((1, 1, -1))
            self.call(venue, "updateIsolatedMargin", asset, usd, sender=role)
            self.call(venue, "liquidateIsolated", role, asset, sender=KEEPER)
        elif kind <= 16:
            asset = random.choice((asset, asset, 10_107, 10_142, 10_166, 10_007))
            buyer, seller = random.sample(WALLETS, 2)
            sides = ((buyer, 2**64 - 1, False), (seller, 0, random.random() < 0.1))
            px = random.choice((self.number(64), self.marks.get(asset, self.number(64))))
            takes = random.random() < 0.5
            filled = (asset, *sides, px, self.number(64), takes)
            self.call(venue, "matchOrders", *filled, sender=MATCHER)
        else:
            asset = random.choice((asset, asset, 10_107, 10_142, 10_166, 10_007))
            is_buy = random.random() < 0.5
            limit_px = 2**64 - 1 if is_buy else 0
            args = (asset, is_buy, limit_px, self.number(64), random.random() < 0.1)
            self.call(venue, "order", *args, sender=role)

    def report_anything(self) -> None:
        """Report prices of any size; spot and perp of a coin mostly near each other."""
        for asset in self.marks:
            self.marks[asset] = max(1, self.number(self.random.choice((20, 40, 62))))
        for pair in self.spots:
            self.spots[pair] = max(1, self.number(self.random.choice((20, 40, 62))))
        spots = {**self.spots, 107: self.marks[HYPE_PERP], 142: max(1, self.marks[BTC_PERP] // 3)}
        perps = [(asset, mark, max(1, mark - 1)) for asset, mark in self.marks.items()]
        usdc_px = 10**8 if self.random.random() < 0.8 else max(1, self.number(64))
        args = (list(spots.items()), perps, usdc_px)
        self.call(self.market.registry, "reportPrices", *args, sender=DEPLOYER)
