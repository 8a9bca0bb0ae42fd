"""What cannot be forked is told in one line, and leaves nothing behind. SPEC HE-26."""

from __future__ import annotations

import os
import socket
import tempfile

import pytest
from click.testing import CliRunner
from fork.conftest import HURRY
from support.local_chain import children_of, gone
from support.public_rpc import PublicRpc

from pmkit.chain.node import HOST, Node
from pmkit.cli import main
from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.hyperevm.local import HyperEvm

SOMEBODY = "0x00000000000000000000000000000000000aBCdE"

SWAPPED = """
name = "mine"
date = "2026-08-19"
[tokens]
USDC = {listed = false}
HYPE = {listed = false, id = 197}
UBTC = {listed = false, id = 150}
"""
"""Parameters with the ids of two tokens mistaken for each other."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fork_refusals")]


@pytest.fixture(scope="module")
def small():
    """An upstream that nobody populates: what is wrong shows before anybody is asked for."""
    with HyperEvm.open(chain_id=998) as chain:
        yield chain


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """Require that no process and no folder of a node is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # Nobody who tests waits a minute for an upstream to come back.
    monkeypatch.setattr("pmkit.fork.run.Patience", lambda: HURRY)
    before = set(children_of(os.getpid()))
    yield
    assert gone(set(children_of(os.getpid())) - before)
    assert list(tmp_path.glob("pmkit-node-*")) == []


def refused(*options):
    """Return the exit code of `pmkit fork` and the one line that it prints."""
    result = CliRunner().invoke(main, ["fork", "--json", "--port", "0", *options])
    (line,) = result.output.splitlines()
    assert line.startswith("error: ")
    return result.exit_code, line


KEY = "0123456789abcdef0123456789abcdef"
"""What an RPC's host counts its customers by."""


def keyed(url):
    """Return a URL with secrets everywhere, and what is told of it."""
    scheme, host = url.split("://")
    return f"{scheme}://me:{KEY}@{host}/v2/{KEY}?token={KEY}", f"{url}/..."


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def test_rpc_that_is_not_there(tmp_path):
    url = f"http://{HOST}:{free_port()}"
    state = tmp_path / "fork.json"
    code, line = refused("--rpc", url, "--state", str(state))
    assert (code, url in line, "cannot be reached" in line) == (3, True, True)
    assert not state.exists()


def test_key_in_the_url_is_not_told_by_an_rpc_that_is_not_there():
    url, shown = keyed(f"http://{HOST}:{free_port()}")
    code, line = refused("--rpc", url)
    assert (code, KEY in line, "me:" in line) == (3, False, False)
    assert line.startswith(f"error: node at {shown}: cannot be reached")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--chain-id", "999"), "is chain 998, not 999"),
        (("--block", "3"), "serves only the latest state"),
    ],
)
def test_key_in_the_url_is_not_told_by_what_the_upstream_is_not(small, options, told):
    with PublicRpc(small.rpc.url) as rpc:
        url, shown = keyed(rpc.url)
        code, line = refused("--rpc", url, *options)
    assert (code, KEY in line, told in line) == (2, False, True), line
    assert shown in line


@pytest.mark.parametrize("says", [(200, b"<html>"), (429, b""), (200, b"{}")])
def test_key_in_the_url_is_not_told_by_an_rpc_that_is_none(small, says):
    with PublicRpc(small.rpc.url, says=says) as rpc:
        url, shown = keyed(rpc.url)
        code, line = refused("--rpc", url)
    assert (code, KEY in line, shown in line) == (3, False, True), line


def test_key_in_the_url_of_a_chain_without_hypercore_or_a_websocket_is_not_told():
    with Node.start(chain_id=999) as node, PublicRpc(node.url) as rpc:
        url, shown = keyed(rpc.url)
        code, line = refused("--rpc", url)
    assert (code, KEY in line, shown in line) == (2, False, True), line
    code, line = refused("--rpc", url.replace("http:", "ws:"))
    assert (code, KEY in line, "is a websocket" in line) == (2, False, True), line


