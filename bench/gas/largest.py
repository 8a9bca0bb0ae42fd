"""The largest account: every kind of liquidation step, the backstop as full as the account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bench.gas.accounts import Stand, require_leg
from bench.gas.ground import DAY
from bench.gas.market import DEBTS, bench_params, collaterals
from bench.gas.scenarios import LARGEST_DEBTS, LARGEST_PERPS, LARGEST_TOKENS
from pmkit.chain.contracts import call_of
from pmkit.errors import VenueError
from pmkit.model import Mode
from pmkit.units import UINT128_MAX
from pmkit.venue.records import Leg

if TYPE_CHECKING:
    from pmkit.chain.sender import Sender

COLLATERAL_USD = 100_000
"""USD of each collateral."""
BOUGHT_USD = 500_000
"""USD of the first collateral that is bought on debt besides."""
SECOND_DEBT_USD = 12_000
POSITION_USD = 10_000
LENT_USD = 1_000
"""USD of each collateral that somebody borrows where they are lent."""
FIRST_FALL, LEAST_FALL, FALL_STEP = 700, 200, 5
"""Thousandths of the first prices between which the price is sought that calls for a leg."""


def measure_largest(s: Stand) -> dict[str, int]:
    """Return the gas of each kind of step on the largest account.

    Another like it was taken over before, so that the backstop has all of its tokens and positions,
    and the account itself has had steps of its own where one can follow another.
    """
    # Funding has run before anybody opens a position, as on every chain but a new one.
    s.local.warp(DAY)
    s.fall(Decimal(1))
    other, account = largest_account(s, "other"), largest_account(s, "largest")
    require_largest(s, account)
    take_over(s, other)
    take(s, other, Leg.DEBT_FULL)
    s.fall(Decimal(1))
    figures = {}
    for name, leg in (("perp", Leg.PERP), ("debt_partial", Leg.DEBT_PARTIAL)):
        with s.local.scratch():
            take(s, account, leg)
            figures[f"largest_{name}"] = take(s, account, leg)
    with s.local.scratch():
        lend(s, *held())
        take(s, account, Leg.DEBT_PARTIAL)
        figures["largest_debt_partial_lent"] = take(s, account, Leg.DEBT_PARTIAL)
    figures["largest_perp_takeover"] = take_over(s, account)
    figures["largest_debt_full"] = take(s, account, Leg.DEBT_FULL)
    return figures


def held() -> tuple[str, ...]:
    """Return the collaterals of the largest account."""
    return collaterals()[: LARGEST_TOKENS - LARGEST_DEBTS]


def lend(s: Stand, *tokens: str) -> None:
    """Make tokens borrowable, and let somebody with another collateral borrow some of each."""
    params, registry, other = bench_params(), s.local.deployment.registry, collaterals()[-1]
    assert other not in tokens
    borrower = s.person("borrower of all", Mode.PORTFOLIO_MARGIN, other)
    s.do(borrower, borrower.actions.deposit(other, s.worth(other, 50 * LENT_USD * len(tokens))))
    for token in tokens:
        listed = params.token(token)
        for change in (
            ("setTokenFactors", listed.id, listed.ltv_bps, True),
            ("setTokenCaps", listed.id, *(UINT128_MAX,) * 4),
        ):
            data = call_of("CollateralRegistry", registry, *change).data
            s.ground.send(s.local.account("admin"), registry, data)
        s.do(borrower, borrower.actions.borrow(token, s.worth(token, LENT_USD)))


def take_over(s: Stand, account: Sender) -> int:
    """Let the backstop take all positions, step by step; return the gas of the dearest step."""
    gas = 0
    while s.reader.account(account.address).perps:
        gas = max(gas, take(s, account, Leg.PERP_TAKEOVER))
    return gas


def take(s: Stand, account: Sender, leg: Leg) -> int:
    """Let prices fall and a day pass, take a step on an account, and return the gas it used."""
    s.fall(fall_for(s, account, leg))
    s.local.warp(DAY)
    return require_leg(s.local.sender("keeper").liquidate(account.address), leg).gas_used


def largest_account(s: Stand, name: str) -> Sender:
    """Return an account with as many tokens and positions as the bench calls the largest."""
    tokens = held()
    account = s.person(name, Mode.PORTFOLIO_MARGIN, *tokens)
    for token in tokens:
        s.do(account, account.actions.deposit(token, s.worth(token, COLLATERAL_USD)))
    perps = s.reader.listing.perps
    # Long and short, so that a fall of all prices leaves them worth what they were.
    for i, perp in enumerate(perps[:LARGEST_PERPS]):
        s.do(account, s.perp(account, perp.name, POSITION_USD, is_buy=i % 2 == 0))
    second = DEBTS[1]
    s.do(account, account.actions.borrow(second, s.worth(second, SECOND_DEBT_USD)))
    s.do(account, s.trade(account, second, SECOND_DEBT_USD, is_buy=False))
    s.do(account, s.trade(account, tokens[0], BOUGHT_USD))
    return account


def require_largest(s: Stand, account: Sender) -> None:
    """Fail unless the account has what the bench calls the largest."""
    view = s.reader.account(account.address)
    found = len(view.tokens), len(view.perps), sum(t.borrowed > 0 for t in view.tokens)
    wanted = LARGEST_TOKENS, LARGEST_PERPS, LARGEST_DEBTS
    assert found == wanted, f"tokens, perps and debts are {found}, required {wanted}"


def fall_for(s: Stand, account: Sender, leg: Leg) -> Decimal:
    """Return the least fall of all prices after which the next step on an account takes a leg."""
    keeper = s.local.sender("keeper")
    for thousandths in range(FIRST_FALL, LEAST_FALL, -FALL_STEP):
        factor = Decimal(thousandths).scaleb(-3)
        with s.local.scratch():
            s.fall(factor)
            try:
                simulated = keeper.simulate(keeper.actions.liquidate(account.address))
            except VenueError:
                continue
        events = simulated.events or ()
        if any(e.name == "Liquidated" and e.values["leg"] == leg for e in events):
            return factor
    raise AssertionError(f"no fall of prices leads to the leg {leg.name}")
