"""The upstream that a fork is made of: what it is, and which state it serves. SPEC HE-26."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.rpc import Rpc, shown_url
from pmkit.errors import InputError, NodeRefused, NodeUnavailable
from pmkit.fork.probe import Probe

if TYPE_CHECKING:
    from pmkit.fork.relay import Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An upstream at the block that it is forked at."""

    upstream: str
    """As messages name it, without what may be a secret. SPEC DP-10."""
    chain_id: int
    block: int
    block_hash: str
    latest_only: bool
    """Whether it serves no state but the latest."""
    asked_for: bool
    """Whether it had to be this block."""
    tag: str
    """What HyperCore is read at."""


def require_url(url: str) -> None:
    """Raise InputError for what is no http or https URL."""
    if url.startswith(("ws://", "wss://")):
        raise InputError(
            place=shown_url(url), problem="is a websocket; forks read over http or https"
        )
    Rpc(url).close()


def source_of(relay: Relay, block: int | None, chain_id: int | None) -> Source:
    """Return the upstream, and pin the relay to the fork's block.

    Raises InputError for another chain, one without HyperCore, and a block that the upstream does
    not serve; NodeUnavailable, NodeRefused.
    """
    upstream = relay.upstream
    found = number(relay, "eth_chainId")
    if chain_id is not None and found != chain_id:
        problem = f"the upstream {upstream} is chain {found}, not {chain_id}"
        raise InputError(place="--chain-id", problem=problem)
    latest = number(relay, "eth_blockNumber")
    Probe(relay.request, upstream, "latest").moment()
    if block is None:
        latest_only = latest > 0 and not serves(relay, latest - 1)
        relay.pin(latest, latest_only=latest_only, asked_for=False)
        tag = "latest" if latest_only else hex(latest)
        return Source(
            upstream=upstream,
            chain_id=found,
            block=latest,
            block_hash=require_hash(relay, latest),
            latest_only=latest_only,
            asked_for=False,
            tag=tag,
        )
    if block > latest:
        problem = f"{block} is not there yet; the upstream's latest block is {latest}"
        raise InputError(place="--block", problem=problem)
    if not serves(relay, block):
        problem = (
            f"the upstream {upstream} serves only the latest state, not block {block}; leave it out"
        )
        raise InputError(place="--block", problem=problem)
    relay.pin(block, latest_only=False, asked_for=True)
    return Source(
        upstream=upstream,
        chain_id=found,
        block=block,
        block_hash=require_hash(relay, block),
        latest_only=False,
        asked_for=True,
        tag=hex(block),
    )


def serves(relay: Relay, block: int) -> bool:
    """Return whether the upstream serves the state of a block, and not of another in its place."""
    try:
        found = Probe(relay.request, relay.upstream, hex(block)).moment().block
    except (NodeRefused, InputError):
        return False
    return found == block


def hash_of(relay: Relay, block: int) -> str | None:
    """Return the hash of a block, None where it is not there."""
    found = relay.request("eth_getBlockByNumber", hex(block), False)
    return str(found["hash"]) if isinstance(found, dict) and "hash" in found else None


def require_hash(relay: Relay, block: int) -> str:
    """Return the hash of a block. Raises NodeUnavailable where it is not there."""
    found = hash_of(relay, block)
    if found is None:
        raise NodeUnavailable(endpoint=relay.upstream, problem=f"has no block {block}")
    return found


def number(relay: Relay, method: str) -> int:
    """Return an answer that is a number. Raises NodeUnavailable for anything else."""
    answer = relay.request(method)
    try:
        return int(answer, 16)
    except (TypeError, ValueError) as error:
        problem = f"answers {method} with {answer!r}"
        raise NodeUnavailable(endpoint=relay.upstream, problem=problem) from error
