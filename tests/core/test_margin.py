"""Margin: worked vectors first, then what holds for every account. SPEC PM-02 to PM-13."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core.builders import DOCS, RECORDED, account, carry, hype, perp, token, ubtc, usdc
from core.strategies import accounts
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import ArithmeticOverflow, MarkMissing, PriceMissing
from pmkit.margin import (
    NO_CONDITION,
    account_margin,
    account_value_down,
    dex_margin,
    health_factor_down,
    initial_margin_down,
    is_admitted,
    is_beyond,
    kept_margin_up,
    ratio_up,
    token_value_down,
    transfer_margin_up,
    wei_per_perp_usd,
    weight_ltv_down,
    weight_takeover_down,
    weight_threshold_down,
)
from pmkit.model import DexState, Health, Mode
from pmkit.sweep import swept
from pmkit.units import INFINITE, WAD

MILLIONTH = 10**6
USDC_WEI = 10**8
HYPE_WEI = 10**8


def test_borrowable_faq_ten_thousand_hype_at_forty_is_two_hundred_thousand():
    value = token_value_down(hype(40), 10_000 * HYPE_WEI)
    assert weight_ltv_down(value, 5_000) == 200_000 * WAD


def test_health_factor_faq_two_collaterals_is_45000_over_42000():
    # (1 · 80,000 · 0.5 + 200 · 50 · 0.5) / 42,000, which the page prints as 1.0714.
    margin = account_margin(
        account(
            usdc(borrowed=42_000 * USDC_WEI),
            ubtc(80_000, supplied=10**10),
            hype(50, supplied=200 * HYPE_WEI, ltv_bps=5_000),
        )
    )
    assert margin.borrow_power == 45_000 * WAD
    assert margin.gross_debt == 42_000 * WAD
    assert margin.health_factor == 45_000 * WAD // 42_000
    assert f"{margin.health_factor / WAD:.4f}" == "1.0714"


def test_thresholds_of_ten_hype_at_33_are_the_faqs():
    # 10 · 33 · (0.5 + 0.5 / 2) = 247.50 below the debt of 250: partial. 10 · 33 · 2.5 / 3 = 275.
    value = token_value_down(hype(33), 10 * HYPE_WEI)
    assert weight_threshold_down(value, 5_000) == 24_750 * WAD // 100
    assert weight_takeover_down(value, 5_000) == 275 * WAD


@pytest.mark.parametrize(
    ("px", "health"),
    [
        # 10 · 40 · 0.75 · 0.95 = 285 covers 250, and 10 · 40 · 0.5 = 200 does not: no new borrow.
        (40_000_000, Health.AT_RISK),
        (33_000_000, Health.MARKET_LIQUIDATABLE),
        # The page rounds 5/6 to 83.3 % and calls 249.90 the threshold; exactly it is the debt
        # itself.
        (30_000_000, Health.MARKET_LIQUIDATABLE),
        # 10 · 29.99 · 5/6 = 249.9166… < 250.
        (29_990_000, Health.BACKSTOP_LIQUIDATABLE),
    ],
)
def test_band_of_ten_hype_owing_250_follows_the_price(px, health):
    owing = usdc(borrowed=250 * USDC_WEI)
    collateral = token("HYPE", px=px, supplied=10 * HYPE_WEI, ltv_bps=5_000)
    assert account_margin(account(owing, collateral)).health is health


def test_net_total_faq_equity_100_owing_150_is_minus_50():
    margin = account_margin(
        account(
            usdc(borrowed=150 * USDC_WEI),
            hype(50, supplied=100 * HYPE_WEI),
            dexes=(DexState(collateral=0, raw_usd=100 * MILLIONTH),),
        )
    )
    assert margin.tokens[0].net_total == -50 * USDC_WEI


@pytest.mark.parametrize(
    ("dollars", "net", "gross"),
    [
        (50_000, 50_000, 0),
        (100_000, 0, 10_000),
        (150_000, -50_000, 65_000),
        (200_000, -100_000, 120_000),
    ],
)
def test_carry_trade_as_btc_rises_borrows_what_the_short_loses(dollars, net, gross):
    # Dex equity is kept at 10 % of notional: 10,000, 15,000, 20,000; the rest of the loss is
    # borrowed.
    after = swept(carry(dollars))
    assert account_margin(after).tokens[0].net_total == net * USDC_WEI
    assert after.tokens[0].borrowed == gross * USDC_WEI


def test_carry_trade_at_150000_has_the_pages_figures():
    # MM = 150,000 · 1.25 % = 1,875; K = 150,000 · 0.75 = 112,500; (1,875 + 50,000) / 112,500 =
    # 0.46111…
    margin = account_margin(carry(150_000))
    assert margin.tokens[0].maintenance == 1_875 * USDC_WEI
    assert margin.tokens[0].borrow_capacity == 112_500 * USDC_WEI
    assert margin.ratio == (51_875 * WAD + 112_499) // 112_500


@pytest.mark.parametrize(
    ("px", "policy", "liquidatable"),
    [
        (333_333_300, RECORDED, False),
        (333_333_400, RECORDED, True),
        (333_266_600, DOCS, False),
        (333_266_700, DOCS, True),
    ],
)
def test_carry_trade_on_the_mark_grid_is_liquidated_at_its_first_mark(px, policy, liquidatable):
    built = account(
        usdc(),
        token("UBTC", px=px, supplied=10**10),
        dexes=(DexState(collateral=0, raw_usd=100_000 * MILLIONTH),),
        perps=(perp("BTC", -(10**5), px // 100),),
        policy=policy,
    )
    assert account_margin(swept(built)).liquidatable is liquidatable


def test_carry_trade_health_factor_of_gross_debt_crosses_one_at_166666():
    # x · 0.5 = x − 100,000 + 0.1 x at x = 166,666.67.
    below = account_margin(swept(carry(166_666))).health_factor
    above = account_margin(swept(carry(166_667))).health_factor
    assert below > WAD > above


def test_ratio_under_docs_adds_twenty_dollars_only_in_net_debt():
    debt_recorded = account_margin(carry(150_000)).tokens[0].requirement
    debt_docs = account_margin(carry(150_000, policy=DOCS)).tokens[0].requirement
    assert debt_docs - debt_recorded == 20 * USDC_WEI
    calm = account_margin(carry(50_000, policy=DOCS)).tokens[0].requirement
    assert calm == account_margin(carry(50_000)).tokens[0].requirement


def test_ratio_of_a_dex_that_nothing_backs_is_infinite_and_liquidatable():
    # USDH cannot be borrowed today: no capacity, so maintenance stands against an empty balance.
    margin = account_margin(
        account(
            token("USDH"),
            ubtc(100_000, supplied=10**10),
            dexes=(DexState(collateral=0, raw_usd=-(10**9)),),
            perps=(perp("SOL", 1_000, 1_000_000),),
        )
    )
    assert margin.tokens[0].net_total == 0
    assert margin.ratio == INFINITE
    assert margin.liquidatable


def test_second_trigger_when_debts_share_one_collateral_liquidates():
    # Each debt alone is 60 % of the collateral at its threshold of 75,000; together they exceed it.
    margin = account_margin(
        account(
            usdc(borrowed=45_000 * USDC_WEI),
            token("USDT0", px=10**6, borrowed=45_000 * USDC_WEI),
            ubtc(100_000, supplied=10**10),
        )
    )
    assert margin.ratio == 6 * WAD // 10
    assert margin.liquidatable


def test_supply_cap_limits_collateral_at_thresholds_only():
    margin = account_margin(account(usdc(), ubtc(100_000, supplied=300 * 10**10)))
    assert margin.threshold_value == 200 * 75_000 * WAD
    assert margin.takeover_value == token_value_down(ubtc(100_000), 300 * 10**10) * 5 // 6


def test_borrow_cap_limits_capacity_in_its_own_token():
    usdt0 = token("USDT0", px=999_930)
    margin = account_margin(account(usdt0, ubtc(100_000, supplied=100 * 10**10)))
    assert margin.tokens[0].borrow_capacity == 1_000_000 * USDC_WEI


def test_transfer_margin_is_the_larger_of_initial_margin_and_a_tenth():
    assert transfer_margin_up(initial_margin_down(1_000_001, 25), 1_000_001) == 100_001
    assert transfer_margin_up(initial_margin_down(1_000_001, 5), 1_000_001) == 200_000


@pytest.mark.parametrize(
    ("equity", "initial", "before", "now", "kept"),
    [
        # Opened: the margin is brought; at a gain nothing more is.
        (0, 10_000, 0, -5, 10_000),
        (-45, 10_000, 0, -5, 10_000),
        (20_000, 18_000, -5, -10, 20_000),
        (20_000, 27_000, -5, -15, 27_000),
        # Closed, and turned.
        (5_000, 0, -5, 0, 0),
        (-5_000, 0, -5, 0, 0),
        (20_000, 4_500, -5, 3, 4_500),
        (-100, 4_500, 5, -3, 4_500),
        # Shrunk: two thirds of 10,000 are 6,666.67; below zero nothing goes back.
        (10_000, 1, 3, 2, 6_667),
        (-10_000, 1, 3, 2, -10_000),
    ],
)
def test_isolated_position_keeps_what_its_size_calls_for(equity, initial, before, now, kept):
    """SPEC CH-08."""
    assert kept_margin_up(equity, initial, before, now) == kept


@given(
    equity=st.integers(-(10**18), 10**18),
    initial=st.integers(0, 10**18),
    before=st.integers(-(10**12), 10**12),
    now=st.integers(-(10**12), 10**12),
)
def test_isolated_position_gives_back_no_more_than_it_has(equity, initial, before, now):
    """SPEC CH-08: and never more than the part that was closed."""
    kept = kept_margin_up(equity, initial, before, now)
    if before * now > 0 and abs(now) < abs(before):
        part = max(0, equity) * (abs(before) - abs(now))
        assert 0 <= (equity - kept) * abs(before) <= part
    if now != 0 and equity > 0:
        assert kept > 0 or initial == 0


def test_ratio_rounds_up_and_knows_its_edges():
    assert ratio_up(0, 0) == 0
    assert ratio_up(1, 0) == INFINITE
    assert ratio_up(1, 3) == WAD // 3 + 1
    assert health_factor_down(1, 0) == INFINITE


@pytest.mark.parametrize(("inclusive", "beyond"), [(False, False), (True, True)])
def test_trigger_reached_exactly_counts_only_when_inclusive(inclusive, beyond):
    assert is_beyond(95, 100, 95 * WAD // 100, inclusive) is beyond


def test_trigger_without_requirement_is_never_reached():
    assert not is_beyond(0, 0, 95 * WAD // 100, inclusive=True)


def test_margin_of_a_position_without_mark_names_the_asset():
    with pytest.raises(MarkMissing) as failed:
        dex_margin(0, (perp("BTC", 1, 0),))
    assert failed.value.asset == 0


def test_margin_of_debt_without_price_names_the_token():
    with pytest.raises(PriceMissing) as failed:
        account_margin(account(token("USDT0", borrowed=1)))
    assert failed.value.token == 268


def test_margin_of_empty_tokens_needs_no_prices():
    margin = account_margin(account(token("USDC"), token("HYPE"), token("USDT0")))
    assert (margin.ratio, margin.health_factor) == (0, INFINITE)
    assert not margin.liquidatable


def test_collateral_token_of_fewer_than_six_decimals_is_refused():
    with pytest.raises(ArithmeticOverflow):
        wei_per_perp_usd(5)


def test_standard_mode_judges_each_dex_by_its_own_equity():
    dexes = (
        DexState(collateral=0, raw_usd=-(9_900 * MILLIONTH)),
        DexState(collateral=0, raw_usd=10**12),
    )
    perps = (perp("BTC", 10_000, 1_000_000),)
    margin = account_margin(account(usdc(), dexes=dexes, perps=perps, mode=Mode.STANDARD))
    # Equity 100 against maintenance 125; the million in the other dex does not help.
    assert margin.dexes[0].account_value == 100 * MILLIONTH
    assert margin.ratio == 125 * WAD // 100
    assert margin.liquidatable


def test_unified_mode_lets_balance_back_positions_but_lends_nothing():
    dexes = (DexState(collateral=0, raw_usd=-(9_900 * MILLIONTH)),)
    perps = (perp("BTC", 10_000, 1_000_000),)
    built = account(
        usdc(idle=150 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
        dexes=dexes,
        perps=perps,
        mode=Mode.UNIFIED,
    )
    margin = account_margin(swept(built))
    # 125 of maintenance against 100 of equity and 150 of balance; the collateral carries nothing.
    assert margin.ratio == WAD // 2
    assert margin.tokens[0].borrow_capacity == 0


@given(accounts(), st.randoms(use_true_random=False))
def test_margin_does_not_depend_on_the_order_of_tokens(built, random):
    order = list(range(len(built.tokens)))
    random.shuffle(order)
    moved = account(
        *(built.tokens[i] for i in order),
        dexes=tuple(
            DexState(collateral=order.index(dex.collateral), raw_usd=dex.raw_usd)
            for dex in built.dexes
        ),
        perps=built.perps,
        mode=built.mode,
        policy=built.policy,
    )
    before, after = account_margin(built), account_margin(moved)
    assert (before.ratio, before.liquidatable, before.health) == (
        after.ratio,
        after.liquidatable,
        after.health,
    )


@given(accounts())
def test_portfolio_margin_is_liquidatable_exactly_when_the_fraction_is_beyond(built):
    margin = account_margin(built)
    triggered = any(
        20 * figures.requirement > 19 * figures.liquidation_value
        for figures in margin.tokens
        if figures.requirement
    )
    second = built.policy.second_trigger and margin.net_debt > margin.threshold_value
    short = built.policy.perp_shortfall_trigger and margin.perp_shortfall
    assert margin.liquidatable == (triggered or second or short)
    # The printed ratio agrees with the exact test: it is rounded up, so it never hides a trigger.
    assert (margin.ratio > 95 * WAD // 100) == triggered


@given(accounts(), st.integers(1, 10**15))
def test_more_idle_quote_never_raises_the_ratio(built, more):
    first, *others = built.tokens
    richer = replace(built, tokens=(replace(first, idle=first.idle + more), *others))
    assert account_margin(richer).ratio <= account_margin(built).ratio


def test_account_value_is_the_net_totals_of_all_priced_tokens():
    # 100 in the dex − 150 owed + 100 · 50 + 2 USDT0 at 0.99993; one USDH has no price.
    built = account(
        usdc(borrowed=150 * USDC_WEI),
        hype(50, supplied=60 * HYPE_WEI, idle=40 * HYPE_WEI),
        token("USDT0", px=999_930, idle=2 * USDC_WEI),
        token("USDH", idle=10**8),
        dexes=(DexState(collateral=0, raw_usd=100 * MILLIONTH),),
    )
    assert account_value_down(built) == 4_951_999_860


@pytest.mark.parametrize(("wei", "value"), [(99, -1), (100, -1), (101, -2), (0, 0)])
def test_account_value_below_zero_rounds_away_from_it(wei, value):
    assert account_value_down(account(usdc(borrowed=wei))) == value


@pytest.mark.parametrize(
    ("volume", "value", "admitted"),
    [
        (5_000_000, 10_000, False),
        (5_000_001, 0, True),
        (0, 10_001, True),
        (9_000_000, 25_000_000, False),
        (0, 24_999_999, True),
    ],
)
def test_admission_asks_for_volume_or_value_and_for_a_ceiling(volume, value, admitted):
    assert is_admitted(volume, value, 5_000_000, 10_000, 25_000_000) is admitted


def test_admission_without_conditions_is_everybodys_even_below_zero():
    assert is_admitted(0, -1, NO_CONDITION, NO_CONDITION, NO_CONDITION)


@pytest.mark.parametrize("inclusive", [False, True])
def test_account_just_at_its_trigger_is_liquidatable_where_that_is_inclusive(inclusive):
    # 71,250 are owed against 75,000, three quarters of one UBTC: 95 %.
    built = account(
        usdc(borrowed=71_250 * 10**8),
        ubtc(100_000, supplied=10**10),
        policy=replace(RECORDED, trigger_inclusive=inclusive),
    )
    margin = account_margin(built)
    assert margin.ratio == 95 * WAD // 100
    assert margin.liquidatable is inclusive


@pytest.mark.parametrize(("missing", "liquidatable"), [(0, False), (1, True)])
def test_dex_with_just_its_maintenance_lacks_none(missing, liquidatable):
    # One BTC short at 100,000 needs 1,250.
    built = account(
        usdc(),
        dexes=(DexState(collateral=0, raw_usd=101_250 * 10**6 - missing),),
        perps=(perp("BTC", -(10**5), 1_000_000),),
        mode=Mode.STANDARD,
    )
    margin = account_margin(built)
    assert margin.perp_shortfall is margin.liquidatable is liquidatable


def test_value_of_an_account_counts_what_stands_behind_an_unpriced_token():
    built = account(replace(hype(1, idle=7), px=0), usdc(idle=5 * 10**8))
    assert account_value_down(built) == 5 * 10**6


def test_position_of_the_least_size_is_long_or_short():
    for szi in (1, -1):
        held = (perp("BTC", szi, 1_000_000),)
        assert dex_margin(0, held).account_value == szi * 1_000_000
