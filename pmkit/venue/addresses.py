"""Names and addresses: roles by name, accounts by twenty bytes, lower case throughout."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.venue.keccak import keccak256, words

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


def address_of_name(name: str) -> str:
    """Return the address that a name stands for where no other is given.

    >>> address_of_name("trader")
    '0x8c195ae3d4b330f3fdbc2af637ef5b9b38fd0a3c'
    """
    return f"0x{hashlib.sha256(name.encode()).hexdigest()[-40:]}"


def sub_account_of(master: str, index: int) -> str:
    """Return the address of a master's sub-account. SPEC AC-06."""
    return f"0x{keccak256(words(int(master, 16), index)).hex()[-40:]}"


def address_of(who: str, names: Mapping[str, str]) -> str:
    """Return the address of a name, or an address in lower case. Raises InputError."""
    if who in names:
        return names[who]
    if ADDRESS.fullmatch(who):
        return who.lower()
    if not who or who.startswith("0x"):
        raise InputError(place=repr(who), problem="is neither a name nor an address")
    return address_of_name(who)
