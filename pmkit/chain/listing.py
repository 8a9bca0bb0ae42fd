"""From `Params` to what the registry is told; the twin is told the same (`pmkit.venue.genesis`).

Everything is checked here, before any transaction: a figure that the contracts could not keep, or
would refuse, is an InputError that names its place in the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pmkit.decimals import parse_units
from pmkit.errors import InputError, VenueError
from pmkit.oracle import USDC_PX_ONE
from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS
from pmkit.venue import Genesis, Venue
from pmkit.venue.genesis import policy_of
from pmkit.venue.listing import USDC
from pmkit.venue.records import (
    PairListing,
    PerpListing,
    PerpPrice,
    SpotPrice,
    TokenListing,
    VenuePolicy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pmkit.policy import Params, PerpParams, TokenParams


GENESIS_PRICES: Mapping[str, Decimal] = {
    "AAVE": Decimal(300),
    "BTC": Decimal(100_000),
    "DOGE": Decimal("0.25"),
    "ETH": Decimal(4_000),
    "HYPE": Decimal(40),
    "NEAR": Decimal(3),
    "SOL": Decimal(200),
    "USDC": Decimal(1),
    "USDH": Decimal(1),
    "USDT0": Decimal(1),
    "WLD": Decimal(1),
    "XRP": Decimal(3),
    "ZEC": Decimal(400),
}
"""USD at which a local chain begins; a token takes the price of the coin it moves with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """One report of prices on the venue's grids."""

    spots: tuple[tuple[int, int], ...]
    """Pair and its price, 10^-(8 - sz_decimals)."""
    perps: tuple[tuple[int, int, int], ...]
    """Asset, mark and oracle price, 10^-(6 - sz_decimals)."""
    usdc_px: int = USDC_PX_ONE
    """USDT per USDC, 8 decimals."""

    def call(self) -> tuple[list[dict[str, int]], list[dict[str, int]], int]:
        """Return the arguments of `reportPrices`."""
        spots = [{"pair": pair, "px": px} for pair, px in self.spots]
        perps = [{"asset": a, "mark": mark, "oracle": oracle} for a, mark, oracle in self.perps]
        return spots, perps, self.usdc_px


def validate(params: Params) -> None:
    """Raise InputError for parameters that the registry does not take. SPEC CR-01 to CR-05.

    The registry in plain integers is asked, so that no rule stands here a second time.
    """
    listed_venue(params)


def validate_prices(params: Params, prices: Prices) -> None:
    """Raise InputError for a first report that the registry does not take. SPEC OR-03."""
    venue = listed_venue(params)
    spots = tuple(SpotPrice(pair=pair, px=px) for pair, px in prices.spots)
    perps = tuple(
        PerpPrice(asset=asset, mark=mark, oracle=oracle) for asset, mark, oracle in prices.perps
    )
    try:
        venue.act("admin", "report_prices", spots, perps, prices.usdc_px)
    except (VenueError, InputError) as refused:
        raise wrong(params, "prices", str(refused)) from refused


def listed_venue(params: Params) -> Venue:
    """Return the venue in plain integers with everything listed. Raises InputError."""
    if not params.has_token(USDC):
        raise wrong(params, "tokens", f"token {USDC}, the quote of all prices, is missing")
    names = [dex.name for dex in params.dexes]
    if len(set(names)) != len(names):
        raise wrong(params, "dexes", "two dexes have one name")
    for pair in params.pairs:
        if pair.quote != USDC:
            raise wrong(params, f"pairs.{pair.name}", "only pairs against USDC give prices")
    venue = Venue()
    for function, arguments in Genesis.of(params).actions():
        try:
            venue.act("admin", function, *arguments)
        except (VenueError, InputError) as refused:
            raise wrong(params, place_of(arguments), str(refused)) from refused
    return venue


def place_of(arguments: tuple[object, ...]) -> str:
    """Return where in the parameters a call's arguments come from."""
    match arguments:
        case (VenuePolicy(),):
            return "policy"
        case (TokenListing(name=name),):
            return f"tokens.{name}"
        case (PerpListing(name=name),):
            return f"perps.{name}"
        case (PairListing(pair=pair),):
            return f"pairs.@{pair}"
        case (int(table), tuple(), tuple()):
            return f"tables.{table}"
    return "dexes"


def policy_call(params: Params) -> VenuePolicy:
    """Return the argument of `setPolicy`. SPEC PM-20."""
    return policy_of(params.policy)


def listing_calls(
    params: Params, erc20: Mapping[int, str]
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield the registry's listing calls and arguments, for ERC-20s by token id. SPEC CR-05."""
    genesis = Genesis.of(params)
    for token in genesis.tokens:
        yield "listToken", (replace(token, erc20=erc20[token.token]),)
    for dex in genesis.dexes:
        yield "listDex", dex
    for table in genesis.tables:
        yield "setMarginTable", table
    for perp in genesis.perps:
        yield "listPerp", (perp,)
    for pair in genesis.pairs:
        yield "listPair", (pair,)


def perp_of_token(params: Params, token: int) -> PerpParams | None:
    """Return the perp whose coin a token moves with, or None."""
    return next((perp for perp in params.perps if perp.collateral == token), None)


def genesis_prices(params: Params, usd: Mapping[str, Decimal]) -> Prices:
    """Return the first report: every perp and pair. Raises InputError for a price missing."""
    return Prices(
        spots=tuple(
            (pair.id, spot_units(usd_of(params, pair.base, usd), params.token(pair.base)))
            for pair in params.pairs
        ),
        perps=tuple(
            (perp.id, *(2 * (perp_units(price_of(params, perp.name, usd), perp),)))
            for perp in params.perps
        ),
    )


def usd_of(params: Params, token: int, usd: Mapping[str, Decimal]) -> Decimal:
    """Return the genesis price of a token: its own, or that of the coin it moves with."""
    name = params.token(token).name
    perp = perp_of_token(params, token)
    return price_of(params, name if name in usd or perp is None else perp.name, usd)


def price_of(params: Params, name: str, usd: Mapping[str, Decimal]) -> Decimal:
    """Return a genesis price by name. Raises InputError."""
    if name not in usd:
        raise wrong(params, f"prices.{name}", "a price to begin with is missing")
    return usd[name]


def spot_units(px: Decimal, token: TokenParams) -> int:
    """Return a price of a token on the spot grid. Raises InputError for one between its steps."""
    return on_grid(px, SPOT_DECIMALS - token.sz_decimals, f"spot price of {token.name}")


def perp_units(px: Decimal, perp: PerpParams) -> int:
    """Return a price of a perp on its grid. Raises InputError for one between its steps."""
    return on_grid(px, PERP_DECIMALS - perp.sz_decimals, f"price of {perp.name}")


def on_grid(px: Decimal, decimals: int, place: str) -> int:
    """Return a price in units of 10^-decimals, above zero. Raises InputError."""
    units = parse_units(format(px, "f"), decimals, place)
    if units <= 0:
        raise InputError(place=place, problem="a price above zero is needed")
    return units


def wrong(params: Params, where: str, problem: str) -> InputError:
    """Return the error for a place in the parameters."""
    return InputError(place=f"params {params.name}: {where}", problem=problem)
