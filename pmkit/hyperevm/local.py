"""A local HyperEVM: a node with a venue on it, and the front that everybody talks to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.chain.deployment import marked_deployment
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.chain.local import Clock, LocalVenue
from pmkit.chain.node import DEFAULT_CHAIN_ID, Node, refuse_taken
from pmkit.chain.reader import Reader
from pmkit.chain.rpc import Rpc
from pmkit.errors import InputError, NodeRefused
from pmkit.fork.accounts import accounts_of
from pmkit.fork.resume import resume_fork
from pmkit.fork.run import open_fork
from pmkit.hypercore.addresses import SYSTEM
from pmkit.hypercore.place import send_as
from pmkit.hypercore.step import core_call
from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.core_side import CoreSide
from pmkit.hyperevm.front import Front
from pmkit.hyperevm.limits import SMALL_SECONDS
from pmkit.hyperevm.state import SavedChain, StateFile, fingerprint
from pmkit.params import load_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from pmkit.chain.deployment import Deployment
    from pmkit.chain.pricing import Figure
    from pmkit.fork.accounts import ForkAccount
    from pmkit.fork.patience import Patience
    from pmkit.fork.run import Forked
    from pmkit.model import Mode
    from pmkit.policy import Params

ORDER_DELAY = 3
"""Seconds between an order of CoreWriter and its execution, in blocks as the chain makes them."""
CLOCKS = {Blocks.INSTANT: Clock.STEPPED, Blocks.HYPER: Clock.WALL}


class HyperEvm(LocalVenue):
    """A local HyperEVM; a context manager that ends front and node."""

    def __init__(
        self,
        node: Node,
        params: Params,
        deployment: Deployment,
        clock: Clock,
        *,
        front: Front,
        blocks: Blocks,
        state: StateFile | None,
        begun: Params | None = None,
        fork: Forked | None = None,
    ) -> None:
        super().__init__(node, params, replace(deployment, rpc_url=front.url), clock, url=front.url)
        self.front = front
        self.blocks = blocks
        self.forked = None if fork is None else fork.report
        """What a fork was made of; None for a chain from nothing."""
        self._state = state
        self._begun = params if begun is None else begun
        """The parameters that were asked for, before they were fitted to an upstream."""
        self._fork = fork

    @classmethod
    def open(
        cls,
        params: Params | str = "current",
        *,
        port: int = 0,
        chain_id: int | None = None,
        blocks: Blocks = Blocks.INSTANT,
        prices: Mapping[str, Decimal] = GENESIS_PRICES,
        conditions: bool = False,
        state: StateFile | None = None,
        seconds: float = SMALL_SECONDS,
    ) -> HyperEvm:
        """Start a chain and its front, or take up the one in a state file. SPEC HE-01 to HE-05.

        Raises InputError for parameters and states that do not serve, ToolMissing,
        NodeUnavailable.
        """
        if port != 0:
            refuse_taken(port)
        chosen = load_params(params) if isinstance(params, str) else params
        chosen = chosen if conditions else chosen.local()
        saved = None if state is None else state.load()
        if saved is None:
            start = DEFAULT_CHAIN_ID if chain_id is None else chain_id
            base = LocalVenue.start(
                chosen,
                chain_id=start,
                clock=CLOCKS[blocks],
                prices=prices,
                conditions=True,  # what is off was switched off above
            )
            node, deployment = base.node, base.deployment
        else:
            require_same(saved, state, chosen, chain_id, blocks)
            require_no_fork(saved, state)
            node, deployment = resumed(saved, state, CLOCKS[blocks])
        try:
            erc20s = erc20s_of(node, deployment)
            if saved is None and blocks is Blocks.HYPER:
                settings = core_call("setCore", ORDER_DELAY, chosen.policy.activation_fee)
                send_as(Rpc(node.url), settings.fields(SYSTEM))
            front = Front.start(
                node.url,
                port=port,
                blocks=blocks,
                core=lambda upstream: CoreSide(upstream, erc20s, eager=blocks is Blocks.INSTANT),
                seconds=seconds,
                big=() if saved is None else saved.big,
                held=() if saved is None else saved.held,
            )
        except BaseException:
            node.close()
            raise
        return cls(
            node,
            chosen,
            deployment,
            CLOCKS[blocks],
            front=front,
            blocks=blocks,
            state=state,
        )

    @classmethod
    def fork(
        cls,
        url: str,
        *,
        block: int | None = None,
        accounts: Sequence[str | ForkAccount] = (),
        mode: Mode | None = None,
        without: Sequence[str] = (),
        params: Params | str = "current",
        port: int = 0,
        chain_id: int | None = None,
        blocks: Blocks = Blocks.INSTANT,
        conditions: bool = False,
        state: StateFile | None = None,
        seconds: float = SMALL_SECONDS,
        patience: Patience | None = None,
    ) -> HyperEvm:
        """Fork the HyperEVM behind an RPC, with the state of chosen accounts. SPEC HE-20 to HE-27.

        Accounts are read from the upstream's own precompiles, once. `mode` is that of accounts
        named by address alone; without it, it follows from what each has. Tokens `without` which
        it is to be are named by name or id: whoever has some has none on it. `chain_id` is the
        upstream's, where it has to be a certain one. `.forked` tells what was read, and what the
        fork answers otherwise. A fork in a state file is taken up as it was saved; accounts, modes
        and tokens left out need not be named again, and others are refused.

        Raises InputError for parameters, accounts and upstreams that do not serve, ToolMissing,
        NodeUnavailable, NodeRefused.
        """
        if port != 0:
            refuse_taken(port)
        chosen = load_params(params) if isinstance(params, str) else params
        chosen = chosen if conditions else chosen.local()
        clock = CLOCKS[blocks]
        whose = accounts_of(accounts, mode)
        saved = None if state is None else state.load()
        stepped = clock is Clock.STEPPED
        if saved is None or state is None:
            made = open_fork(
                url,
                chosen,
                whose,
                block=block,
                chain_id=chain_id,
                stepped=stepped,
                left_out=without,
                patience=patience,
            )
        else:
            require_same(saved, state, chosen, chain_id, blocks)
            made = resume_fork(
                url,
                chosen,
                whose,
                saved,
                place=str(state.path),
                block=block,
                mode=mode,
                without=without,
                stepped=stepped,
                patience=patience,
            )
        try:
            erc20s = erc20s_of(made.node, made.deployment)
            if saved is None and blocks is Blocks.HYPER:
                settings = core_call("setCore", ORDER_DELAY, chosen.policy.activation_fee)
                send_as(Rpc(made.node.url), settings.fields(SYSTEM))
            front = Front.start(
                made.node.url,
                port=port,
                blocks=blocks,
                core=lambda upstream: CoreSide(upstream, erc20s, eager=blocks is Blocks.INSTANT),
                seconds=seconds,
                big=() if saved is None else saved.big,
                held=() if saved is None else saved.held,
                sent=made.relay.own,
            )
            made.relay.quiet = False
        except BaseException:
            made.node.close()
            made.relay.close()
            raise
        return cls(
            made.node,
            made.params,
            made.deployment,
            clock,
            front=front,
            blocks=blocks,
            state=state,
            begun=chosen,
            fork=made,
        )

    def save(self) -> None:
        """Write the chain to its state file, if it has one. Raises InputError, NodeUnavailable.

        Of a chain that has gone, what was saved before stays.
        """
        if self._state is None:
            return
        self.require_running()
        big, held = self.front.waiting()
        node = Rpc(self.node.url)
        latest = node.block()
        self._state.save(
            SavedChain(
                chain_id=self.deployment.chain_id,
                params=fingerprint(self._begun),
                blocks=self.blocks.value,
                big=big,
                held=held,
                number=latest.number,
                timestamp=latest.timestamp,
                node=node.request("anvil_dumpState"),
                fork=None if self._fork is None else self._fork.origin,
            )
        )
        node.close()

    def fund(self, who: str, token: str | int, amount: Figure) -> None:
        """Put tokens into a wallet; on a fork nobody mints, so that the node sets the balance."""
        if self._fork is None:
            super().fund(who, token, amount)
            return
        owner, listed = self.account(who), self.reader.listing.token(token)
        held = self.reader.balance(owner, token).wallet
        units = held + listed.to_evm_up(self.amount(token, amount))
        self.rpc.request("anvil_dealERC20", owner, listed.erc20, hex(units))

    def require_running(self) -> None:
        """Raise NodeUnavailable if the node or its front has gone."""
        self.node.require_running()
        self.front.require_running()

    def close(self) -> None:
        """End the front, then the node, then what it reads its upstream by."""
        self.front.close()
        super().close()
        if self._fork is not None:
            self._fork.relay.close()


def require_same(
    saved: SavedChain,
    state: StateFile | None,
    params: Params,
    chain_id: int | None,
    blocks: Blocks,
) -> None:
    """Raise InputError where a saved chain is not the one that is asked for."""
    place = "--state" if state is None else str(state.path)
    if chain_id is not None and saved.chain_id != chain_id:
        raise InputError(place=place, problem=f"holds chain {saved.chain_id}, not {chain_id}")
    if saved.params != fingerprint(params):
        raise InputError(place=place, problem="was begun with other parameters; name them")
    if saved.blocks != blocks.value:
        raise InputError(place=place, problem=f"was begun with --blocks {saved.blocks}")


def require_no_fork(saved: SavedChain, state: StateFile | None) -> None:
    """Raise InputError for a saved fork, which is nothing without its upstream."""
    if saved.fork is not None:
        place = "--state" if state is None else str(state.path)
        raise InputError(place=place, problem="holds a fork; take it up with pmkit fork --rpc URL")


def resumed(saved: SavedChain, state: StateFile | None, clock: Clock) -> tuple[Node, Deployment]:
    """Return a node that holds a saved chain. Raises InputError, NodeUnavailable."""
    place = "--state" if state is None else str(state.path)
    node = Node.start(chain_id=saved.chain_id, timestamp=saved.timestamp)
    try:
        rpc = Rpc(node.url)
        try:
            rpc.request("anvil_loadState", saved.node)
        except NodeRefused as refused:
            raise InputError(place=place, problem=f"is damaged: {refused.message}") from refused
        if clock is Clock.STEPPED:
            rpc.request("anvil_setBlockTimestampInterval", 1)
        deployment = marked_deployment(rpc)
        if deployment is None or rpc.block_number() != saved.number:
            raise InputError(place=place, problem="is damaged: no venue is in it, or other blocks")
        rpc.close()
    except BaseException:
        node.close()
        raise
    return node, deployment


def erc20s_of(node: Node, deployment: Deployment) -> dict[int, str]:
    """Return the ERC-20s of a chain's venue by token id."""
    rpc = Rpc(node.url)
    tokens = Reader(rpc, deployment).listing.tokens
    rpc.close()
    return {token.token: token.erc20 for token in tokens}
