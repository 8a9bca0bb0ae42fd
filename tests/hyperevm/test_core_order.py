"""The order inside a block and around it, over plain JSON-RPC. SPEC HC-08, HC-09, HC-22, HE-06."""

from __future__ import annotations

import pytest
from eth_abi.abi import decode, encode
from hyperevm.conftest import BY_COMMAND

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.chain.contracts import ask
from pmkit.errors import NoSuchUser
from pmkit.hypercore.addresses import CORE_WRITER, HYPE, HYPE_SYSTEM, USDC, system_address
from pmkit.hypercore.core_actions import KINDS, encode_action
from pmkit.hypercore.precompiles import decode_output, encode_input, precompile
from pmkit.hypercore.records import Status, read_records
from pmkit.hypercore.step import core_call
from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm

USDC_WEI = HYPE_WEI = 10**8
GAS = hex(1_000_000)
ORDERS_IN_A_SMALL_BLOCK = 10
SAMPLES = {"address": "0x" + "99" * 20, "bool": True, "string": "agent"}


@pytest.fixture(scope="module")
def standing():
    with HyperEvm.open(blocks=Blocks.HYPER, seconds=BY_COMMAND) as chain:
        yield chain


@pytest.fixture
def chain(standing):
    with standing.scratch():
        yield standing


def send(chain, sender, to, data=b"", value=0):
    """Put a transaction into the block to come."""
    fields = {"from": sender, "data": f"0x{data.hex()}", "value": hex(value), "gas": GAS}
    return chain.rpc.request("eth_sendTransaction", fields if to is None else {**fields, "to": to})


def write(chain, sender, name, /, **fields):
    """Put an action into the block to come."""
    action = encode_action(name, **fields)
    return send(chain, sender, CORE_WRITER, interface("CoreWriter").encode("sendRawAction", action))


def mined(chain, *hashes):
    """Make the block, and return its number: all transactions must be in it and have worked."""
    chain.rpc.request("evm_mine")
    receipts = [chain.rpc.request("eth_getTransactionReceipt", tx_hash) for tx_hash in hashes]
    assert {receipt["status"] for receipt in receipts} == {"0x1"}
    (number,) = {int(receipt["blockNumber"], 16) for receipt in receipts}
    return number


def read(chain, block, name, *args):
    """Read a precompile as a block left it."""
    call = {"to": precompile(name).address, "data": f"0x{encode_input(name, *args).hex()}"}
    answer = chain.rpc.request("eth_call", call, hex(block))
    return decode_output(name, bytes.fromhex(answer[2:]))


def last_record(chain):
    return read_records(chain.rpc, 1, 100)[0][-1]


def test_reads_of_a_block_see_core_before_its_own_actions(chain):
    supplier, trader = chain.account("supplier"), chain.account("trader")
    mint = interface("LocalToken").encode("mint", supplier, 5 * 10**6)
    chip_in = interface("LocalToken").encode("transfer", system_address(USDC), 5 * 10**6)
    usdc = chain.deployment.token("USDC")
    mined(
        chain,
        send(chain, chain.account("admin"), usdc, mint),
        send(chain, supplier, usdc, chip_in),
    )
    held = read(chain, chain.rpc.block_number(), "spot_balance", supplier, USDC)["total"]
    pay = {"destination": trader, "token": USDC, "wei": USDC_WEI}
    block = mined(
        chain,
        write(chain, supplier, "spot_send", **pay),
        write(chain, supplier, "spot_send", **pay),
    )
    totals = [
        read(chain, at, "spot_balance", supplier, USDC)["total"]
        for at in (block - 1, block, block + 1)
    ]
    # The step of Core is the block after, and takes both.
    assert totals == [held, held, held - 2 * USDC_WEI]
    assert chain.rpc.block_number() == block + 1


