"""What liquidations refuse and tell alike, whoever takes the debt. SPEC LQ-01 to LQ-25."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.checked import Refusal
from support.isolated import ANY_BUY, ONE_BTC, pause
from support.loans import HYPE_WEI, faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    KEEPER,
    MAKER,
    SUPPLIER,
    TRADER,
    USD,
    USDC,
    WAD,
    Market,
    grid,
    refusal,
)
from support.wide_market import WideMarket

WEI = 10**8
MINUTE = 60
PAUSE_LIQUIDATION = 8
TRIGGER = 95 * WAD // 100
PERP, PERP_TAKEOVER = 2, 3
MOST = 2**63 - 1

every = pytest.mark.parametrize("function", ["liquidate", "liquidateAsTaker", "liquidateBatch"])


@pytest.fixture
def loan(wide_market: WideMarket) -> WideMarket:
    """Let the borrower owe 250 USDC against 10 HYPE at 33, and the keeper have 100 USDC to pay."""
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    wide_market.fund(KEEPER, USDC, 100 * WEI)
    wide_market.venue("deposit", USDC, 100 * WEI, KEEPER, sender=KEEPER)
    return wide_market


def step(market: Market, function: str, account: str, sender: str = KEEPER) -> Any:
    """Take a step in one of the ways; return what it answers."""
    if function != "liquidateBatch":
        return market.venue(function, account, sender=sender)
    (outcome,) = market.venue(function, [account], False, sender=sender)
    return outcome


def refused(market: Market, function: str, account: str = BORROWER, sender: str = KEEPER) -> Any:
    """Return how a step is refused; a batch goes on, and has the refusal as its outcome."""
    if function != "liquidateBatch":
        return refusal(market.venue, function, account, sender=sender)
    outcome = step(market, function, account, sender)
    assert outcome["done"] is False
    found = market.evm.refusal_of(outcome["reason"])
    return Refusal.of(("Venue.liquidateBatch",), found.name, found.values)


@every
def test_liquidation_of_a_healthy_account_is_refused(loan: WideMarket, function: str) -> None:
    # 250 against 50 · 10 · 0.75.
    loan.set_prices(hype=50)
    ratio = 666_666_666_666_666_667
    assert refused(loan, function) == ("NotLiquidatable", (BORROWER, ratio, TRIGGER))


@every
def test_liquidation_of_the_market_maker_is_refused(loan: WideMarket, function: str) -> None:
    assert refused(loan, function, MAKER) == ("NotAUserAccount", (MAKER,))


@every
def test_liquidation_of_oneself_is_refused(loan: WideMarket, function: str) -> None:
    answer = refused(loan, function, BORROWER, BORROWER)
    assert answer == ("SelfLiquidation", (BORROWER,))


@every
def test_liquidation_while_paused_is_refused(loan: WideMarket, function: str) -> None:
    pause(loan, PAUSE_LIQUIDATION)
    assert refused(loan, function) == ("Paused", (PAUSE_LIQUIDATION,))


@every
def test_next_step_before_its_time_is_refused(loan: WideMarket, function: str) -> None:
    step(loan, function, BORROWER)
    loan.evm.warp(2)
    now = loan.evm.timestamp
    assert refused(loan, function) == ("StepTooEarly", (now + 1, now))


@every
def test_debt_that_is_carried_but_capped_is_left(loan: WideMarket, function: str) -> None:
    # At 50, 2 of 10 HYPE count against a debt of 250, but all of them carry it.
    loan.set_prices(hype=50)
    loan.set_caps(HYPE, user_supply=2 * HYPE_WEI)
    assert refused(loan, function) == ("NothingToLiquidate", (BORROWER, WAD))


@every
def test_old_collateral_that_might_save_is_waited_for(loan: WideMarket, function: str) -> None:
    loan.set_policy(max_liquidation_price_age=MINUTE)
    loan.evm.warp(MINUTE + 1)
    assert refused(loan, function) == ("StalePrice", (HYPE, MINUTE + 1, MINUTE))


def short(market: Market, account: str = TRADER) -> None:
    """Let a standard account be short 1 BTC at 100,000 on 10,000."""
    market.fund(account, USDC, 10_000 * WEI)
    market.venue("deposit", USDC, 10_000 * WEI, account, sender=account)
    market.venue("transferPerp", 0, 10_000 * USD, True, sender=account)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=account)


@every
def test_old_mark_is_waited_for(market: Market, function: str) -> None:
    short(market)
    market.set_prices(btc=109_000)
    market.set_policy(max_liquidation_price_age=MINUTE)
    market.evm.warp(MINUTE + 1)
    assert refused(market, function, TRADER) == ("StaleMark", (BTC_PERP, MINUTE + 1, MINUTE))


@every
def test_perp_leg_tells_what_it_closed(market: Market, function: str) -> None:
    """At 109,000 are 1,000 left of 1,362.5 that are needed. A fifth closes first: it is large."""
    short(market)
    market.set_prices(btc=109_000)
    step(market, function, TRADER)
    place = {"account": TRADER, "asset": BTC_PERP}
    closed = {"szi": ONE_BTC // 5, "px": grid(109_000, 1), "fee": 0}
    done = {"account": TRADER, "caller": KEEPER, "leg": PERP, "debtValue": 0}
    assert market.evm.logs == [
        ("PositionClosed", {**place, **closed}),
        ("Liquidated", {**done, "collateralValue": 0, "loss": 0, "liquidatable": True}),
    ]


@every
def test_takeover_tells_what_the_backstop_took(market: Market, function: str) -> None:
    """At 109,500 are 500 left, less than two thirds of 1,368.75."""
    market.set_policy(funding_interval=3_600)
    market.evm.warp(3_600 - market.evm.timestamp % 3_600)
    short(market)
    market.evm.warp(3_600)
    market.set_prices(btc=109_500)
    step(market, function, TRADER)
    place = {"account": TRADER, "asset": BTC_PERP}
    taken = {"szi": -ONE_BTC, "px": grid(109_500, 1)}
    done = {"account": TRADER, "caller": KEEPER, "leg": PERP_TAKEOVER, "debtValue": 0}
    # An hour without a premium, 0.00125 % of 100,000: shorts get it.
    assert market.event("FundingPaid") == {**place, "usd": -USD * 5 // 4}
    assert market.event("PositionTaken") == {**place, **taken}
    assert market.event("Liquidated") == {
        **done,
        "collateralValue": 0,
        "loss": 0,
        "liquidatable": False,
    }


# Sizes beyond their range

LARGE = MOST // 5 * 3
"""Three fifths of the largest size. At a price of 10 units a tenth of the notional is as much."""


def large_short(market: Market, account: str) -> None:
    """Bring a standard account what the short keeps."""
    market.fund(account, USDC, LARGE * 100)
    market.venue("deposit", USDC, LARGE * 100, account, sender=account)
    market.venue("transferPerp", 0, LARGE, True, sender=account)


@pytest.mark.parametrize(
    "function", ["liquidate", "liquidateAsTaker", "liquidateBatch", "liquidateIsolated"]
)
def test_backstop_takes_no_more_than_the_largest_size(market: Market, function: str) -> None:
    """It is short of three fifths already. The trader's other side is the keeper."""
    market.registry("reportPrices", [], [(HYPE_PERP, 10, 10)], WEI)
    for account in (MAKER, TRADER, KEEPER):
        large_short(market, account)
    market.fund(BACKSTOP, USDC, 3 * LARGE * 100)
    market.venue("deposit", USDC, 3 * LARGE * 100, BACKSTOP, sender=BACKSTOP)
    market.venue("order", HYPE_PERP, False, 0, LARGE, False, sender=BACKSTOP)
    if function == "liquidateIsolated":
        market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    market.registry("grantRole", keccak(text="MATCHER"), SUPPLIER)
    for account in (TRADER, KEEPER):
        market.venue("approveOperator", SUPPLIER, True, sender=account)
    sides = ((KEEPER, ANY_BUY, False), (TRADER, 0, False))
    market.venue("matchOrders", HYPE_PERP, *sides, 10, LARGE, True, sender=SUPPLIER)
    # At 11 the tenth is lost.
    market.registry("reportPrices", [], [(HYPE_PERP, 11, 11)], WEI)
    if function == "liquidateIsolated":
        answer = refusal(market.venue, function, TRADER, HYPE_PERP, sender=KEEPER)
    else:
        answer = refused(market, function, TRADER)
    assert answer == ("InvalidSize", (LARGE,))
