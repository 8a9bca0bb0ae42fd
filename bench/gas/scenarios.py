"""What is measured: names, what each one is, and the goals; one place for code, table and tests."""

from __future__ import annotations

from dataclasses import dataclass

PROTOCOLS = ("pmkit", "morpho_blue", "aave_v3")
COLLATERAL_COUNTS = (1, 2, 4, 8, 12)
PERP_COUNTS = (1, 4, 16, 32)
LARGEST_TOKENS, LARGEST_PERPS = 12, 32
LARGEST_DEBTS = 2
"""Tokens that the largest account owes; the others are its collateral."""
FURTHER = (1, 10)
"""The numbers of collaterals between which the cost of a further one is measured."""
BATCHES = (2, 6)
"""The sizes of batch between which the cost of a further account is measured."""
LIQUIDATION_LIMIT = 1_500_000
"""Half of a small block of HyperEVM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One line of the bench."""

    name: str
    what: str
    """What the transaction does; where the protocols differ, each one's own action."""
    goal: int | None = None
    """The most gas that pmkit wants to use."""


SCENARIOS = (
    Scenario(name="supply", what="a lender supplies more of the lent token", goal=85_000),
    Scenario(name="borrow", what="a borrower borrows more, one collateral, one debt", goal=95_000),
    Scenario(name="repay", what="a borrower repays a part from its wallet", goal=85_000),
    Scenario(name="withdraw", what="a lender takes a part out"),
    Scenario(
        name="liquidate",
        what="a part of the debt for a part of the one collateral; pmkit: the debt leg",
        goal=150_000,
    ),
    Scenario(
        name="liquidate_largest",
        what=f"the dearest call on {LARGEST_TOKENS} tokens, none collateral and lent, "
        f"and {LARGEST_PERPS} perps",
        goal=LIQUIDATION_LIMIT,
    ),
    Scenario(
        name="per_further_asset",
        what=f"borrow, for each collateral from {FURTHER[0]} to {FURTHER[1]}",
        goal=8_000,
    ),
    Scenario(
        name="batch_marginal",
        what=f"a batch of liquidations, for each account from {BATCHES[0]} to {BATCHES[1]}",
        goal=85_000,
    ),
    Scenario(
        name="lens_per_account",
        what="the lens, for each account with a collateral, a debt and a perp",
        goal=45_000,
    ),
    Scenario(name="lens_per_report", what="the same accounts, their finished figures"),
    Scenario(name="accrue", what="a reserve's interest is stored, nothing else"),
    Scenario(name="first_supply", what="supply of an account that was never seen"),
    Scenario(name="first_borrow", what="the first debt of an account"),
    Scenario(name="first_liquidate", what="the first liquidation of an account"),
    *(
        Scenario(name=f"{name}_with_fee", what=f"{name}, a tenth of the interest kept by the pool")
        for name in ("supply", "borrow", "repay", "liquidate")
    ),
    Scenario(name="supply_within_hour", what="supply, not the first of its hour"),
    Scenario(name="supply_standard", what="supply of an account without portfolio margin"),
    Scenario(name="supply_collateral", what="a borrower adds to its collateral"),
    Scenario(name="withdraw_collateral", what="a borrower takes collateral out"),
    Scenario(name="liquidate_as_taker", what="a debt-leg step, taken by the caller"),
    Scenario(name="liquidate_takeover", what="all debt for all of the one collateral"),
    Scenario(name="liquidate_perp", what="one position closes, beside one collateral"),
    Scenario(name="deposit", what="wallet to account, swept to the pool"),
    Scenario(name="sweep", what="perp equity over its margin is supplied"),
    Scenario(name="order_perp", what="a position grows; the maker holds 14 tokens"),
    Scenario(name="order_spot", what="collateral is bought with new debt"),
    Scenario(
        name="check_per_further_collateral",
        what=f"the account check, for each collateral from {COLLATERAL_COUNTS[0]}"
        f" to {COLLATERAL_COUNTS[-1]}",
        goal=8_000,
    ),
    Scenario(
        name="check_per_further_perp",
        what=f"the account check, for each perp from {PERP_COUNTS[0]} to {PERP_COUNTS[-1]}",
        goal=8_000,
    ),
    *(
        Scenario(
            name=f"check_{n}_collaterals",
            what=f"the account check as a transaction, collaterals: {n}, debts: 1",
        )
        for n in COLLATERAL_COUNTS
    ),
    *(
        Scenario(
            name=f"check_{n}_perps",
            what=f"the account check as a transaction, perps: {n}, collaterals: 1, debts: 1",
        )
        for n in PERP_COUNTS
    ),
    Scenario(
        name="largest_perp",
        what="the largest account: one position closes",
        goal=LIQUIDATION_LIMIT,
    ),
    Scenario(
        name="largest_perp_takeover",
        what="the largest account: all positions pass to the backstop",
        goal=LIQUIDATION_LIMIT,
    ),
    Scenario(
        name="largest_debt_partial",
        what="the largest account: a step of all debts for all collaterals",
        goal=LIQUIDATION_LIMIT,
    ),
    Scenario(
        name="largest_debt_partial_lent",
        what="the same where all its collaterals are lent, of which the venue lends none",
        goal=LIQUIDATION_LIMIT,
    ),
    Scenario(
        name="largest_debt_full",
        what="the largest account, its perps taken: all debts for all collaterals",
        goal=LIQUIDATION_LIMIT,
    ),
)

NAMES = tuple(scenario.name for scenario in SCENARIOS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A figure that there is none of, and why."""

    why: str


Figures = dict[str, int | Missing]
"""By scenario: gas, or why there is none."""


def complete(figures: Figures, why: str) -> Figures:
    """Return the figures in the order of the scenarios, with a reason for those not measured."""
    unknown = sorted(set(figures) - set(NAMES))
    assert not unknown, f"no scenario is called {', '.join(unknown)}"
    return {name: figures.get(name, Missing(why=why)) for name in NAMES}


def check_slope(figures: Figures, kind: str, counts: tuple[int, ...]) -> int:
    """Return what each further one of a kind adds to the account check, from measured checks."""
    least, most = (figures[f"check_{n}_{kind}"] for n in (counts[0], counts[-1]))
    assert isinstance(least, int)
    assert isinstance(most, int)
    return slope(least, most, (counts[0], counts[-1]))


def slope(least: int, most: int, span: tuple[int, int]) -> int:
    """Return the gas of each further one between two sizes, to the next whole number."""
    first, last = span
    return -(-(most - least) // (last - first))
