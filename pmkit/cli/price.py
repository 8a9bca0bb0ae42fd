"""`pmkit price HYPE=31.5 BTC=-10%`: prices of a local chain."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from pmkit.chain.pricing import report_of, report_of_factors, unknown
from pmkit.cli.format import amount_text
from pmkit.cli.venue_options import Where, sender_of, venue_options
from pmkit.decimals import shown
from pmkit.errors import InputError
from pmkit.shock import parse_shock

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.catalogue import Listing
    from pmkit.chain.figures import ReportedPrices
    from pmkit.chain.listing import Prices

CHANGE = re.compile(r"([^=\s]+)=(.+)", re.ASCII | re.DOTALL)
PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?", re.ASCII)


@click.command()
@click.argument("changes", nargs=-1, metavar="COIN=PX|COIN=±N% ...")
@venue_options
def price(
    changes: tuple[str, ...], rpc: str | None, deployment: Path | None, as_json: bool
) -> None:
    """Report new prices, or print all of them when none is named.

    COIN is a perp such as BTC, whose mark, oracle price and spot price move alike, or a token such
    as USDH that has a spot price alone. A percentage lands on the nearest price of the grid.
    """
    reader = Where(rpc_url=rpc, deployment=deployment).reader()
    last = reader.prices()
    if changes:
        report = report_of_changes(reader.listing, last, changes)
        sender_of(reader, "reporter").report_prices(report)
        last = reader.prices()
    found = prices_object(reader.listing, last)
    if as_json:
        click.echo(json.dumps(found))
        return
    for kind in ("perps", "spots"):
        click.echo(kind)
        for name, px in found[kind].items():
            click.echo(f"  {name:<12} {px}")


def report_of_changes(listing: Listing, last: ReportedPrices, changes: tuple[str, ...]) -> Prices:
    """Return the one report of all changes. Raises InputError."""
    marks: dict[str, Decimal] = {}
    spots: dict[str, Decimal] = {}
    factors: dict[str, int] = {}
    for change in changes:
        found = CHANGE.fullmatch(change)
        if found is None:
            problem = f"{shown(change)} is not of the form BTC=100000 or BTC=-10%"
            raise InputError(place="COIN=PX", problem=problem)
        name, figure = found[1], found[2]
        if name in {*marks, *spots, *factors}:
            raise InputError(place=name, problem="is named twice")
        if figure.endswith("%"):
            factors[name] = parse_shock(change, "COIN=±N%").factor
            continue
        if PLAIN.fullmatch(figure) is None or Decimal(figure) == 0:
            problem = f"a price above zero was expected, found {shown(figure)}"
            raise InputError(place=name, problem=problem)
        perp = next((p for p in listing.perps if p.name == name), None)
        followers = [p.base.name for p in listing.pairs if perp and p.perp == perp.asset]
        if perp is not None:
            marks[name] = Decimal(figure)
        elif any(pair.base.name == name for pair in listing.pairs):
            followers = [name]
        else:
            raise InputError(place=name, problem=unknown(listing, name))
        spots.update(dict.fromkeys(followers, Decimal(figure)))
    moved = report_of_factors(listing, last, factors)
    plain = report_of(listing, last, marks=marks, spots=spots)
    twice = {pair for pair, _ in moved.spots} & {pair for pair, _ in plain.spots}
    if twice:
        name = next(pair.base.name for pair in listing.pairs if pair.pair in twice)
        raise InputError(place=name, problem="moves twice: by itself and with its coin")
    return type(plain)(
        spots=plain.spots + moved.spots, perps=plain.perps + moved.perps, usdc_px=last.usdc_px
    )


def prices_object(listing: Listing, last: ReportedPrices) -> dict[str, dict[str, str | None]]:
    """Return every price as `--json` prints it; null for one that was never reported."""
    return {
        "perps": {
            listing.perp(px.asset).name: (
                amount_text(px.mark, listing.perp(px.asset).px_decimals) if px.time else None
            )
            for px in last.perps
        },
        "spots": {
            listing.pair(px.pair).base.name: (
                amount_text(px.px, listing.pair(px.pair).px_decimals) if px.time else None
            )
            for px in last.pairs
        },
    }
