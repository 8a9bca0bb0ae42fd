"""A step of HyperCore that fails is an error, and nothing goes on as if it had not. SPEC HE-08."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hyperevm.conftest import until
from hyperevm.test_core import last_record, limit_of_coming_blocks

from pmkit.chain.abi import interface
from pmkit.chain.rpc import Rpc
from pmkit.errors import NodeRefused, NodeUnavailable
from pmkit.hypercore.addresses import CORE_WRITER, HYPER_CORE, USDC
from pmkit.hypercore.core_actions import SUPPLY, encode_action
from pmkit.hypercore.records import Status
from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm

ELSEWHERE = "0x" + "c0" * 20
"""Where the code of HyperCore is meanwhile."""
UP = [sys.executable, "-m", "pmkit", "up", "--json", "--port", "0"]
SUPPLIES = {"operation": SUPPLY, "token": USDC, "wei": 1}


def failing_code():
    """Return code that does all that HyperCore does, but for its step, which reverts."""
    selector = interface("HyperCore").encode("applyBlock", [])[:4].hex()
    # Jump to the failure for the step; forward all else; return or revert with what comes back.
    looks = f"6000 35 60e0 1c 63{selector} 14 60FF 57"
    forwards = f"36 6000 6000 37 6000 6000 36 6000 73{ELSEWHERE[2:]} 5a f4"
    answers = "3d 6000 6000 3e 60EE 57 3d 6000 fd"
    returns, fails = "5b 3d 6000 f3", "5b 6000 6000 fd"
    returns_at = len(bytes.fromhex(looks + forwards + answers))
    fails_at = returns_at + len(bytes.fromhex(returns))
    looks = looks.replace("FF", f"{fails_at:02x}")
    answers = answers.replace("EE", f"{returns_at:02x}")
    return "0x" + (looks + forwards + answers + returns + fails).replace(" ", "")


def let_steps_fail(rpc):
    """Put it in the place of HyperCore, and return what was there."""
    whole = "0x" + rpc.code(HYPER_CORE).hex()
    rpc.request("anvil_setCode", ELSEWHERE, whole)
    rpc.request("anvil_setCode", HYPER_CORE, failing_code())
    return whole


def asks(rpc, sender):
    """Ask for an action, and wait for nothing."""
    action = encode_action("borrow_lend", **SUPPLIES)
    data = interface("CoreWriter").encode("sendRawAction", action)
    fields = {"from": sender, "to": CORE_WRITER, "data": f"0x{data.hex()}", "gas": hex(500_000)}
    rpc.request("eth_sendTransaction", fields)


def test_step_that_fails_is_the_answer_and_the_next_one_does_what_it_left():
    with HyperEvm.open() as chain:
        limit = limit_of_coming_blocks(chain)
        whole = let_steps_fail(chain.rpc)
        with pytest.raises(NodeRefused, match=r"HyperCore's step 0x[0-9a-f]{64} failed"):
            asks(chain.rpc, chain.account("trader"))
        # The transaction itself is done, and what it asked for waits.
        assert last_record(chain).status is Status.QUEUED
        # The node is left as it was: it mines, with the limit and the fee of before.
        assert chain.rpc.request("anvil_getAutomine") is True
        assert limit_of_coming_blocks(chain) == limit
        coming = chain.rpc.request("eth_getBlockByNumber", "pending", False)
        assert int(coming["baseFeePerGas"], 16) > 0
        with pytest.raises(NodeRefused, match="HyperCore's step"):
            chain.rpc.request("evm_mine")
        chain.rpc.request("anvil_setCode", HYPER_CORE, whole)
        chain.rpc.request("evm_mine")
        assert last_record(chain).status is not Status.QUEUED


def test_blocks_that_come_by_themselves_end_with_it():
    with HyperEvm.open(blocks=Blocks.HYPER, seconds=0.2) as chain:
        node = Rpc(chain.node.url)
        let_steps_fail(node)
        asks(chain.rpc, chain.account("trader"))
        until(lambda: None if chain.front.running else True)
        with pytest.raises(NodeUnavailable, match=r"front ended: .*HyperCore's step 0x"):
            chain.require_running()
        last = node.block_number()
        with pytest.raises(NodeUnavailable):
            Rpc(chain.front.url).block_number()
        assert node.block_number() == last


def test_command_ends_with_three_and_keeps_the_state_of_before(tmp_path):
    with subprocess.Popen(
        [*UP, "--blocks", "hyper", "--state", str(tmp_path / "chain.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        found = json.loads(process.stdout.readline())
        rpc = Rpc(found["rpc_url"])
        let_steps_fail(rpc)
        asks(rpc, found["accounts"]["trader"])
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert errors.count("\n") == 1
    assert "HyperCore's step" in errors
    # A state of a chain that has gone wrong is none to go on from.
    assert list(tmp_path.iterdir()) == []
