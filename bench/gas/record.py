"""The figures as they are stored: one line a scenario, so that a diff shows what has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from bench.gas.scenarios import PROTOCOLS
from pmkit.files import write_at_one_stroke

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.gas.scenarios import Figures

STORED = Path(__file__).resolve().parents[1] / "gas.json"

Record = dict[str, dict[str, int | None]]
"""By scenario and protocol; None where a protocol has no such figure."""


def record_of(figures: Mapping[str, Figures]) -> Record:
    """Return what is stored of the figures by protocol."""
    names = sorted(figures[PROTOCOLS[0]])
    return {
        name: {protocol: number(figures[protocol], name) for protocol in PROTOCOLS}
        for name in names
    }


def number(figures: Figures, name: str) -> int | None:
    """Return a figure, or None where there is a reason instead of one."""
    found = figures[name]
    return found if isinstance(found, int) else None


def text_of(record: Record) -> str:
    """Return a record as JSON, a scenario a line, by their names."""
    lines = [f"  {json.dumps(name)}: {json.dumps(record[name])}" for name in sorted(record)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(path: Path = STORED) -> Record:
    """Return what is stored, nothing where nothing is."""
    if not path.exists():
        return {}
    found: Record = json.loads(path.read_text("utf-8"))
    return found


def write(record: Record, path: Path = STORED) -> None:
    """Store a record at one stroke. Raises InputError."""
    write_at_one_stroke(path, text_of(record))
