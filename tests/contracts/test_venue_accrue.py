"""accrue and reserveOf: interest by the curve and where it goes. SPEC BL-01 to BL-08."""

from __future__ import annotations

import pytest
from support.venue import (
    ANNUAL_CURVE,
    BORROWER,
    EVERYTHING,
    KEEPER,
    RAY,
    STABLE_CURVE,
    SUPPLIER,
    TRADER,
    USDC,
    USDT0,
    WAD,
    Market,
    refusal,
)
from support.wide_market import WideMarket

USDC_WEI = 10**8
MILLION = 1_000_000 * USDC_WEI
MAX_INDEX = 2**104 - 1
"""What an index stops at. SPEC BL-22."""


def lend(market: Market, amount: int) -> None:
    """Let the borrower owe an amount of USDC."""
    market.portfolio_account(BORROWER, hype=10_000_000 * 10**8)
    market.venue("borrow", USDC, amount, sender=BORROWER)


def test_accrue_of_a_million_for_an_hour_is_the_worked_example(market: Market) -> None:
    # 1,000,000 at 5 % for an hour: expm1(0.05 / 8760) = 5.70778e-6. Of the interest of 5.70778 go
    # 5.13700 to suppliers and 0.57078 to the buffer.
    lend(market, MILLION)
    market.evm.warp(3_600)
    market.venue("accrue", USDC, sender=KEEPER)
    accrued = market.event("Accrued")
    reserve = market.venue("reserveOf", USDC)
    assert reserve["borrowed"] - MILLION == pytest.approx(5.70778 * USDC_WEI, abs=500)
    assert reserve["supplied"] - 50 * MILLION == pytest.approx(5.13700 * USDC_WEI, abs=500)
    assert reserve["buffer"] == pytest.approx(0.57078 * USDC_WEI, abs=500)
    assert accrued["token"] == USDC
    assert accrued["supplyIndex"] == reserve["supplyIndex"]
    assert accrued["borrowIndex"] == reserve["borrowIndex"]
    assert accrued["buffer"] // 10**9 == reserve["buffer"]


