"""HyperEVM as an Ape ecosystem: Ethereum's rules, its own networks and coin."""

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

from ape import plugins
from ape.api.networks import LOCAL_NETWORK_NAME, ForkedNetworkAPI, NetworkAPI, create_network_type
from ape_ethereum.ecosystem import (
    BaseEthereumConfig,
    Ethereum,
    NetworkConfig,
    create_network_config,
)
from pydantic import Field, computed_field

from pmkit.fork.accounts import GUESS
from pmkit.hyperevm.blocks import Blocks

ECOSYSTEM = "hyperliquid"

NETWORKS = {
    # chain id, network id
    "mainnet": (999, 999),
    "testnet": (998, 998),
}


class HyperliquidConfig(BaseEthereumConfig):
    """The section `hyperliquid` of ape-config.yaml; the first ones are about local chains."""

    params: str = "current"
    """A preset, or a file of parameters, as `pmkit up --params` takes."""
    blocks: Blocks = Blocks.INSTANT
    fork_accounts: list[str] = Field(default_factory=list)
    """Whose state on Core a fork reads from its upstream: an address, and its mode if it is another
    than `fork_mode`, as a line of `pmkit fork --accounts` has them."""
    fork_mode: str = GUESS
    """The mode of accounts that name none, as `pmkit fork --mode` takes it."""
    fork_without: list[str | int] = Field(default_factory=list)
    """Tokens that a fork leaves out, by name or id, as `pmkit fork --without` does."""

    NETWORKS: ClassVar[dict[str, tuple[int, int]]] = NETWORKS

    mainnet: NetworkConfig = create_network_config(block_time=1, required_confirmations=1)
    testnet: NetworkConfig = create_network_config(block_time=1, required_confirmations=1)

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def local(self) -> NetworkConfig:
        """The local network: anvil, where Ethereum's default is Ape's own test chain."""
        config: NetworkConfig = super().local
        if config.default_provider != "test":
            return config
        return config.model_copy(update={"default_provider": "foundry"})


class Hyperliquid(Ethereum):
    """HyperEVM."""

    fee_token_symbol: str = "HYPE"  # noqa: S105 - a coin, not a password


@plugins.register(plugins.Config)
def config_class() -> type:
    """Return the type of the configuration."""
    return HyperliquidConfig


@plugins.register(plugins.EcosystemPlugin)
def ecosystems() -> Iterator[type]:
    """Yield the ecosystem."""
    yield Hyperliquid


@plugins.register(plugins.NetworkPlugin)
def networks() -> Iterator[tuple[str, str, type]]:
    """Yield the live networks, a fork of each, and the local one."""
    for name, (chain_id, network_id) in NETWORKS.items():
        yield ECOSYSTEM, name, create_network_type(chain_id, network_id)
        yield ECOSYSTEM, f"{name}-fork", ForkedNetworkAPI
    yield ECOSYSTEM, LOCAL_NETWORK_NAME, NetworkAPI


@plugins.register(plugins.ProviderPlugin)
def providers() -> Iterator[tuple[str, str, type]]:
    """Yield pmkit's chains for the local network and the forks, and a plain node for live ones."""
    # Imported late: both are slow, and most commands need neither.
    from ape_node import Node

    from ape_pmkit.provider import HyperEvmForkProvider, HyperEvmProvider

    yield ECOSYSTEM, LOCAL_NETWORK_NAME, HyperEvmProvider
    for name in NETWORKS:
        yield ECOSYSTEM, name, Node
        yield ECOSYSTEM, f"{name}-fork", HyperEvmForkProvider
