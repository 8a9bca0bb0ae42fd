"""Continuous piecewise-linear functions of one price, in exact rationals.

Sums, multiples, minima and maxima of lines are all that margin is made of as one price moves; kept
as segments, the price at which a figure crosses zero is a division and not a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Segment:
    """The line `slope`·x + `base` from `start` to where the next segment starts."""

    start: Fraction
    slope: Fraction
    base: Fraction

    def at(self, x: Fraction) -> Fraction:
        """Return the value of the line at x."""
        return self.slope * x + self.base


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A continuous function on x ≥ 0; the first segment starts at zero and starts rise."""

    segments: tuple[Segment, ...]

    def at(self, x: Fraction) -> Fraction:
        """Return the value at x ≥ 0."""
        found = self.segments[0]
        for segment in self.segments:
            if segment.start <= x:
                found = segment
        return found.at(x)

    def __add__(self, other: Piecewise) -> Piecewise:
        return joined(
            Segment(start, f.slope + g.slope, f.base + g.base)
            for start, f, g in common(self, other)
        )

    def __sub__(self, other: Piecewise) -> Piecewise:
        return self + other * -1

    def __mul__(self, factor: Fraction | int) -> Piecewise:
        return joined(Segment(s.start, s.slope * factor, s.base * factor) for s in self.segments)

    def times(self, other: Piecewise) -> Piecewise:
        """Return the product with a function, one of the two being constant.

        Raises ValueError when both move: the product would not be linear.
        """
        for constant, moving in ((other, self), (self, other)):
            if len(constant.segments) == 1 and constant.segments[0].slope == 0:
                return moving * constant.segments[0].base
        raise ValueError("the product of two moving functions is not piecewise linear")


def line(slope: Fraction | int, base: Fraction | int) -> Piecewise:
    """Return slope·x + base."""
    return Piecewise((Segment(Fraction(0), Fraction(slope), Fraction(base)),))


def constant(value: Fraction | int) -> Piecewise:
    """Return a function that does not move."""
    return line(0, value)


def greatest(*functions: Piecewise) -> Piecewise:
    """Return the pointwise maximum."""
    found = functions[0]
    for function in functions[1:]:
        found = larger(found, function)
    return found


def least(*functions: Piecewise) -> Piecewise:
    """Return the pointwise minimum."""
    return greatest(*(function * -1 for function in functions)) * -1


def larger(f: Piecewise, g: Piecewise) -> Piecewise:
    """Return the pointwise maximum of two functions; segments split where the two cross."""
    segments: list[Segment] = []
    parts = common(f, g)
    for i, (start, a, b) in enumerate(parts):
        end = parts[i + 1][0] if i + 1 < len(parts) else None
        upper, lower = (a, b) if (a.at(start), a.slope) >= (b.at(start), b.slope) else (b, a)
        segments.append(Segment(start, upper.slope, upper.base))
        if lower.slope > upper.slope:
            crossing = (upper.base - lower.base) / (lower.slope - upper.slope)
            if crossing > start and (end is None or crossing < end):
                segments.append(Segment(crossing, lower.slope, lower.base))
    return joined(segments)


def common(f: Piecewise, g: Piecewise) -> list[tuple[Fraction, Segment, Segment]]:
    """Return the segments of two functions side by side, cut at the starts of both."""
    starts = sorted({s.start for s in f.segments} | {s.start for s in g.segments})
    found: list[tuple[Fraction, Segment, Segment]] = []
    i = j = 0
    for start in starts:
        while i + 1 < len(f.segments) and f.segments[i + 1].start <= start:
            i += 1
        while j + 1 < len(g.segments) and g.segments[j + 1].start <= start:
            j += 1
        found.append((start, f.segments[i], g.segments[j]))
    return found


def joined(segments: Iterable[Segment]) -> Piecewise:
    """Return a function of segments, neighbours on one line made one."""
    kept: list[Segment] = []
    for segment in segments:
        if kept and (kept[-1].slope, kept[-1].base) == (segment.slope, segment.base):
            continue
        kept.append(segment)
    return Piecewise(tuple(kept))


def first_below_zero(
    f: Piecewise, x: Fraction, *, upwards: bool, inclusive: bool
) -> Fraction | None:
    """Return the nearest point from x in one direction beyond which f is below zero, or None.

    f(x) itself is taken as not below zero. With `inclusive` reaching zero already counts, unless f
    rests at zero there. Points must be above zero.
    """
    ends = [s.start for s in f.segments[1:]]
    bounds = [e for e in ends if e > x] if upwards else [e for e in reversed(ends) if e < x]
    here = x
    for bound in [*bounds, None]:
        segment = segment_beyond(f, here, upwards=upwards)
        root = crossing(segment, here, bound, upwards=upwards, inclusive=inclusive)
        if root is not None:
            return root if root > 0 else None
        if bound is None:
            return None
        here = bound
    return None


def segment_beyond(f: Piecewise, here: Fraction, *, upwards: bool) -> Segment:
    """Return the segment that holds just beyond a point in a direction."""
    found = f.segments[0]
    for segment in f.segments:
        if segment.start < here or (upwards and segment.start == here):
            found = segment
    return found


def crossing(
    segment: Segment, here: Fraction, bound: Fraction | None, *, upwards: bool, inclusive: bool
) -> Fraction | None:
    """Return where a line falls to zero on the way from a point to a bound, or None."""
    value = segment.at(here)
    if value < 0:
        return here
    heading = segment.slope if upwards else -segment.slope
    if heading >= 0:
        return None
    root = -segment.base / segment.slope
    if bound is None:
        return root
    beyond = root > bound if upwards else root < bound
    if beyond or (root == bound and not inclusive):
        # At the bound itself the next segment decides whether the function goes on falling.
        return None
    return root
