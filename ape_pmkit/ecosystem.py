"""HyperEVM as an Ape ecosystem: Ethereum's rules, its own networks and coin."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from ape_ethereum.ecosystem import (
    BaseEthereumConfig,
    Ethereum,
    NetworkConfig,
    create_network_config,
)
from pydantic import PrivateAttr

ECOSYSTEM = "hyperliquid"

NETWORKS = {
    # chain id, network id
    "mainnet": (999, 999),
    "testnet": (998, 998),
}


class HyperliquidConfig(BaseEthereumConfig):
    """The section `hyperliquid` of ape-config.yaml."""

    NETWORKS: ClassVar[dict[str, tuple[int, int]]] = NETWORKS

    mainnet: NetworkConfig = create_network_config(block_time=1, required_confirmations=1)
    testnet: NetworkConfig = create_network_config(block_time=1, required_confirmations=1)


class Hyperliquid(Ethereum):
    """HyperEVM."""

    fee_token_symbol: str = "HYPE"  # noqa: S105 - a coin, not a password

    _configs: dict[str, HyperliquidConfig] = PrivateAttr(default_factory=dict)

    @property
    def config(self) -> HyperliquidConfig:  # type: ignore[override]
        """The project's section `hyperliquid`, as the type that networks read.

        Ape ties a section's type to the plugin's name, `pmkit`, so the typing is done here. The
        same section always gives the same object: providers write their upstream into it.
        """
        section: dict[str, Any] = self.config_manager.get_config(ECOSYSTEM).model_dump(mode="json")
        key = repr(section)
        if key not in self._configs:
            typed = HyperliquidConfig.from_overrides(section, plugin_name=ECOSYSTEM)
            self._configs[key] = cast("HyperliquidConfig", typed)
        return self._configs[key]
