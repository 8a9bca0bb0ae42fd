"""The file that says what is deployed where: `"<chain id>:<genesis hash>"`, then contract names.

A chain id alone does not name a chain: every local node has the same one. SPEC DP-08.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import is_address

from pmkit.errors import InputError
from pmkit.files import write_at_one_stroke

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pmkit.chain.rpc import Rpc

SIZE_LIMIT = 100 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One contract of one chain."""

    address: str
    abi: tuple[dict[str, Any], ...]
    transaction: str
    block: int
    code_hash: str
    """Keccak of the code on the chain."""

    def to_json(self) -> dict[str, Any]:
        """Return the entry as it stands in the file."""
        return {
            "address": self.address,
            "abi": list(self.abi),
            "transaction": self.transaction,
            "block": self.block,
            "code_hash": self.code_hash,
        }


Contracts = dict[str, Entry]


def chain_key(rpc: Rpc) -> str:
    """Return what names a chain in the file. Raises NodeUnavailable."""
    return f"{rpc.chain_id()}:{rpc.block(0).hash}"


def load_registry(path: Path) -> dict[str, Contracts]:
    """Return every chain's contracts, none where there is no file. Raises InputError."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError(place=str(path), problem=f"is larger than {SIZE_LIMIT} bytes")
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(place=str(path), problem=f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(place=str(path), problem=f"is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(place=str(path), problem="is no registry: an object was expected")
    return {key: contracts_of(value, f"{path}: {key}") for key, value in found.items()}


def save_registry(path: Path, key: str, contracts: Mapping[str, Entry]) -> None:
    """Put one chain's contracts into the file, at one stroke; other chains' stay as they are.

    Raises InputError.
    """
    everything = {**load_registry(path), key: dict(contracts)}
    told = {
        chain: {name: entry.to_json() for name, entry in entries.items()}
        for chain, entries in everything.items()
    }
    write_at_one_stroke(path, json.dumps(told, indent=1) + "\n")


def contracts_of(found: Any, place: str) -> Contracts:
    """Return the contracts of one chain. Raises InputError naming the key."""
    if not isinstance(found, dict):
        raise InputError(place=place, problem="an object was expected")
    contracts: Contracts = {}
    for name, entry in found.items():
        here = f"{place}: {name}"
        if not isinstance(entry, dict):
            raise InputError(place=here, problem="an object was expected")
        for key, kind in (("address", str), ("transaction", str), ("code_hash", str)):
            if not isinstance(entry.get(key), kind):
                raise InputError(place=f"{here}.{key}", problem="text was expected")
        if not is_address(entry["address"]):
            raise InputError(place=f"{here}.address", problem="an address was expected")
        if not isinstance(entry.get("abi"), list) or type(entry.get("block")) is not int:
            problem = "a list (abi) and a whole number (block) were expected"
            raise InputError(place=here, problem=problem)
        contracts[name] = Entry(
            address=entry["address"],
            abi=tuple(entry["abi"]),
            transaction=entry["transaction"],
            block=entry["block"],
            code_hash=entry["code_hash"],
        )
    return contracts
