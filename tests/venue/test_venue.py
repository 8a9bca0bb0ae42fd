"""The venue as an object: names, time, whole actions or none, the log, copies and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from venue.stage import (
    BTC_PERP,
    HYPE,
    HYPE_WEI,
    UBTC,
    USDC,
    USDC_WEI,
    buy,
    portfolio_account,
    sell,
    set_prices,
    stage,
)

from pmkit.errors import (
    AccessControlUnauthorizedAccount,
    ActingAlready,
    ERC20InsufficientAllowance,
    ERC20InsufficientBalance,
    HealthFactorBelowOne,
    InputError,
    NotOperator,
    OwnerOnly,
    Paused,
    RatioAboveTrigger,
    UnknownToken,
)
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.policy import NO_CAP
from pmkit.units import WAD
from pmkit.venue import EVERYTHING, Action, Call, Venue
from pmkit.venue.actions import EXTERNALS
from pmkit.venue.events import Borrowed, Deposited, Event, OperatorSet, Swept, Transfer
from pmkit.venue.records import Pause
from pmkit.venue.roles import GUARDIAN, UNPAUSER


@pytest.fixture
def venue() -> Venue:
    """Give a market with a borrower: 100 HYPE, 1,000 USDC owed, long 0.01 BTC."""
    venue = stage()
    borrower = portfolio_account(venue, "borrower", hype=100 * HYPE_WEI)
    borrower.borrow("USDC", 1_000 * USDC_WEI)
    buy(borrower, "BTC", 1_000)
    return venue


def tables(venue: Venue) -> Any:
    """Return everything that is stored."""
    return venue.to_json()["tables"]


# What there is


@pytest.mark.parametrize("preset", ["pre-alpha", "alpha", "current"])
def test_venue_of_a_preset_lists_what_the_preset_says(preset: str) -> None:
    params = load_params(preset)
    venue = Venue(params)
    tokens, dexes, perps, pairs = venue.registry.listed()
    assert tokens == tuple(token.id for token in params.tokens)
    assert dexes == tuple(range(len(params.dexes)))
    assert perps == tuple(perp.id for perp in params.perps)
    assert pairs == tuple(pair.id for pair in params.pairs)
    for token in params.tokens:
        listed = venue.registry.token(token.id)
        assert (listed.name, listed.ltv_bps) == (token.name, token.ltv_bps)
        assert listed.user_borrow_cap == token.user_borrow_cap
        assert listed.curve == token.curve
    for perp in params.perps:
        table = venue.registry.table(venue.registry.perp(perp.id).margin_table)
        assert table == params.table(perp.table_id)
    assert venue.registry.perp_of_pair(107) == params.perp("HYPE").id
    assert venue.registry.policy.margin == params.policy.margin


def test_venue_without_a_source_lists_nothing() -> None:
    venue = Venue(now=5)
    assert venue.registry.listed() == ((), (), (), ())
    with pytest.raises(UnknownToken):
        venue.reserve_of(0)


# Names


def test_account_by_name_is_the_account_of_its_address() -> None:
    venue = Venue(names={"trader": "0x" + "AB" * 20})
    assert venue.account("trader").address == "0x" + "ab" * 20
    assert venue.address_of("0x" + "AB" * 20) == "0x" + "ab" * 20
    assert venue.address_of("keeper") == Venue().address_of("keeper")
    assert venue.address_of("keeper") != venue.address_of("supplier")


@pytest.mark.parametrize("who", ["", "0x12", "0x" + "g" * 40])
def test_account_by_neither_name_nor_address_is_refused(who: str) -> None:
    with pytest.raises(InputError):
        Venue().account(who)


def test_token_by_name_is_the_token_of_its_id(venue: Venue) -> None:
    assert venue.balance_of("borrower", "HYPE") == venue.balance_of("borrower", HYPE)
    assert venue.position_of("borrower", "BTC") == venue.position_of("borrower", BTC_PERP)
    with pytest.raises(InputError, match="nothing is listed"):
        venue.balance_of("borrower", "XYZ")


# Time


def test_time_goes_forward_only() -> None:
    venue = Venue(now=100)
    venue.advance(5)
    assert venue.now == 105
    with pytest.raises(InputError):
        venue.now = 104


@pytest.mark.parametrize("now", [0, -1, 2**40])
def test_time_that_the_contracts_cannot_store_is_refused(now: int) -> None:
    with pytest.raises(InputError):
        Venue(now=now)


def test_interest_follows_the_clock_of_the_state(venue: Venue) -> None:
    before = venue.reserve_of(USDC).borrowed
    venue.advance(365 * 86_400)
    # e^0.05 − 1 on what is owed.
    grown = venue.reserve_of(USDC).borrowed
    assert (grown - before) * 10**6 // before == 51_271


# Actions


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


# Acting for others


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


# Pausing


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


# The whole


def test_copy_goes_its_own_way(venue: Venue) -> None:
    before = venue.to_json()
    twin = venue.copy()
    assert twin.to_json() == before
    twin.advance(60)
    set_prices(twin, btc="50000", hype="20")
    twin.account("keeper").sweep("borrower")
    assert venue.to_json() == before
    assert twin.to_json() != before


def test_copy_serves_to_ask_what_would_happen(venue: Venue) -> None:
    def liquidatable_at(px: int) -> bool:
        what_if = venue.copy()
        set_prices(what_if, hype=str(px))
        return what_if.margin_of("borrower").liquidatable

    # 1,000 USDC are idle: nothing is net but a little margin, which 100 HYPE carry far down.
    assert [px for px in (50, 10, 1) if liquidatable_at(px)] == []


def test_json_leads_back_to_the_same_venue(venue: Venue) -> None:
    text = json.dumps(venue.to_json())
    read = Venue.from_json(json.loads(text))
    assert read.to_json() == venue.to_json()
    assert read.log == venue.log
    assert read.dump_storage() == venue.dump_storage()
    # And it goes on from there as the other one.
    for either in (venue, read):
        either.advance(3_600)
        set_prices(either, btc="120000")
        either.account("keeper").sweep("borrower")
    assert read.to_json() == venue.to_json()
    assert any(isinstance(event, Swept) for event in read.events)


def test_json_has_no_number_that_a_reader_could_round(venue: Venue) -> None:
    def numbers(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [n for one in value.values() for n in numbers(one)]
        if isinstance(value, list):
            return [n for one in value for n in numbers(one)]
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []

    assert numbers(venue.to_json()) == []


def broken(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return JSON with one place changed; None takes it away."""
    copy = json.loads(json.dumps(found))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "pmkit venue 0"),
        (("now",), 5),
        (("now",), "0"),
        (("now",), "007"),
        (("now",), None),
        (("extra",), "1"),
        (("names",), []),
        (("tables", "reserves", 0, 1, "cash"), "-1"),
        (("tables", "reserves", 0, 1, "cash"), str(2**128)),
        (("tables", "reserves", 0, 1, "cash"), "1.5"),
        (("tables", "reserves", 0, 1, "more"), "1"),
        (("tables", "accounts", 0, 1, "mode"), "3"),
        (("tables", "accounts", 0, 1, "exists"), "1"),
        (("tables", "accounts", 0, 0), "0x12"),
        (("tables", "accounts", 0), ["x"]),
        (("tables", "positions"), None),
        (("tables", "balances", 0, 0), ["0x" + "00" * 20]),
        (("log", 3, "name"), "no_such_action"),
        (("log", 3, "args"), []),
        (("log", 3, "refusal"), {"name": "PmkitError", "values": {}}),
        (("log", 3, "time"), "x"),
    ],
)
def test_json_with_anything_wrong_is_refused_by_its_place(
    venue: Venue, path: tuple[Any, ...], value: Any
) -> None:
    with pytest.raises(InputError):
        Venue.from_json(broken(venue.to_json(), path, value))


