"""A fork taken up from its state file; what it has not seen yet is its upstream's still."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.chain.deployment import marked_deployment
from pmkit.chain.rpc import Rpc
from pmkit.errors import InputError, NodeRefused
from pmkit.fork.accounts import NAMES
from pmkit.fork.patience import Patience
from pmkit.fork.relay import Relay
from pmkit.fork.run import (
    UPSTREAM_SECONDS,
    Forked,
    ForkReport,
    ended_by_loss,
    loss_told,
    start_node,
    upstream_named,
)
from pmkit.fork.source import Source, hash_of, number, require_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.deployment import Deployment
    from pmkit.chain.node import Node
    from pmkit.fork.accounts import ForkAccount
    from pmkit.hyperevm.state import SavedChain, SavedFork
    from pmkit.model import Mode
    from pmkit.policy import Params


def resume_fork(
    url: str,
    params: Params,
    accounts: Sequence[ForkAccount],
    saved: SavedChain,
    *,
    place: str,
    block: int | None,
    mode: Mode | None,
    without: Sequence[str],
    stepped: bool,
    patience: Patience | None = None,
) -> Forked:
    """Return a running fork as it was saved; `place` names the file.

    Accounts were imported when it was begun: other ones, other modes and other tokens left out
    cannot be asked for now. Raises InputError, NodeUnavailable, NodeRefused.
    """
    fork = saved.fork
    if fork is None:
        raise InputError(place=place, problem="holds a chain that is no fork; use pmkit up")
    if block is not None and block != fork.block:
        raise InputError(place=place, problem=f"was forked at block {fork.block}, not {block}")
    require_begun_alike(fork, accounts, mode, without, place)
    require_url(url)
    relay = Relay.start(url, patience=patience or Patience())
    try:
        with upstream_named(relay):
            source = same_source(relay, saved.chain_id, fork, place)
        with loss_told(relay):
            node = start_node(relay, source)
            try:
                with ended_by_loss(relay, node):
                    deployment = taken_up(node, saved, place, stepped=stepped)
            except BaseException:
                node.close()
                raise
    except BaseException:
        relay.close()
        raise
    report = ForkReport(
        upstream=source.upstream,
        chain_id=source.chain_id,
        block=source.block,
        latest_only=source.latest_only,
        accounts=fork.accounts,
        notes=(f"taken up from {place}",),
        differences=(),
    )
    return Forked(
        relay=relay,
        node=node,
        params=replace(params, tokens=fork.tokens, perps=fork.perps, pairs=fork.pairs),
        deployment=deployment,
        report=report,
        origin=fork,
    )


def require_begun_alike(
    fork: SavedFork,
    accounts: Sequence[ForkAccount],
    mode: Mode | None,
    without: Sequence[str],
    place: str,
) -> None:
    """Raise InputError for a request that a fork was not begun with; `mode` is that of all."""
    known = {account.address: account.mode for account in fork.accounts}
    if accounts and {account.address for account in accounts} != set(known):
        raise InputError(place=place, problem="was begun with other accounts; leave them out")
    asked = {account.address: account.mode for account in accounts} or dict.fromkeys(known, mode)
    for address, wanted in asked.items():
        if wanted not in (None, known[address]):
            problem = f"has {address} in mode {NAMES[known[address]]}; leave the mode out"
            raise InputError(place=place, problem=problem)
    if without and set(without) != set(fork.left_out):
        begun = f"without {', '.join(fork.left_out)}" if fork.left_out else "with all tokens"
        raise InputError(place=place, problem=f"was begun {begun}; leave --without out")


def taken_up(node: Node, saved: SavedChain, place: str, *, stepped: bool) -> Deployment:
    """Return the venue of a saved chain that a node takes up. Raises InputError."""
    rpc = Rpc(node.url, timeout=UPSTREAM_SECONDS)
    try:
        rpc.request("anvil_loadState", saved.node)
    except NodeRefused as refused:
        raise InputError(place=place, problem=f"is damaged: {refused.message}") from refused
    # The node's clock stands at the upstream's block.
    rpc.request("evm_setTime", saved.timestamp)
    if stepped:
        rpc.request("anvil_setBlockTimestampInterval", 1)
    deployment = marked_deployment(rpc)
    if deployment is None or rpc.block_number() != saved.number:
        raise InputError(place=place, problem="is damaged: no venue is in it, or other blocks")
    rpc.close()
    return deployment


def same_source(relay: Relay, chain_id: int, fork: SavedFork, place: str) -> Source:
    """Return the upstream that a fork was made of. Raises InputError for another one."""
    found = number(relay, "eth_chainId")
    if found != chain_id or hash_of(relay, fork.block) != fork.block_hash:
        problem = f"was forked from another chain than that of {relay.upstream}"
        raise InputError(place=place, problem=problem)
    relay.pin(fork.block, latest_only=fork.latest_only, asked_for=fork.asked_for)
    return Source(
        upstream=relay.upstream,
        chain_id=found,
        block=fork.block,
        block_hash=fork.block_hash,
        latest_only=fork.latest_only,
        asked_for=fork.asked_for,
        tag="latest" if fork.latest_only else hex(fork.block),
    )
