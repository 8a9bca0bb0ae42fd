"""Options and manners of the commands that start a chain and stay: `pmkit up` and `pmkit fork`."""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack, closing
from ctypes import ArgumentError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.deployment import save_deployment
from pmkit.chain.node import refuse_taken
from pmkit.cli.interrupts import hear, was_asked_to_end
from pmkit.errors import NodeUnavailable, PmkitError
from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.state import StateFile
from pmkit.params import PRESETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.chain.deployment import Deployment
    from pmkit.hyperevm.local import HyperEvm

USUAL_PORT = 8545
REQUESTS = (signal.SIGTERM, signal.SIGHUP)
"""Signals that ask to end, beside ctrl-C."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the node and at its prices."""
SAVE_EVERY = 60
"""Seconds between two times that the state is saved."""

Command = Any
"""A function on its way to become a click command; click types none of its decorators' subjects."""


def chain_options(command: Command) -> Command:
    """Add the options of a chain: port, blocks, state, parameters, and what is printed."""
    for option in reversed(
        (
            click.option(
                "--port",
                type=click.IntRange(0, 65535),
                help="Port on loopback; 0 for any free one."
                f"  [default: {USUAL_PORT} if free, else any]",
            ),
            click.option(
                "--blocks",
                type=click.Choice([kind.value for kind in Blocks]),
                default=Blocks.INSTANT.value,
                show_default=True,
                help="instant: each transaction its block, time by command; hyper: a small block "
                "(3M gas) each second and a big one (30M) each minute.",
            ),
            click.option(
                "--state",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="Take up the chain in FILE, if it is there, and save it there: once a minute "
                "and at the end.",
            ),
            click.option(
                "--params",
                default="current",
                show_default=True,
                metavar=f"{'|'.join(PRESETS)}|FILE",
                help="Listings, caps and policy to deploy.",
            ),
            click.option(
                "--deployment",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="Also write the printed object to FILE, for --deployment of other commands.",
            ),
            click.option(
                "--republish/--no-republish",
                default=True,
                show_default=True,
                help="Whether prices are published again at their last values before they grow "
                "stale.",
            ),
            click.option(
                "--conditions",
                is_flag=True,
                help="Keep what the parameters ask of an account before portfolio margin, and the "
                "bound on one update's move of a price if they set one; both are off on a local "
                "chain.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON line once ready."),
        )
    ):
        command = option(command)
    return command


def serve(
    begin: Callable[[int, StateFile | None], HyperEvm],
    announce: Callable[[HyperEvm], None],
    *,
    port: int | None,
    state: Path | None,
    deployment: Path | None,
    republish: bool,
    as_json: bool,
) -> None:
    """Start a chain at a port, say where it is, and stay until interrupted.

    Raises what starting it raises, and NodeUnavailable when it goes away.
    """
    # A polite request to end must run the same code as ctrl-C, so that the node goes first. Who is
    # deaf to it from the beginning, as under nohup, stays so.
    for number in REQUESTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, hear)
    with ExitStack() as stack:
        file = None if state is None else stack.enter_context(closing(StateFile.open(state)))
        chain = stack.enter_context(begin(usual_or_any() if port is None else port, file))
        if deployment is not None:
            save_deployment(chain.deployment, deployment)
        # Whatever ends it from here on leaves the chain in its file, and once is enough to ask.
        stack.callback(chain.save)
        stack.callback(be_deaf)
        # Once it is ready, a request to end is no failure.
        try:
            announce(chain)
            stay(chain, republish=republish)
        except KeyboardInterrupt:
            pass
        except ArgumentError as error:
            if not was_asked_to_end(error):
                raise
    if not as_json:
        click.echo("stopped")


def be_deaf() -> None:
    """Hear no further request to end: what is being saved then is saved."""
    for number in (signal.SIGINT, *REQUESTS):
        signal.signal(number, signal.SIG_IGN)


def usual_or_any() -> int:
    """Return the usual port if nobody has it, else 0 for any."""
    try:
        refuse_taken(USUAL_PORT)
    except NodeUnavailable:
        return 0
    return USUAL_PORT


def tell_deployment(deployment: Deployment) -> None:
    """Print where everything is, as text."""
    found = deployment.to_json()
    for name in ("rpc_url", "chain_id", "registry", "pool", "venue", "lens", "core"):
        click.echo(f"{name:<12} {found[name]}")
    for kind in ("tokens", "accounts"):
        click.echo(kind)
        for name, address in found[kind].items():
            click.echo(f"  {name:<10} {address}")


def tell_json(found: dict[str, Any]) -> None:
    """Print one line of JSON, at once, as others wait for it."""
    click.echo(json.dumps(found))


def stay(venue: HyperEvm, *, republish: bool) -> None:
    """Keep prices fresh and the state saved until interrupted.

    Raises NodeUnavailable when the node goes away.
    """
    saved = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY)
        venue.require_running()
        if time.monotonic() - saved >= SAVE_EVERY:
            venue.save()
            saved = time.monotonic()
        if republish:
            republish = keeps_fresh(venue)


def keeps_fresh(venue: HyperEvm) -> bool:
    """Publish prices again before they grow stale; return whether that goes on."""
    try:
        venue.keep_fresh()
    except NodeUnavailable:
        venue.require_running()
        raise
    except PmkitError as refusal:
        # Somebody took over the reporter's role or the registry; prices are theirs now.
        click.echo(f"prices are no longer published: {refusal}", err=True)
        return False
    return True
