"""The report of prices that makes a fork's reserves answer as the upstream's do. SPEC HE-22."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.chain.listing import Prices, perp_of_token
from pmkit.oracle import USDC_PX_ONE, borrow_oracle_px
from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS, mul_div_nearest

if TYPE_CHECKING:
    from pmkit.fork.core_state import CoreMarket
    from pmkit.policy import PairParams, Params


def prices_of(market: CoreMarket, params: Params, notes: list[str]) -> Prices:
    """Return the first report of a fork: whatever has a price upstream.

    USDC's own oracle price, which no precompile tells, is the one at which the borrow oracle prices
    come out as 0x812 answers them, as far as there is one.
    """
    perps = []
    for perp in params.perps:
        mark, oracle = market.marks.get(perp.id), market.oracles.get(perp.id)
        if mark and oracle:
            perps.append((perp.id, mark, oracle))
        else:
            notes.append(f"{perp.name} has no price upstream, and none on the fork")
    spots = tuple((p.id, market.spots[p.id]) for p in params.pairs if p.id in market.spots)
    return Prices(spots=spots, perps=tuple(perps), usdc_px=usdc_px_of(market, params))


def usdc_px_of(market: CoreMarket, params: Params) -> int:
    """Return USDC's oracle price (USDT, 8 decimals) that explains the most borrow oracle prices."""
    candidates = [USDC_PX_ONE]
    for pair in params.pairs:
        perp = perp_of_token(params, pair.base)
        px = oracle_px(market, pair)
        if perp is None or not px:
            continue
        shift = 10 ** (SPOT_DECIMALS - params.token(pair.base).sz_decimals)
        for prices in (market.marks, market.oracles):
            scaled = prices.get(perp.id, 0) * shift * USDC_PX_ONE
            if scaled:
                one = 10 ** (PERP_DECIMALS - perp.sz_decimals)
                candidates.append(mul_div_nearest(scaled, 1, one * px))
    return max(candidates, key=lambda usdc_px: explained(market, params, usdc_px))


def explained(market: CoreMarket, params: Params, usdc_px: int) -> int:
    """Return how many borrow oracle prices come out right at a price of USDC."""
    found = 0
    for pair in params.pairs:
        perp = perp_of_token(params, pair.base)
        px, spot = oracle_px(market, pair), market.spots.get(pair.id)
        mark = None if perp is None else market.marks.get(perp.id)
        oracle = None if perp is None else market.oracles.get(perp.id)
        if perp is None or not (px and spot and mark and oracle and usdc_px):
            continue
        decimals = params.token(pair.base).sz_decimals
        found += px == borrow_oracle_px(spot, mark, oracle, perp.sz_decimals, decimals, usdc_px)
    return found


def oracle_px(market: CoreMarket, pair: PairParams) -> int:
    """Return what 0x812 answers as the price of a pair's base, zero for nothing."""
    row = market.reserves.get(pair.base)
    return 0 if row is None else row["oracle_px"]
