"""Action 1, 10 and 11: units, time in force, what rests, delay. SPEC HC-12 to HC-15."""

from __future__ import annotations

from typing import Any

import pytest
from support.hypercore import APPLIED, CANCELLED, FAILED, QUEUED, RESTING, HyperMarket
from support.venue import BTC_PERP, HYPE_USDC, KEEPER, TRADER, USD, USDC

from pmkit.hypercore.core_actions import ALO, GTC, IOC, encode_action

USDC_WEI = 10**8
HUMAN = 10**8
"""One, in the prices and sizes of actions."""
HYPE_SPOT = 10_000 + HYPE_USDC


def order(**changes: Any) -> bytes:
    """Return the purchase of 0.5 BTC at 100,000, its price, with some fields changed."""
    fields = {
        "asset": BTC_PERP,
        "is_buy": True,
        "limit_px": 100_000 * HUMAN,
        "sz": HUMAN // 2,
        "reduce_only": False,
        "tif": IOC,
        "cloid": 0,
    }
    return encode_action("limit_order", **{**fields, **changes})


@pytest.fixture
def trader(market: HyperMarket) -> str:
    """Give the contract 100,000 USD in dex 0 and 100,000 USDC in spot."""
    user = market.on_core(USDC, 200_000 * USDC_WEI)
    market.done("usd_class_transfer", ntl=100_000 * USD, to_perp=True)
    return user


def szi(market: HyperMarket, user: str) -> int:
    """Return the BTC position, 1e-5."""
    found: int = market.read("position", user, BTC_PERP)["szi"]
    return found


@pytest.mark.parametrize("tif", [GTC, IOC])
def test_perp_order_fills_at_the_mark(market: HyperMarket, trader: str, tif: int) -> None:
    number = market.act(order(limit_px=100_001 * HUMAN, tif=tif))
    market.step()
    filled = {"account": trader.lower(), "asset": 0, "isBuy": True, "px": 1_000_000}
    assert filled.items() <= market.event("Filled").items()
    assert market.outcome(number) == (APPLIED, None, ())
    # 0.5 BTC in 1e-5; entry at 50,000 USD in 1e-6.
    held = market.read("position", trader, BTC_PERP)
    assert (held["szi"], held["entry_ntl"]) == (50_000, 50_000 * USD)


