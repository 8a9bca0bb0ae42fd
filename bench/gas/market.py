"""What the bench's venue lists: the current parameters, and coins for the largest account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bench.gas.scenarios import COLLATERAL_COUNTS, LARGEST_PERPS
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.params import load_params

if TYPE_CHECKING:
    from pmkit.policy import Params

COIN_PX = Decimal(40)
"""USD of each coin that is added; HYPE, which they are copies of, begins there too."""
PRICES = {**GENESIS_PRICES, **{f"COIN{i:02}": COIN_PX for i in range(LARGEST_PERPS)}}
"""USD that everything begins with."""
FIRST_ID = 1_000
"""Ids of what is added, as tokens, perps and pairs, begin here."""
DEBTS = ("USDC", "USDT0")
OWN_COLLATERALS = ("UBTC", "HYPE")
COIN_OF = {"UBTC": "BTC"}
"""What tokens are priced as that have no price under their own name."""


def bench_params() -> Params:
    """Return the parameters of the bench: tokens and perps are added as copies of HYPE."""
    params = load_params("current")
    hype, coin, pair = params.token("HYPE"), params.perp("HYPE"), params.pair(150, 0)
    added = len(collaterals()) - len(OWN_COLLATERALS)
    tokens = [replace(hype, id=FIRST_ID + i, name=f"COIN{i:02}") for i in range(added)]
    perps = [
        replace(
            coin,
            id=FIRST_ID + i,
            name=f"COIN{i:02}",
            collateral=FIRST_ID + i if i < added else None,
        )
        for i in range(LARGEST_PERPS - len(params.perps))
    ]
    pairs = [replace(pair, id=token.id, base=token.id) for token in tokens]
    listed = [token for token in params.tokens if token.listed]
    known = {token.id for token in listed}
    return replace(
        params,
        tokens=tuple(sorted((*listed, *tokens), key=lambda token: token.id)),
        perps=tuple(
            replace(perp, collateral=perp.collateral if perp.collateral in known else None)
            for perp in sorted(params.perps, key=lambda perp: perp.id)
        )
        + tuple(perps),
        pairs=tuple(p for p in params.pairs if p.base in known) + tuple(pairs),
    )


def price_of(token: str) -> Decimal:
    """Return the USD that a token begins with."""
    return PRICES[COIN_OF.get(token, token)]


def collaterals() -> tuple[str, ...]:
    """Return the tokens that serve as collateral, as many as the largest count needs."""
    added = max(COLLATERAL_COUNTS) - len(OWN_COLLATERALS)
    return OWN_COLLATERALS + tuple(f"COIN{i:02}" for i in range(added))
