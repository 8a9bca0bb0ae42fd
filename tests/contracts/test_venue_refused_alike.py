"""What many functions refuse alike: reentrance, unknown ids, acting for others, unfit tokens."""

from __future__ import annotations

from typing import Any

import pytest
from support.checked import Refusal
from support.misbehaving import BAD_TOKEN, Fault, list_misbehaving
from support.venue import (
    BORROWER,
    BTC_PERP,
    CORE,
    EVERYTHING,
    HYPE_USDC,
    KEEPER,
    SUPPLIER,
    TRADER,
    UNIFIED,
    UNLIMITED,
    USD,
    USDC,
    Market,
    refusal,
)

WEI = 10**8
SIDES = ((TRADER, 1, False), (KEEPER, 1, False))
REENTERED = (
    ("accrue", USDC),
    ("approveOperator", KEEPER, True),
    ("borrow", USDC, 1),
    ("coverDeficit", USDC, 1),
    ("coverDeficitFromInsurance", USDC),
    ("deposit", USDC, 1, TRADER),
    ("liquidate", TRADER),
    ("liquidateAsTaker", TRADER),
    ("liquidateBatch", [TRADER], False),
    ("liquidateIsolated", TRADER, BTC_PERP),
    ("matchOrders", BTC_PERP, *SIDES, 1, 1, True),
    ("order", BTC_PERP, True, 1, 1, False),
    ("repay", USDC, 1, TRADER),
    ("sellInventory", HYPE_USDC),
    ("setIsolated", BTC_PERP, True),
    ("setLeverage", BTC_PERP, 1),
    ("setMode", UNIFIED),
    ("socialise", USDC),
    ("spotSend", KEEPER, USDC, 1),
    ("supply", USDC, 1, TRADER),
    ("sweep", TRADER),
    ("sweepBuffer", USDC),
    ("transferPerp", 0, 1, True),
    ("updateIsolatedMargin", BTC_PERP, 1),
    ("withdraw", USDC, 1, TRADER),
)


@pytest.mark.parametrize("call", REENTERED, ids=lambda call: call[0])
def test_nothing_runs_within_another_call(market: Market, call: tuple[Any, ...]) -> None:
    """A token calls the venue back while it is deposited."""
    function, *args = call
    token = list_misbehaving(market, BORROWER)
    token("callBack", market.venue.address, market.venue.calldata(function, *args))
    refused = refusal(market.venue, "deposit", BAD_TOKEN, 100, BORROWER, sender=BORROWER)
    # Deposits of such a token pass when it calls nothing: it is the inner call that is refused.
    inner = Refusal.of((f"Venue.{function}",), *refused)
    assert inner == ("ReentrancyGuardReentrantCall", ())
    token("callBack", "0x" + "00" * 20, b"")
    market.venue("deposit", BAD_TOKEN, 100, BORROWER, sender=BORROWER)


@pytest.mark.parametrize(
    ("function", "args", "error", "unknown"),
    [
        ("balanceOf", (TRADER, 999), "UnknownToken", 999),
        ("inventoryOf", (999,), "UnknownToken", 999),
        ("reserveOf", (999,), "UnknownToken", 999),
        ("reserveStatus", (999,), "UnknownToken", 999),
        ("accrue", (999,), "UnknownToken", 999),
        ("borrow", (999, 1), "UnknownToken", 999),
        ("coverDeficit", (999, 1), "UnknownToken", 999),
        ("coverDeficitFromInsurance", (999,), "UnknownToken", 999),
        ("deposit", (999, 1, TRADER), "UnknownToken", 999),
        ("repay", (999, 1, TRADER), "UnknownToken", 999),
        ("spotSend", (KEEPER, 999, 1), "UnknownToken", 999),
        ("supply", (999, 1, TRADER), "UnknownToken", 999),
        ("sweepBuffer", (999,), "UnknownToken", 999),
        ("withdraw", (999, 1, TRADER), "UnknownToken", 999),
        ("fundingDueOf", (TRADER, 77), "UnknownAsset", 77),
        ("isolatedOf", (TRADER, 77), "UnknownAsset", 77),
        ("positionOf", (TRADER, 77), "UnknownAsset", 77),
        ("liquidateIsolated", (BORROWER, 77), "UnknownAsset", 77),
        ("order", (77, True, 1, 1, False), "UnknownAsset", 77),
        ("setIsolated", (77, True), "UnknownAsset", 77),
        ("setLeverage", (77, 1), "UnknownAsset", 77),
        ("updateIsolatedMargin", (77, 1), "UnknownAsset", 77),
        ("rawUsdOf", (TRADER, 9), "UnknownDex", 9),
        ("transferPerp", (9, 1, True), "UnknownDex", 9),
        ("order", (10_077, True, 1, 1, False), "UnknownPair", 77),
        ("sellInventory", (77,), "UnknownPair", 77),
        ("displayLiquidationPx", (TRADER, 77), "NoPosition", (TRADER, 77)),
    ],
)
def test_what_is_not_listed_is_refused(
    market: Market, function: str, args: tuple[Any, ...], error: str, unknown: Any
) -> None:
    refused = refusal(market.venue, function, *args, sender=TRADER)
    assert refused == (error, unknown if isinstance(unknown, tuple) else (unknown,))


def test_socialise_of_what_is_not_listed_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "socialise", 999, sender="0x" + "de" * 20)
    assert refused == ("UnknownToken", (999,))


