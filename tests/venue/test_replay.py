"""Random calls on the contracts and on the venue in plain integers: no difference, ever.

After every call both sides have the same outcome, the same events in the same order, the same words
in storage and the same answers to every view of the account concerned.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from support.evm import artifact
from venue.cast import MILLION
from venue.conservation import require_conserved
from venue.drive import Sequence
from venue.extremes import EXTREMES
from venue.mirror import Both, MirroredMarket
from venue.wild import Wild
from venue.world import World

from pmkit.chain.contracts import LIBRARIES
from pmkit.venue import Venue
from pmkit.venue.actions import EXTERNALS

OUT_OF_REACH = {
    # Tokens that misbehave are not part of the twin; tests/contracts has them.
    "ReentrancyGuardReentrantCall",
    "TransferMismatch",
    # The twin takes calls by name.
    "UnknownCall",
    # Gas is not part of the twin, nor what keeps the listing as code; tests/contracts has them.
    "StepOutOfGas",
    "ListingNotKept",
    # One accrual's exponent is bounded far below it.
    "ExponentTooLarge",
}
SEEDS = json.loads((Path(__file__).parent / "seeds.json").read_text())
"""`million`: of what sequences the shards of the deep replay begin with. `kept`: those that are
always replayed, with their steps: whatever once differed comes here."""
CONTRACTS = ("CollateralRegistry", "Venue", "LocalToken", *LIBRARIES)


class HastyMarket(MirroredMarket):
    """A market in which the views of an account are asked after some calls only."""

    def both_sides(self) -> Both:
        return Both(self, views_every=8)


@dataclass
class Tally:
    """What came up in some sequences."""

    outcomes: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    user_calls: int = 0
    user_successes: int = 0

    def add(self, both: Both) -> None:
        """Count what came up on both sides."""
        self.outcomes += both.seen
        self.events += both.events
        self.calls += both.steps

    def run(self, seeds: Iterable[int], steps: int, first: bool = False) -> None:
        """Run sequences; the first begins with every scene."""
        for seed in seeds:
            sequence = Sequence(seed)
            with told_by(seed, sequence.both):
                if first:
                    sequence.every_scene()
                    first = False
                for _ in range(steps):
                    sequence.step()
                require_sound_end(sequence.both)
            self.count(sequence)

    def run_many(self, first: int, calls: int) -> int:
        """Run sequences from a seed on until so many calls agreed; return the seed after the last.

        The calls that open the market are not counted. Outcome, events and storage are compared
        after every call, the views of an account after every eighth, all views in the end.
        """
        for seed in count(first):
            if self.calls >= calls:
                return seed
            sequence = Sequence(seed, HastyMarket)
            both = sequence.both
            self.calls -= both.steps
            with told_by(seed, both):
                for _ in range(300):
                    sequence.step()
                both.compare_everything()
                require_conserved(both.twin, both.events["FundingPaid"])
            self.count(sequence)
        raise AssertionError("seeds do not end")

    def count(self, sequence: Sequence) -> None:
        """Count what came up in a sequence."""
        self.add(sequence.both)
        self.user_calls += sequence.user_calls
        self.user_successes += sequence.user_successes

    def names(self, done: bool) -> set[str]:
        """Return the functions that were done, or the errors that came up."""
        pairs = [outcome.split(": ") for outcome in self.outcomes]
        if done:
            return {function for function, how in pairs if how == "done"}
        return {how for _, how in pairs if how != "done"}


@contextmanager
def told_by(seed: int, both: Both) -> Iterator[None]:
    """Name seed and call where something fails."""
    try:
        yield
    except Exception as error:
        error.add_note(f"seed {seed}, call {both.steps}")
        raise


def require_sound_end(both: Both) -> None:
    """Require equal views, nothing lost, and that log and JSON lead to the venue they are of."""
    both.compare_everything()
    require_conserved(both.twin, both.events["FundingPaid"])
    found = both.twin.to_json()
    read = Venue.from_json(json.loads(json.dumps(found)))
    assert read.to_json() == found
    assert read.log == both.twin.log
    again = Venue.replay(both.twin.log)
    assert again.to_json()["tables"] == found["tables"]


def declared(kind: str) -> set[str]:
    """Return the names of the errors or events that the contracts declare."""
    entries = (entry for name in CONTRACTS for entry in artifact(name)["abi"])
    return {entry["name"] for entry in entries if entry["type"] == kind}


@pytest.mark.slow
def test_replay_random_calls_agree_with_the_contracts() -> None:
    """SPEC IN-28."""
    tally = Tally()
    tally.run(range(16), 60, first=True)
    assert tally.calls >= 2_000
    # Agreement says little unless things happen: the generators must keep reaching everything.
    assert tally.user_successes / tally.user_calls > 0.65
    for extreme in EXTREMES:
        world = World(0)
        extreme(world)
        tally.add(world.both)
    assert set(EXTERNALS) - tally.names(done=True) == {"create", "create_erc20"}
    assert declared("error") - tally.names(done=False) == OUT_OF_REACH
    assert declared("event") - set(tally.events) == {"RoleAdminChanged"}


def run_wild(seeds: range, steps: int) -> None:
    """Run sequences with numbers of any size."""
    for seed in seeds:
        wild = Wild(seed)
        with told_by(seed, wild.both):
            for _ in range(steps):
                wild.step()
            wild.both.compare_everything()
            require_conserved(wild.twin, wild.both.events["FundingPaid"])


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "steps"), SEEDS["kept"])
def test_replay_of_kept_seeds_agrees_with_the_contracts(seed: int, steps: int) -> None:
    Tally().run([seed], steps)


@pytest.mark.slow
def test_replay_of_numbers_of_any_size_agrees_with_the_contracts() -> None:
    run_wild(range(4), 60)


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(200_000, 200_200, 50))
def test_replay_of_many_numbers_of_any_size_agrees_with_the_contracts(first: int) -> None:
    run_wild(range(first, first + 50), 120)


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(100_000, 100_400, 50))
def test_replay_many_random_calls_agree_with_the_contracts(first: int) -> None:
    tally = Tally()
    tally.run(range(first, first + 50), 120)
    assert tally.calls >= 12_500
    assert tally.user_successes / tally.user_calls > 0.65


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", SEEDS["million"])
def test_replay_of_a_million_random_calls_agrees_with_the_contracts(first: int) -> None:
    """SPEC IN-28."""
    tally = Tally()
    tally.run_many(first, MILLION // len(SEEDS["million"]))
    assert tally.user_successes / tally.user_calls > 0.55
