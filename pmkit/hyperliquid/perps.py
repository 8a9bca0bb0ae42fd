"""Perp dexes of a bundle: universes, margin tables, positions, equity.

SPEC HL-03, HL-04, HL-10, HL-12.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.decimals import fixed
from pmkit.errors import InputError, InvalidMarginTable
from pmkit.hyperliquid.document import Node, join
from pmkit.margin import notional
from pmkit.model import PerpState
from pmkit.policy import FIRST_TIERED_TABLE
from pmkit.tiers import MAX_LEVERAGE, MarginTable, maintenance_margin_down, margin_table
from pmkit.units import PERP_DECIMALS
from pmkit.view import PositionView

ASSETS_PER_DEX = 10_000
"""Assets of one dex keep their ids apart from those of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DexReply:
    """One dex of a bundle that the account has equity or positions in."""

    name: str
    collateral: int
    """Token id."""
    raw_usd: int
    """Cross equity without the positions' marked value, 1e-6 of the collateral token."""
    isolated_margin: int
    """Margin of the isolated positions, 1e-6 of the collateral token, rounded up."""
    positions: tuple[PositionView, ...]
    place: str


def read_dexes(root: Node) -> tuple[DexReply, ...]:
    """Return the dexes that the account is in. SPEC HL-03. Raises InputError.

    The venue's own dex always answers: a bundle without it would hide every position there.
    """
    states = root.at("clearinghouseStates")
    states.at("")
    dexes: list[DexReply] = []
    for name, state in states.members():
        found = read_dex(root, name, state, index=len(dexes))
        if found is not None:
            dexes.append(found)
    return tuple(dexes)


def read_dex(root: Node, name: str, state: Node, *, index: int) -> DexReply | None:
    """Return one dex, or None where the account has nothing. SPEC HL-03. Raises InputError."""
    equity_node = state.at("crossMarginSummary").at("accountValue")
    equity = equity_node.units(PERP_DECIMALS, "down")
    entries = [entry.at("position") for entry in state.at("assetPositions").elements()]
    held = [entry for entry in entries if entry.at("szi").units(PERP_DECIMALS) != 0]
    if equity == 0 and not held:
        require_maintenance(state, [])
        require_raw_usd(state, 0, [])
        return None
    meta = meta_of(root, name)
    universe = universe_of(meta)
    positions: list[PositionView] = []
    for entry in held:
        position = read_position(entry, name, meta, universe, index)
        if any(other.coin == position.coin for other in positions):
            raise entry.at("coin").error(f"there are two positions in {position.coin}")
        positions.append(position)
    require_maintenance(state, positions)
    crossed = [p.perp for p in positions if p.isolated_margin is None]
    raw_usd = equity - sum(perp.szi * perp.mark for perp in crossed)
    require_raw_usd(state, raw_usd, crossed)
    return DexReply(
        name=name,
        collateral=meta.at("collateralToken").count(),
        raw_usd=raw_usd,
        isolated_margin=sum(p.isolated_margin or 0 for p in positions),
        positions=tuple(positions),
        place=state.path,
    )


def require_maintenance(state: Node, positions: list[PositionView]) -> None:
    """Raise InputError where the positions do not tie up what the reply says. SPEC HL-10.

    The venue floors each position to 1e-6, and so is compared. Older replies print no such sum.
    """
    printed = state.get("crossMaintenanceMarginUsed")
    if printed is None:
        return
    crossed = [p.perp for p in positions if p.isolated_margin is None]
    found = sum(maintenance_margin_down(notional(p.szi, p.mark), p.table) for p in crossed)
    if abs(printed.amount(PERP_DECIMALS, "down") - found) > len(crossed):
        told = (
            f"is {printed.value}, but the {counted(crossed)} tie up {fixed(found, PERP_DECIMALS)}"
        )
        raise printed.error(told)


def require_raw_usd(state: Node, found: int, crossed: list[PerpState]) -> None:
    """Raise InputError where equity and positions leave another raw USD than printed. SPEC HL-12.

    Equity less the positions' signed value: a size of the wrong sign shows here and nowhere else.
    """
    summary = state.at("crossMarginSummary")
    printed = summary.get("totalRawUsd")
    if printed is None or abs(printed.units(PERP_DECIMALS, "down") - found) <= len(crossed):
        return
    worth = fixed(sum(perp.szi * perp.mark for perp in crossed), PERP_DECIMALS)
    equity = summary.at("accountValue")
    told = f"is {printed.value}, but {equity.path} is {equity.value}"
    raise printed.error(f"{told} and the {counted(crossed)} are worth {worth}")


