"""A plain node behind a front for all tests of a worker; each test finds it as it began."""

from __future__ import annotations

import asyncio
import time

import pytest

from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.hyperevm import Blocks, Front

PACE = 0.1
"""Seconds between two small blocks: ten times as fast as the chain's, for tests to be short."""
BY_COMMAND = 3_600.0
"""Seconds between two blocks where none comes by itself."""


@pytest.fixture(scope="session")
def node():
    with Node.start(timestamp=1_790_000_000) as node:
        Rpc(node.url).request("anvil_setBlockTimestampInterval", 1)
        yield node


@pytest.fixture
def front(node):
    snapshot = Rpc(node.url).request("evm_snapshot")
    with Front.start(node.url) as front:
        yield front
    Rpc(node.url).request("evm_revert", snapshot)


@pytest.fixture
def rpc(front):
    rpc = Rpc(front.url)
    yield rpc
    rpc.close()


@pytest.fixture
def hyper():
    """A node whose blocks come by themselves."""
    with Node.start() as node, Front.start(node.url, blocks=Blocks.HYPER, seconds=PACE) as front:
        rpc = Rpc(front.url)
        yield rpc
        rpc.close()


@pytest.fixture
def still():
    """Give a front whose blocks come by command alone, and a client of it."""
    with (
        Node.start() as node,
        Front.start(node.url, blocks=Blocks.HYPER, seconds=BY_COMMAND) as front,
    ):
        rpc = Rpc(front.url)
        yield front, rpc
        rpc.close()


def make_big(front):
    """Make a big block before its time, for which there is no command."""

    async def made():
        async with front._maker._lock:
            await front._maker._make_big()

    asyncio.run_coroutine_threadsafe(made(), front._loop).result(60)


def until(found, seconds=60.0):
    """Return the first answer that is something, within some seconds."""
    deadline = time.monotonic() + seconds
    while (answer := found()) is None:
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(PACE / 10)
    return answer
