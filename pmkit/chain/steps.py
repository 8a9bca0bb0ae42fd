"""What became of each account of a batch of liquidation steps, before and after it. SPEC LQ-26."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.chain.address import checked
from pmkit.chain.contracts import ask
from pmkit.chain.revert import decode_revert
from pmkit.errors import NobodyTaken
from pmkit.venue.records import Leg, LiquidationStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

    Raises InputError for what is no address, NobodyTaken where all would be refused, and as
    `Sender.simulate` does.
    """
    addresses = [checked(account) for account in accounts]
    simulation = sender.simulate(sender.actions.liquidate_batch(addresses, as_taker=as_taker))
    found = outcomes_of(addresses, simulation.answer)
    if all(outcome.step is None for outcome in found):
        reasons = ((outcome.account, str(outcome.reason)) for outcome in found)
        raise NobodyTaken(reasons=tuple(reasons))
    return found, simulation


def told_by(
    sender: Sender, accounts: Sequence[str], receipt: Receipt, *, as_taker: bool = False
) -> tuple[StepOutcome, ...]:
    """Return how the steps of a mined batch ended.

    A refused step leaves no event: its reason is what the batch's own block answers when it is
    asked again. An account that is named twice has the steps that it had, in their order.

    Raises InputError for what is no address.
    """
    addresses = [checked(account) for account in accounts]
    steps = steps_in_order(addresses, receipt)
    skipped = [account for account, step in zip(addresses, steps, strict=True) if step is None]
    reasons: Iterator[PmkitError | None] = iter(())
    if skipped:
        again = sender.actions.liquidate_batch(skipped, as_taker=as_taker)
        answer = ask(sender.rpc, again.call, receipt.block, sender.address)
        reasons = (each.reason for each in outcomes_of(skipped, answer))
    return tuple(
        StepOutcome(account=account, step=step, reason=None if step else next(reasons))
        for account, step in zip(addresses, steps, strict=True)
    )


def steps_in_order(addresses: Sequence[str], receipt: Receipt) -> list[LiquidationStep | None]:
    """Return the step that each account of a mined batch had; None where it had none.

    Of an account that had several, in their order; those of accounts not asked about are left out.
    """
    told = [event.values for event in receipt.events if event.name == "Liquidated"]
    of_each = {
        address: iter([step_of(values) for values in told if values["account"] == address])
        for address in set(addresses)
    }
    return [next(of_each[address], None) for address in addresses]


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
