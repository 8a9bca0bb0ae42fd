"""How two stories begin: a loan that its collateral no longer covers.

Two suppliers have 1,000,000 USDC in the pool, 600,000 and 400,000; the insurance account has
10,000. The borrower owes 400,000 against 20,000 HYPE at 50 and has spent them on USDT0, which is no
collateral. A year at 40 % utilization, 5 %, later:

    owed                400,000 · e^0.05       420,508.43855041
    of the suppliers    9/10 of the interest    18,457.59469536
        so that the first has                  611,074.55681722
        and the second                         407,383.03787814
    of the buffer       1/10 of it               2,050.84385504

HYPE falls to 15. The coins are worth 300,000, at the takeover price of 12.50 but 250,000: the
backstop takes everything over. What the coins are not worth is lost:

    loss                420,508.43855041 − 300,000 = 120,508.43855041
    the buffer pays                                    2,050.84385504
    the insurance pays                                10,000
    the reserve's deficit                            108,457.59469537
"""

from __future__ import annotations

from support.story import DOLLAR, YEAR, Story
from support.venue import BORROWER, HYPE, INSURANCE, SUPPLIER, USDC
from support.wide_market import USDT0_USDC

SECOND = "0x" + "5b" * 20
"""The second supplier."""
OWED = 42_050_843_855_041
EARNED = 1_845_759_469_536
FIRST_HAS, SECOND_HAS = 61_107_455_681_722, 40_738_303_787_814
BUFFER = 205_084_385_504
INSURED = 10_000 * DOLLAR
WORTH = 300_000 * DOLLAR
LOSS = OWED - WORTH
DEFICIT = LOSS - BUFFER - INSURED


def lend_for_a_year(story: Story) -> None:
    """Tell the story up to the day before the fall."""
    story.withdraws(SUPPLIER, USDC, 49_400_000 * DOLLAR)
    story.supplies(SECOND, USDC, 400_000 * DOLLAR)
    story.brings(INSURANCE, USDC, INSURED, payer=SUPPLIER)
    story.opens(BORROWER, hype=20_000)
    story.borrows(BORROWER, USDC, 400_000 * DOLLAR)
    story.buys(BORROWER, 10_000 + USDT0_USDC, 400_000 * 100)
    story.warp(YEAR)


def fall_and_take_over(story: Story) -> None:
    """Let HYPE fall to 15 and the backstop take the loan over."""
    story.set_prices(hype=15)
    step = story.liquidates(BORROWER)
    assert story.holds(BORROWER, HYPE) == (0, 0, 0)
    assert step["liquidatable"] is False
