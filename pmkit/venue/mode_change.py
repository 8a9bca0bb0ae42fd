"""What a change of an account's mode asks for. Twin of `contracts/libraries/ModeChange.sol`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import DebtOpen, DexEquityOpen, EnablingRefused, PositionsOpen
from pmkit.margin import account_value_down, is_admitted
from pmkit.venue import volume
from pmkit.venue.account_store import is_locked, load, require_priced

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def require_leavable(s: VenueState, account: str, flat: bool) -> None:
    """Require no debt, and where asked no dex equity, as a change of mode needs. SPEC AC-02.

    Equity that suppliers' cash may have made stays while that waits (SPEC LQ-12). Raises DebtOpen,
    PositionsOpen, DexEquityOpen.
    """
    a, params = load(s, account)
    for token in a.tokens:
        if token.borrowed != 0:
            raise DebtOpen(token=token.token, borrowed=token.borrowed)
    for dex, held in zip(a.dexes, params.dexes, strict=True):
        locked = is_locked(s, params.tokens[dex.collateral].index)
        still_open = s.accounts[account].perp_bitmap
        if locked and still_open != 0:
            raise PositionsOpen(perps=still_open)
        if (flat or locked) and dex.raw_usd != 0:
            raise DexEquityOpen(dex_index=held.index, raw_usd=dex.raw_usd)


def require_admitted(s: VenueState, account: str, master: str) -> None:
    """Require what the policy asks of an account before portfolio margin. SPEC AC-10.

    Volume is that of its master, who may be the account itself. And that what it holds as
    collateral has a price (SPEC OR-09). Raises PriceMissing, EnablingRefused.
    """
    policy = s.registry.policy
    a, params = load(s, account)
    for token, p in zip(a.tokens, params.tokens, strict=True):
        if token.idle != 0 or token.supplied != 0:
            require_priced(p)
    compared = {
        "volume": volume.over(s, master, policy.enable_volume_days),
        "value": account_value_down(a),
        "min_volume": policy.enable_min_volume,
        "min_value": policy.enable_min_value,
        "max_value": policy.enable_max_value,
    }
    if not is_admitted(**compared):
        raise EnablingRefused(**compared)
