"""What contracts ask of HyperCore comes about behind the front. SPEC HE-06, HC-10, HC-22."""

from __future__ import annotations

import pytest
from hyperevm.conftest import BY_COMMAND, make_big, until

from pmkit.chain.contracts import ask
from pmkit.chain.rpc import Rpc
from pmkit.hypercore.addresses import CORE_WRITER, HYPE, HYPE_SYSTEM, USDC, system_address
from pmkit.hypercore.core_actions import GTC, IOC, SUPPLY, encode_action
from pmkit.hypercore.records import Status, read_records
from pmkit.hypercore.step import core_call
from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm

BTC = 0


@pytest.fixture(scope="module")
def standing():
    with HyperEvm.open() as chain:
        yield chain


@pytest.fixture
def chain(standing):
    with standing.scratch():
        yield standing


def ask_core(chain, who, name, **fields):
    """Send an action through CoreWriter, as a contract would; return its receipt."""
    tx_hash = send_to_core(chain, who, name, **fields)
    return until(lambda: chain.rpc.request("eth_getTransactionReceipt", tx_hash))


def send_to_core(chain, who, name, **fields):
    """Send it, and wait for nothing; return its hash."""
    data = encode_action(name, **fields)
    words = len(data).to_bytes(32) + data + bytes(-len(data) % 32)
    call = "0x17938e13" + (32).to_bytes(32).hex() + words.hex()
    sent = {"from": chain.account(who), "to": CORE_WRITER, "data": call, "gas": hex(2_000_000)}
    return chain.rpc.request("eth_sendTransaction", sent)


def order(chain, *, is_buy, limit_px, tif=IOC):
    """Ask for an order of 0.1 BTC, the price in whole USD."""
    return ask_core(
        chain,
        "trader",
        "limit_order",
        asset=BTC,
        is_buy=is_buy,
        limit_px=limit_px * 10**8,
        sz=10**7,
        reduce_only=False,
        tif=tif,
        cloid=0,
    )


def last_record(chain, block="latest"):
    records, _ = read_records(chain.rpc, 1, 100, block)
    return records[-1]


def test_action_is_applied_when_its_hash_is_known(chain):
    trader = chain.sender("trader")
    trader.deposit("UBTC", chain.amount("UBTC", "1"))
    before = chain.rpc.block()
    receipt = order(chain, is_buy=False, limit_px=1)
    assert receipt["status"] == "0x1"
    (position,) = chain.reader.account(trader.address).perps
    assert position.szi == -(10**4)
    latest = chain.rpc.block()
    # The transaction's block and the step's; the step takes no time.
    assert (latest.number, latest.timestamp) == (before.number + 2, before.timestamp + 1)
    assert last_record(chain).status is Status.APPLIED


def test_step_leaves_fees_and_limits_as_they_were(chain):
    before = chain.rpc.request("eth_getBlockByNumber", "latest", False)
    ask_core(chain, "trader", "borrow_lend", operation=SUPPLY, token=USDC, wei=1)
    chain.rpc.request("evm_mine")
    after = chain.rpc.request("eth_getBlockByNumber", "latest", False)
    assert after["gasLimit"] == before["gasLimit"]
    assert 0 < int(after["baseFeePerGas"], 16) <= int(before["baseFeePerGas"], 16)
    assert chain.rpc.request("anvil_getAutomine") is True


def limit_of_coming_blocks(chain):
    """Return the gas limit as it is set."""
    coming = chain.rpc.request("eth_getBlockByNumber", "pending", False)
    return int(coming["gasLimit"], 16)


def test_steps_in_a_row_leave_the_limit_as_it_was(chain):
    """Once the second took that of the first, which is as large as its transactions need."""
    before = limit_of_coming_blocks(chain)
    chain.sender("supplier").deposit("HYPE", chain.amount("HYPE", "5"))
    ask_core(
        chain, "supplier", "spot_send", destination=system_address(HYPE), token=HYPE, wei=10**8
    )
    assert limit_of_coming_blocks(chain) == before


