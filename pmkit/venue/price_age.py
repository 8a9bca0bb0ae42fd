"""How old a price may be. Twin of `contracts/libraries/PriceAge.sol`. SPEC OR-02.

Old prices block what they would make unsafe, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import StaleMark, StalePrice
from pmkit.model import Mode

if TYPE_CHECKING:
    from pmkit.model import Account
    from pmkit.venue.registry import AccountParams, Perp
    from pmkit.venue.state import VenueState


def age(s: VenueState, time: int) -> int:
    """Return the seconds since a price was reported."""
    return max(0, s.block.now - time)


def require_young(s: VenueState, a: Account, params: AccountParams, maximum: int) -> None:
    """Require that the prices with weight in the account are young; others are not looked at.

    Raises StalePrice, StaleMark.
    """
    for i, (token, p) in enumerate(zip(a.tokens, params.tokens, strict=True)):
        backs = a.mode == Mode.PORTFOLIO_MARGIN and token.ltv_bps != 0 and token.supplied != 0
        if token.borrowed == 0 and not backs and not _margins(a, i):
            continue
        old = age(s, p.px_time)
        if old > maximum:
            raise StalePrice(token=token.token, age=old, maximum=maximum)
    for perp, _ in params.perps:
        require_young_mark(s, perp, maximum)


def _margins(a: Account, token: int) -> bool:
    """Return whether equity of a dex is counted in the token: a shortage is worth its price."""
    if a.mode == Mode.STANDARD:
        return False
    return any(dex.collateral == token and dex.raw_usd != 0 for dex in a.dexes)


def require_young_mark(s: VenueState, perp: Perp, maximum: int) -> None:
    """Require that a mark is young. Raises StaleMark."""
    old = age(s, perp.px_time)
    if old > maximum:
        raise StaleMark(asset=perp.asset, age=old, maximum=maximum)
