"""Interval ends against the integers: the marks beside each end, and walks up to it. SPEC PM-18.

No figure of `pmkit.intervals` but the ends themselves is looked at. Positions and debts are large
enough that all floors together are worth less than `BESIDE` steps, or that part of the mark.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from random import Random

import pytest
from core.builders import CURRENT, account, perp, token
from core.test_intervals import at_mark

from pmkit.errors import InputError
from pmkit.intervals import Move, liquidation_interval
from pmkit.margin import account_margin
from pmkit.model import Account, DexState, Mode, PerpState
from pmkit.policy import Policy, Reading
from pmkit.sweep import swept
from pmkit.units import UINT128_MAX

MARKS = {"BTC": 10**6, "ETH": 4 * 10**5, "SOL": 2 * 10**6, "HYPE": 5 * 10**5}
LOTS = {"BTC": 10**5, "ETH": 10**5, "SOL": 10**4, "HYPE": 10**5}
"""About 100,000 USD of each coin; a hundredth of it moves 100 millionths with one step."""
FOLLOWERS = {"BTC": 2, "HYPE": 3}
"""Index of the collateral whose price is a hundred times the coin's mark on its own grid."""
BESIDE, PART = 2, 10**7
"""Steps of the grid beside an end at which the integers have flipped, plus a part of the end: one
wei in a debt of a few hundred dollars."""
FAR = 1_000
"""Times the mark up to which ends are looked at."""
ACCOUNTS = 60
"""Accounts of one seed."""


def drawn(random: Random) -> Account:
    """Return an account with up to three dexes, margined in quotes and in collateral."""
    marks = {coin: mark * random.randint(20, 300) // 100 for coin, mark in MARKS.items()}
    prices = {"USDC": 1, "USDT0": 999_930, "UBTC": 100 * marks["BTC"], "HYPE": 100 * marks["HYPE"]}
    tokens = []
    for name, px in prices.items():
        amount = random.choice((0, 1_000, 100_000, 300_000)) * random.randint(50, 150) // 100
        kind = random.choice(("supplied", "borrowed", "idle", "none"))
        if kind == "borrowed" and name in ("UBTC", "HYPE") and random.random() < 0.7:
            kind = "supplied"
        state = token(name, px=px)
        one = unit_of_usd(state.wei_decimals, state.sz_decimals, px)
        if kind != "none":
            state = replace(state, **{kind: amount * one})
        if random.random() < 0.3:
            state = replace(state, idle=random.randint(0, 50_000) * one)
        state = replace(
            state,
            borrow_floor=random.choice((0, 0, state.borrowed // 2, state.borrowed)),
            borrowable=state.borrowable or random.random() < 0.2,
            user_borrow_cap=random.choice((UINT128_MAX, 200_000 * one)),
            user_supply_cap=random.choice((UINT128_MAX, 200_000 * one)),
            supply_room=random.choice((0, UINT128_MAX // 2, 30_000 * one)),
            borrow_room=random.choice((0, UINT128_MAX // 2, 30_000 * one, 300_000 * one)),
            cash=random.choice((UINT128_MAX // 2, UINT128_MAX // 2, 50_000 * one)),
        )
        tokens.append(state)
    dexes = [random.choice((0, 0, 1, 2, 3)) for _ in range(random.randint(1, 3))]
    perps: list[PerpState] = []
    for coin, mark in marks.items():
        if random.random() < 0.6:
            lots = LOTS[coin] * random.randint(1, 200) // 100 * random.choice((-1, 1))
            leverage, dex = random.randint(1, 10), random.randrange(len(dexes))
            perps.append(perp(coin, lots, mark, leverage=leverage, dex=dex))
    states = []
    for d, collateral in enumerate(dexes):
        mine = [p for p in perps if p.dex == d]
        total = sum(abs(p.szi) * p.mark for p in mine)
        equity = total * random.randint(2, 60) // 100 + random.choice((0, 0, 10**10))
        states.append(
            DexState(collateral=collateral, raw_usd=equity - sum(p.szi * p.mark for p in mine))
        )
    policy = Policy(
        reading=random.choice(tuple(Reading)),
        trigger_inclusive=random.random() < 0.3,
        strict_ltv=random.random() < 0.3,
    ).margin
    mode = random.choices(tuple(Mode), (1, 2, 7))[0]
    return account(*tokens, dexes=tuple(states), perps=tuple(perps), mode=mode, policy=policy)


def unit_of_usd(wei_decimals: int, sz_decimals: int, px: int) -> int:
    """Return about one USD of a token, wei."""
    return int(10 ** (wei_decimals + 8 - sz_decimals)) // px


def moves(built: Account) -> list[Move]:
    """Return every coin that can move: those held, and those whose collateral is there."""
    held = {p.asset: p for p in built.perps}
    found = []
    for coin in MARKS:
        asset, follower = CURRENT.perp(coin).id, FOLLOWERS.get(coin)
        if asset in held:
            found.append(Move(asset=asset, token=follower, mark=held[asset].mark))
        elif follower is not None:
            found.append(Move(asset=None, token=follower, mark=built.tokens[follower].px // 100))
    return found


def liquidatable(built: Account, move: Move, mark: int) -> bool:
    """Return the verdict of the integers with the coin at a mark."""
    return account_margin(swept(at_mark(built, move, Fraction(mark, move.mark)))).liquidatable


def quadratic(built: Account, move: Move) -> bool:
    """Return whether the price of a dex's own collateral moves with what it holds, or may lend."""
    return any(built.dexes[d].collateral == move.token for d in range(len(built.dexes)))


def beside(end: Fraction) -> int:
    """Return how far from an end the integers must have decided."""
    return BESIDE + int(end) // PART


def walked(random: Random, lowest: int, highest: int) -> list[int]:
    """Return marks between two, evenly and at random; none where they have changed places."""
    if lowest > highest:
        return []
    steps = [lowest + (highest - lowest) * i // 20 for i in range(21)]
    return [*steps, *(random.randint(lowest, highest) for _ in range(20))]


@pytest.mark.parametrize("seed", range(12))
def test_interval_ends_where_the_integers_flip(seed):
    random = Random(seed)  # noqa: S311 (accounts, not secrets)
    ends = 0
    for _ in range(ACCOUNTS):
        built = drawn(random)
        if account_margin(swept(built)).liquidatable:
            continue
        for move in moves(built):
            try:
                found = liquidation_interval(built, move)
            except InputError:
                assert quadratic(built, move)
                continue
            # A cap that was never stated may bind far beyond any price: no walk goes there.
            far = found.upper is None or found.upper > FAR * move.mark
            lowest = 1 if found.lower is None else ceil(found.lower) + beside(found.lower)
            highest = FAR * move.mark if far else floor(found.upper) - beside(found.upper)
            for mark in walked(random, lowest, highest):
                assert not liquidatable(built, move, mark), (found, move, mark)
            if found.lower is not None and floor(found.lower) > BESIDE:
                mark = floor(found.lower) - beside(found.lower)
                assert liquidatable(built, move, mark), (found, move)
                ends += 1
            if not far:
                mark = ceil(found.upper) + beside(found.upper)
                assert liquidatable(built, move, mark), (found, move)
                ends += 1
    assert ends > ACCOUNTS // 4
