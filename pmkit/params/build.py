"""Parsed TOML to `Params`: every key is known, every number exact, every error names its place."""

from __future__ import annotations

import re
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeVar, cast

from pmkit.decimals import kind_of, parse_units, shown
from pmkit.errors import InputError, InvalidMarginTable
from pmkit.margin import NO_CONDITION
from pmkit.policy import (
    CURVE_DECIMALS,
    FIRST_TIERED_TABLE,
    MAX_REWARD_PPM,
    NO_CAP,
    Compounding,
    DexParams,
    LegOrder,
    PairParams,
    Params,
    PerpParams,
    Policy,
    Reading,
    TokenParams,
)
from pmkit.rates import RateCurve
from pmkit.tiers import MAX_LEVERAGE, MarginTable, margin_table
from pmkit.units import BPS, PERP_DECIMALS, SPOT_DECIMALS, UINT64_MAX, UINT128_MAX

Table = dict[str, Any]
"""A TOML table as `tomllib` returns it, its numbers with a point kept as text."""

WAD_DECIMALS = 18
RAY_DECIMALS = 27
BPS_DECIMALS = 4
NONE = "none"
"""How a file says that the venue states no such figure."""
MAX_WEI_DECIMALS = 18
UINT16_MAX = 2**16 - 1
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
PAIR = re.compile(r"@[0-9]{1,9}", re.ASCII)

TOP_KEYS = ("name", "date", "policy", "tokens", "perps", "dexes", "pairs", "tables", "curve")
META_KEYS = ("id", "sz_decimals", "wei_decimals", "evm_decimals")
CAP_KEYS = ("global_supply_cap", "global_borrow_cap", "user_supply_cap", "user_borrow_cap")
LISTING_KEYS = ("borrowable", "ltv", *CAP_KEYS, "liquidation_width")
CURVE_KEYS = ("base", "slope", "kink", "protocol_share")

Choice = TypeVar("Choice", bound=StrEnum)

# Decimals of the policy's decimal figures; the others are counts of seconds, wei or millionths.
POLICY_DECIMALS = {
    "trigger": WAD_DECIMALS,
    "sweep_dust": PERP_DECIMALS,
    "enable_min_volume": PERP_DECIMALS,
    "enable_min_value": PERP_DECIMALS,
    "enable_max_value": PERP_DECIMALS,
    "debt_step": WAD_DECIMALS,
    "debt_step_minimum": WAD_DECIMALS,
    "perp_step_threshold": PERP_DECIMALS,
    "perp_step": WAD_DECIMALS,
    "perp_backstop_ratio": WAD_DECIMALS,
    "activation_fee": SPOT_DECIMALS,
}
POLICY_FLAGS = (
    "trigger_inclusive",
    "strict_ltv",
    "cap_each_collateral",
    "second_trigger",
    "perp_shortfall_trigger",
    "disable_needs_flat",
    "debt_step_needs_low_health",
)
POLICY_CONDITIONS = ("enable_min_volume", "enable_min_value", "enable_max_value")
POLICY_OPTIONAL = ("price_move_limit_bps", *POLICY_CONDITIONS)
POLICY_POSITIVE = (
    "trigger",
    "debt_step",
    "perp_step",
    "perp_backstop_ratio",
    "enable_max_value",
    "price_move_limit_bps",
)


def params_of(preset: Table, venue: Table, *, place: str) -> Params:
    """Return the parameters of a parsed preset on top of the venue's shared file.

    Raises InputError naming the place, as in `current.toml: tokens.UBTC.ltv`.
    """
    root = f"{place}: "
    refuse_unknown(preset, TOP_KEYS, place)
    name = text_of(preset, "name", root)
    date = text_of(preset, "date", root)
    if DATE.fullmatch(date) is None:
        raise InputError(place=f"{root}date", problem=f"{shown(date)} is not YYYY-MM-DD")
    # Metadata of a token serves only where the preset says how the token is listed.
    listings = table_of(preset, "tokens", root)
    metadata = table_of(venue, "tokens", "venue.toml: ")
    known = {token: metadata[token] for token in listings if token in metadata}
    policy = policy_of(table_of(preset, "policy", root), f"{root}policy")
    curve = curve_of(merged(preset, venue, "curve", root), policy.compounding, f"{root}curve")
    tokens = tuple(
        token_of(token, entry, curve, f"{root}tokens.{token}")
        for token, entry in combine(listings, known, f"{root}tokens").items()
    )
    ids = {token.name: token.id for token in tokens}
    tables = tables_of(merged(preset, venue, "tables", root), f"{root}tables")
    dexes = tuple(
        DexParams(name=dex, collateral=token_id(entry, "collateral", ids, f"{root}dexes.{dex}"))
        for dex, entry in merged(preset, venue, "dexes", root).items()
    )
    perps = tuple(
        perp_of(coin, entry, ids, dexes, dict(tables), f"{root}perps.{coin}")
        for coin, entry in merged(preset, venue, "perps", root).items()
    )
    own_pairs = table_of(preset, "pairs", root)
    # A shared pair of a token that this preset does not name is none.
    pairs = tuple(
        pair_of(pair, entry, ids, f"{root}pairs.{pair}")
        for pair, entry in merged(preset, venue, "pairs", root).items()
        if pair in own_pairs or {entry["base"], entry["quote"]} <= ids.keys()
    )
    refuse_twins([token.id for token in tokens], f"{root}tokens")
    refuse_twins([perp.id for perp in perps], f"{root}perps")
    return Params(
        name=name,
        date=date,
        tokens=tuple(sorted(tokens, key=lambda token: token.id)),
        perps=tuple(sorted(perps, key=lambda perp: perp.id)),
        dexes=dexes,
        pairs=tuple(sorted(pairs, key=lambda pair: pair.id)),
        tables=tables,
        policy=policy,
    )


