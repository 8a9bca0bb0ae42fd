"""Transactions of accounts that use big blocks, held until one comes. SPEC HE-03."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import rlp
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from hexbytes import HexBytes

LEGACY_GAS_FIELD = 2
FIRST_LEGACY_BYTE = 0xC0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed transaction."""

    raw: str
    hash: str
    gas: int
    sender: str
    """Lower case."""

    @classmethod
    def of(cls, raw: str) -> Signed | None:
        """Return what a raw transaction says, or None for what is none: its node tells why."""
        try:
            data = HexBytes(raw)
            return cls(
                raw=raw,
                hash=f"0x{keccak(data).hex()}",
                gas=gas_of(data),
                sender=str(Account.recover_transaction(data)).lower(),
            )
        except (ValueError, TypeError, LookupError, rlp.exceptions.RLPException, ValidationError):
            return None


def gas_of(data: HexBytes) -> int:
    """Return the gas limit of a signed transaction."""
    if data[0] >= FIRST_LEGACY_BYTE:
        fields: Any = rlp.decode(data)
        return int.from_bytes(fields[LEGACY_GAS_FIELD], "big")
    gas = TypedTransaction.from_bytes(data).as_dict()["gas"]
    return gas if isinstance(gas, int) else int.from_bytes(HexBytes(gas), "big")


class Held:
    """What waits for the next big block, in the order of arrival."""

    def __init__(self) -> None:
        self._waiting: list[Signed] = []
        self._count: Counter[str] = Counter()

    def add(self, signed: Signed) -> None:
        """Hold a transaction."""
        self._waiting.append(signed)
        self._count[signed.sender] += 1

    @property
    def raw(self) -> tuple[str, ...]:
        """Return what waits, as it was sent."""
        return tuple(signed.raw for signed in self._waiting)

    def count(self, sender: str) -> int:
        """Return how many of an account's wait, which its next nonce comes after."""
        return self._count[sender.lower()]

    def take(self) -> list[Signed]:
        """Return all that wait, and hold none of them any longer."""
        taken, self._waiting = self._waiting, []
        self._count.clear()
        return taken
