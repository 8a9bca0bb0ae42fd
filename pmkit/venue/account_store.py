"""From storage to the account that the pure formulas judge, and back.

Twin of `contracts/libraries/AccountStore.sol`; with `pool.py` and `perps.py` the only code that
writes more than one table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import PriceMissing
from pmkit.model import Account, DexState, Mode, PerpState, ReserveStatus, TokenState
from pmkit.rates import amount_of_shares_down, amount_of_shares_up
from pmkit.sweep import sweep as sweep_plan
from pmkit.units import UINT128_MAX, to_int128, to_uint128
from pmkit.venue import pool
from pmkit.venue.bitmap import having, members, without
from pmkit.venue.events import DexFunded, FallbackSet, Swept
from pmkit.venue.funding import due
from pmkit.venue.records import Pause

if TYPE_CHECKING:
    from pmkit.sweep import TokenSweep
    from pmkit.venue.registry import AccountParams, Perp, Token
    from pmkit.venue.state import VenueState


def load(s: VenueState, account: str) -> tuple[Account, AccountParams]:
    """Return an account as it stands, with interest and funding up to now, and its parameters.

    Raises DoesNotFit128.
    """
    state = s.accounts[account]
    params = s.registry.account_params(state.token_bitmap, state.dex_bitmap, state.perp_bitmap)
    owed = [0] * len(params.dexes)
    for perp, dex in params.perps:
        owed[dex] += due(s, account, perp)
    raw_usd = [
        to_int128(s.raw_usd[account, dex.index] - owed[i]) for i, dex in enumerate(params.dexes)
    ]
    loaded = Account(
        mode=state.mode,
        tokens=tuple([token_state(s, account, p) for p in params.tokens]),
        dexes=tuple(
            [
                DexState(collateral=dex.collateral, raw_usd=held)
                for dex, held in zip(params.dexes, raw_usd, strict=True)
            ]
        ),
        perps=tuple([perp_state(s, account, perp, dex) for perp, dex in params.perps]),
        policy=params.policy,
    )
    return loaded, params


def perp_state(s: VenueState, account: str, perp: Perp, dex: int) -> PerpState:
    """Return a position of an account as margin sees it; `dex` is its place in the account."""
    position = s.positions[account, perp.index]
    return PerpState(
        asset=perp.asset,
        dex=dex,
        szi=position.szi,
        mark=perp.mark,
        leverage=position.leverage or perp.max_leverage,
        table=s.registry.tables[perp.margin_table],
    )


def token_state(s: VenueState, account: str, p: Token) -> TokenState:
    """Return one token of an account, with interest up to now and the room the pool leaves.

    Raises DoesNotFit128.
    """
    reserve = pool.accrued(s, p.index, p.curve)
    balance = s.balances[account, p.index]
    supplied, borrowed = pool.amounts(balance.shares, reserve.supply_index, reserve.borrow_index)
    total_supplied = amount_of_shares_down(reserve.supply_shares, reserve.supply_index)
    total_borrowed = amount_of_shares_up(reserve.borrow_shares, reserve.borrow_index)
    paused = s.registry.paused
    return TokenState(
        token=p.token,
        px=p.px,
        wei_decimals=p.wei_decimals,
        sz_decimals=p.sz_decimals,
        ltv_bps=p.ltv_bps,
        borrowable=p.borrowable,
        user_supply_cap=p.user_supply_cap,
        user_borrow_cap=p.user_borrow_cap,
        idle=balance.idle,
        supplied=to_uint128(supplied),
        borrowed=to_uint128(borrowed),
        borrow_floor=balance.borrow_floor,
        supply_room=_sweep_room(s, p, total_supplied),
        borrow_room=0
        if paused & Pause.BORROW
        else min(room(p.user_borrow_cap, borrowed), room(p.global_borrow_cap, total_borrowed)),
        cash=s.reserves[p.index].cash,
    )


def _sweep_room(s: VenueState, p: Token, total_supplied: int) -> int:
    """Return what the sweep may supply.

    What a locked supply has lent to a dex goes back to it, whatever the caps. SPEC LQ-12.
    """
    if is_locked(s, p.index):
        return UINT128_MAX
    return 0 if s.registry.paused & Pause.SUPPLY else room(p.global_supply_cap, total_supplied)


def supply_room(s: VenueState, p: Token) -> int:
    """Return what the global supply cap leaves of a reserve whose interest is stored."""
    reserve = s.reserves[p.index]
    supplied = amount_of_shares_down(reserve.supply_shares, reserve.supply_index)
    return room(p.global_supply_cap, supplied)


def is_locked(s: VenueState, token: int) -> bool:
    """Return whether suppliers' withdrawals wait, as last announced. SPEC LQ-12, BL-20."""
    return bool(s.reserves[token].status & ReserveStatus.LOCKED)


