"""Every rule can fail: a step that a walk recorded is broken by hand, and the rule says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from invariants import accounts, liquidation, money
from invariants.look import Holder, Look
from invariants.step import HOUSE, Step, Verdicts
from invariants.trials import Trial, left_for_its_health
from invariants.walk import RULES, Findings, Watched, WatchedMarket, accruing_first_changes_nothing
from support.evm import DEPLOYER
from support.venue import (
    INSURANCE,
    PORTFOLIO_MARGIN,
    RAY,
    STANDARD,
    SUPPLIER,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    policy,
)
from venue.drive import Sequence
from venue.extremes import lose_one_of_two_margins, spread_a_deficit
from venue.mirror import DEFICIT_STANDS, Both
from venue.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rules")]

STEPS = 150
"""Of the walk, in which accounts that lend are matched and act in batches."""
Broken = Callable[[Step], Step | None]
"""Returns a step with another outcome; nothing where the rule has no say in it."""


class Recorder(Watched):
    """Keeps the steps instead of judging them."""

    kept: list[Step]

    def watch(self, world: World, findings: Findings, seed: Any) -> None:
        self.kept = []
        super().watch(world, findings, seed)

    def judge(self, step: Step) -> None:
        self.kept.append(step)

    def try_something(self, story: str) -> None:
        """Try nothing."""


class RecordedMarket(WatchedMarket):
    """A market whose steps are kept."""

    def both_sides(self) -> Both:
        return Recorder(self)


@cache
def steps() -> list[Step]:
    """Return the steps of every scene, of a walk, a lost position, and a loss that is spread."""
    sequence = Sequence(1, RecordedMarket)
    kept = recorded(sequence.world)
    sequence.every_scene()
    kept += walked(7, STEPS)
    for extreme in (lose_one_of_two_margins, spread_a_deficit):
        world = World(0, RecordedMarket)
        others = recorded(world)
        extreme(world)
        kept += others
    return kept


def walked(seed: int, count: int) -> list[Step]:
    """Return the steps of a walk."""
    sequence = Sequence(seed, RecordedMarket)
    kept = recorded(sequence.world)
    for _ in range(count):
        sequence.step()
    return kept


def recorded(world: World) -> list[Step]:
    """Begin to keep the steps of a world."""
    assert isinstance(world.both, Recorder)
    world.both.watch(world, Findings(), world.both.steps)
    return world.both.kept


def with_holder(look: Look, who: str, **changes: Any) -> Look:
    """Return a look in which one account is another."""
    # A copy, so that nothing computed before is kept.
    holder = replace(look.holders[who], **changes)
    return replace(look, holders={**look.holders, who: holder})


def after(step: Step, who: str, **changes: Any) -> Step:
    """Return a step after which one account is another."""
    return replace(step, after=with_holder(step.after, who, **changes))


def margin(holder: Holder, **changes: Any) -> dict[str, Any]:
    """Return an account's margin, changed."""
    assert holder.margin is not None
    return {**holder.margin, **changes}


def reserve(step: Step, token: int, **changes: int) -> Step:
    """Return a step after which a reserve's view is another."""
    reserves = {**step.after.reserves, token: {**step.after.reserves[token], **changes}}
    return step.with_after(reserves=reserves)


def stored(step: Step, token: int, **changes: int) -> Step:
    """Return a step after which a reserve is stored otherwise."""
    words = {**step.after.stored, token: {**step.after.stored[token], **changes}}
    return step.with_after(stored=words)


def balance(holder: Holder, token: int, **changes: int) -> dict[int, dict[str, int]]:
    """Return an account's stored balances, one changed."""
    return {**holder.balances, token: {**holder.balances[token], **changes}}


def first(holders: Iterator[tuple[Holder, Holder]], fits: Callable[[Holder], bool]) -> Any:
    """Return the account, before and after, of the first that fits."""
    return next(((b, a) for b, a in holders if b.margin and a.margin and fits(b)), None)


def poorer(holder: Holder, token: int, by: int) -> dict[str, Any]:
    """Return an account with less idle of a token."""
    tokens = [
        {**t, "idle": t["idle"] - by} if t["token"] == token else t
        for t in holder.account["tokens"]
    ]
    return {**holder.account, "tokens": tokens}


