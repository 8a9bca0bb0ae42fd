"""A thin JSON-RPC server between the fork's node and its upstream, for reading alone. SPEC HE-25.

The node asks for state at the block that it was forked at. Public RPCs of HyperEVM have no state
but the latest: there the relay asks for that, once for each value, so that what the fork has seen
stays as it was. Nothing that would change the upstream passes.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

from aiohttp import web

from pmkit.chain.node import HOST
from pmkit.chain.rpc import shown_url
from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.fork.logs import PagedLogs
from pmkit.fork.patience import Patience
from pmkit.fork.remote import Remote
from pmkit.hyperevm.front import BAD_PARAMS, NO_METHOD, SHUTDOWN_SECONDS, UNAVAILABLE, error_of
from pmkit.hyperevm.upstream import MESSAGE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

START_SECONDS = 30.0
STATE = {
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_getProof": 2,
    "eth_call": 1,
}
"""Methods that are about the state at a block, and the place of that among their parameters."""
KEPT = ("eth_getBalance", "eth_getCode", "eth_getTransactionCount", "eth_getStorageAt")
"""Methods whose answers are kept: the fork is made of them."""
BY_HASH = ("eth_getTransactionReceipt", "eth_getTransactionByHash")
"""Methods that the node passes on while a transaction of the fork's own is in no block yet."""
NO_WORD = f"0x{0:064x}"
READING = ("eth_get", "eth_call", "eth_chainId", "eth_blockNumber", "eth_gasPrice", "net_version")
UNSERVED = ("eth_getAccountInfo", "eth_getAccount")
"""Methods that a node tries first and public RPCs lack; without them it asks for what was kept."""
OTHERS = ("eth_feeHistory", "eth_maxPriorityFeePerGas", "web3_clientVersion", "debug_trace")


