"""What no action may leave behind: the account check. SPEC AC-04, OR-02, OR-08."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.loans import faq_loan
from support.venue import (
    BORROWER,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    KEEPER,
    MAKER,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    WAD,
    margin_policy,
    refusal,
)
from support.wide_market import GOLD_PERP, WideMarket

WEI = 10**8
ONE_BTC, ONE_HYPE = 10**5, 100
ANY_BUY = 2**64 - 1
USDT0_SPOT = 10_166
MINUTE = 60
TRIGGER = 95 * WAD // 100
BORROW = ("borrow", USDC, WEI)
WITHDRAW = ("withdraw", USDT0, WEI, TRADER)
SEND = ("spotSend", KEEPER, USDT0, WEI)
ORDER = ("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False)
MATCH = ("matchOrders", HYPE_PERP, (TRADER, ANY_BUY, False), (MAKER, 0, False), 500_000)
BRING = ("updateIsolatedMargin", HYPE_PERP, USD)
LEVERAGE = ("setLeverage", BTC_PERP, 40)
LEAVE = ("setMode", UNIFIED)
TAKE = ("liquidateAsTaker", BORROWER)


def refused(market: WideMarket, call: tuple[Any, ...]) -> Any:
    """Return how a call of the trader's is refused, or of the matcher's who has its consent."""
    function, *args = call
    if function == "batch":
        args = [[market.venue.calldata(*inner) for inner in args]]
    if function != "matchOrders":
        return refusal(market.venue, function, *args, sender=TRADER)
    market.registry("grantRole", keccak(text="MATCHER"), KEEPER)
    for account in (TRADER, MAKER):
        market.venue("approveOperator", KEEPER, True, sender=account)
    return refusal(market.venue, function, *args, ONE_HYPE, True, sender=KEEPER)


def name_of(call: Any) -> str | None:
    """Return the id of a parametrised call."""
    return call[0] if isinstance(call, tuple) else None


# Debt that collateral no longer carries


@pytest.fixture
def indebted(wide_market: WideMarket) -> WideMarket:
    """Let the trader owe 50,050 USDC against 1 UBTC, 50,000 of it spent on USDT0, 50 in hand.

    It has chosen isolated margin for HYPE and is long 1 HYPE there, on another 5.
    """
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    wide_market.portfolio_account(TRADER, ubtc=10**10, usdc=5 * WEI)
    wide_market.set_prices(btc=110_000)
    wide_market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    wide_market.set_prices(hype=50)
    wide_market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)
    wide_market.set_prices(hype=33)
    wide_market.venue("borrow", USDC, 50_050 * WEI, sender=TRADER)
    order = ("order", USDT0_SPOT, True, ANY_BUY, 50_000 * 100, False)
    wide_market.venue(*order, sender=TRADER)
    return wide_market


HYPE_TAKEN = 181_818_181 * 33 * 10**10
"""What a taker gets in HYPE for 50 USDC, at 33, USD."""


@pytest.mark.parametrize(
    ("call", "owed", "more"),
    [
        (BORROW, 50_000, 0),
        (WITHDRAW, 50_000, 0),
        (SEND, 50_000, 0),
        (BRING, 50_001, 0),
        (("order", BTC_PERP, True, ANY_BUY, 1, False), 50_000, 0),
        # The 50 go for HYPE.
        (TAKE, 50_050, HYPE_TAKEN * 3 // 4),
    ],
    ids=name_of,
)
def test_nobody_leaves_more_debt_than_the_threshold(
    indebted: WideMarket, call: tuple[Any, ...], owed: int, more: int
) -> None:
    # At 60,000 a UBTC stands for 45,000.
    indebted.set_prices(btc=60_000)
    threshold = 45_000 * WAD + more
    assert refused(indebted, call) == ("DebtAboveThreshold", (owed * WAD, threshold))


@pytest.mark.parametrize(
    ("call", "ratio"),
    [
        # 50,000 / 52,500, up.
        (BORROW, 952_380_952_380_952_381),
        (("batch", BORROW), 952_380_952_380_952_381),
        (WITHDRAW, 952_380_952_380_952_381),
        (SEND, 952_380_952_380_952_381),
        # 50,001 / 52,500.
        (BRING, 952_400_000_000_000_000),
        # The 50 go for HYPE: 50,050 / (52,500 + 44.99999979), in whole wei.
        (TAKE, 952_516_890_288_324_837),
    ],
    ids=name_of,
)
def test_nobody_leaves_a_ratio_above_the_trigger(
    indebted: WideMarket, call: tuple[Any, ...], ratio: int
) -> None:
    # At 70,000 a UBTC stands for 52,500.
    indebted.set_prices(btc=70_000)
    assert refused(indebted, call) == ("RatioAboveTrigger", (ratio, TRIGGER))


@pytest.mark.parametrize(
    ("call", "factor"),
    [
        # 45,000 / 50,051 and the like, down.
        (BORROW, 45_000 * WAD // 50_051),
        (WITHDRAW, 45_000 * WAD // 50_050),
        (SEND, 45_000 * WAD // 50_050),
        # What is brought comes out of the 50 in hand.
        (BRING, 45_000 * WAD // 50_050),
    ],
    ids=name_of,
)
def test_nobody_takes_out_below_a_health_factor_of_one(
    indebted: WideMarket, call: tuple[Any, ...], factor: int
) -> None:
    # At 90,000 a UBTC carries 45,000.
    indebted.set_prices(btc=90_000)
    assert refused(indebted, call) == ("HealthFactorBelowOne", (factor,))


# A dex below its margin, or with an old mark


@pytest.fixture
def short(wide_market: WideMarket) -> WideMarket:
    """Let the trader be long 1 BTC at 100,000 on its 10,000 and unable to borrow more.

    It holds 100 HYPE at 50 and 10 USDT0 besides, and an isolated 1 HYPE on 5 of its own.
    """
    wide_market.set_policy(leaves_flat=False)
    wide_market.set_caps(USDC, user_borrow=0)
    wide_market.portfolio_account(TRADER, hype=100 * WEI, usdc=10_005 * WEI, usdt0=10 * WEI)
    wide_market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    wide_market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)
    wide_market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC, False, sender=TRADER)
    return wide_market


def close_isolated(market: WideMarket) -> None:
    """Close the isolated position, which no mode is changed with."""
    market.venue("order", HYPE_PERP, False, 0, ONE_HYPE, False, sender=TRADER)
    market.venue("withdraw", USDC, 5 * WEI, TRADER, sender=TRADER)


def test_nobody_leaves_a_dex_below_its_initial_margin(short: WideMarket) -> None:
    close_isolated(short)
    # At 92,000 are 2,000 left, where 2,300 are needed.
    short.set_prices(btc=92_000)
    for call in (("borrow", USDT0, 20 * WEI), LEAVE):
        assert refused(short, call) == ("InsufficientMargin", (0, 2_300 * USD, 2_000 * USD))


def test_nobody_takes_debt_over_with_a_dex_below_its_initial_margin(short: WideMarket) -> None:
    close_isolated(short)
    short.set_caps(USDC)
    faq_loan(short)
    short.set_prices(hype=33)
    # The 50 that it pays are supplied to a pool without cash, so the dex cannot have them.
    short.fund(TRADER, USDC, 50 * WEI)
    short.venue("supply", USDC, 50 * WEI, TRADER, sender=TRADER)
    short.portfolio_account(KEEPER, ubtc=2_000 * 10**10)
    cash = short.venue("reserveOf", USDC)["cash"]
    short.venue("borrow", USDC, cash, sender=KEEPER)
    short.set_prices(btc=92_000)
    # 2,000 are left. What the step repays to the pool is cash only after the dex was funded.
    assert refused(short, TAKE) == ("InsufficientMargin", (0, 2_300 * USD, 2_000 * USD))


@pytest.mark.parametrize(
    "call",
    [("borrow", USDT0, 20 * WEI), ("batch", ("borrow", USDT0, 20 * WEI)), SEND, WITHDRAW, LEAVE],
    ids=name_of,
)
def test_nobody_takes_risk_on_an_old_mark(short: WideMarket, call: tuple[Any, ...]) -> None:
    close_isolated(short)
    short.set_policy(leaves_flat=False, max_price_age=MINUTE)
    short.evm.warp(MINUTE + 1)
    short.registry("reportPrices", [(166, 10**6)], [], 10**8)
    assert refused(short, call) == ("StaleMark", (BTC_PERP, MINUTE + 1, MINUTE))


# Collateral with an old price


@pytest.mark.parametrize(
    "call",
    [
        BORROW,
        ("batch", BORROW),
        SEND,
        WITHDRAW,
        BRING,
        ("order", BTC_PERP, True, ANY_BUY, 1, False),
    ],
    ids=name_of,
)
def test_nobody_takes_risk_on_old_collateral(
    wide_market: WideMarket, call: tuple[Any, ...]
) -> None:
    wide_market.portfolio_account(TRADER, hype=100 * WEI, usdt0=10 * WEI)
    wide_market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    wide_market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)
    wide_market.venue("borrow", USDC, 100 * WEI, sender=TRADER)
    wide_market.set_policy(max_price_age=MINUTE)
    wide_market.evm.warp(MINUTE + 1)
    # All but HYPE's spot price is new.
    perps = [(BTC_PERP, 10**6, 10**6), (HYPE_PERP, 5 * 10**5, 5 * 10**5)]
    wide_market.registry("reportPrices", [(166, 10**6)], perps, 10**8)
    assert refused(wide_market, call) == ("StalePrice", (HYPE, MINUTE + 1, MINUTE))


def test_nobody_leaves_on_an_old_price_of_what_a_dex_counts_in(wide_market: WideMarket) -> None:
    wide_market.portfolio_account(TRADER, usdt0=1_000 * WEI)
    wide_market.venue("order", GOLD_PERP, True, ANY_BUY, 10**4, False, sender=TRADER)
    wide_market.set_policy(leaves_flat=False, max_price_age=MINUTE)
    wide_market.evm.warp(MINUTE + 1)
    wide_market.registry("reportPrices", [], [(GOLD_PERP, 400_000, 400_000)], 10**8)
    assert refused(wide_market, LEAVE) == ("StalePrice", (USDT0, MINUTE + 1, MINUTE))


def test_nobody_leaves_a_mode_for_a_ratio_above_the_trigger(wide_market: WideMarket) -> None:
    """With portfolio margin 10 HYPE stand for 375; in the other mode the position stands alone."""
    wide_market.portfolio_account(TRADER, hype=10 * WEI, usdc=10 * WEI)
    wide_market.venue("order", HYPE_PERP, True, ANY_BUY, 2 * ONE_HYPE, False, sender=TRADER)
    trigger = WAD // 10
    wide_market.set_policy(leaves_flat=False, margin=margin_policy(trigger=trigger))
    # 100 / 20 against 10.
    assert refused(wide_market, LEAVE) == ("RatioAboveTrigger", (WAD // 2, trigger))


@pytest.mark.parametrize(
    ("call", "ratio"),
    [
        # 5 / (10 + 375), up; and 7.50 for another HYPE.
        (("setLeverage", HYPE_PERP, 10), 12_987_012_987_012_988),
        (MATCH, 19_480_519_480_519_481),
    ],
    ids=name_of,
)
def test_nobody_takes_risk_beyond_a_low_trigger(
    wide_market: WideMarket, call: tuple[Any, ...], ratio: int
) -> None:
    wide_market.portfolio_account(TRADER, hype=10 * WEI, usdc=10 * WEI)
    wide_market.venue("order", HYPE_PERP, True, ANY_BUY, 2 * ONE_HYPE, False, sender=TRADER)
    trigger = WAD // 100
    wide_market.set_policy(margin=margin_policy(trigger=trigger))
    assert refused(wide_market, call) == ("RatioAboveTrigger", (ratio, trigger))
