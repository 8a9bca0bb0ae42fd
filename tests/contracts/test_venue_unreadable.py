"""Accounts that nobody can judge: what would settle or sweep them is refused by name, always alike.

One has earned more funding than 128 bits hold. The other's dex counts in a token without a price,
and under the LTV limit what may be borrowed for it depends on that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.checked import Refusal
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    KEEPER,
    MAKER,
    RAY,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    Market,
    margin_policy,
    refusal,
)
from support.wide_market import GOLD_DEX, GOLD_PERP

WEI = 10**8
ONE_BTC, ONE_HYPE, ONE_GOLD = 10**5, 100, 10**4
ANY_BUY = 2**64 - 1
HOUR = 3_600
SIDES = ((TRADER, ANY_BUY, False), (MAKER, 0, False))
MARGIN = 2
"""What a survey tells: the report of an account."""
CALLS: tuple[tuple[Any, ...], ...] = (
    ("accountOf", TRADER),
    ("marginOf", TRADER),
    ("storedMarginOf", TRADER),
    ("survey", [TRADER], MARGIN, [], []),
    ("sweep", TRADER),
    ("batch",),
    ("deposit", UBTC, 100, TRADER),
    ("supply", UBTC, 100, TRADER),
    ("repay", USDC, 100, TRADER),
    ("liquidate", TRADER),
    ("liquidateAsTaker", TRADER),
    ("liquidateBatch", [TRADER], False),
    ("matchOrders", BTC_PERP, *SIDES, 10**6, ONE_BTC, True),
    ("borrow", USDC, 100),
    ("withdraw", UBTC, 100, TRADER),
    ("spotSend", KEEPER, UBTC, 100),
    ("setMode", UNIFIED),
    ("setLeverage", HYPE_PERP, 5),
    ("order", BTC_PERP, True, ANY_BUY, ONE_BTC, False),
)
BY_THE_TRADER = ("batch", "borrow", "withdraw", "spotSend", "setMode", "setLeverage", "order")


def refused(market: Market, call: tuple[Any, ...]) -> Any:
    """Return how a call is refused: the trader's own, or the keeper's, who pays and matches."""
    function, *args = call
    if function == "batch":
        args = [[market.venue.calldata(*inner) for inner in args]]
    for token in (USDC, UBTC):
        market.fund(KEEPER, token, 10**12)
    market.registry("grantRole", keccak(text="MATCHER"), KEEPER)
    for account in (TRADER, MAKER):
        market.venue("approveOperator", KEEPER, True, sender=account)
    sender = TRADER if function in BY_THE_TRADER else KEEPER
    if function == "liquidateBatch":
        # A batch goes on, and has the refusal as its outcome.
        (outcome,) = market.venue(function, *args, sender=sender)
        found = market.evm.refusal_of(outcome["reason"])
        return Refusal.of(("Venue.liquidateBatch",), found.name, found.values)
    return refusal(market.venue, function, *args, sender=sender)


def name_of(call: tuple[Any, ...]) -> str:
    return str(call[0])


# More funding than 128 bits hold

HUGE = 10**14
"""Size, of HYPE at the smallest mark there is, 0.0001: 100 million USD."""
EARNED = 2 * 10**38
"""1e-6 USD: 4 % of an oracle price of 10^19 units, for that size, in 5 million hours."""
RAW_USD = 10**13 - HUGE
"""What the dex holds: a tenth of the notional, less what the position cost."""


def huge_market() -> Market:
    """Return a market in which HYPE's mark is the least there is, at rates of zero."""
    market = Market.deploy()
    market.set_policy(funding_interval=HOUR, leaves_flat=False)
    market.registry("setRateCurve", USDC, (0, 0, RAY, 0, False))
    market.registry("reportPrices", [(HYPE_USDC, 1)], [(HYPE_PERP, 1, 10**19)], WEI)
    return market


def wait(market: Market) -> None:
    """Let 5 million hours pass; prices stay what they are."""
    market.evm.warp(5 * 10**6 * HOUR)
    market.set_prices(btc=100_000)
    market.registry("reportPrices", [(HYPE_USDC, 1)], [(HYPE_PERP, 1, 10**19)], WEI)


def earn(market: Market, who: str, before: Callable[[], None] = lambda: None) -> None:
    """Let an account be long on borrowed 10 million, and wait."""
    market.portfolio_account(who, ubtc=500 * 10**10)
    market.venue("order", HYPE_PERP, True, ANY_BUY, HUGE, False, sender=who)
    before()
    wait(market)


@pytest.mark.parametrize("call", [*CALLS, ("displayLiquidationPx", TRADER, HYPE_PERP)], ids=name_of)
def test_account_beyond_the_number_range_is_refused(call: tuple[Any, ...]) -> None:
    market = huge_market()
    earn(market, TRADER)
    assert refused(market, call) == ("DoesNotFit128", (EARNED + RAW_USD,))


