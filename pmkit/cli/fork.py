"""`pmkit fork`: a HyperEVM as somebody's RPC shows it, to go on from alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmkit.cli.chain_options import chain_options, serve, tell_deployment, tell_json
from pmkit.fork.accounts import GUESS, MODES, NAMES, accounts_of, load_accounts, mode_of
from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.local import HyperEvm

if TYPE_CHECKING:
    from pmkit.fork.run import ForkReport
    from pmkit.hyperevm.state import StateFile

SHOWN = 20
"""Differences that are printed as text; JSON has them all."""


@click.command()
@click.option("--rpc", required=True, metavar="URL", help="RPC of the HyperEVM to fork.")
@click.option(
    "--block",
    type=click.IntRange(0),
    help="Block to fork at, where the RPC serves its state.  [default: the latest]",
)
@click.option(
    "--account",
    "named",
    multiple=True,
    metavar="ADDRESS",
    help="Account whose state is imported; may be given many times.",
)
@click.option(
    "--accounts",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Accounts to import: an address a line, and its mode if it is another.",
)
@click.option(
    "--mode",
    type=click.Choice([*MODES, GUESS]),
    default=GUESS,
    show_default=True,
    help="Mode of imported accounts, which no precompile tells; auto: portfolioMargin for who "
    "owes, or supplies all there is, else standard.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="TOKEN",
    help="Token beyond the parameters that is left out, by name or id; may be given many times.",
)
@click.option(
    "--chain-id", type=click.IntRange(1), help="Id that the RPC's chain must have.  [default: any]"
)
@chain_options
def fork(
    rpc: str,
    block: int | None,
    named: tuple[str, ...],
    listed: Path | None,
    mode: str,
    without: tuple[str, ...],
    chain_id: int | None,
    port: int | None,
    blocks: str,
    state: Path | None,
    params: str,
    deployment: Path | None,
    republish: bool,
    conditions: bool,
    as_json: bool,
) -> None:
    """Fork the HyperEVM behind an RPC, with the state of chosen accounts, and stay.

    Contracts and tokens are the upstream's. HyperCore is read once, from the upstream's own
    precompiles, and stands still from then on: prices, positions and reserves change by what is
    done here. With --json one line is printed once everything is ready: that of `pmkit up`, and
    under "fork" what was read, and what the fork answers otherwise.
    """
    default = mode_of(mode, "--mode")
    file_accounts = () if listed is None else load_accounts(listed, default)
    accounts = accounts_of((*file_accounts, *accounts_of(named, default)))

    def begin(at: int, file: StateFile | None) -> HyperEvm:
        return HyperEvm.fork(
            rpc,
            block=block,
            accounts=accounts,
            mode=default,
            without=without,
            params=params,
            port=at,
            chain_id=chain_id,
            blocks=Blocks(blocks),
            conditions=conditions,
            state=file,
        )

    def announce(chain: HyperEvm) -> None:
        report = chain.forked
        if as_json:
            found = chain.deployment.to_json()
            tell_json(found if report is None else {**found, "fork": report.to_json()})
            return
        tell_deployment(chain.deployment)
        if report is not None:
            tell_report(report)
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


def tell_report(report: ForkReport) -> None:
    """Print what a fork was made of."""
    only = ", which serves the latest state only" if report.latest_only else ""
    click.echo(f"forked       block {report.block} of {report.upstream}{only}")
    for account in report.accounts:
        guessed = " (guessed)" if account.guessed else ""
        absent = "" if account.exists else ", not on Core"
        click.echo(f"  {account.address} {NAMES[account.mode]}{guessed}{absent}")
    for note in report.notes:
        click.echo(f"note: {note}")
    for difference in report.differences[:SHOWN]:
        click.echo(f"differs: {difference}")
    if len(report.differences) > SHOWN:
        click.echo(f"differs: and {len(report.differences) - SHOWN} more reads; --json has all")
