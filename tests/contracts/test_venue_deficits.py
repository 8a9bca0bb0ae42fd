"""Deficits: paying them down, spreading them, and who waits meanwhile. SPEC LQ-09 to LQ-12."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    HYPE_PERP,
    HYPE_USDC,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USDC,
    USDT0,
    Market,
    refusal,
)
from venue.mirror import MirroredMarket

USDC_WEI = 10**8
LOSS = 20_000
HYPE_SPOT = 10_107


@pytest.fixture
def short_of(market: Market) -> Market:
    """A market whose USDC reserve is short of about 20,000: a short that lost more than it had."""
    market.portfolio_account(TRADER, usdc=10_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=130_000)
    while market.margin(TRADER)["liquidatable"]:
        market.venue("liquidate", TRADER, sender=KEEPER)
        market.evm.warp(3)
    return market


def deficit(market: Market) -> int:
    found: int = market.venue("reserveOf", USDC)["deficit"]
    return found


def test_withdraw_of_supply_waits_while_the_deficit_exceeds_the_insurance(short_of: Market) -> None:
    owed = deficit(short_of)
    assert owed // USDC_WEI in (LOSS - 1, LOSS)
    args = (USDC, USDC_WEI, SUPPLIER)
    refused = refusal(short_of.venue, "withdraw", *args, sender=SUPPLIER)
    assert refused == ("WithdrawLocked", (USDC, owed, 0))
    # As much insurance as deficit opens it again, before anybody has paid.
    short_of.fund(KEEPER, USDC, LOSS * USDC_WEI + USDC_WEI)
    short_of.venue("deposit", USDC, LOSS * USDC_WEI + USDC_WEI, INSURANCE, sender=KEEPER)
    short_of.venue("withdraw", *args, sender=SUPPLIER)


def test_cover_deficit_from_the_wallet_pays_no_more_than_is_missing(short_of: Market) -> None:
    owed = deficit(short_of)
    short_of.fund(KEEPER, USDC, 50_000 * USDC_WEI)
    paid = short_of.venue("coverDeficit", USDC, 50_000 * USDC_WEI, sender=KEEPER)
    event = short_of.event("DeficitCovered")
    assert (event["payer"], event["paid"], event["left"]) == (KEEPER, owed, 0)
    assert owed <= paid < owed + 100  # whole units of 100 wei
    assert deficit(short_of) == 0
    # What the wallet's units brought beyond it stays the payer's.
    assert short_of.venue("balanceOf", KEEPER, USDC)["idle"] == paid - owed


def test_cover_deficit_from_insurance_uses_what_is_there(short_of: Market) -> None:
    owed = deficit(short_of)
    short_of.fund(KEEPER, USDC, 5_000 * USDC_WEI)
    short_of.venue("deposit", USDC, 5_000 * USDC_WEI, INSURANCE, sender=KEEPER)
    short_of.venue("coverDeficitFromInsurance", USDC, sender=KEEPER)
    event = short_of.event("DeficitCovered")
    assert event["payer"] == INSURANCE
    assert event["paid"] == 5_000 * USDC_WEI
    assert deficit(short_of) == event["left"] == owed - event["paid"] - event["buffer"]


def test_socialise_lowers_the_supply_index_by_the_deficit(short_of: Market) -> None:
    owed = deficit(short_of)
    before = short_of.venue("reserveOf", USDC)
    short_of.venue("socialise", USDC)
    event = short_of.event("Socialised")
    after = short_of.venue("reserveOf", USDC)
    assert after["deficit"] == 0
    assert 0 <= before["supplied"] - after["supplied"] - owed <= 1
    assert event["amount"] == owed
    assert event["indexBefore"] == before["supplyIndex"] > after["supplyIndex"]
    assert event["indexAfter"] == after["supplyIndex"]
    # Suppliers can leave again.
    short_of.venue("withdraw", USDC, USDC_WEI, SUPPLIER, sender=SUPPLIER)


def test_socialise_by_anybody_else_is_refused(short_of: Market) -> None:
    refused = refusal(short_of.venue, "socialise", USDC, sender=KEEPER)
    assert refused == ("AccessControlUnauthorizedAccount", (KEEPER, keccak(text="RISK_ADMIN")))


def test_covering_what_is_not_missing_is_refused(market: Market) -> None:
    for function, args in (
        ("coverDeficit", (USDC, 1)),
        ("coverDeficitFromInsurance", (USDT0,)),
        ("socialise", (USDC,)),
    ):
        refused = refusal(market.venue, function, *args, sender="0x" + "de" * 20)
        assert refused == ("NoDeficit", (args[0],))


def test_covering_with_nothing_is_refused(short_of: Market) -> None:
    refused = refusal(short_of.venue, "coverDeficit", USDC, 0, sender=KEEPER)
    assert refused == ("ZeroAmount", ())


def test_socialise_a_deficit_larger_than_all_supply_is_refused(market: Market) -> None:
    left = 10_000 * USDC_WEI
    supplied = market.venue("reserveOf", USDC)["supplied"]
    market.venue("withdraw", USDC, supplied - left, SUPPLIER, sender=SUPPLIER)
    market.portfolio_account(TRADER, usdc=10_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    # At 150,000 the short has lost 40,000 more than it had.
    market.set_prices(btc=150_000)
    while market.margin(TRADER)["liquidatable"]:
        market.venue("liquidate", TRADER, sender=KEEPER)
        market.evm.warp(3)
    reserve = market.venue("reserveOf", USDC)
    assert reserve["deficit"] > reserve["supplied"]
    refused = refusal(market.venue, "socialise", USDC, sender="0x" + "de" * 20)
    name, (token, owed, supply) = refused
    assert (name, token) == ("DeficitTooLarge", USDC)
    assert owed > supply > 0


def test_borrow_of_supply_does_not_pass_the_lock(short_of: Market) -> None:
    """Once a borrow drew supply into the spot balance, and a withdrawal took it from there."""
    owed = deficit(short_of)
    short_of.venue("setMode", PORTFOLIO_MARGIN, sender=SUPPLIER)
    short_of.fund(SUPPLIER, UBTC, 10**10)
    short_of.venue("deposit", UBTC, 10**10, SUPPLIER, sender=SUPPLIER)
    supplied = short_of.token(SUPPLIER, USDC)["supplied"]
    refused = refusal(short_of.venue, "borrow", USDC, supplied + 100, sender=SUPPLIER)
    assert refused == ("WithdrawLocked", (USDC, owed, 0))
    # Buying 1 HYPE with supply is the same way out.
    buy = (HYPE_SPOT, True, 2**64 - 1, 100, False)
    refused = refusal(short_of.venue, "order", *buy, sender=SUPPLIER)
    assert refused == ("WithdrawLocked", (USDC, owed, 0))


# Supply that is collateral, in a reserve that is short of it

COIN, ONE, HYPE_WEI = 7, 10**8, 10**8
COIN_SPOT = 10_000 + COIN
MATCHER = "0x" + "3a" * 20
SHORT = 100 * ONE


def report_coin(market: MirroredMarket, dollars: int) -> None:
    market.registry("reportPrices", [(COIN, dollars * 10**6)], [], 10**8)


@pytest.fixture
def short_of_coins(mirrored: MirroredMarket) -> MirroredMarket:
    """A market that is short of 100 of a coin that is collateral, lent, and the backstop's.

    The trader's 1,000 coins at 10 stood for 4,000 USDC; at 5 a fifth of the debt was taken over for
    800 / (5 · 5/6) = 192 coins. The borrower owed 200 of them, 1,000 USD, against 100 HYPE; at 5
    these are worth 500.
    """
    market = mirrored
    market.list_token(COIN, 18, 8, 2, 5_000, lent=True)
    market.registry("listPair", (COIN, COIN, USDC, False, 0))
    report_coin(market, 10)
    for account in (TRADER, KEEPER):
        market.venue("setMode", PORTFOLIO_MARGIN, sender=account)
        market.fund(account, COIN, 1_000 * ONE)
        market.venue("deposit", COIN, 1_000 * ONE, account, sender=account)
    market.venue("borrow", USDC, 4_000 * USDC_WEI, sender=TRADER)
    market.venue("order", 10_166, True, 2**64 - 1, 4_000 * 100, False, sender=TRADER)
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.venue("borrow", COIN, 200 * ONE, sender=BORROWER)
    market.venue("order", COIN_SPOT, False, 0, 200 * 100, False, sender=BORROWER)
    report_coin(market, 5)
    market.venue("liquidate", TRADER, sender=SUPPLIER)
    assert market.token(BACKSTOP, COIN)["supplied"] == 192 * ONE
    market.set_prices(hype=5)
    market.venue("liquidate", BORROWER, sender=SUPPLIER)
    assert market.venue("reserveOf", COIN)["deficit"] == SHORT
    return market


def test_sale_of_collateral_does_not_pass_the_lock(short_of_coins: MirroredMarket) -> None:
    """SPEC LQ-12: sold, locked supply would be somebody's who could take it out."""
    market = short_of_coins
    locked = ("WithdrawLocked", (COIN, SHORT, 0))
    sell = ("order", COIN_SPOT, False, 0, 100, False)
    assert refusal(market.venue, *sell, sender=KEEPER) == locked
    send = ("spotSend", SUPPLIER, COIN, ONE)
    assert refusal(market.venue, *send, sender=KEEPER) == locked
    # What the backstop took over falls due, and waits like anybody's.
    market.warp(600)
    assert market.venue("inventoryOf", COIN)["dueNow"] == 96 * ONE
    assert refusal(market.venue, "sellInventory", COIN, sender=SUPPLIER) == locked
    # HYPE is not short of anything, and is sold.
    market.venue("sellInventory", HYPE_USDC, sender=SUPPLIER)
    # As much insurance as deficit opens all of them.
    market.fund(SUPPLIER, COIN, SHORT)
    market.venue("deposit", COIN, SHORT, INSURANCE, sender=SUPPLIER)
    market.venue(*sell, sender=KEEPER)
    market.venue(*send, sender=KEEPER)
    market.venue("sellInventory", COIN, sender=SUPPLIER)


