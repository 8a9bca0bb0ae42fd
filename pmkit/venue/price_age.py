"""How old a price may be. Twin of `contracts/libraries/PriceAge.sol`. SPEC OR-02, OR-08.

Old prices block what they would make unsafe, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pmkit.errors import StaleMark, StalePrice
from pmkit.stale import backs, is_decisive
from pmkit.venue.bitmap import having, members

if TYPE_CHECKING:
    from pmkit.model import Account
    from pmkit.venue.registry import AccountParams, Perp
    from pmkit.venue.state import VenueState


def age(s: VenueState, time: int) -> int:
    """Return the seconds since a price was reported."""
    return max(0, s.block.now - time)


def require_young(s: VenueState, a: Account, params: AccountParams, maximum: int) -> int:
    """Require young prices of what decides by itself; return the collateral with older ones.

    Owed tokens, tokens that dexes count in and marks must be young. The collateral is a bitmap of
    places in the account. Raises StalePrice, StaleMark.
    """
    stale = 0
    for i, p in enumerate(params.tokens):
        decisive = is_decisive(a, i)
        if (not decisive and not backs(a, i)) or age(s, p.px_time) <= maximum:
            continue
        if decisive:
            raise_stale(s, params, 1 << i, maximum)
        stale = having(stale, i)
    for perp, _ in params.perps:
        require_young_mark(s, perp, maximum)
    return stale


def raise_stale(s: VenueState, params: AccountParams, stale: int, maximum: int) -> NoReturn:
    """Refuse for the first of a set of tokens. Raises StalePrice."""
    first = params.tokens[members(stale)[0]]
    raise StalePrice(token=first.token, age=age(s, first.px_time), maximum=maximum)


def require_young_mark(s: VenueState, perp: Perp, maximum: int) -> None:
    """Require that a mark is young. Raises StaleMark."""
    old = age(s, perp.px_time)
    if old > maximum:
        raise StaleMark(asset=perp.asset, age=old, maximum=maximum)
