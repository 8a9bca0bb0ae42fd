"""The sweep: move equity between dexes, idle balance and the pool.

Twin of `contracts/libraries/SweepMath.sol`. Target of a dex is its transfer margin. What a dex
holds over it, beyond the policy's dust, repays debt (down to the explicit floor) and is supplied;
what it lacks comes from idle balance, then supply, then new debt, as far as caps and cash allow
(SPEC PM-14 to PM-17). The net total of no token changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pmkit.margin import (
    dex_margins,
    px_of,
    token_value_down,
    token_value_up,
    wei_per_perp_usd,
    weight_ltv_down,
)
from pmkit.model import Account, Mode, TokenState
from pmkit.units import amount_down


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSweep:
    """What the sweep does to one token, token wei."""

    supply: int
    """Idle to pool."""
    withdraw: int
    """Pool to the dexes in need."""
    borrow: int
    """New debt to the dexes in need."""
    repay: int
    """Idle to debt."""
    idle: int
    """Idle balance afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What the sweep does to an account."""

    tokens: tuple[TokenSweep, ...]
    dex_transfers: tuple[int, ...]
    """Per dex: perp USD (1e-6) moved into the dex, negative out of it."""
    dex_lacks: tuple[int, ...]
    """Per dex: perp USD (1e-6) that it still lacks of its transfer margin."""


def ltv_room_down(tokens: tuple[TokenState, ...], borrowed: TokenState) -> int:
    """Return the wei of a token that may be borrowed until health factor one. SPEC PM-08."""
    power = 0
    debt = 0
    for token in tokens:
        if token.ltv_bps != 0 and token.supplied != 0:
            power += weight_ltv_down(token_value_down(token, token.supplied), token.ltv_bps)
        if token.borrowed != 0:
            debt += token_value_up(token, token.borrowed)
    if power <= debt:
        return 0
    return amount_down(power - debt, px_of(borrowed), borrowed.wei_decimals, borrowed.sz_decimals)


def sweep_token(
    token: TokenState, room: int, wanted: int, freed: int, unit: int, lends: bool
) -> tuple[TokenSweep, int]:
    """Return what happens to one token, and the token wei that reach the dexes in need.

    `wanted` is what its dexes lack and `freed` what they hand back, both in whole `unit`s (token
    wei per 1e-6 USD); `room` is the debt that may be added; `lends` is whether the mode uses the
    pool.
    """
    idle = token.idle + freed
    from_idle = min(idle // unit * unit, wanted)
    idle -= from_idle
    lacking = wanted - from_idle

    withdraw = borrow = supply = repay = 0
    if lends and lacking != 0:
        drawn = min(lacking, token.cash, token.supplied + room) // unit * unit
        withdraw = min(token.supplied, drawn)
        borrow = drawn - withdraw
        lacking -= drawn
    elif lends:
        if token.borrowed > token.borrow_floor and idle > token.borrow_floor:
            repay = min(idle - token.borrow_floor, token.borrowed - token.borrow_floor)
            idle -= repay
        if token.borrowed == repay:
            supply = min(idle, token.supply_room)
            idle -= supply
    return (
        TokenSweep(supply=supply, withdraw=withdraw, borrow=borrow, repay=repay, idle=idle),
        wanted - lacking,
    )


def sweep(account: Account) -> tuple[Account, Sweep]:
    """Return the account as the sweep leaves it, and what moved. SPEC PM-14 to PM-17.

    Standard accounts are not swept; unified accounts move idle balance only.
    Raises PriceMissing, MarkMissing.
    """
    tokens = list(account.tokens)
    transfers = [0] * len(account.dexes)
    short = [0] * len(account.dexes)
    if account.mode == Mode.STANDARD:
        still = tuple(
            TokenSweep(supply=0, withdraw=0, borrow=0, repay=0, idle=t.idle) for t in tokens
        )
        return account, Sweep(tokens=still, dex_transfers=tuple(transfers), dex_lacks=tuple(short))
    lends = account.mode == Mode.PORTFOLIO_MARGIN
    margins = dex_margins(account)
    plan: list[TokenSweep] = []
    for i, token in enumerate(account.tokens):
        unit = 1
        wanted = freed = 0
        for d, dex in enumerate(account.dexes):
            if dex.collateral == i:
                unit = wei_per_perp_usd(token.wei_decimals)
                over = margins[d].account_value - margins[d].transfer_margin
                dust = account.policy.sweep_dust
                if over > dust:
                    freed += (over - dust) * unit
                    transfers[d] = dust - over
                elif over < 0:
                    wanted += -over * unit
        room = 0
        if lends and token.borrowable and wanted != 0:
            room = token.borrow_room
            if account.policy.strict_ltv:
                room = min(room, ltv_room_down(tuple(tokens), token))
        done, reached = sweep_token(token, room, wanted, freed, unit, lends)
        for d, dex in enumerate(account.dexes):
            lacks = margins[d].transfer_margin - margins[d].account_value
            if dex.collateral == i and lacks > 0:
                transfers[d] = min(lacks, reached // unit)
                short[d] = lacks - transfers[d]
                reached -= transfers[d] * unit
        plan.append(done)
        tokens[i] = apply(token, done)
    dexes = tuple(
        replace(dex, raw_usd=dex.raw_usd + moved)
        for dex, moved in zip(account.dexes, transfers, strict=True)
    )
    return (
        replace(account, tokens=tuple(tokens), dexes=dexes),
        Sweep(tokens=tuple(plan), dex_transfers=tuple(transfers), dex_lacks=tuple(short)),
    )


def apply(token: TokenState, done: TokenSweep) -> TokenState:
    """Return the token after its sweep; cash follows, the rooms under the caps stay as read."""
    return replace(
        token,
        idle=done.idle,
        supplied=token.supplied + done.supply - done.withdraw,
        borrowed=token.borrowed + done.borrow - done.repay,
        cash=token.cash + done.supply + done.repay - done.withdraw - done.borrow,
    )


def swept(account: Account) -> Account:
    """Return the account as the sweep leaves it. SPEC PM-14."""
    return sweep(account)[0]
