"""What an upstream lists, found by its precompiles, and the parameters fitted to it. SPEC HE-24.

Parameters tell what no precompile does: caps, tiers, curves, and what counts as collateral. Names,
ids and decimals are the upstream's own, and must be those of the parameters: ids of another network
would give every balance another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pmkit.errors import InputError
from pmkit.fork.probe import ALL_WORDS, SCAN_STIPEND, Ask, Shape
from pmkit.policy import FIRST_TIERED_TABLE, PairParams, PerpParams, TokenParams
from pmkit.venue.listing import USDC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmkit.fork.probe import Probe
    from pmkit.policy import Params

WINDOW = 128
"""Ids asked for at once; a window without any ends the search."""
MOST_DEXES = 40
OTHER_DEX_ASSETS, DEX_ASSETS = 100_000, 10_000
"""First asset id of the dexes of others, and how many ids each has."""
LEAST_WEI_DECIMALS, MOST_WEI_DECIMALS = 6, 18
"""What the registry takes (CR-01)."""
MOST_SPOTS = 32
"""Pairs of one token that are looked at for the one against USDC."""

Info = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """What an upstream lists, by id."""

    tokens: Mapping[int, Info]
    """Answers of 0x80c."""
    perps: Mapping[int, Info]
    """Answers of 0x80a."""
    reserves: tuple[int, ...]
    """Tokens that 0x812 answers for."""

    @property
    def dexes(self) -> tuple[int, ...]:
        """Dexes that list anything."""
        return tuple(sorted({dex_of(asset) for asset in self.perps} | {0}))


def dex_of(asset: int) -> int:
    """Return the dex of a perp by its id.

    >>> dex_of(159), dex_of(110_003)
    (0, 1)
    """
    return max(0, asset - OTHER_DEX_ASSETS) // DEX_ASSETS


def discover(probe: Probe) -> Universe:
    """Return everything that an upstream lists. Raises what the probe raises."""
    tokens, perps = windows(probe, "token_info", 0), windows(probe, "perp_asset_info", 0)
    firsts = [OTHER_DEX_ASSETS + dex * DEX_ASSETS for dex in range(1, MOST_DEXES)]
    for first in listed(probe, "perp_asset_info", firsts):
        perps |= windows(probe, "perp_asset_info", first)
    reserves = listed(probe, "borrow_lend_reserve_state", tokens)
    return Universe(tokens=tokens, perps=perps, reserves=tuple(sorted(reserves)))


def without(universe: Universe, params: Params, named: Iterable[str]) -> Universe:
    """Return what is listed but for some tokens, by name or id. Raises InputError."""
    left_out: set[int] = set()
    for name in named:
        found = {i for i, info in universe.tokens.items() if name in (info["name"], str(i))}
        if not found:
            raise InputError(place="--without", problem=f"the upstream has no token {name}")
        left_out |= found
    for token in params.tokens:
        if token.id in left_out:
            problem = f"{token.name} is of the parameters, and cannot be left out"
            raise InputError(place="--without", problem=problem)
    return replace(
        universe,
        tokens={i: info for i, info in universe.tokens.items() if i not in left_out},
        reserves=tuple(token for token in universe.reserves if token not in left_out),
    )


def windows(probe: Probe, name: str, start: int) -> dict[int, Info]:
    """Return answers for ids from `start` on, until a window of them has none."""
    found: dict[int, Info] = {}
    while window := listed(probe, name, range(start, start + WINDOW)):
        found |= window
        start += WINDOW
    return found


def listed(probe: Probe, name: str, ids: Iterable[int]) -> dict[int, Info]:
    """Return answers for those ids that there are."""
    ask = Ask(name=name, shape=Shape.ID, ids=tuple(ids), held_words=ALL_WORDS)
    _, answers = probe.read([ask], stipend=SCAN_STIPEND)
    return {id_: answer for (_, id_), answer in answers.items() if answer is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Parameters as a fork lists them, and what was done to them."""

    params: Params
    notes: tuple[str, ...]


def fitted(
    params: Params, universe: Universe, probe: Probe, held: Iterable[int], traded: Iterable[int]
) -> Fitted:
    """Return parameters with the upstream's pairs, and what accounts hold beyond them.

    `held` are tokens, `traded` perps. Raises InputError where the parameters are of other ids.
    """
    notes: list[str] = []
    tokens = [known_token(params, token, universe, notes) for token in params.tokens]
    perps = [known_perp(params, perp, universe, notes) for perp in params.perps]
    tokens += [new_token(params, id_, universe, notes) for id_ in sorted(set(held))]
    perps += [new_perp(params, asset, universe, notes) for asset in sorted(set(traded))]
    pairs = tuple(
        pair
        for token in tokens
        if token.id != USDC and (pair := pair_of(params, token, universe, probe, notes)) is not None
    )
    return Fitted(
        params=replace(
            params,
            tokens=tuple(sorted(tokens, key=lambda token: token.id)),
            perps=tuple(sorted(perps, key=lambda perp: perp.id)),
            pairs=tuple(sorted(pairs, key=lambda pair: pair.id)),
        ),
        notes=tuple(notes),
    )


