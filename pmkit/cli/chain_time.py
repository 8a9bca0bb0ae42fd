"""`pmkit mine | warp`: blocks and time by command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

from pmkit.chain.pricing import report_again
from pmkit.cli.venue_options import Where, sender_of, venue_options
from pmkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.rpc import Rpc

DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)?", re.ASCII)
SECONDS = {None: 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST = 36_525 * SECONDS["d"]
"""The contracts keep times in 40 bits, which centuries of them do not fit."""


@click.command()
@click.argument("blocks", type=click.IntRange(1, 100_000), default=1)
@venue_options
def mine(blocks: int, rpc: str | None, deployment: Path | None, as_json: bool) -> None:
    """Make BLOCKS more blocks, one by default."""
    node = Where(rpc_url=rpc, deployment=deployment).reader().rpc
    for _ in range(blocks):
        node.request("evm_mine")
    tell(node, as_json=as_json)


@click.command()
@click.argument("duration")
@click.option(
    "--republish/--no-republish",
    default=True,
    show_default=True,
    help="Whether prices are reported again as they are, so that they are not stale afterwards.",
)
@venue_options
def warp(
    duration: str, republish: bool, rpc: str | None, deployment: Path | None, as_json: bool
) -> None:
    """Let DURATION pass on the chain, such as 90s, 5m, 1h or 2d."""
    seconds = seconds_of(duration)
    reader = Where(rpc_url=rpc, deployment=deployment).reader()
    reader.rpc.request("evm_increaseTime", seconds)
    if republish:
        reporter = sender_of(reader, "reporter")
        reporter.report_prices(report_again(reader.prices()))
    else:
        reader.rpc.request("evm_mine")
    tell(reader.rpc, as_json=as_json)


def seconds_of(duration: str) -> int:
    """Return a duration in seconds. Raises InputError.

    >>> seconds_of("5m")
    300
    """
    found = DURATION.fullmatch(duration)
    if found is None or int(found[1]) == 0:
        raise InputError(
            place="DURATION", problem=f"{duration!r} is not of the form 90s, 5m, 1h, 2d"
        )
    seconds = int(found[1]) * SECONDS[found[2]]
    if seconds > LONGEST:
        raise InputError(place="DURATION", problem=f"{duration} is more than 100 years")
    return seconds


def tell(node: Rpc, *, as_json: bool) -> None:
    """Print the latest block."""
    latest = node.block()
    if as_json:
        click.echo(json.dumps({"block": latest.number, "timestamp": latest.timestamp}))
    else:
        click.echo(f"block {latest.number}, timestamp {latest.timestamp}")
