"""`pmkit up`: a local HyperEVM with everything deployed, until it is told to stop."""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmkit.chain.deployment import save_deployment
from pmkit.chain.node import DEFAULT_CHAIN_ID, refuse_taken
from pmkit.errors import NodeUnavailable, PmkitError
from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.local import HyperEvm
from pmkit.hyperevm.state import StateFile
from pmkit.params import PRESETS

if TYPE_CHECKING:
    from pmkit.chain.deployment import Deployment

USUAL_PORT = 8545
REQUESTS = (signal.SIGTERM, signal.SIGHUP)
"""Signals that ask to end, beside ctrl-C."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the node and at its prices."""
SAVE_EVERY = 60
"""Seconds between two times that the state is saved."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Port on loopback; 0 for any free one.  [default: {USUAL_PORT} if free, else any]",
)
@click.option(
    "--chain-id",
    type=click.IntRange(1),
    help=f"Id of the chain.  [default: {DEFAULT_CHAIN_ID}, or that of the state]",
)
@click.option(
    "--blocks",
    type=click.Choice([kind.value for kind in Blocks]),
    default=Blocks.INSTANT.value,
    show_default=True,
    help="instant: each transaction its block, time by command; hyper: a small block (3M gas) each "
    "second and a big one (30M) each minute.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take up the chain in FILE, if it is there, and save it there: once a minute and at the "
    "end.",
)
@click.option(
    "--params",
    default="current",
    show_default=True,
    metavar=f"{'|'.join(PRESETS)}|FILE",
    help="Listings, caps and policy to deploy.",
)
@click.option(
    "--deployment",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the printed object to FILE, for --deployment of other commands.",
)
@click.option(
    "--republish/--no-republish",
    default=True,
    show_default=True,
    help="Whether prices are published again at their last values before they grow stale.",
)
@click.option(
    "--conditions",
    is_flag=True,
    help="Keep what the parameters ask of an account before portfolio margin, and the bound on one "
    "update's move of a price if they set one; both are off on a local chain.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line once ready.")
def up(
    port: int | None,
    chain_id: int | None,
    blocks: str,
    state: Path | None,
    params: str,
    deployment: Path | None,
    republish: bool,
    conditions: bool,
    as_json: bool,
) -> None:
    """Start a local HyperEVM with the venue deployed and funded, and stay until interrupted.

    With --json one line is printed once everything is ready: {rpc_url, chain_id, registry, pool,
    venue, lens, core, tokens, accounts, block}. Pool and venue are one address; core applies the
    actions of CoreWriter. The node signs for the accounts, whose keys are those of the well-known
    test mnemonic.
    """
    # A polite request to end must run the same code as ctrl-C, so that the node goes first. Who is
    # deaf to it from the beginning, as under nohup, stays so.
    for number in REQUESTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        file = None if state is None else stack.enter_context(closing(StateFile.open(state)))
        venue = stack.enter_context(
            HyperEvm.open(
                params,
                port=usual_or_any() if port is None else port,
                chain_id=chain_id,
                blocks=Blocks(blocks),
                conditions=conditions,
                state=file,
            )
        )
        if deployment is not None:
            save_deployment(venue.deployment, deployment)
        # Whatever ends it from here on leaves the chain in its file, and once is enough to ask.
        stack.callback(venue.save)
        stack.callback(be_deaf)
        # Once it is ready, a request to end is no failure.
        with suppress(KeyboardInterrupt):
            announce(venue.deployment, as_json=as_json)
            stay(venue, republish=republish)
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


def announce(deployment: Deployment, *, as_json: bool) -> None:
    """Print where everything is, at once, as others wait for it."""
    found = deployment.to_json()
    if as_json:
        click.echo(json.dumps(found))
        return
    for name in ("rpc_url", "chain_id", "registry", "pool", "venue", "lens", "core"):
        click.echo(f"{name:<12} {found[name]}")
    for kind in ("tokens", "accounts"):
        click.echo(kind)
        for name, address in found[kind].items():
            click.echo(f"  {name:<10} {address}")
    click.echo("ready; ctrl-C ends it")


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
