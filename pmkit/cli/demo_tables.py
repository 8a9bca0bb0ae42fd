"""What `pmkit demo` shows to people: a table for each scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pmkit.cli.demo_object import LIQUIDATED
from pmkit.cli.format import ratio_text
from pmkit.decimals import trimmed
from pmkit.demo.crash import CRASH, START
from pmkit.units import INFINITE, PERP_DECIMALS

if TYPE_CHECKING:
    from rich.console import Console

    from pmkit.demo import Demo
    from pmkit.demo.carry import Carry
    from pmkit.demo.crash import Crash, Taken
    from pmkit.demo.recorded import Figure, Recorded

USD_DECIMALS = 8
WAD_DECIMALS = 18


def print_demo(seen: Demo, console: Console) -> None:
    """Print the three scenarios."""
    print_recorded(seen.recorded, console)
    print_carry(seen.carry, console)
    print_crash(seen.crash, console)


def print_recorded(recorded: Recorded, console: Console) -> None:
    """Print the recorded account, three columns."""
    console.print()
    console.print("[bold]1  A recorded account, rebuilt on chain[/]")
    console.print(
        "20 BTC of collateral under a short book: opened by ordinary actions, then judged by the "
        "contracts, by Python from the API's replies, and by the venue when it was recorded. The "
        "recording carries the ratio to 10 decimals, available to 6e-6, prices to 2e-6."
    )
    table = Table(box=SIMPLE_HEAD)
    table.add_column("figure")
    for side in ("chain", "Python", "venue"):
        table.add_column(side, justify="right")
    for figure in recorded.figures:
        table.add_row(
            figure.name, shown(figure, figure.chain), shown(figure, figure.python), figure.venue
        )
    console.print(table)
    console.print("Chain and Python are equal as integers.")


def shown(figure: Figure, value: int) -> str:
    """Return a figure for people: ratios as the venue prints them, the rest in full."""
    if figure.decimals == WAD_DECIMALS:
        return ratio_text(value)
    return trimmed(value, figure.decimals)


def print_carry(carry: Carry, console: Console) -> None:
    """Print the carry trade, a line a price."""
    console.print()
    console.print("[bold]2  The carry trade[/]")
    console.print(
        "1 BTC spot, short 1 BTC at 10x, no USDC, from 100,000. Nothing is deposited on the way: "
        "what the short lacks is borrowed against the coin, what it has over is supplied."
    )
    table = Table(box=SIMPLE_HEAD)
    for name in (
        "BTC", "net USDC", "perp equity", "borrowed", "supplied", "HF", "ratio, chain",
        "ratio, Python", "state", "alone: equity", "alone: state",
    ):  # fmt: skip
        table.add_column(name, justify="left" if "state" in name else "right", no_wrap=True)
    for stop in carry.stops:
        table.add_row(
            grouped(stop.mark, carry.px_decimals, 1),
            grouped(stop.net_total, USD_DECIMALS, 2),
            grouped(stop.perp_equity, PERP_DECIMALS, 2),
            grouped(stop.borrowed, USD_DECIMALS, 2),
            grouped(stop.supplied, USD_DECIMALS, 2),
            "none" if stop.health_factor == INFINITE else wad(stop.health_factor, 4),
            ratio_text(stop.ratio),
            ratio_text(stop.python_ratio),
            stop.health.label,
            grouped(stop.alone_equity, PERP_DECIMALS, 2),
            LIQUIDATED if stop.alone_health is None else stop.alone_health.label,
        )
    console.print(table)
    docs = grouped(carry.first_liquidatable_docs, carry.px_decimals, 1)
    console.print(
        f"First liquidatable mark: {grouped(carry.first_liquidatable, carry.px_decimals, 1)} "
        f"(reading `docs`: {docs})."
    )
    console.print(
        "The same short on 10,000 USDC of its own is liquidated at "
        f"{grouped(carry.alone_liquidation_px, 10, 2)}; on the price grid at "
        f"{grouped(carry.alone_first_liquidatable, carry.px_decimals, 1)}. It is an isolated "
        "position, which the check of its account does not see and whose losses end with its "
        "margin. The keeper liquidates it on the way up, at "
        f"{' and '.join(grouped(m, carry.px_decimals, 1) for m in carry.alone_steps)}."
    )


def print_crash(crash: Crash, console: Console) -> None:
    """Print the crash: who stood where, what the keeper did, and the books."""
    console.print()
    console.print("[bold]3  A crash and a keeper[/]")
    console.print(
        f"Four borrowers long HYPE on borrowed USDC; HYPE falls from {START} to {CRASH} at once. "
        "The keeper reads every account, computes its margin in Python, and sends steps until "
        "nobody is beyond 0.95."
    )
    table = Table(box=SIMPLE_HEAD)
    for name in (
        "borrower",
        "ratio before",
        "ratio, crashed",
        "state, crashed",
        "ratio after",
        "state after",
    ):
        table.add_column(name, justify="left" if "state" in name or name == "borrower" else "right")
    for before, crashed, after in zip(crash.before, crash.crashed, crash.after, strict=True):
        table.add_row(
            before.name,
            ratio_text(before.ratio),
            ratio_text(crashed.ratio),
            crashed.health.label,
            ratio_text(after.ratio),
            after.health.label,
        )
    console.print(table)
    table = Table(box=SIMPLE_HEAD)
    for name in (
        "transaction",
        "borrower",
        "leg",
        "gas",
        "debt taken",
        "HYPE taken",
        "per HYPE",
        "loss",
        "borne by",
    ):
        table.add_column(
            name,
            justify="left" if name in ("transaction", "borrower", "leg", "borne by") else "right",
        )
    for step in crash.steps:
        table.add_row(
            f"{step.tx_hash[:10]}…",
            step.name,
            step.leg,
            f"{step.gas_used:,}",
            grouped(step.debt, crash.quote_decimals, 2),
            grouped(step.collateral, crash.coin_decimals, 2),
            trimmed(step.px, crash.coin_px_decimals),
            grouped(step.loss, crash.quote_decimals, 2) if step.loss else "none",
            borne_by(step, crash),
        )
    console.print(table)
    console.print("[bold]What the venue holds, against what it owes[/]")
    table = Table(box=SIMPLE_HEAD)
    for name in (
        "token",
        "holdings",
        "spot + perps",
        "uncovered",
        "supplied",
        "borrowed",
        "buffer",
        "deficit",
        "dust (wei)",
    ):
        table.add_column(name, justify="left" if name == "token" else "right")
    for ledger in crash.ledgers:
        table.add_row(
            ledger.name,
            *(
                grouped(amount, ledger.wei_decimals, 2)
                for amount in (
                    ledger.holdings,
                    ledger.spot + ledger.perp_equity,
                    ledger.uncovered,
                    ledger.supplied,
                    ledger.borrowed,
                    ledger.buffer,
                    ledger.deficit,
                )
            ),
            str(ledger.dust),
        )
    console.print(table)
    console.print(
        "holdings = spot + perps - uncovered + supplied - borrowed + buffer - deficit + dust, to "
        "the last unit, for every token; uncovered is what accounts are below zero."
    )


def borne_by(step: Taken, crash: Crash) -> str:
    """Return who bore a loss, in the order of the waterfall."""
    shares = (
        ("buffer", step.from_buffer),
        ("insurance", step.from_insurance),
        ("deficit", step.deficit),
    )
    return ", ".join(
        f"{name} {grouped(amount, crash.quote_decimals, 2)}" for name, amount in shares if amount
    )


def grouped(amount: int, decimals: int, places: int) -> str:
    """Return an amount for people: thousands grouped, rounded to nearest at `places`.

    >>> grouped(-123456789, 4, 2)
    '-12,345.68'
    """
    unit: int = 10 ** (decimals - places)
    rounded = (2 * abs(amount) + unit) // (2 * unit)
    whole, part = divmod(rounded, 10**places)
    sign = "-" if amount < 0 and rounded else ""
    return f"{sign}{whole:,}.{part:0{places}d}"


def wad(value: int, places: int) -> str:
    """Return a WAD figure with a few places."""
    return grouped(value, WAD_DECIMALS, places)