def lose_holdings(step: Step) -> Step:
    return step.with_after(holdings={**step.after.holdings, USDC: step.after.holdings[USDC] // 2})


def gain_holdings(step: Step) -> Step:
    return step.with_after(holdings={**step.after.holdings, USDC: 2 * step.after.holdings[USDC]})


def lose_shares(step: Step) -> Step:
    return stored(step, USDC, supply_shares=step.after.stored[USDC]["supply_shares"] - 1)


def owe_suppliers_less(step: Step) -> Step:
    return reserve(step, USDC, supplied=step.after.reserves[USDC]["supplied"] // 2)


def lend_cash_twice(step: Step) -> Step:
    return reserve(step, USDC, cash=step.after.reserves[USDC]["cash"] // 2)


def fill_one_side(step: Step) -> Step:
    holder = step.after.holders[SUPPLIER]
    position = {**holder.positions[0], "szi": holder.positions[0]["szi"] + 1}
    return after(step, SUPPLIER, positions={**holder.positions, 0: position})


def forget_marks(step: Step) -> Step | None:
    state = step.after.holders[SUPPLIER].state
    return after(step, SUPPLIER, state={**state, "token_bitmap": 0})


def forget_a_deficit(step: Step) -> Step | None:
    found = step.after.stored[USDT0]
    if not found["deficit"]:
        return None
    return stored(step, USDT0, status=found["status"] & ~DEFICIT_STANDS)


def let_the_supply_index_fall(step: Step) -> Step | None:
    if step.events("Socialised") or step.function == "setRateCurve":
        return None
    return reserve(step, USDC, supplyIndex=step.before.reserves[USDC]["supplyIndex"] - 1)


def let_the_stored_index_fall(step: Step) -> Step:
    return stored(step, USDC, borrow_index=step.before.stored[USDC]["borrow_index"] - 1)


def pay_suppliers_more(step: Step) -> Step | None:
    if step.function != "warp" or not step.after.stored[USDC]["borrow_shares"]:
        return None
    return reserve(step, USDC, supplyIndex=step.after.reserves[USDC]["supplyIndex"] + RAY)


def hide_a_deficit(step: Step) -> Step:
    return stored(step, USDC, deficit=step.after.stored[USDC]["deficit"] + 1)


def pass_a_cap(step: Step) -> Step | None:
    if not step.moves:
        return None
    most = step.before.reserves[USDC]["supplied"]
    capped = {**step.after.params[USDC], "globalSupplyCap": most}
    capping = step.with_after(params={**step.after.params, USDC: capped})
    return reserve(capping, USDC, supplied=most + 2)


def make_itself_liquidatable(step: Step) -> Step | None:
    who = step.account
    if not step.moves or who in HOUSE or who not in step.before.holders:
        return None
    was, now = step.before.holders[who], step.after.holders[who]
    if was.margin is None or now.margin is None or was.liquidatable:
        return None
    return after(step, who, margin=margin(now, liquidatable=1))


def actor(step: Step) -> tuple[Holder, Holder] | None:
    """Return one who acts, as it was and is, where its margin is known; none of the house."""
    if not step.moves:
        return None
    willing = ((was, now) for was, now in step.pairs() if was.who in step.willing - set(HOUSE))
    return first(willing, lambda holder: True)


def liquidatable_throughout(step: Step, who: str) -> Step:
    """Return a step that an account begins and ends liquidatable."""
    was, now = (margin(look.holders[who], liquidatable=1) for look in (step.before, step.after))
    return replace(
        step,
        before=with_holder(step.before, who, margin=was),
        after=with_holder(step.after, who, margin=now),
    )


def take_out_of_a_loss(step: Step) -> Step | None:
    found = actor(step)
    if found is None or found[0].state["mode"] != PORTFOLIO_MARGIN:
        return None
    return liquidatable_throughout(step, step.account) if step.function == "withdraw" else None


def take_out_of_a_loss_by_batch(step: Step) -> Step | None:
    found = actor(step)
    if found is None or found[0].state["mode"] == STANDARD or step.function != "batch":
        return None
    if any(_grew(*found, asset) for asset in found[0].positions):
        return None
    withdrawal = ("withdraw", (USDC, 1, step.account))
    return replace(liquidatable_throughout(step, step.account), batched=(*step.batched, withdrawal))


def grow_a_loss(mode: int) -> Broken:
    def broken(step: Step) -> Step | None:
        found = actor(step)
        if found is None or found[0].state["mode"] != mode:
            return None
        grown = {a for a in found[0].positions if _grew(*found, a)} - found[0].isolated.keys()
        if step.function != "order" or not grown:
            return None
        return liquidatable_throughout(step, found[0].who)

    return broken


def _grew(was: Holder, now: Holder, asset: int) -> bool:
    return abs(now.positions[asset]["szi"]) > abs(was.positions[asset]["szi"])


def borrow_too_much(function: str) -> Broken:
    def broken(step: Step) -> Step | None:
        found = actor(step)
        if found is None or step.function != function:
            return None
        if found[1].state["mode"] != PORTFOLIO_MARGIN:
            return None
        if accounts.hangs_on_pools(found[0]):
            return None
        was = margin(found[0])["grossDebt"]
        made = margin(found[1], grossDebt=was + WAD, healthFactor=WAD - 1)
        return after(step, found[1].who, margin=made)

    return broken


def other(step: Step) -> Any:
    """Return somebody whom a call of the venue is not about, and who is well."""
    if not step.moves or step.liquidates or step.events("Socialised"):
        return None
    return first(
        step.others(),
        lambda holder: holder.who not in HOUSE and not holder.liquidatable and holder.owned != {},
    )


def make_another_liquidatable(step: Step) -> Step | None:
    found = other(step)
    if found is None or any(map(accounts.hangs_on_pools, found)):
        return None
    return after(step, found[1].who, margin=margin(found[1], liquidatable=1))


def touch_another(step: Step) -> Step | None:
    found = other(step)
    if found is None:
        return None
    token = next(iter(found[1].balances))
    idle = found[1].balances[token]["idle"]
    return after(step, found[1].who, balances=balance(found[1], token, idle=idle + 1))


def worsen_the_ratio_of_another(step: Step) -> Step | None:
    found = other(step)
    if found is None or any(map(accounts.hangs_on_pools, found)):
        return None
    return after(step, found[1].who, margin=margin(found[1], ratio=found[1].margin["ratio"] + 1))


def take_from_another(step: Step) -> Step | None:
    found = other(step)
    if found is None:
        return None
    account = poorer(found[1], next(iter(found[1].tokens)), accounts.ROUNDING + 1)
    return after(step, found[1].who, account=account)


def owe_on_nothing(step: Step) -> Step | None:
    for holder in step.after.users:
        if holder.margin and holder.state["mode"] == PORTFOLIO_MARGIN:
            gone = margin(holder, netDebt=1, thresholdValue=0, liquidatable=0)
            return after(step, holder.who, margin=gone)
    return None


def liquidated(step: Step, leg: int) -> str | None:
    """Return who was liquidated by a step of a leg."""
    return next((e["account"].lower() for e in step.events("Liquidated") if e["leg"] == leg), None)


def liquidate_the_healthy(step: Step) -> Step | None:
    events = step.events("Liquidated")
    if not events:
        return None
    who = events[0]["account"].lower()
    safe = margin(step.before.holders[who], liquidatable=0)
    return replace(step, before=with_holder(step.before, who, margin=safe))


def liquidate_through_another(step: Step) -> Step | None:
    events = step.events("Liquidated")
    return replace(step, sender=events[0]["account"].lower()) if events else None


def worsen_by_a_step(leg: int) -> Broken:
    def broken(step: Step) -> Step | None:
        who = liquidated(step, leg)
        if who is None:
            return None
        was, now = step.before.holders[who], step.after.holders[who]
        if was.margin is None or now.margin is None or was.margin["ratio"] == 2**256 - 1:
            return None
        # By more than rounding.
        ratio = was.margin["ratio"] * 101 // 100 + 1
        return after(step, who, margin=margin(now, ratio=ratio, netDebt=UNLIMITED))

    return broken


def leave_debt(step: Step) -> Step | None:
    who = liquidated(step, liquidation.DEBT_FULL)
    if who is None:
        return None
    return after(step, who, margin=margin(step.after.holders[who], netDebt=1))


def spare_the_buffer(step: Step) -> Step | None:
    losses = step.events("LossCovered")
    if len(losses) != 1 or not losses[0]["deficit"]:
        return None
    return reserve(step, losses[0]["token"], buffer=1)


def spare_the_insurance(step: Step) -> Step | None:
    losses = step.events("LossCovered")
    if len(losses) != 1 or not losses[0]["deficit"]:
        return None
    token = losses[0]["token"]
    held = balance(step.after.holders[INSURANCE], token, idle=1)
    return after(step, INSURANCE, balances=held)


BREAKS: tuple[tuple[Callable[[Step], Verdicts], Broken], ...] = (
    (money.conserved, lose_holdings),
    (money.conserved, gain_holdings),
    (money.totals_are_sums, lose_shares),
    (money.roundings_favour_the_pool, owe_suppliers_less),
    (money.pools_are_solvent, lend_cash_twice),
    (money.fills_have_two_sides, fill_one_side),
    (money.marks_are_kept, forget_marks),
    (money.marks_are_kept, forget_a_deficit),
    (money.indexes_never_fall, let_the_supply_index_fall),
    (money.indexes_never_fall, let_the_stored_index_fall),
    (money.debtors_pay_all_interest, pay_suppliers_more),
    (money.deficits_are_announced, hide_a_deficit),
    (money.caps_are_never_worsened, pass_a_cap),
    (accounts.own_calls_leave_nobody_liquidatable, make_itself_liquidatable),
    (accounts.own_calls_leave_nobody_liquidatable, take_out_of_a_loss),
    (accounts.own_calls_leave_nobody_liquidatable, take_out_of_a_loss_by_batch),
    (accounts.own_calls_leave_nobody_liquidatable, grow_a_loss(PORTFOLIO_MARGIN)),
    (accounts.own_calls_leave_nobody_liquidatable, grow_a_loss(STANDARD)),
    (accounts.who_borrows_stays_healthy, borrow_too_much("borrow")),
    (accounts.who_borrows_stays_healthy, borrow_too_much("order")),
    (accounts.who_borrows_stays_healthy, borrow_too_much("batch")),
    (accounts.who_borrows_stays_healthy, borrow_too_much("matchOrders")),
    (accounts.who_borrows_stays_healthy, borrow_too_much("setLeverage")),
    (accounts.nobody_makes_others_liquidatable, make_another_liquidatable),
    (accounts.others_keep_what_they_have, touch_another),
    (accounts.others_keep_their_ratio, worsen_the_ratio_of_another),
    (accounts.nobody_takes_from_others, take_from_another),
    (accounts.debt_has_something_behind_it, owe_on_nothing),
    (liquidation.only_the_liquidatable_are_liquidated, liquidate_the_healthy),
    (liquidation.only_the_liquidatable_are_liquidated, liquidate_through_another),
    (liquidation.partial_steps_improve, worsen_by_a_step(liquidation.DEBT_PARTIAL)),
    (liquidation.perp_steps_improve, worsen_by_a_step(liquidation.PERP)),
    (liquidation.full_band_leaves_no_debt, leave_debt),
    (liquidation.losses_fall_in_order, spare_the_buffer),
    (liquidation.losses_fall_in_order, spare_the_insurance),
)


@pytest.mark.parametrize(("rule", "breaks"), BREAKS)
def test_rule_fails_on_a_broken_step(rule: Callable[[Step], Verdicts], breaks: Broken) -> None:
    broken = [(step, bad) for step in steps() if (bad := breaks(step)) is not None]
    assert broken, "no step of the walk can be broken so"
    sound = [step for step, _ in broken if all(holds for holds, _ in rule(step))]
    assert len(sound) == len(broken)
    assert not all(holds for _, bad in broken[-1:] for holds, _ in rule(bad))


def test_every_rule_is_broken_by_hand() -> None:
    assert {rule for rule, _ in BREAKS} == set(RULES)


def test_accruing_first_is_told_apart_by_a_wei() -> None:
    look = steps()[-1].after
    account = poorer(look.holders[SUPPLIER], USDT0, 1)
    other = with_holder(look, SUPPLIER, account=account)
    assert all(holds for holds, _ in accruing_first_changes_nothing(look, look))
    assert not all(holds for holds, _ in accruing_first_changes_nothing(look, other))


@pytest.mark.parametrize(
    ("needs_low_health", "factor", "left"),
    [(True, WAD, True), (True, WAD - 1, False), (False, WAD, False)],
)
def test_debt_is_left_alone_for_a_health_factor_of_one_only(
    needs_low_health: bool, factor: int, left: bool
) -> None:
    holder = next(holder for holder in steps()[-1].after.users if holder.margin)
    holder = replace(holder, margin=margin(holder, healthFactor=factor))
    assert left_for_its_health({"debtStepNeedsLowHealth": needs_low_health}, holder) is left


def test_trials_keep_the_policy_of_the_walk() -> None:
    world = World(0, RecordedMarket)
    recorded(world)
    drawn = policy(perp_fee_ppm=450, debt_step=WAD)
    world.call(world.market.registry, "setPolicy", drawn, sender=DEPLOYER)
    assert isinstance(world.both, Recorder)
    trial = Trial(world, world.both.observer, world.random)
    before = trial.policy()
    trial.set_policy(rewardPpm=7)
    assert before["perpFeePpm"] == 450
    assert trial.policy() == {**before, "rewardPpm": 7}
