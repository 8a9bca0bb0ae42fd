"""A borrower liquidates itself through a second account. SPEC LQ-03, LQ-15, LQ-23, LQ-24."""

from __future__ import annotations

import pytest
from attacks.capital import ATTACKER, SECOND, WEI, deposit, of_account, worth
from support.loans import USDT0_SPOT
from support.venue import BACKSTOP, SUPPLIER, USDC, refusal
from venue.mirror import MirroredMarket

ANY_BUY = 2**64 - 1


@pytest.fixture
def loan(mirrored: MirroredMarket) -> MirroredMarket:
    """Let the attacker owe 250 USDC, spent on USDT0, against 10 HYPE; five percent are rewards."""
    mirrored.set_policy(reward_ppm=50_000)
    mirrored.portfolio_account(ATTACKER, hype=10 * WEI)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=ATTACKER)
    mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=ATTACKER)
    return mirrored


@pytest.mark.parametrize(
    ("hype", "full", "lost"),
    [
        # 50 of debt go for 60 of HYPE, of which the trigger gets 3: two steps until all is well.
        (33, False, 7),
        # In the full band all HYPE goes for 250: 49, 10 or 1 dollars are left to others, and the
        # reward is no more than that.
        ("29.9", True, 49 - 14.95),
        (26, True, 0),
        ("25.1", True, 0),
    ],
)
def test_own_step_triggered_from_a_second_account_is_not_paid_for_by_the_backstop(
    loan: MirroredMarket, hype: str | int, full: bool, lost: float
) -> None:
    """Trigger one's own liquidation for the reward, once the backstop's loss."""
    loan.set_prices(hype=hype)
    before = worth(loan, ATTACKER, SECOND)
    claim = worth(loan, SUPPLIER)
    step = loan.venue("liquidate", ATTACKER, sender=SECOND)
    assert step["leg"] == (1 if full else 0)
    # The reward is a whole number of millionths of the collateral, down.
    taken = before - worth(loan, ATTACKER, SECOND)
    assert taken > 0
    assert abs(float(taken) - lost) < 0.001
    assert of_account(loan, BACKSTOP) >= 0
    assert worth(loan, SUPPLIER) >= claim


@pytest.mark.parametrize("hype", [33, "29.9", 26, "25.1"])
def test_own_debt_taken_over_by_a_second_account_wins_nothing(
    loan: MirroredMarket, hype: str | int
) -> None:
    """Take one's own collateral below the market, at the takeover price."""
    deposit(loan, SECOND, USDC, 300 * WEI)
    loan.set_prices(hype=hype)
    before = worth(loan, ATTACKER, SECOND)
    others = worth(loan, SUPPLIER), of_account(loan, BACKSTOP)
    while loan.margin(ATTACKER)["liquidatable"]:
        loan.venue("liquidateAsTaker", ATTACKER, sender=SECOND)
        loan.warp(3)
    # Interest of some seconds and roundings are all that is lost.
    lost = before - worth(loan, ATTACKER, SECOND)
    assert 0 <= lost < 0.0001
    assert worth(loan, SUPPLIER) >= others[0]
    assert of_account(loan, BACKSTOP) == others[1]


def test_own_step_is_refused_to_every_account_that_acts_for_it(loan: MirroredMarket) -> None:
    """Trigger it as a sub-account, or as another account's operator, to get the reward there."""
    loan.set_prices(hype=33)
    call = loan.venue.calldata("liquidate", ATTACKER)
    loan.venue("approveOperator", ATTACKER, True, sender=SECOND)
    for ways in (
        ("liquidate", ATTACKER),
        ("forSubAccount", 0, call),
        ("onBehalf", SECOND, call),
    ):
        assert refusal(loan.venue, *ways, sender=ATTACKER) == ("SelfLiquidation", (ATTACKER,))
