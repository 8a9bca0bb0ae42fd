"""`pmkit accounts`: every account of the venue, nearest to liquidation first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from pmkit.cli.format import (
    amount_text,
    displayed_px_text,
    health_factor_text,
    ratio_text,
    readable,
)
from pmkit.cli.venue_options import Where, venue_options
from pmkit.errors import PmkitError, VenueError
from pmkit.margin import account_margin
from pmkit.model import Health, Mode
from pmkit.sweep import swept
from pmkit.units import PERP_DECIMALS, WAD

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.figures import IsolatedFigures
    from pmkit.chain.reader import Reader
    from pmkit.model import Account, AccountMargin

MODES = {
    Mode.STANDARD: "standard",
    Mode.UNIFIED: "unified",
    Mode.PORTFOLIO_MARGIN: "portfolioMargin",
}
NOT_LIQUIDATED = ("maker", "backstop", "insurance")
"""Roles whose accounts the venue never liquidates, and which are therefore not watched."""

POSITION_FIELDS = ("coin", "equity", "maintenance", "liquidationPx", "health", "liquidatable")
"""What `--json` prints of an isolated position, null where it is unknown."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPosition:
    """One isolated position of the watch list, which its account's figures do not show."""

    address: str
    role: str | None
    coin: str
    figures: IsolatedFigures

    @property
    def closeness(self) -> tuple[bool, Fraction]:
        """Largest for what needs eyes first: the bankrupt, then maintenance over equity."""
        equity = self.figures.equity
        return equity <= 0, Fraction(self.figures.maintenance, equity) if equity > 0 else Fraction(
            0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPositions:
    """An account whose isolated positions could not be read; it stands before all others."""

    address: str
    role: str | None
    error: PmkitError


@click.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the first N only.")
@venue_options
def accounts(limit: int | None, rpc: str | None, deployment: Path | None, as_json: bool) -> None:
    """List the venue's accounts, nearest to liquidation first, and the isolated positions after.

    The market maker, the backstop and the insurance account are left out, since they are not
    liquidated. An account whose margin cannot be told, for want of a price, stands before all
    others, and so does one whose isolated positions cannot.
    """
    reader = Where(rpc_url=rpc, deployment=deployment).reader().pinned()
    watched = watch_list(reader)[:limit]
    isolated = watched_positions(reader)[:limit]
    if as_json:
        rows = [watched_object(each) for each in watched]
        alone = [position_object(each) for each in isolated]
        click.echo(json.dumps({"block": reader.block, "accounts": rows, "isolated": alone}))
    else:
        print_watched(reader, watched)
        if isolated:
            print_positions(isolated)


def watch_list(reader: Reader) -> list[Watched]:
    """Return all accounts of the reader's block, nearest to liquidation first."""
    roles = {address: role for role, address in reader.deployment.accounts}
    addresses = [a for a in reader.accounts() if roles.get(a) not in NOT_LIQUIDATED]
    found = [
        watched_of(address, roles.get(address), account)
        for address, account in zip(addresses, reader.each_account(addresses), strict=True)
    ]
    return sorted(found, key=lambda each: each.rank)


def watched_positions(reader: Reader) -> list[UnknownPositions | WatchedPosition]:
    """Return all isolated positions of the reader's block, nearest to liquidation first.

    Before them stand the accounts whose positions could not be read.
    """
    roles = {address: role for role, address in reader.deployment.accounts}
    addresses = reader.accounts()
    unknown: list[UnknownPositions] = []
    found: list[WatchedPosition] = []
    for address, held in zip(addresses, reader.each_isolated(addresses), strict=True):
        role = roles.get(address)
        if isinstance(held, PmkitError):
            unknown.append(UnknownPositions(address=address, role=role, error=held))
            continue
        for figures in held:
            coin = reader.listing.perp(figures.perp.asset).name
            found.append(WatchedPosition(address=address, role=role, coin=coin, figures=figures))
    found.sort(key=lambda each: each.closeness, reverse=True)
    return [*unknown, *found]


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
    """Return how near a swept account is to the nearest trigger that its policy has. SPEC LQ-01.

    Ratio over its trigger; net debt over its threshold; and maintenance over equity of a dex that
    the sweep could not fill to its transfer margin: one that it can fill comes to no such trigger.
    """
    if account.mode == Mode.STANDARD:
        return Fraction(margin.ratio, WAD)
    found = [Fraction(margin.ratio, account.policy.trigger)]
    if margin.net_debt > 0 and account.policy.second_trigger:
        # Debt without collateral is beyond its threshold, however small.
        found.append(Fraction(margin.net_debt, max(1, margin.threshold_value)))
    if account.policy.perp_shortfall_trigger:
        found += [
            Fraction(dex.maintenance, max(1, dex.account_value))
            for dex in margin.dexes
            if dex.account_value < dex.transfer_margin
        ]
    return max(found)


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


def position_object(each: UnknownPositions | WatchedPosition) -> dict[str, Any]:
    """Return one isolated position as `--json` prints it, or what hides those of an account."""
    whose = {"address": each.address, "role": each.role}
    if isinstance(each, UnknownPositions):
        return {**whose, **dict.fromkeys(POSITION_FIELDS), "error": str(each.error)}
    figures = each.figures
    return {
        **whose,
        "coin": each.coin,
        "equity": amount_text(figures.equity, PERP_DECIMALS),
        "maintenance": amount_text(figures.maintenance, PERP_DECIMALS),
        "liquidationPx": liquidation_px_text(figures),
        "health": figures.health.label,
        "liquidatable": figures.health is not Health.HEALTHY,
        "error": None,
    }


def liquidation_px_text(figures: IsolatedFigures) -> str | None:
    """Return the price at which an isolated position is liquidated, None where there is none."""
    return displayed_px_text(figures.liquidation_px if figures.liquidation_px > 0 else None)


def print_positions(isolated: list[UnknownPositions | WatchedPosition]) -> None:
    """Print the isolated positions for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Isolated positions", title_justify="left")
    for name in ("account", "coin", "equity", "maintenance", "liquidated at", "state"):
        words = name in ("account", "coin", "state")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    for each in isolated:
        name = each.role or each.address
        if isinstance(each, UnknownPositions):
            table.add_row(name, *("unknown",) * 4, str(each.error), style="red")
            continue
        figures = each.figures
        table.add_row(
            name,
            each.coin,
            readable(figures.equity, PERP_DECIMALS),
            readable(figures.maintenance, PERP_DECIMALS),
            liquidation_px_text(figures) or "–",
            figures.health.label,
            style=None if figures.health is Health.HEALTHY else "red",
        )
    Console(highlight=False).print(table)


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
