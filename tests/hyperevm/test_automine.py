"""The node's own mining, switched off and on: HyperCore hears of every block. SPEC HE-01, HE-06."""

from __future__ import annotations

import pytest

from pmkit.errors import NodeRefused
from pmkit.hypercore.addresses import HYPE_SYSTEM
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
    sender = chain.account("supplier")
    nonce = int(chain.rpc.request("eth_getTransactionCount", sender, "latest"), 16)
    bridge(chain, nonce=hex(nonce + 1))
    assert held(chain) == before
    bridge(chain, nonce=hex(nonce))
    assert held(chain) == before + 2 * HYPE_WEI


@pytest.mark.parametrize("method", ["evm_setIntervalMining", "anvil_setIntervalMining"])
def test_blocks_by_the_nodes_timer_are_refused(chain, method):
    with pytest.raises(NodeRefused, match="--blocks hyper"):
        chain.rpc.request(method, 5)
    assert chain.rpc.request("anvil_getAutomine") is True
