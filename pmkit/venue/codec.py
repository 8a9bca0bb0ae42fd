"""The venue as JSON and back, exactly: integers as text, records as objects, tables as rows.

Reading is strict: a key too many, a key too few or a number out of its width is an InputError that
names its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import pmkit.errors
from pmkit.errors import InputError, VenueError
from pmkit.tiers import MarginTable
from pmkit.venue.actions import Action, Call, Refusal, external
from pmkit.venue.block import Table
from pmkit.venue.conform import check_of, hints_of
from pmkit.venue.integers import Address, Bytes32, Int128, Uint8, Uint16, Uint40, Uint128, Uint256
from pmkit.venue.registry import Dex, Pair, Perp, Settings, Token
from pmkit.venue.state import AccountState, Parties, Position, Reserve, TokenBalance
from pmkit.venue.wallets import Erc20

if TYPE_CHECKING:
    from pmkit.venue.venue import Venue

FORMAT = "pmkit venue 1"
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the keys and rows of a table are."""

    key: Any
    row: Any


PLACE = Uint256
"""A listing index, or the place in a list."""

TABLES = {
    "tokens": Kind(PLACE, Token),
    "dexes": Kind(PLACE, Dex),
    "perps": Kind(PLACE, Perp),
    "pairs": Kind(PLACE, Pair),
    "token_at": Kind(Uint256, PLACE),
    "dex_at": Kind(Uint256, PLACE),
    "perp_at": Kind(Uint256, PLACE),
    "pair_at": Kind(Uint256, PLACE),
    "tables": Kind(Uint16, MarginTable),
    "roles": Kind((Bytes32, Address), bool),
    "settings": Kind(PLACE, Settings),
    "erc20s": Kind(Address, Erc20),
    "wallets": Kind((Address, Address), Uint256),
    "allowances": Kind((Address, Address, Address), Uint256),
    "accounts": Kind(Address, AccountState),
    "account_list": Kind(PLACE, Address),
    "balances": Kind((Address, Uint8), TokenBalance),
    "raw_usd": Kind((Address, Uint8), Int128),
    "positions": Kind((Address, Uint8), Position),
    "operators": Kind((Address, Address), bool),
    "episode_debt": Kind((Address, Uint8), Uint128),
    "reserves": Kind(Uint8, Reserve),
}
"""Every table of a venue by its name in JSON."""


def tables_of(venue: Venue) -> dict[str, Table[Any, Any]]:
    """Return every table of a venue, by the names of TABLES."""
    registry, wallets, state = venue.registry, venue.wallets, venue.state
    return {
        "tokens": registry.tokens,
        "dexes": registry.dexes,
        "perps": registry.perps,
        "pairs": registry.pairs,
        "token_at": registry.token_at,
        "dex_at": registry.dex_at,
        "perp_at": registry.perp_at,
        "pair_at": registry.pair_at,
        "tables": registry.tables,
        "roles": registry.roles,
        "settings": registry.settings,
        "erc20s": wallets.tokens,
        "wallets": wallets.balances,
        "allowances": wallets.allowances,
        "accounts": state.accounts,
        "account_list": state.account_list,
        "balances": state.balances,
        "raw_usd": state.raw_usd,
        "positions": state.positions,
        "operators": state.operators,
        "episode_debt": state.episode_debt,
        "reserves": state.reserves,
    }


# Out


