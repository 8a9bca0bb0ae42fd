"""One thing that happened: a call that was done, or time that passed; and the venue around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from invariants.look import HOUSE, Holder, Look
from support.venue import BACKSTOP, INSURANCE, MAKER

Verdict = tuple[bool, str]
"""Whether a rule held in one case, and which case that was."""
Verdicts = Iterator[Verdict]

GIVING = {"deposit": 2, "supply": 2, "repay": 2, "spotSend": 0, "sweep": 0}
"""Calls that are about an account that an argument names."""
WITH_THE_HOUSE = {
    *("order", "matchOrders", "sellInventory", "sweepBuffer", "coverDeficitFromInsurance"),
    *("liquidate", "liquidateAsTaker", "liquidateBatch", "liquidateIsolated"),
}
"""Calls in which market maker, backstop or insurance have a part: fills, fees, losses."""
LIQUIDATING = ("liquidate", "liquidateAsTaker", "liquidateBatch", "liquidateIsolated")


@dataclass(frozen=True)
class Step:
    """What happened between two looks."""

    function: str
    """The innermost call of the contract; `warp` where only time passed."""
    args: tuple[Any, ...]
    sender: str
    account: str
    """Who acts: the sender, or whom it acts for."""
    contract: str
    logs: tuple[tuple[str, dict[str, Any]], ...]
    before: Look
    after: Look
    calls: int = 0
    """How many calls there were so far."""
    settled: int = 0
    """How many positions have settled their funding so far."""
    batched: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    """The calls of a batch."""

    @property
    def story(self) -> str:
        """Say what happened."""
        return f"{self.function}{self.args} by {self.sender}"

    @property
    def moves(self) -> bool:
        """Whether it was a call of the venue; the registry and wallets are others."""
        return self.contract == "Venue"

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the arguments of the events of a name."""
        return [values for event, values in self.logs if event == name]

    @property
    def liquidates(self) -> bool:
        """Whether the call was a step of a liquidation."""
        return self.function in LIQUIDATING

    @property
    def willing(self) -> set[str]:
        """Return the accounts that act, by themselves or through whom they trust."""
        found = {self.account}
        if self.function == "matchOrders":
            found |= {side[0].lower() for side in self.args[1:3]}
        return found

    @property
    def named(self) -> set[str]:
        """Return the accounts that the call is about, but for the house."""
        found = self.willing | {self.sender}
        for function, args in self.parts:
            if function in GIVING:
                found.add(args[GIVING[function]].lower())
        if self.function == "liquidateBatch":
            found |= {who.lower() for who in self.args[0]}
        elif self.liquidates:
            found.add(self.args[0].lower())
        return found

    @property
    def parts(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        """Return the call, or the calls of a batch."""
        return self.batched or ((self.function, self.args),)

    def pairs(self) -> Iterator[tuple[Holder, Holder]]:
        """Give every account that was there before, as it was and as it is."""
        for who, before in self.before.holders.items():
            yield before, self.after.holders[who]

    def others(self) -> Iterator[tuple[Holder, Holder]]:
        """Give the accounts that the call is not about."""
        for before, after in self.pairs():
            if before.who not in self.named and not self.deals_with(before.who):
                yield before, after

    def deals_with(self, who: str) -> bool:
        """Return whether an account is of the house, and the call one in which it has a part."""
        return who in HOUSE and any(function in WITH_THE_HOUSE for function, _ in self.parts)

    def with_after(self, **changes: Any) -> Step:
        """Return the step with another outcome."""
        return replace(self, after=replace(self.after, **changes))


__all__ = ["BACKSTOP", "HOUSE", "INSURANCE", "MAKER", "Holder", "Look", "Step", "Verdicts"]
