"""Borrowers against HYPE, a crash, and a keeper that liquidates whoever crossed the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.demo.conservation import TokenLedger, ledgers
from pmkit.errors import Mismatch
from pmkit.margin import account_margin
from pmkit.model import AccountMargin, Health, Mode
from pmkit.sweep import swept

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.chain.catalogue import ListedPair
    from pmkit.chain.sender import Receipt
    from pmkit.demo.stage import Stage

COIN, QUOTE = "HYPE", "USDC"
START, CRASH = 50, 29
"""USD of HYPE before and after."""
HELD = 10_000
"""HYPE that each borrower begins with."""
DAYS_OF_INTEREST = 30
STEP_SECONDS = 3
MOST_ROUNDS = 40
"""Rounds after which a keeper that cures nobody is called broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """Who borrows how much."""

    name: str
    bought: int
    """HYPE bought with borrowed USDC, on top of what was held."""


BORROWERS = (
    Borrower(name="cautious", bought=4_000),
    Borrower(name="bold", bought=9_200),
    Borrower(name="reckless", bought=11_500),
    Borrower(name="doomed", bought=18_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A borrower's figures at one moment; USD values and ratios WAD."""

    name: str
    account: str
    gross_debt: int
    takeover_value: int
    health_factor: int
    ratio: int
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One liquidation step, as its events tell it."""

    name: str
    tx_hash: str
    gas_used: int
    leg: str
    debt: int
    """Quote wei that left the account."""
    collateral: int
    """Wei of the coin's token that left with it."""
    px: int
    """What the debt that left paid for each coin, spot grid, rounded down."""
    loss: int
    """Quote wei of the debt that the collateral did not cover."""
    from_buffer: int
    from_insurance: int
    deficit: int
    liquidatable: bool
    """Whether the account still was, after the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """What the crash did."""

    before: tuple[Standing, ...]
    crashed: tuple[Standing, ...]
    steps: tuple[Taken, ...]
    after: tuple[Standing, ...]
    ledgers: tuple[TokenLedger, ...]
    quote_decimals: int
    coin_decimals: int
    coin_px_decimals: int


def run(stage: Stage, told: Callable[[str], None]) -> Crash:
    """Open the borrowers' accounts, let the price fall, and let the keeper work.

    Raises Mismatch when chain and Python differ, when the keeper cures nobody, or when the venue
    holds something else than it owes.
    """
    listing = stage.reader.listing
    perp, pair = listing.perp(COIN), stage.pair_of(COIN)
    grid: int = 10**perp.px_decimals
    stage.set_marks({COIN: START * grid})
    people = {stage.person(b.name): b.name for b in BORROWERS}
    for borrower, account in zip(BORROWERS, people, strict=True):
        told(f"{borrower.name}: holds {HELD:,} {COIN}, buys {borrower.bought:,} more on credit")
        stage.local.credit(account, COIN, HELD * 10**pair.base.wei_decimals)
        sender = stage.sender(account)
        sender.set_mode(Mode.PORTFOLIO_MARGIN)
        lots = borrower.bought * 10**pair.base.sz_decimals
        sender.order(pair.asset, is_buy=True, limit_px=START * 10**pair.px_decimals, sz=lots)
    told(f"{DAYS_OF_INTEREST} days of interest")
    stage.local.warp(DAYS_OF_INTEREST * 86_400)
    before = standings(stage, people)

    told(f"{COIN} falls from {START} to {CRASH}")
    stage.set_marks({COIN: CRASH * grid})
    crashed = standings(stage, people)
    steps = keep(stage, people, told)
    told("adding up what everybody holds and owes")
    books = ledgers(stage.reader)
    for book in books:
        if book.uncovered:
            what = f"{book.name} owed by accounts below zero"
            raise Mismatch(where="crash", what=what, chain=book.uncovered, other=0)
        if not book.balanced:
            raise Mismatch(
                where="crash",
                what=f"conservation of {book.name}",
                chain=book.holdings,
                other=book.holdings - book.dust,
            )
    return Crash(
        before=before,
        crashed=crashed,
        steps=steps,
        after=standings(stage, people),
        ledgers=books,
        quote_decimals=pair.quote.wei_decimals,
        coin_decimals=pair.base.wei_decimals,
        coin_px_decimals=pair.px_decimals,
    )


def judged(stage: Stage, account: str) -> AccountMargin:
    """Return an account's figures, computed here. Raises Mismatch when the chain's differ."""
    here = stage.reader.pinned()
    python = account_margin(swept(here.account(account)))
    chain = here.margin(account)
    if python != chain:
        raise Mismatch(
            where="crash", what=f"margin of {account}", chain=chain.ratio, other=python.ratio
        )
    return python


def standings(stage: Stage, people: dict[str, str]) -> tuple[Standing, ...]:
    """Return every borrower's figures now."""
    found: list[Standing] = []
    for account, name in people.items():
        margin = judged(stage, account)
        found.append(
            Standing(
                name=name,
                account=account,
                gross_debt=margin.gross_debt,
                takeover_value=margin.takeover_value,
                health_factor=margin.health_factor,
                ratio=margin.ratio,
                health=margin.health,
            )
        )
    return tuple(found)


def keep(stage: Stage, people: dict[str, str], told: Callable[[str], None]) -> tuple[Taken, ...]:
    """Look at every account the venue knows, liquidate who crossed, until nobody is left over."""
    keeper, pair = stage.sender("keeper"), stage.pair_of(COIN)
    parties = {stage.local.account(role) for role in ("maker", "backstop", "insurance")}
    steps: list[Taken] = []
    for _ in range(MOST_ROUNDS):
        watched = [a for a in stage.reader.accounts() if a not in parties]
        over = [a for a in watched if judged(stage, a).liquidatable]
        if not over:
            return tuple(steps)
        for account in over:
            name = people.get(account, account)
            receipt = keeper.liquidate(account)
            steps.append(taken(name, receipt, pair))
            told(f"{name}: {steps[-1].leg} step, {receipt.gas_used:,} gas")
        stage.local.warp(STEP_SECONDS)
    raise Mismatch(where="crash", what="accounts still liquidatable", chain=len(over), other=0)


def taken(name: str, receipt: Receipt, pair: ListedPair) -> Taken:
    """Return a step from its events."""
    outcome = receipt.event("Liquidated").values
    debts = [e.values for e in receipt.events if e.name == "DebtTaken"]
    collateral = [e.values for e in receipt.events if e.name == "CollateralTaken"]
    debt, loss = sum(d["amount"] for d in debts), sum(d["loss"] for d in debts)
    coins = sum(c["amount"] for c in collateral)
    scale: int = 10 ** (pair.base.wei_decimals + pair.px_decimals)
    covered = [e.values for e in receipt.events if e.name == "LossCovered"]
    return Taken(
        name=name,
        tx_hash=receipt.tx_hash,
        gas_used=receipt.gas_used,
        leg=("partial", "full", "perp", "takeover", "settle")[outcome["leg"]],
        debt=debt,
        collateral=coins,
        px=(debt - loss) * scale // (coins * int(10**pair.quote.wei_decimals)) if coins else 0,
        loss=loss,
        from_buffer=sum(c["buffer"] for c in covered),
        from_insurance=sum(c["insurance"] for c in covered),
        deficit=sum(c["deficit"] for c in covered),
        liquidatable=outcome["liquidatable"],
    )
