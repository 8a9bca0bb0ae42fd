"""The node's life: it starts on a port of its own, and nothing of it outlives pmkit."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.local_chain import children_of, gone, runs

from pmkit.chain.node import HOST, Node
from pmkit.chain.rpc import Rpc
from pmkit.errors import NodeUnavailable, ToolMissing

LINUX = sys.platform.startswith("linux")

HOLDS_A_NODE = """
import sys, time
from pmkit.chain.node import Node
node = Node.start()
print(node.port, flush=True)
time.sleep(600)
"""


def family_of(pid):
    """Return the numbers of a process's children and grandchildren: wardens and nodes."""
    wardens = children_of(pid)
    return wardens + [node for warden in wardens for node in children_of(warden)]


def folders():
    return set(Path(tempfile.gettempdir()).glob("pmkit-node-*"))


@pytest.fixture
def quiet_tmp(tmp_path, monkeypatch):
    """Let nodes keep their logs where no other process puts any."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_node_runs_on_loopback_with_the_chain_id_asked_for():
    with Node.start(chain_id=998) as node:
        assert node.url == f"http://{HOST}:{node.port}"
        assert Rpc(node.url).chain_id() == 998
        assert node.running


def test_two_nodes_never_share_a_port():
    with Node.start() as first, Node.start() as second:
        assert first.port != second.port
        assert Rpc(first.url).block_number() == Rpc(second.url).block_number() == 0


def test_first_block_carries_the_time_asked_for():
    with Node.start(timestamp=1_800_000_000) as node:
        assert Rpc(node.url).block(0).timestamp == 1_800_000_000


def anvil_that_does(script, folder, monkeypatch):
    """Let another program be taken for the node."""
    program = folder / "anvil"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PMKIT_ANVIL", str(program))


def test_node_that_is_given_up_leaves_nothing(monkeypatch, quiet_tmp):
    # One that is up already when it is asked about would not be given up.
    anvil_that_does("exec sleep 600", quiet_tmp, monkeypatch)
    with pytest.raises(NodeUnavailable, match="did not start"):
        Node.start(give_up=lambda: True)
    assert folders() == set()


def test_closed_node_leaves_no_process_and_no_file(quiet_tmp):
    node = Node.start()
    family = family_of(os.getpid())
    assert any(runs(pid) for pid in family)
    node.close()
    assert gone([pid for pid in family if pid not in family_of(os.getpid())])
    assert not node.running
    assert folders() == set()
    node.close()  # once more does no harm


def test_port_of_somebody_else_is_named_and_left_alone():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NodeUnavailable, match=f"port {port} cannot be used"):
            Node.start(port=port)


def test_node_on_a_chosen_port_takes_it():
    with node_on_a_free_port() as (port, node):
        assert node.port == port


@contextmanager
def node_on_a_free_port():
    """Give a port and a node on it. Others on the machine may take one that was free before."""
    for left in reversed(range(5)):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        try:
            node = Node.start(port=port)
        except NodeUnavailable:
            if left == 0:
                raise
            continue
        with node:
            yield port, node
        return


def test_missing_anvil_is_told_with_a_remedy(monkeypatch):
    monkeypatch.setenv("PMKIT_ANVIL", "/no/such/anvil")
    with pytest.raises(ToolMissing, match="PMKIT_ANVIL"):
        Node.start()


def test_program_that_does_not_start_is_told_with_its_last_words(monkeypatch, quiet_tmp):
    anvil_that_does("echo the chain is broken >&2\nexit 7", quiet_tmp, monkeypatch)
    with pytest.raises(NodeUnavailable, match=r"exit code 7.*the chain is broken"):
        Node.start()
    assert folders() == set()


def test_node_that_dies_midway_is_unavailable_and_tells_its_log():
    with Node.start() as node:
        rpc = Rpc(node.url)
        assert rpc.block_number() == 0
        (anvil,) = [n for w in children_of(os.getpid()) for n in children_of(w) if listens(n, node)]
        os.kill(anvil, signal.SIGKILL)
        assert gone([anvil])
        with pytest.raises(NodeUnavailable, match="cannot be reached"):
            rpc.block_number()
        node._process.wait(60)
        with pytest.raises(NodeUnavailable, match="Listening on"):
            node.require_running()


def listens(pid, node):
    """Tell whether a process was told a node's folder, which is the node's own."""
    told = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return str(node._folder) in told


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_node_ends_when_its_parent_is_killed(number, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_NODE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with parent:
        port = int(parent.stdout.readline())
        family = family_of(parent.pid)
        assert len(family) == 2
        assert Rpc(f"http://{HOST}:{port}").block_number() == 0
        parent.send_signal(number)
        parent.wait(60)
        assert gone(family)
        assert list(tmp_path.glob("pmkit-node-*")) == []


@pytest.mark.skipif(not LINUX, reason="only Linux ends a process with its parent")
def test_node_ends_when_its_warden_is_killed():
    with Node.start() as node:
        (anvil,) = children_of(node._process.pid)
        os.kill(node._process.pid, signal.SIGKILL)
        assert gone([anvil])
        assert not node.running
