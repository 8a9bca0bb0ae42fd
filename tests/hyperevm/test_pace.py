"""When blocks are made, by a clock that moves with what is waited for. SPEC HE-02.

A machine's own clock tells how busy it is; this one tells what the maker of blocks does.
"""

from __future__ import annotations

import asyncio
import selectors
from contextlib import suppress

import pytest

from pmkit.hyperevm.blocks import HyperBlocks
from pmkit.hyperevm.limits import BIG_GAS, SMALL_GAS
from pmkit.hyperevm.upstream import Upstream


class Leap(selectors.SelectSelector):
    """Waits for nothing: time goes on by as much as it would have waited."""

    now = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "nobody waits for a time"
        self.now += max(0.0, timeout)
        return super().select(0)


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time is that of its selector."""

    def __init__(self):
        self.leap = Leap()
        super().__init__(self.leap)

    def time(self):
        return self.leap.now


class Slow(Upstream):
    """A node that takes some seconds for a block, by the block's number, and notes each."""

    def __init__(self, takes):
        # Nothing of one that is reached over a network.
        self.takes = takes
        self.limit = SMALL_GAS
        self.made = []
        """When each block was begun, and its limit."""

    async def request(self, method, *params):
        if method == "evm_setBlockGasLimit":
            self.limit = int(params[0], 16)
        elif method == "evm_mine":
            self.made.append((asyncio.get_running_loop().time(), self.limit))
            await asyncio.sleep(self.takes(len(self.made)))


def made_in(seconds, takes, **options):
    """Return what is made in some seconds: times of small blocks, and of big ones."""
    node = Slow(takes)

    async def watch():
        with suppress(TimeoutError):
            await asyncio.wait_for(HyperBlocks(node, None, **options).run(), seconds)

    loop = Clock()
    try:
        loop.run_until_complete(watch())
    finally:
        loop.close()
    return tuple([at for at, limit in node.made if limit == kind] for kind in (SMALL_GAS, BIG_GAS))


def test_blocks_do_not_drift_however_long_each_takes():
    small, big = made_in(125.5, lambda _: 0.4)
    assert small == pytest.approx([*range(1, 126)], abs=1e-6)
    # Each after the small one of its minute.
    assert big == pytest.approx([60.4, 120.4], abs=1e-6)


def test_late_block_is_made_late_and_never_twice():
    small, _ = made_in(9.5, lambda number: 3.3 if number == 3 else 0.1)
    # The third takes until 6.3: the one of 6 comes at once, and those of 4 and 5 never.
    assert small == pytest.approx([1, 2, 3, 6.3, 7, 8, 9], abs=1e-6)


@pytest.mark.parametrize("busy", [59, 60])
def test_big_block_of_a_minute_comes_however_late(busy):
    """Once it came with the sixtieth small one alone, and not where that was left out."""
    small, big = made_in(130.5, lambda number: 2.5 if number == busy else 0.1)
    assert len(small) == 130 - 1
    assert [int(at) // 60 for at in big] == [1, 2]


def test_big_blocks_of_minutes_that_were_slept_through_are_one():
    _, big = made_in(250, lambda number: 155.0 if number == 30 else 0.1)
    assert big == pytest.approx([185.1, 240.1], abs=1e-6)