@pytest.mark.parametrize("function", ["updateIsolatedMargin", "liquidateIsolated"])
def test_isolated_position_of_an_account_beyond_the_number_range_waits(function: str) -> None:
    market = huge_market()

    def open_isolated() -> None:
        market.venue("setIsolated", BTC_PERP, True, sender=TRADER)
        market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC, False, sender=TRADER)

    earn(market, TRADER, open_isolated)
    args: tuple[Any, ...] = (BTC_PERP, USD)
    if function == "liquidateIsolated":
        args = (TRADER, BTC_PERP)
        # 100,000 at 40x: 2,500 are gone at 97,500.
        market.set_prices(btc=97_000)
    sender = KEEPER if args[0] == TRADER else TRADER
    answer = refusal(market.venue, function, *args, sender=sender)
    assert answer == ("DoesNotFit128", (EARNED + RAW_USD,))


def test_isolated_position_beyond_the_number_range_is_refused() -> None:
    market = huge_market()
    market.portfolio_account(TRADER, ubtc=500 * 10**10)
    market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, HUGE, False, sender=TRADER)
    wait(market)
    answer = refusal(market.venue, "isolatedOf", TRADER, HYPE_PERP, sender=KEEPER)
    # A tenth is the initial margin too.
    assert answer == ("DoesNotFit128", (EARNED + RAW_USD,))


def test_backstop_beyond_the_number_range_sells_nothing() -> None:
    market = huge_market()
    earn(market, BACKSTOP)
    answer = refusal(market.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert answer == ("DoesNotFit128", (EARNED + RAW_USD,))


def test_margin_of_a_standard_account_beyond_the_number_range_stays() -> None:
    market = huge_market()
    market.fund(TRADER, USDC, 20_000_000 * WEI)
    market.venue("deposit", USDC, 20_000_000 * WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 10_000_001 * USD, True, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, HUGE, False, sender=TRADER)
    wait(market)
    answer = refusal(market.venue, "transferPerp", 0, USD, False, sender=TRADER)
    assert answer == ("DoesNotFit128", (EARNED + RAW_USD,))


# A dex in a token without a price

SWEPT_ALL_THE_SAME = (
    "accountOf",
    "sweep",
    "batch",
    "deposit",
    "supply",
    "repay",
    "withdraw",
    "spotSend",
    "setMode",
    "setLeverage",
)
"""What a missing price stops no longer: the sweep borrows nothing for it. SPEC PM-08."""


def unpriced(market: Market, who: str, isolated: bool = False) -> None:
    """Let an account be in need of USDT0, which has no price, under the LTV limit.

    Prices may be of any age, or a missing one would be too old before it is missing. The account
    has a dex in USDT0, on 400 of its own for 1 of gold at 4,000, and one in USDC, on 1,000 for 0.1
    BTC at 100,000; the latter has made it owe 90. Then it is sent collateral, and gold falls.
    """
    ages = {"max_price_age": 2 * 10**9, "max_liquidation_price_age": 2 * 10**9}
    market.set_policy(**ages)
    market.registry("listDex", GOLD_DEX, "xyz", USDT0)
    market.registry("listPerp", (GOLD_PERP, "xyz:GOLD", GOLD_DEX, 4, 20, 20))
    market.registry("reportPrices", [], [(GOLD_PERP, 400_000, 400_000)], WEI)
    for account in (MAKER, SUPPLIER):
        market.fund(account, USDT0, 10**6 * WEI)
        market.venue("deposit", USDT0, 10**6 * WEI, account, sender=account)
    market.venue("transferPerp", GOLD_DEX, 10**6 * USD, True, sender=MAKER)
    market.portfolio_account(who, usdt0=400 * WEI, usdc=1_005 * WEI)
    if isolated:
        market.venue("setIsolated", HYPE_PERP, True, sender=who)
    market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=who)
    market.venue("order", GOLD_PERP, True, ANY_BUY, ONE_GOLD, False, sender=who)
    market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC // 10, False, sender=who)
    market.set_prices(btc=99_000)
    market.venue("sweep", who, sender=KEEPER)
    assert market.token(who, USDC)["borrowed"] == 90 * WEI
    market.fund(KEEPER, HYPE, 100 * WEI)
    market.venue("deposit", HYPE, 100 * WEI, who, sender=KEEPER)
    market.registry("reportPrices", [], [(GOLD_PERP, 390_000, 390_000)], WEI)
    market.set_policy(margin=margin_policy(strict_ltv=True), leaves_flat=False, **ages)


@pytest.mark.parametrize(
    "call",
    [
        *(call for call in CALLS if call[0] not in SWEPT_ALL_THE_SAME),
        ("displayLiquidationPx", TRADER, BTC_PERP),
        ("batch", ("borrow", USDC, 100)),
        ("withdraw", HYPE, WEI, TRADER),
        ("setLeverage", BTC_PERP, 5),
        ("updateIsolatedMargin", HYPE_PERP, USD),
    ],
    ids=name_of,
)
def test_account_that_depends_on_a_missing_price_is_refused(
    market: Market, call: tuple[Any, ...]
) -> None:
    function, *args = call
    unpriced(market, TRADER, isolated=function == "updateIsolatedMargin")
    if function == "updateIsolatedMargin":
        answer = refusal(market.venue, function, *args, sender=TRADER)
    else:
        answer = refused(market, call)
    assert answer == ("PriceMissing", (USDT0,))
