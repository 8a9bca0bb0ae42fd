"""How blocks are made: one for each transaction, or small ones by the second and big by the minute.

Both hold a lock while a block and HyperCore's answer to it are made, so that whoever reads a
receipt finds the transaction's actions applied.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from pmkit.errors import NodeRefused
from pmkit.hyperevm.held import Held, Signed
from pmkit.hyperevm.limits import BIG_GAS, BIG_SECONDS, SMALL_GAS, SMALL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmkit.hyperevm.upstream import Upstream

RECEIPT_WAIT = 0.0005
"""Seconds between two looks for the receipt of a transaction that the node mines at once."""
RECEIPT_SECONDS = 10.0
"""How long that block may take."""
INTERVALS = ("evm_setIntervalMining", "anvil_setIntervalMining")
MOST_BLOCKS = 10_000
"""Blocks that one command makes at most: all others wait meanwhile."""
INVALID_INPUT = -32_000
BAD_PARAMS = -32_602
SMALL_BLOCK = "a small block; the sender does not use big ones (pmkit_useBigBlocks)"


class Blocks(StrEnum):
    """How blocks are made. SPEC HE-01, HE-02."""

    INSTANT = "instant"
    """Each transaction its block; time moves a second a block, or by command."""
    HYPER = "hyper"
    """As the chain does: small blocks each second, big ones each minute."""


class Core(Protocol):
    """HyperCore's side of a block."""

    async def after(self, block: int) -> None:
        """Apply what a block's transactions asked of HyperCore."""

    async def before(self) -> None:
        """Deliver what HyperCore sends to the block to come."""