@pytest.mark.parametrize(
    ("percent", "borrow", "supply"),
    [
        # The venue's curve: 5 % up to 80 % utilization, then 4.75 per unit; suppliers get
        # rate · utilization · 0.9.
        (50, 500, 225),
        (80, 500, 360),
        (90, 5_250, 42_525 / 10),
        (100, 10_000, 9_000),
    ],
)
def test_reserve_at_a_utilization_shows_the_curves_rates(
    market: Market, percent: int, borrow: float, supply: float
) -> None:
    lend(market, 50 * MILLION * percent // 100)
    reserve = market.venue("reserveOf", USDC)
    assert reserve["utilization"] == RAY * percent // 100
    assert reserve["borrowRate"] == int(borrow * 10) * RAY // 100_000
    assert reserve["supplyRate"] == int(supply * 10) * RAY // 100_000


def test_reserve_without_debt_pays_nothing(market: Market) -> None:
    market.evm.warp(86_400)
    reserve = market.venue("reserveOf", USDC)
    assert (reserve["utilization"], reserve["supplyRate"]) == (0, 0)
    assert reserve["borrowRate"] == RAY * 5 // 100
    assert reserve["supplied"] == 50 * MILLION
    market.venue("accrue", USDC, sender=KEEPER)
    assert market.event_names() == []


def test_reserve_never_touched_is_empty(market: Market) -> None:
    reserve = market.venue("reserveOf", USDT0)
    assert (reserve["supplyIndex"], reserve["borrowIndex"]) == (RAY, RAY)
    figures = ("supplied", "borrowed", "cash", "buffer", "deficit", "utilization")
    assert all(reserve[name] == 0 for name in figures)


def test_reserve_shows_interest_before_anybody_stores_it(market: Market) -> None:
    lend(market, MILLION)
    market.evm.warp(86_400)
    shown = market.venue("reserveOf", USDC)
    market.venue("accrue", USDC, sender=KEEPER)
    assert market.venue("reserveOf", USDC) == shown


def test_accrue_twice_in_a_second_changes_nothing(market: Market) -> None:
    lend(market, MILLION)
    market.evm.warp(10)
    market.venue("accrue", USDC, sender=KEEPER)
    reserve = market.venue("reserveOf", USDC)
    market.venue("accrue", USDC, sender=KEEPER)
    assert market.event_names() == []
    assert market.venue("reserveOf", USDC) == reserve


def test_accrue_in_a_hundred_steps_is_accruing_once(market: Market) -> None:
    """SPEC BL-04: growth is exponential, so steps do not matter where the rate stands still."""
    lend(market, MILLION)
    once = Market.deploy()
    lend(once, MILLION)
    once.evm.warp(360_000)
    for _ in range(100):
        market.evm.warp(3_600)
        market.venue("accrue", USDC, sender=KEEPER)
    steps = market.venue("reserveOf", USDC)["borrowIndex"]
    whole = once.venue("reserveOf", USDC)["borrowIndex"]
    # 27 decimals, the last of them rounded in each step.
    assert abs(steps - whole) <= 200


@pytest.mark.parametrize(
    ("curve", "million_after_a_year"),
    [
        # e^0.05 = 1.05127109637602403969...
        (STABLE_CURVE, 1_051_271_09637603),
        (ANNUAL_CURVE, 1_050_000_00000000),
    ],
)
def test_accrue_of_a_year_at_five_percent_is_as_the_curve_compounds(
    market: Market, curve: tuple[object, ...], million_after_a_year: int
) -> None:
    """SPEC BL-04, BL-16."""
    market.registry("setRateCurve", USDC, curve)
    lend(market, MILLION)
    market.evm.warp(365 * 86_400)
    market.venue("accrue", USDC, sender=KEEPER)
    assert market.venue("reserveOf", USDC)["borrowed"] == million_after_a_year


def test_accrue_at_an_annual_rate_in_a_hundred_steps_is_accruing_once(market: Market) -> None:
    """SPEC BL-16: (1 + r)^t is a power of one number, so steps do not matter either."""
    market.registry("setRateCurve", USDC, ANNUAL_CURVE)
    lend(market, MILLION)
    for _ in range(100):
        market.evm.warp(315_360)
        market.venue("accrue", USDC, sender=KEEPER)
    # A unit of the 27th decimal in each step.
    index = market.venue("reserveOf", USDC)["borrowIndex"]
    assert abs(index - 105 * RAY // 100) <= 200


def test_accrue_at_a_new_curve_uses_it_from_the_last_accrual(market: Market) -> None:
    lend(market, MILLION)
    market.registry("setRateCurve", USDC, (RAY // 10, 0, RAY, 0, False))
    reserve = market.venue("reserveOf", USDC)
    assert (reserve["borrowRate"], reserve["supplyRate"]) == (RAY // 10, RAY // 10 // 50)


def test_accrue_after_decades_at_full_utilization_never_locks(market: Market) -> None:
    """SPEC BL-22: the index grows 20,282 times and stops; a reserve left alone still pays out."""
    lend(market, 50 * MILLION)
    market.evm.warp(9 * 365 * 86_400)
    market.venue("accrue", USDC, sender=KEEPER)
    # e^9 = 8,103.0839275753840...
    index = market.venue("reserveOf", USDC)["borrowIndex"]
    assert index // 10**17 == 81_030_839_275_753
    market.evm.warp(41 * 365 * 86_400)
    market.venue("accrue", USDC, sender=KEEPER)
    assert market.venue("reserveOf", USDC)["borrowIndex"] == MAX_INDEX
    market.fund(TRADER, USDC, USDC_WEI)
    market.venue("repay", USDC, USDC_WEI, BORROWER, sender=TRADER)
    market.venue("withdraw", USDC, USDC_WEI, SUPPLIER, sender=SUPPLIER)


def run_away() -> Market:
    """Return a market in which all was lent at the highest rate, and left alone twice."""
    market = Market.deploy()
    lend(market, 50 * MILLION)
    market.registry("setRateCurve", USDC, (5_000 * RAY, 0, RAY, WAD // 10, False))
    for _ in range(2):
        market.evm.warp(10 * 86_400)
        market.venue("accrue", USDC, sender=KEEPER)
    return market


def test_accrue_beyond_the_number_range_stops_and_never_locks() -> None:
    """SPEC BL-22. Once the second of two idle accruals refused everything: DoesNotFit128."""
    market = run_away()
    reserve = market.venue("reserveOf", USDC)
    assert reserve["borrowIndex"] == MAX_INDEX
    assert reserve["borrowed"] == -(-50 * MILLION * MAX_INDEX // RAY)
    market.fund(TRADER, USDC, 2 * reserve["borrowed"])
    market.venue("repay", USDC, USDC_WEI, BORROWER, sender=TRADER)
    assert market.event("Repaid")["amount"] == USDC_WEI
    market.venue("repay", USDC, EVERYTHING, BORROWER, sender=TRADER)
    assert market.token(BORROWER, USDC)["borrowed"] == 0
    market.venue("withdraw", USDC, EVERYTHING, SUPPLIER, sender=SUPPLIER)
    # An ERC-20's unit is 100 wei.
    assert market.token(SUPPLIER, USDC)["supplied"] < 100
    market.venue("supply", USDC, USDC_WEI, TRADER, sender=TRADER)


def test_accrue_beyond_the_number_range_leaves_liquidation_open() -> None:
    market = run_away()
    debt = market.venue("reserveOf", USDC)["borrowed"]
    # 10,000,000 HYPE carry 500,000,000 of it.
    step = market.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["loss"] == step["debtValue"] - 500 * 10**6 * WAD
    assert market.venue("balanceOf", BORROWER, USDC)["shares"] == 0
    assert market.venue("reserveOf", USDC)["deficit"] > debt * 8 // 10
    assert market.margin(BORROWER)["liquidatable"] is False


def test_accrue_of_an_unlisted_token_is_refused(market: Market) -> None:
    assert refusal(market.venue, "accrue", 999, sender=KEEPER) == ("UnknownToken", (999,))


def test_accrue_pays_a_small_supplier_its_share_to_the_wei(market: Market) -> None:
    # A supplier of 2 USDC earns its share to the wei below.
    market.fund(TRADER, USDC, 2 * USDC_WEI)
    market.venue("supply", USDC, 2 * USDC_WEI, TRADER, sender=TRADER)
    lend(market, 25 * MILLION)
    market.evm.warp(365 * 86_400)
    # expm1(0.05) · 25,000,000 / 50,000,002 · 0.9 · 2 = 0.0461439…
    earned = market.token(TRADER, USDC)["supplied"] - 2 * USDC_WEI
    assert earned == pytest.approx(0.046143986 * USDC_WEI, abs=2)
    assert market.venue("balanceOf", TRADER, USDC)["basis"] == 2 * USDC_WEI
    assert market.token(SUPPLIER, USDC)["supplied"] > 50 * MILLION


def test_accrue_names_the_token_by_the_venues_id(wide_market: WideMarket) -> None:
    """Once its events carried the listing index, 3, where all others carry the id."""
    wide_market.portfolio_account(BORROWER, hype=10**10)
    wide_market.venue("borrow", USDT0, 10**8, sender=BORROWER)
    wide_market.evm.warp(3_600)
    wide_market.venue("accrue", USDT0, sender=KEEPER)
    assert wide_market.event("Accrued")["token"] == USDT0
    assert wide_market.event("InterestHour")["token"] == USDT0


def test_accrue_announces_the_hour_once(market: Market) -> None:
    """SPEC BL-15: the first accrual of an hour since the epoch, and no other."""
    lend(market, 25 * MILLION)
    market.evm.warp(3_600)
    market.venue("accrue", USDC, sender=KEEPER)
    announced = market.event("InterestHour")
    reserve = market.venue("reserveOf", USDC)
    assert announced == {
        "token": USDC,
        "hour": market.evm.timestamp // 3_600,
        "supplyIndex": reserve["supplyIndex"],
        "borrowIndex": reserve["borrowIndex"],
    }
    market.evm.warp(1)
    market.venue("accrue", USDC, sender=KEEPER)
    assert [name for name, _ in market.evm.logs] == ["Accrued"]
