"""Funding of positions: who pays whom, when, and what sees it. SPEC FD-04 to FD-08."""

from __future__ import annotations

import pytest
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE_PERP,
    KEEPER,
    MAKER,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    Market,
    refusal,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, WideMarket

ONE = 10**8
TEN_COINS = 1_000
ANY_BUY = 2**64 - 1
PERP, PERP_TAKEOVER = 2, 3

HOUR = 1_187_500
"""An hour of 10 coins, 1e-6 USD: the mark is 101 over an oracle of 100, so the premium is 1 %, the
rate of eight hours 0.95 %, and an eighth of it on 1,000 USD is 1.1875 USD."""


def report(market: Market, mark: int, oracle: int = 100) -> None:
    """Report whole dollars of HYPE's perp."""
    market.registry("reportPrices", [], [(HYPE_PERP, mark * 10**4, oracle * 10**4)], ONE)


def fund_by_the_hour(market: Market) -> None:
    """Switch funding on, at a premium of 1 %."""
    market.set_policy(funding_interval=3_600)
    report(market, 101)


def turn(market: Market, hours: int = 1) -> None:
    """Let time pass until so many hours have turned, to the second."""
    market.evm.warp(3_600 * hours - market.evm.timestamp % 3_600)


def standard_trader(market: Market, usd: int) -> None:
    """Give the trader a standard account with so much margin in the dex, 1e-6 USD."""
    market.fund(TRADER, USDC, usd * 100)
    market.venue("deposit", USDC, usd * 100, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, usd, True, sender=TRADER)


def trade(market: Market, size: int, asset: int = HYPE_PERP) -> None:
    """Let the trader buy, or sell a negative size."""
    limit = ANY_BUY if size > 0 else 0
    market.venue("order", asset, size > 0, limit, abs(size), False, sender=TRADER)


def due(market: Market, account: str, asset: int = HYPE_PERP) -> int:
    owed: int = market.venue("fundingDueOf", account, asset)
    return owed


def payments(market: Market) -> list[tuple[str, int, int]]:
    """Return who paid what for which asset in the last call."""
    return [
        (values["account"], values["asset"], values["usd"])
        for name, values in market.evm.logs
        if name == "FundingPaid"
    ]


@pytest.fixture
def funded(market: Market) -> Market:
    """Give a market by the hour, in which the trader holds 10 HYPE on 1,000 USD of margin."""
    fund_by_the_hour(market)
    standard_trader(market, 1_000 * USD)
    trade(market, TEN_COINS)
    return market


@pytest.mark.parametrize(("size", "paid"), [(TEN_COINS, HOUR), (-TEN_COINS, -HOUR)])
def test_funding_at_a_premium_is_paid_by_longs_to_shorts(
    market: Market, size: int, paid: int
) -> None:
    fund_by_the_hour(market)
    standard_trader(market, 1_000 * USD)
    trade(market, size)
    turn(market)
    assert (due(market, TRADER), due(market, MAKER)) == (paid, -paid)
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 1_000 * USD - paid


def test_funding_is_seen_at_once_left_by_the_sweep_and_stored_by_a_fill(funded: Market) -> None:
    turn(funded)
    stored, seen = funded.venue("rawUsdOf", TRADER, 0), funded.account(TRADER)
    assert seen["dexes"][0]["rawUsd"] == stored - HOUR
    funded.venue("sweep", TRADER, sender=KEEPER)
    assert funded.event_names() == []
    assert (funded.venue("rawUsdOf", TRADER, 0), due(funded, TRADER)) == (stored, HOUR)
    trade(funded, -TEN_COINS)
    assert payments(funded) == [(TRADER, HYPE_PERP, HOUR), (MAKER, HYPE_PERP, -HOUR)]
    assert funded.venue("rawUsdOf", TRADER, 0) == 1_000 * USD - HOUR
    assert (due(funded, TRADER), due(funded, MAKER)) == (0, 0)


def test_funding_is_not_paid_within_the_hour(funded: Market) -> None:
    funded.evm.warp(3_599 - funded.evm.timestamp % 3_600)
    assert due(funded, TRADER) == 0
    funded.evm.warp(1)
    assert due(funded, TRADER) == HOUR
    funded.evm.warp(3_599)
    assert due(funded, TRADER) == HOUR


@pytest.mark.parametrize("reported", [False, True])
def test_funding_of_several_hours_adds_up(funded: Market, reported: bool) -> None:
    turn(funded, 3)
    if reported:
        report(funded, 101)
    assert due(funded, TRADER) == 3_562_500
    trade(funded, TEN_COINS)
    assert payments(funded) == [(TRADER, HYPE_PERP, 3_562_500), (MAKER, HYPE_PERP, -3_562_500)]


