"""The inputs of filled vectors: for every pure function a grid of its edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from pmkit.errors import VenueError
from pmkit.margin import NO_CONDITION, account_margin
from pmkit.model import (
    Account,
    AccountMargin,
    DexState,
    MarginPolicy,
    Mode,
    PerpState,
    TokenState,
)
from pmkit.oracle import Ema
from pmkit.rates import MAX_EXPONENT, MAX_INDEX, YEAR, RateCurve, ReserveIndexes
from pmkit.tiers import margin_table
from pmkit.units import BPS, INFINITE, INT128_MAX, RAY, UINT128_MAX, UINT256_MAX, WAD

Inputs = dict[str, Any]
USD = 10**6
STABLE = RateCurve(
    base=RAY // 20, slope=475 * RAY // 100, kink=RAY * 8 // 10, protocol_share=WAD // 10
)
FREE = RateCurve(base=0, slope=0, kink=RAY, protocol_share=0)
ANNUAL = replace(STABLE, annual=True)
EARLY = replace(STABLE, kink=RAY * 3 // 10)
BITCOIN = margin_table((0, 150_000_000 * USD), (40, 20))
THREE_TIERS = margin_table((0, 10_000 * USD, 50_000 * USD), (40, 25, 10))
RECORDED = MarginPolicy(
    trigger=WAD * 95 // 100,
    trigger_inclusive=False,
    borrow_offset=0,
    strict_ltv=False,
    cap_each=False,
    sweep_dust=0,
    second_trigger=True,
    perp_shortfall_trigger=True,
)
DOCS = replace(RECORDED, borrow_offset=20 * WAD)
USDC = TokenState(
    token=0,
    px=1,
    wei_decimals=8,
    sz_decimals=8,
    ltv_bps=0,
    borrowable=True,
    user_supply_cap=UINT128_MAX,
    user_borrow_cap=10**16,
    idle=0,
    supplied=0,
    borrowed=0,
    borrow_floor=0,
    supply_room=UINT128_MAX,
    borrow_room=10**16,
    cash=10**16,
)
USDT0 = replace(USDC, token=268, px=999_930, sz_decimals=2)
HYPE = replace(USDC, token=150, px=33_000_000, sz_decimals=2, ltv_bps=5_000, borrowable=False)
UBTC = replace(HYPE, token=197, px=78_316_638, wei_decimals=10, sz_decimals=5)
COARSE = replace(USDC, token=8, px=2_500, wei_decimals=6, sz_decimals=6, ltv_bps=9_999)
FINE = replace(USDC, token=7, px=123_456, wei_decimals=18, sz_decimals=0)
TOKENS = (USDC, USDT0, HYPE, UBTC, COARSE, FINE)
ACCOUNTS = 24
SEED = 20_260_819


def grid(**axes: Iterable[Any]) -> list[Inputs]:
    """Return all combinations of the values of each parameter."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def around(*edges: int) -> list[int]:
    """Return each edge with its neighbours, none below zero."""
    return sorted({e + d for e in edges for d in (-1, 0, 1) if e + d >= 0})


def grids(random_accounts: Iterator[Any]) -> dict[str, list[Inputs]]:
    """Return the inputs of every function; whole accounts come from an iterator."""
    accounts = [next(random_accounts) for _ in range(ACCOUNTS)] + edge_accounts()
    return {
        **unit_grids(),
        **rate_grids(),
        **tier_and_oracle_grids(),
        **mark_grids(),
        **margin_grids(),
        **liquidation_grids(),
        **funding_grids(),
        **token_grids(),
        **stale_grids(),
        "account_margin": [{"account": a} for a in accounts],
        "account_value_down": [{"account": a} for a in accounts],
        "display_available_down": [
            {"account": a, "margin": margin, "dex": dex}
            for a in accounts
            if (margin := margin_of(a)) is not None
            for dex in range(len(a.dexes))
        ],
        "sweep": [{"account": a} for a in accounts],
    }


