"""Rules about money: nothing is made, nothing is lost but roundings, and interest is fair."""

from __future__ import annotations

from invariants.step import BACKSTOP, Step, Verdicts
from support.venue import RAY
from venue.mirror import DEFICIT_STANDS

from pmkit.model import ReserveStatus

SHARE = 10**9
"""Shares that one wei is worth at an index of one. SPEC BL-06."""


def conserved(step: Step) -> Verdicts:
    """Holdings = claims + buffer − deficit + dust, which roundings explain. SPEC IN-01."""
    look = step.after
    held = sum(p["szi"] != 0 for h in look.holders.values() for p in h.positions.values())
    for token, holdings in look.holdings.items():
        reserve, unit = look.reserves[token], 10 ** (look.params[token]["weiDecimals"] - 6)
        claims = sum(holder.net(token) for holder in look.holders.values())
        for holder in look.holders.values():
            for asset, lone in holder.isolated.items():
                claims += lone["equity"] * unit * (look.perp_dex[asset] == token)
        dust = holdings - claims - reserve["buffer"] + reserve["deficit"]
        most = 2 * step.calls + (step.settled + held) * unit
        yield 0 <= dust <= most, f"dust of token {token} is {dust}, at most {most}"


def totals_are_sums(step: Step) -> Verdicts:
    """The shares of all positions are those of the reserve. SPEC IN-02."""
    look = step.after
    for token, stored in look.stored.items():
        shares = [holder.balances[token]["shares"] for holder in look.holders.values()]
        supply, debt = sum(s for s in shares if s > 0), -sum(s for s in shares if s < 0)
        found = stored["supply_shares"], stored["borrow_shares"]
        yield found == (supply, debt), f"token {token}: {found}, positions {supply}, {debt}"


def roundings_favour_the_pool(step: Step) -> Verdicts:
    """Supplies add up to no more than the reserve owes, debts to no less. SPEC IN-03."""
    look = step.after
    for token, reserve in look.reserves.items():
        owned = [h.owned.get(token, (0, 0, 0)) for h in look.holders.values()]
        supplied, borrowed = sum(o[1] for o in owned), sum(o[2] for o in owned)
        yield supplied <= reserve["supplied"], f"token {token}: {supplied} supplied"
        yield borrowed >= reserve["borrowed"], f"token {token}: {borrowed} borrowed"


def pools_are_solvent(step: Step) -> Verdicts:
    """Cash + debt + deficit cover supply + buffer. SPEC IN-04."""
    for token, r in step.after.reserves.items():
        assets = r["cash"] + r["borrowed"] + r["deficit"]
        owed = r["supplied"] + r["buffer"]
        yield assets >= owed, f"token {token}: {assets} against {owed}"


def fills_have_two_sides(step: Step) -> Verdicts:
    """The positions in an asset add up to nothing. SPEC IN-05."""
    for asset in step.after.perp_dex:
        szi = sum(holder.positions[asset]["szi"] for holder in step.after.holders.values())
        yield szi == 0, f"asset {asset}: positions add up to {szi}"


def marks_are_kept(step: Step) -> Verdicts:
    """What an account has, what was lent, and a deficit, is marked. SPEC IN-06."""
    look = step.after
    for i, (token, r) in enumerate(look.stored.items()):
        # Zero before the first accrual.
        moved = {r["supply_index"], r["borrow_index"]} - {0, RAY}
        marked = look.lent >> i & 1 == 1
        yield marked or not (moved or r["borrow_shares"]), f"token {token} is not marked as lent"
        stands = r["status"] & DEFICIT_STANDS != 0
        yield stands == (r["deficit"] != 0), f"token {token}: deficit is marked {stands}"
    for who, holder in look.holders.items():
        state = holder.state
        for i, b in enumerate(holder.balances.values()):
            marked = state["token_bitmap"] >> i & 1 == 1
            yield marked or not (b["shares"] or b["idle"]), f"{who}: balance {i} is not marked"
            idle = state["idle_bitmap"] >> i & 1 == 1
            yield idle == (b["idle"] != 0), f"{who}: idle balance {i} is marked {idle}"
            yield b["shares"] < 0 or b["borrow_floor"] == 0, f"{who}: balance {i} has a floor"
        for i, usd in enumerate(holder.raw_usd.values()):
            yield state["dex_bitmap"] >> i & 1 == 1 or usd == 0, f"{who}: dex {i} is not marked"
        for i, p in enumerate(holder.positions.values()):
            cross, lone = state["perp_bitmap"] >> i & 1, state["isolated_bitmap"] >> i & 1
            wanted = (p["szi"] != 0 and not p["isolated"], p["szi"] != 0 and p["isolated"] != 0)
            yield (cross, lone) == wanted, f"{who}: position {i} is marked {cross}, {lone}"


