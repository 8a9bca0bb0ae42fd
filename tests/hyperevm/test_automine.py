"""The node's own mining, switched off and on: HyperCore hears of every block. SPEC HE-01, HE-06."""

from __future__ import annotations

import pytest
from hyperevm.conftest import until

from pmkit.errors import NodeRefused
from pmkit.hypercore.addresses import HYPE_SYSTEM
from pmkit.hyperevm import blocks
from pmkit.hyperevm.local import HyperEvm

HYPE_WEI, ETHER = 10**8, 10**18


@pytest.fixture(scope="module")
def standing():
    with HyperEvm.open() as chain:
        yield chain


@pytest.fixture
def chain(standing):
    with standing.scratch():
        yield standing
        standing.rpc.request("evm_setAutomine", True)


def bridge(chain, **fields):
    sent = {"from": chain.account("supplier"), "to": HYPE_SYSTEM, "value": hex(ETHER), **fields}
    return chain.rpc.request("eth_sendTransaction", sent)


def held(chain):
    return chain.reader.balance(chain.account("supplier"), "HYPE").idle


def next_nonce(chain):
    """Return the nonce of the next transaction of who bridges."""
    count = chain.rpc.request("eth_getTransactionCount", chain.account("supplier"), "latest")
    return int(count, 16)


def mined(chain, tx_hash):
    return chain.rpc.request("eth_getTransactionReceipt", tx_hash) is not None


def test_block_by_command_reaches_core(chain):
    before = held(chain)
    chain.rpc.request("evm_setAutomine", False)
    waiting = [bridge(chain), bridge(chain)]
    assert not any(mined(chain, tx_hash) for tx_hash in waiting)
    chain.rpc.request("evm_mine")
    assert all(mined(chain, tx_hash) for tx_hash in waiting)
    assert held(chain) == before + 2 * HYPE_WEI


def test_block_of_what_waits_when_mining_is_switched_on_reaches_core(chain):
    """Once nobody told HyperCore, and what crossed over was lost."""
    before = held(chain)
    chain.rpc.request("evm_setAutomine", False)
    waiting = [bridge(chain), bridge(chain)]
    chain.rpc.request("evm_setAutomine", True)
    assert all(mined(chain, tx_hash) for tx_hash in waiting)
    assert held(chain) == before + 2 * HYPE_WEI


def test_transaction_that_comes_before_its_time_reaches_core_with_the_missing_one(chain):
    before = held(chain)
    nonce = next_nonce(chain)
    bridge(chain, nonce=hex(nonce + 1))
    assert held(chain) == before
    bridge(chain, nonce=hex(nonce))
    assert held(chain) == before + 2 * HYPE_WEI


def test_what_comes_before_its_time_reaches_core_whatever_it_has_waited_for(chain):
    """Once HyperCore was told of a block only where the transaction that was sent had logs."""
    before = held(chain)
    nonce = next_nonce(chain)
    bridge(chain, nonce=hex(nonce + 1))
    bridge(chain, nonce=hex(nonce), to=chain.account("keeper"))
    assert held(chain) == before + HYPE_WEI
    chain.rpc.request("evm_mine")
    assert held(chain) == before + HYPE_WEI


def test_what_is_mined_by_command_after_it_waited_reaches_core_once(chain):
    before = held(chain)
    nonce = next_nonce(chain)
    bridge(chain, nonce=hex(nonce + 1))
    chain.rpc.request("evm_setAutomine", False)
    bridge(chain, nonce=hex(nonce))
    chain.rpc.request("evm_mine")
    assert held(chain) == before + 2 * HYPE_WEI
    chain.rpc.request("evm_setAutomine", True)
    chain.rpc.request("evm_mine")
    assert held(chain) == before + 2 * HYPE_WEI


def test_block_that_comes_later_than_it_is_waited_for_reaches_core(chain, monkeypatch):
    """As on a fork whose upstream is slow; once what crossed over was lost."""
    monkeypatch.setattr(blocks, "RECEIPT_SECONDS", 0.0)
    before = held(chain)
    tx_hash = bridge(chain)
    until(lambda: chain.rpc.request("eth_getTransactionReceipt", tx_hash))
    assert held(chain) == before + HYPE_WEI
    again = bridge(chain)
    monkeypatch.undo()
    # The next one finds it, too.
    bridge(chain)
    assert mined(chain, again)
    assert held(chain) == before + 3 * HYPE_WEI


def test_transaction_that_is_dropped_while_it_waits_is_forgotten(chain):
    before = held(chain)
    nonce = next_nonce(chain)
    bridge(chain, nonce=hex(nonce + 1))
    chain.rpc.request("anvil_dropAllTransactions")
    bridge(chain)
    assert held(chain) == before + HYPE_WEI
    assert chain.front._maker._unanswered == []


@pytest.mark.parametrize("method", ["evm_setIntervalMining", "anvil_setIntervalMining"])
def test_blocks_by_the_nodes_timer_are_refused(chain, method):
    with pytest.raises(NodeRefused, match="--blocks hyper"):
        chain.rpc.request(method, 5)
    assert chain.rpc.request("anvil_getAutomine") is True
