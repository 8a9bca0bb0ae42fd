"""The margin report of an account: the venue's figures, and the true intervals. SPEC PM-19.

Pure: an `AccountView` in, integers out. All figures are those of the account as swept, but for the
health factor of a recording: the venue's own figure rests on the debt as recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import InputError, MarkMissing, PriceMissing
from pmkit.intervals import (
    Interval,
    Move,
    isolated_interval,
    liquidation_interval,
    narrower,
)
from pmkit.liquidation import display_liquidation_px_down, isolated_liquidation_px_down
from pmkit.margin import (
    account_margin,
    cap_used_nearest,
    display_available_down,
    health_of,
    notional,
)
from pmkit.model import AccountMargin, Health, Mode, TokenMargin
from pmkit.policy import NO_CAP
from pmkit.stale import backs
from pmkit.sweep import swept
from pmkit.tiers import maintenance_margin_down, tier_at
from pmkit.units import SPOT_DECIMALS

if TYPE_CHECKING:
    from pmkit.model import Account, PerpState
    from pmkit.view import AccountView, PositionView


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFigures:
    """Figures of one token, in its wei."""

    token: int
    name: str
    wei_decimals: int
    net_total: int
    maintenance: int
    borrow_capacity: int | None
    """None for a token without balance whose price nobody names; so are the two that hold it."""
    requirement: int
    liquidation_value: int | None
    available_after_maintenance: int | None
    borrow_cap_used: int | None
    """WAD; None where there is no such cap, as for the next. SPEC PM-26."""
    supply_cap_used: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinFigures:
    """Figures of one coin: its position if any, and both prices."""

    coin: str
    position: PositionView | None
    displayed_px: int | None
    """What the venue shows beside the position, 1e-10 USD, down as the contracts round it; None
    where no price liquidates."""
    printed_px: int | None
    """The same as printed: an isolated position's is rounded to nearest. SPEC PM-22."""
    mark: int
    """Mark, or the collateral's price for a coin without position."""
    px_decimals: int
    interval: Interval
    """In the unit of the mark; without ends where the trigger is crossed already."""
    crossed: bool
    """Whether it is: the account's, or an isolated position's own. SPEC PM-29."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginReport:
    """Everything that `pmkit margin` says of an account."""

    mode: Mode
    ratio: int
    """WAD; INFINITE where nothing stands against a requirement."""
    liquidatable: bool
    health: Health
    health_factor: int
    """WAD; INFINITE without debt."""
    tokens: tuple[TokenFigures, ...]
    coins: tuple[CoinFigures, ...]
    notes: tuple[str, ...]


def margin_report(view: AccountView) -> MarginReport:
    """Return the report of an account. Raises InputError for a price that is needed and missing."""
    try:
        return build_report(view)
    except PriceMissing as error:
        problem = f"token {error.token} has no price, and the answer depends on it"
        raise InputError(place="prices", problem=problem) from error
    except MarkMissing as error:
        raise InputError(place="prices", problem=str(error)) from error


def build_report(view: AccountView) -> MarginReport:
    """Return the report of an account whose needed prices are all there."""
    account = swept(view.account)
    margin = account_margin(account)
    factor = (account_margin(view.account) if view.recorded else margin).health_factor
    coins = [coin_figures(view, account, margin, position) for position in view.positions]
    coins += [
        follower_figures(view, account, margin, coin, token)
        for coin, token in view.links
        if view.position(coin) is None and backs(account, token)
    ]
    return MarginReport(
        mode=account.mode,
        ratio=margin.ratio,
        liquidatable=margin.liquidatable,
        health=health_of(
            margin.liquidatable,
            margin.net_debt,
            margin.shortfall,
            margin.takeover_value,
            factor,
        ),
        health_factor=factor,
        tokens=tuple(
            token_figures(view, account, i, figures) for i, figures in enumerate(margin.tokens)
        ),
        coins=tuple(coins),
        notes=(*view.notes, *isolated_notes(view)),
    )


def token_figures(
    view: AccountView, account: Account, i: int, figures: TokenMargin
) -> TokenFigures:
    """Return one token's figures; a standard account has total − hold available. SPEC PM-19."""
    token, named = account.tokens[i], view.tokens[i]
    known = named.capacity_known
    available: int | None = figures.available_after_maintenance
    if account.mode == Mode.STANDARD:
        spot = token.idle + token.supplied - token.borrowed
        if named.hold is None and spot != 0:
            raise InputError(place=f"token {token.token} ({named.name})", problem="has no hold")
        available = spot - (named.hold or 0)
    return TokenFigures(
        token=token.token,
        name=named.name,
        wei_decimals=token.wei_decimals,
        net_total=figures.net_total,
        maintenance=figures.maintenance,
        borrow_capacity=figures.borrow_capacity if known else None,
        requirement=figures.requirement,
        liquidation_value=figures.liquidation_value if known else None,
        available_after_maintenance=available if known else None,
        **caps_used(view, account, i),
    )


