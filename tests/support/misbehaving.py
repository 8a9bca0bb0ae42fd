"""A listed token that misbehaves on demand."""

from __future__ import annotations

from support.evm import Contract
from support.venue import EVERYTHING, STABLE_CURVE, UNLIMITED, Market

BAD_TOKEN = 666
TAKES_FEE, RETURNS_FALSE, REENTERS, REENTERS_BATCH = 1, 2, 3, 4


def list_misbehaving(market: Market, holder: str, fault: int) -> Contract:
    """List the token with 8 decimals, give a holder 1,000 of it, and set what it does wrong."""
    token = market.evm.deploy("MisbehavingToken")
    listing = (
        BAD_TOKEN,
        "BAD",
        token.address,
        8,
        8,
        2,
        0,
        True,
        *(UNLIMITED,) * 4,
        STABLE_CURVE,
        0,
    )
    market.registry("listToken", listing)
    token("mint", holder, 1_000 * 10**8)
    token("approve", market.venue.address, EVERYTHING, sender=holder)
    token("misbehave", fault)
    return token
