"""Batches in plain integers: one check at the end, whole or not at all. SPEC AC-14, LQ-26."""

from __future__ import annotations

import json

import pytest
from venue.stage import HYPE_WEI, USDC_WEI, buy, portfolio_account, set_prices, tables

from pmkit.errors import HealthFactorBelowOne, InputError, NotInBatch
from pmkit.model import Mode
from pmkit.venue import Call, Refusal, Venue
from pmkit.venue.records import NO_STEP


def test_batch_makes_one_check_at_its_end(venue: Venue) -> None:
    borrower = venue.account("newcomer")
    borrower.fund("HYPE", 100 * HYPE_WEI)
    results = borrower.batch(
        lambda a: a.set_mode(Mode.PORTFOLIO_MARGIN),
        lambda a: a.borrow("USDC", 2_500 * USDC_WEI),
        lambda a: a.supply("HYPE", 100 * HYPE_WEI),
    )
    assert results == (None, None, 100 * HYPE_WEI)
    before = tables(venue)
    with pytest.raises(HealthFactorBelowOne):
        borrower.batch(lambda a: a.borrow("USDC", 1), lambda a: a.set_leverage("BTC", 2))
    assert tables(venue) == before
    # Nothing waits any more.
    with pytest.raises(HealthFactorBelowOne):
        borrower.borrow("USDC", 1)


def test_batch_holds_calls_of_one_account(venue: Venue) -> None:
    trader = venue.account("trader")
    with pytest.raises(NotInBatch) as refused:
        trader.batch(lambda a: a.set_leverage("BTC", 2), lambda a: a.sweep("borrower"))
    assert refused.value.place == 1
    with pytest.raises(InputError):
        venue.act("trader", "batch", (Call("mint", ()),))


def test_batch_of_a_sub_account_and_its_log_survive_json(venue: Venue) -> None:
    sub = venue.account("trader").sub_account(1)
    sub.batch(lambda a: a.set_mode(Mode.PORTFOLIO_MARGIN), lambda a: a.set_leverage("BTC", 3))
    venue.account("trader").batch()
    found = json.loads(json.dumps(venue.to_json()))
    assert Venue.from_json(found).log == venue.log
    assert Venue.replay(venue.log).to_json()["tables"] == found["tables"]


def test_steps_of_a_batch_are_done_or_told_why_not(venue: Venue) -> None:
    for who in ("first", "second"):
        account = portfolio_account(venue, who, hype=100 * HYPE_WEI)
        account.borrow("USDC", 2_500 * USDC_WEI)
        buy(account, 10_166, 250_000)
    set_prices(venue, hype="33")
    keeper = venue.account("keeper")
    outcomes = keeper.liquidate_batch(("first", "keeper", "second"))
    assert [outcome.done for outcome in outcomes] == [True, False, True]
    assert outcomes[0].step == outcomes[2].step
    assert (outcomes[0].reason, outcomes[1].step) == (None, NO_STEP)
    values = (("account", keeper.address),)
    assert outcomes[1].reason == Refusal(name="SelfLiquidation", values=values)
    found = json.loads(json.dumps(venue.to_json()))
    assert Venue.from_json(found).log == venue.log
