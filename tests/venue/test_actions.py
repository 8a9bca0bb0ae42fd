"""Actions are done whole or not at all, and fit their signatures."""

from __future__ import annotations

from typing import Any

import pytest
from venue.stage import (
    HYPE,
    HYPE_WEI,
    USDC,
    USDC_WEI,
    buy,
    tables,
)

from pmkit.errors import (
    AccessControlUnauthorizedAccount,
    ERC20InsufficientAllowance,
    HealthFactorBelowOne,
    InputError,
    RatioAboveTrigger,
)
from pmkit.policy import NO_CAP
from pmkit.units import WAD
from pmkit.venue import EVERYTHING, Venue
from pmkit.venue.actions import EXTERNALS
from pmkit.venue.events import Deposited, Transfer
from pmkit.venue.roles import GUARDIAN


def test_action_emits_what_the_contracts_emit(venue: Venue) -> None:
    supplier = venue.account("supplier")
    supplier.deposit("USDC", 100)
    erc20 = venue.registry.token(USDC).erc20
    assert venue.events == (
        Transfer(erc20=erc20, from_=supplier.address, to=venue.address_of("venue"), value=1),
        Deposited(account=supplier.address, token=USDC, amount=100, payer=supplier.address),
    )
    assert venue.events[0].values == {
        "from": supplier.address,
        "to": venue.address_of("venue"),
        "value": 1,
    }


@pytest.mark.parametrize(
    ("call", "error"),
    [
        # Late refusals: after transfers, sweeps, fills and fees have been made.
        (lambda a: buy(a, "BTC", 10**6), RatioAboveTrigger),
        (lambda a: a.borrow("USDC", 1_501 * USDC_WEI), HealthFactorBelowOne),
        (lambda a: a.withdraw("HYPE", 70 * HYPE_WEI, "borrower"), HealthFactorBelowOne),
        (lambda a: a.deposit("USDC", 10**15), ERC20InsufficientAllowance),
        (
            lambda a: a.set_token_factors("HYPE", ltv_bps=0, borrowable=True),
            AccessControlUnauthorizedAccount,
        ),
    ],
)
def test_action_that_is_refused_leaves_no_trace(venue: Venue, call: Any, error: Any) -> None:
    before, logged = tables(venue), len(venue.log)
    with pytest.raises(error):
        call(venue.account("borrower"))
    assert tables(venue) == before
    assert venue.events == ()
    assert len(venue.log) == logged + 1


def test_action_that_breaks_down_leaves_no_trace(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, logged = tables(venue), len(venue.log)

    def fall_over(*_: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("pmkit.venue.margin_engine.require_safe", fall_over)
    with pytest.raises(RuntimeError):
        venue.account("borrower").borrow("USDC", 1)
    assert tables(venue) == before
    assert len(venue.log) == logged


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("order", (0, True, 2**64, 1, False)),
        ("order", (0, 1, 1, 1, False)),
        ("order", (0, True, 1, 1)),
        ("set_mode", (2,)),
        ("sweep", ("0x" + "AB" * 20,)),
        ("deposit", (0, True, "0x" + "ab" * 20)),
        ("set_leverage", (0, 256)),
        ("report_prices", ([], (), 1)),
        ("no_such_action", ()),
    ],
)
def test_action_that_does_not_fit_its_signature_is_refused(
    venue: Venue, name: str, args: tuple[Any, ...]
) -> None:
    with pytest.raises(InputError):
        venue.act("borrower", name, *args)


def test_refusal_carries_the_compared_numbers(venue: Venue) -> None:
    with pytest.raises(RatioAboveTrigger) as refused:
        buy(venue.account("borrower"), "BTC", 10**6)
    refusal = venue.log[-1].refusal
    assert refusal is not None
    assert refusal.name == "RatioAboveTrigger"
    assert dict(refusal.values) == refused.value.values


def test_actor_has_a_method_for_every_action(venue: Venue) -> None:
    actor = venue.account("trader")
    by_other_names = {
        "create": "Venue()",
        "create_erc20": "Venue(genesis)",
        "on_behalf": "acting_for",
        "for_sub_account": "sub_account",
        "for_core": "speaking_for",
    }
    assert {n for n in EXTERNALS if not hasattr(actor, n)} == set(by_other_names)


def test_actor_runs_every_kind_of_action(venue: Venue) -> None:
    admin, keeper = venue.account("admin"), venue.account("keeper")
    caps = {"user_supply_cap": NO_CAP, "user_borrow_cap": NO_CAP}
    admin.set_token_caps("HYPE", **caps, global_supply_cap=NO_CAP, global_borrow_cap=NO_CAP)
    admin.set_token_factors("HYPE", ltv_bps=6_000, borrowable=False)
    admin.set_rate_curve("USDC", venue.registry.token(USDC).curve)
    admin.set_margin_table(52, (0,), (10,))
    admin.set_policy(venue.registry.policy)
    admin.grant_role(GUARDIAN, "keeper")
    keeper.renounce_role(GUARDIAN)
    admin.revoke_role(GUARDIAN, "keeper")
    keeper.fund("HYPE", 10 * HYPE_WEI)
    keeper.approve("HYPE", "trader", 10**18)
    venue.account("trader").transfer_from("HYPE", "keeper", "trader", 10**18)
    keeper.transfer("HYPE", "trader", 10**18)
    keeper.supply("HYPE", HYPE_WEI)
    keeper.deposit("HYPE", HYPE_WEI, "trader")
    keeper.accrue("USDC")
    keeper.set_leverage("BTC", 5)
    keeper.fund("USDC", 10**12)
    keeper.repay("USDC", EVERYTHING, "borrower")
    keeper.deposit("USDC", 10**10)
    keeper.transfer_perp("", 10**6, to_perp=True)
    keeper.spot_send("trader", "USDC")
    keeper.sweep()
    assert [action.refusal for action in venue.log[-20:]] == [None] * 20
    assert venue.registry.token(HYPE).ltv_bps * WAD == 6_000 * WAD
