"""The JSON-RPC front: a thin server before a node, over HTTP and websocket.

Messages that concern blocks are answered here; all others are passed through as they are, byte by
byte. It runs in a thread of its own, so that it serves whoever started it too.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from pmkit.chain.node import HOST, refuse_taken, taken_port
from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.hyperevm.blocks import Blocks, Core, HyperBlocks, InstantBlocks
from pmkit.hyperevm.limits import SMALL_SECONDS
from pmkit.hyperevm.upstream import MESSAGE_LIMIT, Upstream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    import aiohttp

START_SECONDS = 30.0
SHUTDOWN_SECONDS = 0.5
"""What requests have that are being answered when it is ended."""
SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")
MINING = ("evm_mine", "anvil_mine", "hardhat_mine")
REWINDING = ("evm_revert", "anvil_revert")
AUTOMINING = (
    "evm_setAutomine",
    "anvil_setAutomine",
    "evm_setIntervalMining",
    "anvil_setIntervalMining",
)
ADVANCING = ("evm_increaseTime", "anvil_increaseTime")
RECEIPTS = ("eth_getTransactionReceipt", "eth_getBlockReceipts")
NO_METHOD = -32_601
BAD_PARAMS = -32_602
UNAVAILABLE = -32_603

Message = dict[str, Any]
Maker = InstantBlocks | HyperBlocks


class Front:
    """A running front; a context manager that ends it, but not the node behind it."""

    def __init__(self, node_url: str, make: Callable[[Upstream], Maker]) -> None:
        self._node_url = node_url
        self._make = make
        self._maker: Maker | None = None
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pmkit-front", daemon=True)
        self.port = 0

    @classmethod
    def start(
        cls,
        node_url: str,
        *,
        port: int = 0,
        blocks: Blocks = Blocks.INSTANT,
        core: Callable[[Upstream], Core] | None = None,
        seconds: float = SMALL_SECONDS,
        big: Sequence[str] = (),
        held: Sequence[str] = (),
        sent: Callable[[str], None] | None = None,
    ) -> Front:
        """Serve a node on loopback; port 0 takes a free one.

        `core` makes HyperCore's side, which plain chains lack; `seconds` is the time between two
        small blocks; `big` are accounts that use big ones, `held` raw transactions that wait;
        `sent` is told the hash of each that is taken.
        Raises NodeUnavailable.
        """

        def make(upstream: Upstream) -> Maker:
            side = None if core is None else core(upstream)
            if blocks is Blocks.INSTANT:
                return InstantBlocks(upstream, side, sent=sent)
            return HyperBlocks(upstream, side, seconds=seconds, big=big, held=held, sent=sent)

        if port != 0:
            refuse_taken(port)
        front = cls(node_url, make)
        front.port = port
        front._thread.start()
        if not front._ready.wait(START_SECONDS):
            raise NodeUnavailable(endpoint=node_url, problem="its front did not come up")
        if front._failure is not None:
            raise front._failure
        return front

    @property
    def url(self) -> str:
        """Return where it listens; a websocket is at the same place."""
        return f"http://{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def require_running(self) -> None:
        """Raise NodeUnavailable, with the reason, if it no longer serves."""
        if not self.running:
            problem = f"the front ended: {self._failure}"
            raise NodeUnavailable(endpoint=self.url, problem=problem)

    def waiting(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the accounts that use big blocks, and the raw transactions that wait for one."""
        maker = self._maker
        if not isinstance(maker, HyperBlocks):
            return (), ()

        async def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
            return maker.waiting()

        return asyncio.run_coroutine_threadsafe(look(), self._loop).result(START_SECONDS)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        if self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def __enter__(self) -> Front:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with Upstream(self._node_url) as upstream:
            maker = self._maker = self._make(upstream)
            await maker.prepare()
            application = web.Application(client_max_size=MESSAGE_LIMIT)
            handler = Handler(upstream, maker)
            application.router.add_route("*", "/{path:.*}", handler.handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
            await runner.setup()
            making = asyncio.create_task(maker.run())
            try:
                site = web.TCPSite(runner, HOST, self.port)
                try:
                    await site.start()
                except OSError as error:
                    raise taken_port(self.port, error) from error
                self.port = runner.addresses[0][1]
                self._ready.set()
                stopping = asyncio.create_task(self._stop.wait())
                waited = {stopping} if maker.kind is Blocks.INSTANT else {stopping, making}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if making.done() and maker.kind is Blocks.HYPER:
                    making.result()
            finally:
                making.cancel()
                await runner.cleanup()


class Handler:
    """What the front answers, and what it passes through."""

    def __init__(self, upstream: Upstream, maker: Maker) -> None:
        self._upstream = upstream
        self._maker = maker
        self._methods: dict[str, Callable[[str, list[Any]], Awaitable[Any]]] = {
            **dict.fromkeys(SENDING, maker.send),
            **dict.fromkeys(MINING, maker.mine),
            **dict.fromkeys(REWINDING, maker.rewind),
            **dict.fromkeys(AUTOMINING, maker.set_automine),
            **dict.fromkeys(ADVANCING, maker.advance),
            **dict.fromkeys(RECEIPTS, self._after_settling),
            "eth_getTransactionCount": maker.count,
            "eth_usingBigBlocks": self._using_big_blocks,
            "eth_bigBlockGasPrice": self._big_block_gas_price,
            "pmkit_useBigBlocks": self._use_big_blocks,
            "pmkit_blocks": self._blocks,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request, or all messages of one websocket."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._talk(request)
        body = await request.read()
        return web.Response(body=await self.answer(body), content_type="application/json")

    async def answer(self, body: bytes) -> bytes:
        """Return the answer to a message or a batch."""
        try:
            message = json.loads(body)
        except ValueError:
            message = None
        if isinstance(message, dict) and message.get("method") in self._methods:
            return json.dumps(await self._own(message)).encode()
        if isinstance(message, list) and any(self._is_own(each) for each in message):
            # One after another: what comes later in a batch may rest on what came before.
            answers = [await self._one_of_batch(each) for each in message]
            return json.dumps(answers).encode()
        try:
            return await self._upstream.post(body)
        except NodeUnavailable as gone:
            known = message.get("id") if isinstance(message, dict) else None
            return json.dumps(error_of(known, UNAVAILABLE, str(gone))).encode()

    def _is_own(self, message: Any) -> bool:
        return isinstance(message, dict) and message.get("method") in self._methods

    async def _one_of_batch(self, message: Any) -> Any:
        if self._is_own(message):
            return await self._own(message)
        return json.loads(await self.answer(json.dumps(message).encode()))

    async def _own(self, message: Message) -> Message:
        method, params = message["method"], message.get("params") or []
        known = message.get("id")
        if not isinstance(params, list):
            return error_of(known, BAD_PARAMS, f"{method}: params must be a list")
        try:
            result = await self._methods[method](method, params)
        except NodeRefused as refused:
            return error_of(known, refused.code, refused.message, refused.data)
        except NodeUnavailable as gone:
            return error_of(known, UNAVAILABLE, str(gone))
        except (LookupError, TypeError, ValueError, AttributeError) as wrong:
            return error_of(known, BAD_PARAMS, f"{method}: bad parameters ({wrong})")
        return {"jsonrpc": "2.0", "id": known, "result": result}

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        """Pass a websocket's messages both ways, but for those that are answered here."""
        client = web.WebSocketResponse(max_msg_size=MESSAGE_LIMIT)
        await client.prepare(request)
        node = await self._upstream.socket()
        downward = asyncio.create_task(pass_down(node, client))
        try:
            async for message in client:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                text = message.data if isinstance(message.data, str) else message.data.decode()
                try:
                    parsed = json.loads(text)
                except ValueError:
                    parsed = None
                each = parsed if isinstance(parsed, list) else [parsed]
                if any(self._is_own(one) for one in each):
                    await client.send_str((await self.answer(text.encode())).decode())
                else:
                    await node.send_str(text)
        finally:
            downward.cancel()
            await node.close()
        return client

    async def _after_settling(self, method: str, params: list[Any]) -> Any:
        # In this order: what is told by now is settled then, and what comes meanwhile is not told.
        answer = await self._upstream.request(method, *params)
        await self._maker.settled()
        return answer

    async def _using_big_blocks(self, method: str, params: list[Any]) -> bool:
        return self._hyper(method).uses_big_blocks(params[0])

    async def _use_big_blocks(self, method: str, params: list[Any]) -> bool:
        account, use = params
        self._hyper(method).use_big_blocks(account, bool(use))
        return True

    async def _big_block_gas_price(self, method: str, params: list[Any]) -> Any:
        self._hyper(method)
        return await self._upstream.request("eth_gasPrice", *params)

    async def _blocks(self, method: str, params: list[Any]) -> Any:
        del method, params
        dropped = self._maker.dropped if isinstance(self._maker, HyperBlocks) else []
        return {"kind": self._maker.kind.value, "dropped": dropped}

    def _hyper(self, method: str) -> HyperBlocks:
        if isinstance(self._maker, HyperBlocks):
            return self._maker
        raise NodeRefused(
            method=method,
            code=NO_METHOD,
            message="there are no big blocks here: each transaction has its own; --blocks hyper",
            data=None,
        )


async def pass_down(node: aiohttp.ClientWebSocketResponse, client: web.WebSocketResponse) -> None:
    """Pass what a node says to its client, until one of both goes."""
    async for message in node:
        if message.type is WSMsgType.TEXT:
            await client.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await client.send_bytes(message.data)
    await client.close()


def error_of(known: Any, code: int, message: str, data: Any = None) -> Message:
    """Return a JSON-RPC error."""
    error: Message = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": known, "error": error}