def indexes_never_fall(step: Step) -> Verdicts:
    """Indexes never fall but supply's by socialisation; clocks never go back. SPEC IN-07.

    With interest up to now they also fall where a new rate curve is lower: it counts from the last
    accrual on.
    """
    spread = {values["token"] for values in step.events("Socialised")}
    for token, stored in step.before.stored.items():
        seen = step.before.reserves[token], step.after.reserves[token]
        for side in ("supply", "borrow"):
            if side == "supply" and token in spread:
                continue
            kept, now = stored[f"{side}_index"], step.after.stored[token][f"{side}_index"]
            yield now >= kept, f"token {token}: stored {side} index from {kept} to {now}"
            before, after = (reserve[f"{side}Index"] for reserve in seen)
            if step.function != "setRateCurve":
                yield after >= before, f"token {token}: {side} index from {before} to {after}"
        clocks = stored["accrued_at"], step.after.stored[token]["accrued_at"]
        yield clocks[0] <= clocks[1] <= step.after.time, f"token {token}: accrued at {clocks}"


def debtors_pay_all_interest(step: Step) -> Verdicts:
    """What debts grow by covers what supplies and buffer grow by. SPEC IN-08."""
    if step.function != "warp":
        return
    for token, before in step.before.reserves.items():
        after, stored = step.after.reserves[token], step.after.stored[token]
        paid = (after["borrowIndex"] - before["borrowIndex"]) * stored["borrow_shares"]
        earned = (after["supplyIndex"] - before["supplyIndex"]) * stored["supply_shares"]
        # The view shows whole wei of the buffer.
        kept = max(0, after["buffer"] - before["buffer"] - 1) * SHARE * RAY
        # Interest that is not stored yet is rounded anew each time it is asked for: what was cut
        # off of it and of the suppliers' part, a unit each, or of an index, may come later.
        cut = 2 * RAY + stored["supply_shares"]
        if paid or earned or kept:
            yield (
                paid + cut >= earned + kept,
                f"token {token}: paid {paid}, earned {earned} and {kept}",
            )


def deficits_are_announced(step: Step) -> Verdicts:
    """A deficit grows and shrinks by what events say. SPEC IN-09."""
    for token, before in step.before.stored.items():
        told = before["deficit"]
        told += sum(e["deficit"] for e in step.events("LossCovered") if e["token"] == token)
        for e in step.events("DeficitCovered"):
            told -= (e["buffer"] + e["paid"]) * (e["token"] == token)
        told -= sum(e["amount"] for e in step.events("Socialised") if e["token"] == token)
        found = step.after.stored[token]["deficit"]
        yield found == told, f"token {token}: deficit {found}, told {told}"


def caps_are_never_worsened(step: Step) -> Verdicts:
    """No call takes the pool or an account over a cap, or further over it. SPEC IN-10."""
    if not step.moves:
        return
    for token, p in step.after.params.items():
        was, now = step.before.reserves[token], step.after.reserves[token]
        # What margin hands back to a locked supply goes there whatever its cap.
        locked = step.before.stored[token]["status"] & ReserveStatus.LOCKED
        # Nor does a cap keep the waterfall from making good what was taken without collateral.
        covered = [e for e in step.events("LossCovered") if e["token"] == token]
        made_good = sum(e["buffer"] + e["insurance"] + e["deficit"] for e in covered)
        # A repayment ends with a whole unit of the ERC-20, of which the pool keeps the rest.
        rests = sum(
            step.after.units[token] - 1 for e in step.events("Repaid") if e["token"] == token
        )
        for amount, cap in (("supplied", "globalSupplyCap"), ("borrowed", "globalBorrowCap")):
            if locked and amount == "supplied":
                continue
            # Amounts in shares: a wei of rounding.
            most = max(p[cap], was[amount]) + 1 + (made_good + rests if amount == "supplied" else 0)
            yield now[amount] <= most, f"token {token}: {amount} {now[amount]} over {most}"
        for before, after in step.pairs():
            # The backstop takes debts over whatever its own cap.
            if before.who != BACKSTOP:
                debt = [h.owned.get(token, (0, 0, 0))[2] for h in (before, after)]
                most = max(p["userBorrowCap"], debt[0]) + 1
                yield debt[1] <= most, f"{before.who} owes {debt[1]} of {token}, cap {most}"
