"""Random calls on the contracts and on the venue in plain integers: no difference, ever.

After every call both sides have the same outcome, the same events in the same order, the same words
in storage and the same answers to every view of the account concerned.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import pytest
from support.evm import artifact
from venue.drive import Sequence
from venue.mirror import Both

from pmkit.venue import Venue
from pmkit.venue.actions import EXTERNALS

OUT_OF_REACH = {
    # Tokens that misbehave are not part of the twin; tests/contracts has them.
    "ReentrancyGuardReentrantCall",
    "SafeERC20FailedOperation",
    "TransferMismatch",
}
CONTRACTS = (
    *("CollateralRegistry", "Venue", "MarginEngine", "Trading", "Liquidation", "LocalToken"),
)


@dataclass
class Tally:
    """What came up in some sequences."""

    outcomes: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    user_calls: int = 0
    user_successes: int = 0

    def add(self, sequence: Sequence) -> None:
        """Count a sequence."""
        self.outcomes += sequence.both.seen
        self.events += sequence.both.events
        self.calls += sequence.both.steps
        self.user_calls += sequence.user_calls
        self.user_successes += sequence.user_successes

    @property
    def refusals(self) -> set[str]:
        """Names of all errors that came up."""
        return {outcome.split(": ")[1] for outcome in self.outcomes} - {"done"}


def run(seeds: range, steps: int, tally: Tally, first: bool = False) -> None:
    """Run sequences, and let each end as a log and as JSON that lead to the same venue."""
    for seed in seeds:
        sequence = None
        try:
            sequence = Sequence(seed)
            if first and seed == seeds[0]:
                sequence.every_scene()
            for _ in range(steps):
                sequence.step()
            sequence.both.compare_everything()
            require_same_again(sequence.both)
        except Exception as error:
            call = 0 if sequence is None else sequence.both.steps
            error.add_note(f"seed {seed}, call {call}")
            raise
        tally.add(sequence)


def require_same_again(both: Both) -> None:
    """Require that the log, and the JSON, lead to the venue that they are of."""
    found = both.twin.to_json()
    read = Venue.from_json(json.loads(json.dumps(found)))
    assert read.to_json() == found
    assert read.log == both.twin.log
    again = Venue.replay(both.twin.log)
    again.now = both.twin.now
    assert again.to_json()["tables"] == found["tables"]


def declared(kind: str) -> set[str]:
    """Return the names of the errors or events that the contracts declare."""
    entries = (entry for name in CONTRACTS for entry in artifact(name)["abi"])
    return {entry["name"] for entry in entries if entry["type"] == kind}


@pytest.mark.slow
def test_replay_random_calls_agree_with_the_contracts() -> None:
    tally = Tally()
    run(range(16), 75, tally, first=True)
    assert tally.calls >= 2_000
    # Agreement says little unless things happen: the generators must keep reaching everything.
    assert tally.user_successes / tally.user_calls > 0.65
    done = {outcome.removesuffix(": done") for outcome in tally.outcomes if ": done" in outcome}
    assert set(EXTERNALS) - done == {"create", "create_erc20"}
    assert declared("error") - tally.refusals == OUT_OF_REACH | {"ListingFull"}
    assert declared("event") - set(tally.events) == {"RoleAdminChanged"}


@pytest.mark.slow
def test_replay_of_listings_agrees_until_the_registry_is_full() -> None:
    sequence = Sequence(0)
    sequence.crowd()
    assert {k for k in sequence.both.seen if "ListingFull" in k} == {
        "list_token: ListingFull",
        "list_dex: ListingFull",
        "list_perp: ListingFull",
    }


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(100_000, 100_400, 50))
def test_replay_many_random_calls_agree_with_the_contracts(first: int) -> None:
    tally = Tally()
    run(range(first, first + 50), 120, tally)
    assert tally.calls >= 12_500
    assert tally.user_successes / tally.user_calls > 0.65
