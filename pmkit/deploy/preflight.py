"""What the chain must offer before the first transaction. SPEC DP-04, DP-05."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.contracts import ask, call_of
from pmkit.deploy.big_blocks import BlockKind, block_kind
from pmkit.deploy.spec import wrong
from pmkit.errors import InputError, InsufficientFunds, NodeRefused, UnknownRevert, VenueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.rpc import Rpc
    from pmkit.deploy.gas import Cost
    from pmkit.deploy.spec import DeploySpec

LIVE_CHAIN = 999
"""On which a token that anybody mints must not stand for one of value."""
LOCAL_CLIENT = "anvil"
ONE_GAS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A chain that can take a deployment."""

    kind: BlockKind
    gas: int
    """Bound of all that is left to send."""
    gas_price: int
    """Wei."""
    balance: int
    """The deployer's, wei."""

    @property
    def cost(self) -> int:
        """Wei that what is left takes at most, at this price of gas."""
        return self.gas * self.gas_price


def require_chain(rpc: Rpc, chain_id: int, place: str) -> None:
    """Raise InputError unless the node's chain is the file's. NodeUnavailable without a node."""
    found = rpc.chain_id()
    if found != chain_id:
        raise wrong(place, "chain_id", f"is {chain_id}, but the node at {rpc.place} has {found}")


def ready(rpc: Rpc, spec: DeploySpec, left: Sequence[Cost]) -> Ready:
    """Return that a chain can take what is left to send.

    Raises InputError for ERC-20s that are none, BlockTooSmall, InsufficientFunds, ChainError.
    """
    if left:
        require_tokens(rpc, spec)
    kind = block_kind(rpc, spec.deployer, spec.chain_id)
    kind.require(left)
    found = Ready(
        kind=kind,
        gas=sum(cost.gas for cost in left),
        # Which blocks will take what is left is not known here: the dearer ones are counted with.
        gas_price=max(int(rpc.request("eth_gasPrice"), 16), kind.big_gas_price),
        balance=int(rpc.request("eth_getBalance", spec.deployer, "latest"), 16),
    )
    if found.cost > found.balance:
        raise InsufficientFunds(account=spec.deployer, needed=found.cost, balance=found.balance)
    return found


def require_tokens(rpc: Rpc, spec: DeploySpec) -> None:
    """Raise InputError for an ERC-20 without code, or of other decimals than its listing's."""
    if spec.chain_id == LIVE_CHAIN and any(erc20 is None for _, erc20 in spec.tokens):
        client = str(rpc.request("web3_clientVersion")).lower()
        if not client.startswith(LOCAL_CLIENT):
            name = next(name for name, erc20 in spec.tokens if erc20 is None)
            problem = "tokens are created on local and test chains only; name its ERC-20"
            raise wrong(spec.place, f"tokens.{name}", problem)
    decimals = {token.name: token.evm_decimals for token in spec.params.tokens}
    for name, erc20 in spec.tokens:
        if erc20 is None:
            continue
        at = f"tokens.{name}"
        if not rpc.code(erc20):
            raise wrong(spec.place, at, f"there is no code at {erc20} on this chain")
        try:
            found = ask(rpc, call_of("LocalToken", erc20, "decimals"), "latest")
        except (VenueError, UnknownRevert, NodeRefused, ValueError) as error:
            problem = f"the contract at {erc20} does not tell its decimals: it is no ERC-20"
            raise InputError(place=f"{spec.place}: {at}", problem=problem) from error
        if found != decimals[name]:
            problem = f"the ERC-20 has {found} decimals, the listing says {decimals[name]}"
            raise wrong(spec.place, at, problem)
