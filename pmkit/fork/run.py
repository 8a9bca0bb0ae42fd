"""A fork from an upstream's URL: read everything, then start a node, then write. SPEC HE-20."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.chain.deployment import MARKER
from pmkit.chain.genesis import PORTFOLIO_MARGIN
from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.errors import InputError, NodeRefused, NodeUnavailable, PmkitError
from pmkit.fork.accounts import NAMES, ImportedAccount
from pmkit.fork.compare import account_differences, market_differences
from pmkit.fork.core_state import (
    account_asks,
    held_beyond,
    read_account,
    read_market,
    require_no_other_loan,
)
from pmkit.fork.erc20s import linked_erc20s
from pmkit.fork.imports import AccountImport, imported
from pmkit.fork.patience import Patience
from pmkit.fork.place import place, plan_fork, roles_of
from pmkit.fork.prefetch import prefetch
from pmkit.fork.prices import prices_of
from pmkit.fork.probe import NOBODY, Probe
from pmkit.fork.relay import Relay
from pmkit.fork.rest import DEBTOR, WORLD, rest_of
from pmkit.fork.source import Source, require_url, source_of
from pmkit.fork.universe import discover, fitted, without
from pmkit.hypercore.addresses import SYSTEM, system_address
from pmkit.hypercore.place import STAND_INS
from pmkit.hyperevm.state import SavedFork
from pmkit.model import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmkit.chain.deployment import Deployment
    from pmkit.fork.accounts import ForkAccount
    from pmkit.fork.compare import Difference
    from pmkit.fork.core_state import CoreAccount, CoreMarket
    from pmkit.fork.imports import Imported
    from pmkit.fork.universe import Universe
    from pmkit.policy import Params

GAS_LIMIT = 30_000_000
"""Of the node's blocks: the upstream's latest may be a small one."""
OWN = ("maker", "backstop", "insurance")
"""Roles that the fork's venue needs for itself."""
UPSTREAM_SECONDS = 300
"""How long the node waits for the relay, which waits for the upstream, and its maker for both."""
LOOK_EVERY = 0.05
"""Seconds between two looks at whether the upstream is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkReport:
    """What a fork was made of, and what it answers otherwise."""

    upstream: str
    chain_id: int
    block: int
    latest_only: bool
    accounts: tuple[ImportedAccount, ...]
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as `pmkit fork --json` prints it."""
        return {
            "upstream": self.upstream,
            "block": self.block,
            "latest_only": self.latest_only,
            "accounts": [
                {
                    "address": account.address,
                    "mode": NAMES[account.mode],
                    "guessed": account.guessed,
                    "exists": account.exists,
                    "l1_block": account.l1_block,
                }
                for account in self.accounts
            ],
            "notes": list(self.notes),
            "differences": [str(difference) for difference in self.differences],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A running fork: its relay, its node, and the venue on it."""

    relay: Relay
    node: Node
    params: Params
    deployment: Deployment
    report: ForkReport
    origin: SavedFork
    """What its state file says of where it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is read of an upstream."""

    params: Params
    universe: Universe
    erc20s: dict[int, str]
    accounts: tuple[CoreAccount, ...]
    market: CoreMarket
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def open_fork(
    url: str,
    params: Params,
    accounts: Sequence[ForkAccount],
    *,
    block: int | None,
    chain_id: int | None,
    stepped: bool,
    left_out: Sequence[str] = (),
    patience: Patience | None = None,
) -> Forked:
    """Return a running fork of an upstream; nothing runs on if it fails.

    `left_out` are tokens that nobody is to have, by name or id; `stepped` lets time move a second a
    block. Raises InputError, NodeUnavailable, NodeRefused.
    """
    require_url(url)
    relay = Relay.start(url, patience=patience or Patience())
    try:
        with upstream_named(relay):
            source = source_of(relay, block, chain_id)
            snapshot = read_upstream(relay, source, params, accounts, left_out)
        with loss_told(relay):
            node = start_node(relay, source)
            try:
                with ended_by_loss(relay, node):
                    return made(relay, node, source, snapshot, accounts, stepped=stepped)
            except BaseException:
                node.close()
                raise
    except BaseException:
        relay.close()
        raise


@contextmanager
def upstream_named(relay: Relay) -> Iterator[None]:
    """Let what the upstream refuses name it. Raises NodeUnavailable."""
    try:
        yield
    except NodeRefused as refused:
        problem = f"refused {refused.method}: {refused.message}"
        raise NodeUnavailable(endpoint=relay.upstream, problem=problem) from None


@contextmanager
def loss_told(relay: Relay) -> Iterator[None]:
    """Name the upstream where its going away is what has failed. Raises NodeUnavailable."""
    try:
        yield
    except PmkitError:
        if relay.lost is not None:
            raise relay.lost from None
        raise


@contextmanager
def ended_by_loss(relay: Relay, node: Node) -> Iterator[None]:
    """End a node whose upstream goes away, which it might wait for without end."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY):
            if relay.lost is not None:
                node.close()
                return

    watcher = threading.Thread(target=watch, name="pmkit-fork", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def start_node(relay: Relay, source: Source) -> Node:
    """Start a node on the upstream's state at the fork's block. Raises NodeUnavailable."""
    relay.clear(STAND_INS)
    extra = (
        *("--fork-url", relay.url, "--fork-block-number", str(source.block)),
        *("--no-storage-caching", "--retries", "1", "--no-rate-limit"),
        *("--timeout", str(1_000 * UPSTREAM_SECONDS), "--gas-limit", str(GAS_LIMIT)),
    )
    return Node.start(
        chain_id=source.chain_id,
        extra=extra,
        seconds=UPSTREAM_SECONDS,
        give_up=lambda: relay.lost is not None,
    )


def read_upstream(
    relay: Relay,
    source: Source,
    params: Params,
    accounts: Sequence[ForkAccount],
    left_out: Sequence[str],
) -> Snapshot:
    """Return everything that is imported. Raises InputError, NodeUnavailable, NodeRefused."""
    probe = Probe(relay.request, source.upstream, source.tag)
    universe = without(discover(probe), params, left_out)
    asks = account_asks(params, universe)
    found = tuple(read_account(probe, asks, account.address, params) for account in accounts)
    for account in found:
        if account.exists:
            require_no_other_loan(probe, account.address, params, universe)
    held, traded = held_beyond(params, list(found))
    fit = fitted(params, universe, probe, held, traded)
    chosen, erc20s = linked_erc20s(relay.request, source, fit.params, universe)
    market = read_market(probe, chosen, universe)
    return Snapshot(
        params=chosen,
        universe=universe,
        erc20s=erc20s,
        accounts=found,
        market=market,
        left_out=tuple(left_out),
        notes=(*fit.notes, *(f"{name} is left out" for name in left_out)),
    )


def made(
    relay: Relay,
    node: Node,
    source: Source,
    snapshot: Snapshot,
    accounts: Sequence[ForkAccount],
    *,
    stepped: bool,
) -> Forked:
    """Return the fork whose node is running. Raises InputError, and what the node raises."""
    params, market, notes = snapshot.params, snapshot.market, list(snapshot.notes)
    rpc = Rpc(node.url, timeout=UPSTREAM_SECONDS)
    if stepped:
        rpc.request("anvil_setBlockTimestampInterval", 1)
    roles = {**roles_of(rpc), "world": WORLD, "debtor": DEBTOR}
    require_free(accounts, roles)
    imports = [
        imported(core, asked, params)
        for core, asked in zip(snapshot.accounts, accounts, strict=True)
    ]
    prices = prices_of(market, params, notes)
    nonce = int(rpc.request("eth_getTransactionCount", roles["admin"], "latest"), 16)
    plan = plan_fork(params, roles, nonce, snapshot.erc20s, prices)
    prefetch(relay, source.tag, [*touched(params), *plan.created(roles["admin"], nonce)])
    states = [
        one.state for one, core in zip(imports, snapshot.accounts, strict=True) if core.exists
    ]
    rest = rest_of(states, market, params, roles)
    written = (*states, *rest.accounts, *ready_roles(accounts, roles))
    deployment = place(rpc, plan, params, roles, market, written, rest.reserves)
    differences = compared(rpc, node, snapshot)
    rpc.close()
    for core in snapshot.accounts:
        notes += unmodelled(core)
    report = ForkReport(
        upstream=source.upstream,
        chain_id=source.chain_id,
        block=source.block,
        latest_only=source.latest_only,
        accounts=tuple(
            told(core, one) for core, one in zip(snapshot.accounts, imports, strict=True)
        ),
        notes=(*notes, *rest.notes),
        differences=differences,
    )
    return Forked(
        relay=relay,
        node=node,
        params=params,
        deployment=deployment,
        report=report,
        origin=SavedFork(
            block=source.block,
            block_hash=source.block_hash,
            latest_only=source.latest_only,
            asked_for=source.asked_for,
            accounts=report.accounts,
            left_out=snapshot.left_out,
            tokens=params.tokens,
            perps=params.perps,
            pairs=params.pairs,
        ),
    )


def ready_roles(accounts: Sequence[ForkAccount], roles: dict[str, str]) -> list[AccountImport]:
    """Return the roles that begin in portfolio margin, as on a local chain, unless imported."""
    taken = {account.address for account in accounts}
    return [
        AccountImport(account=roles[role], mode=Mode.PORTFOLIO_MARGIN)
        for role in PORTFOLIO_MARGIN
        if role not in OWN and roles[role] not in taken
    ]


def touched(params: Params) -> list[str]:
    """Return the addresses that putting everything in place touches."""
    systems = [system_address(token.id) for token in params.tokens]
    return [*STAND_INS, *systems, SYSTEM, MARKER, NOBODY]


def require_free(accounts: Sequence[ForkAccount], roles: dict[str, str]) -> None:
    """Raise InputError for an account that the fork's own venue needs."""
    own = {roles[role]: role for role in (*OWN, "world", "debtor")}
    for account in accounts:
        if account.address in own:
            problem = f"is the fork's own {own[account.address]}, and cannot be imported"
            raise InputError(place=account.address, problem=problem)


def compared(rpc: Rpc, node: Node, snapshot: Snapshot) -> tuple[Difference, ...]:
    """Return what the fork answers otherwise than the upstream did."""
    latest = rpc.block().number
    probe = Probe(rpc.request, node.url, hex(latest))
    asks = account_asks(snapshot.params, snapshot.universe)
    found = market_differences(
        snapshot.market, read_market(probe, snapshot.params, snapshot.universe)
    )
    for core in snapshot.accounts:
        found += account_differences(core, read_account(probe, asks, core.address, snapshot.params))
    return tuple(found)


def unmodelled(core: CoreAccount) -> list[str]:
    """Return what an account has that the venue here does not know."""
    staked = core.row("delegator_summary", 0)
    if not any(staked.values()):
        return []
    wei = staked["delegated"] + staked["undelegated"] + staked["total_pending_withdrawal"]
    return [f"{core.address} has {wei} wei of HYPE in staking, which is not modelled"]


def told(core: CoreAccount, one: Imported) -> ImportedAccount:
    """Return what an account became."""
    return ImportedAccount(
        address=core.address,
        mode=one.state.mode,
        guessed=one.guessed,
        exists=core.exists,
        l1_block=core.moment.l1_block,
    )
