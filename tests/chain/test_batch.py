"""Batches through the client: of one account's actions, and of liquidations. SPEC AC-14, LQ-26."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pmkit.chain.revert import decode_revert
from pmkit.chain.steps import foretold, told_by
from pmkit.errors import (
    HealthFactorBelowOne,
    InputError,
    NobodyTaken,
    NotInBatch,
    NotLiquidatable,
    SelfLiquidation,
)
from pmkit.model import Mode

USDT0_SPOT = 10_166
ANY_BUY = 2**64 - 1


def test_debt_first_and_collateral_of_two_tokens_after(venue):
    borrower = venue.sender("borrower")
    acts = borrower.actions
    actions = [
        acts.borrow("USDC", venue.amount("USDC", "1000")),
        acts.supply("HYPE", venue.amount("HYPE", "100")),
        acts.supply("UBTC", venue.amount("UBTC", "1")),
        acts.supply("HYPE", venue.amount("HYPE", "1")),
    ]
    simulated = borrower.simulate(acts.batch(actions))
    hype, ubtc = venue.amount("HYPE", "100"), venue.amount("UBTC", "1")
    assert simulated.answer == ((), hype, ubtc, venue.amount("HYPE", "1"))
    # The venue may take what the whole batch takes: 101 HYPE of 18 decimals, a UBTC of 8.
    assert simulated.approvals == (101 * 10**18, 10**8)
    receipt = borrower.batch(actions)
    assert len(receipt.approvals) == 2
    assert [e.name for e in receipt.events if e.name in ("Borrowed", "Supplied")] == [
        "Borrowed",
        "Supplied",
        "Supplied",
        "Supplied",
    ]
    with pytest.raises(HealthFactorBelowOne):
        borrower.batch([acts.borrow("USDC", venue.amount("USDC", "400000"))])


def test_what_may_not_stand_in_a_batch_is_refused_by_its_place(venue):
    keeper = venue.sender("keeper")
    acts = keeper.actions
    with pytest.raises(NotInBatch) as refused:
        keeper.batch([acts.set_leverage(0, 3), acts.sweep(keeper.address)])
    assert refused.value.place == 1


def test_batch_of_a_sub_account_is_of_its_own_actions(venue):
    trader = venue.sender("trader")
    sub = trader.sub_account(2)
    usdc = venue.amount("USDC", "50")
    answer = sub.simulate(
        sub.actions.batch([sub.actions.set_mode(Mode.UNIFIED), sub.actions.deposit("USDC", usdc)])
    ).answer
    assert answer == ((), usdc)
    sub.batch([sub.actions.set_mode(Mode.UNIFIED), sub.actions.deposit("USDC", usdc)])
    assert venue.reader.account(sub.actions.address).mode == Mode.UNIFIED
    with pytest.raises(InputError, match=r"actions\[1\]"):
        sub.batch([sub.actions.deposit("USDC", usdc), trader.actions.deposit("USDC", usdc)])
    with pytest.raises(InputError, match=r"actions\[0\]"):
        trader.batch([sub.actions.deposit("USDC", usdc)])


def test_steps_of_a_batch_are_done_or_told_why_not(venue):
    borrower, keeper = venue.sender("borrower"), venue.sender("keeper")
    borrower.supply("HYPE", venue.amount("HYPE", "1000"))
    borrower.borrow("USDC", venue.amount("USDC", "20000"))
    borrower.order(USDT0_SPOT, is_buy=True, sz=20_000 * 100, limit_px=ANY_BUY)
    venue.move("HYPE", Decimal("25"))
    accounts = [borrower.address, keeper.address]
    done, refused = keeper.simulate(keeper.actions.liquidate_batch(accounts)).answer
    assert (done["done"], refused["done"]) == (True, False)
    assert done["step"]["debt_value"] > 0
    error = decode_revert(refused["reason"])
    assert isinstance(error, SelfLiquidation)
    assert error.account == keeper.address
    receipt = keeper.liquidate_batch(accounts)
    assert receipt.event("Liquidated").values["account"] == borrower.address


def test_reason_of_who_was_left_out_is_that_of_the_batchs_own_block(venue):
    """Who was skipped for want of a trigger, and would be taken by now, has no reason."""
    borrower, keeper = venue.sender("borrower"), venue.sender("keeper")
    borrower.supply("HYPE", venue.amount("HYPE", "1000"))
    borrower.borrow("USDC", venue.amount("USDC", "20000"))
    borrower.order(USDT0_SPOT, is_buy=True, sz=20_000 * 100, limit_px=ANY_BUY)
    trader = venue.account("trader")
    accounts = [trader, borrower.address]
    with pytest.raises(NobodyTaken) as nobody:
        foretold(keeper, accounts)
    assert [account for account, _ in nobody.value.reasons] == accounts
    venue.move("HYPE", Decimal("25"))
    outcomes, simulation = foretold(keeper, accounts)
    assert simulation.gas > 0
    assert [outcome.step is None for outcome in outcomes] == [True, False]
    receipt = keeper.liquidate_batch(accounts)
    told = told_by(keeper, accounts, receipt)
    assert told[1].step == outcomes[1].step
    assert isinstance(told[0].reason, NotLiquidatable)
    # By whatever spelling, and however often it is named.
    spelt = [borrower.address.lower(), trader, borrower.address]
    again = told_by(keeper, spelt, receipt)
    assert [outcome.account for outcome in again] == [borrower.address, trader, borrower.address]
    assert [outcome.step for outcome in again] == [outcomes[1].step, None, None]
    assert isinstance(again[1].reason, NotLiquidatable)
    # A batch that left the borrower out, as its receipt tells, although a step would be taken.
    silent = replace(receipt, events=(), block=receipt.block - 1)
    (left_out,) = told_by(keeper, [borrower.address], silent)
    assert (left_out.step, left_out.reason) == (None, None)


def test_account_named_twice_has_the_steps_that_it_had_in_their_order(venue):
    borrower, keeper = venue.sender("borrower"), venue.sender("keeper")
    borrower.supply("HYPE", venue.amount("HYPE", "1000"))
    borrower.borrow("USDC", venue.amount("USDC", "20000"))
    borrower.order(USDT0_SPOT, is_buy=True, sz=20_000 * 100, limit_px=ANY_BUY)
    venue.move("HYPE", Decimal("25"))
    twice = [borrower.address.lower(), borrower.address]
    outcomes, _ = foretold(keeper, twice)
    assert [outcome.account for outcome in outcomes] == [borrower.address] * 2
    receipt = keeper.liquidate_batch(twice)
    (event,) = (each for each in receipt.events if each.name == "Liquidated")
    first, second = told_by(keeper, twice, receipt)
    assert first.step == outcomes[0].step
    assert second.step is None
    values = event.values
    both = replace(receipt, events=(event, replace(event, values={**values, "loss": 7})))
    first, second = told_by(keeper, twice, both)
    assert (first.step.loss, second.step.loss) == (values["loss"], 7)


def test_step_is_told_whoever_else_had_one_before(venue):
    borrower, keeper = venue.sender("borrower"), venue.sender("keeper")
    borrower.supply("HYPE", venue.amount("HYPE", "1000"))
    borrower.borrow("USDC", venue.amount("USDC", "20000"))
    borrower.order(USDT0_SPOT, is_buy=True, sz=20_000 * 100, limit_px=ANY_BUY)
    venue.move("HYPE", Decimal("25"))
    receipt = keeper.liquidate_batch([borrower.address])
    (event,) = (each for each in receipt.events if each.name == "Liquidated")
    other = replace(event, values={**event.values, "account": venue.account("trader")})
    (told,) = told_by(keeper, [borrower.address], replace(receipt, events=(other, event)))
    assert told.step is not None
    assert told.step.debt_value == event.values["debt_value"]


def test_what_is_no_address_is_refused_before_anything_is_asked(venue):
    keeper = venue.sender("keeper")
    with pytest.raises(InputError, match="is no address"):
        foretold(keeper, ["0x12"])
