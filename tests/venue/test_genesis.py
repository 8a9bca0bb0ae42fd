"""A preset means the same to the venue in plain integers and to the contracts. SPEC CR-05."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from support.twins import snake_case

from pmkit.chain.listing import (
    dex_calls,
    pair_call,
    perp_call,
    policy_call,
    table_calls,
    token_call,
)
from pmkit.params import PRESETS, load_params
from pmkit.policy import Compounding, Params
from pmkit.venue import Genesis


@pytest.fixture(params=PRESETS)
def params(request: pytest.FixtureRequest) -> Params:
    """Give each preset."""
    return load_params(request.param)


def snake(call: Any) -> Any:
    """Return the argument of a contract's call under Python's names."""
    if isinstance(call, dict):
        return {snake_case(name): snake(value) for name, value in call.items()}
    return call


def test_tokens_are_listed_alike(params: Params) -> None:
    ours = [asdict(token) for token in Genesis.of(params).tokens]
    theirs = [
        snake(token_call(token, listing["erc20"]))
        for token, listing in zip(params.tokens, ours, strict=True)
    ]
    assert ours == theirs


@pytest.mark.parametrize("compounding", list(Compounding))
def test_curves_are_listed_alike_however_they_compound(
    params: Params, compounding: Compounding
) -> None:
    chosen = params.with_policy(replace(params.policy, compounding=compounding))
    ours = [asdict(token.curve) for token in Genesis.of(chosen).tokens]
    assert ours == [snake(token_call(token, "")["curve"]) for token in chosen.tokens]


def test_perps_and_pairs_are_listed_alike(params: Params) -> None:
    genesis = Genesis.of(params)
    perps = [snake(perp_call(params, perp)) for perp in params.perps]
    assert [asdict(perp) for perp in genesis.perps] == perps
    pairs = [snake(pair_call(params, pair)) for pair in params.pairs]
    assert [asdict(pair) for pair in genesis.pairs] == pairs


def test_dexes_and_tables_are_listed_alike(params: Params) -> None:
    genesis = Genesis.of(params)
    assert list(genesis.dexes) == dex_calls(params)
    tables = [(i, tuple(bounds), tuple(leverages)) for i, bounds, leverages in table_calls(params)]
    assert list(genesis.tables) == tables


def test_policy_is_set_alike(params: Params) -> None:
    assert asdict(Genesis.of(params).policy) == snake(policy_call(params))