def test_two_reads_of_one_transaction_agree_whatever_it_writes_between_them(chain):
    supplier = chain.account("supplier")
    created = send(chain, supplier, None, load_artifact("CoreUser").linked({}))
    mined(chain, created)
    contract = chain.rpc.request("eth_getTransactionReceipt", created)["contractAddress"]
    chain.rpc.request("evm_mine")
    pay = encode_action("spot_send", destination=supplier, token=USDC, wei=USDC_WEI)
    place = precompile("spot_balance").address
    asked = encode_input("spot_balance", supplier, USDC)
    data = interface("CoreUser").encode("actAndRead", pay, place, asked)
    call = {"from": supplier, "to": contract, "data": f"0x{data.hex()}"}
    answer = chain.rpc.request("eth_call", call, "latest")
    before, afterwards = decode(["bytes", "bytes"], bytes.fromhex(answer[2:]))
    held = read(chain, chain.rpc.block_number(), "spot_balance", supplier, USDC)
    assert before == afterwards == encode(["uint64"] * 3, list(held.values()))


def test_actor_whom_the_block_itself_brings_to_core_is_dropped(chain):
    keeper, usdc = chain.account("keeper"), chain.deployment.token("USDC")
    chip_in = interface("LocalToken").encode("transfer", system_address(USDC), 10**6)
    mode = {"user": keeper, "mode": 3}
    block = mined(
        chain,
        send(chain, keeper, usdc, chip_in),
        write(chain, keeper, "set_abstraction", **mode),
    )
    record = last_record(chain)
    assert (record.status, type(record.reason)) == (Status.DROPPED, NoSuchUser)
    assert read(chain, block, "core_user_exists", keeper) == {"exists": False}
    assert read(chain, block + 1, "core_user_exists", keeper) == {"exists": True}
    mined(chain, write(chain, keeper, "set_abstraction", **mode))
    assert last_record(chain).status is Status.APPLIED


def test_what_core_sends_to_the_evm_comes_with_the_next_block(chain):
    supplier, amount = chain.account("supplier"), 5 * 10**18
    mined(chain, send(chain, supplier, HYPE_SYSTEM, value=amount))
    back = {"destination": HYPE_SYSTEM, "token": HYPE, "wei": 5 * HYPE_WEI}
    mined(chain, write(chain, supplier, "spot_send", **back))
    before = native(chain, supplier)
    assert len(ask(chain.rpc, core_call("pendingDeliveries"), "latest")) == 1
    chain.rpc.request("evm_mine")
    assert native(chain, supplier) - before == amount


def test_delivery_that_its_receiver_refuses_is_struck_off(chain):
    supplier, amount = chain.account("supplier"), 5 * 10**18
    mined(chain, send(chain, supplier, HYPE_SYSTEM, value=amount))
    back = {"destination": HYPE_SYSTEM, "token": HYPE, "wei": 5 * HYPE_WEI}
    mined(chain, write(chain, supplier, "spot_send", **back))
    # From now on it reverts whatever comes.
    chain.rpc.request("anvil_setCode", supplier, "0x60006000fd")
    before, at_system = native(chain, supplier), native(chain, HYPE_SYSTEM)
    chain.rpc.request("evm_mine")
    assert ask(chain.rpc, core_call("pendingDeliveries"), "latest") == ()
    assert (native(chain, supplier), native(chain, HYPE_SYSTEM)) == (before, at_system)


def native(chain, account):
    return int(chain.rpc.request("eth_getBalance", account, "latest"), 16)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_gas_of_an_action_is_of_the_order_of_the_venues(chain, kind):
    """About 47,000 there, of which 25,000 are burnt; here the bytes are kept in the state."""
    fields = {field: SAMPLES.get(type_, 1) for field, type_ in kind.fields}
    tx_hash = write(chain, chain.account("trader"), kind.name, **fields)
    mined(chain, tx_hash)
    receipt = chain.rpc.request("eth_getTransactionReceipt", tx_hash)
    gas = int(receipt["gasUsed"], 16)
    # As docs/hyperevm.md has it, rounded.
    assert 130_000 <= gas <= 195_000
    assert gas * ORDERS_IN_A_SMALL_BLOCK < 3_000_000
    (log,) = [log for log in receipt["logs"] if int(log["address"], 16) == int(CORE_WRITER, 16)]
    assert log["topics"][0] == "0x8c7f585fb295f7eb1e6aeb8fba61b23a4fe60beda405f0045073b185c74412e3"
