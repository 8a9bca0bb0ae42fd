"""The backstop takes a loan over whose collateral is worth less: the whole waterfall, to the end.

The loss, 120,508.44, is the buffer's, the insurance's and then the reserve's deficit, 108,457.59
(the figures are in `bad_debt.py`). While the deficit exceeds the insurance suppliers wait, by name
and with the numbers, whichever way they try. Then it is paid, by whoever likes:

    the keeper, from its wallet            50,000             leaves 58,457.59469537
    the insurance, of a gift of 30,000     30,000             leaves 28,457.59469537
    a gift of 28,458 to the insurance: it could pay, and suppliers leave before it has
    the insurance                          28,457.59469537    leaves nothing

Nobody has lost anything but the borrower, the insurance and whoever gave.
"""

from __future__ import annotations

from stories.bad_debt import (
    BUFFER,
    DEFICIT,
    EARNED,
    FIRST_HAS,
    INSURED,
    LOSS,
    OWED,
    SECOND,
    SECOND_HAS,
    WORTH,
    fall_and_take_over,
    lend_for_a_year,
)
from support.story import DOLLAR, Story
from support.venue import (
    BACKSTOP,
    BACKSTOP_LIQUIDATABLE,
    BORROWER,
    EVERYTHING,
    HYPE,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    USDC,
    USDT0,
    WAD,
)

from pmkit.model import ReserveStatus

HYPE_SPOT = 10_107
DEBT_FULL = 1


