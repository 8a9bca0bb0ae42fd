"""Random walks over the contracts: after every call each rule judges what the call did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from invariants import accounts, liquidation, money, trials
from invariants.look import Holder, Look, Observer
from invariants.step import Step, Verdicts
from invariants.trials import Trial
from support.evm import Reverted
from support.twins import snake_case
from venue.drive import Sequence
from venue.extremes import (
    empty_the_reserve,
    lose_a_little,
    lose_a_long,
    lose_an_isolated_short,
    lose_one_of_two_margins,
    lower_a_cap,
    spread_a_deficit,
)
from venue.mirror import Both, Mirror, MirroredMarket
from venue.world import World

RULES: tuple[Callable[[Step], Verdicts], ...] = (
    money.conserved,
    money.totals_are_sums,
    money.roundings_favour_the_pool,
    money.pools_are_solvent,
    money.fills_have_two_sides,
    money.marks_are_kept,
    money.indexes_never_fall,
    money.debtors_pay_all_interest,
    money.deficits_are_announced,
    money.caps_are_never_worsened,
    accounts.own_calls_leave_nobody_liquidatable,
    accounts.who_borrows_stays_healthy,
    accounts.nobody_makes_others_liquidatable,
    accounts.others_keep_what_they_have,
    accounts.others_keep_their_ratio,
    accounts.nobody_takes_from_others,
    accounts.debt_has_something_behind_it,
    liquidation.only_the_liquidatable_are_liquidated,
    liquidation.partial_steps_improve,
    liquidation.perp_steps_improve,
    liquidation.full_band_leaves_no_debt,
    liquidation.losses_fall_in_order,
)
"""What is judged after every step."""
TRIALS: tuple[Callable[[Trial], Verdicts], ...] = (
    trials.round_trips_never_profit,
    trials.round_trips_never_profit,
    trials.repaying_and_leaving_stay_open,
    trials.sweeping_twice_is_sweeping_once,
    trials.liquidation_comes_to_an_end,
)
"""What is tried now and then, and how often."""
EXTREMES = (
    lower_a_cap,
    lose_a_long,
    lose_a_little,
    lose_an_isolated_short,
    spread_a_deficit,
    empty_the_reserve,
    lose_one_of_two_margins,
)
MOST_TOLD = 5


def accruing_first_changes_nothing(alone: Look, accrued: Look) -> Verdicts:
    """Accruing, then acting, is acting. SPEC IN-23."""
    for who, holder in alone.holders.items():
        yield holder == accrued.holders.get(who), f"{who} depends on who accrued first"
    for token, reserve in alone.reserves.items():
        yield reserve == accrued.reserves[token], f"reserve {token} depends on who accrued first"
    yield alone.holdings == accrued.holdings, "what the venue holds depends on who accrued first"


@dataclass
class Findings:
    """How often each rule was judged, what broke it, and where the walks went."""

    judged: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)
    reached: Counter[str] = field(default_factory=Counter)

    def judge(self, rule: Callable[..., Verdicts], verdicts: Verdicts, story: str) -> None:
        """Note what a rule says."""
        name = rule.__name__
        for holds, case in verdicts:
            self.judged[name] += 1
            told = self.broken.setdefault(name, [])
            if not holds and len(told) < MOST_TOLD:
                told.append(f"{story}: {case}")

    def require(self, rule: Callable[..., Verdicts], at_least: int) -> None:
        """Require that a rule was judged so often at least, and always held."""
        name = rule.__name__
        assert not self.broken.get(name), "\n".join([f"{rule.__doc__}", *self.broken[name]])
        assert self.judged[name] >= at_least, f"{name} was judged {self.judged[name]} times"


class Watched(Both):
    """Both sides without comparison: the twin says what can be done, the rules judge the contracts.

    Nothing is judged before `watch`.
    """

    findings: Findings | None = None
    world: World
    seed: Any
    look: Look | None = None

    def watch(self, world: World, findings: Findings, seed: Any) -> None:
        """Begin to judge."""
        self.world, self.findings, self.seed = world, findings, seed
        assert isinstance(world.market, MirroredMarket)
        self.observer = Observer(world.market, self.storage)
        self.random = Random(str(seed))  # noqa: S311 - reproducible inputs, not secrets
        self.look = self.observer.look()

    def run(self, mirror: Mirror, function: str, args: tuple[Any, ...], sender: str) -> Any:
        """Run one call on both sides, and judge what the contracts did."""
        self.steps += 1
        name = snake_case(function)
        if self.findings is None:
            result = mirror.real(function, *args, sender=sender)
            self.follow(mirror, name, args, sender)
            return result
        before = self.moved_on()
        accrued = self.accrued_first(mirror, function, args, sender)
        try:
            result = mirror.real(function, *args, sender=sender)
        except Reverted as reverted:
            self.follow(mirror, name, args, sender)
            self.findings.reached[f"{name}: {reverted.name}"] += 1
            story = f"seed {self.seed}, call {self.steps}, {function}{args} by {sender}"
            self.compare_accrued(accrued, reverted.name, before, story)
            raise
        logs = self.market.evm.logs
        self.follow(mirror, name, args, sender)
        if mirror.name == "CollateralRegistry":
            self.observer.forget_listing()
        self.look = self.observer.look()
        step = self.step_of(mirror, function, args, sender, before, self.look, logs)
        story = f"seed {self.seed}, call {self.steps}, {step.story}"
        self.judge(step)
        self.compare_accrued(accrued, "", self.look, story)
        if self.random.random() < 0.12:
            self.try_something(story)
        self.market.evm.logs = logs
        return result

    def moved_on(self) -> Look:
        """Return the venue as it is before a call, and judge what time alone did to it."""
        before = self.look
        assert before is not None
        if before.time == self.market.evm.timestamp:
            return before
        self.look = self.observer.look()
        self.judge(Step("warp", (), "", "", "", (), before, self.look, *self.counts()))
        return self.look

    def counts(self) -> tuple[int, int]:
        """Return how many calls and settlements of funding there were."""
        return self.market.evm.actions, self.market.evm.seen["FundingPaid"]

    def step_of(
        self,
        mirror: Mirror,
        function: str,
        args: tuple[Any, ...],
        sender: str,
        before: Look,
        after: Look,
        logs: list[tuple[str, dict[str, Any]]],
    ) -> Step:
        """Return what happened: of a call for another account, the call that it holds."""
        account, reached = sender.lower(), self.findings.reached
        reached[f"{snake_case(function)}: done"] += 1
        while function in ("onBehalf", "forSubAccount", "forCore"):
            if function == "forSubAccount":
                account = str(mirror("subAccountOf", account, args[0])).lower()
            else:
                account = str(args[0]).lower()
            if function == "forCore":
                # Whoever the core speaks for is the one that acts for others.
                sender = account
            function, args = mirror.call_of(args[-1])
            reached[f"{snake_case(function)}: done"] += 1
        made = (function, tuple(args), sender.lower(), account, mirror.name)
        batched = tuple(map(mirror.call_of, args[0])) if function == "batch" else ()
        return Step(*made, tuple(logs), before, after, *self.counts(), batched)

    def judge(self, step: Step) -> None:
        """Let every rule judge a step, and note where it led."""
        findings = self.findings
        assert findings is not None
        story = f"seed {self.seed}, call {self.steps}, {step.story}"
        for rule in RULES:
            findings.judge(rule, rule(step), story)
        findings.reached.update(places(step))

    def accrued_first(
        self, mirror: Mirror, function: str, args: tuple[Any, ...], sender: str
    ) -> tuple[str, Look] | None:
        """Now and then, try a call after accruing everything; return how that ends."""
        if mirror.name != "Venue" or self.random.random() > 0.1:
            return None
        refused = ""
        with self.market.evm.undone():
            for token in self.observer.params:
                self.market.venue.real("accrue", token, sender=sender)
            try:
                mirror.real(function, *args, sender=sender)
            except Reverted as reverted:
                refused = reverted.name
            return refused, self.observer.look()

    def compare_accrued(
        self, accrued: tuple[str, Look] | None, refused: str, look: Look, story: str
    ) -> None:
        """Judge whether a call ended as it did after accruing everything."""
        if accrued is None:
            return
        rule, findings = accruing_first_changes_nothing, self.findings
        assert findings is not None
        outcome = (accrued[0] == refused, f"refused with {refused}, accrued first {accrued[0]}")
        findings.judge(rule, iter([outcome]), story)
        if not refused and not accrued[0]:
            findings.judge(rule, rule(look, accrued[1]), story)

    def try_something(self, story: str) -> None:
        """Make a trial on the state as it is, and take it back."""
        trial = self.random.choice(TRIALS)
        findings = self.findings
        assert findings is not None
        with self.market.evm.undone():
            findings.judge(trial, trial(Trial(self.world, self.observer, self.random)), story)


class WatchedMarket(MirroredMarket):
    """The market of the walks."""

    def both_sides(self) -> Both:
        return Watched(self)


def places(step: Step) -> Iterable[str]:
    """Name what a step led to."""
    for name, values in step.logs:
        yield name
        if name == "Liquidated":
            yield f"leg {values['leg']}"
        elif name == "LossCovered":
            yield from (
                f"loss to {who}" for who in ("buffer", "insurance", "deficit") if values[who]
            )
        elif name == "ReserveStatusSet":
            yield from (f"status {1 << i}" for i in range(4) if values["bitsNow"] >> i & 1)
    for holder in step.after.users:
        yield from states(holder)


def states(holder: Holder) -> Iterable[str]:
    """Name the states that an account is in."""
    yield f"mode {holder.state['mode']}"
    if holder.margin is not None:
        yield f"health {holder.margin['health']}"
    if holder.state["fallback_bitmap"]:
        yield "fallback"
    if holder.isolated:
        yield "isolated"


def walk(seeds: Iterable[int], steps: int, findings: Findings, thorough: bool = False) -> None:
    """Walk from each seed; the first walk begins with every scene where it shall be thorough."""
    for seed in seeds:
        sequence = Sequence(seed, WatchedMarket)
        watch(sequence.world, findings, seed)
        if thorough:
            sequence.every_scene()
            thorough = False
        for _ in range(steps):
            sequence.step()


def walk_to_extremes(findings: Findings) -> None:
    """Walk to where chance seldom leads."""
    for extreme in EXTREMES:
        world = World(0, WatchedMarket)
        watch(world, findings, extreme.__name__)
        extreme(world)


def watch(world: World, findings: Findings, seed: Any) -> None:
    """Begin to judge what happens in a world."""
    assert isinstance(world.both, Watched)
    world.both.watch(world, findings, seed)
