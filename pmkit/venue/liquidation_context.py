"""What a liquidation step works on. Twin of `contracts/libraries/LiquidationContext.sol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmkit.model import Account, AccountMargin
    from pmkit.venue.records import VenuePolicy
    from pmkit.venue.registry import AccountParams


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The swept account, its figures and its parameters."""

    account: str
    a: Account
    params: AccountParams
    m: AccountMargin
    policy: VenuePolicy
