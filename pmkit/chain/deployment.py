"""Where a venue is: a frozen record, its JSON, and the copy that a local chain carries.

The JSON is what `pmkit up --json` prints. Names and decimals of tokens are not in it: the registry
knows them. A local chain keeps the record as the code of a marker address, so that its URL is all
one needs; that marker, and no chain id, is also what makes a chain a local one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.rpc import Rpc
from pmkit.errors import InputError, NotDeployed
from pmkit.files import write_at_one_stroke

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = to_checksum_address(keccak(text="pmkit.local.deployment")[-20:])
"""The address whose code is the record of a local chain."""
DEFAULT_RPC_URL = "http://127.0.0.1:8545"
SIZE_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The addresses of one venue."""

    rpc_url: str | None
    """A node of its chain, as seen from where it was deployed; None where its URL has a secret."""
    chain_id: int
    registry: str
    venue: str
    """The pool has the same address."""
    lens: str
    """Tells of many accounts at once."""
    core: str | None
    """What applies CoreWriter's actions on it; None where no HyperEVM is around it."""
    tokens: tuple[tuple[str, str], ...]
    """Token names and their ERC-20s."""
    accounts: tuple[tuple[str, str], ...]
    """Roles and their accounts."""
    block: int
    """The first block with everything in place."""

    def token(self, name: str) -> str:
        """Return a token's ERC-20 by its name. Raises InputError."""
        return look_up(self.tokens, name, "token")

    def account(self, role: str) -> str:
        """Return a role's account. Raises InputError."""
        return look_up(self.accounts, role, "account")

    def to_json(self) -> dict[str, Any]:
        """Return the record as `pmkit up --json` prints it."""
        return {
            "rpc_url": self.rpc_url,
            "chain_id": self.chain_id,
            "registry": self.registry,
            "pool": self.venue,
            "venue": self.venue,
            "lens": self.lens,
            "core": self.core,
            "tokens": dict(self.tokens),
            "accounts": dict(self.accounts),
            "block": self.block,
        }

    @classmethod
    def from_json(cls, found: object, place: str) -> Deployment:
        """Return the record of parsed JSON. Raises InputError naming the key."""
        if not isinstance(found, dict):
            raise InputError(place=place, problem="is no deployment: an object was expected")
        core = found.get("core")
        venue = address_at(found, "venue", place)
        if "pool" in found and address_at(found, "pool", place) != venue:
            raise InputError(place=f"{place}: pool", problem="pool and venue are one contract")
        return cls(
            rpc_url=None if found.get("rpc_url", "") is None else text_at(found, "rpc_url", place),
            chain_id=count_at(found, "chain_id", place),
            registry=address_at(found, "registry", place),
            venue=venue,
            lens=address_at(found, "lens", place),
            core=None if core is None else address_at(found, "core", place),
            tokens=addresses_at(found, "tokens", place),
            accounts=addresses_at(found, "accounts", place),
            block=count_at(found, "block", place),
        )


def load_deployment(path: Path) -> Deployment:
    """Return the deployment of a file. Raises InputError."""
    place = path.name
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InputError(place=place, problem=f"cannot be read: {error.strerror}") from error
    if len(data) > SIZE_LIMIT:
        raise InputError(place=place, problem=f"is larger than {SIZE_LIMIT} bytes")
    try:
        return Deployment.from_json(json.loads(data), place)
    except (ValueError, RecursionError) as error:
        raise InputError(place=place, problem=f"is no JSON: {error}") from error


def save_deployment(deployment: Deployment, path: Path) -> None:
    """Write a deployment, at one stroke. Raises InputError when the file cannot be written."""
    write_at_one_stroke(path, json.dumps(deployment.to_json(), indent=2) + "\n")


def mark_chain(rpc: Rpc, deployment: Deployment) -> None:
    """Let a local chain carry the record of its venue."""
    text = json.dumps(deployment.to_json()).encode()
    rpc.request("anvil_setCode", MARKER, f"0x{text.hex()}")


def marked_deployment(rpc: Rpc) -> Deployment | None:
    """Return the record that a local chain carries, None on any other chain."""
    code = rpc.code(MARKER)
    if not code:
        return None
    try:
        return Deployment.from_json(json.loads(code), f"marker of {rpc.place}")
    except ValueError:
        return None


def connect(rpc_url: str | None, file: Path | None) -> tuple[Rpc, Deployment]:
    """Return a node and the venue on it, from a URL, a deployment file, or both.

    Without a file the chain must carry its record, as local chains do. Raises InputError,
    NodeUnavailable, and NotDeployed when the venue is not there.
    """
    if file is None:
        rpc = Rpc(rpc_url or DEFAULT_RPC_URL)
        deployment = marked_deployment(rpc)
        if deployment is None:
            problem = "the chain carries no record of one; name it with --deployment FILE"
            raise NotDeployed(endpoint=rpc.place, problem=problem)
    else:
        deployment = load_deployment(file)
        url = rpc_url or deployment.rpc_url
        if url is None:
            problem = "is left out, since the URL had a secret in it; name the node with --rpc URL"
            raise InputError(place=f"{file.name}: rpc_url", problem=problem)
        rpc = Rpc(url)
    require_deployed(rpc, deployment)
    return rpc, replace(deployment, rpc_url=rpc.url)


def require_deployed(rpc: Rpc, deployment: Deployment) -> None:
    """Raise NotDeployed unless the node's chain holds the deployment."""
    chain_id = rpc.chain_id()
    if chain_id != deployment.chain_id:
        problem = f"the deployment is on chain {deployment.chain_id}, this is chain {chain_id}"
        raise NotDeployed(endpoint=rpc.place, problem=problem)
    contracts = (
        ("registry", deployment.registry),
        ("venue", deployment.venue),
        ("lens", deployment.lens),
    )
    for name, address in contracts:
        if not rpc.code(address):
            problem = f"there is no code at the {name}'s address {address}"
            raise NotDeployed(endpoint=rpc.place, problem=problem)


def look_up(entries: tuple[tuple[str, str], ...], name: str, kind: str) -> str:
    """Return the address of a name. Raises InputError listing the names there are."""
    for known, address in entries:
        if known == name:
            return address
    names = ", ".join(known for known, _ in entries)
    raise InputError(place=kind, problem=f"there is no {kind} {name!r}; there are {names}")


def text_at(found: Mapping[str, Any], key: str, place: str) -> str:
    """Return a text value. Raises InputError."""
    value = found.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(place=f"{place}: {key}", problem="text was expected")
    return value


def count_at(found: Mapping[str, Any], key: str, place: str) -> int:
    """Return a whole number. Raises InputError."""
    value = found.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(place=f"{place}: {key}", problem="a whole number was expected")
    return value


def address_at(found: Mapping[str, Any], key: str, place: str) -> str:
    """Return an address, checksummed. Raises InputError."""
    value = text_at(found, key, place)
    if not is_address(value):
        raise InputError(place=f"{place}: {key}", problem="an address was expected")
    return to_checksum_address(value)


def addresses_at(found: Mapping[str, Any], key: str, place: str) -> tuple[tuple[str, str], ...]:
    """Return named addresses. Raises InputError."""
    entries = found.get(key)
    if not isinstance(entries, dict):
        raise InputError(place=f"{place}: {key}", problem="an object was expected")
    return tuple((name, address_at(entries, name, f"{place}: {key}")) for name in entries)