def edge_accounts() -> list[Account]:
    """Return accounts that random ones miss: whole figures, and figures a unit away from them."""
    # Of 18 decimals at the least price 1e20 wei are worth 1e-6 USD.
    dust = replace(FINE, px=1, borrow_room=UINT128_MAX)
    short = PerpState(asset=0, dex=0, szi=-(10**5), mark=783_470, leverage=40, table=BITCOIN)
    unified = [
        Account(mode=Mode.UNIFIED, tokens=(token,), dexes=(), perps=(), policy=RECORDED)
        for wei in around(10**20)
        for token in (replace(dust, idle=wei), replace(dust, borrowed=wei))
    ]
    standard = [
        Account(
            mode=Mode.STANDARD,
            tokens=(USDC,),
            dexes=(DexState(collateral=0, raw_usd=78_347_000_000 + equity),),
            perps=(short,),
            policy=RECORDED,
        )
        for equity in (-1, 0, 1, 2)
    ]
    # Under the strict limit debt is made in a second round: there the first token lacks nothing.
    second = Account(
        mode=Mode.PORTFOLIO_MARGIN,
        tokens=(USDC, USDT0, replace(UBTC, supplied=10**12)),
        dexes=(DexState(collateral=1, raw_usd=78_347_000_000),),
        perps=(short,),
        policy=replace(RECORDED, strict_ltv=True),
    )
    # Of fewer decimals than perp USD: no dex may count in it, and none does.
    few = replace(COARSE, wei_decimals=5, sz_decimals=5, idle=7)
    coarse = [
        Account(mode=mode, tokens=(few,), dexes=(), perps=(), policy=RECORDED) for mode in Mode
    ]
    # Two dexes of one token: both hand back, or share what there is in their order.
    over, lacking = (
        Account(
            mode=Mode.UNIFIED,
            tokens=(replace(USDC, idle=idle),),
            dexes=(DexState(collateral=0, raw_usd=first), DexState(collateral=0, raw_usd=other)),
            perps=perps,
            policy=RECORDED,
        )
        for idle, first, other, perps in (
            (0, 10**9, 2 * 10**9, ()),
            (10**12, 78_347_000_000, 78_347_000_001, (short, replace(short, dex=1))),
        )
    )
    # The least that a dex can hand back, of a token as coarse as perp USD.
    least = Account(
        mode=Mode.UNIFIED,
        tokens=(COARSE,),
        dexes=(DexState(collateral=0, raw_usd=1),),
        perps=(),
        policy=RECORDED,
    )
    return [*unified, *standard, second, *coarse, over, lacking, least]


def margin_of(account: Account) -> AccountMargin | None:
    """Return an account's figures; None where a price is missing."""
    try:
        return account_margin(account)
    except VenueError:
        return None


