"""The part of the collateral taken that goes to whoever triggered the step. SPEC LQ-24.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.loans import USDC_WEI, bring, faq_loan
from support.venue import BACKSTOP, BORROWER, HYPE, KEEPER, TRADER, USDC, WAD, refusal
from venue.mirror import MirroredMarket

TAKEN = 181_818_181
"""HYPE that a step of 50 takes at 33: 50 / (33 · 5/6)."""


@pytest.fixture
def loan(mirrored: MirroredMarket) -> MirroredMarket:
    """Give the venue's example at 33, under a reward of five percent."""
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    mirrored.set_policy(reward_ppm=50_000)
    return mirrored


def supplied(market: MirroredMarket, account: str) -> int:
    found: int = market.token(account, HYPE)["supplied"]
    return found


def test_reward_goes_to_the_caller_in_place_of_the_backstop(loan: MirroredMarket) -> None:
    # 5 % of 181,818,181 is 9,090,909.05.
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    assert loan.event("TriggerRewarded") == {
        "account": BORROWER,
        "caller": KEEPER,
        "token": HYPE,
        "amount": 9_090_909,
    }
    assert loan.event("CollateralTaken")["amount"] == TAKEN
    assert supplied(loan, KEEPER) == 9_090_909
    assert supplied(loan, BACKSTOP) == TAKEN - 9_090_909
    # The backstop has only to sell what it got.
    assert loan.venue("inventoryOf", HYPE)["scheduled"] == TAKEN - 9_090_909


def test_reward_of_an_operators_step_goes_to_the_account_it_acts_for(loan: MirroredMarket) -> None:
    loan.venue("approveOperator", KEEPER, True, sender=TRADER)
    call = loan.venue.calldata("liquidate", BORROWER)
    loan.venue("onBehalf", TRADER, call, sender=KEEPER)
    assert loan.event("TriggerRewarded")["caller"] == TRADER
    assert supplied(loan, TRADER) == 9_090_909


def test_taker_needs_no_reward(loan: MirroredMarket) -> None:
    bring(loan, KEEPER, USDC, 50 * USDC_WEI)
    loan.venue("liquidateAsTaker", BORROWER, sender=KEEPER)
    assert "TriggerRewarded" not in loan.event_names()
    assert supplied(loan, KEEPER) == TAKEN


def test_reward_that_rounds_to_nothing_is_not_told(loan: MirroredMarket) -> None:
    # A millionth of a step that takes less than a million wei.
    loan.set_policy(reward_ppm=1, min_step=0, debt_step=10**15)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    assert loan.event("CollateralTaken")["amount"] < 10**6
    assert "TriggerRewarded" not in loan.event_names()


def test_without_a_reward_nobody_is_noted_for_triggering(loan: MirroredMarket) -> None:
    loan.set_policy()
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    assert "TriggerRewarded" not in loan.event_names()
    assert loan.account(KEEPER)["tokens"] == []


def test_backstop_that_triggers_a_step_is_not_rewarded_for_it(loan: MirroredMarket) -> None:
    loan.venue("liquidate", BORROWER, sender=BACKSTOP)
    assert "TriggerRewarded" not in loan.event_names()
    refused = refusal(loan.venue, "liquidate", BACKSTOP, sender=KEEPER)
    assert refused == ("NotAUserAccount", (BACKSTOP,))


@pytest.mark.parametrize(
    ("hype", "ppm"),
    [
        # 250 of debt for all 10 HYPE: of 260 are 10 beyond it, 38,461 millionths.
        (26, 38_461),
        ("25.1", 3_984),
        (25, 0),
        (20, 0),
    ],
)
def test_reward_is_no_more_than_the_collateral_is_worth_beyond_the_debt(
    loan: MirroredMarket, hype: str | int, ppm: int
) -> None:
    loan.set_prices(hype=hype)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    told = [values["amount"] for name, values in loan.evm.logs if name == "TriggerRewarded"]
    assert told == ([1_000 * ppm] if ppm else [])
    assert supplied(loan, BACKSTOP) == 10**9 - sum(told)
    # What the reserve could not bear is its deficit, in the open, and the backstop has no loss.
    account = loan.margin(BACKSTOP)
    assert account["netDebt"] * 10**8 <= supplied(loan, BACKSTOP) * loan_px(hype)


def loan_px(hype: str | int) -> int:
    """Return a price of HYPE, USD WAD."""
    return int(Decimal(hype) * WAD)
