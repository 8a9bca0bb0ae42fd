"""`pmkit up`: a local HyperEVM with everything deployed, until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmkit.chain.node import DEFAULT_CHAIN_ID
from pmkit.cli.chain_options import chain_options, serve, tell_deployment, tell_json
from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.local import HyperEvm

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.hyperevm.state import StateFile


@click.command()
@chain_options
@click.option(
    "--chain-id",
    type=click.IntRange(1),
    help=f"Id of the chain.  [default: {DEFAULT_CHAIN_ID}, or that of the state]",
)
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

    def begin(at: int, file: StateFile | None) -> HyperEvm:
        return HyperEvm.open(
            params,
            port=at,
            chain_id=chain_id,
            blocks=Blocks(blocks),
            conditions=conditions,
            state=file,
        )

    def announce(chain: HyperEvm) -> None:
        if as_json:
            tell_json(chain.deployment.to_json())
            return
        tell_deployment(chain.deployment)
        click.echo("ready; ctrl-C ends it")

    serve(
        begin,
        announce,
        port=port,
        state=state,
        deployment=deployment,
        republish=republish,
        as_json=as_json,
    )
