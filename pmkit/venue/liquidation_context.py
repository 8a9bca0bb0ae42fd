"""What every leg of a liquidation looks at.

Twin of `contracts/libraries/LiquidationContext.sol`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.margin import account_margin, wei_per_perp_usd
from pmkit.venue.account_store import load

if TYPE_CHECKING:
    from pmkit.model import Account, AccountMargin
    from pmkit.venue.records import VenuePolicy
    from pmkit.venue.registry import AccountParams
    from pmkit.venue.state import VenueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The swept account, its figures and its parameters."""

    account: str
    a: Account
    params: AccountParams
    m: AccountMargin
    policy: VenuePolicy


def load_context(s: VenueState, account: str) -> Context:
    """Return the account as it stands. It must have been swept.

    Raises MarkMissing, PriceMissing, DoesNotFit128.
    """
    a, params = load(s, account)
    return Context(
        account=account, a=a, params=params, m=account_margin(a), policy=s.registry.policy
    )


def hole_of(c: Context, token: int) -> int:
    """Return what dexes without positions are short of in a token, token wei. SPEC LQ-14."""
    unit = wei_per_perp_usd(c.a.tokens[token].wei_decimals)
    return sum(
        -dex.raw_usd * unit
        for d, dex in enumerate(c.a.dexes)
        if dex.collateral == token and is_hole(c, d)
    )


def is_hole(c: Context, d: int) -> bool:
    """Return whether a dex holds less than nothing, and no position that could change it."""
    return c.a.dexes[d].raw_usd < 0 and c.m.dexes[d].notional == 0
