"""What cannot be paid, whatever it is for: own balance, the pool's cash, caps, and deficits.

SPEC BL-11, CH-03, CH-09, LQ-12, CH-22.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.isolated import ANY_BUY, ONE_BTC
from support.loans import HYPE_WEI, faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    RAY,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    UNLIMITED,
    USD,
    USDC,
    Market,
    refusal,
)
from support.wide_market import WideMarket

WEI = 10**8
ONE_HYPE = 100
HYPE_SPOT = 10_107
PAY = 500 * WEI
PAYING = (
    ("order", HYPE_SPOT, True, ANY_BUY, 10 * ONE_HYPE, False),
    (
        "matchOrders",
        HYPE_SPOT,
        (TRADER, ANY_BUY, False),
        (MAKER, 0, False),
        50_000_000,
        1_000,
        True,
    ),
    ("updateIsolatedMargin", HYPE_PERP, 500 * USD),
)
"""10 HYPE at 50, and as much margin."""


def name_of(call: Any) -> str | None:
    return call[0] if isinstance(call, tuple) else None


def refused(market: Market, call: tuple[Any, ...]) -> Any:
    """Return how a payment of the trader's is refused."""
    function, *args = call
    market.registry("grantRole", keccak(text="MATCHER"), KEEPER)
    for account in (TRADER, MAKER):
        market.venue("approveOperator", KEEPER, True, sender=account)
    sender = KEEPER if function == "matchOrders" else TRADER
    return refusal(market.venue, function, *args, sender=sender)


def payer(market: Market, mode: int, usdc: int, ubtc: int = 0) -> None:
    """Give the trader USDC beside the 5 that carry an isolated 1 HYPE."""
    market.venue("setMode", mode, sender=TRADER)
    for token, amount in ((USDC, (usdc + 5) * WEI), (UBTC, ubtc * 10**10)):
        if amount:
            market.fund(TRADER, token, amount)
            market.venue("deposit", token, amount, TRADER, sender=TRADER)
    market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)


def lose(market: Market, dollars: int = 20_000) -> None:
    """Leave USDC's reserve with a deficit: what an isolated short of 1 BTC lost beyond 10,000."""
    short = "0x" + "d5" * 20
    market.fund(short, USDC, 10_000 * WEI)
    market.venue("deposit", USDC, 10_000 * WEI, short, sender=short)
    market.venue("transferPerp", 0, 10_000 * USD, True, sender=short)
    market.venue("setIsolated", BTC_PERP, True, sender=short)
    market.venue("setLeverage", BTC_PERP, 10, sender=short)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=short)
    market.set_prices(btc=110_000 + dollars)
    market.venue("liquidateIsolated", short, BTC_PERP, sender=KEEPER)
    covered = {"token": USDC, "buffer": 0, "insurance": 0, "deficit": dollars * WEI}
    assert market.event("LossCovered") == covered
    market.set_prices(btc=100_000)


@pytest.mark.parametrize("call", PAYING, ids=name_of)
def test_payment_beyond_own_balance_is_refused(market: Market, call: tuple[Any, ...]) -> None:
    payer(market, UNIFIED, 100)
    assert refused(market, call) == ("InsufficientBalance", (USDC, PAY, 100 * WEI))


@pytest.mark.parametrize("call", PAYING, ids=name_of)
def test_payment_by_debt_beyond_a_cap_is_refused(market: Market, call: tuple[Any, ...]) -> None:
    market.set_caps(USDC, user_borrow=300 * WEI)
    payer(market, PORTFOLIO_MARGIN, 100, ubtc=1)
    assert refused(market, call) == ("BorrowCapExceeded", (USDC, 400 * WEI, 300 * WEI))


@pytest.mark.parametrize("call", PAYING, ids=name_of)
def test_payment_beyond_the_pools_cash_is_refused(market: Market, call: tuple[Any, ...]) -> None:
    payer(market, PORTFOLIO_MARGIN, 100, ubtc=1)
    market.venue("withdraw", USDC, (50_000_000 - 300) * WEI, SUPPLIER, sender=SUPPLIER)
    assert refused(market, call) == ("InsufficientCash", (USDC, PAY, 400 * WEI))


@pytest.mark.parametrize("call", PAYING, ids=name_of)
def test_payment_from_supply_waits_for_a_deficit(market: Market, call: tuple[Any, ...]) -> None:
    payer(market, PORTFOLIO_MARGIN, 600, ubtc=1)
    lose(market)
    assert refused(market, call) == ("WithdrawLocked", (USDC, 20_000 * WEI, 0))


@pytest.mark.parametrize("call", [("withdraw", USDC, WEI, TRADER), ("spotSend", TRADER, USDC, WEI)])
def test_supply_does_not_leave_before_a_deficit_is_paid(
    market: Market, call: tuple[Any, ...]
) -> None:
    lose(market)
    answer = refusal(market.venue, *call, sender=SUPPLIER)
    assert answer == ("WithdrawLocked", (USDC, 20_000 * WEI, 0))


