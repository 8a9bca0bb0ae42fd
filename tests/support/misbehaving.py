"""A listed token that misbehaves on demand, and a market in which every way of paying is open."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from venue.mirror import MirroredMarket

from support.evm import Contract
from support.venue import (
    BORROWER,
    EVERYTHING,
    KEEPER,
    PORTFOLIO_MARGIN,
    STABLE_CURVE,
    SUPPLIER,
    TRADER,
    UNLIMITED,
    USDC,
    Market,
)

BAD_TOKEN, BAD_PAIR = 666, 66
SUB_ACCOUNT = 7


class Fault(IntEnum):
    """What the token does; in the order of the contract."""

    NONE = 0
    TAKES_FEE = 1
    CHARGES_PAYER = 2
    MOVES_NOTHING = 3
    DRAINS = 4
    RETURNS_FALSE = 5
    RETURNS_TWO = 6
    RETURNS_NOTHING = 7
    RETURNS_MORE = 8
    REVERTS_WITHOUT_A_WORD = 9
    HIDES_BALANCES = 10
    HIDES_DECIMALS = 11


def bad_listing(erc20: str, evm: int = 8, wei: int = 8) -> tuple[Any, ...]:
    """Return the listing of a token that can be borrowed and is no collateral."""
    caps = (UNLIMITED,) * 4
    return (BAD_TOKEN, "BAD", erc20, evm, wei, 2, 0, True, *caps, STABLE_CURVE, 0)


def list_misbehaving(market: Market, holder: str, evm: int = 8, wei: int = 8) -> Contract:
    """List a token that behaves as yet, and give a holder 1,000,000 of it."""
    token = market.evm.deploy("MisbehavingToken", evm)
    market.registry("listToken", bad_listing(token.address, evm, wei))
    market.erc20[BAD_TOKEN] = token
    pay_with(market, token, holder, 10**6 * 10**evm)
    return token


def pay_with(market: Market, token: Contract, holder: str, units: int) -> None:
    """Give a wallet units of the token, which the venue may take."""
    token("mint", holder, units)
    if not token("allowance", holder, market.venue.address):
        token("approve", market.venue.address, EVERYTHING, sender=holder)


def open_every_way(market: Market, evm: int = 8, wei: int = 8) -> Contract:
    """Open a market in which the keeper can pay a token in and out in every way that there is.

    Where both sides are driven the token behaves: the twin knows no other.
    It has 1,000 idle and a sub-account with 1,000, and the trader, whose operator it is, owes 500.
    The borrower owed 2,000 against 100 HYPE and was taken over when these were worth 1,000: the
    reserve has a deficit of the other 1,000. The supplier has 10,000.
    """
    if isinstance(market, MirroredMarket):
        market.list_token(BAD_TOKEN, evm, wei, 2, 0, lent=True)
        token = market.erc20[BAD_TOKEN]
        pay_with(market, token, KEEPER, 10**6 * 10**evm)
    else:
        token = list_misbehaving(market, KEEPER, evm, wei)
    pay_with(market, token, SUPPLIER, 10**6 * 10**evm)
    one = 10**wei
    venue = market.venue
    sub_account = venue("subAccountOf", KEEPER, SUB_ACCOUNT)
    market.registry("listPair", (BAD_PAIR, BAD_TOKEN, USDC, False, 0))
    market.registry("reportPrices", [(BAD_PAIR, 10**6)], [], 10**8)
    venue("supply", BAD_TOKEN, 10_000 * one, SUPPLIER, sender=SUPPLIER)
    venue("deposit", BAD_TOKEN, 1_000 * one, KEEPER, sender=KEEPER)
    venue("deposit", BAD_TOKEN, 1_000 * one, sub_account, sender=KEEPER)
    market.portfolio_account(TRADER, ubtc=10**10)
    venue("borrow", BAD_TOKEN, 500 * one, sender=TRADER)
    venue("approveOperator", KEEPER, True, sender=TRADER)
    market.portfolio_account(BORROWER, hype=100 * 10**8)
    venue("borrow", BAD_TOKEN, 2_000 * one, sender=BORROWER)
    venue("order", 10_000 + BAD_PAIR, False, 0, 2_000 * 100, False, sender=BORROWER)
    market.set_prices(hype=10)
    venue("liquidate", BORROWER, sender=KEEPER)
    assert venue("accountState", BORROWER)["mode"] == PORTFOLIO_MARGIN
    assert venue("reserveOf", BAD_TOKEN)["deficit"] == 1_000 * one
    return token
