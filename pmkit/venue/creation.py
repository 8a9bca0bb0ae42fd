"""How a venue comes into being: who its parties are. Twin of the contracts' constructors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.model import Mode
from pmkit.venue.account_store import touch
from pmkit.venue.integers import Address
from pmkit.venue.roles import DEFAULT_ADMIN_ROLE, REPORTER, RISK_ADMIN, grant
from pmkit.venue.state import NO_PARTIES, Parties

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def create(
    s: VenueState,
    sender: Address,
    registry: Address,
    venue: Address,
    maker: Address,
    backstop: Address,
    insurance: Address,
    core: Address,
) -> None:
    """Give registry and venue their addresses and the venue its parties.

    The sender gets every role of the registry (SPEC CR-06). Raises InputError the second time.
    """
    if s.parties is not NO_PARTIES:
        raise InputError(place="create", problem="this venue exists already")
    s.parties = Parties(
        registry=registry,
        venue=venue,
        maker=maker,
        backstop=backstop,
        insurance=insurance,
        core=core,
    )
    for role in (DEFAULT_ADMIN_ROLE, RISK_ADMIN, REPORTER):
        grant(s.registry, sender, role, sender)
    for party in (maker, backstop, insurance):
        touch(s, party)
    # What the backstop takes over it margins and funds like anybody; fees reach the insurance
    # account's balance by its sweep.
    for party, mode in ((backstop, Mode.PORTFOLIO_MARGIN), (insurance, Mode.UNIFIED)):
        s.accounts[party] = replace(s.accounts[party], mode=mode)
