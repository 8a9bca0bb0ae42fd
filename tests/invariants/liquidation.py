"""Rules about liquidation: of whom, in what order, and who pays."""

from __future__ import annotations

from typing import Any

from invariants.accounts import ROUNDING, hangs_on_pools
from invariants.step import HOUSE, INSURANCE, Step, Verdicts

INFINITE = 2**256 - 1
DEBT_PARTIAL, DEBT_FULL, PERP, PERP_TAKEOVER, SETTLE = range(5)


def only_the_liquidatable_are_liquidated(step: Step) -> Verdicts:
    """A step is taken on who is liquidatable, by somebody else. SPEC IN-18."""
    for e in step.events("Liquidated"):
        who = e["account"].lower()
        # In a batch, steps before may have used the cash that a dex waits for.
        waits = step.function == "liquidateBatch" and hangs_on_pools(step.after.holders[who])
        yield step.before.holders[who].liquidatable or waits, f"{who} was not liquidatable"
        hands = step.account, step.sender
        yield who not in (*HOUSE, *hands), f"{who} was liquidated by {hands}"
    for e in step.events("IsolatedLiquidated"):
        who = e["account"].lower()
        lone = step.before.holders[who].isolated[e["asset"]]
        yield lone["equity"] < lone["maintenance"], f"{who}: {e['asset']} had its maintenance"


def margins(step: Step, leg: int) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the margin, before and after, of who was liquidated by a step of a leg."""
    found = []
    for e in step.events("Liquidated"):
        who = e["account"].lower()
        before, after = step.before.holders[who].margin, step.after.holders[who].margin
        if e["leg"] == leg and before is not None and after is not None:
            found.append((who, before, after))
    return found


def partial_steps_improve(step: Step) -> Verdicts:
    """Every step of the partial band lowers the ratio. SPEC IN-19.

    It stays infinite while something is owed that cannot be borrowed; then less of it is owed. The
    20 USD of the reading `docs` do not shrink with the debt: there net debt over collateral falls.
    """
    for who, *both in margins(step, DEBT_PARTIAL):
        before, after = ((m["ratio"], m["netDebt"]) for m in both)
        better = after[0] < before[0] or (before[0] == INFINITE and after < before)
        if step.before.holders[who].account["policy"]["borrowOffset"]:
            carried = [m["thresholdValue"] for m in both]
            better = better or after[1] * carried[0] < before[1] * carried[1]
        yield better, f"{who}: ratio and net debt from {before} to {after}"


def perp_steps_improve(step: Step) -> Verdicts:
    """A closed position ties up less, and costs no more than its fee. SPEC IN-20."""
    for who, before, after in margins(step, PERP):
        fees = sum(e["fee"] for e in step.events("PositionClosed"))
        tied = [sum(d["maintenance"] for d in m["dexes"]) for m in (before, after)]
        yield tied[1] <= tied[0], f"{who}: maintenance from {tied[0]} to {tied[1]}"
        if not fees:
            # Where the sweep makes debt of what is paid, it is rounded up.
            values = [t["liquidationValue"] for t in before["tokens"] if t["requirement"]]
            rounding = max((before["ratio"] * ROUNDING // v + 1 for v in values if v), default=0)
            better = after["ratio"] <= before["ratio"] + rounding
            yield better, f"{who}: ratio from {before['ratio']} to {after['ratio']}"


def full_band_leaves_no_debt(step: Step) -> Verdicts:
    """After a step of the full band nothing is owed net, nothing is left to take. SPEC IN-21."""
    for who, _, after in margins(step, DEBT_FULL):
        yield after["netDebt"] == 0, f"{who} still owes {after['netDebt']}"


def losses_fall_in_order(step: Step) -> Verdicts:
    """Losses are borne by the buffer, then the insurance, then the deficit. SPEC IN-22."""
    covered = step.events("LossCovered")
    for e in covered:
        token = e["token"]
        if sum(other["token"] == token for other in covered) > 1:
            continue
        reserve = step.after.reserves[token]
        if e["insurance"] or e["deficit"]:
            yield reserve["buffer"] == 0, f"token {token}: {reserve['buffer']} left in the buffer"
        if e["deficit"]:
            idle = step.after.holders[INSURANCE].balances[token]["idle"]
            yield idle == 0, f"token {token}: {idle} left of the insurance"