def test_matched_sale_of_collateral_does_not_pass_the_lock(short_of_coins: MirroredMarket) -> None:
    """SPEC LQ-12, CH-22: nor does a sale to somebody else than the market maker."""
    market = short_of_coins
    market.registry("grantRole", market.registry("MATCHER"), MATCHER)
    for account in (KEEPER, SUPPLIER):
        market.venue("approveOperator", MATCHER, True, sender=account)
    market.fund(SUPPLIER, USDC, 100 * USDC_WEI)
    market.venue("deposit", USDC, 100 * USDC_WEI, SUPPLIER, sender=SUPPLIER)
    sides = (SUPPLIER, 2**64 - 1, False), (KEEPER, 0, False)
    match = ("matchOrders", COIN_SPOT, *sides, 5 * 10**6, 100, True)
    refused = refusal(market.venue, *match, sender=MATCHER)
    assert refused == ("WithdrawLocked", (COIN, SHORT, 0))
    # A buyer's supply of what it pays with is no part of it, and nothing else is short.
    market.fund(SUPPLIER, COIN, SHORT)
    market.venue("coverDeficit", COIN, SHORT, sender=SUPPLIER)
    market.venue(*match, sender=MATCHER)
    assert market.venue("balanceOf", SUPPLIER, COIN)["idle"] == ONE


