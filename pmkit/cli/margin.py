"""`pmkit margin`: the margin of one account, from a bundle of API replies or from a chain."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pmkit.cli.format import (
    PRICE_DECIMALS,
    amount_text,
    bound_text,
    cap_text,
    displayed_px_text,
    health_factor_text,
    ratio_text,
    readable,
)
from pmkit.errors import InputError
from pmkit.hyperliquid import load_document, read_bundle
from pmkit.params import PRESETS, load_params
from pmkit.policy import Reading
from pmkit.report import CoinFigures, MarginReport, margin_report
from pmkit.shock import parse_shock, shocked

if TYPE_CHECKING:
    from rich.console import Console

    from pmkit.view import AccountView

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)

USUAL_PARAMS = "current"

WHY_TWO_PRICES = (
    "The venue's price is where what is available is used up, all other prices standing still; the "
    "account trigger is where the ratio crosses its limit, the coin's own collateral moving along. "
    "An isolated position has a trigger of its own."
)


@click.command()
@click.pass_context
@click.argument("account", metavar="ACCOUNT")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rpc", metavar="URL", help="Node to read ACCOUNT from, when it is an address.")
@click.option(
    "--deployment",
    type=click.Path(path_type=Path),
    envvar="PMKIT_DEPLOYMENT",
    show_envvar=True,
    metavar="FILE",
    help="Where the venue of an address is; a local chain tells it by itself.",
)
@click.option("--shock", "shocks", multiple=True, metavar="COIN=±N%", help="Move a price first.")
@click.option(
    "--params",
    metavar=f"{'|'.join(PRESETS)}|FILE",
    help=f"Caps, listings and policy to judge a bundle by.  [default: {USUAL_PARAMS}]",
)
@click.option(
    "--reading",
    type=click.Choice([reading.value for reading in Reading]),
    help="Whether net debt adds 20 USD to the requirement (docs) or not (recorded).",
)
def margin(
    context: click.Context,
    account: str,
    as_json: bool,
    rpc: str | None,
    deployment: Path | None,
    shocks: tuple[str, ...],
    params: str | None,
    reading: str | None,
) -> None:
    """Print the margin of ACCOUNT: a bundle of the venue's replies, or an address with --rpc.

    An address is judged by the listings and policy of its chain, so --params is for bundles.
    """
    moves = tuple(parse_shock(text) for text in shocks)
    if is_file(account) and is_named(context, "deployment"):
        problem = "--deployment goes with an address, not with a file"
        raise InputError(place="ACCOUNT", problem=problem)
    view = open_account(account, rpc, deployment, params)
    if reading is not None:
        view = under_reading(view, Reading(reading))
    report = margin_report(shocked(view, moves))
    if as_json:
        click.echo(json.dumps(report_object(report)))
    else:
        # Programs that want JSON need no rich, which is slow to import.
        from rich.console import Console

        print_report(report, Console())


def open_account(
    account: str, rpc: str | None, deployment: Path | None, params: str | None
) -> AccountView:
    """Return the account of a bundle file or of a chain. Raises InputError, ChainError."""
    if not is_file(account):
        if params is not None:
            problem = "--params goes with a file: a chain has listings and policy of its own"
            raise InputError(place="ACCOUNT", problem=problem)
        if rpc is None and deployment is None:
            problem = "an address needs --rpc or --deployment to be read from"
            raise InputError(place="ACCOUNT", problem=problem)
        return read_from_chain(rpc, account, deployment)
    if rpc is not None:
        raise InputError(place="ACCOUNT", problem="--rpc goes with an address, not with a file")
    chosen = load_params(USUAL_PARAMS if params is None else params)
    return read_bundle(load_document(Path(account)), chosen)


def is_file(account: str) -> bool:
    """Return whether an account is a bundle file, not an address."""
    return ADDRESS.fullmatch(account) is None or Path(account).exists()


def is_named(context: click.Context, option: str) -> bool:
    """Return whether an option stands on the command line; the environment is for all commands."""
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE


def read_from_chain(rpc: str | None, address: str, deployment: Path | None) -> AccountView:
    """Return an account as a chain keeps it. Raises InputError, ChainError."""
    # A bundle needs no chain, and the chain's modules are slow to import.
    from pmkit.chain.reader import read_account

    return read_account(rpc, address, deployment)


def under_reading(view: AccountView, reading: Reading) -> AccountView:
    """Return the account judged under a reading of the requirement."""
    policy = replace(view.account.policy, borrow_offset=reading.borrow_offset)
    return replace(view, account=replace(view.account, policy=policy))


def report_object(report: MarginReport) -> dict[str, Any]:
    """Return the report as `--json` prints it; the keys are a contract. SPEC PM-22."""
    return {
        "portfolioMarginRatio": ratio_text(report.ratio),
        "liquidatable": report.liquidatable,
        "tokens": {
            str(token.token): {
                "netTotal": amount_text(token.net_total, token.wei_decimals),
                "maintenance": amount_text(token.maintenance, token.wei_decimals),
                "borrowCapacity": amount_text(token.borrow_capacity, token.wei_decimals),
                "requirement": amount_text(token.requirement, token.wei_decimals),
                "liquidationValue": amount_text(token.liquidation_value, token.wei_decimals),
                "availableAfterMaintenance": amount_text(
                    token.available_after_maintenance, token.wei_decimals
                ),
                "tokenToPortfolioBorrowRatio": cap_text(token.borrow_cap_used),
                "tokenToPortfolioSupplyRatio": cap_text(token.supply_cap_used),
            }
            for token in report.tokens
        },
        "healthFactor": health_factor_text(report.health_factor),
        "health": report.health.label,
        "liquidationPx": {
            coin.coin: displayed_px_text(coin.printed_px)
            for coin in report.coins
            if coin.position is not None
        },
        "liquidationIntervals": {coin.coin: list(interval_texts(coin)) for coin in report.coins},
        "exact": True,
        "notes": list(report.notes),
    }


def interval_texts(coin: CoinFigures) -> tuple[str | None, str | None]:
    """Return the ends of a coin's safe interval, each rounded into it."""
    return (
        bound_text(coin.interval.lower, coin.px_decimals, up=True),
        bound_text(coin.interval.upper, coin.px_decimals, up=False),
    )


