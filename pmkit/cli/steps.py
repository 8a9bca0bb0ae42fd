"""What became of each account of a batch of liquidations, for people and as `--json` prints it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.sender import Simulation
from pmkit.chain.steps import foretold, told_by
from pmkit.cli.format import WAD_DECIMALS, amount_text, readable
from pmkit.cli.receipts import event_object, reason_object
from pmkit.venue.records import Leg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.sender import Receipt, Sender
    from pmkit.chain.steps import StepOutcome

LEGS = {
    Leg.DEBT_PARTIAL: "debtPartial",
    Leg.DEBT_FULL: "debtFull",
    Leg.PERP: "perp",
    Leg.PERP_TAKEOVER: "perpTakeover",
    Leg.SETTLE: "settle",
}
LATER = "refused in its turn, would be taken now"


def finish_steps(
    sender: Sender, accounts: Sequence[str], *, as_taker: bool, options: dict[str, Any]
) -> None:
    """Send or simulate a step on each account, and print what came of each."""
    result: Receipt | Simulation
    outcomes, result = foretold(sender, accounts, as_taker=as_taker)
    if not options["simulate"]:
        result = sender.liquidate_batch(accounts, as_taker=as_taker)
        outcomes = told_by(sender, accounts, result, as_taker=as_taker)
    if options["as_json"]:
        click.echo(json.dumps(steps_object(outcomes, result)))
        return
    roles = {address: role for role, address in sender.reader.deployment.accounts}
    click.echo(head_text(outcomes, result))
    for outcome in outcomes:
        click.echo(f"{roles.get(outcome.account, outcome.account)}: {outcome_text(outcome)}")


def steps_object(outcomes: Sequence[StepOutcome], result: Receipt | Simulation) -> dict[str, Any]:
    """Return the batch as one object; values are USD as text."""
    simulated = isinstance(result, Simulation)
    gas = result.gas if isinstance(result, Simulation) else result.gas_used
    return {
        "action": "liquidate",
        "simulated": simulated,
        "accounts": [outcome_object(outcome) for outcome in outcomes],
        "events": None if result.events is None else [event_object(e) for e in result.events],
        "txHash": None if isinstance(result, Simulation) else result.tx_hash,
        "block": None if isinstance(result, Simulation) else result.block,
        "gasUsed": None if gas is None else str(gas),
    }


def outcome_object(outcome: StepOutcome) -> dict[str, Any]:
    """Return one account of it; figures are null where nothing was taken."""
    step = outcome.step
    return {
        "account": outcome.account,
        "done": step is not None,
        "leg": None if step is None else LEGS[step.leg],
        "debtValue": None if step is None else amount_text(step.debt_value, WAD_DECIMALS),
        "collateralValue": (
            None if step is None else amount_text(step.collateral_value, WAD_DECIMALS)
        ),
        "loss": None if step is None else amount_text(step.loss, WAD_DECIMALS),
        "liquidatable": None if step is None else step.liquidatable,
        "reason": None if outcome.reason is None else reason_object(outcome.reason),
    }


def head_text(outcomes: Sequence[StepOutcome], result: Receipt | Simulation) -> str:
    """Return the whole batch in a line."""
    taken = sum(outcome.step is not None for outcome in outcomes)
    count = f"{taken} of {len(outcomes)} accounts"
    if isinstance(result, Simulation):
        gas = "" if result.gas is None else f", {result.gas:,} gas"
        return f"would liquidate: {count}{gas}; nothing was sent"
    return (
        f"liquidate: {count}, in block {result.block}, {result.gas_used:,} gas,"
        f" transaction {result.tx_hash}"
    )


def outcome_text(outcome: StepOutcome) -> str:
    """Return how the step on one account ended."""
    step = outcome.step
    if step is None:
        return f"left out: {LATER if outcome.reason is None else outcome.reason}"
    still = "still liquidatable" if step.liquidatable else "no longer liquidatable"
    debt, collateral, loss = (
        readable(value, WAD_DECIMALS)
        for value in (step.debt_value, step.collateral_value, step.loss)
    )
    return (
        f"{LEGS[step.leg]}, debt of {debt} USD, collateral of {collateral} USD, loss {loss} USD;"
        f" {still}"
    )