class InstantBlocks:
    """The node mines each transaction at once. SPEC HE-01."""

    kind = Blocks.INSTANT

    def __init__(
        self, upstream: Upstream, core: Core | None, *, sent: Callable[[str], None] | None = None
    ) -> None:
        self._upstream = upstream
        self._core = core
        self._sent = sent or unnoted
        self._lock = asyncio.Lock()
        self._automine = True
        self._ahead = (0, 0)
        """A block's time, and by how much the next is to be later than that."""
        self._unanswered: list[str] = []
        """Transactions that had no block when they were sent."""
        self._told: set[int] = set()
        """Blocks that HyperCore was told of since then."""

    async def settled(self) -> None:
        """Wait until no block is being made, and HyperCore has answered to all there are."""
        async with self._lock:
            await self._catch_up()

    async def send(self, method: str, params: list[Any]) -> str:
        """Send a transaction; its block is made, and HyperCore has answered. Raises NodeRefused."""
        async with self._lock:
            await self._catch_up()
            if self._core is not None:
                await self._core.before()
            tx_hash: str = await self._upstream.request(method, *params)
            self._sent(tx_hash)
            if self._automine:
                await self._answer(tx_hash)
            return tx_hash

    async def mine(self, method: str, params: list[Any]) -> Any:
        """Make blocks by command. Raises NodeRefused."""
        async with self._lock:
            await self._catch_up()
            if self._core is not None:
                await self._core.before()
            first = await number_of(self._upstream)
            answer = await self._upstream.request(method, *params)
            await self._tell(first + 1)
            return answer

    async def set_automine(self, method: str, params: list[Any]) -> Any:
        """Switch the node's own mining on or off. Raises NodeRefused for blocks by a timer.

        Switched on, it makes a block of what waits, which HyperCore is told of like any other.
        """
        async with self._lock:
            if method in INTERVALS and params != [0]:
                raise refused_input(
                    method, "a transaction has its block at once here; --blocks hyper"
                )
            first = await number_of(self._upstream) + 1
            answer = await self._upstream.request(method, *params)
            self._automine = method not in INTERVALS and bool(params and params[0])
            if self._automine and self._core is not None:
                await self._drained()
                for block in range(first, await number_of(self._upstream) + 1):
                    await self._tell(block)
            return answer

    async def advance(self, method: str, params: list[Any]) -> int:
        """Let the next block be later; the node's stepped clock knows no such shift.

        Returns by how many seconds in all it will be. Raises NodeRefused.
        """
        del method
        async with self._lock:
            latest = await self._upstream.request("eth_getBlockByNumber", "latest", False)
            now = int(latest["timestamp"], 16)
            since, ahead = self._ahead
            ahead = (ahead if since == now else 0) + int(str(params[0]), 0)
            await self._upstream.request("anvil_setNextBlockTimestamp", now + ahead)
            self._ahead = (now, ahead)
            return ahead

    async def rewind(self, method: str, params: list[Any]) -> Any:
        """Take the chain back to a snapshot."""
        async with self._lock:
            await self._catch_up()
            answer = await self._upstream.request(method, *params)
            # Blocks that come now have numbers that others had.
            self._told.clear()
            return answer

    async def count(self, method: str, params: list[Any]) -> Any:
        """Return an account's count of transactions: the node knows all of them."""
        return await self._upstream.request(method, *params)

    async def prepare(self) -> None:
        """Let the node make blocks, which is how it starts."""

    async def run(self) -> None:
        """Do nothing: blocks come with their transactions."""

    async def _drained(self) -> None:
        """Wait until the pool has nothing that could be mined."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + RECEIPT_SECONDS
        while loop.time() < deadline:
            pool = await self._upstream.request("txpool_status")
            if int(pool["pending"], 16) == 0:
                return
            await asyncio.sleep(RECEIPT_WAIT)

    async def _tell(self, block: int) -> None:
        """Let HyperCore answer to a block, once."""
        if self._core is None or block in self._told:
            return
        if self._unanswered:
            self._told.add(block)
        await self._core.after(block)

    async def _catch_up(self) -> None:
        """Let HyperCore answer to transactions whose block came after they had been sent."""
        left: list[str] = []
        blocks: set[int] = set()
        for tx_hash in self._unanswered:
            if await self._upstream.request("eth_getTransactionByHash", tx_hash) is None:
                continue  # dropped, or undone
            receipt = await self._upstream.request("eth_getTransactionReceipt", tx_hash)
            if receipt is None:
                left.append(tx_hash)
            elif receipt["logs"]:
                blocks.add(int(receipt["blockNumber"], 16))
        for block in sorted(blocks):
            await self._tell(block)
        self._unanswered = left
        if not left:
            self._told.clear()

    async def _answer(self, tx_hash: str) -> None:
        """Wait until a transaction has its block, and let HyperCore answer to it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + RECEIPT_SECONDS
        last = False
        while loop.time() < deadline:
            receipt = await self._upstream.request("eth_getTransactionReceipt", tx_hash)
            if receipt is not None and receipt.get("blockNumber"):
                if receipt["logs"]:
                    await self._tell(int(receipt["blockNumber"], 16))
                # In its block may be what had waited for it.
                await self._catch_up()
                return
            if last:
                # It waits for one of its sender's that is still to come.
                break
            # What leaves the pool has its receipt then, so that one more look is enough.
            pool = await self._upstream.request("txpool_status")
            last = int(pool["pending"], 16) == 0
            await asyncio.sleep(0 if last else RECEIPT_WAIT)
        self._unanswered.append(tx_hash)


