"""The market of the random sequences, on both sides, and what is needed to act in it."""

from __future__ import annotations

from random import Random
from typing import Any

from support.evm import DEPLOYER, Reverted
from support.venue import (
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    STANDARD,
    SUPPLIER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    WAD,
)
from support.wide_market import USDT0_USDC
from venue.cast import (
    COARSE,
    COIN_DEX,
    COIN_PERP,
    DARK,
    DARK_PERP,
    FINE,
    GUARDIAN_ROLE,
    MARKS,
    MATCHER,
    MATCHER_ROLE,
    MILLION,
    OPERATED,
    REPORTER,
    REPORTER_ROLE,
    SPOTS,
    SUB,
    SUB_INDEX,
    UNPAUSER_ROLE,
    USERS,
    WEI,
    wallet_of,
)
from venue.mirror import Mirror, MirroredMarket

from pmkit.errors import VenueError
from pmkit.model import AccountMargin
from pmkit.units import amount_down, value_down


class World:
    """The wide market with more of everything: odd decimals, a third dex, what has no price."""

    def __init__(self, seed: int, market: type[MirroredMarket] = MirroredMarket) -> None:
        self.random = Random(seed)  # noqa: S311 - reproducible inputs, not secrets
        self.market = market.drawn(self.random)
        assert isinstance(self.market.venue, Mirror)
        self.venue = self.market.venue
        self.both = self.market.both
        self.twin = self.both.twin
        self.marks = dict(MARKS)
        self.spots = dict(SPOTS)
        self.drift = self.random.choice((60, 80, 90, 100, 115, 140))
        self.thorough = False
        """Whether a scene plays all of its calls, or a sample of them."""
        self._list_more()
        self._open_accounts()

    def _list_more(self) -> None:
        r = self.market.registry
        kinds = ((FINE, 24, 18, 0, 6_500, True), (COARSE, 0, 6, 6, 4_000, False))
        for token, evm, wei, sz, ltv, lent in (*kinds, (DARK, 8, 8, 2, 5_000, True)):
            self.market.list_token(token, evm, wei, sz, ltv, lent)
        r("listDex", COIN_DEX, "coin", HYPE)
        r("setMarginTable", 51, [0, 3_000_000 * USD], [10, 5])
        r("listPerp", (COIN_PERP, "coin:SOL", COIN_DEX, 2, 10, 51))
        r("listPerp", (DARK_PERP, "DARK", 0, 0, 10, 51))
        for token in (FINE, COARSE, DARK):
            r("listPair", (token, token, USDC, False, 0))
        r("grantRole", REPORTER_ROLE, REPORTER)
        r("grantRole", MATCHER_ROLE, MATCHER)
        r("grantRole", GUARDIAN_ROLE, KEEPER)
        r("grantRole", UNPAUSER_ROLE, DEPLOYER)
        self.market.venue("approveOperator", KEEPER, True, sender=OPERATED)
        self.report()
        venue = self.market.venue
        for token, tokens in ((FINE, 10**6), (COARSE, 10**5), (HYPE, 10**7)):
            amount = tokens * 10 ** WEI[token]
            self.fund(MAKER, token, amount)
            venue("deposit", token, amount, MAKER, sender=MAKER)
        venue("transferPerp", COIN_DEX, 5 * MILLION * USD, True, sender=MAKER)
        # What has no price is for accounts without portfolio margin.
        for role, token in ((SUPPLIER, FINE), (KEEPER, DARK)):
            amount = 10**5 * 10 ** WEI[token]
            self.fund(role, token, amount)
            venue("supply", token, amount // 2, role, sender=role)

    def _open_accounts(self) -> None:
        random = self.random
        self.by(SUB, "approveOperator", MATCHER, True)
        for role in USERS:
            if role != SUB:
                self.call(self.venue, "approveOperator", MATCHER, True, sender=role)
            for token in (USDC, HYPE, UBTC, USDT0, FINE, COARSE):
                dollars = random.choice((3, 30)) * MILLION
                self.fund(wallet_of(role), token, self.worth(token, dollars))
            mode = random.choices((PORTFOLIO_MARGIN, STANDARD, UNIFIED), (7, 2, 1))[0]
            if mode != STANDARD:
                self.by(role, "setMode", mode)
            if random.random() < 0.6:
                self.by(role, "setIsolated", random.choice(tuple(MARKS)), True)
            first = random.choice((HYPE, UBTC, FINE)) if mode == PORTFOLIO_MARGIN else USDC
            for token in (first, random.choice((USDC, USDT0, HYPE, COARSE))):
                amount = self.worth(token, random.randint(10**4, MILLION))
                self.by(role, "deposit", token, amount, role)

    def fund(self, account: str, token: int, amount: int) -> None:
        """Fill a wallet with token wei, and let the venue take them."""
        p = self.twin.registry.token(token)
        units = -(-amount * 10**p.evm_decimals // 10**p.wei_decimals)
        self.market.erc20[token]("mint", account, units)
        address = self.market.venue.address
        self.market.erc20[token]("approve", address, EVERYTHING, sender=account)

    def worth(self, token: int, dollars: int) -> int:
        """Return token wei worth so many dollars, not always round."""
        p = self.twin.registry.token(token)
        px = p.px or 10 ** (8 - p.sz_decimals)
        one = amount_down(dollars * WAD, px, p.wei_decimals, p.sz_decimals)
        return one + self.random.choice((0, 0, 0, 1, 37, 99))

    def means(self, role: str) -> int:
        """Return about what an account holds in dollars."""
        total = 0
        for t in self.twin.account_of(role).tokens:
            if t.px:
                total += value_down(t.idle + t.supplied, t.px, t.wei_decimals, t.sz_decimals)
        return max(total // WAD, 1_000)

    def call(self, contract: Any, function: str, *args: Any, sender: str) -> bool:
        """Make a call; return whether it was done."""
        try:
            contract(function, *args, sender=sender)
        except Reverted:
            return False
        return True

    def by(self, role: str, function: str, *args: Any) -> bool:
        """Let an account make a call of the venue: by itself, its master or its operator."""
        venue = self.venue
        data = venue.calldata(function, *args)
        if role == SUB:
            return self.call(venue, "forSubAccount", SUB_INDEX, data, sender=SUPPLIER)
        if role == OPERATED and self.random.random() < 0.3:
            return self.call(venue, "onBehalf", role, data, sender=KEEPER)
        return self.call(venue, function, *args, sender=role)

    def warp(self, seconds: int) -> None:
        """Move both clocks."""
        self.market.warp(seconds)

    def move_prices(self) -> None:
        """Move every price by a few percent, and often along a drift that goes on."""
        random = self.random
        for asset, mark in self.marks.items():
            factor = random.choice((self.drift, random.randint(75, 133), random.randint(97, 103)))
            self.marks[asset] = max(
                MARKS[asset] // 100, min(MARKS[asset] * 100, mark * factor // 100)
            )
        self.spots[USDT0_USDC] = random.randint(970_000, 1_030_000)
        self.spots[7] = clamp(self.spots[7] * random.randint(80, 120) // 100, SPOTS[7])
        self.report()

    def report(self) -> None:
        """Report all prices, mostly as far as one report may move them."""
        random, r = self.random, self.twin.registry
        spots = dict(self.spots)
        for pair, asset in ((107, HYPE_PERP), (142, BTC_PERP)):
            spots[pair] = self.marks[asset] * random.randint(99, 101)
        perps = [
            (asset, mark, mark * random.randint(995, 1_005) // 1_000)
            for asset, mark in self.marks.items()
        ]
        usdc_px = random.choice((10**8, 10**8, 100_050_000, 99_900_000))
        if random.random() < 0.9:
            spots = {pair: self.allowed(r.pair(pair).px, px) for pair, px in spots.items()}
            held = {asset: r.perp(asset) for asset, _, _ in perps}
            perps = [
                (asset, self.allowed(held[asset].mark, mark), self.allowed(held[asset].oracle, px))
                for asset, mark, px in perps
            ]
        args = (list(spots.items()), perps, usdc_px)
        self.call(self.market.registry, "reportPrices", *args, sender=DEPLOYER)

    def allowed(self, before: int, px: int) -> int:
        """Return a price as near as the policy lets one report come."""
        most = self.twin.registry.policy.max_move_bps
        if most == 0 or before == 0:
            return px
        return max(before - before * most // 10_000, min(before + before * most // 10_000, px))

    def margin(self, account: str) -> AccountMargin | None:
        """Return an account's margin, None where a price is missing."""
        try:
            return self.twin.margin_of(account)
        except VenueError:
            return None

    def is_curable(self, who: str) -> bool:
        """Return whether an account is liquidatable and has something that a step can take."""
        m = self.margin(who)
        account = self.twin.account_of(who)
        if m is None or not m.liquidatable:
            return False
        return len(account.perps) != 0 or m.health_factor < WAD

    def supplied(self, who: str, token: int) -> int:
        """Return what an account has supplied of a token."""
        return sum(t.supplied for t in self.twin.account_of(who).tokens if t.token == token)

    def some(self, count: int, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a sample of steps, or all of them where a scene is played thoroughly."""
        return steps if self.thorough else tuple(self.random.sample(steps, count))


def clamp(px: int, typical: int) -> int:
    """Return a price within a hundredth and a hundred times of a typical one."""
    return max(typical // 100, min(typical * 100, px))
