"""New prices as one report: what is named moves, what follows it too, and the rest stays.

Prices are integers on their grids, or decimal numbers in USD that must fit the grid exactly; a move
by a factor lands on the nearest price of the grid.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pmkit.chain.listing import Prices
from pmkit.decimals import parse_units
from pmkit.errors import InputError
from pmkit.units import UINT64_MAX, WAD, mul_div_nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmkit.chain.catalogue import ListedPair, Listing
    from pmkit.chain.figures import ReportedPrices

Figure = int | Decimal | str
"""An integer in the venue's unit, or a decimal number as people say it."""


def units(figure: Figure, decimals: int, place: str) -> int:
    """Return a figure in units of 10^-decimals: an integer as it is, a decimal number exactly.

    Raises InputError.
    """
    if isinstance(figure, int):
        return figure
    text = format(figure, "f") if isinstance(figure, Decimal) else figure
    return parse_units(text, decimals, place)


def px_units(figure: Figure, decimals: int, place: str) -> int:
    """Return a price in units of 10^-decimals, as above. Raises InputError."""
    return in_range(units(figure, decimals, place), place)


def in_range(px: int, place: str) -> int:
    """Return a price that the contracts can take. Raises InputError for any other."""
    if not 0 <= px <= UINT64_MAX:
        raise InputError(place=place, problem="is beyond the venue's range of numbers")
    return px


def report_of(
    listing: Listing,
    last: ReportedPrices,
    *,
    marks: Mapping[str, Figure] | None = None,
    spots: Mapping[str, Figure] | None = None,
    oracles: Mapping[str, Figure] | None = None,
    usdc_px: int | None = None,
) -> Prices:
    """Return the report of marks and oracle prices by coin, and spot prices by token.

    An oracle price that is not named follows the mark. Raises InputError.
    """
    marks, spots, oracles = marks or {}, spots or {}, oracles or {}
    perps: list[tuple[int, int, int]] = []
    for coin in {**marks, **oracles}:
        perp = listing.perp(coin)
        before = next(px for px in last.perps if px.asset == perp.asset)
        place = f"price of {coin}"
        mark = px_units(marks.get(coin, before.mark), perp.px_decimals, place)
        oracle = px_units(oracles.get(coin, mark), perp.px_decimals, place)
        perps.append((perp.asset, mark, oracle))
    pairs: list[tuple[int, int]] = []
    for token, px in spots.items():
        pair = pair_of(listing, token)
        if pair is None:
            raise InputError(place="spots", problem=f"{token} has no spot pair")
        pairs.append((pair.pair, px_units(px, pair.px_decimals, f"spot price of {token}")))
    return Prices(
        spots=tuple(pairs),
        perps=tuple(perps),
        usdc_px=last.usdc_px if usdc_px is None else usdc_px,
    )


def report_again(last: ReportedPrices) -> Prices:
    """Return the report of every price as it is, so that it counts as fresh."""
    return Prices(
        spots=tuple((p.pair, p.px) for p in last.pairs if p.time),
        perps=tuple((p.asset, p.mark, p.oracle) for p in last.perps if p.time),
        usdc_px=last.usdc_px,
    )


def report_of_factors(listing: Listing, last: ReportedPrices, factors: Mapping[str, int]) -> Prices:
    """Return the report of prices times factors (WAD), by coin or token.

    A coin's mark, its oracle price and the spot price of the tokens that follow it move alike, each
    to nearest on its grid. Raises InputError, for prices that end at zero too.
    """
    perps: list[tuple[int, int, int]] = []
    pairs: dict[int, int] = {}
    for name, factor in factors.items():
        place = f"price of {name}"
        perp = next((p for p in listing.perps if p.name == name), None)
        followers = [p for p in listing.pairs if perp is not None and p.perp == perp.asset]
        if perp is None:
            pair = pair_of(listing, name)
            if pair is None:
                raise InputError(place=place, problem=unknown(listing, name))
            followers = [pair]
        else:
            before = next(px for px in last.perps if px.asset == perp.asset)
            mark = moved(before.mark, factor, place)
            perps.append((perp.asset, mark, moved(before.oracle, factor, place)))
        for pair in followers:
            if pair.pair in pairs:
                problem = "moves twice: by itself and with its coin"
                raise InputError(place=f"price of {pair.base.name}", problem=problem)
            px = next(px.px for px in last.pairs if px.pair == pair.pair)
            pairs[pair.pair] = moved(px, factor, place)
    return Prices(spots=tuple(pairs.items()), perps=tuple(perps), usdc_px=last.usdc_px)


def moved(px: int, factor: int, place: str) -> int:
    """Return a price times a factor (WAD), to nearest. Raises InputError where none is left."""
    if px == 0:
        raise InputError(place=place, problem="was never reported, so it cannot move by a part")
    after = mul_div_nearest(px, factor, WAD)
    if after == 0:
        raise InputError(place=place, problem="would round to zero")
    return in_range(after, place)


def pair_of(listing: Listing, token: str) -> ListedPair | None:
    """Return the spot pair of a token, if it has one."""
    return next((pair for pair in listing.pairs if pair.base.name == token), None)


def unknown(listing: Listing, name: str) -> str:
    """Return that there is no such price, and which there are."""
    names = [perp.name for perp in listing.perps] + [pair.base.name for pair in listing.pairs]
    return f"there is no coin or token {name}; there are {', '.join(dict.fromkeys(names))}"
