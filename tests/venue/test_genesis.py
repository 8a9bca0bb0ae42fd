"""What a preset lists, in the venue's units; chain and twin are told the same. SPEC CR-05."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmkit.chain.listing import listing_calls
from pmkit.params import PRESETS, load_params
from pmkit.policy import Compounding, LegOrder, Params
from pmkit.venue import Genesis
from pmkit.venue.genesis import policy_of
from pmkit.venue.records import LegChoice

MILLION = 10**6 * 10**8


@pytest.fixture(params=PRESETS)
def params(request: pytest.FixtureRequest) -> Params:
    """Give each preset."""
    return load_params(request.param)


def test_current_lists_hype_as_the_venue_states_it() -> None:
    hype = next(t for t in Genesis.of(load_params("current")).tokens if t.name == "HYPE")
    assert (hype.token, hype.ltv_bps, hype.borrowable) == (150, 6_500, False)
    assert (hype.wei_decimals, hype.sz_decimals, hype.evm_decimals) == (8, 2, 18)
    assert (hype.global_supply_cap, hype.user_supply_cap) == (10 * MILLION, MILLION)
    assert hype.liquidation_width == 3_000_000 * 10**18


def test_pair_of_a_coin_is_priced_by_its_perp() -> None:
    genesis = Genesis.of(load_params("current"))
    pairs = {pair.pair: (pair.base, pair.quote, pair.has_perp, pair.perp) for pair in genesis.pairs}
    assert pairs[107] == (150, 0, True, 159)
    assert pairs[142] == (197, 0, True, 0)
    assert pairs[166] == (268, 0, False, 0)


def test_perps_name_the_place_of_their_dex_and_their_table() -> None:
    btc = next(p for p in Genesis.of(load_params("current")).perps if p.name == "BTC")
    assert (btc.asset, btc.dex, btc.sz_decimals) == (0, 0, 5)
    assert (btc.max_leverage, btc.margin_table) == (40, 56)


def test_policy_is_told_by_the_venues_numbers() -> None:
    policy = load_params("current").policy
    told = policy_of(replace(policy, leg_order=LegOrder.SEEDED, price_move_limit_bps=None))
    assert (told.leg_order, told.max_move_bps) == (LegChoice.SEEDED, 0)
    assert [policy_of(replace(policy, leg_order=order)).leg_order for order in LegOrder] == list(
        LegChoice
    )


@pytest.mark.parametrize("compounding", list(Compounding))
def test_curves_are_listed_however_they_compound(params: Params, compounding: Compounding) -> None:
    chosen = params.with_policy(replace(params.policy, compounding=compounding))
    annual = {token.curve.annual for token in Genesis.of(chosen).tokens}
    assert annual == {compounding is Compounding.ANNUAL}


def test_chain_is_told_every_listing_of_the_preset(params: Params) -> None:
    addresses = {token.id: f"0x{token.id:040x}" for token in params.tokens}
    calls = list(listing_calls(params, addresses))
    names = [name for name, _ in calls]
    assert {name: names.count(name) for name in names} == {
        "listToken": len(params.tokens),
        "listDex": len(params.dexes),
        "setMarginTable": len(params.tables),
        "listPerp": len(params.perps),
        "listPair": len(params.pairs),
    }
