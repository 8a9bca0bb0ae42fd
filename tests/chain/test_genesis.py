"""What the registry is told is what the parameters say, to the last digit; the rest is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pmkit.chain import LocalVenue
from pmkit.chain.contracts import ask, call_of
from pmkit.chain.figures import table_of
from pmkit.chain.genesis import ROLES, created_address, plan_genesis
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.chain.node import Node
from pmkit.errors import InputError
from pmkit.model import Mode
from pmkit.params import PRESETS, load_params
from pmkit.policy import PairParams
from pmkit.units import RAY

CURRENT = load_params("current")
ACCOUNTS = {role: "0x" + f"{i + 1:040x}" for i, role in enumerate(ROLES)}


@pytest.fixture(scope="module", params=PRESETS)
def deployed(request):
    with LocalVenue.start(request.param) as local:
        yield local


def registry(local, function, *arguments):
    return ask(
        local.rpc,
        call_of("CollateralRegistry", local.deployment.registry, function, *arguments),
        "latest",
    )


def test_tokens_are_listed_as_the_preset_says(deployed):
    for token in deployed.params.tokens:
        told = registry(deployed, "tokenParams", token.id)
        assert (told["wei_decimals"], told["sz_decimals"]) == (
            token.wei_decimals,
            token.sz_decimals,
        )
        assert (told["ltv_bps"], told["borrowable"]) == (token.ltv_bps, token.borrowable)
        for cap in ("user_supply_cap", "user_borrow_cap", "global_supply_cap", "global_borrow_cap"):
            assert told[cap] == getattr(token, cap)
        for part in ("base", "slope", "kink", "protocol_share", "annual"):
            assert told["curve"][part] == getattr(token.curve, part)
        erc20, evm_decimals = registry(deployed, "tokenErc20", token.id)
        assert (erc20, evm_decimals) == (deployed.deployment.token(token.name), token.evm_decimals)
        assert ask(deployed.rpc, call_of("LocalToken", erc20, "decimals"), "latest") == evm_decimals


def test_perps_and_their_margin_tables_are_listed_as_the_preset_says(deployed):
    for perp in deployed.params.perps:
        told = registry(deployed, "perpParams", perp.id)
        assert (told["sz_decimals"], told["max_leverage"]) == (perp.sz_decimals, perp.max_leverage)
        assert table_of(told["table"]) == deployed.params.table(perp.table_id)


def test_pairs_and_dexes_are_listed_as_the_preset_says(deployed):
    for pair in deployed.params.pairs:
        base, quote, _, _ = registry(deployed, "pairOf", pair.id)
        assert (base, quote) == (pair.base, pair.quote)
        has_perp, asset = registry(deployed, "perpOfPair", pair.id)
        mover = next((p for p in deployed.params.perps if p.collateral == pair.base), None)
        assert (has_perp, asset) == ((False, 0) if mover is None else (True, mover.id))
    for i, dex in enumerate(deployed.params.dexes):
        assert registry(deployed, "dexOf", i) == (i, dex.collateral)


def test_policy_is_the_presets(deployed):
    told, policy = registry(deployed, "policy"), deployed.params.policy
    assert told["margin"] == {
        "trigger": policy.trigger,
        "trigger_inclusive": policy.trigger_inclusive,
        "borrow_offset": policy.borrow_offset,
        "strict_ltv": policy.strict_ltv,
        "cap_each": policy.cap_each_collateral,
        "sweep_dust": policy.sweep_dust,
        "second_trigger": policy.second_trigger,
        "perp_shortfall_trigger": policy.perp_shortfall_trigger,
    }
    assert told["debt_step"] == policy.debt_step
    assert told["debt_step_needs_low_health"] is policy.debt_step_needs_low_health
    assert told["min_step"] == policy.debt_step_minimum
    assert told["perp_threshold"] == policy.perp_step_threshold
    assert told["max_price_age"] == policy.price_max_age_risk
    assert told["max_liquidation_price_age"] == policy.price_max_age_liquidation
    assert told["max_move_bps"] == 0  # presets bound no update


def test_roles_begin_funded(deployed):
    reader, params = deployed.reader, deployed.params
    maker = {b.token: b for b in reader.balances(deployed.account("maker"))}
    assert all(maker[token.id].idle > 0 for token in params.tokens)
    wallet = {b.token: b for b in reader.balances(deployed.account("borrower"))}
    assert all(wallet[token.id].wallet > 0 for token in params.tokens)
    assert reader.account(deployed.account("borrower")).mode is Mode.PORTFOLIO_MARGIN
    assert reader.account(deployed.account("supplier")).mode is Mode.STANDARD
    for token in params.tokens:
        if token.borrowable:
            assert reader.reserve(token.id).cash > 0
    assert reader.balance(deployed.account("insurance"), 0).idle == 10_000_000 * 10**8


def test_addresses_are_those_that_the_chain_gives():
    # The address of the first two contracts of the first account of the well-known mnemonic.
    admin = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert created_address(admin, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert created_address(admin, 1) == "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 255, 256, 70_000])
def test_created_address_agrees_with_the_chains_own_rule(nonce):
    web3_utils = pytest.importorskip("web3.utils.address")
    creator = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert created_address(creator, nonce) == web3_utils.get_create_address(creator, nonce)


def changed(**changes):
    tokens = tuple(replace(t, **changes) if t.name == "USDC" else t for t in CURRENT.tokens)
    return replace(CURRENT, tokens=tokens)


WRONG = {
    "the quote token is missing": (
        replace(CURRENT, tokens=CURRENT.tokens[1:]),
        "the quote of all prices",
    ),
    "decimals out of range": (
        changed(wei_decimals=5),
        r"tokens\.USDC: .*6 to 18 \(wei\), .* were 5,",
    ),
    "decimals of the ERC-20 out of range": (changed(evm_decimals=25), r"tokens\.USDC: .* and 25"),
    "sizes finer than the wei": (changed(wei_decimals=6), r"tokens\.USDC: .* were 6, 8 and"),
    "a rate beyond its bound": (
        changed(curve=replace(CURRENT.tokens[0].curve, base=5_001 * RAY)),
        r"tokens\.USDC: FractionTooHigh",
    ),
    "a rate finer than its word": (
        changed(curve=replace(CURRENT.tokens[0].curve, base=RAY // 20 + 1)),
        r"tokens\.USDC: FigureTooFine",
    ),
    "loan to value of one": (changed(ltv_bps=10_000), r"tokens\.USDC: LtvTooHigh"),
    "a cap beyond its word": (
        changed(global_supply_cap=2**128),
        r"tokens\.USDC: .*global_supply_cap",
    ),
    "a pair against another quote": (
        replace(CURRENT, pairs=(*CURRENT.pairs, PairParams(id=1, base=197, quote=150))),
        "against USDC",
    ),
    "a perp in a table that is not there": (
        replace(CURRENT, perps=(replace(CURRENT.perps[0], table_id=99),)),
        r"perps\.BTC: .*margin table 99",
    ),
    "a fee of more than all": (
        CURRENT.with_policy(replace(CURRENT.policy, perp_taker_fee_ppm=1_000_001)),
        r"policy: FractionTooHigh\(value=1000001",
    ),
    "a trigger beyond its word": (
        CURRENT.with_policy(replace(CURRENT.policy, trigger=2**64)),
        r"policy: .*trigger",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_parameters_that_the_contracts_do_not_take_are_refused_at_their_place(what):
    params, told = WRONG[what]
    with pytest.raises(InputError, match=told):
        plan_genesis(params, ACCOUNTS)


def test_coin_without_a_price_to_begin_with_is_refused():
    prices = {name: px for name, px in GENESIS_PRICES.items() if name != "SOL"}
    with pytest.raises(InputError, match=r"prices\.SOL"):
        plan_genesis(CURRENT, ACCOUNTS, prices)


@pytest.mark.parametrize("px", ["100000.05", "0", "-1"])
def test_price_off_the_grid_or_not_above_zero_is_refused(px):
    with pytest.raises(InputError, match="BTC"):
        plan_genesis(CURRENT, ACCOUNTS, {**GENESIS_PRICES, "BTC": Decimal(px)})


def test_wrong_parameters_are_refused_before_a_node_is_started(monkeypatch):
    def refuse(**_):
        raise AssertionError("a node was started")

    monkeypatch.setattr(Node, "start", refuse)
    with pytest.raises(InputError):
        LocalVenue.start(WRONG["decimals out of range"][0])


def test_two_runs_give_the_same_figures_at_the_same_times():
    runs = []
    for _ in range(2):
        with LocalVenue.start() as local:
            borrower = local.sender("borrower")
            borrower.supply("UBTC", local.amount("UBTC", "1"))
            borrower.borrow("USDC", local.amount("USDC", "1000"))
            local.warp(86_400)
            reader = local.reader.pinned()
            figures = [reader.account(a) for _, a in local.deployment.accounts]
            runs.append((local.deployment.venue, local.rpc.block().timestamp, figures))
    assert runs[0] == runs[1]
