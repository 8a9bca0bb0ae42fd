"""HyperCore's side of a block, as the front carries it out. SPEC HE-06.

What a block's transactions asked of HyperCore is applied by one system transaction in a block of
its own right after, outside the gas limit and free of fees; what HyperCore sends to the EVM is
delivered by system transactions before the block that comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.errors import NodeRefused
from pmkit.hypercore.addresses import HYPE_SYSTEM, SYSTEM
from pmkit.hypercore.step import bridged_of, core_call, delivery_transactions, step_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pmkit.hypercore.step import Transaction
    from pmkit.hyperevm.upstream import Upstream

STEP_GAS = 30_000_000
LEAST_GAS = 200_000
"""Gas of a delivery where there are many; what the venue charges for one."""
ROUNDS = 64
"""Steps after one block, at most: each leaves to the next what it has no gas for."""
BALANCE = hex(10**30)
STEP_FAILED = -32_000


class CoreSide:
    """Applies and delivers on one node; `eager` delivers at once, where blocks do not come."""

    def __init__(self, upstream: Upstream, erc20s: Mapping[int, str], *, eager: bool) -> None:
        self._upstream = upstream
        self._erc20s = erc20s
        self._eager = eager

    async def after(self, block: int) -> None:
        """Apply what a block's transactions asked of HyperCore."""
        at = hex(block)
        logs = await self._upstream.request("eth_getLogs", {"fromBlock": at, "toBlock": at})
        bridged = bridged_of(logs, self._erc20s)
        for _ in range(ROUNDS):
            if not bridged and not await self._view("hasWork"):
                return
            await self._system_block([step_transaction(bridged)])
            bridged = []
            if self._eager:
                await self.deliver()

    async def before(self) -> None:
        """Deliver what HyperCore sends to the block to come."""
        if not self._eager:
            await self.deliver()

    async def deliver(self) -> None:
        """Make the deliveries that wait."""
        waiting = await self._view("pendingDeliveries")
        if waiting:
            await self._system_block(delivery_transactions(waiting))

    async def _view(self, function: str) -> Any:
        call = core_call(function)
        return call.decode(await self._upstream.request("eth_call", call.fields(), "latest"))

    async def _system_block(self, transactions: Sequence[Transaction]) -> None:
        """Make a block of system transactions, at no fee.

        Raises NodeRefused where HyperCore itself has failed: nothing after it would be true.
        SPEC HE-08.
        """
        ask = self._upstream.request
        latest = await ask("eth_getBlockByNumber", "latest", False)
        coming = await ask("eth_getBlockByNumber", "pending", False)
        automine = await ask("anvil_getAutomine")
        if automine:
            await ask("evm_setAutomine", False)
        # No more than a block has anyway, if it can be: tools take the latest's for every block's.
        gas = max(STEP_GAS // len(transactions), LEAST_GAS)
        await ask("evm_setBlockGasLimit", hex(max(STEP_GAS, gas * len(transactions))))
        await ask("anvil_setNextBlockBaseFeePerGas", "0x0")
        if self._eager:
            # Time moves by command there, and a step of HyperCore is none.
            await ask("anvil_setNextBlockTimestamp", int(latest["timestamp"], 16))
        hashes: dict[str, Transaction] = {}
        try:
            for transaction in transactions:
                sender = transaction["from"]
                await ask("anvil_impersonateAccount", sender)
                if sender.lower() != HYPE_SYSTEM:
                    await ask("anvil_setBalance", sender, BALANCE)
                free = {**transaction, "gas": hex(gas), "gasPrice": "0x0"}
                hashes[await ask("eth_sendTransaction", free)] = transaction
            await ask("evm_mine")
        finally:
            await ask("anvil_setNextBlockBaseFeePerGas", coming["baseFeePerGas"])
            # The limit as it was set; that of the latest block may be a big one's, or a step's.
            await ask("evm_setBlockGasLimit", coming["gasLimit"])
            if automine:
                await ask("evm_setAutomine", True)
        for tx_hash, transaction in hashes.items():
            receipt = await ask("eth_getTransactionReceipt", tx_hash)
            # A delivery that its receiver or its token refuses is struck off all the same.
            if transaction["from"] == SYSTEM and (receipt is None or receipt["status"] != "0x1"):
                told = f"HyperCore's step {tx_hash} failed"
                raise NodeRefused(method="evm_mine", code=STEP_FAILED, message=told, data=None)
