"""Actions 6, 7, 13, 15 and 16 on the venue. SPEC HC-16, HC-17, HC-22."""

from __future__ import annotations

from typing import Any

import pytest
from support.hypercore import APPLIED, FAILED, HyperMarket
from support.venue import (
    KEEPER,
    PORTFOLIO_MARGIN,
    STANDARD,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
)

from pmkit.hypercore.addresses import SPOT
from pmkit.hypercore.core_actions import SUPPLY, WITHDRAW

USDC_WEI = 10**8
NONE = "0x" + "00" * 20


@pytest.fixture
def user(market: HyperMarket) -> str:
    """Give the contract 1,000 USDC of spot balance."""
    return market.on_core(USDC, 1_000 * USDC_WEI)


# Transfers


def test_spot_send_moves_wei_exactly(market: HyperMarket, user: str) -> None:
    market.done("spot_send", destination=TRADER, token=USDC, wei=123)
    assert market.stored(TRADER, USDC)[0] == 123
    assert market.stored(user, USDC)[0] == 1_000 * USDC_WEI - 123


def test_spot_send_by_a_wallet_is_the_wallets_own(market: HyperMarket) -> None:
    market.on_core(USDC, USDC_WEI, KEEPER)
    market.done("spot_send", KEEPER, destination=TRADER, token=USDC, wei=USDC_WEI)
    assert market.stored(TRADER, USDC)[0] == USDC_WEI


def test_usd_class_transfer_goes_both_ways(market: HyperMarket, user: str) -> None:
    market.done("usd_class_transfer", ntl=600 * USD, to_perp=True)
    assert market.read("withdrawable", user) == {"withdrawable": 600 * USD}
    market.done("usd_class_transfer", ntl=200 * USD, to_perp=False)
    assert market.read("withdrawable", user) == {"withdrawable": 400 * USD}
    assert market.stored(user, USDC)[0] == 600 * USDC_WEI


def test_usd_class_transfer_is_for_standard_accounts(market: HyperMarket, user: str) -> None:
    market.done("set_abstraction", user=user, mode=3)
    refused = market.ended("usd_class_transfer", ntl=1, to_perp=True)
    assert refused == (FAILED, "NotStandardMode", (PORTFOLIO_MARGIN,))


def asset(**changes: Any) -> dict[str, Any]:
    """Return the fields of a transfer of 100 USDC, spot to spot, to the trader."""
    fields = {
        "destination": TRADER,
        "sub_account": NONE,
        "source_dex": SPOT,
        "destination_dex": SPOT,
        "token": USDC,
        "wei": 100 * USDC_WEI,
    }
    return {**fields, **changes}


def test_send_asset_between_spots(market: HyperMarket, user: str) -> None:
    market.done("send_asset", **asset())
    assert market.stored(TRADER, USDC)[0] == 100 * USDC_WEI


def test_send_asset_between_own_spot_and_dex(market: HyperMarket, user: str) -> None:
    market.done("send_asset", **asset(destination=user, destination_dex=0))
    assert market.read("withdrawable", user) == {"withdrawable": 100 * USD}
    market.done("send_asset", **asset(destination=user, source_dex=0, wei=40 * USDC_WEI))
    assert market.read("withdrawable", user) == {"withdrawable": 60 * USD}
    assert market.stored(user, USDC)[0] == 940 * USDC_WEI


def test_send_asset_from_dex_to_anothers_dex(market: HyperMarket, user: str) -> None:
    market.done("usd_class_transfer", ntl=100 * USD, to_perp=True)
    market.done("send_asset", **asset(source_dex=0, destination_dex=0))
    assert market.read("withdrawable", TRADER) == {"withdrawable": 100 * USD}
    assert market.read("withdrawable", user) == {"withdrawable": 0}


def test_send_asset_to_the_dex_of_portfolio_margin_goes_to_its_balance(
    market: HyperMarket, user: str
) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    market.done("send_asset", **asset(destination_dex=0))
    assert market.stored(TRADER, USDC) == (0, 100 * USDC_WEI)


