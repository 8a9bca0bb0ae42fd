"""One place speaks to nodes: whatever goes wrong there has a name and the node's address."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pmkit.chain.rpc import Rpc, public_url, shown_url
from pmkit.errors import InputError, NodeRefused, NodeUnavailable

SILENCE = b"silence"


class FakeNode(ThreadingHTTPServer):
    """Gives the replies that a test puts in, and keeps what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = []
        self.asked = []
        self.heard = threading.Event()
        """That nobody waits for an answer any more."""
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeNode

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(asked))
        reply = self.server.replies.pop(0)
        if reply is None:
            self.close_connection = True
            return
        if reply == SILENCE:
            self.server.heard.wait(60)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with FakeNode() as node:
        thread = threading.Thread(target=node.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield node
        node.heard.set()
        node.shutdown()
        thread.join()


def said(result):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def test_answer_comes_back_as_it_was_given(server):
    server.replies = [said("0x10")]
    assert Rpc(server.url).block_number() == 16
    assert server.asked[0]["method"] == "eth_blockNumber"


@pytest.mark.parametrize("reply", [b"<html>", b"", b"[]", b"7", b'{"id": 1}'])
def test_answer_that_is_no_json_rpc_is_told(server, reply):
    server.replies = [reply]
    with pytest.raises(NodeUnavailable, match=r"answered no JSON|gave no answer"):
        Rpc(server.url).request("eth_blockNumber")


def test_refusal_carries_code_message_and_revert_data(server):
    error = {"code": 3, "message": "execution reverted", "data": {"data": "0x1234"}}
    server.replies = [json.dumps({"id": 1, "error": error}).encode()]
    with pytest.raises(NodeRefused) as caught:
        Rpc(server.url).request("eth_call")
    assert caught.value.data == "0x1234"
    assert (caught.value.code, caught.value.method) == (3, "eth_call")


def test_batch_is_put_in_order_and_a_refused_one_is_in_its_place(server):
    replies = [
        {"id": 1, "error": {"code": -1, "message": "no"}},
        {"id": 0, "result": "first"},
    ]
    server.replies = [json.dumps(replies).encode()]
    first, second = Rpc(server.url).batch([("a", []), ("b", [])])
    assert first == "first"
    assert isinstance(second, NodeRefused)


def test_batch_that_is_answered_in_part_is_told(server):
    server.replies = [json.dumps([{"id": 0, "result": 1}]).encode()]
    with pytest.raises(NodeUnavailable, match="batches"):
        Rpc(server.url).batch([("a", []), ("b", [])])


def test_empty_batch_asks_nobody(server):
    assert Rpc(server.url).batch([]) == []
    assert server.asked == []


def test_connection_that_the_node_closed_is_opened_again_for_a_question(server):
    server.replies = [said(1), None, said(2)]
    rpc = Rpc(server.url)
    assert rpc.request("eth_blockNumber") == 1
    assert rpc.request("eth_blockNumber") == 2


def test_node_that_is_silent_is_asked_once(server, monkeypatch):
    server.replies = [said(1), SILENCE]
    rpc = Rpc(server.url)
    rpc.request("eth_blockNumber")
    # Only from here on: what is answered may take its time.
    rpc._connection.sock.settimeout(0.1)
    tried, exchange = [], rpc._exchange

    def counted(body):
        tried.append(body)
        return exchange(body)

    monkeypatch.setattr(rpc, "_exchange", counted)
    with pytest.raises(NodeUnavailable, match="timed out"):
        rpc.request("eth_blockNumber")
    assert len(tried) == 1


def test_transaction_is_never_sent_twice_when_its_answer_is_lost(server):
    server.replies = [said(1), None]
    rpc = Rpc(server.url)
    rpc.request("eth_blockNumber")
    with pytest.raises(NodeUnavailable):
        rpc.request("eth_sendRawTransaction", "0x00")
    assert [asked["method"] for asked in server.asked].count("eth_sendRawTransaction") == 1


def test_node_that_is_not_there_is_named():
    with pytest.raises(NodeUnavailable, match=r"http://127\.0\.0\.1:1: cannot be reached"):
        Rpc("http://127.0.0.1:1").block_number()


@pytest.mark.parametrize("url", ["ftp://host", "host:8545", "http://", "http://host:port", ""])
def test_text_that_is_no_url_of_a_node_is_refused(url):
    with pytest.raises(InputError):
        Rpc(url)


KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8545",
        "http://[::1]:8545",
        "http://localhost:8545/",
        "https://rpc.hyperliquid.xyz/evm",
        "https://rpc.hyperliquid-testnet.xyz/evm",
        "https://an-endpoint-with-a-long-name.example.org/hyperevm/v2",
    ],
)
def test_url_without_a_secret_is_public(url):
    """SPEC DP-10."""
    assert public_url(url) == shown_url(url) == Rpc(url).place == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://mainnet.example.org/v2/{KEY}", "https://mainnet.example.org/..."),
        (f"https://mainnet.example.org/{KEY}/", "https://mainnet.example.org/..."),
        ("https://mainnet.example.org/evm?key=k", "https://mainnet.example.org/..."),
        ("https://mainnet.example.org/evm#k", "https://mainnet.example.org/..."),
        ("https://me:pass@example.org:8545/evm", "https://example.org:8545/..."),
        ("https://me@example.org", "https://example.org/..."),
        (f"https://{KEY}.example.org/evm", "https://....example.org/..."),
    ],
)
def test_url_that_may_hold_a_secret_is_shown_without_it(url, shown):
    """SPEC DP-10."""
    assert public_url(url) is None
    assert shown_url(url) == shown
    assert KEY not in Rpc(url).place


@pytest.mark.parametrize(
    "url",
    [
        f"wss://example.org/{KEY}",
        f"https://me:{KEY}@[::1/evm",
        f"https://me:{KEY}@example.org:port/evm",
        f"/v2/{KEY}",
    ],
)
def test_refusal_of_a_url_does_not_tell_its_key(url):
    with pytest.raises(InputError) as refused:
        Rpc(url)
    assert KEY not in str(refused.value)


def test_error_of_a_node_does_not_tell_its_key():
    url = f"http://127.0.0.1:1/v2/{KEY}"
    with pytest.raises(NodeUnavailable) as gone:
        Rpc(url).chain_id()
    assert str(gone.value).startswith("node at http://127.0.0.1:1/...: cannot be reached")