def test_spot_order_fills_at_the_pairs_price(market: HyperMarket, trader: str) -> None:
    number = market.act(order(asset=HYPE_SPOT, limit_px=50 * HUMAN, sz=1_234 * HUMAN // 100))
    market.step()
    assert market.outcome(number) == (APPLIED, None, ())
    # 12.34 HYPE for 617 of the 100,000 USDC.
    assert market.read("spot_balance", trader, 150)["total"] == 1_234 * 10**6
    assert market.read("spot_balance", trader, USDC)["total"] == 99_383 * USDC_WEI


def test_ioc_beyond_its_limit_fails_with_the_venues_error(market: HyperMarket, trader: str) -> None:
    number = market.act(order(limit_px=99_999 * HUMAN))
    market.step()
    assert market.outcome(number) == (FAILED, "LimitPriceCrossed", (999_990, 1_000_000))


def test_alo_fails_where_it_would_fill_and_rests_where_not(
    market: HyperMarket, trader: str
) -> None:
    first = market.act(order(tif=ALO), order(tif=ALO, limit_px=99_999 * HUMAN))
    market.step()
    assert market.outcome(first) == (FAILED, "WouldFill", (1_000_000, 1_000_000))
    assert market.outcome(first + 1) == (RESTING, None, ())


def test_gtc_rests_until_a_report_crosses_it(market: HyperMarket, trader: str) -> None:
    """SPEC HC-13."""
    number = market.act(order(tif=GTC, limit_px=99_000 * HUMAN))
    market.step()
    assert market.outcome(number) == (RESTING, None, ())
    assert market.core("restingOrders") == [number]
    assert not market.core("hasWork")
    market.set_prices(btc=98_500)
    assert market.core("hasWork")
    market.step()
    assert market.outcome(number) == (APPLIED, None, ())
    # It fills at the mark, which is better than its limit.
    assert market.read("position", trader, BTC_PERP)["entry_ntl"] == 49_250 * USD
    assert market.core("restingOrders") == []
    assert not market.core("hasWork")


def test_resting_order_that_the_venue_refuses_when_its_price_comes_is_gone(
    market: HyperMarket, trader: str
) -> None:
    number = market.act(order(tif=GTC, limit_px=99_000 * HUMAN, sz=100 * HUMAN))
    market.step()
    market.set_prices(btc=99_000)
    market.step()
    status, name, _ = market.outcome(number)
    assert (status, name) == (FAILED, "InsufficientMargin")
    assert market.core("restingOrders") == []


def test_cancel_by_oid_takes_back_an_own_order_of_the_asset(
    market: HyperMarket, trader: str
) -> None:
    """SPEC HC-15."""
    first = market.act(*[order(tif=GTC, limit_px=90_000 * HUMAN)] * 3)
    market.step()
    refused = market.ended("cancel_by_oid", asset=159, oid=first)
    assert refused == (FAILED, "NoSuchOrder", (159, first))
    market.on_core(USDC, USDC_WEI, KEEPER)
    refused = market.ended("cancel_by_oid", KEEPER, asset=BTC_PERP, oid=first)
    assert refused == (FAILED, "NoSuchOrder", (BTC_PERP, first))
    market.done("cancel_by_oid", asset=BTC_PERP, oid=first + 1)
    assert market.outcome(first + 1) == (CANCELLED, None, ())
    assert market.core("restingOrders") == [first, first + 2]
    market.set_prices(btc=90_000)
    market.step()
    assert szi(market, trader) == 100_000


def test_cancel_by_cloid(market: HyperMarket, trader: str) -> None:
    cloid = 2**128 - 1
    rests = order(tif=ALO, limit_px=90_000 * HUMAN, cloid=cloid)
    number = market.act(rests, order(tif=ALO, limit_px=90_000 * HUMAN))
    market.step()
    refused = market.ended("cancel_by_cloid", asset=BTC_PERP, cloid=0)
    assert refused == (FAILED, "NoSuchOrder", (BTC_PERP, 0))
    market.done("cancel_by_cloid", asset=BTC_PERP, cloid=cloid)
    assert market.outcome(number) == (CANCELLED, None, ())
    assert market.core("restingOrders") == [number + 1]


def test_reduce_only_is_the_venues(market: HyperMarket, trader: str) -> None:
    number = market.act(order(reduce_only=True))
    market.step()
    assert market.outcome(number) == (FAILED, "ReduceOnlyViolated", (0, 50_000))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        # BTC: prices by 0.1 and sizes by 1e-5, in 1e-8.
        ({"limit_px": 100_000 * HUMAN + 1}, ("InexactPrice", (0, 10_000_000_000_001, 10**7))),
        ({"sz": HUMAN // 2 + 1}, ("InexactSize", (0, 50_000_001, 10**3))),
        # HYPE spot: prices by 1e-6, sizes by 0.01.
        ({"asset": HYPE_SPOT, "limit_px": 150}, ("InexactPrice", (HYPE_SPOT, 150, 100))),
        ({"asset": HYPE_SPOT, "sz": 10**5}, ("InexactSize", (HYPE_SPOT, 10**5, 10**6))),
        ({"sz": 0}, ("InvalidSize", (0,))),
        ({"tif": 0}, ("UnknownTif", (0,))),
        ({"tif": 4}, ("UnknownTif", (4,))),
        ({"asset": 7}, ("UnknownAsset", (7,))),
        ({"asset": 10_007}, ("UnknownPair", (7,))),
        ({"asset": 110_000}, ("UnknownAsset", (110_000,))),
    ],
)
def test_order_that_cannot_be_is_refused_by_name(
    market: HyperMarket, trader: str, changes: dict[str, Any], error: tuple[str, Any]
) -> None:
    """SPEC HC-12."""
    number = market.act(order(**changes))
    market.step()
    assert market.outcome(number) == (FAILED, *error)


def test_order_of_portfolio_margin_borrows_by_itself(market: HyperMarket) -> None:
    user = market.on_core(150, 10_000 * 10**8)
    market.done("set_abstraction", user=user, mode=3)
    buy = order(asset=10_142, limit_px=100_000 * HUMAN, sz=HUMAN)
    number = market.act(buy)
    market.step()
    assert market.outcome(number) == (APPLIED, None, ())
    # One UBTC at 100,000, all of it borrowed against 500,000 of HYPE.
    lent = market.read("borrow_lend_user_state", user, USDC)
    assert lent["borrow_value"] == 100_000 * USDC_WEI


def test_order_waits_for_its_delay_and_nothing_else_does(market: HyperMarket, trader: str) -> None:
    """SPEC HC-14."""
    market.set_core(order_delay=3)
    send = encode_action("spot_send", destination=TRADER, token=USDC, wei=USDC_WEI)
    number = market.act(order(), send)
    market.step()
    assert market.outcome(number) == (QUEUED, None, ())
    assert market.outcome(number + 1) == (APPLIED, None, ())
    for _ in range(3):
        assert not market.core("hasWork")
        market.step()
        assert market.outcome(number) == (QUEUED, None, ())
        market.evm.warp(1)
    assert market.core("hasWork")
    market.step()
    assert market.outcome(number) == (APPLIED, None, ())
    assert szi(market, trader) == 50_000