def policy_of(table: Table, place: str) -> Policy:
    """Return the default policy with a table's figures in place of its own. Raises InputError."""
    names = [field.name for field in fields(Policy)]
    refuse_unknown(table, names, place)
    values = {key: policy_value(key, table[key], f"{place}.{key}") for key in table}
    return Policy(**values)


def policy_value(key: str, value: object, place: str) -> Any:
    """Return one figure of a policy in its own unit. Raises InputError."""
    if key == "reading":
        return choice_of(value, Reading, place)
    if key == "leg_order":
        return choice_of(value, LegOrder, place)
    if key == "compounding":
        return choice_of(value, Compounding, place)
    if key in POLICY_FLAGS:
        return flag_of(value, place)
    if value == NONE and key in POLICY_OPTIONAL:
        return None
    figure = units_of(value, POLICY_DECIMALS.get(key, 0), place)
    if figure == 0 and key in POLICY_POSITIVE:
        raise InputError(place=place, problem="must be above zero")
    if key in ("leg_seed", "sweep_dust", "activation_fee") and figure > UINT64_MAX:
        raise InputError(place=place, problem="must fit 64 bits")
    if key in POLICY_CONDITIONS and figure >= NO_CONDITION:
        raise InputError(place=place, problem='must be below 2^64 millionths; "none" is no bound')
    if key == "enable_volume_days" and figure > UINT16_MAX:
        raise InputError(place=place, problem=f"at most {UINT16_MAX} days")
    if key == "trigger_reward_ppm" and figure > MAX_REWARD_PPM:
        raise InputError(place=place, problem=f"must be at most {MAX_REWARD_PPM}")
    if key in ("debt_step", "perp_step") and figure > 10**WAD_DECIMALS:
        raise InputError(place=place, problem="a part must be at most 1")
    return figure


def token_of(name: str, entry: Table, curve: RateCurve, place: str) -> TokenParams:
    """Return one token from its metadata and its listing. Raises InputError."""
    refuse_unknown(entry, (*META_KEYS, "listed", *LISTING_KEYS), place)
    listed = flag_of(required(entry, "listed", place), f"{place}.listed")
    sz_decimals = count_of(entry, "sz_decimals", SPOT_DECIMALS, place)
    wei_decimals = count_of(entry, "wei_decimals", MAX_WEI_DECIMALS, place)
    caps = dict.fromkeys(CAP_KEYS, 0)
    borrowable, ltv_bps, width = False, 0, 0
    if listed:
        borrowable = flag_of(required(entry, "borrowable", place), f"{place}.borrowable")
        ltv_bps = units_of(required(entry, "ltv", place), BPS_DECIMALS, f"{place}.ltv")
        if ltv_bps >= BPS:
            raise InputError(place=f"{place}.ltv", problem="must be below 1")
        caps = {
            key: cap_of(required(entry, key, place), wei_decimals, f"{place}.{key}")
            for key in CAP_KEYS
        }
        width = width_of(entry, ltv_bps, place)
    elif len(entry.keys() & set(LISTING_KEYS)) > 0:
        raise InputError(place=place, problem="a token that is not listed has no factors or caps")
    return TokenParams(
        id=count_of(entry, "id", UINT128_MAX, place),
        name=name,
        sz_decimals=sz_decimals,
        wei_decimals=wei_decimals,
        evm_decimals=count_of(entry, "evm_decimals", 36, place),
        listed=listed,
        borrowable=borrowable,
        ltv_bps=ltv_bps,
        curve=curve,
        liquidation_width=width,
        **caps,
    )


