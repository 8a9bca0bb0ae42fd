"""Collateral that a step takes passes on as shares. SPEC BL-24.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.loans import HYPE_SPOT, HYPE_WEI, UBTC_WEI, USDC_WEI, bring, faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    HYPE,
    INSURANCE,
    KEEPER,
    MAKER,
    TRADER,
    USDC,
    refusal,
)
from venue.mirror import MirroredMarket

DEBT_PARTIAL, DEBT_FULL = range(2)
YEAR = 365 * 24 * 3600
OTHER = "0x" + "d2" * 20


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
    """Return an account's supply of HYPE, token wei."""
    tokens = market.account(account)["tokens"]
    return sum(t["supplied"] for t in tokens if t["token"] == HYPE)


def shares(market: MirroredMarket, account: str) -> int:
    """Return an account's shares of HYPE."""
    found: int = market.venue("balanceOf", account, HYPE)["shares"]
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


def test_reward_is_passed_on_as_shares_too(loan: MirroredMarket) -> None:
    loan.warp(YEAR)
    loan.set_prices(hype=33)
    loan.set_policy(reward_ppm=50_000)
    before = shares(loan, BORROWER)
    loan.venue("liquidate", BORROWER, sender=KEEPER)
    reward = loan.event("TriggerRewarded")["amount"]
    assert accrued(loan) == [USDC]
    # The reward's shares are rounded down, and what is worth less than a wei is no wei.
    assert reward - supplied(loan, KEEPER) in (0, 1)
    assert shares(loan, KEEPER) > 0
    assert sum(shares(loan, who) for who in (BORROWER, BACKSTOP, KEEPER)) == before


@pytest.mark.parametrize(("hype", "leg"), [(33, DEBT_PARTIAL), (20, DEBT_FULL)])
@pytest.mark.parametrize("caller", [KEEPER, TRADER])
def test_backstop_that_owes_some_repays_with_it(
    loan: MirroredMarket, hype: int, leg: int, caller: str
) -> None:
    """Also where the caller owes some, and is rewarded where the collateral is worth enough."""
    loan.portfolio_account(BACKSTOP, ubtc=UBTC_WEI)
    loan.venue("borrow", HYPE, HYPE_WEI // 2, sender=BACKSTOP)
    loan.set_policy(reward_ppm=50_000)
    loan.warp(YEAR)
    loan.set_prices(hype=hype)
    total = supplied(loan, BORROWER)
    owed = loan.token(BACKSTOP, HYPE)["borrowed"]
    step = loan.venue("liquidate", BORROWER, sender=caller)
    assert step["leg"] == leg
    assert accrued(loan) == [HYPE, USDC]
    taken = loan.event("CollateralTaken")["amount"]
    rewards = [values["amount"] for name, values in loan.evm.logs if name == "TriggerRewarded"]
    assert len(rewards) == (leg == DEBT_PARTIAL)
    assert loan.token(BACKSTOP, HYPE)["borrowed"] == 0
    got = taken - sum(rewards) - owed
    assert got - supplied(loan, BACKSTOP) in (0, 1)
    assert total - taken - supplied(loan, BORROWER) in (-1, 0, 1)
    # The schedule notes what came; what it no longer has is struck off by the sale (SPEC LQ-18).
    assert loan.venue("inventoryOf", HYPE)["scheduled"] == taken - sum(rewards)


@pytest.mark.parametrize("taker", [INSURANCE, MAKER])
@pytest.mark.parametrize(("hype", "leg"), [(33, DEBT_PARTIAL), (20, DEBT_FULL)])
def test_the_venues_own_accounts_take_like_others(
    loan: MirroredMarket, taker: str, hype: int, leg: int
) -> None:
    bring(loan, taker, USDC, 300 * USDC_WEI)
    loan.warp(YEAR)
    loan.set_prices(hype=hype)
    before = shares(loan, taker)
    assert loan.venue("liquidateAsTaker", BORROWER, sender=taker)["leg"] == leg
    assert HYPE not in accrued(loan)
    assert shares(loan, taker) > before


def bad_debt_in_hype(market: MirroredMarket) -> None:
    """Let somebody owe 9 HYPE against UBTC that is worth 50 then, so that a deficit is left."""
    market.portfolio_account(OTHER, ubtc=UBTC_WEI // 100)
    market.venue("borrow", HYPE, 9 * HYPE_WEI, sender=OTHER)
    market.venue("order", HYPE_SPOT, False, 0, 9 * 100, False, sender=OTHER)
    market.set_prices(btc=5_000)
    assert market.venue("liquidate", OTHER, sender=KEEPER)["leg"] == DEBT_FULL
    assert market.venue("reserveOf", HYPE)["deficit"] > 0


def test_collateral_of_a_reserve_with_a_deficit_leaves_its_state_untold(
    loan: MirroredMarket,
) -> None:
    """SPEC BL-21. Its suppliers wait for the deficit; passing on is no withdrawal (LQ-12)."""
    bad_debt_in_hype(loan)
    loan.warp(60)
    loan.set_caps(HYPE, global_supply=1)
    bring(loan, KEEPER, USDC, 60 * USDC_WEI)
    loan.set_prices(hype=33)
    loan.venue("liquidateAsTaker", BORROWER, sender=KEEPER)
    assert loan.event("CollateralTaken")["token"] == HYPE
    assert HYPE not in [v["token"] for name, v in loan.evm.logs if name == "ReserveStatusSet"]


def test_collateral_whose_index_has_fallen_passes_on_at_what_it_is_worth(
    loan: MirroredMarket,
) -> None:
    """SPEC LQ-11."""
    bad_debt_in_hype(loan)
    before = supplied(loan, BORROWER)
    loan.venue("socialise", HYPE)
    left = supplied(loan, BORROWER)
    assert left < before
    bring(loan, KEEPER, USDC, 250 * USDC_WEI)
    loan.set_prices(hype=20)
    loan.venue("liquidateAsTaker", BORROWER, sender=KEEPER)
    assert loan.event("CollateralTaken")["amount"] == supplied(loan, KEEPER) == left


def test_many_small_steps_give_nobody_more_than_the_borrower_loses(loan: MirroredMarket) -> None:
    loan.warp(YEAR + 12_345)
    loan.set_prices(hype=33)
    loan.set_policy(reward_ppm=100_000, min_step=0, debt_step=10**12, step_cadence=0)
    owners = (BORROWER, BACKSTOP, KEEPER)
    before, total = supplied(loan, BORROWER), sum(shares(loan, who) for who in owners)
    told = 0
    for _ in range(20):
        loan.venue("liquidate", BORROWER, sender=KEEPER)
        told += loan.event("CollateralTaken")["amount"]
    assert sum(shares(loan, who) for who in owners) == total
    assert before - supplied(loan, BORROWER) - told in (0, 1)
    assert sum(supplied(loan, who) for who in owners) <= before
