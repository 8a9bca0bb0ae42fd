"""deposit: from a wallet to the spot balance. SPEC BL-09, BL-14."""

from __future__ import annotations

import pytest
from support.misbehaving import BAD_TOKEN, list_misbehaving
from support.venue import (
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    SUPPLIER,
    TRADER,
    UNLIMITED,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8
HYPE_WEI = 10**8


def test_deposit_into_a_standard_account_stays_idle(market: Market) -> None:
    market.fund(TRADER, USDC, 1_000 * USDC_WEI)
    credited = market.venue("deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    assert credited == 1_000 * USDC_WEI
    assert market.event("Deposited") == {
        "account": TRADER,
        "token": USDC,
        "amount": 1_000 * USDC_WEI,
        "payer": TRADER,
    }
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (1_000 * USDC_WEI, 0)


def test_deposit_into_a_portfolio_account_is_supplied_by_the_sweep(market: Market) -> None:
    market.portfolio_account(TRADER, usdc=1_000 * USDC_WEI)
    assert market.event_names() == ["Transfer", "Swept", "Deposited"]
    assert market.event("Swept") == {
        "account": TRADER,
        "token": USDC,
        "supply": 1_000 * USDC_WEI,
        "withdraw": 0,
        "borrow": 0,
        "repay": 0,
    }
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (0, 1_000 * USDC_WEI)


def test_deposit_into_an_indebted_account_repays_before_it_supplies(market: Market) -> None:
    # Short 2,000 HYPE at 50: a tenth of the notional of 100,000 is borrowed, 10,000 USDC.
    market.portfolio_account(TRADER, hype=1_000 * HYPE_WEI)
    market.venue("order", HYPE_PERP, False, 0, 2_000 * 100, False, sender=TRADER)
    assert market.token(TRADER, USDC)["borrowed"] == 10_000 * USDC_WEI
    market.fund(TRADER, USDC, 12_500 * USDC_WEI)
    market.venue("deposit", USDC, 12_500 * USDC_WEI, TRADER, sender=TRADER)
    swept = market.event("Swept")
    assert (swept["repay"], swept["supply"]) == (10_000 * USDC_WEI, 2_500 * USDC_WEI)
    assert market.token(TRADER, USDC)["borrowed"] == 0


def test_deposit_by_another_wallet_names_the_payer(market: Market) -> None:
    market.fund(SUPPLIER, HYPE, 5 * HYPE_WEI)
    market.venue("deposit", HYPE, 5 * HYPE_WEI, TRADER, sender=SUPPLIER)
    deposited = market.event("Deposited")
    assert (deposited["account"], deposited["payer"]) == (TRADER, SUPPLIER)
    assert market.token(TRADER, HYPE)["idle"] == 5 * HYPE_WEI


@pytest.mark.parametrize(
    ("token", "amount", "paid", "credited"),
    [
        # USDC: 8 decimals on the venue, 6 in the wallet, so a unit of the wallet is 100 wei.
        (USDC, 150, 2, 200),
        (USDC, 1, 1, 100),
        (USDC, 200, 2, 200),
        # HYPE: 8 decimals on the venue, 18 in the wallet.
        (HYPE, 1, 10**10, 1),
    ],
)
def test_deposit_pays_whole_units_and_credits_all_it_pays(
    market: Market, token: int, amount: int, paid: int, credited: int
) -> None:
    market.fund(TRADER, token, 10**9)
    before = market.erc20[token]("balanceOf", TRADER)
    assert market.venue("deposit", token, amount, TRADER, sender=TRADER) == credited
    assert before - market.erc20[token]("balanceOf", TRADER) == paid
    assert market.token(TRADER, token)["idle"] == credited


@pytest.mark.parametrize(("token", "units"), [(USDC, 123_456_789), (HYPE, 123_456 * 10**10 + 7)])
def test_deposit_of_everything_takes_what_the_wallet_can_pay(
    market: Market, token: int, units: int
) -> None:
    # SPEC BL-14. 7 of HYPE's 1e-18 are less than a wei of the venue and stay in the wallet.
    market.fund(TRADER, token, 0)
    market.erc20[token]("mint", TRADER, units)
    credited = market.venue("deposit", token, EVERYTHING, TRADER, sender=TRADER)
    assert credited == {USDC: 12_345_678_900, HYPE: 123_456}[token]
    assert market.erc20[token]("balanceOf", TRADER) == {USDC: 0, HYPE: 7}[token]


def test_deposit_of_everything_from_an_empty_wallet_is_refused(market: Market) -> None:
    market.fund(TRADER, HYPE, 0)
    refused = refusal(market.venue, "deposit", HYPE, EVERYTHING, TRADER, sender=TRADER)
    assert refused == ("ZeroAmount", ())


def test_deposit_beyond_the_number_range_is_refused_by_name(market: Market) -> None:
    market.fund(TRADER, HYPE, HYPE_WEI)
    refused = refusal(market.venue, "deposit", HYPE, 2**255, TRADER, sender=TRADER)
    assert refused == ("DoesNotFit128", (2**255,))


def test_deposit_of_nothing_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "deposit", USDC, 0, TRADER, sender=TRADER)
    assert refused == ("ZeroAmount", ())


def test_deposit_of_an_unlisted_token_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "deposit", 999, 1, TRADER, sender=TRADER)
    assert refused == ("UnknownToken", (999,))


def test_deposit_without_allowance_is_refused_by_the_token(market: Market) -> None:
    # 1,000 USDC are 10^9 units of 6 decimals.
    refused = refusal(market.venue, "deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    spender = market.venue.address.lower()
    assert refused == ("ERC20InsufficientAllowance", (spender, 0, 10**9))


def test_deposit_beyond_the_wallet_is_refused_by_the_token(market: Market) -> None:
    market.fund(TRADER, USDC, 999 * USDC_WEI)
    refused = refusal(market.venue, "deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    assert refused == ("ERC20InsufficientBalance", (TRADER, 999 * 10**6, 10**9))


def test_deposit_beyond_the_number_range_of_a_balance_is_refused_by_name(market: Market) -> None:
    list_misbehaving(market, TRADER)("mint", TRADER, UNLIMITED)
    market.venue("deposit", BAD_TOKEN, UNLIMITED, TRADER, sender=TRADER)
    refused = refusal(market.venue, "deposit", BAD_TOKEN, 1, TRADER, sender=TRADER)
    assert refused == ("DoesNotFit128", (UNLIMITED + 1,))
