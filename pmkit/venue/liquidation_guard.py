"""Who may be liquidated, and by whom. Twin of `contracts/libraries/LiquidationGuard.sol`.

The same for accounts and for isolated positions. SPEC LQ-15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import NotAUserAccount, Paused, SelfLiquidation
from pmkit.venue.records import Pause

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def require_allowed(s: VenueState, account: str, caller: str, sender: str) -> None:
    """Require that a caller may liquidate an account, and that liquidation is not paused.

    `sender` is who acts for the caller, or itself. Raises NotAUserAccount, SelfLiquidation, Paused.
    """
    require_user(s, account)
    # Nor by who acts for the caller: its master or its operator, whom the core may speak for.
    if account in (caller, sender):
        raise SelfLiquidation(account=account)
    if s.registry.paused & Pause.LIQUIDATION:
        raise Paused(bit=Pause.LIQUIDATION)


def require_user(s: VenueState, account: str) -> None:
    """Require an account that is none of the venue's own. Raises NotAUserAccount."""
    if account in (s.parties.maker, s.parties.backstop, s.parties.insurance):
        raise NotAUserAccount(account=account)
