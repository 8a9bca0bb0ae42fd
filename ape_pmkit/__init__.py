"""Ape plugin: the `hyperliquid` ecosystem, on pmkit's own compiler and local node.

Networks: `hyperliquid:local:foundry`, `hyperliquid:mainnet-fork:foundry`,
`hyperliquid:testnet-fork:foundry`, and the live ones by `node`.
"""

from collections.abc import Iterator

from ape import plugins

from ape_pmkit.tools import offer_tools

# Now, and not in a hook: Ape looks for compilers and nodes only after its plugins are imported.
offer_tools()


@plugins.register(plugins.EcosystemPlugin)
def ecosystems() -> Iterator[type]:
    """Yield the ecosystem."""
    from ape_pmkit.ecosystem import Hyperliquid

    yield Hyperliquid


@plugins.register(plugins.NetworkPlugin)
def networks() -> Iterator[tuple[str, str, type]]:
    """Yield the live networks, a fork of each, and the local one."""
    from ape.api.networks import (
        LOCAL_NETWORK_NAME,
        ForkedNetworkAPI,
        NetworkAPI,
        create_network_type,
    )

    from ape_pmkit.ecosystem import ECOSYSTEM, NETWORKS

    for name, (chain_id, network_id) in NETWORKS.items():
        yield ECOSYSTEM, name, create_network_type(chain_id, network_id)
        yield ECOSYSTEM, f"{name}-fork", ForkedNetworkAPI
    yield ECOSYSTEM, LOCAL_NETWORK_NAME, NetworkAPI


@plugins.register(plugins.ProviderPlugin)
def providers() -> Iterator[tuple[str, str, type]]:
    """Yield anvil for the local network and the forks, and a plain node for the live networks."""
    from ape.api.networks import LOCAL_NETWORK_NAME
    from ape_foundry import FoundryForkProvider, FoundryProvider
    from ape_node import Node

    from ape_pmkit.ecosystem import ECOSYSTEM, NETWORKS

    yield ECOSYSTEM, LOCAL_NETWORK_NAME, FoundryProvider
    for name in NETWORKS:
        yield ECOSYSTEM, name, Node
        yield ECOSYSTEM, f"{name}-fork", FoundryForkProvider
