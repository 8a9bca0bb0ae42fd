"""Rules that need calls of their own: tried on a state of the walk, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from invariants.accounts import ROUNDING
from invariants.look import Holder, Look, Observer
from invariants.step import Verdicts
from support.evm import DEPLOYER, Reverted
from support.venue import (
    EVERYTHING,
    KEEPER,
    PORTFOLIO_MARGIN,
    STANDARD,
    WAD,
)
from venue.cast import USERS, WALLETS
from venue.draws import draw
from venue.world import World

LEAVING = {"InsufficientCash", "WithdrawLocked"}
"""What may keep a debt-free account from leaving. SPEC BL-11."""
HOUR = 3_600
NO_PAUSE, ALL_PAUSES = 0, 15
MOST_STEPS = 60
LEAST_STEP = WAD // 20
"""Of the debt: what is less would come to an end that nobody waits for."""
YEARS = 10**9


@dataclass
class Trial:
    """What a trial has to work with; whatever it does is taken back."""

    world: World
    observer: Observer
    random: Random

    def call(self, function: str, *args: Any, sender: str) -> str:
        """Make a call of the venue; return the name of its refusal, or nothing."""
        return self.of(self.world.venue, function, *args, sender=sender)

    def of(self, contract: Any, function: str, *args: Any, sender: str) -> str:
        """Make a call of a contract; return the name of its refusal, or nothing."""
        try:
            contract.real(function, *args, sender=sender)
        except Reverted as reverted:
            return reverted.name
        return ""

    def fund(self, who: str, token: int, amount: int) -> None:
        """Fill a wallet with so many token wei at least, and let the venue take them."""
        evm, wei = self.observer.units[token]
        erc20 = self.world.market.erc20[token]
        erc20.real("mint", who, amount * evm // wei + 1, sender=who)
        erc20.real("approve", self.world.venue.address, EVERYTHING, sender=who)

    def policy(self) -> dict[str, Any]:
        """Return the policy that the walk has set."""
        found: dict[str, Any] = self.world.market.registry.real("policy", sender=DEPLOYER)
        return found

    def set_policy(self, **changes: Any) -> None:
        """Change the walk's policy in some fields, by the contracts' names."""
        kept = self.policy()
        assert changes.keys() <= kept.keys()
        changed = {**kept, **changes, "margin": tuple(kept["margin"].values())}
        values = tuple(changed.values())
        assert self.of(self.world.market.registry, "setPolicy", values, sender=DEPLOYER) == ""

    def drawn(self, role: str) -> tuple[Any, ...]:
        """Return a call that a user can make, drawn without touching the walk's own numbers."""
        kept, self.world.random = self.world.random, self.random
        try:
            return draw(self.world, role)
        finally:
            self.world.random = kept

    def look(self) -> Look:
        """Return the venue as it is now."""
        return self.observer.look()

    def wealth(self, who: str, holder: Holder | None) -> dict[int, int]:
        """Return what somebody has of each token, in wallet and venue, finer than either unit."""
        found = {}
        for token, (evm, wei) in self.observer.units.items():
            erc20 = self.world.market.erc20[token]
            found[token] = int(erc20("balanceOf", who)) * wei
            if holder is not None:
                found[token] += holder.net(token) * evm
                for asset, lone in holder.isolated.items():
                    unit = wei // 10**6 * (self.observer.perp_dex[asset] == token)
                    found[token] += lone["equity"] * unit * evm
        return found


def round_trips_never_profit(t: Trial) -> Verdicts:
    """Who undoes a call has no more of any token than before. SPEC IN-24."""
    role = t.random.choice(WALLETS)
    drawn = [t.drawn(role) for _ in range(6)]
    function, *args = next((d for d in drawn if d[0] in BACK), drawn[0])
    back = BACK.get(function)
    if back is None:
        return
    before = t.wealth(role, t.look().holders.get(role))
    if function == "borrow":
        t.fund(role, args[0], min(args[1], 2**100))
        before = t.wealth(role, t.look().holders.get(role))
    if t.call(function, *args, sender=role):
        return
    if t.call(*back(role, args), sender=role):
        return
    after = t.wealth(role, t.look().holders[role])
    for token, had in before.items():
        yield (
            after[token] <= had,
            f"{role} gained {after[token] - had} by {function}{args} and back",
        )


BACK: dict[str, Callable[[str, list[Any]], tuple[Any, ...]]] = {
    "deposit": lambda role, args: ("withdraw", args[0], args[1], role),
    "supply": lambda role, args: ("withdraw", args[0], args[1], role),
    "withdraw": lambda role, args: ("deposit", args[0], args[1], role),
    "borrow": lambda role, args: ("repay", args[0], EVERYTHING, role),
    "order": lambda role, args: ("order", args[0], not args[1], *_limit(args), args[3], False),
    "transferPerp": lambda role, args: ("transferPerp", args[0], args[1], not args[2]),
}
"""What undoes a call."""


