"""Accounts as the contracts encode them, and results as both sides return them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from pmkit.errors import ArithmeticOverflow, DivisionByZero, VenueError
from pmkit.model import Account, AccountMargin
from pmkit.sweep import Sweep
from pmkit.tiers import MarginTable
from support.evm import Reverted

PANICS: dict[int, type[VenueError]] = {0x11: ArithmeticOverflow, 0x12: DivisionByZero}


def table_tuple(table: MarginTable) -> list[tuple[int, ...]]:
    """Return a margin table as `Tier[]`."""
    return [(t.lower_bound, t.max_leverage, t.rate, t.deduction, table.scale) for t in table.tiers]


def account_tuple(account: Account) -> tuple[Any, ...]:
    """Return an account as the contracts' `Account`."""
    policy = account.policy
    return (
        int(account.mode),
        [plain(t) for t in account.tokens],
        [plain(d) for d in account.dexes],
        [(p.asset, p.dex, p.szi, p.mark, p.leverage, table_tuple(p.table)) for p in account.perps],
        (policy.trigger, policy.trigger_inclusive, policy.borrow_offset, policy.strict_ltv),
    )


def plain(value: Any) -> Any:
    """Return dataclasses as tuples of their fields, recursively; enums as integers."""
    if is_dataclass(value):
        return tuple(plain(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, bool):
        return value
    return int(value)


def unnamed(value: Any) -> Any:
    """Return a decoded contract value without its names, as `plain` shapes it."""
    if isinstance(value, dict):
        return tuple(unnamed(v) for v in value.values())
    if isinstance(value, list | tuple):
        return [unnamed(v) for v in value]
    return value


def margin_tuple(margin: AccountMargin) -> Any:
    """Return margin figures in the contracts' order."""
    return plain(margin)


def sweep_tuple(sweep: Sweep) -> Any:
    """Return a sweep in the contracts' order."""
    return plain(sweep)


def error_of(error: VenueError) -> tuple[str, tuple[Any, ...]]:
    """Return the name and the numbers of a Python refusal."""
    return type(error).__name__, tuple(error.values.values())


def revert_of(error: Reverted) -> tuple[str, tuple[Any, ...]]:
    """Return the name and the numbers of a contract's refusal; panics by their Python name."""
    if error.name == "Panic":
        return PANICS[error.values[0]].__name__, ()
    return error.name, error.values