def test_funding_of_an_hour_is_that_of_the_prices_before_it(funded: Market) -> None:
    turn(funded)
    # On the hour itself: the report comes after it. Without a premium it is 0.00125 % of 1,000 USD.
    report(funded, 100)
    assert due(funded, TRADER) == HOUR
    turn(funded)
    assert due(funded, TRADER) == HOUR + 12_500
    # A discount of 1 %: -1 % + 0.05 % for eight hours.
    report(funded, 99)
    turn(funded, 2)
    assert due(funded, TRADER) == HOUR + 12_500 - 2 * HOUR
    # The oracle price counts, not the mark: 10 coins are 2,000 USD now.
    report(funded, 202, 200)
    turn(funded)
    assert due(funded, TRADER) == 12_500 + HOUR


def test_funding_is_at_most_four_percent_an_hour(funded: Market) -> None:
    report(funded, 200)
    turn(funded)
    assert due(funded, TRADER) == 40 * USD
    report(funded, 1)
    turn(funded)
    assert due(funded, TRADER) == 0


def test_funding_is_owed_by_those_who_hold_when_the_hour_turns(market: Market) -> None:
    fund_by_the_hour(market)
    standard_trader(market, 1_000 * USD)
    turn(market)
    # On the hour, which has turned already.
    trade(market, TEN_COINS)
    assert due(market, TRADER) == 0
    market.evm.warp(1_800)
    trade(market, TEN_COINS)
    assert payments(market) == []
    turn(market)
    assert due(market, TRADER) == 2 * HOUR


def test_funding_spares_what_is_closed_before_the_hour(funded: Market) -> None:
    funded.evm.warp(3_599 - funded.evm.timestamp % 3_600)
    trade(funded, -TEN_COINS)
    turn(funded)
    assert due(funded, TRADER) == 0
    # Nor does it pay for the hours in which there was no position.
    turn(funded)
    trade(funded, TEN_COINS)
    assert payments(funded) == []
    assert due(funded, TRADER) == 0


