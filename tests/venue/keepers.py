"""Scenes of those who keep order: takers of debt, sellers of inventory, sweepers of buffers."""

from __future__ import annotations

from support.evm import DEPLOYER
from support.venue import (
    HYPE,
    KEEPER,
    UBTC,
    USDC,
    USDT0,
    WAD,
    policy,
)
from venue.cast import COARSE, DARK, FINE, SPOT, SUB_INDEX, USERS, WALLETS, wallet_of
from venue.scenes import loan_in_trouble
from venue.world import World

WIDTH = 20 * WAD


def take_debt(w: World, account: str) -> bool:
    """Let somebody who brings about what the account owes take its debt."""
    random = w.random
    taker = random.choice([who for who in USERS if who != account])
    for t in w.twin.account_of(account).tokens:
        if t.borrowed and random.random() < 0.9:
            amount = t.borrowed * random.choice((5, 21, 100, 110)) // 100
            w.fund(wallet_of(taker), t.token, amount + 100)
            how = random.choice(("deposit", "deposit", "supply"))
            w.by(taker, how, t.token, amount, taker)
    return w.by(taker, "liquidateAsTaker", account)


def keep_house(w: World) -> None:
    """Sell inventory, or sweep a buffer."""
    random = w.random
    if random.random() < 0.6:
        w.call(w.venue, "sellInventory", random.choice((*SPOT.values(), 107, 142)), sender=KEEPER)
    else:
        token = random.choice((USDC, USDC, USDT0, FINE, HYPE, COARSE))
        w.call(w.venue, "sweepBuffer", token, sender=KEEPER)


def debts_change_hands(w: World) -> None:
    """Let steps be narrow and rewarded, and callers with and without funds take them."""
    r, venue = w.market.registry, w.venue
    w.call(r, "setPolicy", policy(reward_ppm=50_000), sender=DEPLOYER)
    w.call(r, "setLiquidationWidth", HYPE, w.random.choice((0, WIDTH)), sender=DEPLOYER)
    account = loan_in_trouble(w, w.random.choice((65, 65, 65, 50, 30)))
    w.call(venue, "liquidate", account, sender=KEEPER)
    w.warp(3)
    # Nobody takes an account's debt for the account itself.
    own = venue.calldata("liquidateAsTaker", account)
    w.call(venue, "forSubAccount", SUB_INDEX, own, sender=account)
    w.call(venue, "liquidateAsTaker", account, sender=KEEPER)
    for _ in range(w.random.choice((1, 3))):
        take_debt(w, account)
        w.warp(w.random.choice((1, 3, 3)))
    w.call(r, "setLiquidationWidth", HYPE, 0, sender=DEPLOYER)
    w.call(r, "setLiquidationWidth", 999, 0, sender=DEPLOYER)
    w.call(r, "setLiquidationWidth", HYPE, 0, sender=account)
    w.call(r, "setPolicy", policy(), sender=DEPLOYER)


def inventory_is_sold(w: World) -> None:
    """Let the backstop take something over and sell it as time passes."""
    r, venue, random = w.market.registry, w.venue, w.random
    half_life = random.choice((600, 600, 1, 0))
    w.call(r, "setPolicy", policy(twap_half_life=half_life), sender=DEPLOYER)
    account = loan_in_trouble(w, w.random.choice((65, 65, 65, 50, 30)))
    w.call(venue, "liquidate", account, sender=KEEPER)
    for seconds in (0, random.choice((3, 299, 600)), 86_400):
        w.warp(seconds)
        w.report()
        for pair in w.some(3, ((107,), (107,), (142,), (SPOT[FINE],), (DARK,), (998,))):
            w.call(venue, "sellInventory", *pair, sender=KEEPER)
        w.call(venue, "liquidate", account, sender=KEEPER)
    w.call(r, "setPolicy", policy(), sender=DEPLOYER)


def buffers_are_swept(w: World) -> None:
    """Sweep buffers in time, too early, and where the policy has none swept."""
    r, venue = w.market.registry, w.venue
    role = w.random.choice(WALLETS)
    w.warp(w.random.choice((1, 3_600)))
    for token in (USDC, USDC, USDT0, FINE, UBTC, 999):
        w.call(venue, "sweepBuffer", token, sender=role)
    w.call(r, "setPolicy", policy(buffer_interval=0), sender=DEPLOYER)
    w.call(venue, "sweepBuffer", USDC, sender=role)
    w.call(r, "setPolicy", policy(), sender=DEPLOYER)
    w.report()


KEEPING = (debts_change_hands, debts_change_hands, inventory_is_sold, buffers_are_swept)
