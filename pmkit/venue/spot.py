"""Spot pairs and what fills in them come to. Twin of `contracts/libraries/Spot.sol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import Paused, SpotPriceMissing, StalePrice
from pmkit.units import SPOT_DECIMALS, UINT256_MAX, checked, mul_div_down, mul_div_up
from pmkit.venue import margin_engine
from pmkit.venue.price_age import age
from pmkit.venue.records import Pause

if TYPE_CHECKING:
    from pmkit.venue.registry import Pair, Registry, Token
    from pmkit.venue.state import VenueState

SPOT_ASSETS = 10_000
"""A spot pair's id in orders is this plus its number; ids below are perps of the venue's dex."""
OTHER_DEX_ASSETS = 100_000
"""From this id on, assets are perps of builders' dexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What an account pays and gets in a spot fill, token wei, before the fee."""

    paid: Token
    paid_amount: int
    got: Token
    got_amount: int


def is_pair(asset: int) -> bool:
    """Return whether an asset id is that of a spot pair."""
    return SPOT_ASSETS <= asset < OTHER_DEX_ASSETS


def pair_of_asset(s: VenueState, asset: int) -> Pair:
    """Return the pair of an asset id. Raises UnknownPair, SpotPriceMissing."""
    return pair_of(s, asset - SPOT_ASSETS)


def pair_of(s: VenueState, number: int) -> Pair:
    """Return a spot pair that has a price. Raises UnknownPair, SpotPriceMissing."""
    pair = s.registry.pair(number)
    if pair.px == 0:
        raise SpotPriceMissing(pair=number)
    return pair


def require_young_px(s: VenueState, pair: Pair) -> None:
    """Require that a pair's price is young enough for new risk. SPEC OR-02. Raises StalePrice."""
    old, maximum = age(s, pair.px_time), s.registry.policy.max_price_age
    if old > maximum:
        token = s.registry.tokens[pair.base].token
        raise StalePrice(token=token, age=old, maximum=maximum)


def most_debt(s: VenueState, account: str) -> int:
    """Return the most that an account may owe after a fill with portfolio margin, USD WAD.

    While risk is paused no more than before, in a batch too, whose check waits but not the pause.
    SPEC CR-07, AC-16. Raises PriceMissing.
    """
    paused = s.registry.paused & Pause.RISK
    return margin_engine.stored_debt(s, account) if paused else UINT256_MAX


def require_no_paused_debt(s: VenueState, account: str, most: int) -> None:
    """Require that a fill has made no debt beyond `most`.

    What one has may always be sold and spent. SPEC CR-07. Raises Paused.
    """
    if most != UINT256_MAX and margin_engine.stored_debt(s, account) > most:
        raise Paused(bit=Pause.RISK)


def lot(base: Token) -> int:
    """Return the smallest size, token wei."""
    smallest: int = 10 ** checked(base.wei_decimals - base.sz_decimals)
    return smallest


def swap_of(r: Registry, pair: Pair, is_buy: bool, sz: int, px: int) -> Swap:
    """Return what a buyer or seller pays and gets; rounding is against it. SPEC CH-03."""
    base, quote = r.tokens[pair.base], r.tokens[pair.quote]
    base_amount = sz * lot(base)
    # sz · px is the notional in 1e-8 of the quote token.
    notional = sz * px
    scale = 10**quote.wei_decimals
    if is_buy:
        cost = mul_div_up(notional, scale, 10**SPOT_DECIMALS)
        return Swap(paid=quote, paid_amount=cost, got=base, got_amount=base_amount)
    proceeds = mul_div_down(notional, scale, 10**SPOT_DECIMALS)
    return Swap(paid=base, paid_amount=base_amount, got=quote, got_amount=proceeds)
