"""From the command to a chain that is ready."""

from __future__ import annotations

import time

from bench.speed.chains import running
from bench.speed.measure import Goal, Measured, quantile, rounded, taken

TIMES = 5
GOAL_SECONDS = 5.0


def measure() -> Measured:
    """Start a chain of either kind some times."""
    with taken() as found:
        for blocks in ("instant", "hyper"):
            seconds: list[float] = []
            for _ in range(TIMES):
                began = time.monotonic()
                with running("--blocks", blocks):
                    seconds.append(time.monotonic() - began)
            found.figures[f"{blocks}_median_s"] = rounded(quantile(seconds, 0.5))
            found.figures[f"{blocks}_worst_s"] = rounded(max(seconds))
    found.goals = tuple(
        Goal(figure=f"{blocks}_worst_s", at_most=GOAL_SECONDS) for blocks in ("instant", "hyper")
    )
    return found
