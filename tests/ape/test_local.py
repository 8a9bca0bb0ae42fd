"""`hyperliquid:local:foundry`: Ape's own tools on a chain with HyperCore and a venue."""

import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import ape
import pytest
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from ape_pmkit.provider import HyperEvmProvider
from pmkit.chain.abi import interface
from pmkit.chain.rpc import Rpc
from pmkit.hypercore.addresses import CORE_WRITER, USDC, precompile_address
from pmkit.hypercore.core_actions import SUPPLY, encode_action
from pmkit.hypercore.records import Status, read_records
from pmkit.hyperevm.local import HyperEvm
from pmkit.testing import assert_healthy, assert_liquidated_between

EXAMPLE = Path(__file__).parents[2] / "examples" / "carry-vault"
SOLCJS = Path(__file__).parents[2] / "node_modules" / ".bin" / "solcjs"
HYPE = 10**18
TRADER, KEEPER = 7, 9
"""Accounts of Ape, and of every local node, that are the trader and the keeper here."""


@pytest.fixture(scope="module")
def vault_type():
    """The example's vault, compiled by the example."""
    build = runpy.run_path(str(EXAMPLE / "build.py"))
    build["compiled"].__wrapped__.__globals__["COMPILER"] = SOLCJS
    abi, code = build["compiled"]("CarryVault")
    return ContractContainer(
        ContractType.model_validate(
            {"contractName": "CarryVault", "abi": abi, "deploymentBytecode": {"bytecode": code}}
        )
    )


def test_provider_starts_a_chain_and_both_fixtures_are_on_it(networks, hyperevm, accounts):
    provider = networks.provider
    assert isinstance(provider, HyperEvmProvider)
    assert provider.hyperevm is hyperevm
    assert provider.uri == hyperevm.rpc.url == hyperevm.front.url
    assert accounts[TRADER].address == hyperevm.account("trader")


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_finds_the_chain_as_it_began(round_, accounts, pm_account, set_price, venue):
    trader = pm_account("holds 1 BTC, owes 40,000 USDC")
    assert venue.reader.prices().perps[0].mark == 1_000_000
    assert_healthy(trader)
    assert_liquidated_between(trader, "BTC", "56141", "56140")
    set_price("BTC", "90000")
    keeper = accounts[KEEPER]
    accounts[0].transfer(keeper, HYPE)
    assert keeper.balance == 10_001 * HYPE


def test_action_is_applied_before_ape_has_the_receipt(accounts, venue):
    trader = accounts[TRADER]
    data = encode_action("borrow_lend", operation=SUPPLY, token=USDC, wei=1)
    words = (32).to_bytes(32) + len(data).to_bytes(32) + data + bytes(-len(data) % 32)
    receipt = trader.transfer(CORE_WRITER, 0, data=bytes.fromhex("17938e13") + words)
    records, _ = read_records(venue.rpc, 1, 10)
    assert [(one.user, one.block) for one in records] == [(trader.address, receipt.block_number)]
    assert records[0].status is Status.FAILED  # an account without a cent has nothing to supply


def test_precompile_answers_contracts_and_ape(networks, venue):
    exists = networks.provider.make_request(
        "eth_call",
        [{"to": precompile_address(0x806), "data": f"0x{159:064x}"}, "latest"],
    )
    assert int(exists, 16) == 40 * 10**4


def test_contract_deployed_by_ape_trades_on_core(vault_type, accounts, venue, set_price):
    owner, depositor = accounts[TRADER], accounts[5]
    usdc = ape.Contract(
        dict(venue.deployment.tokens)["USDC"], abi=list(interface("LocalToken").abi)
    )
    vault = owner.deploy(vault_type, usdc, (2_000, 8_000, 100))
    vault.deposit(sender=depositor, value=100 * HYPE)
    usdc.approve(vault, 5 * 10**6, sender=owner)
    vault.activate(5 * 10**6, sender=owner)
    for step in (vault.invest, vault.enablePortfolioMargin, vault.supply, vault.openShort):
        step(sender=owner)
    assert vault.shortSize() == -100 * 100
    set_price("HYPE", "25")
    vault.closeShort(sender=owner)
    for step in (vault.leavePortfolioMargin, vault.withdrawSupply, vault.bringBack, vault.settle):
        step(sender=owner)
    receipt = vault.redeem(sender=depositor)
    (event,) = vault.Redeemed.from_receipt(receipt)
    assert event.hype == 100 * HYPE - HYPE // 100
    assert event.usdc // 10**6 == 1_504


def test_ape_tells_the_custom_error_of_a_refusal(vault_type, accounts, venue):
    usdc = dict(venue.deployment.tokens)["USDC"]
    vault = accounts[TRADER].deploy(vault_type, usdc, (2_000, 8_000, 100))
    with ape.reverts(vault.NotOnCore):
        vault.invest(sender=accounts[TRADER])
    with ape.reverts(vault.NotOwner):
        vault.activate(1, sender=accounts[0])


def test_time_moves_by_ape(chain, venue):
    before = chain.blocks.head.timestamp
    chain.pending_timestamp += 3_600
    chain.mine()
    assert 3_600 <= chain.blocks.head.timestamp - before <= 3_601
    assert venue.rpc.block().timestamp == chain.blocks.head.timestamp


SCRIPT = """
from ape import accounts, networks

def main():
    chain = networks.provider.hyperevm
    print("seen", chain.params.name, chain.blocks.value, networks.provider.uri == chain.front.url)
    print("port", chain.front.port, chain.node.port)
"""


def run_ape(folder, script, *, config="name: keeper\n", **environment):
    """Run a script by Ape in a project of its own."""
    (folder / "ape-config.yaml").write_text(config)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "look.py").write_text(script)
    program = str(Path(sys.executable).parent / "ape")
    return subprocess.run(
        [program, "run", "look", "--network", "hyperliquid:local:foundry"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_project_without_a_host_gets_ports_of_its_own_and_leaves_none_behind(tmp_path):
    config = "name: keeper\nhyperliquid: {params: alpha, blocks: hyper}\n"
    result = run_ape(tmp_path, SCRIPT, config=config)
    assert "seen alpha hyper True" in result.stdout, result.stdout + result.stderr
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("port "))
    for port in map(int, line.split()[1:]):
        assert port != 8545
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_chain_that_is_named_is_joined_and_outlives_it(tmp_path):
    script = """
from ape import chain, networks

def main():
    chain.mine(3)
    print("at", networks.provider.uri, chain.blocks.height)
"""
    with HyperEvm.open() as running:
        before = running.rpc.block_number()
        result = run_ape(tmp_path, script, APE_FOUNDRY_HOST=running.front.url)
        told = f"at {running.front.url} {before + 3}"
        assert told in result.stdout, result.stdout + result.stderr
        assert Rpc(running.front.url).block_number() == before + 3


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("foundry: {block_time: 5}", "hyperliquid: blocks: hyper"),
        ("foundry: {evm_version: shanghai}", "HyperEVM is cancun, not shanghai"),
        ("foundry: {host: 'http://node.invalid:8545'}", "No chain answers at"),
        ("hyperliquid: {params: nowhere}", "nowhere"),
    ],
)
def test_settings_that_cannot_be_kept_are_one_line(tmp_path, config, told):
    result = run_ape(tmp_path, SCRIPT, config=f"name: keeper\n{config}\n")
    assert result.returncode != 0
    assert told in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
