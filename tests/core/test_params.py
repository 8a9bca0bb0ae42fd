"""Presets against the venue's dated statements, and files that are wrong. SPEC CR-03, PM-20."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from pmkit.errors import InputError
from pmkit.params import PRESETS, load_params
from pmkit.policy import NO_CAP, USD, Compounding, LegOrder, Policy, Reading
from pmkit.units import RAY, WAD

MILLION = 10**6 * 10**8
"""A million of a token with eight decimals."""
VALID = """
name = "mine"
date = "2026-09-01"
[policy]
reading = "docs"
[tokens.USDC]
listed = true
borrowable = true
ltv = "0"
global_supply_cap = "none"
global_borrow_cap = "none"
user_supply_cap = "none"
user_borrow_cap = "1000.5"
[tokens.HYPE]
listed = true
borrowable = false
ltv = "0.65"
global_supply_cap = "none"
global_borrow_cap = "0"
user_supply_cap = "200"
user_borrow_cap = "0"
liquidation_width = "none"
[tokens.UBTC]
listed = false
[tokens.UETH]
listed = false
"""


@pytest.fixture
def load(tmp_path):
    """Return a loader of parameter text."""

    def of(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return load_params(path)

    return of


@pytest.mark.parametrize(
    ("preset", "date", "hype", "ubtc"),
    [
        ("pre-alpha", "2026-01-27", 5_000, 0),
        ("alpha", "2026-03-14", 5_000, 5_000),
        ("current", "2026-08-19", 6_500, 5_000),
    ],
)
def test_preset_has_the_dated_loan_to_values(preset, date, hype, ubtc):
    params = load_params(preset)
    assert (params.name, params.date) == (preset, date)
    assert (params.token("HYPE").ltv_bps, params.token("UBTC").ltv_bps) == (hype, ubtc)


def test_current_caps_are_the_stated_ones():
    params = load_params("current")
    usdc, usdt0, hype, ubtc = (params.token(name) for name in ("USDC", "USDT0", "HYPE", "UBTC"))
    assert (usdc.global_supply_cap, usdc.global_borrow_cap) == (1_000 * MILLION, 500 * MILLION)
    assert (usdc.user_supply_cap, usdc.user_borrow_cap) == (250 * MILLION, 50 * MILLION)
    assert (usdt0.global_supply_cap, usdt0.global_borrow_cap) == (50 * MILLION, 10 * MILLION)
    assert (usdt0.user_supply_cap, usdt0.user_borrow_cap) == (5 * MILLION, MILLION)
    assert (hype.global_supply_cap, hype.user_supply_cap) == (10 * MILLION, MILLION)
    assert (ubtc.global_supply_cap, ubtc.user_supply_cap) == (2_000 * 10**10, 200 * 10**10)


def test_alpha_caps_are_the_stated_ones():
    params = load_params("alpha")
    for quote in ("USDC", "USDH"):
        token = params.token(quote)
        assert (token.global_supply_cap, token.global_borrow_cap) == (500 * MILLION, 100 * MILLION)
        assert (token.user_supply_cap, token.user_borrow_cap) == (5 * MILLION, MILLION)
    assert params.token("HYPE").user_supply_cap == 50_000 * 10**8
    assert params.token("UBTC").global_supply_cap == 400 * 10**10
    assert params.token("UBTC").user_supply_cap == 20 * 10**10


def test_pre_alpha_states_two_caps_and_the_others_are_none_not_zero():
    params = load_params("pre-alpha")
    usdc, hype = params.token("USDC"), params.token("HYPE")
    assert usdc.user_borrow_cap == 1_000 * 10**8
    assert hype.user_supply_cap == 200 * 10**8
    unstated = (usdc.global_supply_cap, usdc.global_borrow_cap, usdc.user_supply_cap)
    assert {*unstated, hype.global_supply_cap} == {NO_CAP}


def test_borrowable_tokens_of_each_preset_are_the_stated_ones():
    found = {p: {t.name for t in load_params(p).tokens if t.borrowable} for p in PRESETS}
    assert found == {
        "pre-alpha": {"USDC"},
        "alpha": {"USDC", "USDH"},
        "current": {"USDC", "USDT0"},
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_has_the_markets_and_the_curve(preset):
    params = load_params(preset)
    ids = {t.name: t.id for t in params.tokens}
    assert ids == {"USDC": 0, "HYPE": 150, "UBTC": 197, "UETH": 221, "USDT0": 268, "USDH": 360}
    assert params.pair(150, 0).name == "@107"
    assert params.pair(197, 0).name == "@142"
    assert [params.pair(token, 0).name for token in (268, 360)] == ["@166", "@230"]
    mover = {perp.name: perp.collateral for perp in params.perps}
    assert [mover[coin] for coin in ("BTC", "HYPE", "ETH", "SOL")] == [197, 150, 221, None]
    curve = params.token("USDC").curve
    assert (curve.base, curve.slope) == (RAY // 20, 475 * RAY // 100)
    assert (curve.kink, curve.protocol_share) == (8 * RAY // 10, WAD // 10)


def test_every_preset_perp_begins_its_table_with_its_own_leverage():
    for perp in load_params("current").perps:
        table = load_params("current").table(perp.table_id)
        assert table.tiers[0].max_leverage == perp.max_leverage


def test_policy_defaults_are_the_settled_ones():
    policy = Policy()
    assert policy.reading is Reading.RECORDED
    assert policy.borrow_offset == 0
    assert (policy.trigger, policy.trigger_inclusive) == (95 * WAD // 100, False)
    assert policy.leg_order is LegOrder.PERP_FIRST_IF_CURES
    assert policy.with_reading(Reading.DOCS).margin.borrow_offset == 20 * WAD
    assert (policy.price_max_age_risk, policy.price_max_age_liquidation) == (60, 600)
    assert (policy.twap_half_life, policy.buffer_sweep_interval) == (600, 3_600)
    assert policy.trigger_reward_ppm == 0
    assert (policy.debt_step, policy.debt_step_cadence, policy.debt_step_minimum) == (
        WAD // 5,
        3,
        10 * WAD,
    )
    assert policy.funding_interval == 3_600


@pytest.mark.parametrize(
    "key",
    [
        "enable_conditions",
    ],
)
def test_choice_that_would_have_no_effect_is_refused(load, key):
    with pytest.raises(InputError) as failed:
        load(VALID.replace('reading = "docs"', f"{key} = 1", 1))
    assert failed.value.place == f"mine.toml: policy.{key}"
    assert failed.value.problem == "is not a known key"


@pytest.mark.parametrize(
    ("preset", "hype", "ubtc"),
    [("pre-alpha", 0, 0), ("alpha", 0, 0), ("current", 3_000_000, 300_000)],
)
def test_widths_of_steps_are_those_stated_in_august(preset, hype, ubtc):
    """SPEC LQ-25: the statement dates from 2026-08-01, so the older presets have none."""
    params = load_params(preset)
    assert params.token("HYPE").liquidation_width == hype * WAD
    assert params.token("UBTC").liquidation_width == ubtc * WAD
    assert params.token("USDC").liquidation_width == 0


def test_width_of_a_file_is_usd(load):
    width = 'liquidation_width = "none"'
    params = load(VALID.replace(width, 'liquidation_width = "1000.5"', 1))
    assert params.token("HYPE").liquidation_width == 1_000_500 * 10**15


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('liquidation_width = "none"\n', "", "tokens.HYPE.liquidation_width"),
        ('width = "none"', 'width = "0"', "tokens.HYPE.liquidation_width"),
        ('width = "none"', 'width = "-1"', "tokens.HYPE.liquidation_width"),
        # What cannot be taken has no width: not what is lent only, nor what is not listed.
        ('ltv = "0"\n', 'ltv = "0"\nliquidation_width = "1"\n', "tokens.USDC.liquidation_width"),
        ("[tokens.UETH]\n", '[tokens.UETH]\nliquidation_width = "1"\n', "tokens.UETH"),
    ],
)
def test_width_that_is_missing_or_means_nothing_is_refused(load, old, new, place):
    with pytest.raises(InputError) as failed:
        load(VALID.replace(old, new, 1))
    assert failed.value.place == f"mine.toml: {place}"


def test_liquidation_choices_of_a_file_reach_the_policy(load):
    chosen = "twap_half_life = 0\nbuffer_sweep_interval = 60\ntrigger_reward_ppm = 100000"
    policy = load(VALID.replace('reading = "docs"', chosen, 1)).policy
    assert (policy.twap_half_life, policy.buffer_sweep_interval) == (0, 60)
    assert policy.trigger_reward_ppm == 100_000
    assert policy.activation_fee == 0
    charged = load(VALID.replace('reading = "docs"', 'activation_fee = "1"', 1)).policy
    assert charged.activation_fee == 10**8
    with pytest.raises(InputError, match="at most 100000"):
        load(VALID.replace('reading = "docs"', "trigger_reward_ppm = 100001", 1))


def test_order_of_legs_that_nothing_knows_is_refused(load):
    with pytest.raises(InputError, match="perp_first_if_cures, debt_first, seeded"):
        load(VALID.replace('reading = "docs"', 'leg_order = "perp_first"', 1))


def test_choices_of_a_file_reach_the_policy(load):
    chosen = """leg_order = "seeded"
