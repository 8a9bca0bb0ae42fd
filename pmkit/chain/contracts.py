"""Calls to the contracts of one deployment, encoded and decoded by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.chain.abi import Event, interface
from pmkit.chain.revert import refusal_of
from pmkit.errors import NodeRefused, UnknownRevert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmkit.chain.rpc import Request, Rpc

LIBRARIES = (
    "MarginEngine",
    "AccountViews",
    "Survey",
    "Batches",
    "ModeChange",
    "Waterfall",
    "Isolated",
    "Trading",
    "Matching",
    "Lending",
    "DebtLeg",
    "LiquidationMoves",
    "Liquidation",
    "LiquidationBatch",
)
"""The venue's external libraries, each linked to those before it."""
EMITTERS = (
    "Venue",
    "CollateralRegistry",
    "LocalToken",
    *LIBRARIES,
    "HyperCore",
    "CoreWriter",
    "HypeSystem",
)
"""Contracts whose events are known; libraries emit theirs at the venue's address."""
Tag = int | str
"""A block: its number, or a word such as "latest"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, ready to be asked or sent."""

    contract: str
    to: str
    function: str
    data: bytes
    inner: Call | None = None
    """The call that it carries for another account, whose answer is then its own."""
    parts: tuple[Call, ...] = ()
    """The calls of a batch, whose answers are then its own."""

    def fields(self, sender: str | None = None) -> dict[str, str]:
        """Return the call as JSON-RPC wants it."""
        call = {"to": self.to, "data": f"0x{self.data.hex()}"}
        return call if sender is None else {"from": sender, **call}

    def request(self, block: Tag, sender: str | None = None) -> Request:
        """Return the question as a request at a block."""
        return "eth_call", [self.fields(sender), tag_text(block)]

    def decode(self, answer: str) -> Any:
        """Return the answer's value. Raises UnknownRevert for an empty answer where one is due."""
        data = bytes.fromhex(answer.removeprefix("0x"))
        entry = interface(self.contract).functions[self.function]
        if not data and entry["outputs"]:
            raise UnknownRevert(data="0x")
        value = interface(self.contract).decode(self.function, data)
        if self.parts:
            return tuple(part.decode(one) for part, one in zip(self.parts, value, strict=True))
        return value if self.inner is None else self.inner.decode(value)


def call_of(contract: str, to: str, function: str, *arguments: object) -> Call:
    """Return a call by names. Raises InputError for an argument that does not fit its type."""
    data = interface(contract).encode(function, *arguments)
    return Call(contract=contract, to=to, function=function, data=data)


def ask(rpc: Rpc, call: Call, block: Tag, sender: str | None = None) -> Any:
    """Return a call's answer at a block.

    Raises the named VenueError of a revert, UnknownRevert, NodeRefused, NodeUnavailable.
    """
    method, params = call.request(block, sender)
    try:
        answer = rpc.request(method, *params)
    except NodeRefused as refused:
        raise refusal_of(refused) from None
    return call.decode(answer)


def ask_each(rpc: Rpc, calls: Sequence[Call], block: Tag) -> list[Any]:
    """Return the answers to many calls at one block; a refused one is its error, in its place."""
    answers = rpc.batch([call.request(block) for call in calls])
    return [
        refusal_of(answer) if isinstance(answer, NodeRefused) else call.decode(answer)
        for call, answer in zip(calls, answers, strict=True)
    ]


def ask_all(rpc: Rpc, calls: Sequence[Call], block: Tag) -> list[Any]:
    """Return the answers to many calls at one block. Raises the error of the first refused one."""
    answers = ask_each(rpc, calls, block)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def events_of(logs: Iterable[Mapping[str, Any]]) -> tuple[Event, ...]:
    """Return the events that the known contracts emitted, in order; foreign logs are left out."""
    found = (
        next((e for name in EMITTERS if (e := interface(name).decode_log(log))), None)
        for log in logs
    )
    return tuple(event for event in found if event is not None)


def tag_text(block: Tag) -> str:
    """Return a block as JSON-RPC names it."""
    return hex(block) if isinstance(block, int) else block
