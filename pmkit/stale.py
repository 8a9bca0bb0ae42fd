"""What an old price may and may not decide. Twin of `contracts/libraries/StaleMath.sol`.

A price that is old says little: whoever judges by it errs. The price of what is owed decides by
itself and must be young. Collateral only ever helps, and anybody may send some; so who takes new
risk is judged without old collateral, and nobody is liquidated whom twice its last price would save
(SPEC OR-08). Sets of tokens are bitmaps of places in `Account.tokens`.
"""

from __future__ import annotations

from dataclasses import replace

from pmkit.model import Account, Mode
from pmkit.units import UINT64_MAX


def is_decisive(account: Account, token: int) -> bool:
    """Return whether a token's price decides by itself. SPEC OR-02.

    It does where the token is owed, or where equity of a dex is counted in it: a shortage of that
    is worth the price. In standard mode a dex's shortage is its own.
    """
    if account.tokens[token].borrowed != 0:
        return True
    if account.mode == Mode.STANDARD:
        return False
    return any(dex.collateral == token and dex.raw_usd != 0 for dex in account.dexes)


def backs(account: Account, token: int) -> bool:
    """Return whether a token backs the account as collateral. SPEC OR-02."""
    held = account.tokens[token]
    return account.mode == Mode.PORTFOLIO_MARGIN and held.ltv_bps != 0 and held.supplied != 0


def without_collateral(account: Account, stale: int) -> Account:
    """Return the account without a set of tokens as collateral. SPEC OR-08.

    That can only worsen its figures, so whoever is safe without them is safe.
    """
    tokens = (
        replace(token, ltv_bps=0) if stale >> i & 1 else token
        for i, token in enumerate(account.tokens)
    )
    return replace(account, tokens=tuple(tokens))


def at_twice_px(account: Account, stale: int) -> Account:
    """Return the account with a set of tokens worth twice their last price. SPEC OR-08."""
    tokens = (
        replace(token, px=twice(token.px)) if stale >> i & 1 else token
        for i, token in enumerate(account.tokens)
    )
    return replace(account, tokens=tuple(tokens))


def twice(px: int) -> int:
    """Return twice a price, at most the largest one that there can be. SPEC OR-08.

    >>> twice(5)
    10
    """
    return min(2 * px, UINT64_MAX)
