"""`eth_getLogs` over more blocks than the upstream takes at once: in halves. SPEC HE-25."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.errors import NodeRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST_CALLS = 2_000
"""Requests for one question; more would take longer than anybody waits."""
TOO_MANY = -32_005


class PagedLogs:
    """Asks for logs page by page, and remembers how many blocks a page may have."""

    def __init__(self, request: Callable[..., Awaitable[Any]]) -> None:
        self._request = request
        self._span: int | None = None
        """The most blocks that were taken after more were refused.

        A query that is refused whatever its blocks says nothing of it, and leaves it as it was.
        """

    async def get(self, query: dict[str, Any], latest: int) -> list[Any]:
        """Return the logs of a query; `latest` stands for a tag. Raises NodeRefused."""
        if "blockHash" in query:
            found: list[Any] = await self._request("eth_getLogs", query)
            return found
        first = number_of(query.get("fromBlock", "latest"), latest)
        last = min(number_of(query.get("toBlock", "latest"), latest), latest)
        waiting, logs, calls = [(first, last)] if first <= last else [], [], 0
        most = known = self._span
        while waiting:
            start, end = waiting.pop()
            if most is not None and end - start >= most:
                waiting.append((start + most, end))
                end = start + most - 1
            calls += 1
            if calls > MOST_CALLS:
                told = f"more than {MOST_CALLS} pages of logs from block {first} to {last}"
                raise NodeRefused(method="eth_getLogs", code=TOO_MANY, message=told, data=None)
            asked = {**query, "fromBlock": hex(start), "toBlock": hex(end)}
            try:
                logs += await self._request("eth_getLogs", asked)
            except NodeRefused:
                if start == end:
                    raise
                middle = (start + end) // 2
                waiting += [(middle + 1, end), (start, middle)]
                # The page that is asked for next: that nothing was raised says that it was taken.
                most = middle - start + 1
        if most != known:
            self._span = most
        return logs


def number_of(tag: Any, latest: int) -> int:
    """Return the number of a block that a query names. Raises ValueError."""
    if tag == "earliest":
        return 0
    if tag in ("latest", "pending", "safe", "finalized"):
        return latest
    return int(str(tag), 16)
