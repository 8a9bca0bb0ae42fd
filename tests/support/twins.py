"""Accounts as the contracts encode them, and results as both sides return them."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pmkit.errors import ArithmeticOverflow, DivisionByZero, VenueError
from pmkit.model import (
    Account,
    AccountMargin,
    DexState,
    MarginPolicy,
    Mode,
    PerpState,
    TokenState,
)
from pmkit.sweep import Sweep
from pmkit.tiers import MarginTable, Tier
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
        plain(policy),
    )


@cache
def snake_case(name: str) -> str:
    """Return a Solidity name as Python writes it.

    >>> snake_case("netTotal")
    'net_total'
    """
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def account_of(decoded: dict[str, Any]) -> Account:
    """Return the account that `accountOf` answered; every number stands where Python has it."""
    return Account(
        mode=Mode(decoded["mode"]),
        tokens=tuple(TokenState(**_renamed(t)) for t in decoded["tokens"]),
        dexes=tuple(DexState(**_renamed(d)) for d in decoded["dexes"]),
        perps=tuple(
            PerpState(**{**_renamed(p), "table": table_of(p["table"])}) for p in decoded["perps"]
        ),
        policy=MarginPolicy(**_renamed(decoded["policy"])),
    )


def table_of(decoded: list[dict[str, Any]]) -> MarginTable:
    """Return a margin table from `Tier[]`."""
    tiers = tuple(Tier(**{k: v for k, v in _renamed(t).items() if k != "scale"}) for t in decoded)
    return MarginTable(scale=decoded[0]["scale"], tiers=tiers)


def _renamed(decoded: dict[str, Any]) -> dict[str, Any]:
    return {snake_case(name): value for name, value in decoded.items()}


def plain(value: Any) -> Any:
    """Return dataclasses as tuples of their fields, recursively; enums as integers."""
    if is_dataclass(value):
        return tuple(plain(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, bool):
        return value
    return int(value)


def solidity(value: Any) -> Any:
    """Return a value of the core as the contracts encode it, recursively."""
    if isinstance(value, MarginTable):
        return table_tuple(value)
    if is_dataclass(value):
        return tuple(solidity(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple | list):
        return [solidity(v) for v in value]
    return value if isinstance(value, bool) else int(value)


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


def shape(value: Any) -> Any:
    """Return nested sequences as lists, so that only numbers are compared."""
    return [shape(v) for v in value] if isinstance(value, tuple | list) else value
