"""Fill tests/vectors from the Python core: `.venv/bin/python scripts/fill_vectors.py`.

Worked cases (source `hand` or `docs`) are kept as they stand. Filling is no test: reading the files
on both sides is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scripts.vector_codec import (  # noqa: E402 (after the paths)
    VECTORS,
    encoded,
    outcome,
    pure_functions,
    read_file,
    text_of,
)
from scripts.vector_grids import grids, some_accounts  # noqa: E402 (after the paths)

SPEC_ID = re.compile(r"\b[A-Z]{2}-\d\d\b")


def spec_of(function: Callable[..., Any]) -> str:
    """Return the first SPEC id of a function's docstring, or of the rule it is a part of."""
    found = SPEC_ID.search(function.__doc__ or "")
    return found.group() if found else "PM-01"


def filled(name: str, function: Callable[..., Any], inputs: list[dict[str, Any]]) -> str:
    """Return the text of a function's file: the worked cases it has, and the grid's."""
    path = VECTORS / f"{name}.json"
    kept = read_file(path)["cases"] if path.exists() else []
    cases = [case for case in kept if case["source"] != "filled"]
    for number, given in enumerate(inputs, start=1):
        cases.append(
            {
                "id": f"grid-{number:03}",
                "source": "filled",
                "in": {key: encoded(given[key]) for key in signature(function).parameters},
                **outcome(function, given),
            }
        )
    return text_of({"fn": name, "spec": spec_of(function), "cases": cases})


def all_filled() -> dict[Path, str]:
    """Return the text of every vector file."""
    functions = pure_functions()
    wanted = grids(some_accounts())
    return {
        VECTORS / f"{name}.json": filled(name, functions[name], inputs)
        for name, inputs in sorted(wanted.items())
    }


def main() -> int:
    """Write the files that changed; return the exit code."""
    VECTORS.mkdir(exist_ok=True)
    for path, text in all_filled().items():
        if path.exists() and path.read_text() == text:
            continue
        path.write_text(text)
        print(f"vectors: wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
