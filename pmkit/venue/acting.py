"""Who acts: the caller for itself, or for an account that lets it. SPEC AC-05, AC-06, AC-08."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import OwnerOnly

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def caller(s: VenueState, sender: str) -> str:
    """Return who calls: the sender, or whom the core speaks for. SPEC AC-08."""
    return sender if s.called_by is None else s.called_by


def actor(s: VenueState, sender: str) -> str:
    """Return the account that acts."""
    return caller(s, sender) if s.acting_for is None else s.acting_for


def owner(s: VenueState, sender: str) -> str:
    """Return the account that acts, where an operator may not act for it. Raises OwnerOnly."""
    account = actor(s, sender)
    if s.as_operator:
        raise OwnerOnly(account=account, caller=caller(s, sender))
    return account
