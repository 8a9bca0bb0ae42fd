"""The node behind the front: JSON-RPC over HTTP, without blocking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from pmkit.chain.rpc import public_url, shown_url
from pmkit.errors import NodeRefused, NodeUnavailable

if TYPE_CHECKING:
    from types import TracebackType

JSON = {"Content-Type": "application/json"}
TIMEOUT = aiohttp.ClientTimeout(total=120)
"""Longer than a client waits: a node that is busy is not gone."""
MESSAGE_LIMIT = 256 * 2**20
"""Bytes of one message; states are large."""


class Upstream:
    """A node, by its URL; a context manager that closes its connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.place = shown_url(url)
        """The URL as messages have it. SPEC DP-10."""
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers=JSON)

    async def post(self, body: bytes) -> bytes:
        """Return the answer to a message as it is. Raises NodeUnavailable."""
        try:
            async with self._session.post(self.url, data=body) as response:
                return await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self.unreachable(error) from error

    async def request(self, method: str, *params: Any) -> Any:
        """Return the result of a request. Raises NodeRefused, NodeUnavailable."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = json.loads(await self.post(json.dumps(message).encode()))
        if "error" in answer:
            error = answer["error"]
            raise NodeRefused(
                method=method,
                code=int(error.get("code", 0)),
                message=str(error.get("message", "")),
                data=error.get("data"),
            )
        return answer["result"]

    async def socket(self) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket to the node. Raises NodeUnavailable."""
        try:
            return await self._session.ws_connect(
                self.url.replace("http", "ws", 1), max_msg_size=MESSAGE_LIMIT
            )
        except (aiohttp.ClientError, OSError) as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: Exception) -> NodeUnavailable:
        """Return what a failed exchange is told as."""
        # A client's own words may repeat the URL, and so what is secret in it.
        said = str(error) if public_url(self.url) else getattr(error, "strerror", None)
        told = f"{type(error).__name__}: {said}" if said else type(error).__name__
        return NodeUnavailable(endpoint=self.place, problem=f"cannot be reached ({told})")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()