def room(cap: int, used: int) -> int:
    """Return what a cap leaves."""
    return max(0, cap - used)


def sweep(s: VenueState, account: str) -> None:
    """Sweep an account and store what moved. SPEC PM-14.

    What its positions owe in funding stays owed (SPEC FD-07). See `margin_engine.sweep`. Raises
    MarkMissing, PriceMissing, DoesNotFit128, ArithmeticOverflow.
    """
    state = s.accounts[account]
    if state.mode == Mode.STANDARD:
        # A standard account has ordinary margin everywhere, and falls back to nothing.
        if state.perp_bitmap != 0:
            _note_fallback(s, account, 0)
        return
    before, params = load(s, account)
    after, plan = sweep_plan(before)
    for p, token, done in zip(params.tokens, after.tokens, plan.tokens, strict=True):
        _store(s, account, p, token, done)
    short = 0
    for i, dex in enumerate(params.dexes):
        if plan.dex_lacks[i] != 0:
            short = having(short, dex.index)
        moved = plan.dex_transfers[i]
        if moved != 0:
            # Not what `after` has: that is net of funding, which is still owed.
            add_raw_usd(s, account, dex.index, moved)
            s.block.emit(DexFunded(account=account, dex_index=dex.index, usd=moved))
    _clear_dexes(s, account, after)
    _note_fallback(s, account, short)


def idle_moves(s: VenueState, account: str) -> bool:
    """Return whether idle balance of an account in portfolio margin could repay or be supplied."""
    held = [s.balances[account, token] for token in members(s.accounts[account].idle_bitmap)]
    return any(b.shares >= 0 or b.idle > b.borrow_floor for b in held)


def _store(s: VenueState, account: str, p: Token, after: TokenState, done: TokenSweep) -> None:
    balance = s.balances[account, p.index]
    uses_pool = done.supply != 0 or done.repay != 0 or done.withdraw != 0 or done.borrow != 0
    if not uses_pool and balance.idle == after.idle:
        return
    s.balances[account, p.index] = replace(balance, idle=after.idle)
    if uses_pool:
        pool.accrue(s, p)
        paid_in = done.supply + done.repay
        paid_out = done.withdraw + done.borrow
        if paid_in != 0:
            pool.credit(s, account, p.index, paid_in)
        if paid_out != 0:
            pool.debit(s, account, p.index, paid_out)
        s.block.emit(
            Swept(
                account=account,
                token=p.token,
                supply=done.supply,
                withdraw=done.withdraw,
                borrow=done.borrow,
                repay=done.repay,
            )
        )
    mark(s, account, p.index)


def set_raw_usd(s: VenueState, account: str, dex: int, usd: int) -> None:
    """Set an account's equity in a dex, which stays marked until a sweep finds it empty."""
    s.raw_usd[account, dex] = usd
    state = s.accounts[account]
    if usd != 0 and not state.dex_bitmap >> dex & 1:
        s.accounts[account] = replace(state, dex_bitmap=having(state.dex_bitmap, dex))


