"""A recorded account, rebuilt on chain by ordinary actions and judged three times.

Same positions, net balances, prices and parameters as the venue had when it printed its figures:
chain and Python must give the same integers, and the venue's own figures as far as they carry.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from pmkit.decimals import parse_units
from pmkit.errors import Mismatch
from pmkit.hyperliquid import read_bundle
from pmkit.hyperliquid.document import parse_document
from pmkit.report import margin_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.demo.stage import Stage
    from pmkit.report import MarginReport

RECORDING = "btc_collateral_short_book.json"
USDC, UBTC = "USDC", "UBTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure from three sides."""

    name: str
    chain: int
    python: int
    decimals: int
    """Decimals of the two integers."""
    venue: str | None
    """As the venue printed it; None where it printed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The rebuilt account's figures."""

    account: str
    block: int
    figures: tuple[Figure, ...]


def recording() -> bytes:
    """Return the recorded account bundle that the package carries."""
    return resources.files(__name__.rpartition(".")[0]).joinpath(RECORDING).read_bytes()


def run(stage: Stage, told: Callable[[str], None]) -> Recorded:
    """Rebuild the recorded account on a fresh venue and return its figures.

    The largest position comes last: until then the account owes nothing, so no interest runs and
    the net totals stay what was recorded. Raises Mismatch when chain and Python differ.
    """
    view = read_bundle(parse_document(recording(), RECORDING), stage.local.params)
    report = margin_report(view)
    positions = sorted((p for p in view.positions), key=lambda p: abs(p.perp.szi) * p.perp.mark)

    told("setting the recorded prices")
    marks = {p.coin: p.perp.mark for p in positions}
    prices = {t.token: t.px for t in view.account.tokens if t.ltv_bps and t.supplied}
    stage.set_marks(marks, prices)

    told("funding and opening the positions")
    supplier, trader = stage.sender("supplier"), stage.sender("trader")
    for i, token in enumerate(view.account.tokens):
        amount = report.tokens[i].net_total
        if amount > 0:
            supplier.deposit(token.token, amount)
            supplier.spot_send(trader.address, token.token, amount)
    listing = stage.reader.listing
    for p in positions:
        asset = listing.perp(p.coin).asset
        trader.set_leverage(asset, p.perp.leverage)
        receipt = trader.order(
            asset,
            is_buy=p.perp.szi > 0,
            limit_px=p.perp.mark,
            sz=abs(p.perp.szi),
        )
    figures = compare(stage, trader.address, receipt.block, report)
    return Recorded(
        account=trader.address,
        block=receipt.block,
        figures=figures,
    )


def compare(stage: Stage, account: str, block: int, report: MarginReport) -> tuple[Figure, ...]:
    """Return the figures of chain, Python and venue. Raises Mismatch when the first two differ."""
    here = stage.reader.at(block)
    margin = here.margin(account)
    tokens = [t.token for t in here.account(account).tokens]
    usdc = here.listing.token(USDC)
    bundle: dict[str, Any] = json.loads(recording())
    spot = bundle["spotClearinghouseState"]
    available = dict(spot["tokenToAvailableAfterMaintenance"])
    states = bundle["clearinghouseStates"][""]["assetPositions"]
    displayed = {s["position"]["coin"]: s["position"]["liquidationPx"] for s in states}
    mine = next(t for t in report.tokens if t.token == usdc.token)
    figures = [
        Figure(
            name="portfolio margin ratio",
            chain=margin.ratio,
            python=report.ratio,
            decimals=18,
            venue=spot["portfolioMarginRatio"],
        ),
        Figure(
            name="available after maintenance, USDC",
            chain=margin.tokens[tokens.index(usdc.token)].available_after_maintenance,
            python=known(mine.available_after_maintenance),
            decimals=usdc.wei_decimals,
            venue=available[usdc.token],
        ),
    ]
    for coin in report.coins:
        if coin.position is None or coin.displayed_px is None:
            continue
        figures.append(
            Figure(
                name=f"liquidation price, {coin.coin}",
                chain=here.displayed_px(account, here.listing.perp(coin.coin).asset),
                python=coin.displayed_px,
                decimals=10,
                venue=displayed[coin.coin],
            )
        )
    for figure in figures:
        if figure.chain != figure.python:
            raise Mismatch(
                where="recorded account", what=figure.name, chain=figure.chain, other=figure.python
            )
        if figure.venue is not None and not carries(figure):
            raise Mismatch(
                where="recorded account",
                what=f"{figure.name} against the venue's {figure.venue}",
                chain=figure.chain,
                other=figure.python,
            )
    return tuple(figures)


def carries(figure: Figure) -> bool:
    """Return whether a figure is the venue's as far as the recording carries.

    The recorded amounts were published scaled and are recovered: the ratio carries all its 10
    decimals, available 6e-6, prices 2e-6 or 1e-10 of the price, whichever is larger.
    """
    venue = parse_units(figure.venue or "0", 18, figure.name)
    chain = figure.chain * int(10 ** (18 - figure.decimals))
    difference = abs(chain - venue)
    if figure.decimals == 18:
        return difference <= 10**8 // 2
    if figure.decimals == 10:
        return difference <= max(2 * 10**12, venue // 10**10)
    return difference <= 6 * 10**12


def known(amount: int | None) -> int:
    """Return an amount that the recording must contain."""
    if amount is None:
        raise Mismatch(where="recorded account", what="an unknown amount", chain=0, other=0)
    return amount
