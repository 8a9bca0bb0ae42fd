"""What became of a transaction, and what is offered for one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pmkit.errors import NodeRefused, ReceiptTimeout

if TYPE_CHECKING:
    from pmkit.chain.rpc import Rpc

FIRST_WAIT, LONGEST_WAIT = 0.001, 0.25
"""Seconds between two questions for a receipt: doubled from the first to the longest."""
LEAST_TIP = 1
"""Wei per gas offered where the chain does not say what it wants."""


def receipt_of(rpc: Rpc, tx_hash: str) -> dict[str, Any] | None:
    """Return the receipt of a transaction, None while it is in no block."""
    found: dict[str, Any] | None = rpc.request("eth_getTransactionReceipt", tx_hash)
    return found if found is not None and found.get("blockNumber") else None


def wait_for_receipt(
    rpc: Rpc, tx_hash: str, seconds: float, longest: float = LONGEST_WAIT
) -> dict[str, Any]:
    """Return the receipt of a transaction, asked for after `longest` seconds at the latest.

    Raises ReceiptTimeout, NodeUnavailable.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_WAIT
    while True:
        found = receipt_of(rpc, tx_hash)
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise ReceiptTimeout(tx_hash=tx_hash, seconds=int(seconds))
        time.sleep(pause)
        pause = min(2 * pause, longest)


def succeeded(result: dict[str, Any]) -> bool:
    """Return whether a mined or simulated call went through."""
    return int(result["status"], 16) == 1


def fees(block: dict[str, Any], tip: Any, least: int = 0) -> dict[str, int]:
    """Return what a transaction offers, from the latest block and the node's word on the tip.

    `least` is a base fee to count with where the next block is of another kind.
    """
    offered = LEAST_TIP if isinstance(tip, NodeRefused) else int(tip, 16)
    base_fee = max(int(block.get("baseFeePerGas", "0x0"), 16), least)
    return {"maxFeePerGas": 2 * base_fee + offered, "maxPriorityFeePerGas": offered}
