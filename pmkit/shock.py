"""What-if: one coin's price moved by a factor, with everything that follows it. SPEC PM-21."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pmkit.decimals import parse_units, shown
from pmkit.errors import InputError
from pmkit.units import WAD, mul_div_nearest

if TYPE_CHECKING:
    from pmkit.model import TokenState
    from pmkit.view import AccountView, PositionView

SHOCK = re.compile(r"([^=\s]+)=([+-]?)([0-9]{1,9}(?:\.[0-9]{1,12})?)%", re.ASCII)
PERCENT_DECIMALS = 16
"""Decimals of a percentage in WAD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A coin's price times a factor."""

    coin: str
    factor: int
    """WAD, above zero."""


def parse_shock(text: str, place: str = "--shock") -> Shock:
    """Return the shock that text like `BTC=-10%` means. Raises InputError naming `place`.

    >>> parse_shock("BTC=-10%").factor == 9 * WAD // 10
    True
    """
    found = SHOCK.fullmatch(text)
    if found is None:
        raise InputError(place=place, problem=f"{shown(text)} is not of the form BTC=-10%")
    move = parse_units(found[3], PERCENT_DECIMALS, place)
    factor = WAD - move if found[2] == "-" else WAD + move
    if factor <= 0:
        raise InputError(place=place, problem=f"{shown(text)} leaves no price above zero")
    return Shock(coin=found[1], factor=factor)


def shocked(view: AccountView, shocks: tuple[Shock, ...]) -> AccountView:
    """Return the account after every shock. Raises InputError for an unknown coin, or one twice.

    A coin's mark and the price of the collateral that follows it move by the same factor, each
    rounded to nearest on its own grid; an isolated position's margin takes its profit or loss. The
    debt is then no recorded one: every figure is of the account as swept at the new prices.
    """
    for i, shock in enumerate(shocks):
        if any(other.coin == shock.coin for other in shocks[:i]):
            raise InputError(place="--shock", problem=f"{shock.coin} is named twice")
        view = replace(apply_shock(view, shock), recorded=False)
    return view


def apply_shock(view: AccountView, shock: Shock) -> AccountView:
    """Return the account after one shock. Raises InputError."""
    if shock.coin not in view.coins:
        raise InputError(place="--shock", problem=f"there is no perp coin {shown(shock.coin)}")
    position = view.position(shock.coin)
    follower = view.follower(shock.coin)
    account = view.account
    positions = view.positions
    if position is not None:
        moved = moved_position(position, shock)
        positions = tuple(moved if p is position else p for p in positions)
        perps = tuple(moved.perp if p is position.perp else p for p in account.perps)
        account = replace(account, perps=perps)
    if follower is not None and account.tokens[follower].px != 0:
        tokens = tuple(
            moved_token(token, shock) if i == follower else token
            for i, token in enumerate(account.tokens)
        )
        account = replace(account, tokens=tokens)
    return replace(view, account=account, positions=positions)


def moved_position(position: PositionView, shock: Shock) -> PositionView:
    """Return a position at its new mark. Raises InputError."""
    perp = position.perp
    mark = moved_px(perp.mark, shock)
    margin = position.isolated_margin
    if margin is not None:
        margin += perp.szi * (mark - perp.mark)
    return replace(position, perp=replace(perp, mark=mark), isolated_margin=margin)


def moved_token(token: TokenState, shock: Shock) -> TokenState:
    """Return a token at its new price. Raises InputError."""
    return replace(token, px=moved_px(token.px, shock))


def moved_px(px: int, shock: Shock) -> int:
    """Return a price times the factor, on its grid, to nearest. Raises InputError at zero."""
    moved = mul_div_nearest(px, shock.factor, WAD)
    if moved == 0:
        raise InputError(place="--shock", problem=f"{shock.coin} falls below its price grid")
    return moved