def unit_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of the arithmetic and of values at a price."""
    factors = (0, 1, 3, 7, WAD, UINT256_MAX)
    division = grid(a=factors, b=(0, 1, 2, WAD, UINT128_MAX), denominator=(0, 1, 2, WAD))
    # Where a product begins to need more than a word.
    half = (UINT128_MAX, 2**128, 2**128 + 1, 2**129 - 1, 2**129, 3 * 2**128)
    division += grid(a=half, b=half, denominator=(UINT128_MAX, 2**130 - 1, UINT256_MAX))
    amounts = (0, 1, 99, 10**8, 10**16 + 1, UINT128_MAX)
    decimals = ((6, 6), (8, 2), (8, 8), (10, 5), (18, 0), (0, 9))
    priced = [
        {"px": px, "wei_decimals": wei, "sz_decimals": size}
        for px in (0, 1, 33_000_000, 2**64 - 1)
        for wei, size in decimals
    ]
    of_amount = [{"amount": amount, **rest} for amount in amounts for rest in priced]
    values = (0, 1, WAD - 1, WAD, 250 * WAD, 2**200)
    of_value = [{"value": value, **rest} for value in values for rest in priced]
    return {
        "mul_div_down": division,
        "mul_div_up": division,
        "mul_div_nearest": division,
        "to_uint128": grid(value=(*around(0, UINT128_MAX), UINT256_MAX)),
        "to_int128": grid(
            value=(*around(0, INT128_MAX), -INT128_MAX, -INT128_MAX - 1, 1 - 2**255, 2**255 - 1)
        ),
        "px_scale": [{"wei_decimals": wei, "sz_decimals": size} for wei, size in decimals],
        "value_down": of_amount,
        "value_up": of_amount,
        "amount_down": of_value,
        "amount_up": of_value,
    }


def rate_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of interest, at the kink and at the ends of the number range."""
    indexes = (RAY, RAY + 1, 2 * RAY - 1, 1_000_570_939_179_470_999_841_760_503, 0)
    shares = grid(shares=(0, 1, 10**9 - 1, 10**9, 10**17 + 1, UINT128_MAX), index=indexes)
    amounts = grid(amount=(0, 1, 2 * 10**8, 10**16 + 1, UINT128_MAX), index=indexes)
    utilizations = around(0, RAY // 2, RAY * 8 // 10, RAY)
    exponents = (
        *around(0, RAY // 16, RAY // 8, RAY, MAX_EXPONENT),
        RAY // 20 // (365 * 86_400),
        RAY // 20 // 8_760,
        RAY // 20,
        10 * RAY,
    )
    reserves = [
        ReserveIndexes(
            supply_index=supply,
            borrow_index=borrow,
            supply_shares=s,
            borrow_shares=b,
            buffer=buffer,
        )
        for supply, borrow, buffer in ((RAY, RAY, 0), (RAY + 12_345, RAY + 99_999, 10**12 + 7))
        for s, b in ((0, 0), (10**18, 0), (10**18, 5 * 10**17), (10**18, 9 * 10**17), (0, 10**9))
    ]
    # Where no product comes out even.
    uneven = ReserveIndexes(
        supply_index=RAY + 2 * RAY // 3,
        borrow_index=RAY + 6 * RAY // 7,
        supply_shares=10**18 + 2,
        borrow_shares=8 * 10**17 + 13,
        buffer=3,
    )
    # Near the ends of an index, of shares, of the buffer.
    full = [
        uneven,
        replace(uneven, buffer=UINT128_MAX - 10**9 - 7),
        replace(uneven, buffer=UINT128_MAX - 5 * 10**8 - 1, borrow_shares=7 * 10**17 + 11),
        replace(reserves[2], borrow_index=MAX_INDEX - 10**27),
        replace(reserves[2], borrow_index=MAX_INDEX),
        replace(reserves[2], supply_index=MAX_INDEX, borrow_index=10**31),
        replace(reserves[2], supply_index=MAX_INDEX - 10**25, borrow_index=10**31),
        replace(reserves[2], supply_shares=10**38, borrow_shares=10**38, borrow_index=10**31),
        replace(reserves[2], supply_shares=UINT128_MAX, borrow_shares=UINT128_MAX),
        replace(reserves[2], buffer=UINT128_MAX - 10**9),
        replace(reserves[4], buffer=UINT128_MAX),
        # Just the room for a year's interest at a rate of one: (e - 1) of 1e9 shares, down.
        replace(reserves[4], buffer=UINT128_MAX - 1_718_281_828),
    ]
    return {
        "utilization": grid(
            borrowed=(0, 1, 10**8, UINT128_MAX), supplied=(0, 1, 10**8 + 1, 10**30)
        ),
        "borrow_rate": grid(utilization_=utilizations, curve=(STABLE, FREE, EARLY)),
        "supply_rate": grid(
            borrow_rate_=(0, RAY // 20, RAY),
            utilization_=utilizations,
            protocol_share=(0, WAD // 10),
        ),
        "expm1": grid(exponent=exponents),
        "ln1p": grid(
            rate=(
                *around(0, RAY // 20, RAY, 3 * RAY, 10_000 * RAY),
                525 * RAY // 1_000,
                UINT256_MAX // 10**9,
                UINT256_MAX,
            )
        ),
        "growth_of": grid(
            rate=(0, RAY // 20, RAY, 10_000 * RAY, UINT256_MAX // 10**9),
            elapsed=(0, 1, 3_600, YEAR, 50 * YEAR),
            annual=(False, True),
        ),
        "interest_room_down": [
            {**given, "interest": interest, "lent": lent}
            for given in grid(
                reserve=(*reserves[1:3], *full), protocol_share=(0, 1, WAD // 10, WAD - 1, WAD)
            )
            for interest, lent in (
                (0, 0),
                (10**30, 0),
                (10**17 + 3, 7),
                (10**17 + 3, 3 * 10**16 + 1),
                (10**17 + 3, 10**17 + 3),
                (10**47, 10**38),
                (10**47, 10**47),
            )
        ],
        "accrue": grid(
            reserve=(*reserves, *full),
            curve=(STABLE, FREE, ANNUAL),
            elapsed=(0, 1, 3_600, 365 * 86_400, 50 * 365 * 86_400),
        ),
        "shares_down": amounts,
        "shares_up": amounts,
        "amount_of_shares_down": shares,
        "amount_of_shares_up": shares,
    }


def tier_and_oracle_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of margin tables and of the median, on bounds and off the grid."""
    notionals = around(0, 10_000 * USD, 50_000 * USD, 150_000_000 * USD, 200_000_000 * USD)
    of_table = grid(notional=notionals, table=(BITCOIN, THREE_TIERS))
    tables: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
        ((0,), (1,)),
        ((0,), (100,)),
        ((0, 1), (3, 1)),
        ((0, 3_000_000 * USD), (10, 5)),
        ((0, 10, 20, 30), (97, 89, 83, 79)),
        ((0, 10, 20, 30, 40, 50), (97, 89, 83, 79, 73, 71)),
        ((), ()),
        ((0, 1), (10,)),
        ((1,), (10,)),
        ((0,), (0,)),
        ((0,), (101,)),
        ((0, 5), (10, 10)),
        ((0, 5, 5), (10, 5, 4)),
        ((0, 10, 5), (10, 5, 4)),
        ((0, 5), (5, 10)),
        ((0, 5, 10), (10, 4, 5)),
    )
    oracle: list[Inputs] = [
        {"perp_sz_decimals": perp, "sz_decimals": size, "usdc_px": usdc}
        for perp, size in ((5, 5), (2, 2), (0, 0), (6, 8))
        for usdc in (0, 1, 99_950_000, 10**8, 100_050_000)
    ]
    prices = ((0, 0, 0), (1, 1, 1), (78_316_600, 783_470, 783_400), (2**63, 1, 2**63))
    return {
        "margin_table": [{"lower_bounds": b, "max_leverages": m} for b, m in tables],
        "tier_at": of_table,
        "tier_room_down": grid(
            szi=(0, 1, 9_998, -12_500, 2**63 - 1),
            mark=(0, 1, 7, 1_000_000),
            is_buy=(False, True),
            leverage=(0, 10, 11, 25, 40, 41),
            table=(BITCOIN, THREE_TIERS),
        ),
        "maintenance_margin_down": of_table,
        "median": grid(a=(0, 1, 5), b=(0, 1, 5, UINT256_MAX), c=(0, 3, 5)),
        "perp_px_on_spot_grid_nearest": [
            {"px": px, **rest} for px in (0, 1, 5, 783_470, 2**64 - 1) for rest in oracle
        ],
        "borrow_oracle_px": [
            {"spot": s, "mark": m, "oracle": o, **rest} for s, m, o in prices for rest in oracle
        ],
    }


def mark_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of moving averages and of the mark price, with prices missing."""
    averages = (
        Ema(num=0, den=0),
        Ema(num=30 * RAY, den=3 * RAY),
        Ema(num=-(31 * RAY) - 1, den=2 * RAY),
        Ema(num=7 * 10**12 * RAY + 12_345, den=150 * RAY + 1),
    )
    lists: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
        ((), ()),
        ((5,), ()),
        ((5,), (0,)),
        ((5,), (7,)),
        ((1,), (7,)),
        ((0,), (7,)),
        ((5, 3), (1, 1)),
        ((5, 3), (2, 1)),
        ((3, 5, 3), (1, 2, 1)),
        ((9, 0, 4, 6), (1, 9, 1, 1)),
        ((783_470, 783_440, 783_500, 783_410, 783_520), (3, 2, 2, 1, 1)),
        ((783_470, 783_440, 783_500, 783_410, 783_520), (0, 2, 2, 1, 1)),
        ((1, 2), (UINT256_MAX, 1)),
        ((1, 2), (UINT256_MAX, 0)),
    )
    parts = (0, 783_450, 783_470)
    return {
        "weighted_median": [{"prices": p, "weights": w} for p, w in lists],
        "decay_down": grid(
            elapsed=(0, 1, 3, 150, 5_999, *around(6_000), 10**9, UINT256_MAX),
            time_constant=(0, 1, 30, 150),
        ),
        "ema_updated": grid(
            ema=averages,
            sample=(0, 20, -20, 2**64 - 1),
            elapsed=(0, 1, 3, 7_000, 2**40),
            time_constant=(0, 30, 150),
        ),
        "ema_nearest": grid(ema=(*averages, *(Ema(num=num, den=2) for num in range(-6, 7)))),
        "basis_px_nearest": grid(oracle=(0, 1, 15, 16, 17, 783_400), ema=averages),
        "book_median": grid(bid=(0, 783_460), ask=(0, 783_480), last=(0, 783_430, 783_490)),
        "mark_px": grid(basis_px=parts, book_px=parts, cex_px=parts, book_ema_px=(0, 783_460)),
    }


def margin_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of margin formulas that take plain numbers."""
    values = (0, 1, 3, 10_001, 330 * WAD, UINT128_MAX)
    weights = grid(value=values, ltv_bps=(0, 1, 5_000, 6_500, BPS - 1))
    ratios = (0, 1, 19, 20, 95 * WAD, 10**30)
    return {
        "notional": grid(szi=(0, 1, -1, -(10**5), 2**63 - 1, -(2**63)), mark=(0, 1, 2**64 - 1)),
        "initial_margin_down": grid(notional_=(0, 1, 99, 10**11), leverage=(0, 1, 3, 40)),
        "transfer_margin_up": grid(initial_margin=(0, 1, 2, 10**10), notional_=(0, 1, 11, 10**11)),
        "wei_per_perp_usd": grid(wei_decimals=(0, 5, 6, 8, 18)),
        "perp_to_wei": grid(usd=(0, 1, -1, 10**15, -(10**15)), wei_decimals=(5, 6, 8, 18)),
        "weight_ltv_down": weights,
        "weight_threshold_down": weights,
        "weight_takeover_down": weights,
        "ratio_up": grid(requirement=ratios, liquidation_value=ratios),
        "is_beyond": grid(
            requirement=(*ratios, UINT256_MAX),
            liquidation_value=ratios,
            trigger=(WAD * 95 // 100, WAD),
            inclusive=(False, True),
        ),
        "cap_used_nearest": grid(
            amount=(0, 1, 2, 10**10, UINT128_MAX, UINT256_MAX),
            cap=(0, 1, 3, 2 * 10**10, UINT128_MAX),
        ),
        "health_factor_down": grid(
            borrow_power=(0, 1, 45_000 * WAD), gross_debt=(0, 1, 3, 42_000 * WAD)
        ),
        "is_admitted": grid(
            volume=(*around(5_000_000 * USD), 2**64),
            value=(-1, *around(10_000 * USD, 25_000_000 * USD), 2**64),
            min_volume=(0, 5_000_000 * USD, NO_CONDITION),
            min_value=(0, 10_000 * USD, NO_CONDITION),
            max_value=(25_000_000 * USD, NO_CONDITION),
        ),
        "health_of": grid(
            liquidatable=(False, True),
            net_debt=(0, 250 * WAD),
            shortfall=around(250 * WAD),
            takeover_value=(0, 250 * WAD),
            health_factor=(*around(WAD), INFINITE),
        ),
        "kept_margin_up": grid(
            equity=(-(10**10), -1, 0, 1, *around(10**10), 10**11),
            initial_margin=(0, 1, 10**10),
            szi_before=(0, 3, -3, 10**5),
            szi_now=(0, 1, -2, 3, -3, 99_999, 10**5 + 1),
        ),
        "locked_collateral_up": [
            {"debt_value": debt, "px": px, "wei_decimals": wei, "sz_decimals": 2, "ltv_bps": ltv}
            for debt in (0, 1, 100 * WAD)
            for px in (0, 1, 40 * USD)
            for wei in (6, 8, 18)
            for ltv in (0, 1, 5_000, BPS - 1)
        ],
    }


def liquidation_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of both legs and of displayed prices."""
    positions = [
        {"mark": mark, "szi": szi, "sz_decimals": size, "max_leverage": leverage}
        for mark in (0, 1, 783_470)
        for szi in (1, -1, -2_189_310, 7_500_000)
        for size, leverage in ((0, 3), (5, 40))
    ]
    return {
        "step_debt_up": grid(
            debt_at_start=(0, 1, 250, 251),
            debt=(0, 30, 250),
            step=(0, WAD // 5, WAD),
            minimum=(0, 10),
        ),
        "partial_takeover": grid(
            debt=(0, 1, 50 * WAD), takeover_value=(0, 1, 3, 275 * WAD, 300 * WAD)
        ),
        "reward_ppm_down": grid(
            reward_ppm=(0, 1, 50_000, 100_000),
            debt=(0, 1, *around(95 * WAD), 10**30),
            collateral=(0, 1, 100 * WAD, 10**30),
        ),
        "width_share_down": grid(
            share=(0, 1, WAD // 5, WAD),
            value=(0, 1, *around(300_000 * WAD), 10**30),
            width=(0, 1, 300_000 * WAD, UINT128_MAX),
        ),
        "full_takeover": grid(
            debt=(0, 1, 250 * WAD), collateral_value=(0, 1, 200 * WAD, 250 * WAD)
        ),
        "perp_close_up": grid(
            szi=(1, -1, 11, -(2**63) + 1),
            notional=around(100_000 * USD),
            threshold=(100_000 * USD,),
            part=(0, WAD // 5, WAD),
            cooling=(False, True),
        ),
        "is_below_backstop": grid(
            equity=(-(10**12), -1, 0, *around(571_437_500 * 2 // 3), 10**12),
            maintenance=(0, 1, 571_437_500),
            backstop_ratio=(0, WAD, 3 * WAD // 2, 2**64 - 1),
        ),
        "display_liquidation_px_down": [
            {**p, "available": a}
            for p in positions
            for a in (0, 1, -1, 13_571_346_019_832_834, -(10**20))
        ],
        "adl_index_down": [
            {"mark": mark, "szi": szi, "notional": mark * abs(szi), **rest}
            for mark in (0, 1, 783_470)
            for szi in (0, 1, -2_189_310, 2**63 - 1)
            for rest in grid(entry_ntl=(0, 1, 10**12), account_value=(-1, 0, 1, 55 * 10**9))
        ],
        "remaining_up": grid(
            amount=(0, 1, 10**11, UINT128_MAX, UINT256_MAX),
            elapsed=(0, 1, 300, 600, 601, 12_345, 600 * 128, 600 * 129, 600 * 400),
            half_life=(0, 1, 600, UINT256_MAX),
        ),
        "isolated_liquidation_px_down": [
            {**p, "margin": margin, "maintenance": maintenance}
            for p in positions
            for margin, maintenance in ((0, 0), (2_123_360_586, 571_437_500), (-1, 1))
        ],
    }


def funding_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of funding, around its clamps."""
    clamps = (0, 10**14, 6 * 10**14, -4 * 10**14, 10**16, 32 * 10**16)
    premiums = sorted({s * (c + d) for c in clamps for d in (-1, 0, 1) for s in (1, -1)})
    book = grid(
        bid=(0, 1, 9_999, 10_100, 2**64 - 1),
        ask=(0, 9_990, 10_120, 2**64 - 1),
        oracle=(0, 1, 7, 10_000, 2**64 - 1),
    )
    return {
        "premium_down": grid(px=(0, 1, 3, 10_100, 2**64 - 1), oracle=(0, 1, 7, 10_000, 2**64 - 1)),
        "impact_premium_down": book,
        "mid_premium_down": book,
        "funding_rate": grid(premium=premiums),
        "hourly_rate_down": grid(premium=premiums),
        "funding_payment_up": grid(
            szi=(0, 1, -1, 10**5, -(10**5), 2**63 - 1, -(2**63)),
            growth=(0, 1, -1, WAD, 10**6 * 1_187_500_000_000_000 + 1, -(2**190)),
        ),
        "hours_turned": grid(
            since=(0, 1, 3_599, 3_600, 1_760_000_000),
            now=(0, 3_599, 3_600, 3_601, 1_760_000_000, 2**40 - 1),
            interval=(0, 1, 60, 3_600),
        ),
        "funding_index_after": grid(
            index=(0, -(10**30), 2**200),
            mark=(0, 1, 1_010_000, 2**64 - 1),
            oracle=(0, 1, 1_000_000, 2**64 - 1),
            turned=(0, 1, 3, 2**40),
        ),
    }


def token_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of formulas that take a token or positions."""
    unpriced = replace(HYPE, px=0)
    of_amount = grid(token=(*TOKENS, unpriced), amount=(0, 1, 10**9, UINT128_MAX))
    holding = replace(USDC, idle=150, supplied=10**9, borrowed=0)
    owing = replace(USDC, idle=10**9, borrowed=3 * 10**9, borrow_floor=5 * 10**8)
    capped = replace(holding, supply_room=7, borrow_room=11, cash=13)
    unlisted = replace(USDT0, px=0)
    perps = (
        PerpState(asset=0, dex=0, szi=-(10**5), mark=783_470, leverage=40, table=BITCOIN),
        PerpState(asset=159, dex=0, szi=12_345, mark=330_001, leverage=3, table=THREE_TIERS),
    )
    backed = (
        replace(USDC, borrowed=10**10),
        replace(HYPE, supplied=10**10),
        replace(UBTC, supplied=10**10 + 1),
        replace(USDT0, borrowed=7),
    )
    owed = (*backed, replace(unlisted, borrowed=1))
    least = (
        (replace(UBTC, supplied=1),),
        (replace(UBTC, supplied=10**10, ltv_bps=1),),
        # Worth 33 wei of USDC, less a debt of less than any unit.
        (replace(HYPE, supplied=2), replace(FINE, px=1, borrowed=1)),
    )
    return {
        "px_of": [{"token": t} for t in (*TOKENS, unpriced)],
        "token_value_down": of_amount,
        "token_value_up": of_amount,
        "net_total": grid(token=(holding, owing), equity=(0, -1, 10**12, -(10**12))),
        "borrow_capacity_down": grid(
            token=(USDC, USDT0, FINE, HYPE, unlisted, replace(USDC, user_borrow_cap=5)),
            values=((), (1,), (0, 112_500 * WAD), (40_000_000 * WAD, 30_000_000 * WAD)),
            cap_each=(False, True),
        ),
        "withdrawable_down": grid(
            token=(
                USDC,
                replace(USDC, supplied=7),
                replace(HYPE, supplied=10**9),
                replace(HYPE, supplied=10**9, ltv_bps=0),
                replace(unpriced, supplied=10**9),
                replace(FINE, px=123_457, ltv_bps=9_999, supplied=10**20 + 7),
            ),
            borrow_power=(0, 165 * WAD, 200 * WAD),
            gross_debt=(0, 1, 100 * WAD, 165 * WAD, 201 * WAD),
        ),
        "buying_power_down": grid(
            token=(USDC, USDT0, FINE, HYPE, unlisted, replace(USDC, user_borrow_cap=5)),
            borrow_power=(0, 1, 50_000 * WAD),
        ),
        "hold_up": grid(
            token=(USDC, HYPE, unlisted, replace(USDC, user_borrow_cap=5)),
            total=(0, 10**10, -(10**10)),
            equity=(0, 5 * 10**9, -(2 * 10**10)),
            borrow_power=(0, 1, 50_000 * WAD),
        ),
        "is_owing_too_much": grid(
            net_debt=(0, *around(75_000 * WAD)),
            threshold_value=(0, 75_000 * WAD),
            second_trigger=(False, True),
        ),
        "token_margin": grid(
            token=(holding, owing, USDT0, unlisted),
            equity=(0, 5 * 10**9, -(5 * 10**9)),
            maintenance=(0, 1_875 * 10**8),
            threshold_values=(
                (),
                (60_000 * WAD, 0, 52_500 * WAD),
                (6 * 10**7 * WAD, 7 * 10**7 * WAD),
            ),
            policy=(RECORDED, DOCS, replace(RECORDED, cap_each=True)),
        ),
        "dex_margin": [
            {"raw_usd": raw, "perps": held}
            for raw in (0, 10**11, -(10**11))
            for held in ((), perps[:1], perps, (replace(perps[0], mark=0),))
        ],
        "ltv_room_down": [
            {"tokens": tokens, "borrowed": borrowed}
            for tokens in ((), backed, backed[:2], backed[:1], (unpriced, *backed), owed, *least)
            for borrowed in (USDC, USDT0, unlisted)
        ],
        "sweep_token": grid(
            token=(holding, owing, capped, replace(owing, borrowed=10**8)),
            room=(0, 10**9 + 7),
            wanted=(0, 100, 10**9, 10**10),
            freed=(0, 10**9),
            unit=(1, 100),
            lends=(False, True),
        ),
    }


def stale_grids() -> dict[str, list[Inputs]]:
    """Return the inputs of the rules about old prices: owed, held, counted in, or none of it."""
    tokens = (
        replace(USDC, borrowed=5 * 10**8),
        replace(HYPE, supplied=10**9),
        replace(UBTC, px=2**64 - 1, supplied=1),
        replace(COARSE, idle=7),
    )
    others = (
        replace(HYPE, supplied=1),
        replace(USDC, supplied=5, ltv_bps=0),
        replace(COARSE, idle=7),
        replace(UBTC, borrowed=1),
    )
    dexes = (DexState(collateral=1, raw_usd=0), DexState(collateral=3, raw_usd=-1))
    richer = (DexState(collateral=1, raw_usd=1), DexState(collateral=2, raw_usd=0))
    accounts = [
        Account(mode=mode, tokens=held, dexes=those, perps=(), policy=RECORDED)
        for held, those in ((others, richer), (tokens, dexes))
        for mode in Mode
    ]
    of_token = grid(account=accounts, token=range(len(tokens)))
    # A set may name places beyond the last token.
    of_set = grid(account=accounts[2::3], stale=(0, 0b1, 0b110, 0b1111, UINT256_MAX))
    return {
        "is_decisive": of_token,
        "backs": of_token,
        "without_collateral": of_set,
        "at_twice_px": of_set,
        "twice": grid(px=(0, 1, 2**63 - 1, 2**63, 2**64 - 1)),
    }


def some_accounts() -> Iterator[Any]:
    """Return random accounts of a fixed seed, near their margin levels and with missing prices."""
    from support.random_accounts import random_account

    random = Random(SEED)  # noqa: S311 - reproducible inputs, not secrets
    while True:
        yield random_account(random)
