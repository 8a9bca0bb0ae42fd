"""A local chain with a funded venue, started once for all tests and rewound after each."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace

import pytest

from pmkit.chain import LocalVenue
from pmkit.params import load_params


@pytest.fixture(scope="session")
def standing_venue():
    with LocalVenue.start() as venue:
        yield venue


@pytest.fixture
def venue(standing_venue):
    with standing_venue.scratch():
        yield standing_venue


@pytest.fixture
def dark_venue():
    """Give a venue on which no pair prices USDT0."""
    current = load_params("current")
    pairs = tuple(pair for pair in current.pairs if pair.name != "@166")
    with LocalVenue.start(replace(current, pairs=pairs)) as venue:
        yield venue


def children_of(pid):
    """Return the numbers of a process's children."""
    rows = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    pairs = [tuple(map(int, row.split())) for row in rows if row.strip()]
    return [child for child, parent in pairs if parent == pid]


def runs(pid):
    """Tell whether a process is there and no mere entry that nobody has asked about."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return found != "" and not found.startswith("Z")


def gone(pids, seconds=60.0):
    """Tell whether all processes are gone within some seconds; how soon depends on the machine."""
    deadline = time.monotonic() + seconds
    while any(runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