def test_funding_is_settled_before_a_position_is_closed_in_part(funded: Market) -> None:
    turn(funded)
    trade(funded, -TEN_COINS // 2)
    assert payments(funded) == [(TRADER, HYPE_PERP, HOUR), (MAKER, HYPE_PERP, -HOUR)]
    assert funded.event_names() == ["FundingPaid", "FundingPaid", "Filled"]
    assert funded.margin(TRADER)["dexes"][0]["accountValue"] == 1_000 * USD - HOUR
    turn(funded)
    assert due(funded, TRADER) == HOUR // 2


def test_funding_is_settled_before_a_position_turns(funded: Market) -> None:
    turn(funded)
    trade(funded, -2 * TEN_COINS)
    assert payments(funded) == [(TRADER, HYPE_PERP, HOUR), (MAKER, HYPE_PERP, -HOUR)]
    turn(funded)
    assert due(funded, TRADER) == -HOUR


def test_funding_of_a_closed_position_is_paid(funded: Market) -> None:
    turn(funded)
    trade(funded, -TEN_COINS)
    assert funded.venue("rawUsdOf", TRADER, 0) == 1_000 * USD - HOUR
    assert due(funded, TRADER) == 0


def test_funding_of_a_position_is_settled_by_its_own_fills_alone(funded: Market) -> None:
    # The other coin has no premium: 1 BTC at 100,000 pays 0.00125 %, 1.25 USD.
    standard_trader(funded, 10_000 * USD)
    trade(funded, 10**5, BTC_PERP)
    turn(funded)
    trade(funded, 10**5, BTC_PERP)
    assert payments(funded) == [(TRADER, BTC_PERP, 1_250_000), (MAKER, BTC_PERP, -1_250_000)]
    assert (due(funded, TRADER), due(funded, MAKER)) == (HOUR, -HOUR)


def test_funding_stays_owed_through_a_change_of_leverage(funded: Market) -> None:
    turn(funded)
    funded.venue("setLeverage", HYPE_PERP, 5, sender=TRADER)
    assert funded.event_names() == ["LeverageSet"]
    assert due(funded, TRADER) == HOUR
    assert funded.margin(TRADER)["dexes"][0]["accountValue"] == 1_000 * USD - HOUR


def test_funding_rounds_against_both_sides(market: Market) -> None:
    # 0.01 coins at 100 are 1 USD: 1,187.5 millionths.
    fund_by_the_hour(market)
    standard_trader(market, 1_000 * USD)
    trade(market, 1)
    before = market.dust(USDC)
    turn(market)
    assert (due(market, TRADER), due(market, MAKER)) == (1_188, -1_187)
    assert market.dust(USDC) - before == 100
    # Settled late it rounds once: 2,375 for two hours.
    turn(market)
    trade(market, -1)
    assert payments(market) == [(TRADER, HYPE_PERP, 2_375), (MAKER, HYPE_PERP, -2_375)]
    assert market.dust(USDC) == before


def test_funding_in_a_dex_of_another_token_is_paid_in_it(wide_market: WideMarket) -> None:
    wide_market.set_policy(funding_interval=3_600)
    wide_market.registry("reportPrices", [], [(GOLD_PERP, 404_000, 400_000)], ONE)
    wide_market.portfolio_account(TRADER, usdt0=10_000 * ONE)
    trade(wide_market, 10**4, GOLD_PERP)
    turn(wide_market)
    wide_market.venue("sweep", TRADER, sender=KEEPER)
    # One ounce, 4,000 USDT0 at 0.11875 %, which the sweep has brought and left owed.
    assert due(wide_market, TRADER, GOLD_PERP) == 4_750_000
    assert wide_market.venue("rawUsdOf", TRADER, GOLD_DEX) == (404 - 4_040) * USD + 4_750_000
    trade(wide_market, -(10**4), GOLD_PERP)
    paid = (TRADER, GOLD_PERP, 4_750_000), (MAKER, GOLD_PERP, -4_750_000)
    assert payments(wide_market) == list(paid)


def test_funding_of_a_unified_account_comes_from_its_balance(market: Market) -> None:
    fund_by_the_hour(market)
    market.fund(TRADER, USDC, 1_000 * ONE)
    market.venue("setMode", UNIFIED, sender=TRADER)
    market.venue("deposit", USDC, 1_000 * ONE, TRADER, sender=TRADER)
    trade(market, TEN_COINS)
    # A tenth of 1,010 USD is margin.
    assert market.token(TRADER, USDC)["idle"] == 899 * ONE
    turn(market)
    assert market.net(TRADER, USDC) == 1_000 * ONE - HOUR * 100
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event_names() == ["DexFunded"]
    assert market.token(TRADER, USDC)["idle"] == 899 * ONE - HOUR * 100
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 101 * USD


def test_funding_that_is_owed_cannot_leave_the_dex(funded: Market) -> None:
    turn(funded)
    refused = refusal(funded.venue, "transferPerp", 0, 899 * USD, False, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 101 * USD, 101 * USD - HOUR))
    funded.venue("transferPerp", 0, 899 * USD - HOUR, False, sender=TRADER)
    assert funded.margin(TRADER)["dexes"][0]["accountValue"] == 101 * USD
    assert due(funded, TRADER) == HOUR


def test_funding_alone_can_make_an_account_liquidatable(market: Market) -> None:
    # Margin 101; maintenance a twentieth of 1,010, 50.50. After 42 hours 51.125 is left.
    fund_by_the_hour(market)
    standard_trader(market, 101 * USD)
    trade(market, TEN_COINS)
    turn(market, 42)
    refused = refusal(market.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused[0] == "NotLiquidatable"
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 51_125_000
    turn(market)
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["liquidatable"]) == (PERP, False)
    assert payments(market) == [(TRADER, HYPE_PERP, 43 * HOUR), (MAKER, HYPE_PERP, -43 * HOUR)]
    assert market.venue("rawUsdOf", TRADER, 0) == 101 * USD - 43 * HOUR


def test_funding_of_what_the_backstop_took_over_is_its_own(market: Market) -> None:
    # After 57 hours 33.3125 is left, less than two thirds of the maintenance.
    fund_by_the_hour(market)
    market.fund(BACKSTOP, USDC, 1_000 * ONE)
    market.venue("deposit", USDC, 1_000 * ONE, BACKSTOP, sender=BACKSTOP)
    standard_trader(market, 101 * USD)
    trade(market, TEN_COINS)
    turn(market, 57)
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert step["leg"] == PERP_TAKEOVER
    assert payments(market) == [(TRADER, HYPE_PERP, 57 * HOUR)]
    assert (market.venue("rawUsdOf", TRADER, 0), due(market, TRADER)) == (0, 0)
    assert due(market, BACKSTOP) == 0
    turn(market)
    assert (due(market, BACKSTOP), due(market, MAKER)) == (HOUR, -58 * HOUR)


