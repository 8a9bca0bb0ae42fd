"""Liquidation intervals: on paper, and the integers on either side of a root. SPEC PM-18."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from random import Random

import pytest
from core.builders import (
    CURRENT,
    DOCS,
    RECORDED,
    account,
    carry,
    hype,
    perp,
    token,
    ubtc,
    usdc,
)
from core.strategies import accounts
from hypothesis import assume, given
from hypothesis import strategies as st
from support.random_accounts import random_account

from pmkit.errors import InputError, MarkMissing, PriceMissing
from pmkit.intervals import (
    Interval,
    Move,
    buffers_of,
    dex_figures,
    flow_of,
    liquidation_interval,
    narrower,
    new_debts,
    perp_buffers,
)
from pmkit.margin import account_margin, dex_margins, wei_per_perp_usd
from pmkit.model import Account, DexState, Mode
from pmkit.sweep import swept
from pmkit.units import WAD

USDC_WEI = 10**8
BTC = CURRENT.perp("BTC").id


def carry_interval(built: Account) -> Interval:
    """Return the interval of the carry trade's BTC, in dollars."""
    found = liquidation_interval(built, Move(asset=BTC, token=1, mark=built.perps[0].mark))
    return Interval(
        lower=None if found.lower is None else found.lower / 10,
        upper=None if found.upper is None else found.upper / 10,
    )


@pytest.mark.parametrize("dollars", [50_000, 100_000, 150_000, 333_333])
def test_interval_of_the_carry_trade_ends_at_a_third_of_a_million(dollars):
    # (x − 100,000 + 0.0125 x) / 0.75 x = 0.95 at x = 1,000,000 / 3, wherever the mark is now.
    assert carry_interval(carry(dollars)) == Interval(lower=None, upper=Fraction(1_000_000, 3))


def test_interval_of_the_carry_trade_under_docs_ends_66_dollars_earlier():
    # 20 more in the numerator: x = 99,980 / 0.3.
    assert carry_interval(carry(100_000, policy=DOCS)).upper == Fraction(999_800, 3)


@pytest.mark.parametrize(
    ("perp_shortfall_trigger", "upper"),
    [
        # Nothing can be lent: 110,000 − x = x / 80 at x = 110,000 · 80 / 81.
        (True, Fraction(110_000 * 80, 81)),
        (False, Fraction(1_000_000, 3)),
    ],
)
def test_interval_of_a_dex_that_nobody_funds_follows_the_policy(perp_shortfall_trigger, upper):
    policy = replace(RECORDED, perp_shortfall_trigger=perp_shortfall_trigger)
    built = carry(100_000, policy=policy)
    empty = replace(built.tokens[0], cash=0, borrowed=10_000 * USDC_WEI)
    dex = DexState(collateral=0, raw_usd=110_000 * 10**6)
    built = replace(built, tokens=(empty, *built.tokens[1:]), dexes=(dex,))
    assert carry_interval(built).upper == upper


@pytest.mark.parametrize(
    ("second_trigger", "lower"),
    [
        # 1 BTC at three quarters carries both debts until x = 80,000 / 0.75; alone each needs
        # 0.95 · 0.75 x to stand above 40,000.
        (True, Fraction(80_000 * 4, 3)),
        (False, Fraction(40_000 * 4 * 20, 3 * 19)),
    ],
)
def test_interval_of_two_debts_follows_the_policy(second_trigger, lower):
    built = account(
        usdc(borrowed=40_000 * USDC_WEI),
        ubtc(120_000, supplied=10**10),
        token("USDT0", px=10**6, borrowed=40_000 * USDC_WEI),
        policy=replace(RECORDED, second_trigger=second_trigger),
    )
    found = liquidation_interval(built, Move(asset=None, token=1, mark=built.tokens[1].px))
    assert found == Interval(lower=lower * 10**3, upper=None)


def test_interval_of_a_liquidatable_account_has_no_ends():
    assert carry_interval(carry(400_000)) == Interval(lower=None, upper=None)


