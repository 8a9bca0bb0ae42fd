"""Ring four: random actions on the real contracts, judged after each one by what was read back.

Every action may be refused by name, never by a panic. After it the account as read from the venue
has, in Python, the margin that the venue itself reports, both as stored and as if swept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from support.evm import Reverted
from support.twins import account_of, margin_tuple, shape, unnamed
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    USDC,
    USDT0,
    WAD,
    WEI_DECIMALS,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, WideMarket

from pmkit.margin import account_margin
from pmkit.model import Account, Mode
from pmkit.sweep import swept

ROLES = (SUPPLIER, BORROWER, TRADER, KEEPER)
TOKENS = (USDC, HYPE, UBTC, USDT0)
PRICE_USD = {USDC: 1, HYPE: 50, UBTC: 100_000, USDT0: 1}
PERPS = (BTC_PERP, HYPE_PERP, GOLD_PERP)
SPOT = (10_107, 10_142, 10_166)
LOT_USD = {BTC_PERP: 1, HYPE_PERP: 0.5, GOLD_PERP: 0.4, 10_107: 0.5, 10_142: 1, 10_166: 0.01}
RISK_ADDING = {"withdraw", "borrow", "order", "setLeverage", "spotSend", "transferPerp"}


@dataclass
class Run:
    """One sequence of actions: the market, what is drawn, and how often each outcome came up."""

    seed: int
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - reproducible inputs, not secrets
        self.market = WideMarket.drawn(self.random)
        self.drift = self.random.choice((60, 80, 90, 100, 115, 140))
        for role in ROLES:
            for token in TOKENS:
                self.market.fund(
                    role, token, self.random.choice((3, 50)) * self.worth(token, 10**6)
                )
            if self.random.random() < 0.8:
                self.market.venue("setMode", PORTFOLIO_MARGIN, sender=role)
                brought = [self.random.choice((HYPE, UBTC)), self.random.choice(TOKENS)]
            else:
                brought = [USDC, self.random.choice(TOKENS)]
            for token in brought:
                amount = self.worth(token, self.random.randint(10**4, 10**6))
                self.market.venue("deposit", token, amount, role, sender=role)

    def worth(self, token: int, dollars: int) -> int:
        """Return token wei worth so many dollars, not always round."""
        one = 10 ** WEI_DECIMALS[token]
        return dollars * one // PRICE_USD[token] + self.random.choice((0, 0, 1, 37, 99))

    def means(self, role: str) -> int:
        """Return about what a role can borrow in dollars, or a sum when it can borrow nothing."""
        power = int(self.market.margin(role)["borrowPower"]) // WAD
        return max(power, 10_000)

    def amount(self, role: str, token: int) -> int:
        """Return an amount of the size of a role's means, or one of the edges."""
        percent = self.random.choice((1, 10, 50, 90, 99, 100, 130))
        edge = self.random.random() < 0.12
        if edge:
            return self.random.choice((0, 1, 99, 100, 2**128, EVERYTHING, EVERYTHING))
        return self.worth(token, self.means(role) * percent // 100) // 100 * 100

    def size(self, role: str, asset: int) -> int:
        """Return the size of an order, up to ten times a role's means."""
        percent = self.random.choice((1, 20, 100, 300, 1_000))
        dollars = self.means(role) * percent // 100
        if self.random.random() < 0.1:
            return self.random.choice((0, 1, 2**63))
        return max(1, int(dollars / LOT_USD[asset]))

    def step(self) -> None:
        """Let something happen: time, prices, or an action of somebody."""
        random = self.random
        kind = random.random()
        if kind < 0.10:
            self.market.evm.warp(random.choice((1, 3, 30, 3_600, 30 * 86_400)))
            if random.random() < 0.5:
                self.market.report()
        elif kind < 0.28:
            self.market.move(random, self.drift)
        elif kind < 0.40:
            self.act(KEEPER, ("liquidate", (self.weakest(),)))
        else:
            role = random.choice(ROLES)
            self.act(role, self.action(role))

    def weakest(self) -> str:
        """Return the role whose ratio is highest."""
        return max(ROLES, key=lambda role: int(self.market.margin(role)["ratio"]))

    def act(self, role: str, action: tuple[str, tuple[Any, ...]]) -> None:
        """Let a role act, and check what the action left."""
        function, args = action
        before = self.read(role)
        try:
            self.market.venue(function, *args, sender=role)
        except Reverted as refused:
            self.count(f"{function}: {refused.name}")
            if refused.name == "Panic":
                pytest.fail(self.story(f"{function}{args} by {role}: {refused}"))
            return
        self.count(f"{function}: done")
        after = self.check(role, f"after {function}{args} by {role}")
        if function == "liquidate":
            self.check(args[0], f"after {function}{args}")
            self.check(BACKSTOP, f"after {function}{args}")
        if after.liquidatable and function in RISK_ADDING:
            assert self.adds_no_risk(action, role, before), self.story(
                f"{function}{args} by {role} left the account liquidatable"
            )

    def adds_no_risk(self, action: tuple[str, tuple[Any, ...]], role: str, before: Account) -> bool:
        """Return whether an action on a liquidatable account is one that it may take all the same.

        An order may only make positions smaller. What backs no perps leaves a standard account
        (SPEC BL-11), and may go into a dex.
        """
        function, args = action
        if function == "setLeverage":
            return not before.perps or account_margin(swept(before)).liquidatable
        if not account_margin(swept(before)).liquidatable:
            return False
        if function in ("withdraw", "spotSend"):
            return before.mode is Mode.STANDARD
        if function == "transferPerp":
            return bool(args[2])
        if function != "order":
            return False
        sizes = {p.asset: p.szi for p in self.read(role).perps}
        return all(abs(sizes.get(p.asset, 0)) <= abs(p.szi) for p in before.perps)

    def action(self, role: str) -> tuple[str, tuple[Any, ...]]:
        """Draw an action."""
        random = self.random
        token = random.choice(TOKENS)
        other = random.choice((*ROLES, INSURANCE))
        kind = random.choices(
            (
                "deposit",
                "supply",
                "withdraw",
                "borrow",
                "repay",
                "order",
                "spotSend",
                "transferPerp",
                "setMode",
                "setLeverage",
                "sweep",
                "liquidate",
                "accrue",
            ),
            (2, 2, 4, 8, 4, 20, 2, 2, 1, 2, 2, 2, 1),
        )[0]
        if kind == "repay":
            owed = [t.token for t in self.read(role).tokens if t.borrowed != 0] or [token]
            token = random.choice(owed)
        if kind in ("deposit", "supply", "repay"):
            return kind, (token, self.amount(role, token), random.choice((role, role, other)))
        if kind == "withdraw":
            return kind, (token, self.amount(role, token), role)
        if kind == "borrow":
            token = random.choice((USDC, USDC, USDT0, HYPE))
            return kind, (token, self.amount(role, token))
        if kind == "order":
            asset = random.choice(PERPS * 3 + SPOT)
            is_buy = random.random() < 0.5
            limit = 2**64 - 1 if is_buy else 0
            return kind, (asset, is_buy, limit, self.size(role, asset), random.random() < 0.1)
        if kind == "spotSend":
            return kind, (other, token, self.amount(role, token))
        if kind == "transferPerp":
            dollars = random.choice((0, 1, 10**6, 10 ** random.randint(6, 12)))
            return kind, (random.choice((0, GOLD_DEX)), dollars, random.random() < 0.6)
        if kind == "setMode":
            return kind, (random.randrange(3),)
        if kind == "setLeverage":
            return kind, (random.choice(PERPS), random.choice((0, 1, 3, 10, 20, 40, 255)))
        if kind == "accrue":
            return kind, (token,)
        return kind, (random.choice((role, other)),)

    def read(self, role: str) -> Account:
        """Return an account as Python has it."""
        return account_of(self.market.account(role))

    def check(self, role: str, when: str) -> Any:
        """Require that both languages see the same margin, and that nothing was lost."""
        account = self.read(role)
        as_swept = account_margin(swept(account))
        chain = unnamed(self.market.venue("storedMarginOf", role))
        assert shape(chain) == shape(margin_tuple(account_margin(account))), self.story(when)
        chain = unnamed(self.market.venue("marginOf", role))
        assert shape(chain) == shape(margin_tuple(as_swept)), self.story(when)
        self.market.require_conserved()
        self.count(f"health {int(as_swept.health)}")
        return as_swept

    def sweep_twice(self, role: str) -> None:
        """Require that a sweep changes no net total, and that a second one does nothing."""
        venue = self.market.venue
        before = account_margin(self.read(role))
        venue("sweep", role, sender=KEEPER)
        once = self.read(role)
        for was, now in zip(before.tokens, account_margin(once).tokens, strict=True):
            # Each pool operation rounds against the account, by less than a wei each.
            assert 0 <= was.net_total - now.net_total <= 2, self.story(f"sweep of {role}")
        venue("sweep", role, sender=KEEPER)
        twice = self.read(role)
        for first, second in zip(once.tokens, twice.tokens, strict=True):
            # A dex takes whole millionths, so less than that may stay idle until the next sweep.
            assert abs(first.idle - second.idle) < 10 ** (first.wei_decimals - 6), self.story(role)
        assert once.dexes == twice.dexes, self.story(f"second sweep of {role}")
        self.market.require_conserved()

    def count(self, outcome: str) -> None:
        """Count an outcome."""
        self.seen[outcome] = self.seen.get(outcome, 0) + 1

    def story(self, what: str) -> str:
        """Return a message that allows to run the sequence again."""
        return f"seed {self.seed}, action {self.market.evm.actions}: {what}"


def run(seeds: range, steps: int) -> dict[str, int]:
    """Run sequences; return how often each outcome came up."""
    seen: dict[str, int] = {}
    for seed in seeds:
        sequence = Run(seed, seen)
        for _ in range(steps):
            sequence.step()
        for role in ROLES:
            sequence.sweep_twice(role)
    return seen


@pytest.mark.parametrize("first", range(0, 300, 75))
def test_actions_random_sequences_agree_with_python(first: int) -> None:
    seen = run(range(first, first + 75), 30)
    # The generator reaches every state of an account; otherwise agreement says little.
    assert all(seen.get(f"health {h}", 0) > 0 for h in range(4)), seen
    assert seen.get("liquidate: done", 0) > 0, seen


@pytest.mark.deep
@pytest.mark.parametrize("first", range(100_000, 110_000, 500))
def test_actions_many_random_sequences_agree_with_python(first: int) -> None:
    run(range(first, first + 500), 60)
