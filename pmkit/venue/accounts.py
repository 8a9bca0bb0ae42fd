"""Modes, leverage and operators. Twin of `contracts/modules/Accounts.sol`.

Acting for another account stands in `actions.py`, which knows all actions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import LeverageOutOfRange, PositionsOpen
from pmkit.model import Mode
from pmkit.venue import isolated, margin_engine, mode_change
from pmkit.venue.account_store import touch
from pmkit.venue.acting import actor, caller, owner
from pmkit.venue.events import LeverageSet, ModeSet, OperatorSet
from pmkit.venue.integers import Address, Uint8, Uint32
from pmkit.venue.margin_engine import sweep

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def set_mode(s: VenueState, sender: Address, mode: Mode) -> None:
    """Set the sender's mode. SPEC AC-01, AC-02.

    Raises OwnerOnly, PositionsOpen, DebtOpen, DexEquityOpen, PriceMissing, EnablingRefused, what
    the sweep raises, and, where positions may be open, what the account check raises.
    """
    account = owner(s, sender)
    state = s.accounts[account]
    flat = state.mode != Mode.PORTFOLIO_MARGIN or s.registry.policy.leaves_flat
    # An isolated position has taken its margin the way of the mode, and gives it back the same way.
    still_open = state.isolated_bitmap | (state.perp_bitmap if flat else 0)
    if still_open != 0:
        raise PositionsOpen(perps=still_open)
    sweep(s, account)
    mode_change.require_leavable(s, account, flat)
    if mode == Mode.PORTFOLIO_MARGIN and state.mode != mode:
        # Only its master acts for a sub-account here, and else nobody but the account itself.
        mode_change.require_admitted(s, account, caller(s, sender))
    touch(s, account)
    s.accounts[account] = replace(s.accounts[account], mode=mode)
    sweep(s, account)
    if not flat:
        margin_engine.require_safe(s, account, 0)
    s.block.emit(ModeSet(account=account, mode=mode))


def set_leverage(s: VenueState, sender: Address, asset: Uint32, leverage: Uint8) -> None:
    """Set the sender's leverage for an asset, for initial margin. SPEC AC-03.

    Raises UnknownAsset, LeverageOutOfRange, with a cross position what the account check raises,
    and with an isolated one StaleMark, InsufficientIsolatedMargin (SPEC CH-10).
    """
    account = actor(s, sender)
    perp = s.registry.perp(asset)
    if not 0 < leverage <= perp.max_leverage:
        raise LeverageOutOfRange(asset=asset, leverage=leverage, maximum=perp.max_leverage)
    position = s.positions[account, perp.index]
    touch(s, account)
    if position.szi == 0:
        s.positions[account, perp.index] = replace(position, leverage=leverage)
    elif position.isolated:
        s.positions[account, perp.index] = replace(position, leverage=leverage)
        isolated.require_initial_margin(s, account, perp)
    else:
        sweep(s, account)
        debt_before = margin_engine.gross_debt(s, account)
        settled = s.positions[account, perp.index]
        s.positions[account, perp.index] = replace(settled, leverage=leverage)
        sweep(s, account)
        margin_engine.require_safe(s, account, debt_before)
    s.block.emit(LeverageSet(account=account, asset=asset, leverage=leverage))


def approve_operator(s: VenueState, sender: Address, operator: Address, approved: bool) -> None:
    """Let another account act for the sender, or no longer. SPEC AC-05. Raises OwnerOnly."""
    account = owner(s, sender)
    s.operators[account, operator] = approved
    s.block.emit(OperatorSet(account=account, operator=operator, approved=approved))
