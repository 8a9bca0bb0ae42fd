"""Random sequences of every external call, mostly of calls that can succeed."""

from __future__ import annotations

from support.evm import DEPLOYER
from support.venue import HYPE, KEEPER, MAKER, UBTC, UNLIMITED, USDC, USDT0, policy
from venue.admin import CHANGES
from venue.batching import BATCHING
from venue.cast import MATCHER, USERS
from venue.draws import draw, isolated_assets, match
from venue.keepers import KEEPING, keep_house, take_debt
from venue.mirror import MirroredMarket
from venue.scenes import SCENES
from venue.world import World


def is_short(w: World, who: str, asset: int) -> bool:
    """Return whether an isolated position has less than its maintenance."""
    found = w.twin.isolated_of(who, asset)
    return found.equity < found.maintenance


class Sequence:
    """One sequence of calls on both sides."""

    def __init__(self, seed: int, market: type[MirroredMarket] = MirroredMarket) -> None:
        self.world = World(seed, market)
        self.both = self.world.both
        self.user_calls = self.user_successes = 0

    def step(self) -> None:
        """Let something happen: time, prices, or a call of somebody."""
        kinds = (
            (self.pass_time, 6),
            (self.world.move_prices, 12),
            (self.act, 64),
            (self.match, 8),
            (self.liquidate, 10),
            (self.keep_house, 3),
            (self.liquidate_isolated, 5),
            (self.administer, 5),
            (self.scene, 3),
        )
        steps, weights = zip(*kinds, strict=True)
        self.world.random.choices(steps, weights)[0]()

    def pass_time(self) -> None:
        """Let time pass, mostly with fresh prices at its end."""
        w = self.world
        w.warp(w.random.choice((1, 2, 3, 29, 30, 601, 3_600, 30 * 86_400)))
        if w.random.random() < 0.92:
            w.report()

    def act(self) -> None:
        """Let a user do one thing that can be done."""
        role = self.world.random.choice(USERS)
        self.user_calls += 1
        self.user_successes += self.world.by(role, *draw(self.world, role))

    def match(self) -> None:
        """Let the matcher fill two users' orders against each other."""
        w = self.world
        w.call(w.venue, *match(w), sender=MATCHER if w.random.random() < 0.97 else KEEPER)

    def liquidate(self) -> None:
        """Let the keeper take steps on an account that needs them, at times too early."""
        w = self.world
        curable = [who for who in USERS if w.is_curable(who)]
        if not curable and w.random.random() < 0.7:
            return
        if w.random.random() < 0.3:
            self.liquidate_many(curable)
            return
        account = w.random.choice(curable or USERS)
        for _ in range(w.random.choice((1, 1, 2, 8)) if curable else 1):
            if w.random.random() < 0.3:
                take_debt(w, account)
            else:
                w.call(w.market.venue, "liquidate", account, sender=KEEPER)
            if w.random.random() < 0.8:
                w.warp(w.random.choice((1, 3, 3, 30)))

    def liquidate_many(self, curable: list[str]) -> None:
        """Let the keeper, or a user with funds, take a step on each of several accounts."""
        w = self.world
        others = w.random.choices((*USERS, MAKER, KEEPER), k=w.random.choice((0, 1, 2)))
        accounts = curable + others
        w.random.shuffle(accounts)
        if w.random.random() < 0.7:
            w.call(w.venue, "liquidateBatch", accounts, False, sender=KEEPER)
        else:
            w.by(w.random.choice(USERS), "liquidateBatch", accounts, w.random.random() < 0.5)

    def keep_house(self) -> None:
        """Let the keeper sell inventory or sweep a buffer."""
        keep_house(self.world)

    def liquidate_isolated(self) -> None:
        """Let the keeper take steps on an isolated position, mostly on one that needs them."""
        w = self.world
        held = [(who, asset) for who in USERS for asset in isolated_assets(w, who)]
        short = [(who, asset) for who, asset in held if is_short(w, who, asset)]
        if not held or (not short and w.random.random() < 0.7):
            return
        account, asset = w.random.choice(short or held)
        for _ in range(w.random.choice((1, 2, 3)) if short else 1):
            w.call(w.market.venue, "liquidateIsolated", account, asset, sender=KEEPER)
            if w.random.random() < 0.5:
                w.warp(w.random.choice((1, 29, 30)))

    def administer(self) -> None:
        """Let the admin change a parameter, or put it back."""
        w = self.world
        w.call(w.market.registry, *w.random.choice(CHANGES)(w), sender=DEPLOYER)

    def scene(self) -> None:
        """Play one of the scenes."""
        self.world.random.choice((*SCENES, *KEEPING, *BATCHING))(self.world)

    def every_scene(self) -> None:
        """Play every scene, with all that is in it, under the policy and caps of the tests."""
        w = self.world
        w.thorough = True
        for token in (USDC, HYPE, UBTC, USDT0):
            w.call(w.market.registry, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
        for scene in (*SCENES, *KEEPING, *BATCHING):
            w.call(w.market.registry, "setPolicy", policy(), sender=DEPLOYER)
            scene(w)
        w.thorough = False
