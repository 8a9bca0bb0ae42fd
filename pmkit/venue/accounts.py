"""Modes and leverage. Twin of `contracts/modules/Accounts.sol`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import LeverageOutOfRange, PositionsOpen
from pmkit.model import Mode
from pmkit.venue import margin_engine
from pmkit.venue.account_store import sweep, touch
from pmkit.venue.events import LeverageSet, ModeSet
from pmkit.venue.integers import Address, Uint8, Uint32

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def set_mode(s: VenueState, sender: Address, mode: Mode) -> None:
    """Set the sender's mode. SPEC AC-01, AC-02.

    Raises PositionsOpen, DebtOpen, DexEquityOpen, and what the sweep raises.
    """
    state = s.accounts[sender]
    if state.perp_bitmap != 0:
        raise PositionsOpen(perps=state.perp_bitmap)
    sweep(s, sender)
    margin_engine.require_flat(s, sender)
    touch(s, sender)
    s.accounts[sender] = replace(s.accounts[sender], mode=mode)
    sweep(s, sender)
    s.block.emit(ModeSet(account=sender, mode=mode))


def set_leverage(s: VenueState, sender: Address, asset: Uint32, leverage: Uint8) -> None:
    """Set the sender's leverage for an asset, for initial margin. SPEC AC-03.

    Raises UnknownAsset, LeverageOutOfRange, and with a position what the account check raises.
    """
    perp = s.registry.perp(asset)
    if not 0 < leverage <= perp.max_leverage:
        raise LeverageOutOfRange(asset=asset, leverage=leverage, maximum=perp.max_leverage)
    position = s.positions[sender, perp.index]
    touch(s, sender)
    if position.szi == 0:
        s.positions[sender, perp.index] = replace(position, leverage=leverage)
    else:
        sweep(s, sender)
        debt_before = margin_engine.gross_debt(s, sender)
        s.positions[sender, perp.index] = replace(position, leverage=leverage)
        sweep(s, sender)
        margin_engine.require_safe(s, sender, debt_before)
    s.block.emit(LeverageSet(account=sender, asset=asset, leverage=leverage))
