"""Who may do what. Twin of OpenZeppelin's `AccessControl`, as the registry uses it. SPEC CR-06.

A role is the hash of its name, which is written out here: this package hashes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import AccessControlBadConfirmation, AccessControlUnauthorizedAccount
from pmkit.venue.events import RoleGranted, RoleRevoked
from pmkit.venue.integers import Address, Bytes32

if TYPE_CHECKING:
    from pmkit.venue.registry import Registry

DEFAULT_ADMIN_ROLE = "0x" + "00" * 32
"""May grant and revoke every role."""
RISK_ADMIN = "0x8aa855a911518ecfbe5bc3088c8f3dda7badf130faaf8ace33fdc33828e18167"
"""May list assets and set factors, caps, curves, tables and the policy."""
REPORTER = "0xa129ef99cc9e633bb0f59b9cc64ea8b9fed36db75ab61585c09bc0cc55d16a0b"
"""May report prices."""
MATCHER = "0x88b0a9c6551e1bfc248c40131f90720032d6b37c422fdd813c2290be65ddd74f"
"""May fill orders of two accounts against each other."""
GUARDIAN = "0x8b5b16d04624687fcf0d0228f19993c9157c1ed07b41d8d430fd9100eb099fe8"
"""May pause."""
UNPAUSER = "0x82b32d9ab5100db08aeb9a0e08b422d14851ec118736590462bf9c085a6e9448"
"""May unpause."""


def require_role(r: Registry, sender: str, role: str) -> None:
    """Require that the sender has a role. Raises AccessControlUnauthorizedAccount."""
    if not r.roles[role, sender]:
        raise AccessControlUnauthorizedAccount(account=sender, needed_role=role)


def grant_role(r: Registry, sender: Address, role: Bytes32, account: Address) -> None:
    """Give an account a role. Raises AccessControlUnauthorizedAccount."""
    require_role(r, sender, DEFAULT_ADMIN_ROLE)
    grant(r, sender, role, account)


def revoke_role(r: Registry, sender: Address, role: Bytes32, account: Address) -> None:
    """Take a role from an account. Raises AccessControlUnauthorizedAccount."""
    require_role(r, sender, DEFAULT_ADMIN_ROLE)
    revoke(r, sender, role, account)


def renounce_role(
    r: Registry, sender: Address, role: Bytes32, caller_confirmation: Address
) -> None:
    """Give up a role of one's own. Raises AccessControlBadConfirmation."""
    if caller_confirmation != sender:
        raise AccessControlBadConfirmation
    revoke(r, sender, role, sender)


def grant(r: Registry, sender: str, role: str, account: str) -> None:
    """Note a role; who has it already is not told again."""
    if not r.roles[role, account]:
        r.roles[role, account] = True
        r.block.emit(RoleGranted(role=role, account=account, sender=sender))


def revoke(r: Registry, sender: str, role: str, account: str) -> None:
    """Strike a role out; who lacks it is not told."""
    if r.roles[role, account]:
        r.roles[role, account] = False
        r.block.emit(RoleRevoked(role=role, account=account, sender=sender))
