"""What became of each account of a batch of liquidation steps, before and after it. SPEC LQ-26."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.chain.contracts import ask
from pmkit.chain.revert import decode_revert
from pmkit.errors import NobodyTaken
from pmkit.venue.records import Leg, LiquidationStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.sender import Receipt, Sender, Simulation
    from pmkit.errors import PmkitError


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How the step on one account ended."""

    account: str
    step: LiquidationStep | None
    """What it did; None where it was refused."""
    reason: PmkitError | None
    """What refused it; None too where it was refused in its turn and would be taken by now."""


def foretold(
    sender: Sender, accounts: Sequence[str], *, as_taker: bool = False
) -> tuple[tuple[StepOutcome, ...], Simulation]:
    """Return how the steps would end in the block to come; nothing is sent.

    Raises NobodyTaken where all would be refused, and as `Sender.simulate` does.
    """
    simulation = sender.simulate(sender.actions.liquidate_batch(accounts, as_taker=as_taker))
    found = outcomes_of(accounts, simulation.answer)
    if all(outcome.step is None for outcome in found):
        reasons = ((outcome.account, str(outcome.reason)) for outcome in found)
        raise NobodyTaken(reasons=tuple(reasons))
    return found, simulation


def told_by(
    sender: Sender, accounts: Sequence[str], receipt: Receipt, *, as_taker: bool = False
) -> tuple[StepOutcome, ...]:
    """Return how the steps of a mined batch ended.

    A refused step leaves no event: its reason is what the batch's own block answers when it is
    asked again.
    """
    steps = {
        event.values["account"]: step_of(event.values)
        for event in receipt.events
        if event.name == "Liquidated"
    }
    skipped = [account for account in accounts if account not in steps]
    refused: dict[str, PmkitError | None] = {}
    if skipped:
        again = sender.actions.liquidate_batch(skipped, as_taker=as_taker)
        answer = ask(sender.rpc, again.call, receipt.block, sender.address)
        refused = {each.account: each.reason for each in outcomes_of(skipped, answer)}
    return tuple(
        StepOutcome(account=account, step=steps.get(account), reason=refused.get(account))
        for account in accounts
    )


def outcomes_of(
    accounts: Sequence[str], answer: Sequence[dict[str, Any]]
) -> tuple[StepOutcome, ...]:
    """Return the outcomes that `liquidateBatch` answers."""
    return tuple(
        StepOutcome(
            account=account,
            step=step_of(told["step"]) if told["done"] else None,
            reason=None if told["done"] else decode_revert(told["reason"]),
        )
        for account, told in zip(accounts, answer, strict=True)
    )


def step_of(values: dict[str, Any]) -> LiquidationStep:
    """Return a step from its fields in an answer or an event."""
    return LiquidationStep(
        leg=Leg(values["leg"]),
        debt_value=values["debt_value"],
        collateral_value=values["collateral_value"],
        loss=values["loss"],
        liquidatable=values["liquidatable"],
    )
