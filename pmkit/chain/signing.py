"""Who a transaction is from, and how it gets to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from eth_account import Account as KeyAccount
from eth_utils.address import to_checksum_address
from eth_utils.hexadecimal import encode_hex

from pmkit.chain.address import checked
from pmkit.errors import InputError

if TYPE_CHECKING:
    from pmkit.chain.rpc import Rpc


class Signer(Protocol):
    """Who sends: an address, and a way to get its transactions to a node."""

    address: str

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Hand a transaction over and return its hash."""


class RawSigner(Protocol):
    """Who signs: an address, and signed bytes that somebody else sends."""

    address: str

    def sign(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Return a transaction signed, as raw hex text; nothing is sent."""


class KeySigner:
    """Signs with a private key."""

    def __init__(self, key: str) -> None:
        try:
            self._account = KeyAccount.from_key(key)
        except (ValueError, TypeError):
            # The key itself must not end up in a message.
            raise InputError(
                place="key", problem="is no private key: 32 bytes, above zero and in range"
            ) from None
        self.address: str = to_checksum_address(self._account.address)

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Sign a transaction, hand it over and return its hash."""
        sent: str = rpc.request("eth_sendRawTransaction", self.sign(rpc, transaction))
        return sent

    def sign(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Return a transaction signed, as raw hex text; nothing is sent."""
        del rpc
        return encode_hex(
            self._account.sign_transaction({**transaction, "type": 2}).raw_transaction
        )


class NodeSigner:
    """Lets the node sign, as local nodes do for their own accounts."""

    def __init__(self, address: str) -> None:
        self.address: str = checked(address)

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Hand a transaction over and return its hash."""
        sent: str = rpc.request("eth_sendTransaction", self._fields(transaction))
        return sent

    def sign(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Return a transaction that the node has signed, as raw hex text; nothing is sent."""
        raw: str = rpc.request("eth_signTransaction", self._fields(transaction))
        return raw

    def _fields(self, transaction: dict[str, Any]) -> dict[str, Any]:
        fields = {k: hex(v) if isinstance(v, int) else v for k, v in transaction.items()}
        return {"from": self.address, **fields}
