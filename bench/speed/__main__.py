"""`python -m bench.speed`: measure, print as JSON, store in bench/speed.json."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench.speed import blocks, front, isolated, start
from bench.speed.record import STORED, commit, stored_of, write
from pmkit.errors import PmkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.speed.measure import Measured

BLOCKS = 1_000
FEWEST = 10


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print and store each subject, and return the exit code: 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=main.__doc__)
    subjects = ("start", "front", "isolated", "blocks")
    parser.add_argument("subjects", nargs="*", help=f"{', '.join(subjects)}; all unless named")
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="blocks, a second each")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.subjects) - set(subjects)
    if unknown:
        parser.error(f"there is no {min(unknown)}; there are {', '.join(subjects)}")
    if chosen.blocks < FEWEST:
        parser.error(f"--blocks: at least {FEWEST}")
    runs: dict[str, Callable[[], Measured]] = {
        "start": start.measure,
        "front": front.measure,
        "isolated": isolated.measure,
        "blocks": partial(blocks.measure, chosen.blocks),
    }
    missed: list[str] = []
    code = commit()  # before the figures themselves change the clone
    try:
        for name in chosen.subjects or subjects:
            record = stored_of(runs[name](), code)
            print(json.dumps({name: record}, indent=2), flush=True)
            write({name: record})
            missed += [f"{name}: {figure}" for figure in record["missed"]]
    except (AssertionError, PmkitError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted; what was printed is stored", file=sys.stderr)
        return 130
    print(f"bench: stored in {STORED.relative_to(STORED.parents[1])}")
    for each in missed:
        print(f"bench: misses its goal: {each}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