def test_margin_of_an_isolated_position_does_not_pass_the_lock(short_of: Market) -> None:
    """SPEC LQ-12, CH-09: what an isolated position holds can be handed back as idle balance."""
    owed = deficit(short_of)
    short_of.venue("setMode", PORTFOLIO_MARGIN, sender=SUPPLIER)
    short_of.venue("setIsolated", HYPE_PERP, True, sender=SUPPLIER)
    order = ("order", HYPE_PERP, True, 2**64 - 1, 100, False)
    refused = refusal(short_of.venue, *order, sender=SUPPLIER)
    assert refused == ("WithdrawLocked", (USDC, owed, 0))


@pytest.fixture
def margined(short_of: Market) -> Market:
    """A supplier of 100,000 in portfolio margin, of which 91,000 are margin of a long at 1x."""
    short_of.fund(BORROWER, USDC, 100_000 * USDC_WEI)
    short_of.venue("supply", USDC, 100_000 * USDC_WEI, BORROWER, sender=BORROWER)
    short_of.venue("setMode", PORTFOLIO_MARGIN, sender=BORROWER)
    short_of.venue("setLeverage", BTC_PERP, 1, sender=BORROWER)
    # 0.7 BTC at 130,000.
    short_of.venue("order", BTC_PERP, True, 2**64 - 1, 70_000, False, sender=BORROWER)
    return short_of


@pytest.mark.parametrize("limit", ["cap", "pause"])
def test_supply_that_was_margin_is_locked_again_whatever_the_limit(
    margined: Market, limit: str
) -> None:
    """Once what the dex handed back stayed idle, and a withdrawal took all of it."""
    owed = deficit(margined)
    if limit == "cap":
        margined.set_caps(USDC, global_supply=1)
    else:
        margined.registry("grantRole", keccak(text="GUARDIAN"), KEEPER)
        margined.registry("pause", 1, sender=KEEPER)
    margined.venue("order", BTC_PERP, False, 0, 70_000, True, sender=BORROWER)
    held = margined.token(BORROWER, USDC)
    assert held["idle"] == 0
    # Roundings are against the supplier.
    assert 100_000 * USDC_WEI - 10 <= held["supplied"] <= 100_000 * USDC_WEI
    refused = refusal(margined.venue, "withdraw", USDC, USDC_WEI, BORROWER, sender=BORROWER)
    assert refused == ("WithdrawLocked", (USDC, owed, 0))


def test_margin_that_was_supply_does_not_leave_portfolio_margin_meanwhile(margined: Market) -> None:
    margined.set_policy(leaves_flat=False)
    refused = refusal(margined.venue, "setMode", UNIFIED, sender=BORROWER)
    assert refused == ("PositionsOpen", (1,))
    margined.venue("socialise", USDC)
    margined.venue("setMode", UNIFIED, sender=BORROWER)


def test_supply_by_name_keeps_to_the_cap_while_it_is_locked(short_of: Market) -> None:
    short_of.set_caps(USDC, global_supply=1)
    short_of.fund(BORROWER, USDC, USDC_WEI)
    refused = refusal(short_of.venue, "supply", USDC, USDC_WEI, BORROWER, sender=BORROWER)
    assert refused == ("SupplyCapExceeded", (USDC, USDC_WEI, 0))