def add_raw_usd(s: VenueState, account: str, dex: int, usd: int) -> None:
    """Add to an account's equity in a dex, perp USD. Raises DoesNotFit128."""
    set_raw_usd(s, account, dex, to_int128(s.raw_usd[account, dex] + usd))


def add_position_usd(s: VenueState, account: str, perp: Perp, usd: int) -> None:
    """Add to the equity behind a position, perp USD. SPEC CH-07.

    An isolated position has its own, others their dex's. Raises DoesNotFit128.
    """
    position = s.positions[account, perp.index]
    if position.isolated:
        left = to_int128(position.isolated_usd + usd)
        s.positions[account, perp.index] = replace(position, isolated_usd=left)
    else:
        add_raw_usd(s, account, perp.dex, usd)


def _clear_dexes(s: VenueState, account: str, after: Account) -> None:
    """Unmark dexes without equity of an account without positions: nobody reads them."""
    state = s.accounts[account]
    if after.perps or state.dex_bitmap == 0:
        return
    bitmap = state.dex_bitmap
    for index, dex in zip(members(state.dex_bitmap), after.dexes, strict=False):
        if dex.raw_usd == 0:
            bitmap = without(bitmap, index)
    if bitmap != state.dex_bitmap:
        s.accounts[account] = replace(state, dex_bitmap=bitmap)


def _note_fallback(s: VenueState, account: str, short: int) -> None:
    """Note in which dexes the account has fallen back to ordinary margin. SPEC AC-07."""
    state = s.accounts[account]
    before = state.fallback_bitmap
    if before != short:
        s.accounts[account] = replace(state, fallback_bitmap=short)
        s.block.emit(FallbackSet(account=account, dexes_before=before, dexes_now=short))


def mark(s: VenueState, account: str, token: int) -> None:
    """Keep both bits of a token in step with the balance."""
    state = s.accounts[account]
    idle = s.balances[account, token].idle != 0
    bitmap = (having if idle else without)(state.idle_bitmap, token)
    if bitmap != state.idle_bitmap:
        s.accounts[account] = replace(state, idle_bitmap=bitmap)
    mark_position(s, account, token)
    # Whether a deficit keeps suppliers waiting depends on the insurance account's balance.
    if s.reserves[token].deficit != 0:
        s.touched.add(token)


def mark_position(s: VenueState, account: str, token: int) -> None:
    """Keep the bit of a token in step where nothing but the pool position may have changed."""
    state = s.accounts[account]
    balance = s.balances[account, token]
    held = balance.shares != 0 or balance.idle != 0
    bitmap = (having if held else without)(state.token_bitmap, token)
    if bitmap != state.token_bitmap:
        s.accounts[account] = replace(state, token_bitmap=bitmap)


def add_idle(s: VenueState, account: str, token: int, amount: int) -> None:
    """Add token wei to an account's idle balance. Raises DoesNotFit128."""
    touch(s, account)
    balance = s.balances[account, token]
    s.balances[account, token] = replace(balance, idle=to_uint128(balance.idle + amount))
    mark(s, account, token)


def require_judgeable(s: VenueState, account: str, p: Token) -> None:
    """Require that an account can be judged with what it is about to receive. SPEC OR-09.

    With portfolio margin, collateral needs a price; anybody may send some. Raises PriceMissing.
    """
    if s.accounts[account].mode == Mode.PORTFOLIO_MARGIN:
        require_priced(p)


def require_priced(p: Token) -> None:
    """Require that a token has a price if it is collateral. Raises PriceMissing."""
    if p.ltv_bps != 0 and p.px == 0:
        raise PriceMissing(token=p.token)


def touch(s: VenueState, account: str) -> None:
    """Note an account on its first appearance."""
    state = s.accounts[account]
    if not state.exists:
        s.accounts[account] = replace(state, exists=True)
        s.account_list.append(account)
