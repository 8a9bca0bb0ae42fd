"""Lets an account of Ape, its keystores included, sign what pmkit sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ape.logging import logger
from eth_utils.hexadecimal import encode_hex

from pmkit.errors import InputError

if TYPE_CHECKING:
    from ape.api import AccountAPI, EcosystemAPI

    from pmkit.chain.rpc import Rpc


class ApeSigner:
    """Signs with an account of Ape; pmkit chooses nonce, gas and fees, and sends."""

    def __init__(self, account: AccountAPI, ecosystem: EcosystemAPI) -> None:
        self.address: str = str(account.address)
        self._account = account
        self._ecosystem = ecosystem
        self._locked = hasattr(account, "set_autosign")

    def sign(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Return a transaction signed, as raw hex text. Raises InputError where it was declined."""
        del rpc
        self._unlock()
        unsigned = self._ecosystem.create_transaction(
            **transaction, **{"type": 2, "from": self.address}
        )
        signed = self._account.sign_transaction(unsigned)
        if signed is None:
            raise InputError(place="--account", problem="did not sign")
        return encode_hex(signed.serialize_transaction())

    def _unlock(self) -> None:
        """Let a keystore ask for its passphrase once, not for each of many transactions."""
        if self._locked:
            with logger.at_level("ERROR"):  # it warns that it signs without asking from here on
                self._account.set_autosign(True)
            self._locked = False