def encode(value: Any) -> Any:
    """Return a value of the venue as JSON."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, tuple | list):
        return [encode(one) for one in value]
    return {f.name: encode(getattr(value, f.name)) for f in fields(value)}


def encode_venue(venue: Venue) -> dict[str, Any]:
    """Return a venue as JSON."""
    return {
        "format": FORMAT,
        "now": encode(venue.now),
        "names": dict(venue.names),
        "parties": encode(venue.state.parties),
        "tables": {
            name: [[encode(key), encode(row)] for key, row in table.rows().items()]
            for name, table in tables_of(venue).items()
        },
        "log": [encode_action(action) for action in venue.log],
    }


def encode_action(action: Action) -> dict[str, Any]:
    """Return an action as JSON."""
    refusal = action.refusal
    return {
        "time": encode(action.time),
        "sender": action.sender,
        "name": action.name,
        "args": encode(action.args),
        "result": encode(action.result),
        "refusal": None
        if refusal is None
        else {
            "name": refusal.name,
            "values": {name: encode(value) for name, value in refusal.values},
        },
    }


# In


def decode(kind: Any, found: Any, place: str) -> Any:
    """Return the value of a type that JSON holds. Raises InputError."""
    value = _decode(kind, found, place)
    check_of(kind)(value, place)
    return value


def _decode(kind: Any, found: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        return _decode(get_args(kind)[0], found, place)
    if origin is tuple:
        one = get_args(kind)[0]
        return tuple(
            _decode(one, each, f"{place}[{i}]") for i, each in enumerate(listed(found, place))
        )
    if kind is bool or kind is str or kind is NoneType:
        return found
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        try:
            return kind(whole(found, place))
        except ValueError:
            raise InputError(place=place, problem=f"there is no {kind.__name__} {found}") from None
    if kind is int:
        return whole(found, place)
    if kind is Call:
        return decode_call(found, place)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = hints_of(kind)
        keys = tuple(f.name for f in fields(kind))
        entries = object_of(found, keys, place)
        return kind(**{key: _decode(hints[key], entries[key], f"{place}.{key}") for key in keys})
    raise TypeError(f"no reader for {kind}")


def whole(found: Any, place: str) -> int:
    """Return the integer of text. Raises InputError."""
    if not (isinstance(found, str) and INTEGER.fullmatch(found)):
        raise InputError(place=place, problem=f"a whole number as text was expected, was {found!r}")
    return int(found)


def listed(found: Any, place: str) -> list[Any]:
    """Return a list. Raises InputError."""
    if not isinstance(found, list):
        raise InputError(place=place, problem="a list was expected")
    return found


def object_of(found: Any, keys: tuple[str, ...], place: str) -> dict[str, Any]:
    """Return an object with exactly these keys. Raises InputError."""
    if not isinstance(found, dict):
        raise InputError(place=place, problem="an object was expected")
    for key in keys:
        if key not in found:
            raise InputError(place=f"{place}.{key}", problem="is missing")
    for key in found:
        if key not in keys:
            raise InputError(place=f"{place}.{key}", problem="is unknown")
    return found


def decode_venue(found: object, venue: Venue) -> None:
    """Fill an empty venue from JSON. Raises InputError."""
    keys = ("format", "now", "names", "parties", "tables", "log")
    entries = object_of(found, keys, "venue")
    if entries["format"] != FORMAT:
        raise InputError(place="venue.format", problem=f"must be {FORMAT!r}")
    names = entries["names"]
    if not isinstance(names, Mapping):
        raise InputError(place="venue.names", problem="an object was expected")
    venue._clear(
        decode(Uint40, entries["now"], "venue.now"),
        {name: decode(Address, address, f"venue.names.{name}") for name, address in names.items()},
    )
    venue.state.parties = decode(Parties, entries["parties"], "venue.parties")
    tables = object_of(entries["tables"], tuple(TABLES), "venue.tables")
    for name, table in tables_of(venue).items():
        table.fill(decode_rows(TABLES[name], tables[name], f"venue.tables.{name}"))
    venue.log = [
        decode_action(action, f"venue.log[{i}]")
        for i, action in enumerate(listed(entries["log"], "venue.log"))
    ]


def decode_rows(kind: Kind, found: Any, place: str) -> dict[Any, Any]:
    """Return the rows of a table. Raises InputError, also for a key that stands twice."""
    rows: dict[Any, Any] = {}
    for i, row in enumerate(listed(found, place)):
        at = f"{place}[{i}]"
        if len(listed(row, at)) != 2:
            raise InputError(place=at, problem="a key and a row were expected")
        key = decode_key(kind.key, row[0], f"{at}[0]")
        if key in rows:
            raise InputError(place=at, problem="the key stands twice")
        rows[key] = decode(kind.row, row[1], f"{at}[1]")
    return rows


def decode_key(kind: Any, found: Any, place: str) -> Any:
    """Return a key, of one part or several. Raises InputError."""
    if not isinstance(kind, tuple):
        return decode(kind, found, place)
    parts = listed(found, place)
    if len(parts) != len(kind):
        raise InputError(place=place, problem=f"{len(kind)} parts were expected")
    return tuple(
        decode(one, part, f"{place}[{i}]")
        for i, (one, part) in enumerate(zip(kind, parts, strict=True))
    )


def decode_action(found: Any, place: str) -> Action:
    """Return an action of a log. Raises InputError."""
    keys = ("time", "sender", "name", "args", "result", "refusal")
    entries = object_of(found, keys, place)
    call = decode_call({key: entries[key] for key in ("name", "args")}, place)
    refusal = decode_refusal(entries["refusal"], f"{place}.refusal")
    returns = NoneType if refusal is not None else returns_of(call)
    return Action(
        time=decode(Uint40, entries["time"], f"{place}.time"),
        sender=decode(Address, entries["sender"], f"{place}.sender"),
        name=call.name,
        args=call.args,
        result=decode(returns, entries["result"], f"{place}.result"),
        refusal=refusal,
    )


def decode_call(found: Any, place: str) -> Call:
    """Return a call by name with its arguments. Raises InputError."""
    entries = object_of(found, ("name", "args"), place)
    name = decode(str, entries["name"], f"{place}.name")
    function = external(name)
    args = listed(entries["args"], f"{place}.args")
    if len(args) != len(function.parameters):
        raise InputError(place=f"{place}.args", problem=f"{name} takes another number of them")
    pairs = zip(function.parameters, args, strict=True)
    return Call(
        name, tuple(decode(kind, arg, f"{place}.args.{what}") for (what, kind), arg in pairs)
    )


def returns_of(call: Call) -> Any:
    """Return the type of what a call returns; acting for another, of what the inner one does."""
    calls = [arg for arg in call.args if isinstance(arg, Call)]
    return returns_of(calls[0]) if calls else external(call.name).returns


def decode_refusal(found: Any, place: str) -> Refusal | None:
    """Return how an action was refused, None where it was not. Raises InputError."""
    if found is None:
        return None
    entries = object_of(found, ("name", "values"), place)
    kind = getattr(pmkit.errors, decode(str, entries["name"], f"{place}.name"), None)
    if not (isinstance(kind, type) and issubclass(kind, VenueError)):
        raise InputError(place=f"{place}.name", problem="the venue has no such refusal")
    hints = get_type_hints(kind)
    names = tuple(f.name for f in fields(kind))
    values = object_of(entries["values"], names, f"{place}.values")
    return Refusal(
        name=kind.__name__,
        values=tuple(
            (name, _decode(hints[name], values[name], f"{place}.values.{name}")) for name in names
        ),
    )


# Storage as the contracts' views show it


def dump_storage(venue: Venue) -> dict[str, Any]:
    """Return accounts and reserves by ids, as plain numbers under the views' names."""
    return {
        "accounts": {account: dump_account(venue, account) for account in venue.accounts()},
        "reserves": {token: plain(venue.reserve_of(token)) for token in venue.registry.token_at},
    }


def dump_account(venue: Venue, account: str) -> dict[str, Any]:
    """Return what is stored of one account."""
    r = venue.registry
    return {
        "state": plain(venue.account_state(account)),
        "balances": {token: plain(venue.balance_of(account, token)) for token in r.token_at},
        "positions": {asset: plain(venue.position_of(account, asset)) for asset in r.perp_at},
        "raw_usd": {dex: venue.raw_usd_of(account, dex) for dex in r.dex_at},
    }


def plain(record: Any) -> dict[str, int]:
    """Return a flat record as numbers by name."""
    return {f.name: getattr(record, f.name) for f in fields(record)}
