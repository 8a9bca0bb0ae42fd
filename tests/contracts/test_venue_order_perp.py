"""order on perps: fills at the mark against the market maker. SPEC CH-01, CH-02, CH-06, AC-04."""

from __future__ import annotations

import pytest
from support.venue import (
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    MAKER,
    TRADER,
    USD,
    USDC,
    WAD,
    Market,
    refusal,
)

USDC_WEI = 10**8
ONE_BTC = 10**5
ANY_BUY, ANY_SELL = 2**64 - 1, 0


def standard_trader(market: Market, dollars: int, micro: int = 0) -> None:
    """Give the trader a standard account with margin in the dex: dollars and millionths."""
    usd = dollars * USD + micro
    market.fund(TRADER, USDC, usd * 100)
    market.venue("deposit", USDC, usd * 100, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, usd, True, sender=TRADER)


def sell(market: Market, asset: int, size: int) -> None:
    market.venue("order", asset, False, ANY_SELL, size, False, sender=TRADER)


def buy(market: Market, asset: int, size: int) -> None:
    market.venue("order", asset, True, ANY_BUY, size, False, sender=TRADER)


def test_order_moves_size_and_raw_usd_between_two_accounts(market: Market) -> None:
    standard_trader(market, 10_000)
    maker_before = market.venue("rawUsdOf", MAKER, 0)
    sell(market, BTC_PERP, ONE_BTC)
    assert market.event("Filled") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "isBuy": False,
        "px": 1_000_000,
        "sz": ONE_BTC,
        "fee": 0,
    }
    position = market.venue("positionOf", TRADER, BTC_PERP)
    assert (position["szi"], position["entryNtl"]) == (-ONE_BTC, 100_000 * USD)
    assert market.venue("rawUsdOf", TRADER, 0) == 110_000 * USD
    assert market.venue("positionOf", MAKER, BTC_PERP)["szi"] == ONE_BTC
    assert market.venue("rawUsdOf", MAKER, 0) - maker_before == -100_000 * USD


def test_order_of_a_portfolio_account_borrows_its_margin(market: Market) -> None:
    # The venue's carry trade: a tenth of the notional is kept in the dex and borrowed.
    market.portfolio_account(TRADER, ubtc=10**10)
    sell(market, BTC_PERP, ONE_BTC)
    assert market.event_names() == ["Swept", "DexFunded", "Filled"]
    assert market.event("DexFunded") == {"account": TRADER, "dexIndex": 0, "usd": 10_000 * USD}
    assert market.token(TRADER, USDC)["borrowed"] == 10_000 * USDC_WEI


@pytest.mark.parametrize(
    ("size", "entry"),
    [
        # Long 2 at 100,000; at 110,000: one more adds 110,000; one less leaves half; 3 less turns.
        (ONE_BTC, 310_000),
        (-ONE_BTC, 100_000),
        (-3 * ONE_BTC, 110_000),
        (-2 * ONE_BTC, 0),
    ],
)
def test_order_keeps_the_notional_at_entry(market: Market, size: int, entry: int) -> None:
    standard_trader(market, 50_000)
    buy(market, BTC_PERP, 2 * ONE_BTC)
    market.set_prices(btc=110_000)
    (buy if size > 0 else sell)(market, BTC_PERP, abs(size))
    position = market.venue("positionOf", TRADER, BTC_PERP)
    assert (position["szi"], position["entryNtl"]) == (2 * ONE_BTC + size, entry * USD)


def test_order_at_exactly_its_initial_margin_fills(market: Market) -> None:
    # 100,000 at 40x.
    standard_trader(market, 2_500)
    buy(market, BTC_PERP, ONE_BTC)


def test_order_a_millionth_below_its_initial_margin_is_refused(market: Market) -> None:
    standard_trader(market, 2_499, 999_999)
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, ONE_BTC, False, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 2_500 * USD, 2_500 * USD - 1))


def test_order_pays_its_fee_to_the_insurance_account(market: Market) -> None:
    # 0.045 % of 100,000 = 45.
    market.set_policy(perp_fee_ppm=450)
    standard_trader(market, 2_545)
    buy(market, BTC_PERP, ONE_BTC)
    assert market.event("Filled")["fee"] == 45 * USD
    assert market.venue("rawUsdOf", INSURANCE, 0) == 45 * USD
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 2_500 * USD


def test_order_rounds_its_fee_up(market: Market) -> None:
    # 0.01 HYPE at 50 = 0.5 USD; 333 millionths of it are 166.5 millionths of a USD.
    market.set_policy(perp_fee_ppm=333)
    standard_trader(market, 100)
    buy(market, HYPE_PERP, 1)
    assert market.event("Filled")["fee"] == 167


@pytest.mark.parametrize(("is_buy", "limit"), [(True, 999_999), (False, 1_000_001)])
def test_order_beyond_its_limit_is_refused(market: Market, is_buy: bool, limit: int) -> None:
    standard_trader(market, 10_000)
    refused = refusal(market.venue, "order", BTC_PERP, is_buy, limit, 1, False, sender=TRADER)
    assert refused == ("LimitPriceCrossed", (limit, 1_000_000))
    market.venue("order", BTC_PERP, is_buy, 1_000_000, 1, False, sender=TRADER)


def test_order_reduce_only_closes_and_does_not_turn(market: Market) -> None:
    standard_trader(market, 10_000)
    buy(market, BTC_PERP, ONE_BTC)
    refused = refusal(market.venue, "order", BTC_PERP, False, 0, ONE_BTC + 1, True, sender=TRADER)
    assert refused == ("ReduceOnlyViolated", (ONE_BTC, ONE_BTC + 1))
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, 1, True, sender=TRADER)
    assert refused == ("ReduceOnlyViolated", (ONE_BTC, 1))
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, True, sender=TRADER)
    assert market.venue("positionOf", TRADER, BTC_PERP)["szi"] == 0


