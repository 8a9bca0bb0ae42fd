"""Many reads of HyperCore's precompiles in one `eth_call`, and so of one state. SPEC HE-21.

The call carries the code of `CoreProbe` and no address: nothing need be deployed, no state
overridden, and no block pinned by a node that knows none but the latest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.errors import InputError, NodeRefused, NodeUnavailable
from pmkit.hypercore.precompiles import decode_output, precompile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOBODY = "0x0000000000000000000000000000000000000000"
GAS = hex(30_000_000)
"""Gas of one call: what nodes allow, and half a second of theirs."""
STIPEND = 600_000
"""Gas of one read: enough for pmkit's own stand-ins, which walk accounts."""
SCAN_STIPEND = 300_000
"""Gas of a read that may be of nothing, and then burns all of it."""
ROUNDS = 8
"""Attempts to read everything of one account before the upstream's next block."""
ANSWER = ["uint256", "uint256", "bytes", "uint256", "(uint32,uint32,bool,bytes)[]"]
MOST_IDS = 1_000
"""Ids of one call: code to create may have 49,152 bytes, and each id takes 32."""
ALL_WORDS = 99
WORD = 32


class Shape(IntEnum):
    """How a read's argument is made of the account and an id. Twin of `CoreProbe.Shape`."""

    ACCOUNT_AND_ID = 0
    ID_AND_ACCOUNT = 1
    ACCOUNT = 2
    ID = 3
    NOTHING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One precompile, asked for each of some ids."""

    name: str
    shape: Shape
    ids: tuple[int, ...] = (0,)
    held_words: int = 0
    """Leave out failures, and answers whose first so many words are zero."""

    def encoded(self) -> dict[str, Any]:
        """Return it as the probe takes it."""
        return {
            "precompile": precompile(self.name).address,
            "shape": int(self.shape),
            "ids": list(self.ids),
            "heldWords": self.held_words,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something was read."""

    block: int
    time: int
    l1_block: int


Answers = dict[tuple[str, int], dict[str, Any] | None]
"""By precompile and id: the answer by field name, None where the precompile failed."""


class Probe:
    """Reads one chain's HyperCore, at one tag."""

    def __init__(self, request: Callable[..., Any], place: str, tag: str) -> None:
        self._request = request
        self._place = place
        """The chain as messages name it."""
        self._tag = tag
        self._gas: str | None = GAS
        """What a call asks for; None leaves that to the node, which may allow less."""

    def moment(self) -> Moment:
        """Return what the chain's clock says. Raises InputError on a chain without HyperCore."""
        block, time, l1_block, _, _ = self._call(NOBODY, (), 0, STIPEND)
        return self._moment(block, time, l1_block)

    def read(
        self, asks: Sequence[Ask], account: str = NOBODY, stipend: int = STIPEND
    ) -> tuple[Moment, Answers]:
        """Return all answers, of one state.

        Raises InputError on a chain without HyperCore, NodeUnavailable where blocks come faster
        than the answers.
        """
        groups = grouped(asks)
        for _ in range(ROUNDS):
            found: Answers = {}
            moments = {self._group(group, account, stipend, found) for group in groups}
            if len(moments) == 1 and None not in moments:
                return next(moment for moment in moments if moment is not None), found
        total = sum(len(ask.ids) for ask in asks)
        problem = f"makes blocks faster than {total} reads of one account are answered"
        raise NodeUnavailable(endpoint=self._place, problem=problem)

    def _group(
        self, asks: Sequence[Ask], account: str, stipend: int, found: Answers
    ) -> Moment | None:
        """Find the answers to what fits one call's code; None where blocks came in between."""
        total = sum(len(ask.ids) for ask in asks)
        first: Moment | None = None
        done = 0
        while True:
            block, time, l1_block, now_done, rows = self._call(account, asks, done, stipend)
            moment = self._moment(block, time, l1_block)
            if first is not None and moment != first:
                return None
            first = moment
            for ask, place, ok, data in rows:
                name = asks[ask].name
                found[name, asks[ask].ids[place]] = self._decoded(name, data) if ok else None
            if now_done >= total:
                return moment
            if now_done == done:
                problem = f"gives eth_call less gas than a read of {total} takes"
                raise NodeUnavailable(endpoint=self._place, problem=problem)
            done = now_done

    def _call(self, account: str, asks: Sequence[Ask], start: int, stipend: int) -> tuple[Any, ...]:
        rows = [ask.encoded() for ask in asks]
        arguments = interface("CoreProbe").encode_constructor(account, rows, start, stipend)
        code = load_artifact("CoreProbe").linked({}) + arguments
        call = {"data": f"0x{code.hex()}"}
        try:
            asked = call if self._gas is None else {**call, "gas": self._gas}
            answer = self._request("eth_call", asked, self._tag)
        except NodeRefused as refused:
            if self._gas is None or "gas" not in refused.message:
                raise
            self._gas = None
            answer = self._request("eth_call", call, self._tag)
        try:
            return decode(ANSWER, bytes.fromhex(str(answer).removeprefix("0x")))
        except (DecodingError, ValueError) as error:
            problem = "answers eth_call of creation code with something else"
            raise NodeUnavailable(endpoint=self._place, problem=problem) from error

    def _moment(self, block: int, time: int, l1_block: bytes) -> Moment:
        if len(l1_block) != WORD:
            problem = (
                "has no HyperCore: its precompile 0x809 answers nothing, so this is the RPC of some"
                " other EVM chain"
            )
            raise InputError(place=self._place, problem=problem)
        return Moment(block=block, time=time, l1_block=int.from_bytes(l1_block))

    def _decoded(self, name: str, data: bytes) -> dict[str, Any] | None:
        try:
            return decode_output(name, data)
        except InputError as error:
            problem = f"answers {name} otherwise than HyperEVM does ({error.problem})"
            raise InputError(place=self._place, problem=problem) from error


def grouped(asks: Sequence[Ask]) -> list[list[Ask]]:
    """Return asks in groups whose code a node takes (EIP-3860).

    >>> ask = Ask(name="spot_px", shape=Shape.ID, ids=tuple(range(1_500)))
    >>> [[len(part.ids) for part in group] for group in grouped([ask, ask])]
    [[1000], [500, 500], [1000]]
    """
    groups: list[list[Ask]] = [[]]
    room = MOST_IDS
    for ask in asks:
        ids = ask.ids
        while ids:
            if room == 0:
                groups.append([])
                room = MOST_IDS
            part, ids = ids[:room], ids[room:]
            groups[-1].append(replace(ask, ids=part))
            room -= len(part)
    return groups
