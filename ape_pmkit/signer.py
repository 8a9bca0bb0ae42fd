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

    def unlock(self) -> None:
        """Ask for a keystore's passphrase once, not for each of many transactions."""
        if hasattr(self._account, "set_autosign"):
            with logger.at_level("ERROR"):  # its warning: that it then signs without asking
                self._account.set_autosign(True)

    def sign(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Return a transaction signed, as raw hex text. Raises InputError where it was declined."""
        del rpc
        fields = {**transaction, "type": 2, "from": self.address}
        unsigned = self._ecosystem.create_transaction(**fields)
        signed = self._account.sign_transaction(unsigned)
        if signed is None:
            raise InputError(place="--account", problem="did not sign")
        return encode_hex(signed.serialize_transaction())
