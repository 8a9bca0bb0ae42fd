"""Ape plugin: the `hyperliquid` ecosystem, on pmkit's own compiler and local node.

Networks: `hyperliquid:local:foundry`, `hyperliquid:mainnet-fork:foundry`,
`hyperliquid:testnet-fork:foundry`, and the live ones by `node`. The local one and the forks are
pmkit's chains, with HyperCore and a venue.
"""

from ape.plugins.pluggy_patch import plugin_manager

from ape_pmkit import hyperliquid
from ape_pmkit.tools import offer_tools

# Now, and not in a hook: Ape looks for compilers and nodes only after its plugins are imported.
offer_tools()

# Ape names an ecosystem, and its section of ape-config.yaml, after the plugin that brings it. This
# package is `ape_pmkit`, so the ecosystem is registered as a plugin with a name of its own.
if not plugin_manager.has_plugin("ape_hyperliquid"):
    plugin_manager.register(hyperliquid, name="ape_hyperliquid")