def test_bad_debt_goes_down_the_waterfall_and_is_paid_by_whoever_likes(story: Story) -> None:
    lend_for_a_year(story)
    assert story.holds(BORROWER, USDC) == (0, 0, OWED)
    assert story.reserve()["buffer"] == BUFFER
    assert story.reserve()["supplied"] == 1_000_000 * DOLLAR + EARNED

    # The fall: worth 300,000, and 250,000 to whoever takes it over.
    story.set_prices(hype=15)
    margin = story.margin(BORROWER)
    assert (margin["health"], margin["liquidatable"]) == (BACKSTOP_LIQUIDATABLE, True)
    # 420,508.44 against 300,000 · 0.75, a hair above 1.868.
    assert margin["ratio"] // 10**15 == 1_868

    fall_and_take_over(story)
    assert story.told() == [
        "CollateralTaken",
        "InterestHour",
        "Accrued",
        "DebtTaken",
        "LossCovered",
        "Liquidated",
        "ReserveStatusSet",
    ]
    assert story.event("CollateralTaken") == {
        "account": BORROWER,
        "token": HYPE,
        "taker": BACKSTOP,
        "amount": 20_000 * DOLLAR,
        "px": 15 * 10**6,
        "takeoverPx": 12_500_000,
    }
    assert story.event("DebtTaken") == {
        "account": BORROWER,
        "token": USDC,
        "taker": BACKSTOP,
        "amount": OWED,
        "loss": LOSS,
    }
    assert story.event("LossCovered") == {
        "token": USDC,
        "buffer": BUFFER,
        "insurance": INSURED,
        "deficit": DEFICIT,
    }
    liquidated = story.event("Liquidated")
    assert (liquidated["leg"], liquidated["loss"]) == (DEBT_FULL, LOSS * WAD // DOLLAR)
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus.LOCKED

    # The backstop has what it paid for, and the reserve says what it is short of.
    assert story.holds(BACKSTOP, HYPE) == (0, 20_000 * DOLLAR, 0)
    assert abs(story.holds(BACKSTOP, USDC)[2] - WORTH) <= 1
    reserve = story.reserve()
    assert (reserve["buffer"], reserve["deficit"]) == (0, DEFICIT)
    assert story.holds(INSURANCE, USDC) == (0, 0, 0)
    # Only the insurance has brought cash: 600,000 that were not lent, and 10,000.
    assert reserve["cash"] == 610_000 * DOLLAR
    # The borrower is out of it, with what it had bought.
    assert story.holds(BORROWER, USDT0) == (0, 400_000 * DOLLAR, 0)

    # Suppliers wait, whichever way they try.
    locked = ("WithdrawLocked", (USDC, DEFICIT, 0))
    assert story.refuses(SECOND, "withdraw", USDC, DOLLAR, SECOND) == locked
    assert story.refuses(SECOND, "spotSend", TRADER, USDC, DOLLAR) == locked
    story.venue("setMode", PORTFOLIO_MARGIN, sender=SECOND)
    assert story.refuses(SECOND, "order", HYPE_SPOT, True, 2**64 - 1, 100, False) == locked
    # What was never supplied leaves as ever.
    story.brings(TRADER, USDC, 5 * DOLLAR)
    assert story.withdraws(TRADER, USDC) == 5 * DOLLAR

    # Somebody pays a part. It is less than all, and everybody goes on waiting.
    story.fund(KEEPER, USDC, 50_000 * DOLLAR)
    paid = story.venue("coverDeficit", USDC, 50_000 * DOLLAR, sender=KEEPER)
    left = DEFICIT - paid
    assert (paid, left) == (50_000 * DOLLAR, 5_845_759_469_537)
    assert story.event("DeficitCovered") == {
        "token": USDC,
        "payer": KEEPER,
        "buffer": 0,
        "paid": 50_000 * DOLLAR,
        "left": left,
    }
    assert story.refuses(SECOND, "withdraw", USDC, DOLLAR, SECOND) == (
        "WithdrawLocked",
        (USDC, left, 0),
    )

    # Somebody gives the insurance 30,000: still less than the deficit, so it pays them in.
    story.brings(INSURANCE, USDC, 30_000 * DOLLAR, payer=KEEPER)
    refused = story.refuses(SECOND, "withdraw", USDC, DOLLAR, SECOND)
    assert refused == ("WithdrawLocked", (USDC, left, 30_000 * DOLLAR))
    assert story.venue("coverDeficitFromInsurance", USDC, sender=KEEPER) == 30_000 * DOLLAR
    left -= 30_000 * DOLLAR
    assert story.event("DeficitCovered")["payer"] == INSURANCE
    assert (story.reserve()["deficit"], left) == (left, 2_845_759_469_537)

    # As much insurance as deficit, and suppliers leave again before anybody has paid.
    story.brings(INSURANCE, USDC, 28_458 * DOLLAR, payer=KEEPER)
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus(0)
    assert story.withdraws(SECOND, USDC, 100_000 * DOLLAR) == 100_000 * DOLLAR
    assert story.venue("coverDeficitFromInsurance", USDC, sender=KEEPER) == left
    assert story.event("DeficitCovered")["left"] == 0
    refused = story.refuses(KEEPER, "coverDeficitFromInsurance", USDC)
    assert refused == ("NoDeficit", (USDC,))

    # Every party. The suppliers have their interest to the wei …
    assert story.total(SUPPLIER, USDC) == FIRST_HAS
    assert SECOND_HAS - 100_000 * DOLLAR - story.total(SECOND, USDC) in (0, 1)
    # … the insurance what the gifts left of it, and the backstop a loan that its coins cover.
    assert story.total(INSURANCE, USDC) == 28_458 * DOLLAR - left == 40_530_463
    assert abs(story.total(BACKSTOP, USDC) + WORTH) <= 1
    # The backstop's loan is the only one, and its coins stand for it: 300,000 against 225,000.
    story.repays(BACKSTOP, USDC, payer=KEEPER)
    reserve = story.reserve()
    assert (reserve["borrowed"], reserve["deficit"]) == (0, 0)
    # So everybody can leave.
    story.withdraws(SECOND, USDC, EVERYTHING)
    story.withdraws(SUPPLIER, USDC, EVERYTHING)
    assert story.reserve()["supplied"] <= 200
    assert story.dust(USDC) <= 4
