"""`pmkit deploy`: a venue on any chain, from a file of parameters."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.address import checked
from pmkit.chain.deployment import DEFAULT_RPC_URL
from pmkit.chain.genesis import ROLES as LOCAL_ROLES
from pmkit.chain.rpc import Rpc
from pmkit.chain.signing import NodeSigner, RawSigner
from pmkit.cli.format import readable
from pmkit.cli.venue_options import SENDER_VARIABLE, key_signer_of
from pmkit.decimals import trimmed
from pmkit.deploy.document import read_document
from pmkit.deploy.references import Created
from pmkit.deploy.run import Done, Files, Prepared, prepare
from pmkit.deploy.run import deploy as carry_out
from pmkit.errors import InputError
from pmkit.hyperevm.limits import SMALL_GAS

if TYPE_CHECKING:
    from pmkit.cli.venue_options import Command
    from pmkit.deploy.journal import Mined
    from pmkit.deploy.spec import Address

WEI_DECIMALS = 18
FILE = click.Path(path_type=Path, dir_okay=False)


def deploy_options(command: Command) -> Command:
    """Add the options of a deployment, whoever signs it."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--simulate", is_flag=True, help="Check everything and show the plan; send nothing."
        ),
        click.option("--yes", is_flag=True, help="Send without asking."),
        click.option(
            "--deployment",
            type=FILE,
            default="pmkit-deployment.json",
            show_default=True,
            metavar="FILE",
            help="Written at the end, for --deployment of other commands.",
        ),
        click.option(
            "--registry",
            type=FILE,
            default="pmkit-registry.json",
            show_default=True,
            metavar="FILE",
            help="What is deployed on which chain; the journal of a deployment stands beside it.",
        ),
        click.option(
            "--params",
            type=FILE,
            required=True,
            metavar="FILE",
            help="YAML file that says what to deploy; examples/deploy has some to copy.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@deploy_options
@click.option(
    "--from",
    "whose",
    default="admin",
    show_default=True,
    envvar=SENDER_VARIABLE,
    show_envvar=True,
    metavar="ROLE|KEY",
    help="The deployer: a role of a local chain, an address that the node signs for, or a private "
    "key (better kept in the variable). For Ape's keystores there is `ape run deploy`.",
)
@click.option(
    "--rpc", metavar="URL", default=DEFAULT_RPC_URL, show_default=True, help="Node of the chain."
)
def deploy(rpc: str, whose: str, **options: Any) -> None:
    """Deploy a venue as a YAML file says, or go on with a deployment that was cut off.

    Everything is checked before the first transaction: the file, what the contracts take, the
    chain, its ERC-20s, its blocks and the deployer's balance. Each transaction is in a journal
    before it is sent, so that the same command goes on after any interruption and does no step
    twice; on a finished deployment it checks the chain and sends nothing.
    """
    # A file that cannot be read is told before a node is asked who signs.
    read_document(options["params"])
    node = Rpc(rpc)
    run(node, signer_of(node, whose), options)


def run(node: Rpc, signer: RawSigner, options: dict[str, Any]) -> None:
    """Deploy with the options of the command line, for whoever signs."""
    files = Files(
        params=options["params"],
        registry=options["registry"],
        deployment=options["deployment"],
    )
    as_json: bool = options["as_json"]
    if options["simulate"]:
        prepared = prepare(node, signer.address, files)
        told = json.dumps(plan_object(prepared)) if as_json else plan_text(prepared)
        click.echo(told if as_json else f"{told}\nnothing was sent")
        return

    def agree(prepared: Prepared) -> bool:
        if not prepared.left:
            return True
        if not (options["yes"] or is_terminal()):
            raise InputError(place="--yes", problem="is needed where nobody can be asked")
        if not as_json:
            click.echo(plan_text(prepared))
        return options["yes"] or click.confirm(f"Send {len(prepared.left)} transactions?", err=True)

    def tell(what: str, mined: Mined) -> None:
        if not as_json:
            click.echo(f"done: {what}, in block {mined.block}, transaction {mined.hash}")

    done = carry_out(node, signer, files, agree=agree, tell=tell)
    if done is None:
        raise click.Abort
    click.echo(json.dumps(done_object(done)) if as_json else done_text(done, files))


def is_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty()


def signer_of(node: Rpc, whose: str) -> RawSigner:
    """Return who signs: a private key, or the node for an address or role. Raises InputError."""
    signer = key_signer_of(whose)
    if signer is not None:
        return signer
    if whose.startswith("0x"):
        try:
            return NodeSigner(checked(whose))
        except InputError as error:
            raise InputError(place="--from", problem=error.problem) from error
    if whose not in LOCAL_ROLES:
        listed = ", ".join(LOCAL_ROLES)
        problem = f"{whose!r} is no role of a local chain ({listed}), no address and no private key"
        raise InputError(place="--from", problem=problem)
    accounts: list[str] = node.request("eth_accounts")
    at = LOCAL_ROLES.index(whose)
    if at >= len(accounts):
        remedy = f"give a private key in {SENDER_VARIABLE}"
        problem = f"the node at {node.place} signs for no {whose}; {remedy}"
        raise InputError(place="--from", problem=problem)
    return NodeSigner(accounts[at])


def plan_object(prepared: Prepared) -> dict[str, Any]:
    """Return a plan as `--simulate --json` prints it; amounts of gas and wei are strings."""
    left = {cost.step.what for cost in prepared.left}
    return {
        "simulated": True,
        "chain": prepared.key,
        "deployer": prepared.spec.deployer,
        "steps": [
            {"what": c.step.what, "gas": str(c.gas), "done": c.step.what not in left}
            for c in prepared.costs
        ],
        "gas": str(prepared.ready.gas),
        "gasPrice": str(prepared.ready.gas_price),
        "balance": str(prepared.ready.balance),
    }


def plan_text(prepared: Prepared) -> str:
    """Return a plan for people."""
    spec, found = prepared.spec, prepared.ready
    lines = [
        f"chain       {prepared.key}",
        f"deployer    {spec.deployer}, {readable(found.balance, WEI_DECIMALS)} in its wallet",
        f"parameters  {spec.params.name} of {spec.params.date}, from {spec.place}",
        *(f"  {role:<10} {holder_text(holder)}" for role, holder in spec.roles),
        *(f"  {name:<10} {erc20 or 'is created'}" for name, erc20 in spec.tokens),
    ]
    left = {cost.step.what for cost in prepared.left}
    for i, each in enumerate(prepared.costs):
        state = f"{each.gas:>10,} gas" if each.step.what in left else "      done"
        lines.append(f"{i + 1:>4}  {each.step.what:<28} {state}")
    large = sum(cost.gas > SMALL_GAS for cost in prepared.left)
    if found.kind.ours and not found.kind.flag and large:
        lines.append(f"big blocks are switched on for {large} of them, and off again")
    elif found.kind.flag and not found.kind.ours and large < len(prepared.left):
        lines.append(
            "every transaction waits for a big block while the account's flag is set; once the "
            "contracts are created it may be taken back: what follows fits small ones"
        )
    cost = trimmed(found.cost, WEI_DECIMALS)
    lines.append(
        f"{len(prepared.left)} of {len(prepared.costs)} transactions are left to send, with at "
        f"most {found.gas:,} gas: {cost} of the chain's coin at the present price"
    )
    return "\n".join(lines)


def holder_text(holder: Address) -> str:
    """Return who has a role: an address, or what will have one."""
    return f"{holder.name}, which is created" if isinstance(holder, Created) else holder


def done_object(done: Done) -> dict[str, Any]:
    """Return a finished deployment as `--json` prints it."""
    return {
        "simulated": False,
        "sent": done.sent,
        "contracts": {name: entry.address for name, entry in done.contracts.items()},
        "deployment": done.deployment.to_json(),
    }


def done_text(done: Done, files: Files) -> str:
    """Return a finished deployment for people."""
    sent = f"{done.sent} transactions were sent" if done.sent else "all was there: nothing was sent"
    return "\n".join(
        [
            *(f"{name:<20} {entry.address}" for name, entry in done.contracts.items()),
            f"{sent}; code, roles and listing are as the parameters say",
            f"written: {files.registry}, {files.deployment}",
        ]
    )
