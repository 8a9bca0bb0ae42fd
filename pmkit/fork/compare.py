"""What a fork answers otherwise than its upstream did, named read by read. SPEC HE-27."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pmkit.fork.core_state import CoreAccount, CoreMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure that the fork answers otherwise."""

    where: str
    """The account, or "market"."""
    read: str
    """The precompile's name."""
    id: int
    """Token, asset, pair or dex."""
    field: str
    upstream: int | None
    """None where the precompile failed."""
    fork: int | None

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.read}({self.id}).{self.field} is {self.fork} on the fork and"
            f" {self.upstream} upstream"
        )


def account_differences(upstream: CoreAccount, fork: CoreAccount) -> list[Difference]:
    """Return where two reads of an account differ."""
    found = []
    for (name, id_), theirs in upstream.answers.items():
        ours = fork.answers.get((name, id_))
        if nothing(theirs) and nothing(ours):
            continue
        found += differences(upstream.address, name, id_, theirs, ours)
    return found


def market_differences(upstream: CoreMarket, fork: CoreMarket) -> list[Difference]:
    """Return where two reads of the market differ."""
    found = []
    for name, theirs, ours in (
        ("mark_px", upstream.marks, fork.marks),
        ("oracle_px", upstream.oracles, fork.oracles),
        ("spot_px", upstream.spots, fork.spots),
    ):
        for id_ in sorted({*theirs, *ours}):
            if theirs.get(id_) != ours.get(id_):
                found += differences(
                    "market", name, id_, {"px": theirs.get(id_)}, {"px": ours.get(id_)}
                )
    for token, row in upstream.reserves.items():
        name = "borrow_lend_reserve_state"
        found += differences("market", name, token, row, fork.reserves.get(token))
    return found


def differences(
    where: str, read: str, id_: int, theirs: dict[str, Any] | None, ours: dict[str, Any] | None
) -> list[Difference]:
    """Return the fields that differ, all of them where one side failed."""
    found = []
    for field in theirs or ours or {}:
        pair = [None if side is None else side[field] for side in (theirs, ours)]
        if pair[0] != pair[1]:
            found.append(
                Difference(
                    where=where, read=read, id=id_, field=field, upstream=pair[0], fork=pair[1]
                )
            )
    return found


def nothing(answer: dict[str, Any] | None) -> bool:
    """Return whether an answer is a failure or all zeros: 0x811 ends in one or the other."""
    return answer is None or not any(answer.values())