def _limit(args: list[Any]) -> tuple[int]:
    return (0 if args[1] else 2**64 - 1,)


def repaying_and_leaving_stay_open(t: Trial) -> Verdicts:
    """Anybody repays in full and leaves without debt, whatever is paused or old. SPEC IN-25."""
    role = t.random.choice(WALLETS)
    t.of(t.world.market.registry, "pause", ALL_PAUSES, sender=KEEPER)
    t.set_policy(maxPriceAge=1, maxLiquidationPriceAge=1)
    t.world.market.evm.warp(HOUR)
    holder = t.look().holders.get(role)
    # Not everybody has come by yet.
    if holder is None:
        return
    for token, (_, _, borrowed) in holder.owned.items():
        if borrowed:
            t.fund(role, token, borrowed)
            refused = t.call("repay", token, EVERYTHING, role, sender=role)
            # The sweep after another repayment may have repaid this one, too.
            yield refused in {"", "NoDebt"}, f"{role} cannot repay token {token}: {refused}"
    holder = t.look().holders[role]
    owed = {token: o[2] for token, o in holder.owned.items() if o[2]}
    yield not owed, f"{role} still owes {owed}"
    flat = not holder.account["perps"] and all(usd >= 0 for usd in holder.raw_usd.values())
    if holder.state["mode"] != STANDARD and not flat:
        return
    for token, (idle, supplied, _) in holder.owned.items():
        evm, wei = t.observer.units[token]
        if (idle + supplied) * evm >= wei:
            refused = t.call("withdraw", token, EVERYTHING, role, sender=role)
            # Where the house has lost more than it had, not everybody can be paid.
            short = t.look().holdings[token] < idle + supplied
            yield (
                refused in {"", *LEAVING} or short,
                f"{role} cannot take out {token}: {refused}",
            )


def sweeping_twice_is_sweeping_once(t: Trial) -> Verdicts:
    """A sweep changes no net total, and a second one does nothing. SPEC IN-26."""
    role = t.random.choice(USERS)
    looks = [t.look()]
    # Not everybody has come by yet.
    if role not in looks[0].holders:
        return
    for _ in range(2):
        refused = t.call("sweep", role, sender=KEEPER)
        yield refused == "", f"{role} cannot be swept: {refused}"
        looks.append(t.look())
    before, once, twice = (look.holders[role] for look in looks)
    for token in before.tokens:
        lost = before.net(token) - once.net(token)
        yield 0 <= lost <= ROUNDING, f"a sweep of {role} lost {lost} of token {token}"
        # A dex takes whole units, so less than one may stay idle until the next sweep.
        moved = abs(once.balances[token]["idle"] - twice.balances[token]["idle"])
        unit = t.observer.units[token][1] // 10**6
        yield moved < unit, f"a second sweep of {role} moved {moved} of token {token}"
    yield once.raw_usd == twice.raw_usd, f"a second sweep of {role} moved equity"


def liquidation_comes_to_an_end(t: Trial) -> Verdicts:
    """Steps follow each other until nothing is left to liquidate. SPEC IN-27."""
    users = [holder.who for holder in t.look().users if holder.liquidatable]
    if not users:
        return
    who = t.random.choice(users)
    t.of(t.world.market.registry, "unpause", ALL_PAUSES, sender=DEPLOYER)
    stop_waiting(t)
    refused = ""
    for _ in range(MOST_STEPS):
        if refused not in {"", "StepTooEarly"} or not t.look().holders[who].liquidatable:
            break
        refused = t.call("liquidate", who, sender=KEEPER)
        t.world.market.evm.warp(3)
    holder = t.look().holders[who]
    left = refused == "NothingToLiquidate" and left_for_its_health(t.policy(), holder)
    yield not holder.liquidatable or left, f"{who}: {refused or 'still liquidatable'}"
    if refused and holder.state["mode"] == PORTFOLIO_MARGIN:
        yield not holder.account["perps"], f"{who} is left with positions"


def stop_waiting(t: Trial) -> None:
    """Let steps be of some size, rewarded or not, and prices as old as they are."""
    policy = t.policy()
    t.set_policy(
        rewardPpm=t.random.choice((0, 50_000)),
        debtStep=max(policy["debtStep"], LEAST_STEP),
        maxLiquidationPriceAge=YEARS,
    )
    registry = t.world.market.registry
    for token, p in t.observer.params.items():
        if p["ltvBps"]:
            t.of(registry, "setLiquidationWidth", token, 0, sender=DEPLOYER)


def left_for_its_health(policy: dict[str, Any], holder: Holder) -> bool:
    """Return whether debt may be left alone: a cap makes it too much. SPEC LQ-03."""
    assert holder.margin is not None
    return bool(policy["debtStepNeedsLowHealth"]) and holder.margin["healthFactor"] >= WAD
