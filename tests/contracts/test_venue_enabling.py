"""Who may enable portfolio margin, and what counts as volume and value. SPEC AC-10 to AC-12.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    HYPE,
    KEEPER,
    MAKER,
    NO_CONDITION,
    PORTFOLIO_MARGIN,
    STANDARD,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    Market,
    refusal,
)
from support.wide_market import WideMarket
from venue.mirror import MirroredMarket

USDC_WEI = 10**8
ONE_BTC = 10**5
DAY = 86_400
ANY_BUY = 2**64 - 1
UBTC_SPOT = 10_142
SHARED = {"min_volume": 5_000_000, "min_value": 10_000, "max_value": 25_000_000}
"""What the venue states, USD."""


def ask_for(market: Market, days: int = 14, **usd: int) -> None:
    """Let the policy ask for something, USD."""
    conditions = {f"enable_{name}": dollars * USD for name, dollars in usd.items()}
    market.set_policy(**conditions, enable_volume_days=days)


def bring(market: Market, token: int, amount: int, account: str = TRADER) -> None:
    """Put tokens into a spot balance, token wei."""
    market.fund(account, token, amount)
    market.venue("deposit", token, amount, account, sender=account)


def margined(market: Market, dollars: int) -> None:
    """Give the trader margin in the venue's own dex."""
    bring(market, USDC, dollars * USDC_WEI)
    market.venue("transferPerp", 0, dollars * USD, True, sender=TRADER)


def close_all(market: Market) -> None:
    """Close the trader's BTC and take everything home."""
    szi = market.venue("positionOf", TRADER, BTC_PERP)["szi"]
    order(market, BTC_PERP, -szi)
    home = market.venue("rawUsdOf", TRADER, 0)
    market.venue("transferPerp", 0, home, False, sender=TRADER)


def order(market: Market, asset: int, size: int) -> None:
    """Buy, or sell when the size is below zero, at whatever price."""
    is_buy = size > 0
    limit = ANY_BUY if is_buy else 0
    market.venue("order", asset, is_buy, limit, abs(size), False, sender=TRADER)


def enable(market: Market) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)


def refused(market: Market, account: str = TRADER) -> tuple[int, int]:
    """Return volume and value (1e-6 USD) with which an account is refused."""
    name, values = refusal(market.venue, "setMode", PORTFOLIO_MARGIN, sender=account)
    assert name == "EnablingRefused"
    return values[0], values[2]


def test_enabling_without_conditions_is_open_to_everybody(mirrored: MirroredMarket) -> None:
    enable(mirrored)
    assert mirrored.event("ModeSet")["mode"] == PORTFOLIO_MARGIN


