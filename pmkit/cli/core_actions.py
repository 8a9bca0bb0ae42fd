"""`pmkit actions`: what became of the actions that CoreWriter took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pmkit.cli.receipts import exact, reason_object
from pmkit.cli.venue_options import Where, address_of, venue_options
from pmkit.hypercore.records import Status, read_records

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.hypercore.records import ActionRecord

PAGE = 100
"""Records that one call of the contract answers."""
WORDS = {
    Status.QUEUED: "queued",
    Status.APPLIED: "applied",
    Status.FAILED: "failed",
    Status.NOT_MODELLED: "notModelled",
    Status.DROPPED: "dropped",
    Status.RESTING: "resting",
    Status.CANCELLED: "cancelled",
}
STYLES = {Status.FAILED: "red", Status.DROPPED: "red", Status.NOT_MODELLED: "yellow"}


@click.command()
@click.option(
    "--first", type=click.IntRange(1), default=1, show_default=True, help="Number to begin with."
)
@click.option("--user", metavar="ROLE|ADDRESS", help="Only what this account asked for.")
@venue_options
def actions(
    first: int,
    user: str | None,
    rpc: str | None,
    deployment: Path | None,
    as_json: bool,
) -> None:
    """List the actions that CoreWriter took, oldest first, and what became of each.

    An action that Core refuses leaves no trace in its EVM transaction: this is where the reason
    stands. With --json prints {"actions": [...], "total": n}; an action has number, user, actionId,
    action, fields, status (queued, applied, failed, notModelled, dropped, resting, cancelled),
    block, time, reason ({error, values, text} or null) and data.
    """
    reader = Where(rpc_url=rpc, deployment=deployment).reader()
    whose = None if user is None else address_of(reader, user, "--user")
    records: list[ActionRecord] = []
    total = first
    while first <= total:
        page, total = read_records(reader.rpc, first, PAGE)
        records += [record for record in page if whose in (None, record.user)]
        first += PAGE
    if as_json:
        found = [record_object(record) for record in records]
        click.echo(json.dumps({"actions": found, "total": total}))
        return
    roles = {address: role for role, address in reader.deployment.accounts}
    print_records(records, roles)


def record_object(record: ActionRecord) -> dict[str, Any]:
    """Return one record as `--json` prints it."""
    fields = record.fields
    return {
        "number": record.number,
        "user": record.user,
        "actionId": record.action_id,
        "action": record.name,
        "fields": None if fields is None else exact(fields),
        "status": WORDS[record.status],
        "block": record.block,
        "time": record.time,
        "reason": None if record.reason is None else reason_object(record.reason),
        "data": record.data,
    }


def print_records(records: list[ActionRecord], roles: dict[str, str]) -> None:
    """Print the records for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Actions", title_justify="left")
    for name in ("no.", "account", "action", "block", "state", "reason"):
        table.add_column(name, justify="right" if name in ("no.", "block") else "left")
    for record in records:
        table.add_row(
            str(record.number),
            roles.get(record.user, record.user),
            record.name or f"action {record.action_id}",
            str(record.block),
            WORDS[record.status],
            "" if record.reason is None else str(record.reason),
            style=STYLES.get(record.status),
        )
    Console(highlight=False).print(table)