def test_supply_that_is_lent_out_cannot_be_sent(market: Market) -> None:
    market.portfolio_account(BORROWER, ubtc=1_000 * 10**10)
    market.venue("borrow", USDC, 49_999_999 * WEI, sender=BORROWER)
    answer = refusal(market.venue, "spotSend", TRADER, USDC, 2 * WEI, sender=SUPPLIER)
    assert answer == ("InsufficientCash", (USDC, 2 * WEI, WEI))


def test_inventory_waits_for_a_deficit_of_its_token(wide_market: WideMarket) -> None:
    """A dex that counts in HYPE: an isolated short of 1 BTC at 1 HYPE lost 2 and had 1."""
    market = wide_market
    market.registry("listDex", 3, "hype", HYPE)
    market.registry("listPerp", (300_000, "hype:BTC", 3, 0, 10, 10))
    market.registry("reportPrices", [], [(300_000, 10**6, 10**6)], WEI)
    for account, amount in ((MAKER, 1_000), (TRADER, 1)):
        market.fund(account, HYPE, amount * HYPE_WEI)
        market.venue("deposit", HYPE, amount * HYPE_WEI, account, sender=account)
        market.venue("transferPerp", 3, amount * USD, True, sender=account)
    market.venue("setIsolated", 300_000, True, sender=TRADER)
    market.venue("setLeverage", 300_000, 1, sender=TRADER)
    market.venue("order", 300_000, False, 0, 1, False, sender=TRADER)
    faq_loan(market)
    market.set_prices(hype=33)
    market.venue("liquidate", BORROWER, sender=KEEPER)
    market.registry("reportPrices", [], [(300_000, 3 * 10**6, 3 * 10**6)], WEI)
    market.venue("liquidateIsolated", TRADER, 300_000, sender=KEEPER)
    market.evm.warp(600)
    answer = refusal(market.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert answer == ("WithdrawLocked", (HYPE, HYPE_WEI, 0))


# Deficits, and what paying them tells

HOUR = 3_600
FULL = UNLIMITED // 100 * 100
"""Most that a balance holds, in units of the wallet."""
# An hour at 5 %: e^(0.05 / 8760) - 1 = 5.707778846385321378207e-6. Of 50,000 that are lent a tenth
# is kept, 1e-9 wei; nine tenths go to 50 million.
BORROW_INDEX = RAY + 5_707_778_846_385_321_378_207
SUPPLY_INDEX = RAY + 5_137_000_961_746_789_000
BUFFER = 2_853_889_423_192_660


@pytest.fixture
def short_of(market: Market) -> Market:
    """Give a market short of 20,000 USDC, 1,000 lent at no rate, and an hour that has just turned.

    The global borrow cap is reached, and nobody has told so yet.
    """
    market.registry("setRateCurve", USDC, (0, 0, RAY, 0, False))
    market.portfolio_account(BORROWER, ubtc=10**10)
    market.venue("borrow", USDC, 1_000 * WEI, sender=BORROWER)
    lose(market)
    market.evm.warp(HOUR)
    market.set_caps(USDC, global_borrow=1_000 * WEI)
    return market


def interest(market: Market) -> list[tuple[str, dict[str, int]]]:
    indexes = {"token": USDC, "supplyIndex": RAY, "borrowIndex": RAY}
    hour = {"hour": market.evm.timestamp // HOUR}
    return [("InterestHour", {**indexes, **hour}), ("Accrued", {**indexes, "buffer": 0})]


def told(before: int, now: int) -> tuple[str, dict[str, int]]:
    return "ReserveStatusSet", {"token": USDC, "bitsBefore": before, "bitsNow": now}


def test_cover_deficit_tells_all(short_of: Market) -> None:
    short_of.fund(KEEPER, USDC, 20_000 * WEI)
    short_of.venue("coverDeficit", USDC, EVERYTHING, sender=KEEPER)
    venue, paid = short_of.venue.address.lower(), 20_000 * USD
    covered = {"payer": KEEPER, "buffer": 0, "paid": 20_000 * WEI, "left": 0}
    assert short_of.evm.logs == [
        ("Transfer", {"from": KEEPER, "to": venue, "value": paid}),
        ("DeficitCovered", {"token": USDC, **covered}),
        told(8, 4),
    ]


def test_cover_deficit_from_insurance_tells_all(short_of: Market) -> None:
    short_of.fund(KEEPER, USDC, 5_000 * WEI)
    short_of.set_caps(USDC)
    short_of.venue("deposit", USDC, 5_000 * WEI, INSURANCE, sender=KEEPER)
    short_of.set_caps(USDC, global_borrow=1_000 * WEI)
    short_of.venue("coverDeficitFromInsurance", USDC, sender=KEEPER)
    covered = {"payer": INSURANCE, "buffer": 0, "paid": 5_000 * WEI, "left": 15_000 * WEI}
    assert short_of.evm.logs == [
        *interest(short_of),
        ("DeficitCovered", {"token": USDC, **covered}),
        told(8, 12),
    ]


def test_socialise_tells_all(short_of: Market) -> None:
    # 20,000 of 50 million supplied: 0.0004.
    short_of.venue("socialise", USDC)
    indexes = {"indexBefore": RAY, "indexAfter": RAY * 9_996 // 10_000}
    assert short_of.evm.logs == [
        *interest(short_of),
        ("Socialised", {"token": USDC, "amount": 20_000 * WEI, **indexes}),
        told(8, 4),
    ]


def test_socialise_of_more_than_all_supply_is_refused_with_the_numbers(short_of: Market) -> None:
    short_of.fund(KEEPER, USDC, 40_000 * WEI)
    short_of.venue("deposit", USDC, 20_000 * WEI, INSURANCE, sender=KEEPER)
    # The backstop has borrowed a tenth of the position that it took over.
    for account in (BORROWER, BACKSTOP):
        short_of.venue("repay", USDC, EVERYTHING, account, sender=KEEPER)
    # Back at 100,000 its dex hands 43,000 less 10,000 back.
    short_of.venue("withdraw", USDC, 33_000 * WEI, BACKSTOP, sender=BACKSTOP)
    short_of.venue("withdraw", USDC, 1_000 * WEI, BORROWER, sender=BORROWER)
    short_of.venue("withdraw", USDC, (50_000_000 - 20_000) * WEI, SUPPLIER, sender=SUPPLIER)
    answer = refusal(short_of.venue, "socialise", USDC, sender="0x" + "de" * 20)
    assert answer == ("DeficitTooLarge", (USDC, 20_000 * WEI, 20_000 * WEI))


def test_transfer_tells_the_state_of_a_reserve_with_a_deficit(short_of: Market) -> None:
    short_of.fund(KEEPER, USDC, WEI)
    short_of.set_caps(USDC)
    short_of.venue("deposit", USDC, WEI, KEEPER, sender=KEEPER)
    short_of.set_caps(USDC, global_borrow=1_000 * WEI)
    short_of.venue("transferPerp", 0, USD, True, sender=KEEPER)
    moved = {"account": KEEPER, "dex": 0, "usd": USD}
    assert short_of.evm.logs == [("PerpTransferred", moved), told(8, 12)]


def test_sweep_of_the_buffer_tells_all(market: Market) -> None:
    # The second hour has no rate.
    market.portfolio_account(BORROWER, ubtc=10**10)
    market.venue("borrow", USDC, 50_000 * WEI, sender=BORROWER)
    market.evm.warp(HOUR)
    market.venue("accrue", USDC, sender=KEEPER)
    market.registry("setRateCurve", USDC, (0, 0, RAY, 0, False))
    market.evm.warp(HOUR)
    market.set_caps(USDC, global_borrow=50_000 * WEI)
    market.venue("sweepBuffer", USDC, sender=KEEPER)
    indexes = {"token": USDC, "supplyIndex": SUPPLY_INDEX, "borrowIndex": BORROW_INDEX}
    assert market.evm.logs == [
        ("InterestHour", {**indexes, "hour": market.evm.timestamp // HOUR}),
        ("Accrued", {**indexes, "buffer": BUFFER}),
        ("BufferSwept", {"token": USDC, "amount": BUFFER // 10**9}),
        told(0, 4),
    ]


def test_cover_deficit_whose_change_does_not_fit_is_refused(market: Market) -> None:
    """A unit of the wallet is 100 wei; what it brings beyond the deficit stays the payer's."""
    lose(market)
    for _ in range(2):
        market.fund(KEEPER, USDC, UNLIMITED)
    market.venue("deposit", USDC, FULL, KEEPER, sender=KEEPER)
    market.venue("deposit", USDC, 100, TRADER, sender=KEEPER)
    market.venue("spotSend", INSURANCE, USDC, 99, sender=TRADER)
    market.venue("coverDeficitFromInsurance", USDC, sender=KEEPER)
    answer = refusal(market.venue, "coverDeficit", USDC, EVERYTHING, sender=KEEPER)
    assert answer == ("DoesNotFit128", (FULL + 99,))


def test_sweep_of_the_buffer_into_a_full_account_is_refused(market: Market) -> None:
    market.portfolio_account(BORROWER, ubtc=10**10)
    market.venue("borrow", USDC, 50_000 * WEI, sender=BORROWER)
    market.evm.warp(HOUR)
    market.fund(KEEPER, USDC, UNLIMITED)
    market.venue("deposit", USDC, FULL, INSURANCE, sender=KEEPER)
    answer = refusal(market.venue, "sweepBuffer", USDC, sender=KEEPER)
    assert answer == ("DoesNotFit128", (FULL + BUFFER // 10**9,))


def test_borrow_into_a_full_account_is_refused(market: Market) -> None:
    """Once it ran into a panic."""
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", USDC, 1_000 * WEI, sender=BORROWER)
    market.fund(KEEPER, USDC, UNLIMITED)
    market.venue("deposit", USDC, FULL - 1_000 * WEI, BORROWER, sender=KEEPER)
    answer = refusal(market.venue, "borrow", USDC, 1_000 * WEI, sender=BORROWER)
    assert answer == ("DoesNotFit128", (FULL + 1_000 * WEI,))
