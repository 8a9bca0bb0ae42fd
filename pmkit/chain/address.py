"""Addresses as text."""

from __future__ import annotations

from eth_utils.address import to_checksum_address

from pmkit.errors import InputError


def checked(address: str) -> str:
    """Return an address, checksummed. Raises InputError for anything else."""
    try:
        return to_checksum_address(address)
    except (ValueError, TypeError) as error:
        raise InputError(place="account", problem=f"{address!r} is no address") from error
