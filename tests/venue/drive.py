"""Random sequences of every external call, mostly of actions that can succeed.

Amounts are drawn from what the twin says an account has, owes or may borrow; a part of them is
pushed over the edge on purpose. Each rare refusal has a scene of its own that leads to it.
"""

from __future__ import annotations

from random import Random
from typing import Any

from support.evm import DEPLOYER, Reverted
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    EVM_DECIMALS,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    RAY,
    STABLE_CURVE,
    STANDARD,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    UNLIMITED,
    USD,
    USDC,
    USDT0,
    WAD,
    WEI_DECIMALS,
    policy,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, USDT0_USDC
from venue.mirror import Mirror, MirroredMarket

from pmkit.errors import VenueError
from pmkit.model import AccountMargin
from pmkit.units import amount_down, value_down
from pmkit.venue import roles
from pmkit.venue.addresses import sub_account_of

HEDGER = "0x" + "4e" * 20
VISITOR = "0x" + "51" * 20
REPORTER = "0x" + "4a" * 20
NOBODY = "0x" + "00" * 20
SUB = sub_account_of(SUPPLIER, 7)
"""A sub-account of the supplier, who acts for it and pays for it."""
OPERATED = TRADER
"""An account for which the keeper may act."""
USERS = (SUPPLIER, BORROWER, TRADER, HEDGER, VISITOR, SUB)
EVERYBODY = (*USERS, KEEPER, INSURANCE, BACKSTOP, MAKER)

FINE, COARSE, DARK = 7, 8, 9
"""Tokens of 18 wei decimals in an ERC-20 of 24, of 6 in one of none, and one without a price."""
COIN_DEX, COIN_PERP, DARK_PERP = 2, 120_000, 130_000
"""A dex that counts in HYPE, its perp, and a perp without a mark."""
SPOT = {HYPE: 107, UBTC: 142, USDT0: USDT0_USDC, FINE: 7, COARSE: 8}
PERPS = (BTC_PERP, HYPE_PERP, GOLD_PERP, COIN_PERP)
MARKS = {BTC_PERP: 1_000_000, HYPE_PERP: 500_000, GOLD_PERP: 40_000_000, COIN_PERP: 2_000_000}
SPOTS = {USDT0_USDC: 1_000_000, 7: 1_234_000_000, 8: 2_500}
REPORTER_ROLE, GUARDIAN_ROLE, UNPAUSER_ROLE = (
    bytes.fromhex(role[2:]) for role in (roles.REPORTER, roles.GUARDIAN, roles.UNPAUSER)
)
MILLION = 10**6