def test_interval_of_borrowing_against_collateral_ends_below():
    # 10 HYPE carry 250 until 0.95 · 10 x · 0.825 = 250, x = 31.897926…; there is no position.
    built = account(usdc(borrowed=250 * USDC_WEI), hype(50, supplied=10 * 10**8))
    found = liquidation_interval(built, Move(asset=None, token=1, mark=built.tokens[1].px))
    assert found == Interval(
        lower=Fraction(250 * 10**6) / (10 * Fraction("0.825") * Fraction("0.95")), upper=None
    )


def test_interval_of_a_hedged_book_has_two_ends():
    # 1 BTC supplied, 3 short from 100,000, 250,000 USDC: rising, the shorts lose more than the
    # collateral carries; falling, the shorts gain. A debt in USDT0 dies with the collateral
    # instead.
    built = account(
        usdc(idle=250_000 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
        token("USDT0", px=10**6, borrowed=30_000 * USDC_WEI),
        dexes=(DexState(collateral=0, raw_usd=300_000 * 10**6),),
        perps=(perp("BTC", -3 * 10**5, 1_000_000),),
    )
    found = liquidation_interval(built, Move(asset=BTC, token=1, mark=1_000_000))
    # Falling, USDT0's own ratio: 30,000 = 0.95 · 0.75 x. Rising, both debts on one collateral:
    # 30,000 + 3 x − 550,000 = 0.75 x, before USDC's own ratio at 550,000 / 2.325.
    assert found.lower == 10 * Fraction(30_000) / Fraction("0.7125")
    assert found.upper == 10 * Fraction(520_000) / Fraction("2.25")


def test_interval_of_a_capped_debt_ends_where_the_cap_binds():
    # 200 BTC at 100,000 would carry 15 million of USDT0, whose user cap is one: equity −0.95
    # million.
    built = account(
        token("USDT0", px=10**6),
        ubtc(100_000, supplied=200 * 10**10),
        dexes=(DexState(collateral=0, raw_usd=10**6 * 10**6),),
        perps=(perp("BTC", -(10**6), 1_000_000),),
    )
    found = liquidation_interval(built, Move(asset=BTC, token=1, mark=1_000_000))
    # 10 x · 1.0125 − 1,000,000 = 950,000.
    assert found.upper == 10 * Fraction(1_950_000) / Fraction("10.125")


@pytest.mark.parametrize(("cap_each", "carried"), [(False, 950_000), (True, 1_900_000)])
def test_interval_of_a_debt_on_two_collaterals_has_the_cap_that_the_policy_says(cap_each, carried):
    # Each of the two would carry more than the cap of one million; no dex is judged by itself.
    built = account(
        token("USDT0", px=10**6),
        ubtc(100_000, supplied=200 * 10**10),
        hype(50, supplied=400_000 * 10**8),
        dexes=(DexState(collateral=0, raw_usd=10**6 * 10**6),),
        perps=(perp("BTC", -(10**6), 1_000_000),),
        policy=replace(RECORDED, cap_each=cap_each, perp_shortfall_trigger=False),
    )
    found = liquidation_interval(built, Move(asset=BTC, token=1, mark=1_000_000))
    # 10 x · 1.0125 − 1,000,000 is what both carry.
    assert found.upper == 10 * Fraction(1_000_000 + carried) / Fraction("10.125")


def test_interval_of_two_debts_ends_where_the_larger_does():
    # 0.95 · 0.75 x = 40,000, whatever the second token owes.
    built = account(
        usdc(borrowed=40_000 * USDC_WEI),
        ubtc(120_000, supplied=10**10),
        token("USDT0", px=10**6, borrowed=10_000 * USDC_WEI),
        policy=replace(RECORDED, second_trigger=False),
    )
    found = liquidation_interval(built, Move(asset=None, token=1, mark=built.tokens[1].px))
    assert found == Interval(lower=10**3 * 40_000 / Fraction("0.7125"), upper=None)


def test_interval_of_two_debts_on_one_collateral_ends_at_the_second_trigger():
    built = account(
        usdc(borrowed=30_000 * USDC_WEI),
        token("USDT0", px=10**6, borrowed=30_000 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
    )
    found = liquidation_interval(built, Move(asset=None, token=2, mark=built.tokens[2].px))
    # Each ratio is far from 0.95, but 60,000 = 0.75 x.
    assert found.lower == 80_000 * 10**3


def test_interval_in_standard_mode_is_the_dexs_own():
    # 1 BTC long from 100,000 with 10,000: x − 90,000 = 0.0125 x.
    built = account(
        usdc(idle=10**15),
        dexes=(DexState(collateral=0, raw_usd=-90_000 * 10**6),),
        perps=(perp("BTC", 10**5, 1_000_000),),
        mode=Mode.STANDARD,
    )
    found = liquidation_interval(built, Move(asset=BTC, token=None, mark=1_000_000))
    assert found == Interval(lower=10 * Fraction(90_000) / Fraction("0.9875"), upper=None)


def test_interval_across_a_tier_bound_uses_the_higher_tier():
    # 1,000 BTC long at 200,000 is in the second tier (above 150 million): mm = 0.025 n − 1.875
    # million.
    equity = 4_000_000
    built = account(
        usdc(),
        dexes=(DexState(collateral=0, raw_usd=(equity - 200_000_000) * 10**6),),
        perps=(perp("BTC", 10**8, 2_000_000, leverage=40),),
        mode=Mode.STANDARD,
    )
    found = liquidation_interval(built, Move(asset=BTC, token=None, mark=2_000_000))
    # 1,000 x − 196,000,000 = 25 x − 1,875,000.
    assert found.lower == 10 * Fraction(194_125_000, 975)


def test_interval_of_a_coin_margined_in_its_own_token_is_refused():
    built = account(
        ubtc(100_000, idle=10**10, borrowable=True),
        dexes=(DexState(collateral=0, raw_usd=0),),
        perps=(perp("BTC", 1, 1_000_000),),
    )
    with pytest.raises(InputError) as failed:
        liquidation_interval(built, Move(asset=BTC, token=0, mark=1_000_000))
    said = "token 197: moves with a coin that is margined or borrowed in it"
    assert str(failed.value) == said


def at_mark(built: Account, move: Move, factor: Fraction) -> Account | None:
    """Return the account with the coin moved, or None where that is off a grid."""
    perps, tokens = list(built.perps), list(built.tokens)
    for i, position in enumerate(perps):
        if position.asset == move.asset:
            mark = position.mark * factor
            if mark.denominator != 1:
                return None
            perps[i] = replace(position, mark=int(mark))
    if move.token is not None:
        px = tokens[move.token].px * factor
        if px.denominator != 1:
            return None
        tokens[move.token] = replace(tokens[move.token], px=int(px))
    return replace(built, perps=tuple(perps), tokens=tuple(tokens))


TENTH_OF_A_CENT = Fraction(10**15)
"""What the floors that the interval leaves out may add up to, USD WAD."""


@given(accounts(strict=True), st.sampled_from(["BTC", "HYPE", "ETH", "SOL"]), st.data())
def test_interval_divides_the_marks_as_the_integers_do(built, coin, data):
    follower = {"BTC": 2, "HYPE": 3}.get(coin)
    held = next((p for p in built.perps if p.asset == CURRENT.perp(coin).id), None)
    assume(held is not None or follower is not None)
    mark = held.mark if held is not None else built.tokens[follower].px
    # The collateral's price as a multiple of the mark, so that every mark on the grid has a price.
    tokens = tuple(
        replace(t, px=mark * 100) if i == follower and held is not None else t
        for i, t in enumerate(built.tokens)
    )
    built = replace(built, tokens=tokens)
    move = Move(asset=held.asset if held is not None else None, token=follower, mark=mark)
    assume(not account_margin(swept(built)).liquidatable)
    found = liquidation_interval(built, move)
    roots = [int(root) for root in (found.lower, found.upper) if root is not None]
    near = [root + step for root in roots for step in (-1000, -10, -1, 0, 1, 2, 11, 1001)]
    probes = [*near, data.draw(st.integers(1, 4 * mark))]
    buffers = buffers_of(built, move)
    debts = 1 if built.policy.second_trigger else 0
    in_usd, in_wei = (*buffers.ratio, *buffers.other[:debts]), buffers.other[debts:]
    for probe in probes:
        if probe < 1:
            continue
        inside = (found.lower is None or probe > found.lower) and (
            found.upper is None or probe < found.upper
        )
        # Perp buffers count 1e-8 of a dollar, the others 1e-18.
        perp_buffers = [f.at(Fraction(probe)) * 10**10 for f in in_wei]
        left = [f.at(Fraction(probe)) for f in in_usd] + perp_buffers
        smallest = min(left, default=Fraction(WAD))
        if abs(smallest) < TENTH_OF_A_CENT:
            continue
        verdict = account_margin(swept(at_mark(built, move, Fraction(probe, mark)))).liquidatable
        assert verdict == (smallest < 0)
        if inside:
            assert not verdict


@pytest.mark.parametrize("policy", [RECORDED, DOCS])
def test_interval_of_a_hedged_book_flips_the_integers_between_two_marks(policy):
    # UBTC's price is the mark times 100 on its own, finer grid: 100,000.0 and 100,000.000.
    built = account(
        usdc(idle=250_000 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
        token("USDT0", px=999_930, borrowed=30_000 * USDC_WEI),
        dexes=(DexState(collateral=0, raw_usd=300_000 * 10**6),),
        perps=(perp("BTC", -3 * 10**5, 1_000_000), perp("SOL", 1_234, 101_590)),
        policy=policy,
    )
    move = Move(asset=BTC, token=1, mark=1_000_000)
    found = liquidation_interval(built, move)

    def liquidatable(mark: int) -> bool:
        moved = at_mark(built, move, Fraction(mark, move.mark))
        return account_margin(swept(moved)).liquidatable

    assert liquidatable(floor(found.lower))
    assert not liquidatable(ceil(found.lower))
    assert not liquidatable(floor(found.upper))
    assert liquidatable(ceil(found.upper))


@given(accounts(strict=True))
def test_interval_end_is_a_zero_of_one_buffer_and_of_none_before(built):
    assume(not account_margin(swept(built)).liquidatable)
    move = Move(asset=None, token=2, mark=built.tokens[2].px)
    found = liquidation_interval(built, move)
    buffers = buffers_of(built, move)
    every = buffers.ratio + buffers.other
    for root in (found.lower, found.upper):
        if root is not None and root != move.mark:
            assert min(abs(f.at(root)) for f in every) == 0
            middle = (root + move.mark) / 2
            assert all(f.at(middle) >= 0 for f in every)


STILL = Move(asset=None, token=None, mark=1)
"""Nothing moves: every function stands at the integers, but for their floors."""


def some_accounts(count):
    """Yield random accounts that lend or borrow and lack no price."""
    random = Random(20_260_819)  # noqa: S311 - reproducible inputs, not secrets
    for _ in range(count):
        built = random_account(random)
        try:
            after = swept(built)
        except (MarkMissing, PriceMissing):
            continue
        if built.mode is not Mode.STANDARD:
            yield built, after


def test_sweep_of_functions_is_the_sweep_of_integers_where_nothing_moves():
    """Each floor, to 1e-6 USD and to token wei, may part the two by one."""
    here, compared = Fraction(STILL.mark), 0
    for built, after in some_accounts(250):
        dexes = tuple(dex_figures(built, d, STILL) for d in range(len(built.dexes)))
        flows = [flow_of(built, i, dexes) for i in range(len(built.tokens))]
        debts = new_debts(built, STILL, flows)
        spares = iter(perp_buffers(built, STILL, dexes))
        margins = dex_margins(after)
        for i, (held, flow, debt) in enumerate(zip(after.tokens, flows, debts, strict=True)):
            unit = wei_per_perp_usd(held.wei_decimals) if flow.own else 1
            floors = unit * (2 * len(flow.own) + 2)
            assert flow.own == tuple(d for d, x in enumerate(after.dexes) if x.collateral == i)
            assert abs(flow.supplied.at(here) - held.supplied) <= floors
            assert abs(flow.borrowed.at(here) + debt.at(here) - held.borrowed) <= floors
            for dex in flow.own:
                spare = (margins[dex].account_value - margins[dex].maintenance) * unit
                assert abs(next(spares).at(here) - spare) <= floors
            compared += 1
        assert list(spares) == []
    assert compared > 600


def test_debts_under_the_strict_limit_share_what_collateral_carries():
    # 0.1 UBTC carries 5,000 and 100 HYPE 3,250, of which 250 are owed; of the 7,000 that each of
    # two dexes lacks, the first gets all and the second what is left.
    built = account(
        usdc(),
        token("USDT0", px=10**6, borrowed=250 * USDC_WEI, borrow_floor=250 * USDC_WEI),
        ubtc(100_000, supplied=10**9),
        hype(50, supplied=100 * 10**8),
        dexes=tuple(DexState(collateral=d, raw_usd=103_000 * 10**6) for d in (0, 1)),
        perps=tuple(perp("BTC", -(10**5), 1_000_000, dex=d) for d in (0, 1)),
        policy=replace(RECORDED, strict_ltv=True),
    )
    dexes = tuple(dex_figures(built, d, STILL) for d in (0, 1))
    flows = [flow_of(built, i, dexes) for i in range(4)]
    here = Fraction(STILL.mark)
    debts = [debt.at(here) for debt in new_debts(built, STILL, flows)]
    assert debts == [7_000 * USDC_WEI, 1_000 * USDC_WEI, 0, 0]
    # Less 1,250 of maintenance each.
    spares = [spare.at(here) for spare in perp_buffers(built, STILL, dexes)]
    assert spares == [8_750 * USDC_WEI, 2_750 * USDC_WEI]


def test_dex_as_a_function_of_a_mark_is_the_dex_at_that_mark():
    compared = 0
    for built, _ in some_accounts(150):
        for moving in built.perps:
            move = Move(asset=moving.asset, token=None, mark=moving.mark)
            d = moving.dex
            unit = wei_per_perp_usd(built.tokens[built.dexes[d].collateral].wei_decimals)
            figures = dex_figures(built, d, move)
            for times in (1, 2, 3):
                perps = tuple(
                    replace(p, mark=p.mark * times) if p.asset == moving.asset else p
                    for p in built.perps
                )
                there = dex_margins(replace(built, perps=perps))[d]
                mark, floors = Fraction(moving.mark * times), unit * (len(perps) + 1)
                assert figures.equity.at(mark) == there.account_value * unit
                assert abs(figures.maintenance.at(mark) - there.maintenance * unit) <= floors
                assert abs(figures.transfer.at(mark) - there.transfer_margin * unit) <= floors
                compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ((1, 9), (2, 8), (2, 8)),
        ((3, 7), (2, 8), (3, 7)),
        ((None, 9), (2, None), (2, 9)),
        ((None, None), (None, None), (None, None)),
        ((1, None), (None, None), (1, None)),
    ],
)
def test_narrower_of_two_intervals_is_safe_by_both(a, b, both):
    first, second, found = (
        Interval(
            lower=None if low is None else Fraction(low), upper=None if up is None else Fraction(up)
        )
        for low, up in (a, b, both)
    )
    assert narrower(first, second) == narrower(second, first) == found
