"""A deployment from its file to its registry: everything checked, the plan agreed to, then sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

from pmkit.chain.abi import interface
from pmkit.chain.deployment import Deployment, save_deployment
from pmkit.chain.rpc import public_url
from pmkit.deploy.document import read_document
from pmkit.deploy.gas import Cost, costs_of
from pmkit.deploy.journal import Journal, read_progress
from pmkit.deploy.plan import Step, bound, inputs_of, plan_of
from pmkit.deploy.preflight import Ready, ready, require_chain
from pmkit.deploy.references import LENS, REGISTRY, VENUE, created_token
from pmkit.deploy.registry import Contracts, Entry, chain_key, load_registry, save_registry
from pmkit.deploy.runner import Runner, addresses_of
from pmkit.deploy.spec import spec_of
from pmkit.deploy.verify import code_differences, codes_of, differences
from pmkit.errors import DeploymentDiffers, InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pmkit.chain.rpc import Rpc
    from pmkit.chain.signing import RawSigner
    from pmkit.deploy.journal import Progress
    from pmkit.deploy.runner import Tell
    from pmkit.deploy.spec import DeploySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where a deployment is read from and written to."""

    params: Path
    registry: Path
    deployment: Path

    def journal(self, key: str) -> Path:
        """Return where the journal of one chain is: beside the registry."""
        chain_id, _, genesis = key.partition(":")
        name = f"{self.registry.stem}.{chain_id}-{genesis[2:10]}.journal"
        return self.registry.with_name(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A deployment that may begin, or go on: everything about it has been checked."""

    key: str
    """The chain's in the registry."""
    spec: DeploySpec
    costs: tuple[Cost, ...]
    left: tuple[Cost, ...]
    """What an earlier run has not done."""
    ready: Ready
    known: Contracts | None
    """Set where the registry has the whole deployment and no journal tells of it."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The plan."""
        return tuple(cost.step for cost in self.costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A deployment that is complete and was found right."""

    sent: int
    """Steps that this run did; none where it found all done."""
    contracts: Contracts
    deployment: Deployment


def prepare(rpc: Rpc, deployer: str, files: Files) -> Prepared:
    """Check everything that can be checked before the first transaction. SPEC DP-03 to DP-05.

    Raises InputError, ChainError, ToolMissing.
    """
    place = files.params.name
    document = read_document(files.params)
    spec = spec_of(document, deployer, place, files.params.parent)
    require_chain(rpc, spec.chain_id, place)
    costs = costs_of(plan_of(spec))
    key = chain_key(rpc)
    known = load_registry(files.registry).get(key)
    path = files.journal(key)
    progress, _ = read_progress(path)
    progress.require_same(inputs_of(spec), str(path))
    steps = tuple(cost.step for cost in costs)
    if progress.inputs is None and known is not None:
        require_whole(known, steps, files.registry, key)
        require_there(rpc, {n: entry.address for n, entry in known.items()}, files.registry)
        left: tuple[Cost, ...] = ()
    else:
        known = None
        require_there(rpc, addresses_of(steps, progress), path)
        left = tuple(cost for cost in costs if cost.step.what not in progress.mined)
    return Prepared(
        key=key, spec=spec, costs=costs, left=left, ready=ready(rpc, spec, left), known=known
    )


def deploy(
    rpc: Rpc,
    signer: RawSigner,
    files: Files,
    *,
    agree: Callable[[Prepared], bool],
    tell: Tell,
) -> Done | None:
    """Deploy, or go on where an earlier run was cut off, or find that all is done. SPEC DP-06.

    Nothing is sent or written before everything has been checked and the plan agreed to; None where
    it was not. Raises InputError, ChainError, VenueError, ToolMissing.
    """
    prepared = prepare(rpc, signer.address, files)
    if not agree(prepared):
        return None
    spec, steps = prepared.spec, prepared.steps
    if prepared.known is not None:
        contracts = prepared.known
        addresses = {name: entry.address for name, entry in contracts.items()}
        checked_contracts(rpc, spec, steps, addresses)
        sent, block = 0, max(entry.block for entry in contracts.values())
    else:
        journal = Journal.open(files.journal(prepared.key))
        try:
            inputs = inputs_of(spec)
            # Another run may have had it meanwhile.
            journal.progress.require_same(inputs, str(journal.path))
            if prepared.left:
                journal.begin(inputs)
            runner = Runner(
                rpc, signer, spec.chain_id, journal, prepared.ready.kind, prepared.costs
            )
            sent = runner.run(tell)
            progress = journal.progress
        finally:
            journal.close()
        addresses = addresses_of(steps, progress)
        codes = checked_contracts(rpc, spec, steps, addresses)
        contracts = entries_of(steps, progress, codes)
        save_registry(files.registry, prepared.key, contracts)
        block = max(done.block for done in progress.mined.values())
    deployment = deployment_of(rpc, spec, addresses, block)
    save_deployment(deployment, files.deployment)
    return Done(sent=sent, contracts=contracts, deployment=deployment)


def checked_contracts(
    rpc: Rpc, spec: DeploySpec, steps: tuple[Step, ...], addresses: dict[str, str]
) -> dict[str, bytes]:
    """Return the code of every contract. Raises DeploymentDiffers. SPEC DP-09."""
    codes = codes_of(rpc, addresses)
    # Where the code is another's, no answer of it means anything.
    problems = code_differences(codes, steps, addresses) or differences(rpc, spec, addresses)
    if problems:
        raise DeploymentDiffers(problems=tuple(problems))
    return codes


def require_there(rpc: Rpc, addresses: dict[str, str], path: Path) -> None:
    """Raise InputError where what a file calls created is not on this chain."""
    for name, code in codes_of(rpc, addresses).items():
        if not code:
            problem = (
                f"tells of {name} at {addresses[name]}, where this chain has no code: it was "
                "rewound, or begun anew; take another --registry FILE to deploy from the start"
            )
            raise InputError(place=str(path), problem=problem)


def require_whole(known: Contracts, steps: tuple[Step, ...], path: Path, key: str) -> None:
    """Raise InputError where a registry's deployment is not this plan's."""
    for step in steps:
        if step.creates is not None and step.creates not in known:
            problem = f"has a deployment without {step.creates}; take another --registry FILE"
            raise InputError(place=f"{path}: {key}", problem=problem)


def entries_of(steps: tuple[Step, ...], progress: Progress, codes: dict[str, bytes]) -> Contracts:
    """Return what the registry says of each contract that was created."""
    found: Contracts = {}
    for step in steps:
        done = progress.mined[step.what]
        if step.creates is not None and done.address is not None:
            found[step.creates] = Entry(
                address=done.address,
                abi=interface(step.contract).abi,
                transaction=done.hash,
                block=done.block,
                code_hash=f"0x{keccak(codes[step.creates]).hex()}",
            )
    return found


def deployment_of(rpc: Rpc, spec: DeploySpec, addresses: dict[str, str], block: int) -> Deployment:
    """Return the record that other commands take as `--deployment FILE`."""
    roles = {role: str(bound(holder, addresses)) for role, holder in spec.roles}
    return Deployment(
        rpc_url=public_url(rpc.url),
        chain_id=spec.chain_id,
        registry=addresses[REGISTRY],
        venue=addresses[VENUE],
        lens=addresses[LENS],
        core=None,
        tokens=tuple(
            (name, addresses[created_token(name)] if erc20 is None else erc20)
            for name, erc20 in spec.tokens
        ),
        accounts=(*roles.items(), ("deployer", spec.deployer)),
        block=block,
    )