class Sequence:
    """One sequence of calls on both sides."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - reproducible inputs, not secrets
        self.market = MirroredMarket.drawn(self.random)
        assert isinstance(self.market, MirroredMarket)
        self.both = self.market.both
        self.twin = self.both.twin
        self.marks = dict(MARKS)
        self.spots = dict(SPOTS)
        self.drift = self.random.choice((60, 80, 90, 100, 115, 140))
        self.user_calls = self.user_successes = 0
        self.thorough = False
        """Whether a scene plays all of its calls, or a sample of them."""
        self._list_more()
        self._open_accounts()

    # Setting up

    def _list_more(self) -> None:
        r = self.market.registry
        kinds = ((FINE, 24, 18, 0, 6_500, True), (COARSE, 0, 6, 6, 4_000, False))
        for token, evm, wei, sz, ltv, lent in (*kinds, (DARK, 8, 8, 2, 5_000, True)):
            self.list_token(token, evm, wei, sz, ltv, lent)
        r("listDex", COIN_DEX, "coin", HYPE)
        r("setMarginTable", 51, [0, 3_000_000 * USD], [10, 5])
        r("listPerp", (COIN_PERP, "coin:SOL", COIN_DEX, 2, 10, 51))
        r("listPerp", (DARK_PERP, "DARK", 0, 0, 10, 51))
        for token in (FINE, COARSE, DARK):
            r("listPair", (token, token, USDC, False, 0))
        r("grantRole", REPORTER_ROLE, REPORTER)
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
        for token in (FINE, DARK):
            amount = 10**5 * 10 ** WEI[token]
            self.fund(SUPPLIER, token, amount)
            venue("supply", token, amount // 2, SUPPLIER, sender=SUPPLIER)

    def list_token(self, token: int, evm: int, wei: int, sz: int, ltv: int, lent: bool) -> None:
        """List a token with an ERC-20 of its own."""
        market = self.market
        erc20 = market.evm.deploy("LocalToken", f"token {token}", evm)
        self.both.know(erc20)
        market.erc20[token] = Mirror(erc20, self.both, erc20.address.lower())
        listing = (token, f"T{token}", erc20.address, evm, wei, sz, ltv, lent, *(UNLIMITED,) * 4)
        market.registry("listToken", (*listing, STABLE_CURVE))

    def _open_accounts(self) -> None:
        random = self.random
        for role in USERS:
            for token in (USDC, HYPE, UBTC, USDT0, FINE, COARSE):
                dollars = random.choice((3, 30)) * MILLION
                self.fund(wallet_of(role), token, self.worth(token, dollars))
            mode = random.choices((PORTFOLIO_MARGIN, STANDARD, UNIFIED), (7, 2, 1))[0]
            if mode != STANDARD:
                self.by(role, "setMode", mode)
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

    # Steps

    def step(self) -> None:
        """Let something happen: time, prices, or a call of somebody."""
        kinds = (
            (self.pass_time, 6),
            (self.move_prices, 12),
            (self.act, 64),
            (self.liquidate, 10),
            (self.administer, 5),
            (self.scene, 3),
        )
        steps, weights = zip(*kinds, strict=True)
        self.random.choices(steps, weights)[0]()

    def call(self, contract: Any, function: str, *args: Any, sender: str) -> bool:
        """Make a call; return whether it was done."""
        try:
            contract(function, *args, sender=sender)
        except Reverted:
            return False
        return True

    def by(self, role: str, function: str, *args: Any) -> bool:
        """Let an account make a call of the venue: by itself, its master or its operator."""
        venue = self.market.venue
        data = venue.calldata(function, *args)
        if role == SUB:
            return self.call(venue, "forSubAccount", 7, data, sender=SUPPLIER)
        if role == OPERATED and self.random.random() < 0.3:
            return self.call(venue, "onBehalf", role, data, sender=KEEPER)
        return self.call(venue, function, *args, sender=role)

    def pass_time(self) -> None:
        """Let time pass, often with fresh prices at its end."""
        self.warp(self.random.choice((1, 2, 3, 29, 30, 601, 3_600, 30 * 86_400)))
        if self.random.random() < 0.92:
            self.report()

    def move_prices(self) -> None:
        """Move every price by a few percent, and often along a drift that goes on."""
        random = self.random
        for asset, mark in self.marks.items():
            factor = random.choice((self.drift, random.randint(75, 133), random.randint(97, 103)))
            self.marks[asset] = max(
                MARKS[asset] // 100, min(MARKS[asset] * 100, mark * factor // 100)
            )
        self.spots[USDT0_USDC] = random.randint(970_000, 1_030_000)
        self.spots[7] = max(10**6, min(10**12, self.spots[7] * random.randint(80, 120) // 100))
        self.report()

    def warp(self, seconds: int) -> None:
        """Move both clocks."""
        self.market.evm.warp(seconds)
        self.twin.now = self.market.evm.timestamp

    def report(self) -> None:
        """Report all prices, or a part of them."""
        random = self.random
        spots = dict(self.spots)
        for pair, asset in ((107, HYPE_PERP), (142, BTC_PERP)):
            spots[pair] = self.marks[asset] * random.randint(99, 101)
        perps = [
            (asset, mark, mark * random.randint(995, 1_005) // 1_000)
            for asset, mark in self.marks.items()
        ]
        usdc_px = random.choice((10**8, 10**8, 100_050_000, 99_900_000))
        args = (list(spots.items()), perps, usdc_px)
        self.call(self.market.registry, "reportPrices", *args, sender=DEPLOYER)

    def act(self) -> None:
        """Let a user do one thing that can be done."""
        role = self.random.choice(USERS)
        draws = (
            (self.deposit, 4),
            (self.supply, 3),
            (self.withdraw, 6),
            (self.borrow, 6),
            (self.repay, 4),
            (self.order_perp, 20),
            (self.order_spot, 10),
            (self.spot_send, 4),
            (self.transfer_perp, 4),
            (self.set_mode, 2),
            (self.set_leverage, 3),
            (self.sweep, 3),
            (self.accrue, 2),
        )
        makers, weights = zip(*draws, strict=True)
        drawn = None
        while drawn is None:
            drawn = self.random.choices(makers, weights)[0](role)
        self.user_calls += 1
        self.user_successes += self.by(role, *drawn)

    def pushed(self, amount: int, most: int) -> int:
        """Return an amount, now and then one over the edge or on it."""
        edges = (0, 1, most, most + 1, 2 * most + 100, 2**128, EVERYTHING)
        return self.random.choice(edges) if self.random.random() < 0.1 else amount

    def part(self, most: int) -> int:
        """Return a part of an amount."""
        percent = self.random.choice((1, 10, 33, 50, 90, 99, 100))
        return most * percent // 100

    def whole(self, token: int, amount: int) -> int:
        """Return an amount in units that a wallet can hold."""
        p = self.twin.registry.token(token)
        unit: int = 10 ** max(0, p.wei_decimals - p.evm_decimals)
        return amount // unit * unit

    def whom(self, role: str) -> str:
        """Return mostly a role, now and then another."""
        return self.random.choice((role,) * 5 + EVERYBODY)

    def in_wallet(self, role: str) -> tuple[int, int] | None:
        """Return a token that a wallet holds, and how much of it, token wei."""
        r, wallets = self.twin.registry, self.twin.wallets
        held = {}
        for p in r.tokens.values():
            units = wallets.balances[p.erc20, wallet_of(role)]
            held[p.token] = units * 10**p.wei_decimals // 10**p.evm_decimals
        tokens = [token for token, amount in held.items() if amount]
        if not tokens:
            return None
        token = self.random.choice(tokens)
        return token, held[token]

    def deposit(self, role: str) -> tuple[Any, ...] | None:
        """Draw a deposit."""
        found = self.in_wallet(role)
        if found is None:
            return None
        token, held = found
        amount = min(held, self.worth(token, self.random.randint(100, 300_000)))
        return "deposit", token, self.pushed(amount, held), self.whom(role)

    def supply(self, role: str) -> tuple[Any, ...] | None:
        """Draw a supply."""
        drawn = self.deposit(role)
        return None if drawn is None else ("supply", *drawn[1:])

    def own(self, role: str) -> tuple[int, int] | None:
        """Return a token of which an account has its own, and how much it may take out."""
        own = {
            t.token: t.idle + t.supplied - t.borrowed
            for t in self.twin.account_of(role).tokens
            if t.idle + t.supplied > t.borrowed
        }
        if not own:
            return None
        token = self.random.choice(list(own))
        return token, own[token]

    def withdraw(self, role: str) -> tuple[Any, ...] | None:
        """Draw a withdrawal."""
        found = self.own(role)
        if found is None:
            return None
        token, most = found
        amount = self.random.choice((self.whole(token, self.part(most)), EVERYTHING))
        return "withdraw", token, self.pushed(amount, most), self.whom(role)

    def spot_send(self, role: str) -> tuple[Any, ...] | None:
        """Draw a transfer between accounts."""
        found = self.own(role)
        if found is None:
            return None
        token, most = found
        return "spotSend", self.whom(role), token, self.pushed(self.part(most), most)

    def borrow(self, role: str) -> tuple[Any, ...] | None:
        """Draw an explicit borrow, up to the health factor of one and a little beyond."""
        if self.twin.account_state(role).mode != PORTFOLIO_MARGIN and self.random.random() < 0.9:
            return None
        supplied = {t.token for t in self.twin.account_of(role).tokens if t.supplied}
        lent = [t for t in (USDC, USDT0, FINE) if t not in supplied] or [USDC, HYPE]
        token = self.random.choice(lent)
        m = self.margin(role)
        if m is None:
            return None
        room = max(0, m.borrow_power - m.gross_debt) // WAD
        amount = self.worth(token, room) * self.random.choice((1, 20, 60, 95, 99, 101)) // 100
        return "borrow", token, self.pushed(amount, amount)

    def repay(self, role: str) -> tuple[Any, ...] | None:
        """Draw a repayment."""
        whose = self.whom(role)
        account = self.twin.account_of(whose)
        owed = {t.token: t.borrowed for t in account.tokens if t.borrowed}
        if not owed:
            return None
        token = self.random.choice(list(owed))
        amount = self.random.choice((self.part(owed[token]), EVERYTHING))
        return "repay", token, self.pushed(amount, owed[token]), whose

    def order_perp(self, role: str) -> tuple[Any, ...] | None:
        """Draw an order that opens, grows, turns, shrinks or closes a position."""
        random = self.random
        perp = self.twin.registry.perp(random.choice(PERPS))
        szi = self.twin.position_of(role, perp.asset).szi
        if szi and random.random() < 0.5:
            size, is_buy = random.choice((max(1, self.part(abs(szi))), abs(szi))), szi < 0
            reduce_only = random.random() < 0.5
        else:
            times = random.choice((10, 50, 100, 200, 300, 500, 2_000))
            notional = self.funds(role, perp.dex) * times // 100
            if not notional and random.random() < 0.9:
                return None
            size, is_buy = max(1, notional // perp.mark), random.random() < 0.5
            reduce_only = random.random() < 0.01
        limit = self.limit(is_buy, perp.mark)
        return "order", perp.asset, is_buy, limit, self.oversize(size), reduce_only

    def funds(self, role: str, dex: int) -> int:
        """Return about what could back positions in a dex, 1e-6 of its collateral token."""
        p = self.twin.registry.tokens[self.twin.registry.dexes[dex].collateral]
        raw_usd = max(0, self.twin.state.raw_usd[role, dex])
        mode = self.twin.account_state(role).mode
        if mode == STANDARD:
            return raw_usd
        account = self.twin.account_of(role)
        held = sum(t.idle + t.supplied for t in account.tokens if t.token == p.token)
        room = 0
        m = self.margin(role)
        if m is not None and mode == PORTFOLIO_MARGIN and p.borrowable:
            power = max(0, m.threshold_value - m.gross_debt) // 2
            px, decimals = p.px or 1, (p.wei_decimals, p.sz_decimals)
            room = min(amount_down(power, px, *decimals), self.twin.reserve_of(p.token).cash)
            room = min(room, p.user_borrow_cap)
        return raw_usd + (held + room) // 10 ** (p.wei_decimals - 6)

    def order_spot(self, role: str) -> tuple[Any, ...] | None:
        """Draw an order that buys with what there is or can be borrowed, or sells what there is."""
        random, r = self.random, self.twin.registry
        token = random.choice(list(SPOT))
        p = r.token(token)
        own = {t.token: t.idle + t.supplied - t.borrowed for t in self.twin.account_of(role).tokens}
        lot = 10 ** (p.wei_decimals - p.sz_decimals)
        if own.get(token, 0) > lot and random.random() < 0.5:
            size, is_buy = max(1, self.part(own[token]) // lot), False
        else:
            cash = max(0, own.get(USDC, 0)) // 10**8
            if self.twin.account_state(role).mode == PORTFOLIO_MARGIN:
                cash += self.means(role) * random.choice((0, 0, 5, 30, 100, 300)) // 100
            size, is_buy = max(1, self.worth(token, self.part(cash)) // lot), True
        limit = self.limit(is_buy, r.pair(SPOT[token]).px)
        return "order", 10_000 + SPOT[token], is_buy, limit, self.oversize(size), False

    def limit(self, is_buy: bool, px: int) -> int:
        """Return a limit price, now and then one that the price is beyond."""
        loose = 2**64 - 1 if is_buy else 0
        tight = max(0, px - 1) if is_buy else px + 1
        return self.random.choice((loose,) * 40 + (px,) * 20 + (tight,))

    def oversize(self, size: int) -> int:
        """Return a size, now and then one on the edge of the number range."""
        size = min(size, 2**63 - 1)
        return self.random.choice((size,) * 160 + (0, 2**63 - 1, 2**63, 2**64 - 1))

    def transfer_perp(self, role: str) -> tuple[Any, ...] | None:
        """Draw a transfer between spot and dex."""
        random = self.random
        if self.twin.account_state(role).mode != STANDARD and random.random() < 0.95:
            return None
        listed = self.twin.registry.dex(random.choice((0, 0, GOLD_DEX, COIN_DEX)))
        p = self.twin.registry.tokens[listed.collateral]
        unit = 10 ** (p.wei_decimals - 6)
        idle = self.twin.balance_of(role, p.token).idle // unit
        raw_usd = max(0, self.twin.raw_usd_of(role, listed.dex))
        to_perp = random.random() < (0.7 if idle else 0.1)
        most = idle if to_perp else raw_usd
        return (
            "transferPerp",
            listed.dex,
            min(2**64 - 1, self.pushed(self.part(most), most)),
            to_perp,
        )

    def set_mode(self, role: str) -> tuple[Any, ...] | None:
        """Draw a mode; mostly of accounts without positions."""
        if self.twin.account_state(role).perp_bitmap and self.random.random() < 0.7:
            return None
        return "setMode", self.random.choice((0, 1, 2, 2, 2, 2))

    def set_leverage(self, role: str) -> tuple[Any, ...] | None:
        """Draw a leverage."""
        perp = self.twin.registry.perp(self.random.choice(PERPS))
        leverage = self.random.randint(1, perp.max_leverage)
        return "setLeverage", perp.asset, self.random.choice((leverage,) * 20 + (0, 255))

    def sweep(self, role: str) -> tuple[Any, ...] | None:
        """Draw a sweep of anybody."""
        return "sweep", self.whom(role)

    def accrue(self, role: str) -> tuple[Any, ...] | None:
        """Draw an accrual."""
        return "accrue", self.random.choice((USDC, HYPE, UBTC, USDT0, FINE, COARSE, DARK))

    def liquidate(self) -> None:
        """Let the keeper take steps on the account with the highest ratio, at times too early."""
        curable = [who for who in USERS if self.is_curable(who)]
        if not curable and self.random.random() < 0.7:
            return
        account = self.random.choice(curable or USERS)
        steps = self.random.choice((1, 1, 2, 8)) if curable else 1
        for _ in range(steps):
            self.call(self.market.venue, "liquidate", account, sender=KEEPER)
            if self.random.random() < 0.8:
                self.warp(self.random.choice((1, 3, 3, 30)))

    def is_curable(self, who: str) -> bool:
        """Return whether an account is liquidatable and has something that a step can take."""
        m = self.margin(who)
        account = self.twin.account_of(who)
        has = len(account.perps) != 0 or any(t.borrowed for t in account.tokens)
        return m is not None and m.liquidatable and has

    def margin(self, account: str) -> AccountMargin | None:
        """Return an account's margin, None where a price is missing."""
        try:
            return self.twin.margin_of(account)
        except VenueError:
            return None

    # The admin

    def administer(self) -> None:
        """Let the admin change a parameter, or put it back."""
        r = self.market.registry
        change = self.random.choice(
            (self.caps, self.caps, self.factors, self.curve, self.table, self.draw_policy)
        )
        function, *args = change()
        self.call(r, function, *args, sender=DEPLOYER)

    def caps(self) -> tuple[Any, ...]:
        """Draw caps of a token, around what stands."""
        random = self.random
        token = random.choice((USDC, USDC, HYPE, UBTC, USDT0, FINE))
        reserve = self.twin.reserve_of(token)
        account = self.twin.balance_of(random.choice(USERS), token)
        user_supply = random.choice((UNLIMITED, UNLIMITED, account.basis, self.worth(token, 10**5)))
        user_borrow = random.choice((UNLIMITED, UNLIMITED, account.basis, self.worth(token, 10**5)))
        supply = random.choice((UNLIMITED, UNLIMITED, reserve.supplied + self.worth(token, 10**4)))
        borrow = random.choice((UNLIMITED, UNLIMITED, reserve.borrowed + self.worth(token, 10**4)))
        return "setTokenCaps", token, user_supply, user_borrow, supply, borrow

    def factors(self) -> tuple[Any, ...]:
        """Draw factors of a collateral."""
        token = self.random.choice((HYPE, UBTC, FINE, COARSE))
        ltv = self.random.choice((5_000, 5_000, 6_500, 4_000, 0, 9_999, 10_000))
        return "setTokenFactors", token, ltv, token == FINE

    def curve(self) -> tuple[Any, ...]:
        """Draw a rate curve."""
        token = self.random.choice((USDC, USDT0, FINE, DARK))
        hundredth = RAY // 100
        steep = (10 * hundredth, 300 * hundredth, 0, WAD // 2)
        wrong = (0, 0, RAY + 1, 0)
        return "setRateCurve", token, self.random.choice((STABLE_CURVE, STABLE_CURVE, steep, wrong))

    def table(self) -> tuple[Any, ...]:
        """Draw a margin table."""
        tiers = self.random.choice(
            (
                ([0, 3_000_000 * USD], [10, 5]),
                ([0, 10_000 * USD, 50_000 * USD], [10, 5, 2]),
                ([0], [10]),
                ([0, 5], [10, 10]),
                ([], []),
            )
        )
        return "setMarginTable", 51, *tiers

    def draw_policy(self) -> tuple[Any, ...]:
        """Draw a policy, each part from its edges."""
        random = self.random
        drawn = policy(
            margin=(
                random.choice((95 * WAD // 100, 95 * WAD // 100, WAD)),
                random.random() < 0.2,
                random.choice((0, 0, 20 * WAD)),
                random.random() < 0.2,
            ),
            debt_step=random.choice((WAD // 5, WAD // 5, WAD, 0, WAD + 1)),
            step_cadence=random.choice((3, 3, 0)),
            episode_timeout=random.choice((600, 600, 1)),
            min_step=random.choice((10 * WAD, 0, 10**5 * WAD)),
            perp_threshold=random.choice((100_000 * USD, 0)),
            perp_part=random.choice((WAD // 5, WAD // 3)),
            perp_cooldown=random.choice((30, 30, 0)),
            perp_backstop_ratio=random.choice((3 * WAD // 2, 3 * WAD // 2, 2**64 - 1, WAD)),
            perp_first=random.random() < 0.7,
            max_price_age=random.choice((10**9, 10**9, 3_600)),
            max_liquidation_price_age=random.choice((10**9, 10**9, 86_400)),
            max_move_bps=random.choice((0, 0, 0, 1_000)),
            perp_fee_ppm=random.choice((0, 450)),
            spot_fee_ppm=random.choice((0, 700)),
        )
        return "setPolicy", drawn

    # Scenes

    def scene(self) -> None:
        """Play one of the scenes."""
        self.random.choice(SCENES)(self)

    def some(self, count: int, calls: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
        """Return a sample of calls, or all of them where a scene is played thoroughly."""
        return calls if self.thorough else tuple(self.random.sample(calls, count))

    def every_scene(self) -> None:
        """Play every scene once, with all that is in it."""
        self.thorough = True
        for token in (USDC, HYPE, UBTC, USDT0):
            caps = (UNLIMITED,) * 4
            self.call(self.market.registry, "setTokenCaps", token, *caps, sender=DEPLOYER)
        for scene in SCENES:
            self.call(self.market.registry, "setPolicy", policy(), sender=DEPLOYER)
            scene(self)
        self.thorough = False

    def bad_ids(self) -> None:
        """Name what is not listed, and list what is."""
        m, random = self.market, self.random
        venue, role = m.venue, random.choice(USERS[:5])
        for args in self.some(
            6,
            (
                ("deposit", 999, 1, role),
                ("supply", USDC, 0, role),
                ("withdraw", 999, 1, role),
                ("borrow", 999, 1),
                ("repay", 999, 1, role),
                ("accrue", 2**64 - 1),
                ("order", 7_777, True, 1, 1, False),
                ("order", 10_999, True, 1, 1, False),
                ("order", 10_000 + DARK, True, 1, 1, False),
                ("order", DARK_PERP, True, 1, 1, False),
                ("setLeverage", 7_777, 1),
                ("setLeverage", DARK_PERP, 3),
                ("transferPerp", 99, 1, True),
                ("spotSend", role, 999, 1),
                ("liquidate", random.choice((MAKER, BACKSTOP, INSURANCE))),
                ("liquidate", random.choice((*USERS, NOBODY))),
                ("liquidate", role),
                ("coverDeficit", 999, 1),
                ("coverDeficit", COARSE, 1),
                ("coverDeficitFromInsurance", COARSE),
                ("socialise", COARSE),
                ("repay", random.choice((USDC, HYPE)), 1, random.choice(USERS)),
                ("withdraw", USDC, 100, NOBODY),
            ),
        ):
            self.call(venue, *args, sender=role)
        self.call(venue, "order", BTC_PERP, True, 2**64 - 1, 1, False, sender=MAKER)

    def bad_admin(self) -> None:
        """Let the admin try what the registry refuses, and others what only the admin may."""
        r, random = self.market.registry, self.random
        name, erc20 = "X", self.market.erc20[USDC].address
        caps = (UNLIMITED,) * 4
        for args in self.some(
            10,
            (
                ("listToken", (USDC, name, erc20, 6, 8, 8, 0, True, *caps, STABLE_CURVE)),
                ("listToken", (500, name, erc20, 6, 19, 8, 0, True, *caps, STABLE_CURVE)),
                ("listToken", (500, name, erc20, 6, 6, 7, 0, True, *caps, STABLE_CURVE)),
                ("listToken", (500, name, erc20, 25, 8, 8, 0, True, *caps, STABLE_CURVE)),
                ("listToken", (500, name, erc20, 6, 8, 8, 10_000, True, *caps, STABLE_CURVE)),
                ("listToken", (500, name, erc20, 6, 8, 8, 0, True, *caps, (0, 5001 * RAY, 0, 0))),
                ("listDex", 0, name, USDC),
                ("listDex", 77, name, 999),
                ("listPerp", (BTC_PERP, name, 0, 5, 40, 56)),
                ("listPerp", (900, name, 99, 5, 40, 56)),
                ("listPerp", (900, name, 0, 5, 40, 99)),
                ("listPerp", (900, name, 0, 7, 40, 56)),
                ("listPerp", (900, name, 0, 5, 0, 56)),
                ("listPair", (107, HYPE, USDC, False, 0)),
                ("listPair", (900, 999, USDC, False, 0)),
                ("listPair", (900, HYPE, USDC, True, 999)),
                ("setTokenFactors", 999, 0, False),
                ("setTokenFactors", HYPE, 10_000, False),
                ("setTokenCaps", 999, 0, 0, 0, 0),
                ("setRateCurve", 999, STABLE_CURVE),
                ("setMarginTable", 51, [0, 5], [10]),
                ("setMarginTable", 51, [1], [10]),
                ("setMarginTable", 51, [0], [101]),
                ("setPolicy", policy(perp_part=WAD + 1)),
                ("reportPrices", [], [], 0),
                ("reportPrices", [(999, 1)], [], 10**8),
                ("reportPrices", [], [(999, 1, 1)], 10**8),
                ("reportPrices", [(107, 0)], [], 10**8),
                ("reportPrices", [], [(BTC_PERP, self.marks[BTC_PERP], 0)], 10**8),
                ("reportPrices", [(8, 2_500)], [], 100_010_000),
            ),
        ):
            self.call(r, *args, sender=DEPLOYER)
        intruder = random.choice(USERS[:5])
        for args in self.some(
            3,
            (
                ("listToken", (500, name, erc20, 6, 8, 8, 0, True, *caps, STABLE_CURVE)),
                ("listDex", 77, name, USDC),
                ("listPerp", (900, name, 0, 5, 40, 56)),
                ("listPair", (900, HYPE, USDC, False, 0)),
                ("setTokenFactors", HYPE, 0, False),
                ("setTokenCaps", HYPE, 0, 0, 0, 0),
                ("setRateCurve", USDC, STABLE_CURVE),
                ("setMarginTable", 51, [0], [10]),
                ("setPolicy", policy()),
                ("pause", 1),
                ("unpause", 1),
                ("reportPrices", [], [], 10**8),
                ("grantRole", REPORTER_ROLE, intruder),
                ("revokeRole", REPORTER_ROLE, DEPLOYER),
                ("renounceRole", REPORTER_ROLE, DEPLOYER),
            ),
        ):
            self.call(r, *args, sender=intruder)

    def roles_change(self) -> None:
        """Let the reporter lose its role, give it up, and get it back."""
        r = self.market.registry
        self.call(r, "reportPrices", [(8, 2_500)], [], 10**8, sender=REPORTER)
        self.call(r, "renounceRole", REPORTER_ROLE, REPORTER, sender=REPORTER)
        self.call(r, "reportPrices", [(8, 2_500)], [], 10**8, sender=REPORTER)
        self.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
        self.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
        self.call(r, "revokeRole", REPORTER_ROLE, KEEPER, sender=DEPLOYER)
        self.call(r, "revokeRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
        self.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)

    def wallets_act(self) -> None:
        """Let wallets do what ERC-20s refuse, and pay with less than they hold or allow."""
        m, random = self.market, self.random
        token = random.choice((USDC, HYPE, COARSE))
        erc20, venue = m.erc20[token], m.venue.address
        one = 10 ** EVM[token]
        role, other = random.sample(USERS[:5], 2)
        amount = 3 * 10 ** WEI[token]
        self.call(erc20, "transfer", other, one, sender=role)
        self.call(erc20, "transfer", NOBODY, one, sender=role)
        self.call(erc20, "transfer", other, 2**200, sender=role)
        self.call(erc20, "approve", NOBODY, one, sender=role)
        self.call(erc20, "approve", other, one, sender=NOBODY)
        self.call(erc20, "transfer", other, 0, sender=NOBODY)
        self.call(erc20, "mint", NOBODY, one, sender=role)
        self.call(erc20, "mint", role, 2**256 - 1, sender=role)
        self.call(erc20, "approve", other, 2 * one, sender=role)
        self.call(erc20, "transferFrom", role, other, one, sender=other)
        self.call(erc20, "transferFrom", role, other, one + 1, sender=other)
        self.call(erc20, "transferFrom", role, other, one, sender=NOBODY)
        self.call(erc20, "transferFrom", NOBODY, other, 0, sender=role)
        self.call(erc20, "approve", venue, one, sender=role)
        self.call(m.venue, "deposit", token, amount, role, sender=role)
        self.call(erc20, "approve", venue, EVERYTHING, sender=role)
        self.call(m.venue, "deposit", DARK, EVERYTHING, role, sender=KEEPER)
        self.call(m.venue, "withdraw", token, self.whole(token, amount), venue, sender=role)

    def operators(self) -> None:
        """Let others act for an account, within and beyond what operators may."""
        venue, random = self.market.venue, self.random
        role, other = random.sample(USERS[:5], 2)
        sweep = venue.calldata("sweep", role)
        self.call(venue, "onBehalf", role, sweep, sender=other)
        self.call(venue, "approveOperator", other, True, sender=role)
        for call in self.some(
            3,
            (
                ("sweep", role),
                ("withdraw", USDC, EVERYTHING, other),
                ("spotSend", other, USDC, EVERYTHING),
                ("setMode", STANDARD),
                ("approveOperator", KEEPER, True),
                ("setLeverage", BTC_PERP, 5),
                ("deposit", USDC, 10**8, role),
                ("liquidate", role),
                ("onBehalf", role, sweep),
                ("forSubAccount", 1, sweep),
            ),
        ):
            self.call(venue, "onBehalf", role, venue.calldata(*call), sender=other)
        self.call(venue, "approveOperator", other, False, sender=role)
        self.call(venue, "onBehalf", role, sweep, sender=other)

    def pauses(self) -> None:
        """Pause something, try what it stops and what it does not, and go on."""
        m, random = self.market, self.random
        role = random.choice(USERS[:5])
        bits = 15 if self.thorough else random.randrange(16)
        self.call(m.registry, "pause", bits, sender=role)
        self.call(m.registry, "pause", bits, sender=KEEPER)
        for args in (
            ("supply", USDC, 10**8, role),
            ("deposit", USDC, 10**8, role),
            ("borrow", USDC, 10**8),
            ("repay", USDC, 10**8, role),
            ("order", BTC_PERP, True, 2**64 - 1, 1, False),
            ("withdraw", USDC, 10**8, role),
            ("liquidate", random.choice([who for who in USERS if who != role])),
        ):
            self.call(m.venue, *args, sender=role)
        for debtor in USERS:
            for t in self.twin.account_of(debtor).tokens:
                if t.borrowed:
                    self.call(m.venue, "supply", t.token, t.borrowed // 2, debtor, sender=SUPPLIER)
        for _ in range(5):
            self.act()
        self.call(m.registry, "unpause", bits, sender=KEEPER)
        self.call(m.registry, "unpause", bits, sender=DEPLOYER)

    def deficits(self) -> None:
        """Pay deficits down from wallet, buffer and insurance, and spread what is left."""
        m, random = self.market, self.random
        role = random.choice(USERS[:5])
        for token in (USDC, USDT0, FINE):
            reserve = self.twin.reserve_of(token)
            supplier = next((who for who in USERS[:5] if self.supplied(who, token)), role)
            self.call(m.venue, "withdraw", token, EVERYTHING, supplier, sender=supplier)
            amount = random.choice((0, self.part(reserve.deficit), EVERYTHING))
            if random.random() < 0.5:
                self.call(m.venue, "coverDeficit", token, amount, sender=role)
            if random.random() < 0.5:
                self.fund(KEEPER, token, self.part(reserve.deficit) + 1)
                self.call(m.venue, "deposit", token, EVERYTHING, INSURANCE, sender=KEEPER)
            self.call(m.venue, "coverDeficitFromInsurance", token, sender=role)
            self.call(m.venue, "socialise", token, sender=random.choice((role, DEPLOYER)))

    def supplied(self, who: str, token: int) -> int:
        """Return what an account has supplied of a token."""
        return sum(t.supplied for t in self.twin.account_of(who).tokens if t.token == token)

    def faq_loan(self) -> None:
        """Let somebody new owe half of what 10 HYPE are worth, and be liquidated by parts."""
        m, random = self.market, self.random
        role = f"0x{random.getrandbits(160):040x}"
        mark = self.twin.registry.perp(HYPE_PERP).mark
        self.call(m.venue, "setMode", PORTFOLIO_MARGIN, sender=role)
        self.fund(role, HYPE, 10 * 10**8)
        self.call(m.venue, "deposit", HYPE, EVERYTHING, role, sender=role)
        lent = 5 * mark * 10**4
        self.call(m.venue, "borrow", USDC, lent, sender=role)
        cents = lent // 10**6 * 99 // 100
        self.call(m.venue, "order", 10_000 + USDT0_USDC, True, 2**64 - 1, cents, False, sender=role)
        self.marks[HYPE_PERP] = mark * 65 // 100
        self.report()
        for seconds in (random.choice((0, 1, 2)), 3, 601):
            self.call(m.venue, "liquidate", role, sender=KEEPER)
            self.warp(seconds)
        self.call(m.venue, "repay", USDC, EVERYTHING, role, sender=random.choice(USERS[:5]))

    def old_prices(self) -> None:
        """Let prices grow old, and try what needs young ones and what does not."""
        m, role = self.market, self.random.choice(USERS[:5])
        ages = policy(max_price_age=60, max_liquidation_price_age=600)
        self.call(m.registry, "setPolicy", ages, sender=DEPLOYER)
        self.warp(self.random.choice((61, 601)))
        for args in (
            ("order", BTC_PERP, True, 2**64 - 1, 1, False),
            ("order", 10_107, True, 2**64 - 1, 1, False),
            ("borrow", USDC, 10**8),
            ("repay", USDC, EVERYTHING, role),
            ("withdraw", USDC, EVERYTHING, role),
            ("supply", USDC, 10**8, role),
            ("liquidate", role),
        ):
            self.call(m.venue, *args, sender=role)
        self.call(m.registry, "setPolicy", policy(), sender=DEPLOYER)
        self.report()

    def huge_position(self) -> None:
        """Order so much that a position would leave its 64 bits."""
        role, sz = self.random.choice(USERS[:5]), 2**63 - 1
        for size in (1, sz):
            args = (HYPE_PERP, True, 2**64 - 1, size, False)
            self.call(self.market.venue, "order", *args, sender=role)

    def dark_token(self) -> None:
        """Supply, borrow and trade the token that has no price."""
        m, role = self.market, self.random.choice(USERS[:5])
        self.fund(role, DARK, 10**10)
        self.call(m.venue, "supply", DARK, 10**9, role, sender=role)
        self.call(m.venue, "order", HYPE_PERP, True, 2**64 - 1, 1, False, sender=role)
        self.call(m.venue, "borrow", USDC, 10**8, sender=role)
        self.call(m.venue, "withdraw", DARK, EVERYTHING, role, sender=role)
        self.call(m.venue, "borrow", DARK, 10**8, sender=role)

    def cut_cap(self) -> None:
        """Take a debtor's collateral out of account by its cap: liquidatable, yet of good health."""
        m, random = self.market, self.random
        role = random.choice(USERS)
        account = self.twin.account_of(role)
        owing = any(t.borrowed for t in account.tokens)
        held = [t for t in account.tokens if t.ltv_bps and t.supplied]
        if not owing or not held:
            return
        for t in held:
            self.call(m.registry, "setTokenCaps", t.token, 0, *(UNLIMITED,) * 3, sender=DEPLOYER)
        self.call(m.venue, "liquidate", role, sender=KEEPER)
        for t in held:
            self.call(m.registry, "setTokenCaps", t.token, *(UNLIMITED,) * 4, sender=DEPLOYER)

    def crash(self) -> None:
        """Open a position on much debt, let the collateral fall by half, and liquidate."""
        m, random = self.market, self.random
        role = random.choice(USERS[:5])
        if self.twin.account_state(role).mode != PORTFOLIO_MARGIN:
            return
        token = random.choice((HYPE, UBTC))
        self.fund(role, token, self.worth(token, MILLION))
        self.call(m.venue, "deposit", token, self.worth(token, 500_000), role, sender=role)
        drawn = self.borrow(role)
        if drawn is not None:
            self.call(m.venue, *drawn, sender=role)
        debt = self.worth(USDC, random.choice((100_000, 200_000, 300_000)))
        own = self.twin.balance_of(role, USDC)
        lot = 10 ** (WEI[HYPE] - 2)
        size = max(1, self.worth(HYPE, (debt + own.idle) // 10**8) // lot)
        self.call(m.venue, "order", 10_107, True, 2**64 - 1, size, False, sender=role)
        factor = random.choice((30, 45, 50, 55, 60, 65))
        for asset in (HYPE_PERP, BTC_PERP):
            self.marks[asset] = max(MARKS[asset] // 100, self.marks[asset] * factor // 100)
        self.report()
        for _ in range(random.choice((1, 3, 8))):
            self.call(m.venue, "liquidate", role, sender=KEEPER)
            self.warp(random.choice((1, 3, 3, 601)))
        for asset in (HYPE_PERP, BTC_PERP):
            self.marks[asset] = min(MARKS[asset] * 100, self.marks[asset] * 100 // factor)

    def crowd(self) -> None:
        """List until the registry is full."""
        r = self.market.registry
        erc20 = self.market.erc20[USDC].address
        caps = (UNLIMITED,) * 4
        for i in range(1_000, 1_064):
            listing = (i, f"T{i}", erc20, 6, 8, 2, 0, False, *caps, STABLE_CURVE)
            self.call(r, "listToken", listing, sender=DEPLOYER)
        for i in range(1_000, 1_032):
            self.call(r, "listDex", i, f"D{i}", USDC, sender=DEPLOYER)
        for i in range(1_000, 1_256):
            self.call(r, "listPerp", (i, f"P{i}", 0, 2, 10, 51), sender=DEPLOYER)


def wallet_of(role: str) -> str:
    """Return whose wallet pays for an account."""
    return SUPPLIER if role == SUB else role


WEI = {**WEI_DECIMALS, FINE: 18, COARSE: 6, DARK: 8}
EVM = {**EVM_DECIMALS, FINE: 24, COARSE: 0, DARK: 8}
SCENES = (
    Sequence.bad_ids,
    Sequence.bad_admin,
    Sequence.roles_change,
    Sequence.wallets_act,
    Sequence.operators,
    Sequence.pauses,
    Sequence.deficits,
    Sequence.huge_position,
    Sequence.dark_token,
    Sequence.cut_cap,
    Sequence.crash,
    Sequence.crash,
    Sequence.faq_loan,
    Sequence.faq_loan,
    Sequence.old_prices,
)
