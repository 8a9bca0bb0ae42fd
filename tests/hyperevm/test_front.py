"""The front passes everything through as it is, but for what concerns blocks. SPEC HE-04."""

from __future__ import annotations

import asyncio
import json
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import aiohttp
import pytest
from hyperevm.conftest import until

from pmkit.chain.node import HOST, Node
from pmkit.chain.rpc import Rpc
from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.hyperevm import Front, blocks

PATIENCE = 60.0
"""Seconds that an answer may take on a busy machine."""


def post(url, body):
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    with connection.getresponse() as answer:
        said = answer.read()
    connection.close()
    return said


def transfer(rpc, **fields):
    first, second = rpc.request("eth_accounts")[:2]
    return {"from": first, "to": second, "value": "0x1", **fields}


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":"a","method":"eth_chainId","params":[]}',
        b'[{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"},{"jsonrpc":"2.0","id":2,"method":"x"}]',
        b'{"jsonrpc":"2.0","id":1,"method":"no_such_method","params":[]}',
        b'{"jsonrpc":"2.0","id":1',
        b"[]",
        b"7",
    ],
)
def test_what_does_not_concern_blocks_is_answered_by_the_node_byte_by_byte(node, front, body):
    assert post(front.url, body) == post(node.url, body)


def test_batch_of_both_kinds_is_answered_in_order(rpc):
    count, price, receipt = rpc.batch(
        [
            ("eth_getTransactionCount", [rpc.request("eth_accounts")[0], "pending"]),
            ("eth_gasPrice", []),
            ("eth_getTransactionReceipt", ["0x" + "11" * 32]),
        ]
    )
    assert int(count, 16) == 0
    assert int(price, 16) > 0
    assert receipt is None


def test_transaction_has_its_block_when_its_hash_is_known(rpc):
    before = rpc.block_number()
    tx_hash = rpc.request("eth_sendTransaction", transfer(rpc))
    assert int(rpc.request("eth_getTransactionReceipt", tx_hash)["blockNumber"], 16) == before + 1


def test_transaction_that_waits_for_another_keeps_nobody_waiting(rpc, monkeypatch):
    # Who waits for its block waits longer than any machine takes to say that there is none.
    monkeypatch.setattr(blocks, "RECEIPT_SECONDS", 4 * PATIENCE)
    sender = rpc.request("eth_accounts")[0]
    nonce = int(rpc.request("eth_getTransactionCount", sender, "latest"), 16)
    began = time.monotonic()
    later = rpc.request("eth_sendTransaction", transfer(rpc, nonce=hex(nonce + 1)))
    assert time.monotonic() - began < PATIENCE
    assert rpc.request("eth_getTransactionReceipt", later) is None
    rpc.request("eth_sendTransaction", transfer(rpc, nonce=hex(nonce)))
    until(lambda: rpc.request("eth_getTransactionReceipt", later))


def test_refusal_of_the_node_keeps_its_code_and_words(rpc, node):
    poor = {"from": "0x" + "99" * 20, "to": "0x" + "88" * 20, "value": "0x1"}
    with pytest.raises(NodeRefused) as by_node:
        Rpc(node.url).request("eth_sendTransaction", poor)
    with pytest.raises(NodeRefused) as by_front:
        rpc.request("eth_sendTransaction", poor)
    assert (by_front.value.code, by_front.value.message) == (
        by_node.value.code,
        by_node.value.message,
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [("eth_sendRawTransaction", []), ("evm_increaseTime", []), ("evm_increaseTime", ["soon"])],
)
def test_bad_parameters_are_refused_and_the_front_lives_on(rpc, method, params):
    with pytest.raises(NodeRefused):
        rpc.request(method, *params)
    assert rpc.chain_id() == 31337


def test_time_moves_by_command_and_adds_up(rpc):
    before = rpc.block().timestamp
    rpc.request("evm_increaseTime", 100)
    rpc.request("evm_increaseTime", 20)
    rpc.request("evm_mine")
    assert rpc.block().timestamp == before + 120
    rpc.request("evm_mine")
    assert rpc.block().timestamp == before + 121


@pytest.mark.parametrize(
    ("method", "params"),
    [("evm_increaseTime", [-5]), ("evm_mine", [1]), ("anvil_setNextBlockTimestamp", [1])],
)
def test_time_does_not_go_back(rpc, method, params):
    before = rpc.block()
    with pytest.raises(NodeRefused, match="Timestamp error"):
        rpc.request(method, *params)
    assert rpc.block() == before


def test_big_blocks_are_refused_where_each_transaction_has_its_own(rpc):
    with pytest.raises(NodeRefused, match="no big blocks"):
        rpc.request("eth_usingBigBlocks", "0x" + "11" * 20)


def test_taken_port_is_named(front):
    with pytest.raises(NodeUnavailable, match=str(front.port)):
        Front.start("http://127.0.0.1:1", port=front.port)


def test_node_that_is_gone_is_an_answer_and_no_silence():
    with Node.start() as node:
        front = Front.start(node.url)
    with front, pytest.raises(NodeRefused, match="cannot be reached"):
        Rpc(front.url).request("eth_chainId")


def test_ended_front_leaves_its_port(front):
    port = front.port
    front.close()
    with pytest.raises(NodeUnavailable, match="front ended"):
        front.require_running()
    with Front.start("http://127.0.0.1:1", port=port) as another:
        assert another.url == f"http://{HOST}:{port}"


def test_websocket_tells_new_blocks_and_takes_transactions(rpc, front):
    sent = transfer(rpc)

    async def talk():
        async with aiohttp.ClientSession() as session, session.ws_connect(front.url) as socket:
            ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
            await socket.send_str(json.dumps(ask))
            subscription = (await socket.receive_json(timeout=PATIENCE))["result"]
            await socket.send_str(
                json.dumps({**ask, "id": 2, "method": "eth_sendTransaction", "params": [sent]})
            )
            answers = [await socket.receive_json(timeout=PATIENCE) for _ in range(2)]
            (head,) = [a["params"] for a in answers if a.get("method") == "eth_subscription"]
            (tx_hash,) = [a["result"] for a in answers if a.get("id") == 2]
            return subscription, head, tx_hash

    subscription, head, tx_hash = asyncio.run(talk())
    assert head["subscription"] == subscription
    receipt = rpc.request("eth_getTransactionReceipt", tx_hash)
    assert receipt["blockNumber"] == head["result"]["number"]
