"""A token that calls the venue while it moves. SPEC BL-14."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attacks.capital import ATTACKER, SECOND, WEI
from support.misbehaving import BAD_TOKEN, list_misbehaving
from support.venue import BTC_PERP, EVERYTHING, SUPPLIER, UNIFIED, USDC, Market, refusal

MATCH = (BTC_PERP, (ATTACKER, 1, False), (SECOND, 1, False), 1, 1, True)
CALLS: tuple[tuple[object, ...], ...] = (
    ("deposit", BAD_TOKEN, 1, ATTACKER),
    ("supply", BAD_TOKEN, 1, ATTACKER),
    ("withdraw", BAD_TOKEN, 1, ATTACKER),
    ("borrow", BAD_TOKEN, 1),
    ("repay", BAD_TOKEN, 1, ATTACKER),
    ("accrue", BAD_TOKEN),
    ("sweep", ATTACKER),
    ("order", BTC_PERP, True, 1, 1, False),
    ("matchOrders", *MATCH),
    ("transferPerp", 0, 1, True),
    ("spotSend", SECOND, BAD_TOKEN, 1),
    ("setMode", UNIFIED),
    ("setLeverage", BTC_PERP, 1),
    ("setIsolated", BTC_PERP, True),
    ("updateIsolatedMargin", BTC_PERP, 1),
    ("approveOperator", SECOND, True),
    ("liquidate", SUPPLIER),
    ("liquidateAsTaker", SUPPLIER),
    ("liquidateBatch", [SUPPLIER], False),
    ("batch", []),
    ("liquidateIsolated", SUPPLIER, BTC_PERP),
    ("sellInventory", 107),
    ("coverDeficit", BAD_TOKEN, 1),
    ("coverDeficitFromInsurance", BAD_TOKEN),
    ("sweepBuffer", BAD_TOKEN),
)
Enter = Callable[[Market], tuple[str, tuple[object, ...]]]


def deposit(market: Market) -> tuple[str, tuple[object, ...]]:
    return refusal(market.venue, "deposit", BAD_TOKEN, 100, ATTACKER, sender=ATTACKER)


def withdraw(market: Market) -> tuple[str, tuple[object, ...]]:
    return refusal(market.venue, "withdraw", BAD_TOKEN, 100, ATTACKER, sender=ATTACKER)


def withdraw_of_a_sub_account(market: Market) -> tuple[str, tuple[object, ...]]:
    call = market.venue.calldata("withdraw", BAD_TOKEN, 100, ATTACKER)
    return refusal(market.venue, "forSubAccount", 0, call, sender=ATTACKER)


@pytest.mark.parametrize("enter", [deposit, withdraw, withdraw_of_a_sub_account])
def test_token_that_calls_back_gets_into_no_action(market: Market, enter: Enter) -> None:
    """Call every action from within the token's transfer, as the token, an operator or a master."""
    token = list_misbehaving(market, ATTACKER)
    sub = market.venue("subAccountOf", ATTACKER, 0)
    for account in (ATTACKER, sub):
        market.venue("deposit", BAD_TOKEN, 300 * WEI, account, sender=ATTACKER)
    market.venue("approveOperator", token.address, True, sender=ATTACKER)
    market.fund(ATTACKER, USDC, 100 * WEI)
    before = market.token(ATTACKER, BAD_TOKEN), token("balanceOf", ATTACKER)
    claim = market.token(SUPPLIER, USDC)["supplied"]
    actions = {n for n, e in market.venue.functions.items() if e["stateMutability"] == "nonpayable"}
    tried = {"onBehalf", "forSubAccount", "forCore", "socialise"}
    for name, *args in CALLS:
        tried.add(str(name))
        call = market.venue.calldata(str(name), *args)
        ways = [
            call,
            market.venue.calldata("onBehalf", ATTACKER, call),
            market.venue.calldata("forSubAccount", 0, call),
        ]
        for way in ways:
            token("callBack", market.venue.address, way)
            found = enter(market)
            # Whoever acts for another account already is told so first.
            acting = enter is withdraw_of_a_sub_account and way is not call
            assert found[0] == ("ActingAlready" if acting else "ReentrancyGuardReentrantCall")
    assert tried == actions
    token("callBack", "0x" + "00" * 20, b"")
    assert (market.token(ATTACKER, BAD_TOKEN), token("balanceOf", ATTACKER)) == before
    assert market.token(SUPPLIER, USDC)["supplied"] == claim
    market.venue("withdraw", BAD_TOKEN, EVERYTHING, ATTACKER, sender=ATTACKER)
