"""What an action did or would do, for people and as the JSON object of `--json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.sender import Receipt, Simulation
from pmkit.cli.format import health_factor_text, ratio_text
from pmkit.errors import VenueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.chain.abi import Event
    from pmkit.chain.actions import Action
    from pmkit.chain.sender import Sender
    from pmkit.errors import PmkitError
    from pmkit.model import AccountMargin


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did or would do, told alike either way."""

    what: str
    """One clause for people, such as `supplied 5.0 USDC`."""
    action: str
    account: str
    """Whose margin it changed."""
    outcome: Receipt | Simulation
    margin: AccountMargin | None
    """The account's figures afterwards; None where the chain could not tell them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What an event of an action tells of it, better than what was asked for."""

    event: str
    field: str
    told: Callable[[int], str]


def finish(
    sender: Sender,
    name: str,
    action: Action,
    shown: str,
    options: dict[str, Any],
    figure: Figure | None = None,
) -> None:
    """Send or simulate an action, and print what came of it."""
    outcome: Receipt | Simulation
    if options["simulate"]:
        outcome = sender.simulate(action)
        margin = outcome.margin
    else:
        outcome = sender.send(action)
        margin = margin_after(sender, action, outcome)
    done = Done(
        what=shown if figure is None else clause(outcome, figure, shown),
        action=name,
        account=action.about or sender.address,
        outcome=outcome,
        margin=margin,
    )
    click.echo(json.dumps(done_object(done)) if options["as_json"] else told(done))


def clause(outcome: Receipt | Simulation, figure: Figure, asked: str) -> str:
    """Return what an action did by its event, or what was asked for where none is known."""
    for event in outcome.events or ():
        if event.name == figure.event:
            return figure.told(event.values[figure.field])
    return asked


def margin_after(sender: Sender, action: Action, receipt: Receipt) -> AccountMargin | None:
    """Return the account's figures in the block of the transaction.

    None where a price is missing for them: the transaction is done all the same.
    """
    if action.about is None:
        return None
    try:
        return sender.reader.margin(action.about, receipt.block)
    except VenueError:
        return None


def done_object(done: Done) -> dict[str, Any]:
    """Return what was done as `--json` prints it; amounts are strings in the venue's units."""
    outcome, margin = done.outcome, done.margin
    common: dict[str, Any] = {
        "action": done.action,
        "simulated": isinstance(outcome, Simulation),
        "account": done.account,
        "portfolioMarginRatio": None if margin is None else ratio_text(margin.ratio),
        "healthFactor": None if margin is None else health_factor_text(margin.health_factor),
        "liquidatable": None if margin is None else margin.liquidatable,
        "events": None if outcome.events is None else [event_object(e) for e in outcome.events],
    }
    if isinstance(outcome, Simulation):
        gas = None if outcome.gas is None else str(outcome.gas)
        approval = str(outcome.approvals[0]) if outcome.approvals else None
        return {**common, "txHash": None, "block": None, "gasUsed": gas, "approval": approval}
    approved = outcome.approvals[0].tx_hash if outcome.approvals else None
    return {
        **common,
        "txHash": outcome.tx_hash,
        "block": outcome.block,
        "gasUsed": str(outcome.gas_used),
        "approval": approved,
    }


def event_object(event: Event) -> dict[str, Any]:
    """Return an event with its integers as strings, which no reader of JSON rounds."""
    return {"name": event.name, "contract": event.address, "values": exact(event.values)}


def reason_object(reason: PmkitError) -> dict[str, Any]:
    """Return a refusal with its name, numbers and sentence."""
    values = reason.values if isinstance(reason, VenueError) else {}
    return {"error": type(reason).__name__, "values": exact(values), "text": str(reason)}


def exact(value: Any) -> Any:
    """Return a value with every integer in it as text."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [exact(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def told(done: Done) -> str:
    """Return what was done in a line or two for people."""
    outcome, margin = done.outcome, done.margin
    if isinstance(outcome, Simulation):
        gas = "" if outcome.gas is None else f", {outcome.gas:,} gas"
        first = f"would {done.action}: {done.what}{gas}; nothing was sent"
    else:
        first = (
            f"{done.action}: {done.what}, in block {outcome.block}, {outcome.gas_used:,} gas,"
            f" transaction {outcome.tx_hash}"
        )
    if margin is None:
        return first
    factor = health_factor_text(margin.health_factor)
    health = "no debt" if factor is None else f"health factor {factor}"
    verdict = "liquidatable" if margin.liquidatable else "not liquidatable"
    second = f"{done.account}: margin ratio {ratio_text(margin.ratio)}, {health}, {verdict}"
    return f"{first}\n{second}"
