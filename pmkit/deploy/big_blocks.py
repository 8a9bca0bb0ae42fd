"""HyperEVM's two kinds of blocks, as they concern a deployer. SPEC DP-05, HE-03.

Creations need more gas than a small block holds, so the account's flag for big ones must be set. On
pmkit's own front that is done here and put back afterwards; on the chain itself it takes a signed
action of HyperCore, which is its owner's to send.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import BlockTooSmall, NodeRefused
from pmkit.hyperevm.limits import BIG_GAS, SMALL_GAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.rpc import Rpc
    from pmkit.deploy.gas import Cost
    from pmkit.deploy.journal import Journal

HYPEREVM_CHAINS = (998, 999)
HOW_TO_SET = (
    "set the account's flag for big blocks with the HyperCore action "
    '{"type": "evmUserModify", "usingBigBlocks": true} (`use_big_blocks(True)` of Hyperliquid\'s '
    "Python SDK), run this again, and take it back afterwards"
)
OTHER_CHAIN = "no transaction of this size fits this chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockKind:
    """What blocks of a chain hold for one account."""

    limit: int
    """Gas of a block that the account's transactions get into."""
    flag: bool | None
    """The account's flag for big blocks; None where the node knows of none."""
    big_gas_price: int
    """Wei; zero where there are no big blocks."""
    ours: bool
    """Whether this is pmkit's own front, which sets the flag when asked."""
    remedy: str
    """What to do about a transaction that is too large."""

    def require(self, costs: Sequence[Cost]) -> None:
        """Raise BlockTooSmall for a step that no block within reach holds."""
        limit = BIG_GAS if self.ours else self.limit
        for cost in costs:
            if cost.gas > limit:
                raise BlockTooSmall(
                    what=cost.step.what, gas=cost.gas, limit=limit, remedy=self.remedy
                )


def block_kind(rpc: Rpc, account: str, chain_id: int) -> BlockKind:
    """Return what blocks hold for an account. Raises NodeUnavailable."""
    try:
        flag: bool | None = bool(rpc.request("eth_usingBigBlocks", account))
    except NodeRefused:
        flag = None
    if flag is None:
        # A plain node, or one that does not say: its last block tells what one holds.
        limit = int(rpc.request("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)
        small = chain_id in HYPEREVM_CHAINS and limit <= SMALL_GAS
        remedy = HOW_TO_SET if small else OTHER_CHAIN
        return BlockKind(limit=limit, flag=None, big_gas_price=0, ours=False, remedy=remedy)
    try:
        ours: bool = rpc.request("pmkit_blocks")["kind"] == "hyper"
    except NodeRefused:
        ours = False
    return BlockKind(
        limit=BIG_GAS if flag else SMALL_GAS,
        flag=flag,
        big_gas_price=big_gas_price(rpc),
        ours=ours,
        remedy=OTHER_CHAIN if flag or ours else HOW_TO_SET,
    )


def big_gas_price(rpc: Rpc) -> int:
    """Return what gas costs in a big block, zero where the node does not say."""
    try:
        return int(rpc.request("eth_bigBlockGasPrice"), 16)
    except NodeRefused:
        return 0


class Flag:
    """The deployer's flag on pmkit's own front: set for large transactions, and put back."""

    def __init__(self, rpc: Rpc, account: str, kind: BlockKind, journal: Journal) -> None:
        self._rpc = rpc
        self._account = account
        self._journal = journal
        self._ours = kind.ours
        self._now = bool(kind.flag)
        before = journal.progress.big_blocks_before
        self._before = self._now if before is None else before
        """An earlier run that was killed may have left it set."""

    def fit(self, gas: int) -> None:
        """Set the flag as a transaction of this gas needs it."""
        if self._ours:
            self._set(self._before or gas > SMALL_GAS)

    def restore(self) -> None:
        """Put the flag back as it was before the deployment."""
        if self._journal.progress.big_blocks_before is not None:
            self._set(self._before)
            self._journal.big_blocks(None)

    def _set(self, use: bool) -> None:
        if use == self._now:
            return
        if self._journal.progress.big_blocks_before is None:
            self._journal.big_blocks(self._before)
        self._rpc.request("pmkit_useBigBlocks", self._account, use)
        self._now = use