def test_send_asset_for_an_own_sub_account(market: HyperMarket, user: str) -> None:
    sub = market.venue("subAccountOf", user, 5)
    market.done("spot_send", destination=sub, token=USDC, wei=300 * USDC_WEI)
    market.done("send_asset", **asset(sub_account=sub))
    assert market.stored(sub, USDC)[0] == 200 * USDC_WEI
    refused = market.ended("send_asset", **asset(sub_account=KEEPER))
    assert refused == (FAILED, "NotOwnAccount", (user.lower(), KEEPER))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"destination_dex": 7, "destination": TRADER}, ("UnknownDex", (7,))),
        ({"destination_dex": 0, "token": UBTC, "wei": 1}, ("NotTheDexToken", (0, USDC, UBTC))),
        ({"destination_dex": 0, "wei": 150}, ("InexactAmount", (USDC, 150, 100))),
        ({"source_dex": 0}, ("InsufficientMargin", (0, 0, -100 * USD))),
        ({"wei": 0}, ("ZeroAmount", ())),
    ],
)
def test_send_asset_is_done_whole_or_not_at_all(
    market: HyperMarket, user: str, changes: dict[str, Any], error: tuple[str, Any]
) -> None:
    market.on_core(UBTC, 1)
    assert market.ended("send_asset", **asset(**changes)) == (FAILED, *error)
    assert market.stored(user, USDC)[0] == 1_000 * USDC_WEI


# Borrow and lend


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_supply_and_withdraw_move_between_spot_and_pool(
    market: HyperMarket, user: str, mode: int
) -> None:
    """SPEC HC-16."""
    if mode == UNIFIED:
        market.done("set_abstraction", user=user, mode=2)
    market.done("borrow_lend", operation=SUPPLY, token=USDC, wei=400 * USDC_WEI)
    assert market.stored(user, USDC) == (600 * USDC_WEI, 400 * USDC_WEI)
    market.done("borrow_lend", operation=WITHDRAW, token=USDC, wei=123)
    assert market.stored(user, USDC) == (600 * USDC_WEI + 123, 400 * USDC_WEI - 123)


def test_zero_stands_for_as_much_as_possible(market: HyperMarket, user: str) -> None:
    market.done("borrow_lend", operation=SUPPLY, token=USDC, wei=0)
    assert market.stored(user, USDC) == (0, 1_000 * USDC_WEI)
    market.done("borrow_lend", operation=WITHDRAW, token=USDC, wei=0)
    assert market.stored(user, USDC) == (1_000 * USDC_WEI, 0)
    refused = market.ended("borrow_lend", operation=WITHDRAW, token=USDC, wei=0)
    assert refused == (FAILED, "ZeroAmount", ())


def test_as_much_as_possible_ends_at_the_cap_and_at_whole_units(
    market: HyperMarket, user: str
) -> None:
    market.done("spot_send", destination=TRADER, token=USDC, wei=1)
    market.done("borrow_lend", operation=SUPPLY, token=USDC, wei=0)
    # A unit of the ERC-20 is 100 wei, so 99 stay.
    assert market.stored(user, USDC) == (99, 1_000 * USDC_WEI - 100)
    market.done("borrow_lend", operation=WITHDRAW, token=USDC, wei=0)
    market.set_caps(USDC, global_supply=50_000_300 * USDC_WEI)
    market.done("borrow_lend", operation=SUPPLY, token=USDC, wei=0)
    assert market.stored(user, USDC)[1] == 300 * USDC_WEI


def test_supply_of_a_part_of_a_unit_is_refused(market: HyperMarket, user: str) -> None:
    refused = market.ended("borrow_lend", operation=SUPPLY, token=USDC, wei=150)
    assert refused == (FAILED, "InexactAmount", (USDC, 150, 100))