def test_funding_off_charges_nothing(market: Market) -> None:
    report(market, 101)
    standard_trader(market, 1_000 * USD)
    trade(market, TEN_COINS)
    market.evm.warp(10 * 86_400)
    assert due(market, TRADER) == 0
    # Switched on, it begins with the next hour to turn.
    market.set_policy(funding_interval=3_600)
    assert due(market, TRADER) == 0
    turn(market)
    assert due(market, TRADER) == HOUR


def test_funding_that_has_turned_stays_owed_when_it_is_switched_off(funded: Market) -> None:
    turn(funded, 2)
    funded.set_policy(funding_interval=0)
    turn(funded, 5)
    assert due(funded, TRADER) == 2 * HOUR
    trade(funded, -TEN_COINS)
    assert payments(funded) == [(TRADER, HYPE_PERP, 2 * HOUR), (MAKER, HYPE_PERP, -2 * HOUR)]


def test_funding_by_the_minute_pays_an_hours_rate_each(funded: Market) -> None:
    turn(funded)
    funded.set_policy(funding_interval=60)
    funded.evm.warp(119)
    assert due(funded, TRADER) == 2 * HOUR


def test_funding_due_of_what_is_not_listed_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "fundingDueOf", TRADER, 999, sender=TRADER)
    assert refused == ("UnknownAsset", (999,))


# Isolated positions


@pytest.fixture
def isolated(market: Market) -> Market:
    """Give a market by the hour, in which the trader holds 10 HYPE isolated, with 101 of margin."""
    fund_by_the_hour(market)
    standard_trader(market, 1_000 * USD)
    market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    trade(market, TEN_COINS)
    return market


def test_isolated_position_pays_out_of_its_own_margin(isolated: Market) -> None:
    before = isolated.venue("rawUsdOf", TRADER, 0)
    turn(isolated)
    assert due(isolated, TRADER) == HOUR
    seen = isolated.venue("isolatedOf", TRADER, HYPE_PERP)
    assert seen["equity"] == 101 * USD - HOUR
    assert seen["isolatedUsd"] == seen["equity"] - 1_010 * USD
    isolated.venue("sweep", TRADER, sender=KEEPER)
    assert isolated.event_names() == []
    isolated.venue("updateIsolatedMargin", HYPE_PERP, USD, sender=TRADER)
    assert payments(isolated) == [(TRADER, HYPE_PERP, HOUR)]
    assert due(isolated, TRADER) == 0
    assert isolated.venue("isolatedOf", TRADER, HYPE_PERP)["equity"] == 102 * USD - HOUR
    assert isolated.venue("rawUsdOf", TRADER, 0) == before - USD


def test_isolated_position_settles_its_funding_when_it_closes(isolated: Market) -> None:
    turn(isolated, 2)
    trade(isolated, -TEN_COINS)
    assert payments(isolated)[0] == (TRADER, HYPE_PERP, 2 * HOUR)
    assert isolated.event("IsolatedMarginMoved")["usd"] == 2 * HOUR - 101 * USD
    assert isolated.venue("positionOf", TRADER, HYPE_PERP)["isolatedUsd"] == 0


def test_funding_alone_can_make_an_isolated_position_liquidatable(isolated: Market) -> None:
    # 101 less 42 hours is 51.125; the maintenance is 50.50.
    turn(isolated, 42)
    args = ("liquidateIsolated", TRADER, HYPE_PERP)
    refused = refusal(isolated.venue, *args, sender=KEEPER)
    assert refused == (
        "IsolatedNotLiquidatable",
        (TRADER, HYPE_PERP, 51_125_000, 50_500_000),
    )
    turn(isolated)
    isolated.venue(*args, sender=KEEPER)
    assert isolated.event("IsolatedLiquidated")["equity"] == 101 * USD - 43 * HOUR
    assert payments(isolated)[0] == (TRADER, HYPE_PERP, 43 * HOUR)


def test_leverage_of_an_isolated_position_counts_the_funding_it_owes(isolated: Market) -> None:
    isolated.venue("updateIsolatedMargin", HYPE_PERP, 101 * USD, sender=TRADER)
    turn(isolated)
    refused = refusal(isolated.venue, "setLeverage", HYPE_PERP, 5, sender=TRADER)
    assert refused == ("InsufficientIsolatedMargin", (HYPE_PERP, 202 * USD, 202 * USD - HOUR))
