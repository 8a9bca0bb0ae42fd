"""`foundry` on HyperEVM's networks: anvil behind pmkit's front, with HyperCore and a venue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, cast

from ape.api import SubprocessProvider
from ape_foundry import FoundryForkProvider, FoundryProvider
from ape_foundry.exceptions import FoundryProviderError
from yarl import URL

from pmkit.chain.node import HARDFORK
from pmkit.errors import PmkitError
from pmkit.fork.accounts import listed_accounts, mode_of
from pmkit.hyperevm.local import HyperEvm
from pmkit.testing.standing import offer, withdraw

if TYPE_CHECKING:
    from ape_pmkit.hyperliquid import HyperliquidConfig

AUTO = "auto"
HOST_VARIABLE = "APE_FOUNDRY_HOST"


class HyperEvmProvider(FoundryProvider):  # type: ignore[misc] # (Ape Foundry has no types)
    """A local HyperEVM of one's own, on ports that the system chose; or one that `host` names.

    Never does it join what happens to listen somewhere: without a host there is a new chain. A host
    where nothing listens gets one there, if it is this machine.
    """

    NAME: ClassVar[str] = "foundry"

    _chain: HyperEvm | None = None

    @property
    def hyperevm(self) -> HyperEvm:
        """The chain that was started here. Raises FoundryProviderError where one was joined."""
        if self._chain is None:
            raise FoundryProviderError(
                "No chain was started here; the provider joined one or none."
            )
        return self._chain

    def connect(self) -> None:
        """Join the chain at the host, or start one. Raises FoundryProviderError."""
        self._disconnected = False
        self._host = None
        named = os.environ.get(HOST_VARIABLE) or self.settings.host or AUTO
        port = 0
        if named != AUTO:
            self._host = named if named.startswith("http") else f"http://{named}"
            self._set_web3()
            if self._web3 is not None:
                return
            port = self._port_to_take()
        self._require_settings()
        # Beside what ends the chain with the program this does nothing.
        SubprocessProvider.connect(self)
        try:
            self._chain = self._open(port)
        except PmkitError as problem:
            raise FoundryProviderError(str(problem)) from problem
        offer(self._chain)
        self._host = self._chain.front.url
        self._set_web3()
        for account in self.account_manager.test_accounts:
            self.set_balance(account.address, self._test_config.balance)

    def disconnect(self) -> None:
        """Leave the chain, and end it if it was started here."""
        chain, self._chain = self._chain, None
        super().disconnect()
        if chain is not None:
            withdraw(chain)
            chain.close()

    @property
    def max_gas(self) -> int:
        """What a transaction may have in the block to come; the latest may be of another kind."""
        return int(self.web3.eth.get_block("pending")["gasLimit"])

    @property
    def _own(self) -> HyperliquidConfig:
        return cast("HyperliquidConfig", self.network.ecosystem.config)

    def _open(self, port: int) -> HyperEvm:
        return HyperEvm.open(self._own.params, port=port, blocks=self._own.blocks)

    def _port_to_take(self) -> int:
        url = URL(self._host or "")
        if url.host in ("127.0.0.1", "localhost") and self.settings.manage_process and url.port:
            return int(url.port)
        raise FoundryProviderError(f"No chain answers at '{self._clean_uri}'.")

    def _require_settings(self) -> None:
        """Refuse settings of Foundry's that would not be kept."""
        settings = self.settings
        if settings.block_time is not None or not settings.auto_mine:
            raise FoundryProviderError(
                "foundry: block_time and auto_mine do not go with HyperEVM's blocks; "
                "'hyperliquid: blocks: hyper' makes one each second."
            )
        if self.evm_version not in (None, HARDFORK):
            raise FoundryProviderError(f"HyperEVM is {HARDFORK}, not {self.evm_version}.")


# As above.
class HyperEvmForkProvider(HyperEvmProvider, FoundryForkProvider):  # type: ignore[misc]
    """A fork of a live HyperEVM, whose Core is read from the upstream's own precompiles."""

    def connect(self) -> None:
        """Join the chain at the host, or fork. Raises FoundryProviderError."""
        HyperEvmProvider.connect(self)

    def reset_fork(self, block_number: int | None = None) -> None:
        """Refuse: what the fork imported is not forked anew. Raises FoundryProviderError."""
        del block_number
        raise FoundryProviderError("Connect again for a fork of another block.")

    def _open(self, port: int) -> HyperEvm:
        mode = mode_of(self._own.fork_mode, "hyperliquid: fork_mode")
        named = listed_accounts(self._own.fork_accounts, "hyperliquid: fork_accounts, entry", mode)
        return HyperEvm.fork(
            self.fork_url,
            block=self.fork_block_number,
            accounts=named,
            without=[str(token) for token in self._own.fork_without],
            params=self._own.params,
            port=port,
            chain_id=self.forked_network.upstream_network.chain_id,
            blocks=self._own.blocks,
        )
