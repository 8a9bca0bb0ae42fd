"""The carry trade: 1 BTC spot against a short of 1 BTC, and the same short on its own margin.

The lone short is an isolated position with 10,000 USDC of margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import Mismatch
from pmkit.margin import account_margin, dex_margin
from pmkit.model import AccountMargin, Health
from pmkit.policy import Reading
from pmkit.sweep import swept
from pmkit.units import PERP_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.chain.figures import IsolatedFigures
    from pmkit.chain.reader import Reader
    from pmkit.demo.stage import Stage

COIN, SPOT, QUOTE = "BTC", "UBTC", "USDC"
ENTRY = 100_000
LEVERAGE = 10
STOPS = (50_000, 100_000, 150_000, 200_000)
"""USD at which the account is looked at on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The account at one price; token wei of the quote unless said."""

    mark: int
    net_total: int
    perp_equity: int
    """1e-6 USD."""
    borrowed: int
    supplied: int
    health_factor: int
    """WAD; INFINITE without debt."""
    ratio: int
    """WAD, the chain's."""
    python_ratio: int
    liquidatable: bool
    health: Health
    alone_equity: int
    """What the short with its own margin has, or has left for its account, 1e-6 USD."""
    alone_health: Health | None
    """Its state; None once its position is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """The whole trade."""

    stops: tuple[Stop, ...]
    px_decimals: int
    first_liquidatable: int
    """First mark on the grid at which the account is liquidatable."""
    first_liquidatable_docs: int
    """The same under the reading `docs`."""
    alone_liquidation_px: int
    """Liquidation price of the same short on 10,000 USDC of its own, 1e-10 USD."""
    alone_first_liquidatable: int
    """First mark on the grid at which the chain would liquidate it."""
    alone_steps: tuple[int, ...]
    """Marks on the way up at which the keeper liquidated it, until its position was gone."""


def run(stage: Stage, told: Callable[[str], None]) -> Carry:
    """Open the trade, walk the price, and find the marks at which it ends.

    Raises Mismatch when chain and Python differ.
    """
    perp = stage.reader.listing.perp(COIN)
    grid: int = 10**perp.px_decimals
    told(f"buying 1 {SPOT}, shorting 1 {COIN} at {ENTRY:,}")
    stage.set_marks({COIN: ENTRY * grid})
    trader = stage.sender("trader")
    token = stage.reader.listing.token(SPOT)
    trader.supply(SPOT, 10**token.wei_decimals)
    open_short(stage, "trader")

    alone = stage.sender("liquidator")
    alone.deposit(QUOTE, ENTRY // LEVERAGE * 10 ** stage.reader.listing.token(QUOTE).wei_decimals)
    alone.transfer_perp(0, ENTRY // LEVERAGE * 10**PERP_DECIMALS, to_perp=True)
    alone.set_isolated(perp.asset)
    open_short(stage, "liquidator")

    (opened,) = stage.reader.isolated(alone.address)
    alone_steps: tuple[int, ...] = ()
    stops: list[Stop] = []
    for px in STOPS:
        told(f"{COIN} at {px:,}")
        if px > ENTRY and not alone_steps:
            alone_steps = liquidate_alone(stage, alone.address, px * grid)
        stops.append(stop_at(stage, trader.address, alone.address, px * grid))
    told("looking for the mark that ends it")

    def is_over() -> bool:
        return stage.reader.margin(trader.address).liquidatable

    first = first_mark(stage, is_over, 200_000 * grid, 400_000 * grid)
    stops.append(stop_at(stage, trader.address, alone.address, first))
    stage.set_reading(Reading.DOCS)
    first_docs = first_mark(stage, is_over, 200_000 * grid, 400_000 * grid)
    stage.set_reading(Reading.RECORDED)
    return Carry(
        stops=tuple(stops),
        px_decimals=perp.px_decimals,
        first_liquidatable=first,
        first_liquidatable_docs=first_docs,
        alone_liquidation_px=opened.liquidation_px,
        alone_first_liquidatable=alone_steps[0],
        alone_steps=alone_steps,
    )


def open_short(stage: Stage, role: str) -> None:
    """Short one coin at the demo's leverage."""
    perp = stage.reader.listing.perp(COIN)
    sender = stage.sender(role)
    sender.set_leverage(perp.asset, LEVERAGE)
    sender.order(perp.asset, is_buy=False, limit_px=1, sz=10**perp.sz_decimals)


