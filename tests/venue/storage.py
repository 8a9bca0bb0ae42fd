"""A contract's storage, read word by word through the layout that the compiler wrote."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak
from support.evm import Contract, artifact
from support.twins import snake_case

WORD = 32


class Storage:
    """The storage of one contract; what a path names comes back as numbers by field name."""

    def __init__(self, contract: Contract) -> None:
        layout = artifact(contract.name)["storageLayout"]
        self._contract = contract
        self._types: dict[str, Any] = layout["types"]
        self._places: dict[tuple[Any, ...], tuple[int, int, str]] = {}
        self._found: dict[tuple[Any, ...], tuple[tuple[int, ...], Any]] = {}
        self._roots = {v["label"]: (int(v["slot"]), v["type"]) for v in layout["storage"]}

    def read(self, *path: Any) -> Any:
        """Return the value under a path of names of fields and keys of mappings.

        It is the same object for as long as the words stay the same.
        """
        place = self._places.get(path)
        if place is None:
            place = self._places[path] = self._locate(path)
        slot, offset, kind = place
        members = self._types[kind].get("members")
        # Structs hold no structs, so the last member stands in the last slot.
        last = slot + (int(members[-1]["slot"]) if members else 0)
        word, address = self._contract.evm.evm.storage, self._contract.address
        words = tuple(word(address, at) for at in range(slot, last + 1))
        found = self._found.get(path)
        if found is None or found[0] != words:
            by_slot = dict(zip(range(slot, last + 1), words, strict=True))
            found = self._found[path] = words, self._value(slot, offset, kind, by_slot)
        return found[1]

    def write(self, number: int, *path: Any) -> None:
        """Put a number where a path leads: a state that no few calls lead to."""
        slot, offset, kind = self._locate(path)
        width = 8 * int(self._types[kind]["numberOfBytes"])
        evm, address = self._contract.evm.evm, self._contract.address
        kept = evm.storage(address, slot) & ~((1 << width) - 1 << 8 * offset)
        evm.insert_account_storage(address, slot, kept | number << 8 * offset)

    def _locate(self, path: tuple[Any, ...]) -> tuple[int, int, str]:
        """Return slot, offset in bytes and type of what a path names."""
        slot, kind = self._roots[path[0]]
        offset = 0
        for step in path[1:]:
            described = self._types[kind]
            if described["encoding"] == "mapping":
                slot, offset, kind = place_of(step, slot), 0, described["value"]
            else:
                member = next(m for m in described["members"] if m["label"] == step)
                slot, offset, kind = slot + int(member["slot"]), member["offset"], member["type"]
        return slot, offset, kind

    def _value(self, slot: int, offset: int, kind: str, words: dict[int, int]) -> Any:
        described = self._types[kind]
        if "members" in described:
            return {
                snake_case(m["label"]): self._value(
                    slot + int(m["slot"]), m["offset"], m["type"], words
                )
                for m in described["members"]
            }
        size = int(described["numberOfBytes"])
        raw = words[slot] >> 8 * offset & (1 << 8 * size) - 1
        signed = described["label"].startswith("int")
        return raw - (1 << 8 * size) if signed and raw >> 8 * size - 1 else raw


def place_of(key: int | str, slot: int) -> int:
    """Return the slot of a mapping's value."""
    raw = bytes.fromhex(key.removeprefix("0x")) if isinstance(key, str) else key.to_bytes(WORD)
    return int.from_bytes(keccak(raw.rjust(WORD, b"\0") + slot.to_bytes(WORD)))