def test_no_block_is_larger_than_blocks_are(chain):
    """Tools take the latest block's limit for what a transaction may have; once it was a step's."""
    before = chain.rpc.request("eth_getBlockByNumber", "latest", False)["gasLimit"]
    first = chain.rpc.block_number()
    chain.sender("supplier").deposit("HYPE", chain.amount("HYPE", "5"))
    chain.sender("supplier").deposit("USDC", chain.amount("USDC", "5"))
    for token in (HYPE, USDC):
        place = system_address(token)
        ask_core(chain, "supplier", "spot_send", destination=place, token=token, wei=10**8)
    made = range(first + 1, chain.rpc.block_number() + 1)
    assert len(made) > 6
    found = [chain.rpc.request("eth_getBlockByNumber", hex(n), False)["gasLimit"] for n in made]
    assert set(found) == {before}


def test_failed_action_leaves_its_transaction_alone_and_tells_why(chain):
    receipt = ask_core(chain, "trader", "borrow_lend", operation=7, token=USDC, wei=1)
    assert receipt["status"] == "0x1"
    record = last_record(chain)
    assert record.status is Status.FAILED
    assert "UnknownOperation" in str(record.reason)


def test_tokens_cross_over_and_come_back(chain):
    supplier = chain.account("supplier")
    hype = chain.reader.balance(supplier, "HYPE").idle
    sent = {"from": supplier, "to": HYPE_SYSTEM, "value": hex(5 * 10**18)}
    chain.rpc.request("eth_sendTransaction", sent)
    assert chain.reader.balance(supplier, "HYPE").idle - hype == 5 * 10**8
    native = int(chain.rpc.request("eth_getBalance", supplier, "latest"), 16)
    ask_core(
        chain,
        "supplier",
        "spot_send",
        destination=system_address(HYPE),
        token=HYPE,
        wei=2 * 10**8,
    )
    gained = int(chain.rpc.request("eth_getBalance", supplier, "latest"), 16) - native
    # Less the gas of the action, in a chain whose fees are below a thousandth.
    assert 2 * 10**18 - 10**16 < gained < 2 * 10**18
    assert chain.reader.balance(supplier, "HYPE").idle - hype == 3 * 10**8


def test_resting_order_fills_when_a_report_crosses_it(chain):
    chain.sender("trader").deposit("UBTC", chain.amount("UBTC", "1"))
    order(chain, is_buy=True, limit_px=90_000, tif=GTC)
    assert last_record(chain).status is Status.RESTING
    chain.move("BTC", "95000")
    assert last_record(chain).status is Status.RESTING
    chain.move("BTC", "89000")
    assert last_record(chain).status is Status.APPLIED
    (position,) = chain.reader.account(chain.account("trader")).perps
    assert position.szi == 10**4


def test_step_after_a_big_block_leaves_small_blocks_small():
    """Once the blocks after it had a big one's limit."""
    with HyperEvm.open(blocks=Blocks.HYPER, seconds=BY_COMMAND) as chain:
        chain.rpc.request("pmkit_useBigBlocks", chain.account("trader"), True)
        tx_hash = send_to_core(chain, "trader", "borrow_lend", operation=SUPPLY, token=USDC, wei=1)
        make_big(chain.front)
        receipt = chain.rpc.request("eth_getTransactionReceipt", tx_hash)
        chain.rpc.request("anvil_mine", 3)
        first = int(receipt["blockNumber"], 16)
        blocks = range(first, chain.rpc.block_number() + 1)
        found = [chain.rpc.request("eth_getBlockByNumber", hex(n), False) for n in blocks]
        # The big one, the step's, and those by command.
        assert [int(block["gasLimit"], 16) for block in found[2:]] == [3_000_000] * 3
        assert int(found[0]["gasLimit"], 16) == 30_000_000


def test_in_blocks_as_the_chain_makes_them_orders_come_seconds_later():
    with HyperEvm.open(blocks=Blocks.HYPER, seconds=0.2) as chain:
        chain.sender("trader").deposit("UBTC", chain.amount("UBTC", "1"))
        # Nobody trades at prices of a minute ago, which is how long a busy machine may have taken.
        chain.keep_fresh()
        receipt = order(chain, is_buy=False, limit_px=1)
        # As the step left it, which is the block after; others come meanwhile.
        asked = last_record(chain, int(receipt["blockNumber"], 16) + 1)
        assert asked.status is Status.QUEUED
        done = until(
            lambda: found if (found := last_record(chain)).status is not Status.QUEUED else None
        )
        assert done.status is Status.APPLIED
        assert Rpc(chain.node.url).block().timestamp >= asked.time + 3
        assert ask(chain.rpc, core_call("pendingDeliveries"), "latest") == ()
