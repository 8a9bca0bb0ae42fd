"""A plan: its order, who keeps which role, and what it may cost. SPEC DP-03, DP-05."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.conftest import DEPLOYER, LOCAL
from deploy.test_spec import changed, spec

from pmkit.chain.contracts import LIBRARIES
from pmkit.deploy.gas import costs_of
from pmkit.deploy.plan import inputs_of, plan_of
from pmkit.hyperevm.limits import BIG_GAS, SMALL_GAS

HANDED_OVER = changed(("admin: $deployer", "admin: $operations"))


def whats(text=LOCAL):
    return [step.what for step in plan_of(spec(text))]


def test_contracts_come_first_each_after_what_it_needs():
    names = [step.creates for step in plan_of(spec()) if step.creates is not None]
    assert names[: len(LIBRARIES)] == list(LIBRARIES)
    assert names[len(LIBRARIES)] == "CollateralRegistry"
    assert names[-2:] == ["Venue", "Lens"]
    assert whats()[: len(names)] == [f"create {name}" for name in names]


def test_no_two_steps_have_one_name():
    assert len(set(whats())) == len(whats())


def test_deployer_leaves_its_roles_last_and_only_those_that_are_not_its_own():
    assert whats()[-1] == "deployer leaves reporter"
    assert "deployer leaves admin" not in whats()
    assert whats(HANDED_OVER)[-3:] == [
        "deployer leaves reporter",
        "deployer leaves risk admin",
        "deployer leaves admin",
    ]
    granted = whats(HANDED_OVER).index("grant admin")
    assert granted < whats(HANDED_OVER).index("deployer leaves reporter")


def test_prices_are_reported_while_the_deployer_may():
    assert whats().index("report prices") < whats().index("deployer leaves reporter")


def test_token_with_an_erc20_is_not_created_but_listed():
    text = changed(("USDC: {create: true}", f"USDC: 0x{'ab' * 20}"))
    assert "create tokens.USDC" not in whats(text)
    assert "list token USDC" in whats(text)


def test_creations_need_big_blocks_and_nothing_else_does():
    large = [cost.step.what for cost in costs_of(plan_of(spec())) if cost.gas > SMALL_GAS]
    assert "create Venue" in large
    assert all(what.startswith("create ") for what in large)
    assert all(cost.gas < BIG_GAS for cost in costs_of(plan_of(spec())))


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("guardian: $operations", "guardian: $deployer", {"roles.guardian"}),
        ("BTC: 100000", "BTC: 90000", {"prices.BTC.mark", "prices.BTC.oracle", "prices.@142.px"}),
        ("enable_max_value: none", 'enable_max_value: "9"', {"params.policy.enable_max_value"}),
        ("HYPE: {create: true}", f"HYPE: 0x{'ab' * 20}", {"tokens.HYPE"}),
    ],
)
def test_inputs_tell_two_deployments_apart_by_key(old, new, keys):
    before, after = inputs_of(spec()), inputs_of(spec(changed((old, new))))
    odd = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert odd == keys


def test_inputs_hold_the_code_and_the_deployer():
    inputs = inputs_of(spec())
    assert inputs["deployer"] == DEPLOYER
    assert {f"contracts.{name}" for name in LIBRARIES} < inputs.keys()
    assert Path(inputs["params.name"]).name == "local"
