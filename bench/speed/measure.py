"""A figure with its goal, and the machine's load and CPU time while it was taken."""

from __future__ import annotations

import os
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure must not exceed."""

    figure: str
    at_most: float


@dataclass(slots=True)
class Measured:
    """Figures of one subject by name; units stand in the names."""

    figures: dict[str, float] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()

    def missed(self) -> tuple[Goal, ...]:
        """Return the goals that the figures do not meet."""
        return tuple(goal for goal in self.goals if self.figures[goal.figure] > goal.at_most)


@contextmanager
def taken() -> Iterator[Measured]:
    """Give figures to fill, and add wall time, CPU time and load once they are taken.

    CPU time is that of this process and of all that it started and waited for.
    """
    found = Measured()
    load, cpu, began = os.getloadavg()[0], cpu_seconds(), time.monotonic()
    yield found
    found.figures |= {
        "wall_s": rounded(time.monotonic() - began),
        "cpu_s": rounded(cpu_seconds() - cpu),
        "load_before": rounded(load),
        "load_after": rounded(os.getloadavg()[0]),
    }


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def rounded(figure: float) -> float:
    """Return a figure as it is stored: finer is noise."""
    return round(figure, 3)


def quantile(figures: list[float], share: float) -> float:
    """Return the least figure that at least a share of all do not exceed.

    >>> quantile([3.0, 1.0, 2.0, 4.0], 0.5)
    2.0
    """
    ordered = sorted(figures)
    place = max(0, -int(-share * len(ordered) // 1) - 1)
    return ordered[place]
