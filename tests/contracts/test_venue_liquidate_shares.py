"""Collateral that a step takes passes on as shares. SPEC BL-24.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.loans import HYPE_WEI, UBTC_WEI, USDC_WEI, bring, faq_loan
from support.venue import BACKSTOP, BORROWER, HYPE, KEEPER, TRADER, USDC, refusal
from venue.mirror import MirroredMarket

YEAR = 365 * 24 * 3600


@pytest.fixture
def loan(mirrored: MirroredMarket) -> MirroredMarket:
    """Give 250 USDC that are owed against 10 HYPE, of which the trader owes one to the pool."""
    faq_loan(mirrored)
    mirrored.registry("setTokenFactors", HYPE, 5_000, True)
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    mirrored.venue("borrow", HYPE, HYPE_WEI, sender=TRADER)
    return mirrored


def accrued(market: MirroredMarket) -> list[int]:
    """Return the tokens whose interest was stored, in order."""
    return [values["token"] for name, values in market.evm.logs if name == "Accrued"]


def supplied(market: MirroredMarket, account: str) -> int:
    found: int = market.token(account, HYPE)["supplied"]
    return found


def test_reserve_of_collateral_that_is_lent_stays_as_it_is(loan: MirroredMarket) -> None:
    loan.set_prices(hype=33)
    loan.warp(YEAR)
    loan.set_prices(hype=33)
    reserve = loan.venue("reserveOf", HYPE)
    before = supplied(loan, BORROWER)
    # A tenth of it is lent at 5 %, so that an index is no longer one.
    assert before > 10 * HYPE_WEI
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    taken = loan.event("CollateralTaken")["amount"]
    assert accrued(loan) == [USDC]
    # Shares are rounded up: of a wei, none or one goes along.
    assert supplied(loan, BACKSTOP) - taken in (0, 1)
    assert before - supplied(loan, BORROWER) - supplied(loan, BACKSTOP) in (0, 1)
    assert loan.venue("reserveOf", HYPE) == reserve


def test_reserve_of_collateral_in_the_full_band_passes_whole(loan: MirroredMarket) -> None:
    loan.warp(YEAR)
    loan.set_prices(hype=20)
    before = supplied(loan, BORROWER)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    assert accrued(loan) == [USDC]
    assert loan.account(BORROWER)["tokens"][0]["token"] != HYPE
    assert supplied(loan, BACKSTOP) == before


def test_taker_that_owes_some_repays_with_it(loan: MirroredMarket) -> None:
    bring(loan, TRADER, USDC, 60 * USDC_WEI)
    loan.warp(60)
    loan.set_prices(hype=33)
    owed = loan.token(TRADER, HYPE)["borrowed"]
    loan.venue("liquidateAsTaker", BORROWER, sender=TRADER)
    assert HYPE in accrued(loan)
    assert loan.token(TRADER, HYPE)["borrowed"] == 0
    # Nothing is owed any more, so the sweep supplies the coin that was borrowed, too.
    taken = loan.event("CollateralTaken")["amount"]
    assert taken - owed + HYPE_WEI - supplied(loan, TRADER) in (0, 1)


def test_caller_that_owes_some_repays_with_its_reward(loan: MirroredMarket) -> None:
    loan.warp(60)
    loan.set_prices(hype=33)
    loan.set_policy(reward_ppm=50_000)
    owed = loan.token(TRADER, HYPE)["borrowed"]
    loan.venue("liquidate", BORROWER, sender=TRADER)
    reward, taken = (loan.event(name)["amount"] for name in ("TriggerRewarded", "CollateralTaken"))
    assert reward == taken * 5 // 100
    assert HYPE in accrued(loan)
    assert loan.token(TRADER, HYPE)["borrowed"] in (owed - reward, owed - reward + 1)
    assert taken - reward - supplied(loan, BACKSTOP) in (0, 1)


def test_reserves_state_is_told_by_the_next_action_on_it(loan: MirroredMarket) -> None:
    """SPEC BL-21: a step does not touch the reserve of what it passes on."""
    loan.set_prices(hype=33)
    loan.set_caps(HYPE, global_supply=1)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    assert "ReserveStatusSet" not in loan.event_names()
    loan.venue("accrue", HYPE, sender=KEEPER)
    assert loan.event("ReserveStatusSet")["token"] == HYPE


def test_nothing_is_left_to_pass_on_twice(loan: MirroredMarket) -> None:
    loan.set_prices(hype=20)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    name, _ = refusal(loan.venue, "liquidate", BORROWER, sender=KEEPER)
    assert name == "NotLiquidatable"
