"""Ape with pmkit's plugin: every plugin imports, and the networks are there and work.

A wrong pair of Ape packages installs without complaint and fails only when it is imported.
"""

import importlib

import pytest
from ape.plugins._utils import CORE_PLUGINS, get_plugin_dists

from ape_pmkit.hyperliquid import Hyperliquid, HyperliquidConfig


@pytest.mark.parametrize("name", [*CORE_PLUGINS, "ape_foundry", "ape_pmkit", "ape_solidity"])
def test_plugin_imports(name):
    assert importlib.import_module(name)


def test_ape_finds_exactly_the_plugins_of_the_lock_file():
    assert set(get_plugin_dists()) == {"ape-foundry", "ape-pmkit", "ape-solidity"}


@pytest.mark.parametrize("network", ["local", "mainnet-fork", "testnet-fork"])
def test_hyperliquid_network_is_served_by_foundry(networks, network):
    assert "foundry" in networks.hyperliquid[network].providers


@pytest.mark.parametrize(("network", "chain_id"), [("mainnet", 999), ("testnet", 998)])
def test_live_network_has_its_chain_id(networks, network, chain_id):
    assert networks.hyperliquid[network].chain_id == chain_id


def test_hyperliquid_is_the_ecosystem_of_the_plugin(networks):
    assert isinstance(networks.hyperliquid, Hyperliquid)
    assert isinstance(networks.hyperliquid.config, HyperliquidConfig)


def test_default_network_is_a_local_node(chain, networks, accounts):
    assert networks.provider.network_choice == "hyperliquid:local:foundry"
    height = chain.blocks.height
    accounts[0].transfer(accounts[1], 1)
    assert chain.blocks.height == height + 1
