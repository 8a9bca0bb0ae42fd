"""`hyperliquid:mainnet-fork:foundry`, as somebody uses it in a project of their own."""

import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.listing import GENESIS_PRICES
from pmkit.hyperevm.local import HyperEvm
from pmkit.params import load_params
from pmkit.policy import PairParams
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


@pytest.fixture
def rich_chain():
    """A live chain's stand-in that lists a token beyond the parameters."""
    current = load_params("current")
    more = replace(
        current,
        tokens=(*current.tokens, replace(current.token("USDH"), id=400, name="PURR")),
        pairs=(*current.pairs, PairParams(id=300, base=400, quote=0)),
    )
    prices = {**GENESIS_PRICES, "PURR": Decimal(1)}
    with HyperEvm.open(more, chain_id=LIVE_CHAIN_ID, prices=prices) as chain:
        yield chain


def depositor(chain, name):
    """Open an account with idle USDC and some PURR, which tells nothing of its mode."""
    address = to_checksum_address(keccak(text=name)[-20:])
    chain.rpc.request("anvil_impersonateAccount", address)
    chain.rpc.request("anvil_setBalance", address, hex(10**24))
    for token in ("USDC", "PURR"):
        chain.fund(address, token, "500")
        chain.sender(address).deposit(token, chain.amount(token, "500"))
    return address


LOOK_AT_MODES = """
from ape import networks

def main():
    fork = networks.provider.hyperevm
    for account in fork.forked.accounts:
        print("account", account.address, account.mode.name, account.guessed)
    print("tokens", *(token.name for token in fork.reader.listing.tokens))
"""


def test_fork_has_the_modes_and_lacks_the_tokens_that_the_config_names(rich_chain, tmp_path):
    """HE-22"""
    own, other = depositor(rich_chain, "own"), depositor(rich_chain, "other")
    section = f'fork_accounts: ["{own} standard", "{other}"], fork_mode: unified'
    config = CONFIG.replace("URI", rich_chain.front.url)
    config = config.replace("fork_accounts: [ACCOUNT]", f"{section}, fork_without: [400]")
    result = run_look(tmp_path, LOOK_AT_MODES, config)
    said = result.stdout.splitlines()
    assert f"account {own} STANDARD False" in said, result.stdout + result.stderr
    assert f"account {other} UNIFIED False" in said
    (tokens,) = (line.split()[1:] for line in said if line.startswith("tokens "))
    assert "USDC" in tokens
    assert "PURR" not in tokens


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ("fork_mode: rich", "hyperliquid: fork_mode: rich is no mode"),
        (f'fork_accounts: ["0x{1:040x} rich"]', "fork_accounts, entry 1: rich is no mode"),
    ],
)
def test_mode_that_there_is_not_is_one_line(live_chain, tmp_path, config, line):
    with_it = CONFIG.replace("URI", live_chain.front.url)
    with_it = with_it.replace("fork_accounts: [ACCOUNT]", config)
    result = run_look(tmp_path, LOOK_AT_MODES, with_it)
    assert result.returncode != 0
    assert line in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_upstream_of_another_chain_is_one_line(tmp_path):
    with HyperEvm.open() as other:
        config = CONFIG.replace("URI", other.front.url).replace("[ACCOUNT]", "[]")
        result = run_look(tmp_path, SCRIPT, config)
    assert result.returncode != 0
    assert str(LIVE_CHAIN_ID) in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