def test_key_in_the_url_is_not_told_by_an_upstream_that_goes_away(small):
    with PublicRpc(small.rpc.url) as rpc:
        url, shown = keyed(rpc.url)
        with HyperEvm.fork(url, patience=HURRY) as fork:
            assert fork.forked.upstream == shown
            rpc.dies_after = 0
            unseen = "0x000000000000000000000000000000000000bEEF"
            with pytest.raises((NodeRefused, NodeUnavailable), match="cannot be reached") as told:
                fork.rpc.request("eth_getBalance", unseen, "latest")
    assert (KEY in str(told.value), shown in str(told.value)) == (False, True)


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ((200, b"<html>hello</html>"), "answered no JSON-RPC"),
        ((500, b"oops"), "HTTP 500"),
        ((404, b""), "HTTP 404"),
        ((200, b"{}"), "gave no answer to eth_chainId"),
        ((200, b'{"jsonrpc":"2.0","id":1,"result":null}'), "answers eth_chainId with None"),
        ((200, b'{"jsonrpc":"2.0","id":1,"result":"0x3e6"}'), "something else"),
        ((200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}'), "refused"),
        ((429, b"Too Many Requests"), "too many requests, 10 times"),
        ((200, b'{"id":1,"error":{"code":-32005,"message":"rate limited"}}'), "too many requests"),
    ],
)
def test_rpc_that_is_none(small, says, told):
    with PublicRpc(small.rpc.url, says=says) as rpc:
        code, line = refused("--rpc", rpc.url)
    assert code == 3
    assert rpc.url in line
    assert told in line


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ws://127.0.0.1:1", "is a websocket"),
        ("ftp://127.0.0.1", "is not an http or https URL"),
        ("mainnet", "is not an http or https URL"),
        ("http://127.0.0.1:port", "is not the URL of a node"),
    ],
)
def test_url_that_is_none(url, told):
    code, line = refused("--rpc", url)
    assert (code, told in line) == (2, True), line


def test_chain_without_hypercore_is_named_as_such():
    with Node.start(chain_id=999) as node:
        code, line = refused("--rpc", node.url)
        assert (code, "has no HyperCore" in line, node.url in line) == (2, True, True)


def test_other_chain_than_expected(small):
    code, line = refused("--rpc", small.rpc.url, "--chain-id", "999")
    assert (code, "is chain 998, not 999" in line) == (2, True)


@pytest.mark.parametrize(
    ("block", "told"), [(3, "serves only the latest state"), (10**6, "is not there yet")]
)
def test_block_that_the_upstream_does_not_serve(small, block, told):
    with PublicRpc(small.rpc.url) as rpc:
        code, line = refused("--rpc", rpc.url, "--block", str(block))
    assert (code, "--block" in line, told in line) == (2, True, True), line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nobody\n", "line 1"),
        (f"# one\n{SOMEBODY} rich\n", "line 2: rich is no mode"),
        (f"{SOMEBODY} unified please\n", "at most a mode"),
        (f"{SOMEBODY} unified\n{SOMEBODY} standard\n", "named twice"),
        (None, "cannot be read"),
    ],
    ids=["address", "mode", "words", "twice", "absent"],
)
def test_accounts_that_are_none(small, tmp_path, text, told):
    path = tmp_path / "accounts.txt"
    if text is not None:
        path.write_text(text, "utf-8")
    code, line = refused("--rpc", small.rpc.url, "--accounts", str(path))
    assert (code, told in line) == (2, True), line


def test_account_that_the_fork_needs_for_itself(small):
    maker = small.account("maker")
    code, line = refused("--rpc", small.rpc.url, "--account", maker)
    assert (code, maker in line, "the fork's own maker" in line) == (2, True, True)


def test_account_in_a_mode_that_its_figures_contradict(small):
    # What a standard account has moved to a dex no longer counts in its spot balance.
    with small.scratch():
        supplier = small.account("supplier")
        small.credit("supplier", "USDC", "100")
        small.sender("supplier").transfer_perp(0, 90 * 10**6, to_perp=True)
        code, line = refused("--rpc", small.rpc.url, "--account", supplier, "--mode", "unified")
    assert (code, supplier in line, "name its mode" in line) == (2, True, True), line


def test_parameters_of_another_network(small, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SWAPPED, "utf-8")
    code, line = refused("--rpc", small.rpc.url, "--params", str(path))
    assert (code, "--params" in line) == (2, True), line
    assert "token 150 is ('HYPE', 2, 8) on the upstream and ('UBTC', 5, 10) here" in line


def test_port_of_somebody_else(small):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, line = refused("--rpc", small.rpc.url, "--port", port)
    assert (code, port in line) == (3, True)


@pytest.mark.parametrize("requests", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
def test_rpc_that_dies_midway(small, tmp_path, requests):
    state = tmp_path / "fork.json"
    with PublicRpc(small.rpc.url, dies_after=requests) as rpc:
        options = ("--rpc", rpc.url, "--account", small.account("trader"), "--state", str(state))
        code, line = refused(*options)
        assert code == 3
        assert rpc.url in line
        assert "cannot be reached" in line
        assert len(line) < 300
    assert not state.exists()


def test_rpc_that_dies_afterwards_is_told_by_who_asks_for_what_only_it_has(small):
    unseen = "0x000000000000000000000000000000000000bEEF"
    with PublicRpc(small.rpc.url) as rpc, HyperEvm.fork(rpc.url, patience=HURRY) as fork:
        rpc.dies_after = 0
        fork.move("BTC", "90000")
        assert fork.reader.prices().perps[0].mark == 900_000
        with pytest.raises((NodeRefused, NodeUnavailable), match="cannot be reached") as told:
            fork.rpc.request("eth_getBalance", unseen, "latest")
        assert rpc.url in str(told.value)
        fork.warp(60)
        fork.require_running()
