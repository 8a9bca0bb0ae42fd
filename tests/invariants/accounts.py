"""Rules about accounts: what they may do to themselves, and what nobody may do to others."""

from __future__ import annotations

from invariants.look import Holder
from invariants.step import GIVING, HOUSE, LIQUIDATING, Step, Verdicts
from support.venue import PORTFOLIO_MARGIN, STANDARD, WAD

ROUNDING = 2
"""Wei that a sweep may cost: each pool operation rounds against the account by less than one."""
MILLIONTH = WAD // 10**6
"""USD by which rounding a sweep's debt up may seem to raise it."""
TAKING_OUT = {"borrow", "withdraw", "spotSend"}
"""Calls that take out, or may."""
FREEING = {
    *(*LIQUIDATING, "repay", "deposit", "supply", "sweep", "matchOrders"),
    *("coverDeficit", "coverDeficitFromInsurance", "sellInventory"),
}
"""Calls that may bring a pool cash, and by which nobody means to borrow."""


def own_calls_leave_nobody_liquidatable(step: Step) -> Verdicts:
    """No call of an account leaves it liquidatable that it did not find so. SPEC IN-11."""
    if not step.moves:
        return
    for who in step.willing - set(HOUSE):
        if who not in step.before.holders:
            continue
        before, after = step.before.holders[who], step.after.holders[who]
        if before.margin is None or after.margin is None:
            continue
        if not before.liquidatable:
            # Who is given something may borrow the cash that the giver's own dex waits for, and
            # who is liquidated may draw it, for its own dexes.
            if (step.function in GIVING or step.liquidates) and hangs_on_pools(after):
                continue
            yield not after.liquidatable, f"{who} made itself liquidatable"
        elif after.liquidatable:
            took = TAKING_OUT & {function for function, _ in step.parts}
            # No dex of a standard account answers for what lies idle.
            yield not took or before.state["mode"] == STANDARD, f"{who} took out by {took}"
            grew = [a for a, p in after.positions.items() if _grew(before.positions[a], p)]
            # An isolated position may have the margin for it already.
            yield not grew or before.isolated.keys() >= set(grew), f"{who} grew {grew}"


def _grew(before: dict[str, int], after: dict[str, int]) -> bool:
    """Return whether a position is larger, or on the other side."""
    turned = before["szi"] * after["szi"] < 0
    return turned or abs(after["szi"]) > abs(before["szi"])


def who_borrows_stays_healthy(step: Step) -> Verdicts:
    """A call of an account that makes debt ends with a health factor of one. SPEC IN-12."""
    if not step.moves:
        return
    for who in step.willing - set(HOUSE):
        if who not in step.before.holders:
            continue
        before, after = (look.holders[who] for look in (step.before, step.after))
        if before.margin is None or after.margin is None:
            continue
        if after.state["mode"] != PORTFOLIO_MARGIN or _draws_what_is_freed(step, before, after):
            continue
        if after.margin["grossDebt"] > before.margin["grossDebt"] + MILLIONTH:
            factor = after.margin["healthFactor"]
            yield factor >= WAD, f"{who} borrowed to a health factor of {factor}"


def _draws_what_is_freed(step: Step, before: Holder, after: Holder) -> bool:
    """Return whether cash that a call frees may go to a dex that has waited for it.

    That leaves what is owed net as it is. Who grows a position by a match is not excused.
    """
    assert before.margin is not None
    frees = all(function in FREEING for function, _ in step.parts)
    grew = any(_grew(p, after.positions[a]) for a, p in before.positions.items())
    waits = any(d["accountValue"] < d["transferMargin"] for d in before.margin["dexes"])
    return frees and waits and not grew


def nobody_makes_others_liquidatable(step: Step) -> Verdicts:
    """Without time, prices or parameters no call makes another liquidatable. SPEC IN-13."""
    if not step.moves or step.events("Socialised"):
        return
    for before, after in step.pairs():
        if before.who in step.willing or before.who in HOUSE or before.liquidatable:
            continue
        if hangs_on_pools(before) or hangs_on_pools(after):
            continue
        if before.margin is not None and after.margin is not None:
            yield not after.liquidatable, f"{before.who} was made liquidatable"


def hangs_on_pools(holder: Holder) -> bool:
    """Return whether what a sweep can do for an account depends on what pools have left.

    A dex is short of what the sweep keeps in it, so cash or a cap has kept it short; or there may
    be collateral that a global cap keeps out of the pool.
    """
    if holder.margin is None:
        return False
    if any(dex["accountValue"] < dex["transferMargin"] for dex in holder.margin["dexes"]):
        return True
    return any(t["ltvBps"] and t["supplyRoom"] < holder.net(i) for i, t in holder.tokens.items())


def others_keep_what_they_have(step: Step) -> Verdicts:
    """Who is not part of a call has after it what it had before. SPEC IN-14."""
    if step.function == "warp" or step.events("Socialised"):
        return
    for before, after in step.others():
        same = all(
            getattr(before, name) == getattr(after, name)
            for name in ("state", "balances", "positions", "raw_usd")
        )
        # A new rate curve counts from the last accrual on, so it shows in what grew since.
        owned = step.function == "setRateCurve" or before.owned == after.owned
        yield same and owned, f"{before.who} was touched"


def others_keep_their_ratio(step: Step) -> Verdicts:
    """Who is not part of a call has the margin that it had. SPEC IN-15."""
    if not step.moves or step.events("Socialised"):
        return
    for before, after in step.others():
        if not hangs_on_pools(before) and not hangs_on_pools(after):
            same = (before.margin, before.refusal) == (after.margin, after.refusal)
            yield same, f"{before.who} has another margin"


def nobody_takes_from_others(step: Step) -> Verdicts:
    """Nobody lowers another's net totals or raises its net debt but by liquidation. SPEC IN-16."""
    if not step.moves or step.liquidates or step.events("Socialised"):
        return
    for before, after in step.pairs():
        if before.who in step.willing or step.deals_with(before.who):
            continue
        for token in before.tokens:
            lost = before.net(token) - after.net(token)
            yield lost <= ROUNDING, f"{before.who} lost {lost} of token {token}"


def debt_has_something_behind_it(step: Step) -> Verdicts:
    """Who owes and has nothing that counts is liquidatable. SPEC IN-17."""
    for holder in step.after.users:
        m = holder.margin
        if m is None or holder.state["mode"] != PORTFOLIO_MARGIN:
            continue
        if m["netDebt"] != 0 and m["thresholdValue"] == 0:
            yield holder.liquidatable, f"{holder.who} owes {m['netDebt']} on nothing"
