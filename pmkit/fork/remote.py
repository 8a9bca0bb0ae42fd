"""The upstream's RPC, asked with patience: it may be slow, limit rates, or be no RPC at all."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp

from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.fork.patience import BUSY, Patience, is_busy
from pmkit.hyperevm.upstream import Upstream


class Remote(Upstream):
    """A node of somebody else's; a context manager that closes its connections. SPEC HE-25."""

    def __init__(self, url: str, patience: Patience) -> None:
        super().__init__(url)
        self._patience = patience

    async def post(self, body: bytes) -> bytes:
        """Return the answer to a message, which is JSON. Raises NodeUnavailable."""
        tried = lost = 0
        while True:
            tried += 1
            try:
                async with self._session.post(self.url, data=body) as response:
                    status, text = response.status, await response.read()
                    asked = response.headers.get("Retry-After")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                lost += 1
                if lost > self._patience.reconnects or isinstance(error, TimeoutError):
                    raise self.unreachable(error) from error
                await asyncio.sleep(self._patience.wait(lost))
                continue
            answer = parsed(text)
            if status not in BUSY and not is_busy(answer):
                break
            if tried >= self._patience.attempts:
                problem = f"answers too many requests, {tried} times in a row"
                raise NodeUnavailable(endpoint=self.place, problem=problem)
            await asyncio.sleep(self._patience.wait(tried, asked))
        if not isinstance(answer, dict | list):
            told = "no JSON-RPC" if status == HTTPStatus.OK else f"HTTP {status}, and no JSON-RPC"
            raise NodeUnavailable(endpoint=self.place, problem=f"answered {told}")
        return text

    async def request(self, method: str, *params: Any) -> Any:
        """Return the result of a request. Raises NodeRefused, NodeUnavailable."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = json.loads(await self.post(json.dumps(message).encode()))
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            code = error.get("code", 0)
            raise NodeRefused(
                method=method,
                code=code if isinstance(code, int) else 0,
                message=str(error.get("message", "")),
                data=error.get("data"),
            )
        if not isinstance(answer, dict) or "result" not in answer:
            raise NodeUnavailable(endpoint=self.place, problem=f"gave no answer to {method}")
        return answer["result"]


def parsed(text: bytes) -> Any:
    """Return what text says, None where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None
