"""Compiled contracts in an in-process EVM: thousands of calls a second, no node."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from support.checked import Fields

# There is no wheel of it for every platform; the differential tests then have nothing to run on.
pyrevm = pytest.importorskip("pyrevm", reason="pyrevm has no wheel for this platform")

ARTIFACTS = Path(__file__).parents[2] / "pmkit" / "artifacts"
DEPLOYER = "0x" + "de" * 20
REVERT_OUTPUT = re.compile(r"Revert.*output: (0x[0-9a-f]*)")


class Reverted(Exception):
    """A call reverted; carries the error's name and its arguments, or the panic code."""

    def __init__(self, name: str, args: tuple[Any, ...]) -> None:
        super().__init__(name, args)
        self.name = name
        self.values = args


def artifact(name: str) -> dict[str, Any]:
    """Return a compiled contract."""
    loaded: dict[str, Any] = json.loads((ARTIFACTS / f"{name}.json").read_text())
    return loaded


def abi_type(entry: dict[str, Any]) -> str:
    """Return the canonical type of an ABI parameter, tuples spelled out."""
    kind: str = entry["type"]
    if kind.startswith("tuple"):
        inner = ",".join(abi_type(c) for c in entry["components"])
        return f"({inner}){kind[5:]}"
    return kind


def signature(entry: dict[str, Any]) -> str:
    """Return name(types) of an ABI entry."""
    return f"{entry['name']}({','.join(abi_type(i) for i in entry['inputs'])})"


def named(entry: dict[str, Any], value: Any) -> Any:
    """Return a decoded value with its struct field names, recursively."""
    kind: str = entry["type"]
    if kind.startswith("tuple"):
        rest = kind[5:]
        if rest:
            element = {**entry, "type": "tuple" + rest[: rest.rindex("[")]}
            return [named(element, v) for v in value]
        return {c["name"]: named(c, v) for c, v in zip(entry["components"], value, strict=True)}
    return list(value) if isinstance(value, tuple) else value


@dataclass
class Contract:
    """A deployed contract: call by function name; reverts and logs come back decoded."""

    evm: InProcessEvm
    name: str
    address: str
    abi: list[dict[str, Any]]
    functions: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.functions = {e["name"]: e for e in self.abi if e["type"] == "function"}
        self.selectors = {n: keccak(text=signature(e))[:4] for n, e in self.functions.items()}

    def calldata(self, function: str, *args: Any) -> bytes:
        """Return a call as bytes."""
        types = [abi_type(i) for i in self.functions[function]["inputs"]]
        return self.selectors[function] + encode(types, args)

    def running(self, function: str, args: tuple[Any, ...]) -> tuple[str, ...]:
        """Return a function by its full name, and the one that it runs for another account."""
        begun = args[-1][:4] if args and isinstance(args[-1], bytes) else None
        inner = [name for name, selector in self.selectors.items() if selector == begun]
        return tuple(f"{self.name}.{name}" for name in (function, *inner))

    def __call__(self, function: str, *args: Any, sender: str = DEPLOYER) -> Any:
        """Run a function and keep its effects; return what it returns."""
        return self.real(function, *args, sender=sender)

    def real(self, function: str, *args: Any, sender: str) -> Any:
        """Run a function on the contract, whatever else a call of it stands for."""
        self.evm.running = self.running(function, args)
        output = self.evm.run(self.address, self.calldata(function, *args), sender)
        if self.functions[function]["stateMutability"] not in ("view", "pure"):
            self.evm.actions += 1
        return self.decode(function, output)

    def decode(self, function: str, output: bytes) -> Any:
        """Return what a function returned, structs by the names of their fields."""
        outputs = self.functions[function]["outputs"]
        values = decode([abi_type(o) for o in outputs], output)
        results = [named(o, v) for o, v in zip(outputs, values, strict=True)]
        return results[0] if len(results) == 1 else tuple(results) or None