@pytest.mark.parametrize("call", [b"", b"\x01\x02\x03", b"\x01\x02\x03\x04\x05"])
def test_acting_for_another_runs_calls_of_the_venue_only(market: Market, call: bytes) -> None:
    """Once it ended without a name."""
    selector = call[:4].ljust(4, b"\0")
    refused = refusal(market.venue, "forSubAccount", 0, call, sender=TRADER)
    assert refused == ("UnknownCall", (selector,))
    market.venue("approveOperator", KEEPER, True, sender=TRADER)
    refused = refusal(market.venue, "onBehalf", TRADER, call, sender=KEEPER)
    assert refused == ("UnknownCall", (selector,))


def test_acting_for_another_within_acting_is_refused(market: Market) -> None:
    sweep = market.venue.calldata("sweep", TRADER)
    nested = market.venue.calldata("forSubAccount", 1, sweep)
    sub = market.venue("subAccountOf", TRADER, 0)
    refused = refusal(market.venue, "forSubAccount", 0, nested, sender=TRADER)
    assert refused == ("ActingAlready", (sub.lower(),))


# Tokens and wallets


def indebted(market: Market) -> Any:
    """Let the trader owe 100 of the token that misbehaves, and its reserve be short of others."""
    token = list_misbehaving(market, BORROWER)
    market.registry("listPair", (66, BAD_TOKEN, USDC, False, 0))
    market.registry("reportPrices", [(66, 10**6)], [], 10**8)
    market.venue("supply", BAD_TOKEN, 900 * WEI, BORROWER, sender=BORROWER)
    for account in (TRADER, KEEPER):
        market.portfolio_account(account, hype=10 * WEI)
        market.venue("borrow", BAD_TOKEN, 100 * WEI, sender=account)
    # The keeper's 100 go for USDC, and its HYPE falls to nothing: what it owes is a loss.
    market.venue("order", 10_066, False, 0, 100 * 100, False, sender=KEEPER)
    market.set_prices(hype="0.0001")
    market.venue("liquidate", KEEPER, sender=SUPPLIER)
    return token


WALLETS = (
    ("deposit", BAD_TOKEN, 100, TRADER),
    ("supply", BAD_TOKEN, 100, TRADER),
    ("repay", BAD_TOKEN, 100, TRADER),
    ("coverDeficit", BAD_TOKEN, 100),
)


@pytest.mark.parametrize("call", WALLETS, ids=lambda call: call[0])
def test_wallets_that_cannot_pay_and_tokens_that_do_not_are_refused(
    market: Market, call: tuple[Any, ...]
) -> None:
    token = indebted(market)
    spender = market.venue.address.lower()
    refused = refusal(market.venue, *call, sender=SUPPLIER)
    assert refused == ("ERC20InsufficientAllowance", (spender, 0, 100))
    token("approve", market.venue.address, EVERYTHING, sender=SUPPLIER)
    token("mint", SUPPLIER, 99)
    refused = refusal(market.venue, *call, sender=SUPPLIER)
    assert refused == ("ERC20InsufficientBalance", (SUPPLIER, 99, 100))
    token("mint", SUPPLIER, 1)
    token("misbehave", Fault.TAKES_FEE)
    # One percent stays behind.
    refused = refusal(market.venue, *call, sender=SUPPLIER)
    assert refused == ("TransferMismatch", (BAD_TOKEN, 100, 99))
    token("misbehave", Fault.RETURNS_FALSE)
    refused = refusal(market.venue, *call, sender=SUPPLIER)
    assert refused == ("SafeERC20FailedOperation", (token.address.lower(),))
    token("misbehave", Fault.NONE)
    market.venue(*call, sender=SUPPLIER)
    paid = {"from": SUPPLIER, "to": spender, "value": 100}
    assert market.event("Transfer") == paid


def test_withdraw_of_a_token_that_does_not_pay_is_refused(market: Market) -> None:
    token = list_misbehaving(market, BORROWER)
    market.venue("deposit", BAD_TOKEN, 100, BORROWER, sender=BORROWER)
    token("misbehave", Fault.RETURNS_FALSE)
    refused = refusal(market.venue, "withdraw", BAD_TOKEN, 100, BORROWER, sender=BORROWER)
    assert refused == ("SafeERC20FailedOperation", (token.address.lower(),))


def test_standard_margin_beyond_the_number_range_is_refused(market: Market) -> None:
    """Once it ran into a panic."""
    market.fund(TRADER, USDC, UNLIMITED)
    market.venue("deposit", USDC, 10**10, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, USD, True, sender=TRADER)
    market.fund(TRADER, USDC, 10**10)
    room = (UNLIMITED - 99 * 10**8) // 100 * 100
    market.venue("deposit", USDC, room, TRADER, sender=TRADER)
    idle = market.token(TRADER, USDC)["idle"]
    refused = refusal(market.venue, "transferPerp", 0, USD, False, sender=TRADER)
    assert refused == ("DoesNotFit128", (idle + 10**8,))


@pytest.mark.parametrize("call", [b"", b"\x01\x02\x03", b"\x01\x02\x03\x04\x05"])
def test_core_runs_calls_of_the_venue_only(market: Market, call: bytes) -> None:
    refused = refusal(market.venue, "forCore", TRADER, call, sender=CORE)
    assert refused == ("UnknownCall", (call[:4].ljust(4, b"\0"),))


def test_batch_takes_no_call_without_all_its_arguments(market: Market) -> None:
    call = market.venue.calldata("borrow", USDC, 1)
    refused = refusal(market.venue, "batch", [call[:20]], sender=TRADER)
    assert refused == ("UnknownCall", (call[:4],))
