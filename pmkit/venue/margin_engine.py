"""The account walk. Twin of `contracts/libraries/MarginEngine.sol`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    DebtAboveThreshold,
    HealthFactorBelowOne,
    InsufficientMargin,
    RatioAboveTrigger,
)
from pmkit.margin import (
    account_margin,
    dex_margin,
    is_owing_too_much,
    token_value_up,
)
from pmkit.model import DexMargin, Mode
from pmkit.stale import at_twice_px, without_collateral
from pmkit.sweep import swept
from pmkit.units import WAD, checked
from pmkit.venue import account_store
from pmkit.venue.account_store import load
from pmkit.venue.price_age import raise_stale, require_young

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState

NOTHING = DexMargin(account_value=0, notional=0, initial_margin=0, maintenance=0, transfer_margin=0)
"""Figures of a dex that an account is not in."""


def sweep(s: VenueState, account: str) -> None:
    """Sweep an account and store what moved. SPEC PM-14.

    An episode of liquidation ends with the account's recovery, whatever brought it (SPEC LQ-03).
    The contracts look first whether there is anything to move (`Sweeps.sol`); here the sweep always
    runs, which shows that nothing is missed.
    Raises MarkMissing, PriceMissing, DoesNotFit128, ArithmeticOverflow.
    """
    account_store.sweep(s, account)
    if s.accounts[account].debt_stepped_at != 0:
        judge(s, account)


def sweep_and_judge(s: VenueState, account: str) -> bool:
    """Sweep an account, and tell whether it is liquidatable then.

    Raises MarkMissing, PriceMissing, DoesNotFit128, ArithmeticOverflow.
    """
    account_store.sweep(s, account)
    return judge(s, account)


def judge(s: VenueState, account: str) -> bool:
    """Tell whether an account is liquidatable, and end its episode where it is not. SPEC LQ-03.

    Raises MarkMissing, PriceMissing.
    """
    a, _ = load(s, account)
    liquidatable = account_margin(a).liquidatable
    if not liquidatable:
        s.accounts[account] = replace(s.accounts[account], debt_stepped_at=0)
    return liquidatable


def require_safe(s: VenueState, account: str, gross_debt_before: int) -> None:
    """Require what every action that raises risk must leave behind. SPEC AC-04.

    Margin in every dex, ratio and debts within their triggers, and health factor ≥ 1 if debt has
    grown. Collateral with an old price counts for nothing (SPEC OR-08). In a batch of the account
    it waits for the end (SPEC AC-14).
    Raises StalePrice, StaleMark, MarkMissing, PriceMissing, InsufficientMargin,
    DebtAboveThreshold, RatioAboveTrigger, HealthFactorBelowOne.
    """
    if s.deferral is not None and s.deferral.account == account:
        s.deferral.put(gross_debt_before)
        return
    a, params = load(s, account)
    maximum = s.registry.policy.max_price_age
    stale = require_young(s, a, params, maximum)
    a = without_collateral(a, stale)
    m = account_margin(a)
    for dex, figures in zip(params.dexes, m.dexes, strict=True):
        _require_margin(dex.index, figures.initial_margin, figures.account_value)
    if a.mode == Mode.STANDARD:
        return
    healthy = m.gross_debt <= gross_debt_before or m.health_factor >= WAD
    over = is_owing_too_much(m.net_debt, m.threshold_value, a.policy.second_trigger)
    safe = healthy and not over and not m.liquidatable
    if stale != 0 and not safe:
        raise_stale(s, params, stale, maximum)
    if over:
        raise DebtAboveThreshold(net_debt=m.net_debt, threshold_value=m.threshold_value)
    if m.liquidatable:
        raise RatioAboveTrigger(ratio=m.ratio, trigger=a.policy.trigger)
    if not healthy:
        raise HealthFactorBelowOne(health_factor=m.health_factor)


def require_beyond_doubt(s: VenueState, account: str, stale: int, maximum: int) -> None:
    """Require a liquidatable account even were a set of old collateral worth twice. SPEC OR-08.

    Raises StalePrice.
    """
    a, params = load(s, account)
    if not account_margin(swept(at_twice_px(a, stale))).liquidatable:
        raise_stale(s, params, stale, maximum)


def require_transfer_margin(s: VenueState, account: str, dex: int) -> None:
    """Require that a dex keeps its transfer margin. SPEC CH-04.

    Raises StalePrice, StaleMark, MarkMissing, InsufficientMargin.
    """
    require_young(s, *load(s, account), s.registry.policy.max_price_age)
    m = dex_figures(s, account, dex)
    _require_margin(dex, m.transfer_margin, m.account_value)


def dex_figures(s: VenueState, account: str, dex: int) -> DexMargin:
    """Return the figures of one dex of an account by listing index. Raises MarkMissing."""
    a, params = load(s, account)
    for i, held in enumerate(params.dexes):
        if held.index == dex:
            return dex_margin(a.dexes[i].raw_usd, tuple(p for p in a.perps if p.dex == i))
    return NOTHING


def gross_debt(s: VenueState, account: str) -> int:
    """Return the gross debt of an account as stored, USD WAD.

    In a batch of the account, what it was before it. Raises PriceMissing.
    """
    if s.deferral is not None and s.deferral.account == account:
        return s.deferral.debt_before
    return stored_debt(s, account)


def stored_debt(s: VenueState, account: str) -> int:
    """Return the gross debt of an account as stored, USD WAD, whatever waits for a batch's end.

    Raises PriceMissing.
    """
    a, _ = load(s, account)
    debts = (token_value_up(t, t.borrowed) for t in a.tokens if t.borrowed != 0)
    return checked(sum(debts))


def _require_margin(dex: int, required: int, available: int) -> None:
    if available < required:
        raise InsufficientMargin(dex_index=dex, required=required, available=available)