def test_json_with_a_key_twice_is_refused(venue: Venue) -> None:
    found = venue.to_json()
    found["tables"]["accounts"].append(found["tables"]["accounts"][0])
    with pytest.raises(InputError, match="stands twice"):
        Venue.from_json(found)


def test_log_holds_every_action_and_how_it_ended(venue: Venue) -> None:
    supplier = venue.account("supplier")
    venue.advance(7)
    supplier.deposit("USDC", 150)
    # A wallet pays whole units of its ERC-20: 200 wei for 150.
    assert venue.log[-1] == Action(
        time=venue.now,
        sender=supplier.address,
        name="deposit",
        args=(USDC, 150, supplier.address),
        result=200,
        refusal=None,
    )
    with pytest.raises(ERC20InsufficientBalance):
        supplier.transfer("HYPE", "borrower", 1)
    refusal = venue.log[-1].refusal
    assert refusal is not None
    assert refusal.name == "ERC20InsufficientBalance"
    assert dict(refusal.values) == {"sender": supplier.address, "balance": 0, "needed": 1}


def test_replay_of_the_log_leads_to_the_same_venue(venue: Venue) -> None:
    venue.advance(100)
    with pytest.raises(RatioAboveTrigger):
        buy(venue.account("borrower"), "BTC", 10**6)
    again = Venue.replay(venue.log)
    assert again.log == venue.log
    assert tables(again) == tables(venue)


def test_replay_from_a_venue_goes_on_from_there(venue: Venue) -> None:
    start = venue.copy()
    known = len(venue.log)
    venue.advance(60)
    set_prices(venue, btc="90000")
    venue.account("keeper").sweep("borrower")
    again = Venue.replay(venue.log[known:], start=start)
    assert tables(again) == tables(venue)


def test_replay_that_ends_otherwise_is_refused(venue: Venue) -> None:
    log = venue.log.copy()
    (place,) = (i for i, action in enumerate(log) if action.name == "borrow")
    action = log[place]
    log[place] = Action(
        time=action.time,
        sender=action.sender,
        name=action.name,
        args=(USDC, 10**15),
        result=None,
        refusal=None,
    )
    with pytest.raises(InputError, match=rf"log\[{place}\]"):
        Venue.replay(log)


def test_dump_of_storage_is_by_ids(venue: Venue) -> None:
    dumped = venue.dump_storage()
    borrower = dumped["accounts"][venue.address_of("borrower")]
    assert borrower["state"]["mode"] == Mode.PORTFOLIO_MARGIN
    assert borrower["balances"][HYPE]["shares"] > 0
    assert borrower["balances"][UBTC] == {"shares": 0, "idle": 0, "borrow_floor": 0, "basis": 0}
    assert borrower["positions"][BTC_PERP]["szi"] == 1_000
    assert dumped["reserves"][USDC]["borrowed"] == 1_000 * USDC_WEI
    assert list(dumped["accounts"]) == list(venue.accounts())


def test_actor_has_a_method_for_every_action(venue: Venue) -> None:
    actor = venue.account("trader")
    by_other_names = {
        "create": "Venue()",
        "create_erc20": "Venue(genesis)",
        "on_behalf": "acting_for",
        "for_sub_account": "sub_account",
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