def test_order_reduce_only_without_a_position_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, 5, True, sender=TRADER)
    assert refused == ("ReduceOnlyViolated", (0, 5))


@pytest.mark.parametrize("size", [0, 2**63])
def test_order_of_a_size_out_of_range_is_refused(market: Market, size: int) -> None:
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, size, False, sender=TRADER)
    assert refused == ("InvalidSize", (size,))


def test_order_that_makes_a_position_too_large_is_refused(market: Market) -> None:
    # At 0.1 USD the largest size is worth 9.2 trillion; a fortieth of it is margin, on both sides.
    market.set_prices(btc="0.1")
    for role in (TRADER, MAKER):
        market.fund(role, USDC, 10**12 * USDC_WEI)
        market.venue("deposit", USDC, 10**12 * USDC_WEI, role, sender=role)
        market.venue("transferPerp", 0, 10**12 * USD, True, sender=role)
    buy(market, BTC_PERP, 2**63 - 1)
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("InvalidSize", (1,))
    sell(market, BTC_PERP, 2**63 - 1)


def test_order_of_the_market_maker_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, 1, False, sender=MAKER)
    assert refused == ("SelfTrade", (MAKER,))


def test_order_beyond_the_market_makers_margin_is_refused(market: Market) -> None:
    # The maker has 500,000,000 in the dex: 200,000 BTC at 100,000 and 40x, and not one lot more.
    standard_trader(market, 600_000_000)
    size = 200_000 * ONE_BTC
    refused = refusal(market.venue, "order", BTC_PERP, False, 0, size + 40, False, sender=TRADER)
    # 40 lots are 40 USD of notional, 1 USD of margin.
    assert refused == ("MakerCapacity", (500_000_001 * USD, 500_000_000 * USD))
    sell(market, BTC_PERP, size)
    # Reducing what the maker holds is always taken.
    market.set_prices(btc=99_000)
    buy(market, BTC_PERP, 1)


def test_order_on_an_unlisted_asset_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "order", 99, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("UnknownAsset", (99,))


def test_order_without_a_mark_is_refused(market: Market) -> None:
    market.registry("listPerp", (7, "NEW", 0, 2, 10, 52))
    refused = refusal(market.venue, "order", 7, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("MarkMissing", (7,))


def test_order_on_an_old_mark_may_only_reduce_and_on_a_very_old_one_nothing(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    standard_trader(market, 10_000)
    buy(market, BTC_PERP, 10)
    market.evm.warp(61)
    refused = refusal(market.venue, "order", BTC_PERP, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))
    sell(market, BTC_PERP, 1)
    market.evm.warp(540)
    refused = refusal(market.venue, "order", BTC_PERP, False, 0, 1, False, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 601, 600))


def test_order_that_borrows_below_health_factor_one_is_refused(market: Market) -> None:
    # 1 UBTC carries 50,000; short 10,100 HYPE at 50 keeps a tenth of 505,000 in the dex: 50,500.
    market.portfolio_account(TRADER, ubtc=10**10)
    refused = refusal(market.venue, "order", HYPE_PERP, False, 0, 1_010_000, False, sender=TRADER)
    assert refused == ("HealthFactorBelowOne", (50_000 * WAD // 50_500,))
    sell(market, HYPE_PERP, 1_000_000)


def test_order_beside_a_position_of_another_asset_on_an_old_mark_is_refused(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    standard_trader(market, 10_000)
    buy(market, BTC_PERP, 10)
    market.evm.warp(61)
    market.set_prices(hype=50)
    refused = refusal(market.venue, "order", HYPE_PERP, True, ANY_BUY, 1, False, sender=TRADER)
    assert refused == ("StaleMark", (BTC_PERP, 61, 60))


def test_order_that_reduces_needs_no_margin(market: Market) -> None:
    """SPEC CH-02: an account below every margin may still make its position smaller."""
    standard_trader(market, 2_500)
    buy(market, BTC_PERP, ONE_BTC)
    market.set_prices(btc=98_000)
    sell(market, BTC_PERP, ONE_BTC // 2)
    assert market.venue("positionOf", TRADER, BTC_PERP)["szi"] == ONE_BTC // 2


def test_order_of_a_unified_account_is_backed_by_its_spot(market: Market) -> None:
    market.venue("setMode", 1, sender=TRADER)
    market.fund(TRADER, USDC, 12_000 * USDC_WEI)
    market.venue("deposit", USDC, 12_000 * USDC_WEI, TRADER, sender=TRADER)
    buy(market, BTC_PERP, ONE_BTC)
    # A tenth of the notional is in the dex, the rest stays idle; HYPE would back nothing.
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"], token["borrowed"]) == (2_000 * USDC_WEI, 0, 0)
    market.fund(TRADER, HYPE, 10**12)
    market.venue("deposit", HYPE, 10**12, TRADER, sender=TRADER)
    assert market.margin(TRADER)["borrowPower"] == 0


def test_order_whose_fee_leaves_the_number_range_is_refused_by_name(market: Market) -> None:
    """(2^63 − 1) · (2^64 − 1) still fits 127 bits, and its fee beside it no longer does."""
    market.set_policy(perp_fee_ppm=1)
    market.registry("reportPrices", [], [(HYPE_PERP, 2**64 - 1, 500_000)], 10**8)
    notional = (2**63 - 1) * (2**64 - 1)
    order = ("order", HYPE_PERP, True, 2**64 - 1, 2**63 - 1, False)
    refused = refusal(market.venue, *order, sender=TRADER)
    assert refused == ("DoesNotFit128", (notional + -(-notional // 10**6),))