class Relay:
    """A running relay; a context manager that ends it, but not the upstream behind it."""

    def __init__(self, url: str, patience: Patience) -> None:
        self.upstream = shown_url(url)
        """The upstream as messages name it. SPEC DP-10."""
        self._upstream_url = url
        self.port = 0
        self._patience = patience
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.lost: NodeUnavailable | None = None
        """Why the upstream last gave no answer at all, which a node tells in words of its own."""
        self._remote: Remote | None = None
        self._logs: PagedLogs | None = None
        self._pinned = 0
        self._latest_only = False
        self._asked_for = False
        self._kept: dict[str, Any] = {}
        self._own: set[str] = set()
        self._cleared: set[str] = set()
        self.quiet = True
        """Whether nobody but the fork's maker asks for transactions, all of which are its own."""
        self._thread = threading.Thread(target=self._run, name="pmkit-relay", daemon=True)

    @classmethod
    def start(cls, url: str, *, patience: Patience) -> Relay:
        """Serve an upstream on loopback, at a free port. Raises NodeUnavailable."""
        relay = cls(url, patience)
        relay._thread.start()
        if not relay._ready.wait(START_SECONDS):
            raise NodeUnavailable(endpoint=relay.upstream, problem="its relay did not come up")
        if relay._failure is not None:
            raise relay._failure
        return relay

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://{HOST}:{self.port}"

    def pin(self, block: int, *, latest_only: bool, asked_for: bool) -> None:
        """Let a block be the fork's; its state is the latest where there is no other.

        Many nodes keep the state of some minutes. Once they no longer have it the latest takes its
        place, unless that block was `asked_for`.
        """
        self._pinned, self._latest_only, self._asked_for = block, latest_only, asked_for

    def clear(self, addresses: Iterable[str]) -> None:
        """Let addresses have no storage: code of the fork's own begins there, whatever was."""
        self._cleared |= {address.lower() for address in addresses}

    def keep(self, method: str, address: str, answer: str) -> None:
        """Let an answer about an address at the fork's block be known."""
        self._kept[key_of(method, [address, hex(self._pinned)])] = answer

    def own(self, tx_hash: str) -> None:
        """Note a transaction of the fork's own, which the upstream need not be asked for."""
        self._own.add(tx_hash.lower())

    def request(self, method: str, *params: Any) -> Any:
        """Ask the upstream as it is. Raises NodeRefused, NodeUnavailable."""
        if self._remote is None:
            raise NodeUnavailable(endpoint=self.upstream, problem="its relay has ended")
        asked = asyncio.run_coroutine_threadsafe(self._remote.request(method, *params), self._loop)
        return asked.result()

    def close(self) -> None:
        """End it, and wait until it has ended."""
        if self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def __enter__(self) -> Relay:
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
            self._loop.run_until_complete(no_more_tasks())
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with Remote(self._upstream_url, self._patience) as remote:
            self._remote, self._logs = remote, PagedLogs(remote.request)
            application = web.Application(client_max_size=MESSAGE_LIMIT)
            application.router.add_post("/{path:.*}", self._handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
            await runner.setup()
            try:
                await web.TCPSite(runner, HOST, 0).start()
                self.port = runner.addresses[0][1]
                self._ready.set()
                await self._stop.wait()
            finally:
                self._remote = None
                await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        message = json.loads(await request.read())
        if isinstance(message, list):
            answer: Any = [await self._answer(one) for one in message]
        else:
            answer = await self._answer(message)
        return web.json_response(answer)

    async def _answer(self, message: Any) -> Any:
        method, params = str(message.get("method")), message.get("params") or []
        known = message.get("id")
        try:
            result = await self._result(method, params)
        except NodeRefused as refused:
            return error_of(known, refused.code, refused.message, refused.data)
        except NodeUnavailable as gone:
            self.lost = gone
            return error_of(known, UNAVAILABLE, f"the fork's upstream: {gone}")
        except (LookupError, TypeError, ValueError, AttributeError) as wrong:
            return error_of(known, BAD_PARAMS, f"{method}: bad parameters ({wrong})")
        return {"jsonrpc": "2.0", "id": known, "result": result}

    async def _result(self, method: str, params: list[Any]) -> Any:
        if self._remote is None or self._logs is None:
            raise NodeUnavailable(endpoint=self.upstream, problem="its relay has ended")
        if (not method.startswith(READING) and method not in OTHERS) or method in UNSERVED:
            told = f"{method} does not go to a fork's upstream, which is only read"
            raise NodeRefused(method=method, code=NO_METHOD, message=told, data=None)
        if method == "eth_getLogs":
            return await self._logs.get(params[0], self._pinned)
        if method in BY_HASH and (self.quiet or str(params[0]).lower() in self._own):
            return None
        if method not in STATE:
            return await self._remote.request(method, *params)
        if method == "eth_getStorageAt" and str(params[0]).lower() in self._cleared:
            return NO_WORD
        key = key_of(method, params)
        if key not in self._kept:
            here = self._at_what_there_is(method, params)
            if method not in KEPT:
                return await self._remote.request(method, *here)
            try:
                self._kept[key] = await self._remote.request(method, *here)
            except NodeRefused:
                if self._asked_for or here != params:
                    raise
                self._latest_only = True
                here = self._at_what_there_is(method, params)
                self._kept[key] = await self._remote.request(method, *here)
        return self._kept[key]

    def _at_what_there_is(self, method: str, params: list[Any]) -> list[Any]:
        """Return parameters with the latest block in place of the fork's, if need be."""
        place = STATE[method]
        if not self._latest_only or len(params) <= place or params[place] != hex(self._pinned):
            return params
        return [*params[:place], "latest", *params[place + 1 :]]


def key_of(method: str, params: list[Any]) -> str:
    """Return what an answer is kept under."""
    return json.dumps([method, params]).lower()


async def no_more_tasks() -> None:
    """End what runs on: whoever was interrupted while asking no longer waits for the answer."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