class InProcessEvm:
    """An EVM with a clock, and every error and event of the artifacts known by name."""

    def __init__(self) -> None:
        self.evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=2**63)
        self.timestamp = 1_760_000_000
        self.number = 1
        self.errors: dict[bytes, dict[str, Any]] = {}
        self.events: dict[bytes, dict[str, Any]] = {}
        self.refusals: dict[str, tuple[str, tuple[Any, ...]]] = {}
        """What was decoded before, by the bytes in hexadecimal: most refusals come again."""
        self.logs: list[tuple[str, dict[str, Any]]] = []
        self.gas_used = 0
        self.actions = 0
        self.trying = False
        self.seen: Counter[str] = Counter()
        """Events by name, of everything that was done."""
        self.running: tuple[str, ...] = ()
        """The function that runs, or ran last."""
        self.evm.set_balance(DEPLOYER, 10**30)
        self._set_block()

    def _set_block(self) -> None:
        self.evm.set_block_env(pyrevm.BlockEnv(number=self.number, timestamp=self.timestamp))

    def warp(self, seconds: int) -> None:
        """Move the clock."""
        self.timestamp += seconds
        self.number += 1
        self._set_block()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back in the end whatever is done meanwhile, the passing of time included."""
        assert not self.trying, "trials do not nest"
        kept = self.timestamp, self.number, self.actions, self.logs, self.gas_used, self.seen.copy()
        checkpoint = self.evm.snapshot()
        self.trying = True
        try:
            yield
        finally:
            self.trying = False
            self.evm.revert(checkpoint)
            self.evm.reset_transient_storage()
            self.timestamp, self.number, self.actions, self.logs, self.gas_used, self.seen = kept
            self._set_block()

    def deploy(self, name: str, *args: Any, libraries: dict[str, str] | None = None) -> Contract:
        """Deploy a contract, its libraries linked."""
        built = artifact(name)
        code = built["bytecode"].removeprefix("0x")
        for places in built["linkReferences"].values():
            for library, spots in places.items():
                target = (libraries or {})[library].removeprefix("0x").lower()
                for spot in spots:
                    at = spot["start"] * 2
                    code = code[:at] + target + code[at + spot["length"] * 2 :]
        constructor: dict[str, Any] = next(
            (e for e in built["abi"] if e["type"] == "constructor"), {"inputs": []}
        )
        data = encode([abi_type(i) for i in constructor["inputs"]], args)
        address = self.evm.deploy(DEPLOYER, bytes.fromhex(code) + data)
        self.know(built["abi"])
        return Contract(self, name, to_checksum_address(address), built["abi"])

    def place(self, name: str) -> Contract:
        """Put a contract that needs no constructor where it runs: a mock may be of any size."""
        built = artifact(name)
        address = to_checksum_address(keccak(text=name)[:20])
        code = bytes.fromhex(built["deployedBytecode"].removeprefix("0x"))
        self.evm.insert_account_info(address, pyrevm.AccountInfo(nonce=1, code=code))
        self.know(built["abi"])
        return Contract(self, name, address, built["abi"])

    def put(
        self, name: str, address: str, *args: Any, libraries: dict[str, str] | None = None
    ) -> Contract:
        """Put a contract at an address, as a node that sets code would: no storage, no creation."""
        created = self.deploy(name, *args, libraries=libraries)
        code = self.evm.get_code(created.address)
        assert code, f"{name} has no code"
        self.evm.insert_account_info(address, pyrevm.AccountInfo(nonce=1, code=bytes(code)))
        return Contract(self, name, to_checksum_address(address), created.abi)

    def know(self, abi: list[dict[str, Any]]) -> None:
        """Learn the errors and events of an ABI."""
        for entry in abi:
            if entry["type"] == "error":
                self.errors[keccak(text=signature(entry))[:4]] = entry
            elif entry["type"] == "event":
                self.events[keccak(text=signature(entry))] = entry

    def run(self, to: str, data: bytes, sender: str, value: int = 0) -> bytes:
        """Run one transaction. Raises Reverted."""
        self.logs = []
        # A trial has its own checkpoint; one more for each call would stay open and count as depth.
        checkpoint = None if self.trying else self.evm.snapshot()
        try:
            output = self.evm.message_call(sender, to, calldata=data, value=value)
        except RuntimeError as failure:
            if checkpoint is not None:
                self.evm.revert(checkpoint)
            self.evm.reset_transient_storage()
            raise self.revert_of(str(failure)) from None
        self.evm.reset_transient_storage()
        if not self.trying:
            self.evm.commit()
        result = self.evm.result
        assert result is not None, "a call leaves a result"
        self.gas_used = result.gas_used
        self.logs = [self.event_of(log) for log in result.logs]
        self.seen.update(name for name, _ in self.logs)
        return bytes(output)

    def revert_of(self, message: str) -> Reverted:
        """Return the named revert of a failure message."""
        found = REVERT_OUTPUT.search(message)
        if found is None:
            raise AssertionError(f"not a revert: {message}")
        known = self.refusals.get(found.group(1))
        if known is None:
            refused = self.refusal_of(bytes.fromhex(found.group(1)[2:]))
            known = self.refusals[found.group(1)] = refused.name, refused.values
        return Reverted(*known)

    def refusal_of(self, data: bytes) -> Reverted:
        """Return the named revert of the bytes that a call reverted with."""
        if data[:4] == keccak(text="Panic(uint256)")[:4]:
            return Reverted("Panic", decode(["uint256"], data[4:]))
        entry = self.errors.get(data[:4])
        if entry is None:
            raise AssertionError(f"unknown revert data 0x{data.hex()}")
        return Reverted(entry["name"], decode([abi_type(i) for i in entry["inputs"]], data[4:]))

    def event_of(self, log: Any) -> tuple[str, dict[str, Any]]:
        """Return an event by name with its arguments."""
        topics = [bytes.fromhex(t.removeprefix("0x")) for t in log.topics]
        data = bytes(log.data[1] if isinstance(log.data, tuple) else log.data)
        entry = self.events.get(topics[0])
        if entry is None:
            return topics[0].hex(), {}
        indexed = [i for i in entry["inputs"] if i["indexed"]]
        plain = [i for i in entry["inputs"] if not i["indexed"]]
        values = {
            i["name"]: decode([abi_type(i)], t)[0] for i, t in zip(indexed, topics[1:], strict=True)
        }
        decoded = decode([abi_type(i) for i in plain], data)
        values.update({i["name"]: v for i, v in zip(plain, decoded, strict=True)})
        return entry["name"], Fields.of(self.running, entry["name"], values)
