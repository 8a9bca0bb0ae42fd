"""Everything that can be done, by name: every external call of venue, registry and ERC-20s.

Each is a function with the contract's signature, after the storage that it works on and the
sender. What an action was and how it ended is a record, so that a log of them can be run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pmkit.errors import ActingAlready, InputError, NotCore, NotInBatch, NotOperator
from pmkit.venue import (
    accounts,
    batches,
    borrow_lend_pool,
    clearinghouse,
    creation,
    deficits,
    isolated,
    liquidation,
    listing,
    matching,
    pause,
    portfolio_margin,
    prices,
    roles,
    trading,
    wallets,
)
from pmkit.venue.acting import actor, caller
from pmkit.venue.addresses import sub_account_of
from pmkit.venue.conform import Check, check_of
from pmkit.venue.integers import Address, Uint32
from pmkit.venue.registry import Registry
from pmkit.venue.state import VenueState
from pmkit.venue.wallets import Wallets

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.venue.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Call:
    """One of the venue's calls, to be run for another account."""

    name: str
    args: tuple[Any, ...]


STORAGES = {"VenueState": VenueState, "Registry": Registry, "Wallets": Wallets}
"""What the first parameter of an external function may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """One external function."""

    run: Callable[..., Any]
    storage: type
    """What it works on, its first argument; the second is the sender."""
    parameters: tuple[tuple[str, Any], ...]
    """Names and types of the arguments after these two."""
    returns: Any
    checks: tuple[Check, ...]
    """One per parameter."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> External:
        """Return what the signature of a function says."""
        hints = get_type_hints(function, localns=STORAGES, include_extras=True)
        returns = hints.pop("return")
        (_, storage), _sender, *rest = hints.items()
        return cls(
            run=function,
            storage=storage,
            parameters=tuple(rest),
            returns=returns,
            checks=tuple(check_of(kind) for _, kind in rest),
        )

    def require_fit(self, name: str, args: tuple[Any, ...]) -> None:
        """Require that arguments are what the signature says. Raises InputError."""
        if len(args) != len(self.parameters):
            problem = f"takes {len(self.parameters)} arguments, was given {len(args)}"
            raise InputError(place=name, problem=problem)
        for value, (parameter, _), check in zip(args, self.parameters, self.checks, strict=True):
            check(value, f"{name}: {parameter}")


def on_behalf(s: VenueState, sender: Address, account: Address, call: Call) -> Any:
    """Run a call for an account that has approved the sender; return what it returns. SPEC AC-05.

    Wallets stay the sender's. Raises NotOperator, ActingAlready, and what the call raises.
    """
    operator = caller(s, sender)
    if not s.operators[account, operator]:
        raise NotOperator(account=account, caller=operator)
    return _act_for(s, sender, account, call, as_operator=True)


def for_sub_account(s: VenueState, sender: Address, index: Uint32, call: Call) -> Any:
    """Run a call for a sub-account of the sender; return what it returns. SPEC AC-06.

    Raises ActingAlready, and what the call raises.
    """
    account = sub_account_of(caller(s, sender), index)
    return _act_for(s, sender, account, call, as_operator=False)


def for_core(s: VenueState, sender: Address, account: Address, call: Call) -> Any:
    """Run a call as if an account had made it; return what it returns. SPEC AC-08.

    Wallets and roles stay the core's. Raises NotCore, ActingAlready, and what the call raises.
    """
    function = inner(call)
    if sender != s.parties.core:
        raise NotCore(caller=sender, core=s.parties.core)
    if actor(s, sender) != sender:
        raise ActingAlready(account=actor(s, sender))
    s.called_by = account
    try:
        return function.run(s, sender, *call.args)
    finally:
        s.called_by = None


def _act_for(s: VenueState, sender: str, account: str, call: Call, *, as_operator: bool) -> Any:
    function = inner(call)
    if s.acting_for is not None:
        raise ActingAlready(account=s.acting_for)
    s.acting_for, s.as_operator = account, as_operator
    try:
        return function.run(s, sender, *call.args)
    finally:
        s.acting_for, s.as_operator = None, False


def batch(s: VenueState, sender: Address, calls: tuple[Call, ...]) -> tuple[Any, ...]:
    """Run several calls of one account with one account check at the end. SPEC AC-14 to AC-16.

    Returns what each of them returned. Raises NotInBatch, and what the calls, the sweep and the
    account check raise.
    """
    functions = [inner(call) for call in calls]
    results = []
    with batches.one_check(s, actor(s, sender)):
        for place, (function, call) in enumerate(zip(functions, calls, strict=True)):
            if not batches.may_stand(call.name, place):
                raise NotInBatch(place=place)
            results.append(function.run(s, sender, *call.args))
    return tuple(results)


def inner(call: Call) -> External:
    """Return the function of an inner call. Raises InputError for one that does not fit."""
    function = external(call.name)
    if function.storage is not VenueState or function.run is creation.create:
        raise InputError(place=call.name, problem="is no call of the venue's")
    function.require_fit(call.name, call.args)
    return function


EXTERNALS = {
    function.__name__: External.of(function)
    for function in (
        creation.create,
        borrow_lend_pool.deposit,
        borrow_lend_pool.supply,
        borrow_lend_pool.withdraw,
        borrow_lend_pool.borrow,
        borrow_lend_pool.repay,
        borrow_lend_pool.accrue,
        trading.order,
        trading.sell_inventory,
        matching.match_orders,
        clearinghouse.transfer_perp,
        deficits.cover_deficit,
        deficits.cover_deficit_from_insurance,
        deficits.sweep_buffer,
        deficits.socialise,
        clearinghouse.spot_send,
        accounts.set_mode,
        accounts.set_leverage,
        accounts.approve_operator,
        isolated.set_isolated,
        isolated.update_isolated_margin,
        isolated.liquidate_isolated,
        on_behalf,
        for_sub_account,
        batch,
        for_core,
        portfolio_margin.sweep,
        liquidation.liquidate,
        liquidation.liquidate_as_taker,
        liquidation.liquidate_batch,
        listing.list_token,
        listing.list_dex,
        listing.list_perp,
        listing.list_pair,
        listing.set_token_factors,
        listing.set_token_caps,
        listing.set_liquidation_width,
        listing.set_rate_curve,
        listing.set_margin_table,
        listing.set_policy,
        prices.report_prices,
        pause.pause,
        pause.unpause,
        roles.grant_role,
        roles.revoke_role,
        roles.renounce_role,
        wallets.create_erc20,
        wallets.mint,
        wallets.approve,
        wallets.transfer,
        wallets.transfer_from,
    )
}
"""Every external function by its name."""


def external(name: str) -> External:
    """Return an external function. Raises InputError for a name that none has."""
    found = EXTERNALS.get(name)
    if found is None:
        raise InputError(place=name, problem="the venue has no such action")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action as it was asked for, and its outcome."""

    time: int
    sender: str
    name: str
    args: tuple[Any, ...]
    result: Any
    """What the function returned; None where it returns nothing, or refused."""
    refusal: Refusal | None
    """None where the action was done."""