def perp_of(
    coin: str,
    entry: Table,
    ids: dict[str, int],
    dexes: tuple[DexParams, ...],
    tables: dict[int, MarginTable],
    place: str,
) -> PerpParams:
    """Return one perp asset. Raises InputError."""
    keys = ("id", "dex", "sz_decimals", "max_leverage", "table", "collateral")
    refuse_unknown(entry, keys, place)
    dex = required(entry, "dex", place)
    if dex not in {known.name for known in dexes}:
        raise InputError(place=f"{place}.dex", problem=f"there is no dex {dex!r}")
    table_id = count_of(entry, "table", UINT128_MAX, place)
    max_leverage = count_of(entry, "max_leverage", MAX_LEVERAGE, place)
    tiered = table_id >= FIRST_TIERED_TABLE
    if table_id == 0 or (tiered and table_id not in tables):
        raise InputError(place=f"{place}.table", problem=f"there is no margin table {table_id}")
    first = tables[table_id].tiers[0].max_leverage if tiered else table_id
    if first != max_leverage:
        problem = f"is {max_leverage}, but table {table_id} begins with {first}"
        raise InputError(place=f"{place}.max_leverage", problem=problem)
    return PerpParams(
        id=count_of(entry, "id", UINT128_MAX, place),
        name=coin,
        dex=str(dex),
        sz_decimals=count_of(entry, "sz_decimals", PERP_DECIMALS, place),
        max_leverage=max_leverage,
        table_id=table_id,
        # A coin's token that this preset does not name moves nothing.
        collateral=ids.get(str(entry["collateral"])) if "collateral" in entry else None,
    )


def pair_of(name: str, entry: Table, ids: dict[str, int], place: str) -> PairParams:
    """Return one spot pair. Raises InputError."""
    refuse_unknown(entry, ("base", "quote"), place)
    if PAIR.fullmatch(name) is None:
        raise InputError(place=place, problem="a spot pair is named @ and its number")
    base, quote = token_id(entry, "base", ids, place), token_id(entry, "quote", ids, place)
    return PairParams(id=int(name[1:]), base=base, quote=quote)


def tables_of(entries: Table, place: str) -> tuple[tuple[int, MarginTable], ...]:
    """Return margin tables by id. Raises InputError."""
    tables: list[tuple[int, MarginTable]] = []
    for key, rows in entries.items():
        here = f"{place}.{key}"
        if not key.isdecimal() or int(key) < FIRST_TIERED_TABLE:
            raise InputError(
                place=here, problem=f"a tiered table's id is {FIRST_TIERED_TABLE} or more"
            )
        if not isinstance(rows, list) or any(not isinstance(r, list) or len(r) != 2 for r in rows):
            raise InputError(place=here, problem="tiers are [lower bound, max leverage]")
        bounds = tuple(
            units_of(row[0], PERP_DECIMALS, f"{here}[{i}]") for i, row in enumerate(rows)
        )
        leverages = tuple(units_of(row[1], 0, f"{here}[{i}]") for i, row in enumerate(rows))
        try:
            tables.append((int(key), margin_table(bounds, leverages)))
        except InvalidMarginTable as error:
            raise InputError(place=here, problem=str(error)) from error
    return tuple(sorted(tables, key=lambda entry: entry[0]))


def curve_of(table: Table, compounding: Compounding, place: str) -> RateCurve:
    """Return the rate curve of every token. Raises InputError."""
    refuse_unknown(table, CURVE_KEYS, place)

    def figure(key: str, decimals: int) -> int:
        units = units_of(required(table, key, place), CURVE_DECIMALS, f"{place}.{key}")
        return units * int(10 ** (decimals - CURVE_DECIMALS))

    curve = RateCurve(
        base=figure("base", RAY_DECIMALS),
        slope=figure("slope", RAY_DECIMALS),
        kink=figure("kink", RAY_DECIMALS),
        protocol_share=figure("protocol_share", WAD_DECIMALS),
        annual=compounding is Compounding.ANNUAL,
    )
    if curve.kink > 10**RAY_DECIMALS or curve.protocol_share > 10**WAD_DECIMALS:
        raise InputError(place=place, problem="kink and protocol_share must be at most 1")
    return curve


# --- one value --------------------------------------------------------------------------------


def required(table: Table, key: str, place: str) -> object:
    """Return a value. Raises InputError when the key is absent."""
    if key not in table:
        raise InputError(place=f"{place}.{key}", problem="is missing")
    return cast("object", table[key])


