"""What became of the actions that CoreWriter took. SPEC HC-11."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from pmkit.chain.contracts import ask
from pmkit.chain.revert import decode_revert
from pmkit.errors import InputError, NotDeployed
from pmkit.hypercore.addresses import HYPER_CORE
from pmkit.hypercore.core_actions import BY_ID, decode_action
from pmkit.hypercore.step import core_call

if TYPE_CHECKING:
    from pmkit.chain.contracts import Tag
    from pmkit.chain.rpc import Rpc
    from pmkit.errors import PmkitError


class Status(IntEnum):
    """How far an action has come."""

    QUEUED = 0
    APPLIED = 1
    FAILED = 2
    NOT_MODELLED = 3
    DROPPED = 4
    RESTING = 5
    CANCELLED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """One action and what became of it."""

    number: int
    """Counted from one; an order's oid."""
    user: str
    action_id: int
    name: str | None
    """None for an id that Core does not have."""
    fields: dict[str, Any] | None
    """None for bytes that are no action."""
    status: Status
    block: int
    """EVM block that asked for it."""
    time: int
    reason: PmkitError | None
    """Why it was not done, in the venue's or Core's own words."""
    data: str
    """As given to CoreWriter, hex text."""


def read_records(
    rpc: Rpc, first: int, limit: int, block: Tag = "latest"
) -> tuple[tuple[ActionRecord, ...], int]:
    """Return records from number `first` on, at most `limit`, and how many there are.

    Raises NotDeployed on a chain without HyperCore's stand-in.
    """
    if not rpc.code(HYPER_CORE):
        raise NotDeployed(
            endpoint=rpc.place, problem="no HyperCore is at its address on this chain"
        )
    page, total = ask(rpc, core_call("actions", first, limit), block)
    return tuple(record_of(row) for row in page), total


def record_of(row: dict[str, Any]) -> ActionRecord:
    """Return a record of what the contract answers."""
    kind = BY_ID.get(row["action_id"])
    try:
        fields = decode_action(bytes.fromhex(row["data"][2:])).fields
    except InputError:
        fields = None
    return ActionRecord(
        number=row["number"],
        user=row["user"],
        action_id=row["action_id"],
        name=None if kind is None else kind.name,
        fields=fields,
        status=Status(row["status"]),
        block=row["block_number"],
        time=row["time"],
        reason=None if row["reason"] == "0x" else decode_revert(row["reason"]),
        data=row["data"],
    )