def counted(crossed: list[PerpState]) -> str:
    """Return how many cross positions there are, in words."""
    return f"{len(crossed)} cross position{'' if len(crossed) == 1 else 's'}"


def meta_of(root: Node, dex: str) -> Node:
    """Return the meta reply of a dex; `meta` is one reply, or one per dex. Raises InputError."""
    meta = root.at("meta")
    if "universe" in meta.entries():
        if dex == "":
            return meta
        raise InputError(
            place=join(meta.path, dex), problem="is missing: `meta` is of one dex only"
        )
    return meta.at(dex)


def universe_of(meta: Node) -> dict[str, tuple[int, Node]]:
    """Return the assets of a dex by coin, with their place. Raises InputError for a coin twice."""
    assets: dict[str, tuple[int, Node]] = {}
    for i, asset in enumerate(meta.at("universe").elements()):
        name = asset.at("name").text()
        if name in assets:
            raise asset.at("name").error(f"the coin {name} appears twice")
        assets[name] = (i, asset)
    return assets


def read_position(
    entry: Node, dex: str, meta: Node, universe: dict[str, tuple[int, Node]], index: int
) -> PositionView:
    """Return one position. SPEC HL-04. Raises InputError.

    The reply names no mark: it is positionValue / |szi|, which must come out on the mark grid.
    """
    coin = entry.at("coin").text()
    if coin not in universe:
        raise entry.at("coin").error(f"{join(meta.path, 'universe')} has no asset {coin}")
    place, asset = universe[coin]
    sz_decimals = asset.at("szDecimals").count(0, PERP_DECIMALS)
    szi = entry.at("szi").units(sz_decimals)
    value = entry.at("positionValue")
    mark, rest = divmod(value.amount(PERP_DECIMALS), abs(szi))
    if mark == 0 or rest != 0:
        problem = f"{value.value} / {entry.at('szi').value} is no mark with "
        raise value.error(f"{problem}{PERP_DECIMALS - sz_decimals} decimals")
    leverage = entry.at("leverage")
    kind = leverage.at("type").text()
    if kind not in ("cross", "isolated"):
        raise leverage.at("type").error("must be cross or isolated")
    margin = isolated_margin(entry, szi * mark) if kind == "isolated" else None
    return PositionView(
        coin=label(dex, coin),
        perp=PerpState(
            asset=index * ASSETS_PER_DEX + place,
            dex=index,
            szi=szi,
            mark=mark,
            leverage=leverage.at("value").count(1, MAX_LEVERAGE),
            table=table_of(asset.at("marginTableId"), meta),
        ),
        sz_decimals=sz_decimals,
        isolated_margin=margin,
    )


def isolated_margin(entry: Node, worth: int) -> int:
    """Return the margin of an isolated position worth so much, 1e-6, signed. SPEC HL-12.

    Raises InputError where it is not, to a millionth, that worth and the raw USD printed.
    """
    used, raw_usd = entry.at("marginUsed"), entry.get("rawUsd")
    margin = used.amount(PERP_DECIMALS, "up")
    if raw_usd is not None and abs(raw_usd.units(PERP_DECIMALS, "up") + worth - margin) > 1:
        told = f"is {used.value}, but {raw_usd.path} is {raw_usd.value}"
        raise used.error(f"{told} and the position is worth {fixed(worth, PERP_DECIMALS)}")
    return margin


def label(dex: str, coin: str) -> str:
    """Return the coin with its dex, as builders' dexes write it."""
    return coin if dex == "" or coin.startswith(f"{dex}:") else f"{dex}:{coin}"


def table_of(table_id: Node, meta: Node) -> MarginTable:
    """Return the margin table of an id; ids below 50 need no table. Raises InputError."""
    number = table_id.count(1)
    tables = meta.get("marginTables")
    listed = dict(tables.pairs()) if tables is not None else {}
    if number not in listed:
        if number < FIRST_TIERED_TABLE:
            return margin_table((0,), (number,))
        place = join(meta.path, "marginTables")
        raise InputError(place=place, problem=f"has no table {number}, which {table_id.path} names")
    tiers = listed[number].at("marginTiers")
    bounds = tuple(tier.at("lowerBound").amount(PERP_DECIMALS) for tier in tiers.elements())
    leverages = tuple(tier.at("maxLeverage").count(1, MAX_LEVERAGE) for tier in tiers.elements())
    try:
        return margin_table(bounds, leverages)
    except InvalidMarginTable as error:
        raise tiers.error(str(error)) from error
