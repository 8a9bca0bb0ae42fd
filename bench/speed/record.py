"""The figures as they are stored, each subject with its day, its commit and its goals."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmkit.files import write_at_one_stroke

if TYPE_CHECKING:
    from bench.speed.measure import Measured

STORED = Path(__file__).resolve().parents[1] / "speed.json"
ROOT = STORED.parents[1]

Record = dict[str, dict[str, Any]]
"""By subject."""


def stored_of(measured: Measured, code: str | None) -> dict[str, Any]:
    """Return what is stored of a subject that was measured at a commit."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": code,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **measured.figures,
        "goals": {goal.figure: goal.at_most for goal in measured.goals},
        "missed": [goal.figure for goal in measured.missed()],
    }


def commit() -> str | None:
    """Return the commit that was measured, marked where files differ; None outside a clone."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or None


def read(path: Path = STORED) -> Record:
    """Return what is stored, nothing where nothing is."""
    if not path.exists():
        return {}
    found: Record = json.loads(path.read_text("utf-8"))
    return found


def write(record: Record, path: Path = STORED) -> None:
    """Store new figures at one stroke; those of subjects that were not measured stay.

    Raises InputError.
    """
    write_at_one_stroke(path, json.dumps(read(path) | record, indent=2) + "\n")
