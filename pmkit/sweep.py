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
    token_value_down,
    token_value_up,
    wei_per_perp_usd,
    weight_ltv_down,
)
from pmkit.model import Account, DexMargin, Mode, TokenState
from pmkit.units import amount_down, to_int128, to_uint128


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
    """Return the wei of a token that may be borrowed until health factor one. SPEC PM-08.

    Own supply of the token is drawn before anything is borrowed, so it carries none of it. Nothing
    may be borrowed where what is owed or borrowed has no price: no sweep fails, or nobody could be
    liquidated into it.
    """
    if borrowed.px == 0 or any(token.borrowed != 0 and token.px == 0 for token in tokens):
        return 0
    power = 0
    debt = 0
    for token in tokens:
        if token.token != borrowed.token and token.ltv_bps != 0 and token.supplied != 0:
            power += weight_ltv_down(token_value_down(token, token.supplied), token.ltv_bps)
        if token.borrowed != 0:
            debt += token_value_up(token, token.borrowed)
    if power <= debt:
        return 0
    return amount_down(power - debt, borrowed.px, borrowed.wei_decimals, borrowed.sz_decimals)


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
    Raises PriceMissing, MarkMissing, DoesNotFit128.
    """
    plan = Plan(account)
    if account.mode == Mode.STANDARD:
        return account, plan.done()
    lends = account.mode == Mode.PORTFOLIO_MARGIN
    limited = lends and account.policy.strict_ltv
    margins = dex_margins(account)
    for i, token in enumerate(account.tokens):
        freed = plan.note_needs(i, margins)
        room = token.borrow_room if lends and token.borrowable and not limited else 0
        plan.sweep_one(i, freed, room)
    # What the LTV limit leaves is known only once all else has moved: borrowing comes last.
    for i, token in enumerate(plan.tokens if limited else ()):
        if token.borrowable and token.borrow_room != 0 and plan.lacking(i) != 0:
            plan.sweep_one(i, 0, min(token.borrow_room, ltv_room_down(tuple(plan.tokens), token)))
    dexes = tuple(
        replace(dex, raw_usd=to_int128(dex.raw_usd + moved))
        for dex, moved in zip(account.dexes, plan.transfers, strict=True)
    )
    return replace(account, tokens=tuple(plan.tokens), dexes=dexes), plan.done()


class Plan:
    """A sweep while it is made: the tokens as they stand, and what has moved so far."""

    __slots__ = ("_account", "_moves", "lacks", "tokens", "transfers")

    def __init__(self, account: Account) -> None:
        self._account = account
        self.tokens = list(account.tokens)
        self._moves = [
            TokenSweep(supply=0, withdraw=0, borrow=0, repay=0, idle=t.idle) for t in self.tokens
        ]
        self.transfers = [0] * len(account.dexes)
        self.lacks = [0] * len(account.dexes)

    def dexes_of(self, token: int) -> list[int]:
        """Return the places of the dexes that count in a token."""
        return [d for d, dex in enumerate(self._account.dexes) if dex.collateral == token]

    def lacking(self, token: int) -> int:
        """Return the perp USD (1e-6) that a token's dexes still lack."""
        return sum(self.lacks[d] for d in self.dexes_of(token))

    def note_needs(self, token: int, margins: tuple[DexMargin, ...]) -> int:
        """Note what leaves each dex or is lacking in it; return the token wei that are freed."""
        freed = 0
        for d in self.dexes_of(token):
            # Without positions nothing stays: it could never be taken out.
            dust = self._account.policy.sweep_dust if margins[d].notional != 0 else 0
            over = margins[d].account_value - margins[d].transfer_margin
            if over > dust:
                self.transfers[d] = dust - over
                freed += (over - dust) * wei_per_perp_usd(self.tokens[token].wei_decimals)
            elif over < 0:
                self.lacks[d] = -over
        return freed

    def sweep_one(self, token: int, freed: int, room: int) -> None:
        """Sweep one token with what its dexes have freed and what it may borrow."""
        before = self.tokens[token]
        lacking = self.lacking(token)
        # One for a token that no dex counts in, which may have fewer decimals than perp USD.
        unit = 1 if lacking == 0 else wei_per_perp_usd(before.wei_decimals)
        lends = self._account.mode == Mode.PORTFOLIO_MARGIN
        done, reached = sweep_token(before, room, lacking * unit, freed, unit, lends)
        for d in self.dexes_of(token):
            part = min(self.lacks[d], reached // unit)
            self.transfers[d] += part
            self.lacks[d] -= part
            reached -= part * unit
        self.tokens[token] = apply(before, done)
        moved = self._moves[token]
        self._moves[token] = TokenSweep(
            supply=moved.supply + done.supply,
            withdraw=moved.withdraw + done.withdraw,
            borrow=moved.borrow + done.borrow,
            repay=moved.repay + done.repay,
            idle=done.idle,
        )

    def done(self) -> Sweep:
        """Return what has moved."""
        return Sweep(
            tokens=tuple(self._moves),
            dex_transfers=tuple(self.transfers),
            dex_lacks=tuple(self.lacks),
        )


def apply(token: TokenState, done: TokenSweep) -> TokenState:
    """Return the token after its sweep; cash follows, the rooms under the caps stay as read.

    Raises DoesNotFit128.
    """
    return replace(
        token,
        idle=to_uint128(done.idle),
        supplied=to_uint128(token.supplied + done.supply - done.withdraw),
        borrowed=to_uint128(token.borrowed + done.borrow - done.repay),
        cash=to_uint128(token.cash + done.supply + done.repay - done.withdraw - done.borrow),
    )


def swept(account: Account) -> Account:
    """Return the account as the sweep leaves it. SPEC PM-14."""
    return sweep(account)[0]