def print_report(report: MarginReport, console: Console) -> None:
    """Print the report for people."""
    from rich.table import Table
    from rich.text import Text

    colour = "red" if report.liquidatable else "green"
    verdict = "liquidatable" if report.liquidatable else "not liquidatable"
    summary = Table.grid(padding=(0, 2))
    summary.add_row("mode", report.mode.name.lower().replace("_", " "))
    summary.add_row("portfolio margin ratio", Text(ratio_text(report.ratio), style="bold"))
    summary.add_row("state", Text(f"{verdict}, {report.health.label}", style=colour))
    factor = health_factor_text(report.health_factor)
    summary.add_row("health factor", factor if factor is not None else "– (no debt)")
    console.print(summary)

    tokens = Table(title="Tokens", title_justify="left")
    tokens.add_column("token")
    for name in ("net total", "requirement", "liquidation value", "available"):
        tokens.add_column(name, justify="right", overflow="fold")
    for token in report.tokens:
        figures = (
            token.net_total,
            token.requirement,
            token.liquidation_value,
            token.available_after_maintenance,
        )
        if any(figures) or None in figures:
            texts = [readable(f, token.wei_decimals, "unknown") for f in figures]
            tokens.add_row(f"{token.name} ({token.token})", *texts)
    console.print(tokens)
    print_caps(report, console)

    if report.coins:
        print_coins(report, console)
    for note in report.notes:
        console.print(f"Note: {note}", style="dim", markup=False)


def print_caps(report: MarginReport, console: Console) -> None:
    """Print the parts of caps that are used, where any is."""
    used = [
        f"{token.name} {kind} {cap_text(part)}"
        for token in report.tokens
        for kind, part in (("borrow", token.borrow_cap_used), ("supply", token.supply_cap_used))
        if part
    ]
    if used:
        console.print(f"Caps used: {', '.join(used)}", style="dim")


def print_coins(report: MarginReport, console: Console) -> None:
    """Print positions with both prices, each under its name."""
    from rich.table import Table

    coins = Table(title="Coins", title_justify="left")
    for name in ("coin", "size", "mark", "venue's displayed price"):
        coins.add_column(name, justify="left" if name == "coin" else "right", overflow="fold")
    coins.add_column("account trigger interval", justify="right", overflow="fold")
    for coin in report.coins:
        size, kind = "–", "collateral"
        if coin.position is not None:
            size = readable(coin.position.perp.szi, coin.position.sz_decimals)
            kind = "isolated" if coin.position.isolated_margin is not None else ""
        ends = "already crossed" if coin.crossed else interval_for_people(coin)
        coins.add_row(
            f"{coin.coin} {kind}".rstrip(),
            size,
            readable(coin.mark, coin.px_decimals),
            readable(coin.printed_px, PRICE_DECIMALS),
            ends,
        )
    console.print(coins)
    console.print(WHY_TWO_PRICES, style="dim")


def interval_for_people(coin: CoinFigures) -> str:
    """Return a coin's safe interval, its ends short."""
    ends = (coin.interval.lower, coin.interval.upper)
    scale = 10 ** (PRICE_DECIMALS - coin.px_decimals)
    lower, upper = (None if end is None else int(end * scale) for end in ends)
    return f"{readable(lower, PRICE_DECIMALS)} … {readable(upper, PRICE_DECIMALS)}"
