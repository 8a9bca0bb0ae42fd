"""The main job, end to end on a local chain: a recorded account, a carry trade, a crash.

Each scenario takes a running local venue, acts by ordinary transactions, and returns what it saw as
plain values; `pmkit.cli.demo` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmkit.demo.carry import Carry
    from pmkit.demo.crash import Crash
    from pmkit.demo.recorded import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the three scenarios saw."""

    recorded: Recorded
    carry: Carry
    crash: Crash
