"""What the front adds to a call: the same call to the front and to the node behind it, by turns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.speed.measure import Goal, Measured, quantile, rounded, taken
from pmkit.chain.contracts import call_of
from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.hyperevm.local import HyperEvm

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMES, WARMING = 2_000, 100
GOAL_MS = 1.0


def measure() -> Measured:
    """Measure calls that the front passes through, and one that it looks at itself."""
    with taken() as found, HyperEvm.open() as chain:
        whose = chain.account("trader")
        margin = call_of("Venue", chain.deployment.venue, "marginOf", whose)
        receipt = chain.rpc.request("eth_getBlockByNumber", "latest", False)["transactions"][0]
        calls: dict[str, tuple[str, Sequence[object]]] = {
            "chain_id": ("eth_chainId", ()),
            "margin_of": ("eth_call", (margin.fields(), "latest")),
            "receipt": ("eth_getTransactionReceipt", (receipt,)),
        }
        for name, (method, params) in calls.items():
            direct, through = by_turns(chain.node, chain.front.url, method, params)
            found.figures |= {
                f"{name}_direct_ms": rounded(direct),
                f"{name}_front_ms": rounded(through),
                f"{name}_added_ms": rounded(through - direct),
                f"{name}_ratio": rounded(through / direct),
            }
    found.goals = tuple(Goal(figure=f"{name}_added_ms", at_most=GOAL_MS) for name in calls)
    return found


def by_turns(node: Node, front: str, method: str, params: Sequence[object]) -> tuple[float, float]:
    """Return the median milliseconds of a call to the node, and to the front."""
    ways = (Rpc(node.url), Rpc(front))
    spent: tuple[list[float], list[float]] = ([], [])
    for i in range(WARMING + TIMES):
        for way, times in zip(ways, spent, strict=True):
            began = time.perf_counter()
            answer = way.request(method, *params)
            if i >= WARMING:
                times.append((time.perf_counter() - began) * 1_000)
            assert answer
    for way in ways:
        way.close()
    direct, through = (quantile(times, 0.5) for times in spent)
    return direct, through
