"""liquidateBatch: a step on each of many accounts, refusals as data. SPEC LQ-26.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.checked import Refusal
from support.loans import HYPE_WEI, UBTC_WEI, USDC_WEI, USDT0_SPOT, bring
from support.venue import (
    BTC_PERP,
    HYPE,
    KEEPER,
    MAKER,
    TRADER,
    USDC,
    WAD,
    Market,
    refusal,
)
from support.wide_market import WideMarket
from venue.mirror import MirroredMarket

ANY_BUY = 2**64 - 1
DEBT_PARTIAL = 0
OTHERS = tuple(f"0x{0xACC000 + i:040x}" for i in range(3))
NO_STEP = {"leg": 0, "debtValue": 0, "collateralValue": 0, "loss": 0, "liquidatable": False}


def loan(market: WideMarket, account: str) -> None:
    """Let an account hold 10 HYPE and owe 250 USDC, spent on USDT0."""
    market.portfolio_account(account, hype=10 * HYPE_WEI)
    market.venue("borrow", USDC, 250 * USDC_WEI, sender=account)
    market.venue("order", USDT0_SPOT, True, ANY_BUY, 25_000, False, sender=account)


def many(market: Market, accounts: list[str], sender: str = KEEPER, taker: bool = False) -> Any:
    """Take a step on each of some accounts."""
    return market.venue("liquidateBatch", accounts, taker, sender=sender)


def reason(market: Market, outcome: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the refusal of an outcome by name."""
    assert (outcome["done"], outcome["step"]) == (False, NO_STEP)
    found = market.evm.refusal_of(outcome["reason"])
    return found.name, found.values


