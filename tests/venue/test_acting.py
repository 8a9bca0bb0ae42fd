"""Operators, sub-accounts and the guardian. SPEC AC-05, AC-06, CR-07."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from venue.stage import (
    HYPE_WEI,
    USDC,
    USDC_WEI,
    sell,
)

from pmkit.errors import (
    ActingAlready,
    ERC20InsufficientAllowance,
    InputError,
    NotCore,
    NotOperator,
    OwnerOnly,
    Paused,
)
from pmkit.model import Mode
from pmkit.venue import Call, Venue
from pmkit.venue.events import Borrowed, Event, OperatorSet
from pmkit.venue.records import Pause
from pmkit.venue.roles import GUARDIAN, UNPAUSER


def test_operator_trades_and_manages_debt_but_takes_nothing_out(venue: Venue) -> None:
    """SPEC AC-05."""
    borrower, keeper = venue.account("borrower"), venue.account("keeper")
    with pytest.raises(NotOperator):
        keeper.acting_for("borrower").borrow("USDC", USDC_WEI)
    borrower.approve_operator("keeper")
    told: tuple[Event, ...] = venue.events
    assert told == (OperatorSet(account=borrower.address, operator=keeper.address, approved=True),)
    keeper.acting_for("borrower").borrow("USDC", USDC_WEI)
    told = venue.events
    assert Borrowed(account=borrower.address, token=USDC, amount=USDC_WEI) in told
    operator = keeper.acting_for("borrower")
    leaving: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
        (operator.withdraw, ("USDC",)),
        (operator.spot_send, ("keeper", "USDC")),
        (operator.set_mode, (Mode.STANDARD,)),
        (operator.approve_operator, ("liquidator",)),
    )
    for leave, args in leaving:
        with pytest.raises(OwnerOnly):
            leave(*args)
    borrower.approve_operator("keeper", approved=False)
    assert not venue.is_operator("borrower", "keeper")


def test_acting_does_not_nest(venue: Venue) -> None:
    sweep = Call("sweep", (venue.address_of("trader"),))
    with pytest.raises(ActingAlready):
        venue.act("trader", "for_sub_account", 0, Call("for_sub_account", (1, sweep)))
    # The failed call acts for nobody any more.
    venue.account("trader").sweep()


def test_core_speaks_for_an_account_and_nobody_else_does(venue: Venue) -> None:
    """SPEC AC-08."""
    core, trader = venue.account("core"), venue.account("trader")
    with pytest.raises(NotCore):
        venue.account("keeper").speaking_for("trader").set_mode(Mode.UNIFIED)
    core.speaking_for("trader").set_mode(Mode.UNIFIED)
    assert venue.account_state("trader").mode == Mode.UNIFIED
    # Wallets stay the core's.
    trader.fund("USDC", USDC_WEI)
    with pytest.raises(ERC20InsufficientAllowance):
        core.speaking_for("trader").deposit("USDC", USDC_WEI)
    sweep = Call("sweep", (trader.address,))
    with pytest.raises(ActingAlready):
        venue.act("core", "for_core", trader.address, Call("for_core", (trader.address, sweep)))
    core.sweep()


def test_sub_account_is_an_account_apart_that_its_master_pays_for(venue: Venue) -> None:
    """SPEC AC-06."""
    trader = venue.account("trader")
    trader.fund("UBTC", 10**10)
    sub = trader.sub_account(3)
    assert sub.address == venue.sub_account_of("trader", 3)
    sub.set_mode(Mode.PORTFOLIO_MARGIN)
    sub.deposit("UBTC", 10**10)
    sell(sub, "BTC", 10**5)
    assert venue.position_of(sub.address, "BTC").szi == -(10**5)
    assert venue.position_of("trader", "BTC").szi == 0
    assert venue.account_state("trader").token_bitmap == 0


def test_act_for_another_runs_calls_of_the_venue_only(venue: Venue) -> None:
    for call in (Call("mint", ()), Call("set_policy", ()), Call("create", ())):
        with pytest.raises(InputError):
            venue.act("trader", "for_sub_account", 0, call)


def test_pause_of_borrowing_leaves_repaying_and_leaving_open(venue: Venue) -> None:
    """SPEC CR-07."""
    admin, borrower = venue.account("admin"), venue.account("borrower")
    for role in (GUARDIAN, UNPAUSER):
        admin.grant_role(role, "admin")
    admin.pause(Pause.BORROW, Pause.SUPPLY)
    with pytest.raises(Paused):
        borrower.borrow("USDC", USDC_WEI)
    borrower.fund("USDC", 100 * USDC_WEI)
    assert borrower.repay("USDC", 100 * USDC_WEI) == 100 * USDC_WEI
    assert borrower.withdraw("HYPE", HYPE_WEI) == HYPE_WEI
    admin.unpause(Pause.BORROW)
    assert venue.registry.paused == Pause.SUPPLY