def caps_used(view: AccountView, account: Account, i: int) -> dict[str, int | None]:
    """Return the parts of a token's caps that are used; a recording's as recorded. SPEC PM-26."""
    token = (view.account if view.recorded else account).tokens[i]
    caps = {
        "borrow_cap_used": (token.borrowed, token.user_borrow_cap, token.borrowable),
        "supply_cap_used": (token.supplied, token.user_supply_cap, token.ltv_bps != 0),
    }
    pm = account.mode == Mode.PORTFOLIO_MARGIN
    return {
        name: cap_used_nearest(amount, cap) if pm and counts and cap != NO_CAP else None
        for name, (amount, cap, counts) in caps.items()
    }


def coin_figures(
    view: AccountView, account: Account, margin: AccountMargin, position: PositionView
) -> CoinFigures:
    """Return both prices of a coin with a position. SPEC LQ-07, LQ-08, PM-18, PM-29.

    An isolated position has a trigger of its own; where the coin moves the account's collateral
    too, the nearest of both ends the interval.
    """
    perp = position.perp
    cross = position.isolated_margin is None
    follower = view.follower(position.coin)
    displayed = displayed_px(account, margin, position)
    crossed = is_beyond_own_trigger(position)
    interval = Interval(lower=None, upper=None)
    if position.isolated_margin is not None:
        interval = isolated_interval(perp, position.isolated_margin)
    if cross or (follower is not None and backs(account, follower)):
        crossed = crossed or margin.liquidatable
        move = Move(asset=perp.asset if cross else None, token=follower, mark=perp.mark)
        interval = narrower(interval, liquidation_interval(view.account, move))
    return CoinFigures(
        coin=position.coin,
        position=position,
        displayed_px=displayed,
        printed_px=printed_px(position, displayed),
        mark=perp.mark,
        px_decimals=position.px_decimals,
        interval=Interval(lower=None, upper=None) if crossed else interval,
        crossed=crossed,
    )


def is_beyond_own_trigger(position: PositionView) -> bool:
    """Return whether an isolated position has less than its maintenance. SPEC LQ-20."""
    perp, margin = position.perp, position.isolated_margin
    size = notional(perp.szi, perp.mark)
    return margin is not None and margin < maintenance_margin_down(size, perp.table)


def isolated_notes(view: AccountView) -> tuple[str, ...]:
    """Return what the account's figures do not say of its isolated positions. SPEC PM-29."""
    alone = [p for p in view.positions if p.isolated_margin is not None]
    if not alone:
        return ()
    return (
        f"The account check leaves out isolated positions: {', '.join(p.coin for p in alone)}.",
        *(
            f"The isolated position in {p.coin} is beyond its own trigger."
            for p in alone
            if is_beyond_own_trigger(p)
        ),
    )


def follower_figures(
    view: AccountView, account: Account, margin: AccountMargin, coin: str, token: int
) -> CoinFigures:
    """Return the interval of collateral without a position, in the collateral's own price."""
    state = account.tokens[token]
    return CoinFigures(
        coin=coin,
        position=None,
        displayed_px=None,
        printed_px=None,
        mark=state.px,
        px_decimals=SPOT_DECIMALS - state.sz_decimals,
        interval=liquidation_interval(view.account, Move(asset=None, token=token, mark=state.px)),
        crossed=margin.liquidatable,
    )


def displayed_px(account: Account, margin: AccountMargin, position: PositionView) -> int | None:
    """Return the price that the venue shows beside a position, 1e-10; None where it shows none."""
    perp = position.perp
    if position.isolated_margin is not None:
        px = parts_of_isolated_px_down(perp, position.sz_decimals, position.isolated_margin, 1)
    else:
        available = display_available_down(account, margin, perp.dex)
        max_leverage = tier_at(notional(perp.szi, perp.mark), perp.table).max_leverage
        px = display_liquidation_px_down(
            perp.mark, perp.szi, position.sz_decimals, available, max_leverage
        )
    return px if px > 0 else None


def printed_px(position: PositionView, displayed: int | None) -> int | None:
    """Return the same as it is printed: an isolated position's to nearest, half up. SPEC PM-22.

    Its figures are exact, and so the venue's own price comes out. What is available to a cross
    position is known to a token wei, which is more than the last digit of a price.
    """
    if displayed is None or position.isolated_margin is None:
        return displayed
    halves = parts_of_isolated_px_down(
        position.perp, position.sz_decimals, position.isolated_margin, 2
    )
    return (halves + 1) // 2


def parts_of_isolated_px_down(perp: PerpState, sz_decimals: int, margin: int, parts: int) -> int:
    """Return an isolated liquidation price in `parts` of 1e-10; it is linear in USD. SPEC LQ-08."""
    size = notional(perp.szi, perp.mark)
    return isolated_liquidation_px_down(
        perp.mark * parts,
        perp.szi,
        sz_decimals,
        margin * parts,
        maintenance_margin_down(size, perp.table) * parts,
        tier_at(size, perp.table).max_leverage,
    )
