"""The figures as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from bench.gas.scenarios import PROTOCOLS, SCENARIOS, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.gas.record import Record
    from bench.gas.scenarios import Figures

NONE = "–"


def rows(record: Record, before: Record) -> list[tuple[str, ...]]:
    """Return name, goal, pmkit, its change, Morpho, Aave, verdict and meaning of each scenario."""
    found: list[tuple[str, ...]] = []
    for scenario in SCENARIOS:
        line = record[scenario.name]
        own = line["pmkit"]
        last = before.get(scenario.name, {}).get("pmkit")
        found.append(
            (
                scenario.name,
                gas(scenario.goal),
                gas(own),
                change(own, last),
                gas(line["morpho_blue"]),
                gas(line["aave_v3"]),
                verdict(own, scenario.goal),
                scenario.what,
            )
        )
    return found


def gas(figure: int | None) -> str:
    """Return a figure with its thousands apart."""
    return NONE if figure is None else f"{figure:,}"


def change(now: int | None, before: int | None) -> str:
    """Return by how much a figure differs from the stored one; nothing where it does not."""
    if now is None or before is None or now == before:
        return ""
    return f"{now - before:+,}"


def verdict(figure: int | None, goal: int | None) -> str:
    """Return whether a goal is met, or by how much it is missed."""
    if goal is None:
        return ""
    if figure is None:
        return "not measured"
    return "pass" if figure <= goal else f"over, x{figure / goal:.2f}"


def table_of(record: Record, before: Record) -> Table:
    """Return the table."""
    table = Table(box=box.SIMPLE_HEAD, title="gas of one transaction", title_justify="left")
    table.add_column("scenario", no_wrap=True)
    for name in ("goal", "pmkit", "change", "Morpho Blue", "Aave v3"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("goal met", no_wrap=True)
    table.add_column("what")
    for row in rows(record, before):
        table.add_row(*row)
    return table


def reasons(figures: Mapping[str, Figures]) -> list[str]:
    """Return a sentence for each reason why figures are missing, by protocol."""
    found: list[str] = []
    for protocol in PROTOCOLS:
        by_reason: dict[str, list[str]] = {}
        for name, figure in figures[protocol].items():
            if isinstance(figure, Missing):
                by_reason.setdefault(figure.why, []).append(name)
        found += [f"{protocol}: {why}: {', '.join(names)}" for why, names in by_reason.items()]
    return found
