"""Blocks as the chain makes them: how far each is from its second.

A transaction goes into each block and an action of CoreWriter into each tenth, so that HyperCore's
steps are among them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.speed.chains import running
from bench.speed.measure import Goal, Measured, quantile, rounded, taken
from pmkit.chain.abi import interface
from pmkit.hypercore.addresses import CORE_WRITER, USDC
from pmkit.hypercore.core_actions import SUPPLY, encode_action
from pmkit.hyperevm.limits import SMALL_GAS, SMALL_SECONDS

if TYPE_CHECKING:
    from pmkit.chain.deployment import Deployment

GOAL_MS = 50.0
SILENT_SECONDS = 60.0
ACTION_EVERY = 10
GAS = hex(500_000)


def measure(count: int) -> Measured:
    """Watch some small blocks come."""
    with taken() as found, running("--blocks", "hyper") as deployment:
        times = asyncio.run(watched(deployment, count))
    drifts = drifts_of(times)
    found.figures |= {
        "blocks": count,
        "drift_mean_ms": rounded(sum(map(abs, drifts)) / len(drifts)),
        "drift_worst_ms": rounded(max(map(abs, drifts))),
        "drift_p99_ms": rounded(quantile([abs(drift) for drift in drifts], 0.99)),
        "drift_at_the_end_ms": rounded(drifts[-1]),
    }
    found.goals = (Goal(figure="drift_mean_ms", at_most=GOAL_MS),)
    return found


def drifts_of(times: list[float]) -> list[float]:
    """Return by how many milliseconds each block is off its second, counted from the first one.

    >>> drifts_of([10.0, 11.25, 12.0])
    [250.0, 0.0]
    """
    first = times[0]
    return [(at - first - i * SMALL_SECONDS) * 1_000 for i, at in enumerate(times[1:], start=1)]


async def watched(deployment: Deployment, count: int) -> list[float]:
    """Return when small blocks came: a first one, and as many more as are asked for."""
    times: list[float] = []
    numbers = itertools.count(2)
    sender = dict(deployment.accounts)["trader"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(str(deployment.rpc_url)) as socket,
    ):
        await socket.send_str(message(1, "eth_subscribe", "newHeads"))
        while len(times) <= count:
            told = json.loads(await socket.receive_str(timeout=SILENT_SECONDS))
            at = time.monotonic()
            if "error" in told:
                raise AssertionError(f"the chain refused: {told['error']}")
            head = told.get("params", {}).get("result")
            # Steps of HyperCore and big blocks come beside the small ones.
            if head is None or int(head["gasLimit"], 16) != SMALL_GAS:
                continue
            times.append(at)
            asks = len(times) % ACTION_EVERY == 0
            sent = core_action(sender) if asks else {"from": sender, "to": sender, "gas": GAS}
            await socket.send_str(message(next(numbers), "eth_sendTransaction", sent))
    return times


def core_action(sender: str) -> dict[str, Any]:
    """Return a transaction that asks HyperCore for something."""
    action = encode_action("borrow_lend", operation=SUPPLY, token=USDC, wei=0)
    data = interface("CoreWriter").encode("sendRawAction", action)
    return {"from": sender, "to": CORE_WRITER, "data": f"0x{data.hex()}", "gas": GAS}


def message(number: int, method: str, *params: object) -> str:
    """Return a JSON-RPC request."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
