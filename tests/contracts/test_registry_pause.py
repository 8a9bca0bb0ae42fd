"""pause and unpause: who may, and what stays open. SPEC CR-07."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from support.evm import DEPLOYER
from support.venue import (
    BORROWER,
    BTC_PERP,
    KEEPER,
    SUPPLIER,
    TRADER,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8
HYPE_SPOT = 10_107
SUPPLY, BORROW, RISK, LIQUIDATION = 1, 2, 4, 8
GUARDIAN = "0x" + "6a" * 20


@pytest.fixture
def guarded(market: Market) -> Market:
    market.registry("grantRole", keccak(text="GUARDIAN"), GUARDIAN)
    market.registry("grantRole", keccak(text="UNPAUSER"), DEPLOYER)
    return market


def test_pause_by_anybody_else_is_refused(guarded: Market) -> None:
    role = keccak(text="GUARDIAN")
    refused = refusal(guarded.registry, "pause", SUPPLY, sender=KEEPER)
    assert refused == ("AccessControlUnauthorizedAccount", (KEEPER, role))


def test_unpause_by_the_guardian_is_refused(guarded: Market) -> None:
    role = keccak(text="UNPAUSER")
    refused = refusal(guarded.registry, "unpause", SUPPLY, sender=GUARDIAN)
    assert refused == ("AccessControlUnauthorizedAccount", (GUARDIAN, role))


def test_pause_adds_up_and_unpause_takes_back(guarded: Market) -> None:
    guarded.registry("pause", SUPPLY, sender=GUARDIAN)
    guarded.registry("pause", RISK, sender=GUARDIAN)
    assert guarded.event("PausedSet") == {"paused": SUPPLY | RISK}
    guarded.registry("unpause", SUPPLY)
    assert guarded.event("PausedSet") == {"paused": RISK}
    assert guarded.registry("paused") == RISK


def test_supply_while_paused_is_refused_but_pays_debt(guarded: Market) -> None:
    guarded.portfolio_account(BORROWER, ubtc=10**10)
    guarded.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    guarded.registry("pause", SUPPLY, sender=GUARDIAN)
    guarded.fund(BORROWER, USDC, 2_000 * USDC_WEI)
    guarded.fund(SUPPLIER, USDC, USDC_WEI)
    refused = refusal(guarded.venue, "supply", USDC, USDC_WEI, SUPPLIER, sender=SUPPLIER)
    assert refused == ("Paused", (SUPPLY,))
    guarded.venue("supply", USDC, 500 * USDC_WEI, BORROWER, sender=BORROWER)
    guarded.venue("repay", USDC, 2**256 - 1, BORROWER, sender=BORROWER)
    assert guarded.token(BORROWER, USDC)["borrowed"] == 0


def test_borrow_while_paused_is_refused_and_the_sweep_makes_no_debt(guarded: Market) -> None:
    guarded.portfolio_account(TRADER, ubtc=10**10)
    guarded.registry("pause", BORROW, sender=GUARDIAN)
    refused = refusal(guarded.venue, "borrow", USDC, USDC_WEI, sender=TRADER)
    assert refused == ("Paused", (BORROW,))
    # 1 BTC at 100,000 and 40x wants 2,500 of initial margin, and nothing funds it.
    refused = refusal(guarded.venue, "order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    assert refused == ("InsufficientMargin", (0, 2_500 * 10**6, 0))


def test_order_while_risk_is_paused_only_reduces(guarded: Market) -> None:
    guarded.portfolio_account(TRADER, ubtc=10**10)
    guarded.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    guarded.registry("pause", RISK, sender=GUARDIAN)
    refused = refusal(guarded.venue, "order", BTC_PERP, False, 0, 1, False, sender=TRADER)
    assert refused == ("Paused", (RISK,))
    guarded.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, True, sender=TRADER)
    assert guarded.venue("positionOf", TRADER, BTC_PERP)["szi"] == 0


def test_spot_order_while_risk_is_paused_makes_no_debt(guarded: Market) -> None:
    guarded.portfolio_account(TRADER, ubtc=10**10, usdc=50 * USDC_WEI)
    guarded.registry("pause", RISK, sender=GUARDIAN)
    # 1 HYPE for the 50 USDC that are there; another for debt.
    guarded.venue("order", HYPE_SPOT, True, 2**64 - 1, 100, False, sender=TRADER)
    order = ("order", HYPE_SPOT, True, 2**64 - 1, 100, False)
    assert refusal(guarded.venue, *order, sender=TRADER) == ("Paused", (RISK,))
    guarded.registry("unpause", RISK)
    guarded.venue(*order, sender=TRADER)
    # Selling repays, whatever is paused.
    guarded.registry("pause", RISK, sender=GUARDIAN)
    guarded.venue("order", HYPE_SPOT, False, 0, 200, False, sender=TRADER)
    assert guarded.token(TRADER, USDC)["borrowed"] == 0


def test_liquidate_while_paused_is_refused(guarded: Market) -> None:
    guarded.portfolio_account(TRADER, ubtc=10**10)
    guarded.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    guarded.set_prices(btc=400_000)
    guarded.registry("pause", LIQUIDATION, sender=GUARDIAN)
    refused = refusal(guarded.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused == ("Paused", (LIQUIDATION,))


def test_withdraw_while_everything_is_paused_is_open(guarded: Market) -> None:
    guarded.registry("pause", SUPPLY | BORROW | RISK | LIQUIDATION, sender=GUARDIAN)
    paid = guarded.venue("withdraw", USDC, 1_000 * USDC_WEI, SUPPLIER, sender=SUPPLIER)
    assert paid == 1_000 * USDC_WEI