def test_enabling_is_refused_with_all_numbers(mirrored: MirroredMarket) -> None:
    ask_for(mirrored, **SHARED)
    margined(mirrored, 9_000)
    # 0.5 BTC bought and sold at 100,000.
    order(mirrored, BTC_PERP, ONE_BTC // 2)
    close_all(mirrored)
    values = (100_000 * USD, 5_000_000 * USD, 9_000 * USD, 10_000 * USD, 25_000_000 * USD)
    answer = refusal(mirrored.venue, "setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert answer == ("EnablingRefused", values)


def test_volume_must_be_above_its_minimum(mirrored: MirroredMarket) -> None:
    # 0.5 BTC bought and sold at 100,000 is 100,000; the least that can be traded is 1 USD.
    ask_for(mirrored, min_volume=100_000)
    margined(mirrored, 9_000)
    order(mirrored, BTC_PERP, ONE_BTC // 2)
    close_all(mirrored)
    assert refused(mirrored) == (100_000 * USD, 9_000 * USD)
    order(mirrored, 10_166, 1)  # 0.01 USDT0 at 1, twice
    enable(mirrored)
    assert mirrored.venue("volumeOf", TRADER) == (100_000 * USD + 20_000, 100_000 * USD + 20_000)


def test_spot_counts_twice_and_neither_the_market_maker_nor_a_refusal_at_all(
    mirrored: MirroredMarket,
) -> None:
    bring(mirrored, USDC, 100_000 * USDC_WEI)
    order(mirrored, UBTC_SPOT, ONE_BTC // 2)
    refusal(mirrored.venue, "order", UBTC_SPOT, True, ANY_BUY, ONE_BTC, False, sender=TRADER)
    order(mirrored, UBTC_SPOT, -ONE_BTC // 4)
    assert mirrored.venue("volumeOf", TRADER) == (150_000 * USD, 150_000 * USD)
    assert mirrored.venue("volumeOf", MAKER) == (0, 0)


def test_volume_of_a_liquidation_is_nobodys(mirrored: MirroredMarket) -> None:
    margined(mirrored, 2_500)
    order(mirrored, BTC_PERP, ONE_BTC)
    mirrored.set_prices(btc=98_500)
    mirrored.venue("liquidate", TRADER, sender=KEEPER)
    assert mirrored.event("PositionClosed")["szi"] < 0
    assert mirrored.venue("volumeOf", TRADER) == (100_000 * USD, 100_000 * USD)
    assert mirrored.venue("volumeOf", KEEPER) == (0, 0)


def test_volume_counts_for_the_policys_days_or_for_ever(mirrored: MirroredMarket) -> None:
    warp = mirrored.warp
    bring(mirrored, USDC, 100_000 * USDC_WEI)
    # To a UTC day's last second; then half a BTC, and another three days later.
    warp(DAY - 1 - mirrored.evm.timestamp % DAY)
    order(mirrored, UBTC_SPOT, ONE_BTC // 4)
    warp(3 * DAY)
    order(mirrored, UBTC_SPOT, ONE_BTC // 2)
    one, both = 100_000 * USD, 150_000 * USD
    assert mirrored.venue("volumeOf", TRADER) == (both, both)
    for days, recent in ((1, one), (3, one), (4, both), (0, both), (2**16 - 1, both)):
        ask_for(mirrored, days=days)
        assert mirrored.venue("volumeOf", TRADER) == (recent, both)
    # Of 14 days the first falls out when the fifteenth begins.
    ask_for(mirrored)
    warp(10 * DAY)
    assert mirrored.venue("volumeOf", TRADER) == (both, both)
    warp(1)
    assert mirrored.venue("volumeOf", TRADER) == (one, both)
    warp(3 * DAY)
    assert mirrored.venue("volumeOf", TRADER) == (0, both)


def test_value_must_be_above_its_minimum_to_the_millionth(mirrored: MirroredMarket) -> None:
    ask_for(mirrored, min_value=10_000)
    bring(mirrored, USDC, 10_000 * USDC_WEI)
    assert refused(mirrored) == (0, 10_000 * USD)
    bring(mirrored, USDC, 100)
    enable(mirrored)


def test_value_alone_or_volume_alone_is_enough(mirrored: MirroredMarket) -> None:
    ask_for(mirrored, min_volume=100_000, min_value=200_000)
    bring(mirrored, USDC, 60_000 * USDC_WEI)
    order(mirrored, UBTC_SPOT, ONE_BTC // 2)
    assert refused(mirrored) == (100_000 * USD, 60_000 * USD)
    order(mirrored, UBTC_SPOT, 1)
    enable(mirrored)
    bring(mirrored, USDC, 200_001 * USDC_WEI, KEEPER)
    mirrored.venue("setMode", PORTFOLIO_MARGIN, sender=KEEPER)


def test_value_must_be_below_its_ceiling_whatever_the_volume(mirrored: MirroredMarket) -> None:
    ask_for(mirrored, min_volume=1, max_value=100_000)
    bring(mirrored, USDC, 100_000 * USDC_WEI)
    order(mirrored, UBTC_SPOT, ONE_BTC // 2)
    assert refused(mirrored) == (100_000 * USD, 100_000 * USD)
    mirrored.venue("withdraw", USDC, 100, TRADER, sender=TRADER)
    enable(mirrored)


def test_ceiling_alone_asks_for_no_minimum(mirrored: MirroredMarket) -> None:
    ask_for(mirrored, max_value=1)
    enable(mirrored)


def test_value_is_what_all_tokens_with_a_price_are_worth(market: Market) -> None:
    # 1,000 + 2 · 50 + 0.01 · 100,000 + nothing for USDT0, which has no price here.
    ask_for(market, min_value=10**9)
    for token, amount in ((USDC, 10**11), (HYPE, 2 * 10**8), (UBTC, 10**8), (USDT0, 10**14)):
        bring(market, token, amount)
    assert refused(market) == (0, 2_100 * USD)


def test_value_of_a_unified_account_holds_what_its_dex_hands_back(
    mirrored: MirroredMarket,
) -> None:
    # Long half a BTC from 100,000 to 104,000: 2,000 won.
    ask_for(mirrored, min_value=12_000)
    bring(mirrored, USDC, 10_000 * USDC_WEI)
    mirrored.venue("setMode", UNIFIED, sender=TRADER)
    order(mirrored, BTC_PERP, ONE_BTC // 2)
    mirrored.set_prices(btc=104_000)
    order(mirrored, BTC_PERP, -ONE_BTC // 2)
    assert refused(mirrored) == (102_000 * USD, 12_000 * USD)
    bring(mirrored, USDC, 100)
    enable(mirrored)


def test_sub_account_has_its_masters_volume_and_its_own_value(mirrored: MirroredMarket) -> None:
    venue = mirrored.venue
    sub = venue("subAccountOf", TRADER, 1)
    data = venue.calldata("setMode", PORTFOLIO_MARGIN)
    ask_for(mirrored, min_volume=99_999, max_value=50_000)
    answer = refusal(venue, "forSubAccount", 1, data, sender=TRADER)
    assert answer[1] == (0, 99_999 * USD, 0, NO_CONDITION, 50_000 * USD)
    # The master trades 100,000 of weighted volume and is itself too rich; the sub-account is not.
    bring(mirrored, USDC, 100_000 * USDC_WEI)
    order(mirrored, UBTC_SPOT, ONE_BTC // 2)
    assert refused(mirrored) == (100_000 * USD, 100_000 * USD)
    venue("forSubAccount", 1, data, sender=TRADER)
    assert venue("accountState", sub)["mode"] == PORTFOLIO_MARGIN
    assert venue("volumeOf", sub) == (0, 0)


def test_conditions_are_looked_at_only_on_the_way_in(mirrored: MirroredMarket) -> None:
    enable(mirrored)
    ask_for(mirrored, **SHARED)
    # Somebody inside stays, may say so again, and is asked once it comes back.
    bring(mirrored, USDC, 30_000_000 * USDC_WEI)
    enable(mirrored)
    mirrored.venue("setMode", STANDARD, sender=TRADER)
    assert refused(mirrored) == (0, 30_000_000 * USD)


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_other_modes_ask_for_nothing(mirrored: MirroredMarket, mode: int) -> None:
    ask_for(mirrored, **SHARED)
    mirrored.venue("setMode", mode, sender=TRADER)


def test_volume_of_every_dex_counts_in_its_own_dollars(wide_market: WideMarket) -> None:
    # 10 GOLD at 4,000 in a dex that counts in USDT0, at 1.03 USD each.
    wide_market.usdt0_px = 1_030_000
    wide_market.report()
    bring(wide_market, USDT0, 2_000 * USDC_WEI)
    wide_market.venue("transferPerp", 1, 2_000 * USD, True, sender=TRADER)
    order(wide_market, 110_000, 10 * 10**4)
    assert wide_market.venue("volumeOf", TRADER)[0] == 40_000 * USD
