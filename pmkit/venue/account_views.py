"""What the venue tells of one account. Twin of `contracts/libraries/AccountViews.sol`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import NoPosition
from pmkit.liquidation import display_liquidation_px_down
from pmkit.margin import account_margin, display_available_down, notional
from pmkit.sweep import swept
from pmkit.tiers import tier_at
from pmkit.venue.account_store import load

if TYPE_CHECKING:
    from pmkit.model import Account, AccountMargin
    from pmkit.venue.state import VenueState


def margin_of(s: VenueState, account: str, as_if_swept: bool) -> AccountMargin:
    """Return the margin figures of an account, as stored or as if swept. SPEC PM-14.

    Raises MarkMissing, PriceMissing.
    """
    a, _ = load(s, account)
    return account_margin(swept(a) if as_if_swept else a)


def display_liquidation_px(s: VenueState, account: str, asset: int) -> int:
    """Return the price the venue displays beside a position, 1e-10 USD. SPEC LQ-07.

    Raises MarkMissing, PriceMissing, NoPosition.
    """
    a, params = load(s, account)
    m = account_margin(a)
    for i, perp in enumerate(a.perps):
        if perp.asset == asset:
            return _display_px(a, m, i, params.perps[i][0].sz_decimals)
    raise NoPosition(account=account, asset=asset)


def _display_px(a: Account, m: AccountMargin, i: int, sz_decimals: int) -> int:
    perp = a.perps[i]
    available = display_available_down(a, m, perp.dex)
    leverage = tier_at(notional(perp.szi, perp.mark), perp.table).max_leverage
    return display_liquidation_px_down(perp.mark, perp.szi, sz_decimals, available, leverage)
