"""`hyperliquid:mainnet-fork:foundry`, as somebody uses it in a project of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmkit.hyperevm.local import HyperEvm
from pmkit.testing.holdings import parse_holdings
from pmkit.testing.traders import Trader, open_account

LIVE_CHAIN_ID = 999
ROOT = Path(__file__).parents[2]

CONFIG = """
name: keeper
node: {hyperliquid: {mainnet: {uri: URI}}}
foundry: {host: auto, fork: {hyperliquid: {mainnet: {upstream_provider: node}}}}
hyperliquid: {fork_accounts: [ACCOUNT]}
"""

SCRIPT = """
from ape import chain, networks

from pmkit.testing import Trader, assert_healthy

def main():
    fork = networks.provider.hyperevm
    assert fork.front.url == networks.provider.uri
    trader = Trader(fork, "ACCOUNT")
    assert_healthy(trader)
    print("seen", chain.chain_id, trader.owed("USDC"))
    fork.move("BTC", 561_000)
    assert trader.margin.liquidatable
    fork.sender("keeper").liquidate(trader.address)
    print("left", trader.owed("USDC"))
"""


@pytest.fixture
def live_chain():
    """A local HyperEVM that stands for the live chain."""
    with HyperEvm.open(chain_id=LIVE_CHAIN_ID) as chain:
        yield chain


def run_look(folder, script, config):
    """Run a script by Ape on a fork, in a project of its own."""
    (folder / "ape-config.yaml").write_text(config)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "look.py").write_text(script)
    program = str(Path(sys.executable).parent / "ape")
    return subprocess.run(
        [program, "run", "look", "--network", "hyperliquid:mainnet-fork:foundry"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_account_is_liquidated_on_the_fork_and_left_alone_on_the_live_chain(live_chain, tmp_path):
    words = parse_holdings("holds 1 BTC, owes 40,000 USDC")
    trader = open_account(live_chain, words, name="borrower")
    owed = Trader(live_chain, trader.address).owed("USDC")
    height = live_chain.rpc.block_number()
    config = CONFIG.replace("URI", live_chain.front.url).replace("ACCOUNT", f'"{trader.address}"')
    result = run_look(tmp_path, SCRIPT.replace("ACCOUNT", trader.address), config)
    said = dict(line.split(" ", 1) for line in result.stdout.splitlines() if " " in line)
    assert {"seen", "left"} <= said.keys(), result.stdout + result.stderr
    chain_id, seen = map(int, said["seen"].split())
    assert chain_id == LIVE_CHAIN_ID
    # Interest of the seconds that the fork is later.
    assert 0 <= seen - owed < 10**6
    assert int(said["left"]) < seen
    assert live_chain.rpc.block_number() == height
    assert not trader.margin.liquidatable


def test_upstream_of_another_chain_is_one_line(tmp_path):
    with HyperEvm.open() as other:
        config = CONFIG.replace("URI", other.front.url).replace("[ACCOUNT]", "[]")
        result = run_look(tmp_path, SCRIPT, config)
    assert result.returncode != 0
    assert str(LIVE_CHAIN_ID) in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