def liquidate_alone(stage: Stage, account: str, beyond: int) -> tuple[int, ...]:
    """Raise the price from the entry, liquidating at every mark that must be, and return those.

    Ends when the position is gone; raises Mismatch when it outlives the mark `beyond`.
    """
    # The search takes many blocks, whose interest the other account need not pay.
    with stage.local.scratch():
        steps = ends_of(stage, account, beyond)
    asset = stage.reader.listing.perp(COIN).asset
    for mark in steps:
        stage.set_marks({COIN: mark})
        stage.sender("keeper").liquidate_isolated(account, asset)
    return steps


def ends_of(stage: Stage, account: str, beyond: int) -> tuple[int, ...]:
    """Return the marks from the entry on at which liquidation takes the position, step by step."""
    keeper, steps = stage.sender("keeper"), []
    perp = stage.reader.listing.perp(COIN)
    mark = ENTRY * 10**perp.px_decimals

    def is_over() -> bool:
        return any(p.health is not Health.HEALTHY for p in lone_positions(stage.reader, account))

    while stage.reader.isolated(account):
        if not is_over():
            mark = first_mark(stage, is_over, mark, beyond)
        if mark == beyond:
            raise Mismatch(where="carry trade", what="the lone short's end", chain=mark, other=0)
        keeper.liquidate_isolated(account, perp.asset)
        steps.append(mark)
    return tuple(steps)


def stop_at(stage: Stage, account: str, alone: str, mark: int) -> Stop:
    """Move the price, let anybody sweep, and read both accounts at that block."""
    stage.set_marks({COIN: mark})
    receipt = stage.sender("keeper").sweep(account)
    here = stage.reader.at(receipt.block)
    stored = here.account(account)
    margin = here.margin(account)
    mine = both(chain=margin, python=account_margin(swept(stored)))
    left = both(chain=here.margin(alone), python=account_margin(swept(here.account(alone))))
    lone = lone_positions(here, alone)
    quote = here.listing.token(QUOTE).token
    i = next(i for i, t in enumerate(stored.tokens) if t.token == quote)
    return Stop(
        mark=mark,
        net_total=margin.tokens[i].net_total,
        perp_equity=sum(d.account_value for d in here.stored_margin(account).dexes),
        borrowed=stored.tokens[i].borrowed,
        supplied=stored.tokens[i].supplied,
        health_factor=margin.health_factor,
        ratio=margin.ratio,
        python_ratio=mine.ratio,
        liquidatable=margin.liquidatable,
        health=margin.health,
        alone_equity=sum(d.account_value for d in left.dexes) + sum(p.equity for p in lone),
        alone_health=lone[0].health if lone else None,
    )


def both(*, chain: AccountMargin, python: AccountMargin) -> AccountMargin:
    """Return Python's figures. Raises Mismatch unless every integer is the chain's."""
    if python != chain:
        raise Mismatch(where="carry trade", what="margin", chain=chain.ratio, other=python.ratio)
    return python


def lone_positions(reader: Reader, account: str) -> tuple[IsolatedFigures, ...]:
    """Return the isolated positions of an account. Raises Mismatch when Python's figures differ."""
    found = reader.isolated(account)
    for position in found:
        mine = dex_margin(position.isolated_usd, (position.perp,))
        if (mine.account_value, mine.maintenance) != (position.equity, position.maintenance):
            raise Mismatch(
                where="carry trade",
                what="margin of the lone short",
                chain=position.equity,
                other=mine.account_value,
            )
    return found


def first_mark(stage: Stage, is_over: Callable[[], bool], safe: int, beyond: int) -> int:
    """Return the first mark on the grid at which the chain calls for liquidation."""
    while beyond - safe > 1:
        middle = (safe + beyond) // 2
        stage.set_marks({COIN: middle})
        if is_over():
            beyond = middle
        else:
            safe = middle
    stage.set_marks({COIN: beyond})
    return beyond
