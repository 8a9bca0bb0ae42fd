"""`hyperliquid:mainnet-fork:foundry`, as somebody uses it in a project of their own."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from pmkit.toolchain import find_anvil

LIVE_CHAIN_ID = 999
SOMEONE = Web3.to_checksum_address(f"0x{0xDEAD:040x}")

CONFIG = """
name: keeper
node: {hyperliquid: {mainnet: {uri: URI}}}
foundry: {host: auto, fork: {hyperliquid: {mainnet: {upstream_provider: node}}}}
"""

SCRIPT = f"""
from ape import chain, networks

def main():
    fork = networks.provider
    before = fork.get_balance("{SOMEONE}")
    fork.set_balance("{SOMEONE}", 7)
    print("seen", chain.chain_id, before, fork.get_balance("{SOMEONE}"))
"""


@pytest.fixture
def live_chain():
    """A node that stands for the live chain; yields its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(find_anvil()), "--port", str(port), "--chain-id", str(LIVE_CHAIN_ID), "--silent"]
    node = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        uri = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 10
        while not Web3(Web3.HTTPProvider(uri)).is_connected():
            assert time.monotonic() < until, "the node did not answer within 10 s"
            time.sleep(0.05)
        yield uri
    finally:
        node.terminate()
        node.wait(timeout=10)


def test_fork_has_the_state_of_the_live_chain_and_leaves_it_alone(live_chain, tmp_path):
    live = Web3(Web3.HTTPProvider(live_chain))
    live.provider.make_request(RPCEndpoint("anvil_setBalance"), [SOMEONE, hex(5)])
    live.provider.make_request(RPCEndpoint("anvil_mine"), ["0x1"])
    (tmp_path / "ape-config.yaml").write_text(CONFIG.replace("URI", live_chain))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "look.py").write_text(SCRIPT)

    ape = str(Path(sys.executable).parent / "ape")
    command = [ape, "run", "look", "--network", "hyperliquid:mainnet-fork:foundry"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert f"seen {LIVE_CHAIN_ID} 5 7" in result.stdout, result.stdout + result.stderr
    assert live.eth.get_balance(SOMEONE) == 5