class HyperBlocks:
    """Small blocks each second and big ones each minute, as the chain makes them. SPEC HE-02."""

    kind = Blocks.HYPER

    def __init__(
        self,
        upstream: Upstream,
        core: Core | None,
        *,
        seconds: float = SMALL_SECONDS,
        small_in_big: int = BIG_SECONDS // SMALL_SECONDS,
        big: Sequence[str] = (),
        held: Sequence[str] = (),
        sent: Callable[[str], None] | None = None,
    ) -> None:
        self._upstream = upstream
        self._core = core
        self._sent = sent or unnoted
        self._lock = asyncio.Lock()
        self._held = Held()
        for signed in map(Signed.of, held):
            if signed is not None:
                self._held.add(signed)
        self._big = {account.lower() for account in big}
        self._seconds = seconds
        self._small_in_big = small_in_big
        self.dropped: list[tuple[str, str]] = []
        """Held transactions that the node refused in the end: hash and reason."""

    async def settled(self) -> None:
        """Wait until no block is being made."""
        async with self._lock:
            return

    async def prepare(self) -> None:
        """Take the making of blocks from the node."""
        await self._upstream.request("evm_setAutomine", False)
        await self._upstream.request("evm_setBlockGasLimit", hex(SMALL_GAS))

    def use_big_blocks(self, account: str, use: bool) -> None:
        """Set the flag of an account, as the venue's `evmUserModify` does. SPEC HE-03."""
        if use:
            self._big.add(account.lower())
        else:
            self._big.discard(account.lower())

    def waiting(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the accounts that use big blocks, and the raw transactions that wait for one."""
        return tuple(sorted(self._big)), self._held.raw

    def uses_big_blocks(self, account: str) -> bool:
        """Return the flag of an account."""
        return account.lower() in self._big

    async def send(self, method: str, params: list[Any]) -> str:
        """Take a transaction for the next block of its sender's kind. Raises NodeRefused."""
        if method == "eth_sendTransaction":
            method, params = await self._signed_by_node(params)
        signed = Signed.of(params[0]) if params and isinstance(params[0], str) else None
        if signed is not None and signed.sender in self._big:
            require_gas(method, signed.gas, BIG_GAS, "a big block")
            return await self._hold(method, signed)
        if signed is not None:
            require_gas(method, signed.gas, SMALL_GAS, SMALL_BLOCK)
        # A step of HyperCore has a block of its own.
        async with self._lock:
            tx_hash: str = await self._upstream.request(method, *params)
        self._sent(tx_hash)
        return tx_hash

    async def mine(self, method: str, params: list[Any]) -> Any:
        """Make small blocks by command, before their time. Raises NodeRefused."""
        count, timestamp = asked_blocks(method, params)
        async with self._lock:
            if timestamp is not None:
                await self._upstream.request("evm_setNextBlockTimestamp", timestamp)
            for _ in range(count):
                await self._make(SMALL_GAS)
        return None

    async def set_automine(self, method: str, params: list[Any]) -> Any:
        """Refuse: blocks are made here. Raises NodeRefused."""
        del params
        told = "blocks come each second here; use --blocks instant, or evm_mine for one more"
        raise refused_input(method, told)

    async def advance(self, method: str, params: list[Any]) -> Any:
        """Move the clock of the blocks to come."""
        async with self._lock:
            return await self._upstream.request(method, *params)

    async def rewind(self, method: str, params: list[Any]) -> Any:
        """Take the chain back to a snapshot; what was held stays held."""
        async with self._lock:
            return await self._upstream.request(method, *params)

    async def count(self, method: str, params: list[Any]) -> Any:
        """Return an account's count of transactions, with "pending" those held too.

        While a big block takes what was held, a transaction is neither here nor at the node.
        """
        async with self._lock:
            count = await self._upstream.request(method, *params)
            if params[1:] != ["pending"]:
                return count
            return hex(int(count, 16) + self._held.count(params[0]))

    async def run(self) -> None:
        """Make blocks until cancelled. A block that is late is made late, never twice.

        A big one is due once its minute is over, even where the small one before it was left out.
        """
        loop = asyncio.get_running_loop()
        start, made, big = loop.time(), 0, 0
        while True:
            made = max(made + 1, int((loop.time() - start) / self._seconds))
            await asyncio.sleep(start + made * self._seconds - loop.time())
            async with self._lock:
                await self._make(SMALL_GAS)
                if made // self._small_in_big > big:
                    big = made // self._small_in_big
                    await self._make_big()

    async def _make(self, gas: int) -> None:
        if self._core is not None:
            await self._core.before()
        if gas != SMALL_GAS:
            await self._upstream.request("evm_setBlockGasLimit", hex(gas))
        try:
            await self._upstream.request("evm_mine")
        finally:
            if gas != SMALL_GAS:
                await self._upstream.request("evm_setBlockGasLimit", hex(SMALL_GAS))
        if self._core is not None:
            await self._core.after(await number_of(self._upstream))

    async def _make_big(self) -> None:
        """Make a big block of what was held; the node judges each transaction only now."""
        await self._upstream.request("evm_setBlockGasLimit", hex(BIG_GAS))
        for signed in self._held.take():
            try:
                await self._upstream.request("eth_sendRawTransaction", signed.raw)
            except NodeRefused as refused:
                self.dropped.append((signed.hash, str(refused)))
        await self._make(BIG_GAS)

    async def _hold(self, method: str, signed: Signed) -> str:
        """Hold a transaction once; the node refuses one that it has already."""
        self._sent(signed.hash)
        async with self._lock:
            known = await self._upstream.request("eth_getTransactionByHash", signed.hash)
            if known is not None:
                answer: str = await self._upstream.request(method, signed.raw)
                return answer
            if signed.raw not in self._held.raw:
                self._held.add(signed)
            return signed.hash

    async def _signed_by_node(self, params: list[Any]) -> tuple[str, list[Any]]:
        """Return a transaction that the node signs; signed, its nonce after those held."""
        fields: dict[str, Any] = params[0]
        sender = str(fields.get("from", ""))
        if sender.lower() not in self._big:
            if "gas" in fields:
                gas = int(str(fields["gas"]), 0)
                require_gas("eth_sendTransaction", gas, SMALL_GAS, SMALL_BLOCK)
            return "eth_sendTransaction", params
        nonce = await self.count("eth_getTransactionCount", [sender, "pending"])
        raw = await self._upstream.request("eth_signTransaction", {"nonce": nonce, **fields})
        return "eth_sendRawTransaction", [raw]


def asked_blocks(method: str, params: list[Any]) -> tuple[int, int | None]:
    """Return how many blocks are asked for, and the time of the first. Raises NodeRefused.

    The parameter of `evm_mine` is a time, or an object with time and count; the others' is a count.
    """
    first = params[0] if params else None
    asked: dict[str, Any] = first if isinstance(first, dict) else {}
    if method != "evm_mine":
        asked = {} if first is None else {"blocks": first}
    elif first is not None and not isinstance(first, dict):
        asked = {"timestamp": first}
    count, timestamp = (
        None if asked.get(key) is None else int(str(asked[key]), 0)
        for key in ("blocks", "timestamp")
    )
    count = 1 if count is None else count
    problem = None
    if not 0 <= count <= MOST_BLOCKS:
        problem = f"{count} blocks were asked for; at most {MOST_BLOCKS} come at once"
    if params[1:]:
        problem = "an interval is not taken here; blocks have the time of the clock"
    if problem is not None:
        raise NodeRefused(method=method, code=BAD_PARAMS, message=problem, data=None)
    return count, timestamp


def unnoted(tx_hash: str) -> None:
    """Let nobody know of a transaction."""
    del tx_hash


def require_gas(method: str, gas: int, limit: int, where: str) -> None:
    """Raise NodeRefused for a transaction that no block of its kind holds. SPEC HE-02."""
    if gas > limit:
        told = f"exceeds block gas limit: {gas} is more than the {limit} of {where}"
        raise refused_input(method, told)


def refused_input(method: str, told: str) -> NodeRefused:
    """Return the refusal of a request that does not fit here."""
    return NodeRefused(method=method, code=INVALID_INPUT, message=told, data=None)


async def number_of(upstream: Upstream) -> int:
    """Return the latest block's number."""
    return int(await upstream.request("eth_blockNumber"), 16)