@pytest.fixture
def loans(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market with three loans of 250 USDC against 10 HYPE at 33, and an account without."""
    for account in OTHERS:
        loan(mirrored, account)
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    mirrored.set_prices(hype=33)
    return mirrored


def test_each_account_gets_its_step_or_its_refusal(loans: MirroredMarket) -> None:
    accounts = [OTHERS[0], TRADER, OTHERS[1], MAKER, KEEPER, OTHERS[0]]
    outcomes = many(loans, accounts)
    assert [outcome["done"] for outcome in outcomes] == [True, False, True, False, False, False]
    # A fifth of 250.
    assert outcomes[0]["step"] == outcomes[2]["step"]
    assert outcomes[0]["step"]["leg"] == DEBT_PARTIAL
    assert outcomes[0]["step"]["debtValue"] == 50 * WAD
    assert outcomes[0]["reason"] == b""
    assert reason(loans, outcomes[1]) == ("NotLiquidatable", (TRADER, 0, 95 * WAD // 100))
    assert reason(loans, outcomes[3]) == ("NotAUserAccount", (MAKER,))
    assert reason(loans, outcomes[4]) == ("SelfLiquidation", (KEEPER,))
    now = loans.evm.timestamp
    assert reason(loans, outcomes[5]) == ("StepTooEarly", (now + 3, now))
    told = [values["account"] for name, values in loans.evm.logs if name == "Liquidated"]
    assert told == list(OTHERS[:2])


def test_batch_does_what_single_steps_do(wide_market: WideMarket) -> None:
    """Same step, same events in the same order, same accounts afterwards."""
    single = WideMarket.deploy()
    single.widen()
    for market in (single, wide_market):
        for account in OTHERS:
            loan(market, account)
        market.set_prices(hype=33)
        assert market.evm.timestamp == single.evm.timestamp
    steps, logs = [], []
    for account in OTHERS:
        steps.append(single.venue("liquidate", account, sender=KEEPER))
        logs += single.evm.logs
    outcomes = many(wide_market, list(OTHERS))
    assert [outcome["step"] for outcome in outcomes] == steps
    shown = [log for log in logs if log[0] != "ReserveStatusSet"]
    assert [log for log in wide_market.evm.logs if log[0] != "ReserveStatusSet"] == shown
    for account in (*OTHERS, single.venue("backstop")):
        assert wide_market.account(account) == single.account(account)


def test_refused_account_is_left_as_it_was(loans: MirroredMarket) -> None:
    """The sweep that the step begins with is undone as well."""
    loans.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    loans.set_prices(btc=90_000)
    before = loans.account(TRADER)
    many(loans, [TRADER, OTHERS[0]])
    assert loans.event("Liquidated")["account"].lower() == OTHERS[0]
    assert loans.account(TRADER) == before
    loans.venue("sweep", TRADER, sender=KEEPER)
    assert loans.account(TRADER) != before


def test_nobody_to_liquidate_is_no_refusal(loans: MirroredMarket) -> None:
    assert many(loans, []) == []


def test_pause_refuses_each(loans: MirroredMarket) -> None:
    loans.registry("grantRole", loans.registry("GUARDIAN"), KEEPER)
    loans.registry("pause", 8, sender=KEEPER)
    (outcome,) = many(loans, [OTHERS[0]])
    assert reason(loans, outcome) == ("Paused", (8,))


def test_callers_hands_take_while_their_funds_last(loans: MirroredMarket) -> None:
    """Each step is 50 USDC; 120 pay for two."""
    bring(loans, KEEPER, USDC, 120 * USDC_WEI)
    outcomes = many(loans, list(OTHERS), taker=True)
    assert [outcome["done"] for outcome in outcomes] == [True, True, False]
    expected = ("InsufficientBalance", (USDC, 50 * USDC_WEI, 20 * USDC_WEI))
    assert reason(loans, outcomes[2]) == expected
    takers = [values["taker"] for name, values in loans.evm.logs if name == "DebtTaken"]
    assert [taker.lower() for taker in takers] == [KEEPER] * 2
    held = next(t for t in loans.account(KEEPER)["tokens"] if t["token"] == HYPE)
    # 50 / (33 · 5/6) HYPE each.
    assert held["supplied"] == 2 * 181_818_181


def test_masters_do_not_liquidate_themselves_through_a_sub_account(loans: MirroredMarket) -> None:
    data = loans.venue.calldata("liquidateBatch", [OTHERS[0], OTHERS[1]], False)
    outcomes = loans.venue("forSubAccount", 0, data, sender=OTHERS[0])
    assert [done for done, _, _ in outcomes] == [False, True]
    assert outcomes[0][2] == ["SelfLiquidation", [OTHERS[0]]]


def test_want_of_gas_is_never_taken_for_a_refusal(wide_market: WideMarket) -> None:
    """Whatever gas is given: the step is done, or the call says that the gas ended, or ends."""
    for account in OTHERS:
        loan(wide_market, account)
    wide_market.set_prices(hype=33)
    evm, venue = wide_market.evm.evm, wide_market.venue
    data = venue.calldata("liquidateBatch", list(OTHERS), False)
    named = 0
    for gas in range(100_000, 1_600_000, 20_000):
        checkpoint = evm.snapshot()
        try:
            answer = evm.message_call(KEEPER, venue.address, calldata=data, gas=gas)
        except RuntimeError as failure:
            # A library that runs out of gas says nothing, and the venue ends without a word.
            if "OutOfGas" not in str(failure) and "output: 0x }" not in str(failure):
                found = wide_market.evm.revert_of(str(failure))
                refused = Refusal.of(("Venue.liquidateBatch",), found.name, found.values)
                assert any(refused == ("StepOutOfGas", (who,)) for who in OTHERS)
                named += 1
        else:
            outcomes = venue.decode("liquidateBatch", answer)
            assert all(outcome["done"] for outcome in outcomes)
        evm.revert(checkpoint)
        evm.reset_transient_storage()
    assert named > 10
    answer = refusal(venue, "liquidate", TRADER, sender=KEEPER)
    assert answer == ("NotLiquidatable", (TRADER, 0, 95 * WAD // 100))
