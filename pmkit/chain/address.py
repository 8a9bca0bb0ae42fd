"""Addresses as text."""

from __future__ import annotations

from eth_utils.address import to_checksum_address

from pmkit.errors import InputError


def checked(address: str) -> str:
    """Return an address, checksummed.

    Raises InputError for anything else, and for capitals that are not those of the digits: a digit
    was mistyped then, and whoever is at the other address looks healthy with nothing.
    """
    try:
        found = to_checksum_address(address)
    except (ValueError, TypeError) as error:
        raise InputError(place="account", problem=f"{address!r} is no address") from error
    digits = found[2:]
    if address[-40:] not in (digits, digits.lower(), digits.upper()):
        problem = f"{address} has a mistake: its capitals are not those of its digits"
        raise InputError(place="account", problem=problem)
    return found