def text_of(table: Table, key: str, root: str) -> str:
    """Return a text value at the top of a file. Raises InputError."""
    if key not in table:
        raise InputError(place=f"{root}{key}", problem="is missing")
    value = table[key]
    if not isinstance(value, str) or not value:
        raise InputError(place=f"{root}{key}", problem=f"text was expected, found {kind_of(value)}")
    return value


def flag_of(value: object, place: str) -> bool:
    """Return a truth value. Raises InputError."""
    if not isinstance(value, bool):
        raise InputError(place=place, problem=f"true or false was expected, found {kind_of(value)}")
    return value


def units_of(value: object, decimals: int, place: str) -> int:
    """Return an exact decimal that is not negative and fits 128 bits. Raises InputError."""
    units = parse_units(value, decimals, place)
    if not 0 <= units < UINT128_MAX:
        raise InputError(place=place, problem=f"{value} is negative or too large")
    return units


def cap_of(value: object, decimals: int, place: str) -> int:
    """Return a cap; `"none"` is NO_CAP. Raises InputError."""
    return NO_CAP if value == NONE else units_of(value, decimals, place)


def width_of(entry: Table, ltv_bps: int, place: str) -> int:
    """Return the width of a collateral's liquidation steps; `"none"` is zero. Raises InputError."""
    here = f"{place}.liquidation_width"
    if ltv_bps == 0:
        if "liquidation_width" in entry:
            raise InputError(place=here, problem="only collateral is taken, which has an ltv")
        return 0
    value = required(entry, "liquidation_width", place)
    if value == NONE:
        return 0
    width = units_of(value, WAD_DECIMALS, here)
    if width == 0:
        raise InputError(place=here, problem=f"must be above zero; no bound is {NONE!r}")
    return width


def count_of(table: Table, key: str, most: int, place: str) -> int:
    """Return a whole number from 0 to `most`. Raises InputError."""
    value = required(table, key, place)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(
            place=f"{place}.{key}", problem=f"a whole number from 0 to {most} was expected"
        )
    return value


def choice_of(value: object, kind: type[Choice], place: str) -> Choice:
    """Return one of the words that a choice allows. Raises InputError."""
    allowed = [member.value for member in kind]
    if value not in allowed:
        raise InputError(place=place, problem=f"must be one of {', '.join(allowed)}")
    return kind(value)


def token_id(entry: Table, key: str, ids: dict[str, int], place: str) -> int:
    """Return the id of a token given by its name. Raises InputError."""
    name = required(entry, key, place)
    if not isinstance(name, str) or name not in ids:
        raise InputError(place=f"{place}.{key}", problem=f"there is no token {name!r}")
    return ids[name]


# --- tables -----------------------------------------------------------------------------------


def table_of(table: Table, key: str, root: str) -> Table:
    """Return a table, empty when it is absent. Raises InputError for anything else."""
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InputError(
            place=f"{root}{key}", problem=f"a table was expected, found {kind_of(value)}"
        )
    return value


def merged(preset: Table, venue: Table, key: str, root: str) -> Table:
    """Return a section of the shared file with a preset's entries put over it."""
    return combine(
        table_of(preset, key, root), table_of(venue, key, "venue.toml: "), f"{root}{key}"
    )


def combine(over: Table, under: Table, place: str) -> Table:
    """Return two levels of tables joined key by key, `over` winning. Raises InputError."""
    joined = dict(under)
    for key, value in over.items():
        below = under.get(key)
        if isinstance(below, dict) and not isinstance(value, dict):
            raise InputError(
                place=f"{place}.{key}", problem=f"a table was expected, found {kind_of(value)}"
            )
        joined[key] = {**below, **value} if isinstance(below, dict) else value
    return joined


def overlaid(preset: Table, over: Table, place: str) -> Table:
    """Return a preset with the entries of another table put over its own. Raises InputError."""
    root = f"{place}: "
    joined = dict(preset)
    for key, value in over.items():
        under = preset.get(key, {})
        joined[key] = value
        if isinstance(under, dict):
            joined[key] = combine(table_of(over, key, root), under, f"{root}{key}")
    return joined


def refuse_unknown(table: Table, known: tuple[str, ...] | list[str], place: str) -> None:
    """Raise InputError for a key that nothing reads: a misspelt risk figure must not pass."""
    if not isinstance(table, dict):
        raise InputError(place=place, problem=f"a table was expected, found {kind_of(table)}")
    for key in table:
        if key not in known:
            raise InputError(place=f"{place}.{key}", problem="is not a known key")


def refuse_twins(ids: list[int], place: str) -> None:
    """Raise InputError when two entries have one id."""
    for i in ids:
        if ids.count(i) > 1:
            raise InputError(place=place, problem=f"two entries have the id {i}")