@pytest.mark.parametrize("operation", [SUPPLY, WITHDRAW])
def test_more_than_there_is_is_refused(market: HyperMarket, user: str, operation: int) -> None:
    too_much = 1_001 * USDC_WEI
    has = 1_000 * USDC_WEI if operation == SUPPLY else 0
    refused = market.ended("borrow_lend", operation=operation, token=USDC, wei=too_much)
    assert refused == (FAILED, "InsufficientBalance", (USDC, too_much, has))


@pytest.mark.parametrize("operation", [SUPPLY, WITHDRAW])
def test_with_portfolio_margin_the_sweep_keeps_everything_supplied(
    market: HyperMarket, user: str, operation: int
) -> None:
    """SPEC HC-17."""
    market.done("set_abstraction", user=user, mode=3)
    assert market.stored(user, USDC) == (0, 1_000 * USDC_WEI)
    for amount in (0, 400 * USDC_WEI):
        market.done("borrow_lend", operation=operation, token=USDC, wei=amount)
        assert market.stored(user, USDC) == (0, 1_000 * USDC_WEI)
    too_much = 1_001 * USDC_WEI
    refused = market.ended("borrow_lend", operation=operation, token=USDC, wei=too_much)
    assert refused == (FAILED, "InsufficientBalance", (USDC, too_much, 1_000 * USDC_WEI))


def test_there_are_two_operations(market: HyperMarket, user: str) -> None:
    refused = market.ended("borrow_lend", operation=2, token=USDC, wei=1)
    assert refused == (FAILED, "UnknownOperation", (2,))
    refused = market.ended("borrow_lend", operation=SUPPLY, token=9, wei=1)
    assert refused == (FAILED, "UnknownToken", (9,))


# Modes


@pytest.mark.parametrize(("mode", "stored"), [(1, STANDARD), (2, UNIFIED), (3, PORTFOLIO_MARGIN)])
def test_set_abstraction(market: HyperMarket, user: str, mode: int, stored: int) -> None:
    market.done("set_abstraction", user=user, mode=mode)
    assert market.venue("accountState", user)["mode"] == stored


def test_set_abstraction_of_an_own_sub_account_is_judged_by_the_masters_volume(
    market: HyperMarket, user: str
) -> None:
    """SPEC AC-08, AC-11."""
    sub = market.venue("subAccountOf", user, 0)
    market.done("set_abstraction", user=sub, mode=3)
    assert market.venue("accountState", sub)["mode"] == PORTFOLIO_MARGIN
    market.done("set_abstraction", user=sub, mode=1)
    # Ten million of volume is asked for; the master has it after an order.
    market.set_policy(enable_min_volume=10_000, enable_min_value=2**63)
    refused = market.ended("set_abstraction", user=sub, mode=3)
    assert refused[:2] == (FAILED, "EnablingRefused")
    market.done("usd_class_transfer", ntl=100 * USD, to_perp=True)
    market.done(
        "limit_order",
        asset=0,
        is_buy=True,
        limit_px=100_000 * 10**8,
        sz=10**3,
        reduce_only=False,
        tif=3,
        cloid=0,
    )
    market.done("set_abstraction", user=sub, mode=3)


@pytest.mark.parametrize("mode", [0, 4, 255])
def test_mode_that_is_none_is_refused(market: HyperMarket, user: str, mode: int) -> None:
    refused = market.ended("set_abstraction", user=user, mode=mode)
    assert refused == (FAILED, "UnknownAbstraction", (mode,))


def test_nobody_sets_the_mode_of_others(market: HyperMarket, user: str) -> None:
    far = market.venue("subAccountOf", user, 64)
    for account in (KEEPER, far):
        refused = market.ended("set_abstraction", user=account, mode=3)
        assert refused == (FAILED, "NotOwnAccount", (user.lower(), account.lower()))
    assert market.ended("set_abstraction", user=user, mode=3)[0] == APPLIED