leg_seed = 42
sweep_dust = "1.5"
cap_each_collateral = true
disable_needs_flat = false
second_trigger = false
perp_shortfall_trigger = false
debt_step_needs_low_health = false
funding_interval = 0"""
    policy = load(VALID.replace('reading = "docs"', chosen, 1)).policy
    assert (policy.leg_order, policy.leg_seed) == (LegOrder.SEEDED, 42)
    assert (policy.margin.sweep_dust, policy.margin.cap_each) == (1_500_000, True)
    assert policy.disable_needs_flat is False
    assert policy.margin.second_trigger is False
    assert policy.margin.perp_shortfall_trigger is False
    assert policy.debt_step_needs_low_health is False
    assert policy.funding_interval == 0


@pytest.mark.parametrize(
    ("preset", "volume", "value", "ceiling"),
    [
        ("pre-alpha", 5_000_000, None, None),
        ("alpha", 5_000_000, None, None),
        ("current", 5_000_000, 10_000, 25_000_000),
    ],
)
def test_preset_asks_newcomers_for_what_the_venue_stated(preset, volume, value, ceiling):
    policy = load_params(preset).policy
    asked = (policy.enable_min_volume, policy.enable_min_value, policy.enable_max_value)
    assert asked == tuple(None if usd is None else usd * USD for usd in (volume, value, ceiling))
    assert policy.enable_volume_days == 14


def test_bound_of_no_move_at_all_is_refused(load):
    text = VALID.replace('reading = "docs"', "price_move_limit_bps = 0", 1)
    with pytest.raises(InputError, match=r"price_move_limit_bps: must be above zero"):
        load(text)


def test_local_chain_asks_newcomers_for_nothing_and_bounds_no_move(load):
    guarded = 'enable_min_value = "10.5"\nenable_volume_days = 0\nprice_move_limit_bps = 100'
    params = load(VALID.replace('reading = "docs"', f'reading = "docs"\n{guarded}', 1))
    assert (params.policy.enable_min_value, params.policy.enable_volume_days) == (10_500_000, 0)
    local = params.local()
    assert local.policy == replace(params.policy, enable_min_value=None, price_move_limit_bps=None)
    assert local.with_policy(params.policy) == params
    assert local.local() == local


def test_condition_may_be_none_and_is_none_by_default(load):
    assert Policy().enable_max_value is None
    text = VALID.replace('reading = "docs"', 'enable_max_value = "none"', 1)
    assert load(text).policy.enable_max_value is None


@pytest.mark.parametrize(
    "line",
    [
        "enable_volume_days = 65536",
        'enable_max_value = "0"',
        'enable_min_value = "-1"',
        'enable_min_volume = "18446744073709.551615"',
    ],
)
def test_condition_out_of_range_is_refused(load, line):
    with pytest.raises(InputError) as failed:
        load(VALID.replace('reading = "docs"', line, 1))
    assert failed.value.place == f"mine.toml: policy.{line.split()[0]}"


@pytest.mark.parametrize("key", ["leg_seed", "sweep_dust"])
def test_figure_beyond_64_bits_is_refused(load, key):
    with pytest.raises(InputError) as failed:
        load(VALID.replace('reading = "docs"', f"{key} = {2**64}", 1))
    assert failed.value.place == f"mine.toml: policy.{key}"


def test_base_fees_are_charged_once_the_presets_two_lines_are_uncommented(load):
    """SPEC CH-06: 0.045 % of perps, 0.07 % of spot."""
    text = files("pmkit.params").joinpath("current.toml").read_text("utf-8")
    fees = ("perp_taker_fee_ppm = 450", "spot_taker_fee_ppm = 700")
    assert all(f"\n# {fee}\n" in text for fee in fees)
    for fee in fees:
        text = text.replace(f"# {fee}", fee)
    charged, free = load(text).policy, load_params("current").policy
    assert (free.perp_taker_fee_ppm, free.spot_taker_fee_ppm) == (0, 0)
    assert (charged.perp_taker_fee_ppm, charged.spot_taker_fee_ppm) == (450, 700)
    assert replace(charged, perp_taker_fee_ppm=0, spot_taker_fee_ppm=0) == free


@pytest.mark.parametrize(("compounding", "annual"), [("annual", True), ("continuous", False)])
def test_compounding_of_the_policy_stands_in_the_curve_of_every_token(load, compounding, annual):
    """SPEC BL-16."""
    params = load(VALID.replace('reading = "docs"', f'compounding = "{compounding}"', 1))
    assert params.policy.compounding is Compounding(compounding)
    assert {token.curve.annual for token in params.tokens} == {annual}


def test_compounding_of_another_policy_stands_in_the_curves_too():
    params = load_params("current")
    assert {token.curve.annual for token in params.tokens} == {False}
    annual = params.with_policy(Policy(compounding=Compounding.ANNUAL))
    assert {token.curve.annual for token in annual.tokens} == {True}
    assert annual.with_policy(Policy()).tokens == params.tokens


def test_file_of_ones_own_stands_on_the_shared_metadata(load):
    params = load(VALID)
    assert params.token(0).user_borrow_cap == 1_000_50000000
    assert params.token("USDC").user_supply_cap == NO_CAP
    assert params.policy.reading is Reading.DOCS
    assert params.perp("BTC").sz_decimals == 5
    with pytest.raises(InputError):
        params.token("USDT0")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('ltv = "0.65"', 'ltv = "1"', "tokens.HYPE.ltv"),
        ('ltv = "0.65"', 'ltv = "0.65001"', "tokens.HYPE.ltv"),
        ('ltv = "0.65"', 'ltv = "-0.1"', "tokens.HYPE.ltv"),
        ('ltv = "0.65"', 'ltv = "a lot"', "tokens.HYPE.ltv"),
        ('ltv = "0.65"', "", "tokens.HYPE.ltv"),
        ('ltv = "0.65"', "ltv = nan", "tokens.HYPE.ltv"),
        ('ltv = "0.65"', "ltv = true", "tokens.HYPE.ltv"),
        ('user_supply_cap = "200"', "", "tokens.HYPE.user_supply_cap"),
        ('user_supply_cap = "200"', 'user_suply_cap = "200"', "tokens.HYPE.user_suply_cap"),
        ("listed = true", 'listed = "yes"', "tokens.USDC.listed"),
        ("listed = true", "listed = false", "tokens.USDC"),
        ("[tokens.USDC]", "[tokens.MINE]", "tokens.MINE.sz_decimals"),
        ('reading = "docs"', 'reading = "both"', "policy.reading"),
        ('reading = "docs"', 'compounding = "daily"', "policy.compounding"),
        ('reading = "docs"', 'debt_step = "1.2"', "policy.debt_step"),
        ('reading = "docs"', 'debt_step = "0"', "policy.debt_step"),
        ('reading = "docs"', "perp_cooldown = -1", "policy.perp_cooldown"),
        ('reading = "docs"', 'triger = "0.9"', "policy.triger"),
        ('date = "2026-09-01"', 'date = "yesterday"', "date"),
        ('name = "mine"', "", "name"),
        ('name = "mine"', 'name = "mine"\ntables = 5', "tables"),
        ('name = "mine"', 'name = "mine"\ntokens = 5', ""),
        ('name = "mine"', 'name = "mine', ""),
    ],
)
def test_file_that_is_wrong_names_the_file_and_the_place(load, old, new, place):
    with pytest.raises(InputError) as failed:
        load(VALID.replace(old, new, 1))
    assert failed.value.place.startswith("mine.toml")
    assert place in failed.value.place


@pytest.mark.parametrize(
    ("added", "place"),
    [
        ("[tables]\n57 = [['0', 10], ['5', 20]]", "tables.57"),
        ("[tables]\n49 = [['0', 10]]", "tables.49"),
        ("[tables]\n57 = [['0']]", "tables.57"),
        ("[perps.BTC]\nmax_leverage = 50", "perps.BTC.max_leverage"),
        ("[perps.BTC]\ntable = 60", "perps.BTC.table"),
        ('[perps.BTC]\ndex = "xyz"', "perps.BTC.dex"),
        ("[perps.BTC]\nid = 1", "perps"),
        ('[pairs."107"]\nbase = "HYPE"\nquote = "USDC"', "pairs.107"),
        ('[pairs."@9"]\nbase = "PURR"\nquote = "USDC"', "pairs.@9.base"),
        ('[curve]\nkink = "1.1"', "curve"),
        ('[curve]\nslope = "0.1000000000000001"', "curve.slope"),
        ("[tokens.USDC.extra]\nid = 1", "tokens.USDC.extra"),
    ],
)
def test_file_with_wrong_metadata_names_its_place(load, added, place):
    with pytest.raises(InputError) as failed:
        load(VALID + added)
    assert place in failed.value.place


def test_shared_pair_of_a_token_that_a_file_does_not_name_is_none(load):
    assert [pair.name for pair in load(VALID).pairs] == ["@107", "@142", "@151"]


def test_file_may_replace_single_keys_of_the_shared_ones(load):
    params = load(VALID + '[curve]\nbase = "0.1"\n[perps.SOL]\nmax_leverage = 10\ntable = 10')
    assert params.token("USDC").curve.base == RAY // 10
    assert params.token("USDC").curve.kink == 8 * RAY // 10
    assert params.perp("SOL").max_leverage == 10


def test_source_that_is_neither_preset_nor_file_says_what_there_is(tmp_path):
    with pytest.raises(InputError, match="pre-alpha, alpha, current"):
        load_params(tmp_path / "absent.toml")


def test_lookup_of_what_is_not_there_names_it():
    params = load_params("current")
    for missing in (
        lambda: params.token(1),
        lambda: params.perp("PURR"),
        lambda: params.table(99),
        lambda: params.pair(0, 150),
    ):
        with pytest.raises(InputError):
            missing()
