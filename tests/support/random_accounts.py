"""Random accounts, built inside a regime rather than filtered, with the edges over-represented."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pmkit.model import Account, DexState, MarginPolicy, Mode, PerpState, TokenState
from pmkit.tiers import MarginTable, margin_table
from pmkit.units import UINT128_MAX, WAD

USD = 10**6
TABLES: tuple[MarginTable, ...] = (
    margin_table((0,), (3,)),
    margin_table((0,), (50,)),
    margin_table((0, 150_000_000 * USD), (40, 20)),
    margin_table((0, 100_000_000 * USD), (25, 15)),
    margin_table((0, 3_000_000 * USD), (10, 5)),
    margin_table((0, 10_000 * USD, 50_000 * USD), (40, 25, 10)),
)
# (token id, wei decimals, sz decimals, typical price on the grid)
TOKENS = (
    (0, 8, 8, 1),
    (150, 8, 2, 45_000_000),
    (197, 10, 5, 78_316_638),
    (268, 8, 2, 999_930),
    (360, 8, 2, 1_000_100),
    (7, 18, 0, 123_456),
    (8, 6, 6, 2_500),
)


def random_account(random: Random) -> Account:
    """Return one account; every branch of the margin formulas is reached often."""
    mode = random.choices(tuple(Mode), (1, 2, 7))[0]
    tokens = tuple(
        _token(random, *kind) for kind in TOKENS if kind[0] == 0 or random.random() < 0.6
    )
    dexes = tuple(
        DexState(
            collateral=random.choice([i for i, t in enumerate(tokens) if t.wei_decimals >= 6]),
            raw_usd=_signed(random, 10 ** random.randint(1, 15)),
        )
        for _ in range(random.choice((0, 1, 1, 1, 2, 3)))
    )
    perps = tuple(_perp(random, i, len(dexes)) for i in range(random.randint(0, 4) if dexes else 0))
    policy = MarginPolicy(
        trigger=random.choice((WAD * 95 // 100, WAD, WAD // 2)),
        trigger_inclusive=random.random() < 0.2,
        borrow_offset=random.choice((0, 0, 20 * WAD)),
        strict_ltv=random.random() < 0.3,
        cap_each=random.random() < 0.2,
        sweep_dust=random.choice((0, 0, 1, 10**6, 10**9)),
        second_trigger=random.random() < 0.8,
        perp_shortfall_trigger=random.random() < 0.8,
    )
    account = Account(mode=mode, tokens=tokens, dexes=dexes, perps=perps, policy=policy)
    return _near_balance(random, account) if dexes and random.random() < 0.6 else account


def _near_balance(random: Random, account: Account) -> Account:
    """Set the equity of each dex near its margin levels, where decisions are taken."""
    dexes = list(account.dexes)
    for d, dex in enumerate(dexes):
        mine = [p for p in account.perps if p.dex == d]
        value = sum(p.szi * p.mark for p in mine)
        total = sum(abs(p.szi) * p.mark for p in mine)
        equity = total // random.choice((5, 10, 20, 40, 80, 100)) + random.randint(-2, 2)
        dexes[d] = replace(dex, raw_usd=equity - value)
    return replace(account, dexes=tuple(dexes))


def _token(random: Random, token: int, wei_decimals: int, sz_decimals: int, px: int) -> TokenState:
    one = 10**wei_decimals
    ltv = 0 if token in (0, 268, 360) else random.choice((0, 5_000, 6_500, 9_999))
    supplied = borrowed = 0
    side = random.random()
    if side < 0.45:
        supplied = _amount(random, one)
    elif side < 0.8:
        borrowed = _amount(random, one)
    cap = random.choice((UINT128_MAX, 1_000_000 * one, one, supplied, max(0, supplied - 1), 0))
    known = token == 0 or random.random() > 0.02
    moved = px if token == 0 else max(1, px * random.randint(1, 300) // 100)
    return TokenState(
        token=token,
        px=moved if known else 0,
        wei_decimals=wei_decimals,
        sz_decimals=sz_decimals,
        ltv_bps=ltv,
        borrowable=token in (0, 268) or random.random() < 0.2,
        user_supply_cap=cap,
        user_borrow_cap=random.choice((UINT128_MAX, 50_000_000 * one, 1_000 * one, borrowed, 0)),
        idle=random.choice((0, 0, _amount(random, one))),
        supplied=supplied,
        borrowed=borrowed,
        borrow_floor=random.choice((0, 0, borrowed // 2, borrowed)),
        supply_room=random.choice((0, UINT128_MAX - supplied, _amount(random, one))),
        borrow_room=random.choice(
            (0, UINT128_MAX // 2, _amount(random, one), _amount(random, one))
        ),
        cash=random.choice((0, UINT128_MAX // 4, _amount(random, one), _amount(random, one))),
    )


def _perp(random: Random, i: int, dexes: int) -> PerpState:
    table = random.choice(TABLES)
    szi = random.choice((-1, 1)) * random.randint(1, 10 ** random.randint(1, 9))
    mark = random.randint(1, 10 ** random.randint(1, 8))
    if random.random() < 0.1 and len(table.tiers) > 1:
        # On a tier bound, one unit below, one above.
        bound = random.choice(table.tiers[1:]).lower_bound + random.randint(-1, 1)
        szi, mark = (szi // abs(szi)) * bound, 1
    return PerpState(
        asset=random.choice((i, 100_000 + i)),
        dex=random.randrange(dexes),
        szi=szi,
        mark=mark if random.random() > 0.01 else 0,
        leverage=random.randint(1, 50),
        table=table,
    )


def _amount(random: Random, one: int) -> int:
    return random.choice(
        (
            random.randint(0, 3),
            random.randint(0, one),
            random.randint(0, 10 ** random.randint(1, 9) * one),
        )
    )


def _signed(random: Random, magnitude: int) -> int:
    return random.randint(-magnitude, magnitude)
