"""`pmkit accounts`: every account of the venue, nearest to liquidation first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from pmkit.cli.format import health_factor_text, ratio_text
from pmkit.cli.venue_options import Where, venue_options
from pmkit.errors import PmkitError, VenueError
from pmkit.margin import account_margin
from pmkit.model import Mode
from pmkit.sweep import swept
from pmkit.units import WAD

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.reader import Reader
    from pmkit.model import Account, AccountMargin

MODES = {
    Mode.STANDARD: "standard",
    Mode.UNIFIED: "unified",
    Mode.PORTFOLIO_MARGIN: "portfolioMargin",
}
NOT_LIQUIDATED = ("maker", "backstop")
"""Roles whose accounts the venue never liquidates, and which are therefore not watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One account of the watch list."""

    address: str
    role: str | None
    mode: Mode | None
    """None where the account could not be read."""
    margin: AccountMargin | None
    closeness: Fraction | None
    """How much of the way to its trigger the account has gone: beyond 1 it is liquidatable."""
    error: PmkitError | None
    """Why its figures are unknown; such an account stands first."""

    @property
    def rank(self) -> tuple[bool, bool, Fraction]:
        """Smallest for what needs eyes first: the unknown, the liquidatable, the closest."""
        liquidatable = self.margin is not None and self.margin.liquidatable
        return self.error is None, not liquidatable, -(self.closeness or Fraction(0))


@click.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the first N only.")
@venue_options
def accounts(limit: int | None, rpc: str | None, deployment: Path | None, as_json: bool) -> None:
    """List the venue's accounts, nearest to liquidation first.

    The market maker and the backstop are left out, since they are not liquidated. An account whose
    margin cannot be told, for want of a price, stands before all others.
    """
    reader = Where(rpc_url=rpc, deployment=deployment).reader().pinned()
    watched = watch_list(reader)[:limit]
    if as_json:
        rows = [watched_object(each) for each in watched]
        click.echo(json.dumps({"block": reader.block, "accounts": rows}))
    else:
        print_watched(reader, watched)


def watch_list(reader: Reader) -> list[Watched]:
    """Return all accounts of the reader's block, nearest to liquidation first."""
    roles = {address: role for role, address in reader.deployment.accounts}
    addresses = [a for a in reader.accounts() if roles.get(a) not in NOT_LIQUIDATED]
    found = [
        watched_of(address, roles.get(address), account)
        for address, account in zip(addresses, reader.each_account(addresses), strict=True)
    ]
    return sorted(found, key=lambda each: each.rank)


def watched_of(address: str, role: str | None, account: Account | PmkitError) -> Watched:
    """Return one account with its figures, or with the error that hides them."""
    mode = margin = closeness = error = None
    if isinstance(account, PmkitError):
        error = account
    else:
        mode = account.mode
        try:
            margin = account_margin(swept(account))
            closeness = closeness_of(account, margin)
        except VenueError as missing:
            error = missing
    return Watched(
        address=address, role=role, mode=mode, margin=margin, closeness=closeness, error=error
    )


def closeness_of(account: Account, margin: AccountMargin) -> Fraction:
    """Return the larger of ratio over its trigger and net debt over its threshold. SPEC LQ-01."""
    if account.mode == Mode.STANDARD:
        return Fraction(margin.ratio, WAD)
    to_trigger = Fraction(margin.ratio, account.policy.trigger)
    if margin.net_debt == 0:
        return to_trigger
    # Debt without collateral is beyond its threshold, however small.
    return max(to_trigger, Fraction(margin.net_debt, max(1, margin.threshold_value)))


def watched_object(each: Watched) -> dict[str, Any]:
    """Return one account as `--json` prints it."""
    margin = each.margin
    return {
        "address": each.address,
        "role": each.role,
        "mode": None if each.mode is None else MODES[each.mode],
        "portfolioMarginRatio": None if margin is None else ratio_text(margin.ratio),
        "healthFactor": None if margin is None else health_factor_text(margin.health_factor),
        "health": None if margin is None else margin.health.label,
        "liquidatable": None if margin is None else margin.liquidatable,
        "error": None if each.error is None else str(each.error),
    }


def print_watched(reader: Reader, watched: list[Watched]) -> None:
    """Print the list for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Accounts at block {reader.block}", title_justify="left")
    table.add_column("account", overflow="fold")
    table.add_column("mode", no_wrap=True)
    table.add_column("margin ratio", justify="right", no_wrap=True)
    table.add_column("health factor", justify="right", no_wrap=True)
    table.add_column("state", min_width=20, overflow="fold")
    for each in watched:
        margin = each.margin
        if margin is None:
            figures = ("unknown", "unknown", str(each.error))
        else:
            factor = health_factor_text(margin.health_factor) or "–"
            figures = (ratio_text(margin.ratio), factor, margin.health.label)
        mode = "unknown" if each.mode is None else each.mode.name.partition("_")[0].lower()
        style = "red" if margin is None or margin.liquidatable else None
        name = each.role or each.address
        table.add_row(name, mode, *figures, style=style)
    Console(highlight=False).print(table)
