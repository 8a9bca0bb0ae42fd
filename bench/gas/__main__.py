"""`python -m bench.gas`: measure, print, store in bench/gas.json."""

from __future__ import annotations

import sys
import time

from rich.console import Console

from bench.gas import aave, morpho, packages, venue
from bench.gas.ground import Ground
from bench.gas.market import PRICES, bench_params
from bench.gas.record import STORED, read, record_of, write
from bench.gas.scenarios import PROTOCOLS, Figures
from bench.gas.table import reasons, table_of
from pmkit.chain import LocalVenue
from pmkit.errors import PmkitError

WIDTH = 150
"""Columns where the output is no terminal, whose width nobody knows."""


def measured(console: Console) -> dict[str, Figures]:
    """Return the figures by protocol, all from one chain."""
    packages.install()
    found: dict[str, Figures] = {}
    with LocalVenue.start(bench_params(), prices=PRICES) as local:
        ground = Ground(local)
        for protocol, side in zip(PROTOCOLS, (venue, morpho, aave), strict=True):
            started = time.monotonic()
            found[protocol] = side.measure(ground)
            console.print(f"gas: {protocol} measured in {time.monotonic() - started:.0f} s")
    return found


def main() -> int:
    """Measure, print and store, and return the exit code."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    try:
        figures = measured(console)
    except PmkitError as error:
        print(f"gas: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ngas: interrupted; nothing was stored", file=sys.stderr)
        return 130
    record = record_of(figures)
    console.print(table_of(record, before=read()))
    for reason in reasons(figures):
        console.print(f"none for {reason}")
    write(record)
    console.print(f"gas: stored in {STORED.relative_to(packages.BENCH.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
