"""A whole venue as JSON and back, and its storage as the contracts' views show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from pmkit.errors import InputError
from pmkit.tiers import MarginTable
from pmkit.venue.block import Table
from pmkit.venue.codec import decode, decode_action, encode, encode_action, listed, object_of
from pmkit.venue.integers import (
    Address,
    Bytes32,
    Int128,
    Range,
    Uint8,
    Uint16,
    Uint40,
    Uint128,
    Uint256,
)
from pmkit.venue.registry import Dex, Pair, Perp, Settings, Token
from pmkit.venue.state import (
    AccountState,
    DayVolume,
    Inventory,
    Parties,
    Position,
    Reserve,
    TokenBalance,
)
from pmkit.venue.wallets import Erc20

if TYPE_CHECKING:
    from pmkit.venue.actions import Action
    from pmkit.venue.venue import Venue

FORMAT = "pmkit venue 1"


@dataclass(frozen=True, slots=True)
class Kind:
    """What the keys and rows of a table are."""

    key: Any
    row: Any


PLACE = Annotated[int, Range(0, 2**32 - 1)]
"""A listing index, or the place in a list: rows stand in this order, without a gap."""

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
    "volumes": Kind(Address, tuple[DayVolume, ...]),
    "inventory": Kind(Uint8, Inventory),
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
        "volumes": state.volumes,
        "inventory": state.inventory,
    }


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the JSON of a venue says."""

    now: int
    names: dict[str, str]
    parties: Parties
    tables: dict[str, dict[Any, Any]]
    """Rows by the names of TABLES."""
    log: list[Action]


def decode_venue(found: object) -> Snapshot:
    """Return what the JSON of a venue says. Raises InputError."""
    keys = ("format", "now", "names", "parties", "tables", "log")
    entries = object_of(found, keys, "venue")
    if entries["format"] != FORMAT:
        raise InputError(place="venue.format", problem=f"must be {FORMAT!r}")
    names = entries["names"]
    if not isinstance(names, Mapping):
        raise InputError(place="venue.names", problem="an object was expected")
    tables = object_of(entries["tables"], tuple(TABLES), "venue.tables")
    log = listed(entries["log"], "venue.log")
    return Snapshot(
        now=decode(Uint40, entries["now"], "venue.now"),
        names={
            name: decode(Address, address, f"venue.names.{name}") for name, address in names.items()
        },
        parties=decode(Parties, entries["parties"], "venue.parties"),
        tables={
            name: decode_rows(kind, tables[name], f"venue.tables.{name}")
            for name, kind in TABLES.items()
        },
        log=[decode_action(action, f"venue.log[{i}]") for i, action in enumerate(log)],
    )


def decode_rows(kind: Kind, found: Any, place: str) -> dict[Any, Any]:
    """Return the rows of a table. Raises InputError, also for a key twice or out of its place."""
    rows: dict[Any, Any] = {}
    for i, row in enumerate(listed(found, place)):
        at = f"{place}[{i}]"
        if len(listed(row, at)) != 2:
            raise InputError(place=at, problem="a key and a row were expected")
        key = decode_key(kind.key, row[0], f"{at}[0]")
        if key in rows:
            raise InputError(place=at, problem="the key stands twice")
        if kind.key is PLACE and key != i:
            raise InputError(place=at, problem=f"place {i} was expected, was {key}")
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


def dump_storage(venue: Venue) -> dict[str, Any]:
    """Return accounts and reserves by ids, as plain numbers under the views' names."""
    return {
        "accounts": {account: dump_account(venue, account) for account in venue.accounts()},
        "reserves": {token: plain(venue.reserve_of(token)) for token in venue.registry.token_at},
        "inventory": {token: plain(venue.inventory_of(token)) for token in venue.registry.token_at},
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
