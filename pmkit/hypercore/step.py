"""What the node's front sends around each EVM block, as JSON-RPC transactions. SPEC HC-10, HC-22.

Pure: logs and answers come in, transactions go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.abi import interface
from pmkit.chain.contracts import Call, call_of
from pmkit.hypercore.addresses import HYPE, HYPE_SYSTEM, HYPER_CORE, SYSTEM, system_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TRANSFER = f"0x{keccak(text='Transfer(address,address,uint256)').hex()}"
RECEIVED = f"0x{keccak(text='Received(address,uint256)').hex()}"

Transaction = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged:
    """A transfer from EVM to Core, as a block's logs show it."""

    token: str
    """The ERC-20, or HYPE's system address for native HYPE."""
    owner: str
    """Who sent it, and whose account is credited."""
    amount: int
    """Units of the ERC-20, 1e-18 HYPE."""


def bridged_of(logs: Iterable[Mapping[str, Any]], erc20s: Mapping[int, str]) -> list[Bridged]:
    """Return the transfers to Core among the logs of a block. SPEC HC-18, HC-19.

    `erc20s` are the ERC-20s by token id. What is transferred within a step of Core is none: pass
    the logs of users' blocks only.
    """
    into = {
        (address.lower(), system_address(token).lower()): to_checksum_address(address)
        for token, address in erc20s.items()
        if token != HYPE
    }
    found = []
    for log in logs:
        topics = [topic.lower() for topic in log["topics"]]
        emitter = log["address"].lower()
        if topics[:1] == [RECEIVED] and emitter == HYPE_SYSTEM and len(topics) == 2:
            token: str | None = to_checksum_address(HYPE_SYSTEM)
        elif topics[:1] == [TRANSFER] and len(topics) == 3:
            token = into.get((emitter, f"0x{topics[2][-40:]}"))
        else:
            token = None
        if token is not None:
            owner, amount = to_checksum_address(f"0x{topics[1][-40:]}"), int(log["data"], 16)
            found.append(Bridged(token=token, owner=owner, amount=amount))
    return found


def step_transaction(bridged: Sequence[Bridged] = ()) -> Transaction:
    """Return the transaction that is one step of Core."""
    rows = [{"token": b.token, "from": b.owner, "amount": b.amount} for b in bridged]
    return core_call("applyBlock", rows).fields(SYSTEM)


def delivery_transactions(deliveries: Sequence[Mapping[str, Any]]) -> list[Transaction]:
    """Return the transactions that make deliveries, and the last that strikes them off.

    Takes what `pendingDeliveries` answers. Each is sent by the token's system address.
    """
    made = [delivery_transaction(delivery) for delivery in deliveries]
    return [*made, core_call("delivered", len(made)).fields(SYSTEM)] if made else []


def delivery_transaction(delivery: Mapping[str, Any]) -> Transaction:
    """Return one delivery: a transfer of the ERC-20, or of native HYPE where there is none."""
    if int(delivery["token"], 16) == 0:
        return {
            "from": delivery["from"],
            "to": delivery["to"],
            "value": hex(delivery["amount"]),
        }
    data = interface("LocalToken").encode("transfer", delivery["to"], delivery["amount"])
    return {"from": delivery["from"], "to": delivery["token"], "data": f"0x{data.hex()}"}


def core_call(function: str, *arguments: object) -> Call:
    """Return a call of HyperCore."""
    return call_of("HyperCore", to_checksum_address(HYPER_CORE), function, *arguments)
