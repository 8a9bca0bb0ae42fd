"""supply: from a wallet to the pool. SPEC BL-10, BL-06."""

from __future__ import annotations

import pytest
from support.venue import (
    BORROWER,
    EVERYTHING,
    HYPE,
    KEEPER,
    SUPPLIER,
    TRADER,
    USDC,
    USDT0,
    Market,
    refusal,
)

USDC_WEI = 10**8


def test_supply_by_any_mode_counts_in_the_pool(market: Market) -> None:
    market.fund(TRADER, USDC, 1_000 * USDC_WEI)
    before = market.venue("reserveOf", USDC)
    credited = market.venue("supply", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    assert credited == 1_000 * USDC_WEI
    assert market.event("Supplied") == {
        "account": TRADER,
        "token": USDC,
        "amount": 1_000 * USDC_WEI,
        "payer": TRADER,
    }
    after = market.venue("reserveOf", USDC)
    assert after["supplied"] - before["supplied"] == 1_000 * USDC_WEI
    assert after["cash"] - before["cash"] == 1_000 * USDC_WEI
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (0, 1_000 * USDC_WEI)


def test_supply_for_another_account_names_the_payer(market: Market) -> None:
    market.venue("supply", USDC, 7 * USDC_WEI, TRADER, sender=SUPPLIER)
    supplied = market.event("Supplied")
    assert (supplied["account"], supplied["payer"]) == (TRADER, SUPPLIER)
    assert market.token(TRADER, USDC)["supplied"] == 7 * USDC_WEI


def test_supply_of_a_token_in_debt_repays_first(market: Market) -> None:
    # Debt 300, which lie idle as borrowed; 500 come in: 300 repay, 200 are supplied, and so are the
    # 300 that lay idle, as they have no floor any more.
    market.portfolio_account(BORROWER, hype=100 * 10**8)
    market.venue("borrow", USDC, 300 * USDC_WEI, sender=BORROWER)
    market.venue("supply", USDC, 500 * USDC_WEI, BORROWER, sender=SUPPLIER)
    token = market.token(BORROWER, USDC)
    assert (token["borrowed"], token["borrowFloor"], token["idle"]) == (0, 0, 0)
    assert token["supplied"] == 500 * USDC_WEI


def test_supply_up_to_the_global_cap_fits_and_a_wei_more_does_not(market: Market) -> None:
    # 50,000,000 are supplied; the cap leaves 1,000. The wallet's unit is 100 wei.
    market.set_caps(USDC, global_supply=50_001_000 * USDC_WEI)
    refused = refusal(
        market.venue, "supply", USDC, 1_000 * USDC_WEI + 100, SUPPLIER, sender=SUPPLIER
    )
    room = 1_000 * USDC_WEI
    assert refused == ("SupplyCapExceeded", (USDC, room + 100, room))
    market.venue("supply", USDC, room, SUPPLIER, sender=SUPPLIER)


def test_supply_at_the_cap_still_repays_debt(market: Market) -> None:
    market.portfolio_account(BORROWER, hype=100 * 10**8)
    market.venue("borrow", USDC, 300 * USDC_WEI, sender=BORROWER)
    market.set_caps(USDC, global_supply=1)
    market.venue("supply", USDC, 300 * USDC_WEI, BORROWER, sender=SUPPLIER)
    assert market.token(BORROWER, USDC)["borrowed"] == 0


def test_supply_of_everything_takes_the_whole_wallet(market: Market) -> None:
    market.fund(TRADER, HYPE, 12 * 10**8)
    assert market.venue("supply", HYPE, EVERYTHING, TRADER, sender=TRADER) == 12 * 10**8


def test_supply_of_nothing_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "supply", USDC, 0, TRADER, sender=TRADER)
    assert refused == ("ZeroAmount", ())


def test_supply_of_an_unlisted_token_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "supply", 999, 1, TRADER, sender=TRADER)
    assert refused == ("UnknownToken", (999,))


def test_supply_of_two_dollars_after_interest_shows_a_unit_less(market: Market) -> None:
    # A recorded supplier shows basis 2.0 and value 1.99999999: shares round down (SPEC BL-06).
    market.portfolio_account(BORROWER, hype=1_000_000 * 10**8)
    market.venue("borrow", USDC, 20_000_000 * USDC_WEI, sender=BORROWER)
    market.evm.warp(3_600)
    market.fund(TRADER, USDC, 2 * USDC_WEI)
    market.venue("supply", USDC, 2 * USDC_WEI, TRADER, sender=TRADER)
    assert market.token(TRADER, USDC)["supplied"] == 199_999_999


@pytest.mark.parametrize("amount", [100, 200, 12_300, 99_999_900, 123_456_789_000])
@pytest.mark.parametrize("seconds", [1, 3_599, 86_400])
def test_supply_then_withdraw_never_profits(market: Market, amount: int, seconds: int) -> None:
    """SPEC BL-06: without time between the two, the wallet has at most what it had."""
    market.portfolio_account(BORROWER, hype=1_000_000 * 10**8)
    market.venue("borrow", USDC, 20_000_000 * USDC_WEI, sender=BORROWER)
    market.evm.warp(seconds)
    market.fund(TRADER, USDC, amount)
    before = market.erc20[USDC]("balanceOf", TRADER)
    market.venue("supply", USDC, amount, TRADER, sender=TRADER)
    supplied = market.token(TRADER, USDC)["supplied"]
    assert amount - 1 <= supplied <= amount
    if supplied >= 100:
        market.venue("withdraw", USDC, EVERYTHING, TRADER, sender=TRADER)
    after = market.erc20[USDC]("balanceOf", TRADER)
    # Less than one unit of the wallet, 100 wei, may stay behind.
    assert before - 1 <= after <= before


def test_supply_to_an_empty_reserve_starts_at_index_one(market: Market) -> None:
    market.fund(TRADER, USDT0, 3 * 10**8)
    market.venue("supply", USDT0, 3 * 10**8, TRADER, sender=TRADER)
    reserve = market.venue("reserveOf", USDT0)
    assert (reserve["supplyIndex"], reserve["borrowIndex"]) == (10**27, 10**27)
    assert reserve["supplied"] == 3 * 10**8


def test_supply_beyond_what_shares_can_count_is_refused_by_name(market: Market) -> None:
    """A share is 1e-9 wei: 128 bits of them are 3.4e29 wei. Once it ran into a panic."""
    amount = 15 * 10**28
    for account in (TRADER, BORROWER, KEEPER):
        market.fund(account, USDC, 2 * amount)
    market.venue("supply", USDC, amount, TRADER, sender=TRADER)
    refused = refusal(market.venue, "supply", USDC, amount, TRADER, sender=TRADER)
    assert refused == ("DoesNotFit128", (2 * amount * 10**9,))
    market.venue("supply", USDC, amount, BORROWER, sender=BORROWER)
    before = 50_000_000 * USDC_WEI
    refused = refusal(market.venue, "supply", USDC, amount, KEEPER, sender=KEEPER)
    assert refused == ("DoesNotFit128", ((before + 3 * amount) * 10**9,))