def known_token(
    params: Params, token: TokenParams, universe: Universe, notes: list[str]
) -> TokenParams:
    """Return a token of the parameters as the upstream has it. Raises InputError."""
    info = universe.tokens.get(token.id)
    if info is None:
        notes.append(f"the upstream has no token {token.id}; {token.name} is the fork's alone")
        return token
    ours = (token.name, token.sz_decimals, token.wei_decimals)
    theirs = (info["name"], info["sz_decimals"], info["wei_decimals"])
    if ours != theirs:
        raise other_ids(params, f"tokens.{token.name}", f"token {token.id}", ours, theirs)
    return replace(token, evm_decimals=token.wei_decimals + info["evm_extra_wei_decimals"])


def known_perp(
    params: Params, perp: PerpParams, universe: Universe, notes: list[str]
) -> PerpParams:
    """Return a perp of the parameters as the upstream has it. Raises InputError."""
    info = universe.perps.get(perp.id)
    if info is None:
        notes.append(f"the upstream has no perp {perp.id}; {perp.name} has no price on the fork")
        return perp
    ours, theirs = (perp.name, perp.sz_decimals), (info["coin"], info["sz_decimals"])
    if ours != theirs:
        raise other_ids(params, f"perps.{perp.name}", f"perp {perp.id}", ours, theirs)
    most = params.table(perp.table_id).tiers[0].max_leverage
    if info["max_leverage"] > most:
        notes.append(
            f"the upstream allows {info['max_leverage']}x in {perp.name}, its tiers here {most}x"
        )
        return perp
    return replace(perp, max_leverage=info["max_leverage"])


def new_token(params: Params, id_: int, universe: Universe, notes: list[str]) -> TokenParams:
    """Return a token that an account holds and the parameters lack: no collateral, not lent."""
    info = universe.tokens[id_]
    if not LEAST_WEI_DECIMALS <= info["wei_decimals"] <= MOST_WEI_DECIMALS:
        problem = (
            f"an account has some, with {info['wei_decimals']} wei decimals, and the contracts take"
            f" {LEAST_WEI_DECIMALS} to {MOST_WEI_DECIMALS}; leave it out with --without {id_}"
        )
        raise InputError(place=f"token {id_} ({info['name']})", problem=problem)
    notes.append(f"token {id_} ({info['name']}) is not in the parameters: it has no loan to value")
    taken = {token.name for token in params.tokens}
    return TokenParams(
        id=id_,
        name=f"{info['name']}@{id_}" if info["name"] in taken else info["name"],
        sz_decimals=info["sz_decimals"],
        wei_decimals=info["wei_decimals"],
        evm_decimals=info["wei_decimals"] + info["evm_extra_wei_decimals"],
        listed=False,
        borrowable=False,
        ltv_bps=0,
        global_supply_cap=0,
        global_borrow_cap=0,
        user_supply_cap=0,
        user_borrow_cap=0,
        curve=params.tokens[0].curve,
        liquidation_width=0,
    )


def new_perp(params: Params, asset: int, universe: Universe, notes: list[str]) -> PerpParams:
    """Return a perp that an account trades and the parameters lack. Raises InputError."""
    info = universe.perps[asset]
    dex = dex_of(asset)
    if dex >= len(params.dexes):
        problem = (
            f"an account has a position in {info['coin']} (asset {asset}) on dex {dex}, which they"
            " lack; no precompile tells what a dex counts in: add it to a file for --params"
        )
        raise InputError(place=f"params {params.name}: dexes", problem=problem)
    known = {table for table, _ in params.tables}
    table = info["margin_table_id"]
    if table >= FIRST_TIERED_TABLE and table not in known:
        table = info["max_leverage"]
        told = f"table {info['margin_table_id']} is unknown, so it has one tier of {table}x"
    else:
        told = f"margined by table {table}"
    notes.append(f"perp {asset} ({info['coin']}) is not in the parameters: {told}")
    return PerpParams(
        id=asset,
        name=info["coin"],
        dex=params.dexes[dex].name,
        sz_decimals=info["sz_decimals"],
        max_leverage=info["max_leverage"],
        table_id=table,
        collateral=None,
    )


def pair_of(
    params: Params, token: TokenParams, universe: Universe, probe: Probe, notes: list[str]
) -> PairParams | None:
    """Return the pair that prices a token in USDC, by the upstream's number; None without one."""
    ours = next((p for p in params.pairs if (p.base, p.quote) == (token.id, USDC)), None)
    info = universe.tokens.get(token.id)
    spots = [] if info is None else info["spots"][:MOST_SPOTS]
    answers = listed(probe, "spot_info", spots) if spots else {}
    found = [
        spot
        for spot in spots
        if spot in answers and tuple(answers[spot]["tokens"]) == (token.id, USDC)
    ]
    if info is None or (ours is not None and ours.id in found):
        return ours
    if not found:
        notes.append(f"no pair of the upstream prices {token.name} in USDC")
        return None
    if ours is not None:
        notes.append(f"{token.name} trades as @{found[0]} on the upstream, not as {ours.name}")
    return PairParams(id=found[0], base=token.id, quote=USDC)


def other_ids(params: Params, where: str, what: str, ours: object, theirs: object) -> InputError:
    """Return the error for parameters that are of another network."""
    problem = (
        f"{what} is {theirs} on the upstream and {ours} here; name the parameters of that network"
        " with --params"
    )
    return InputError(place=f"params {params.name}: {where}", problem=problem)
