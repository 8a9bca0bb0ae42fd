"""Bad debt that nobody pays: it is spread over the suppliers, and the pool goes on.

It begins as `bad_debt.py` tells, with a deficit of 108,457.59469537. The keeper pays 50,000 of it.
The rest, 58,457.59469537, is the suppliers': 1,018,457.59469536 become 959,999.99999999.

    supplier   before                after            lost
    first      611,074.55681722      575,999.99999999       35,074.55681723
    second     407,383.03787814      383,999.99999999       23,383.03787815

Then life goes on: a newcomer supplies at the new index and bears nothing of the old loss, the next
loan pays interest to all, and everybody leaves with what the books say.
"""

from __future__ import annotations

from eth_utils.crypto import keccak
from stories.bad_debt import (
    DEFICIT,
    EARNED,
    FIRST_HAS,
    SECOND,
    SECOND_HAS,
    fall_and_take_over,
    lend_for_a_year,
)
from support.evm import DEPLOYER
from support.story import DOLLAR, YEAR, Story
from support.venue import (
    BACKSTOP,
    EVERYTHING,
    KEEPER,
    RAY,
    SUPPLIER,
    TRADER,
    USDC,
    USDT0,
)

from pmkit.model import ReserveStatus

NEWCOMER = "0x" + "5c" * 20
SUPPLIED = 1_000_000 * DOLLAR + EARNED
REST = DEFICIT - 50_000 * DOLLAR


def test_bad_debt_is_spread_over_the_suppliers_and_the_pool_goes_on(story: Story) -> None:
    lend_for_a_year(story)
    fall_and_take_over(story)
    story.fund(KEEPER, USDC, 50_000 * DOLLAR)
    story.venue("coverDeficit", USDC, 50_000 * DOLLAR, sender=KEEPER)
    assert story.reserve()["deficit"] == REST == 5_845_759_469_537

    # It is the risk admin's last resort, and nobody else's.
    refused = story.refuses(KEEPER, "socialise", USDC)
    role = keccak(text="RISK_ADMIN")
    assert refused == ("AccessControlUnauthorizedAccount", (KEEPER, role))
    before = {who: story.holds(who, USDC)[1] for who in (SUPPLIER, SECOND)}
    assert before == {SUPPLIER: FIRST_HAS, SECOND: SECOND_HAS}
    assert story.venue("socialise", USDC, sender=DEPLOYER) == REST

    # What a watcher sees: the amount, the index before and after, and that nobody waits any more.
    assert story.told() == ["Socialised", "ReserveStatusSet"]
    told = story.event("Socialised")
    assert told["amount"] == REST
    # 1 + 0.018457… of interest; after it 0.96 of what was supplied.
    assert told["indexBefore"] * 1_000_000 // RAY == 1_018_457
    assert told["indexAfter"] * 1_000_000 // RAY in (959_999, 960_000)
    assert story.event("ReserveStatusSet")["bitsNow"] == ReserveStatus(0)

    # Each supplier's loss, to the wei: 60 and 40 parts of it, rounded against the supplier.
    after = {who: story.holds(who, USDC)[1] for who in (SUPPLIER, SECOND)}
    assert after == {SUPPLIER: 57_599_999_999_999, SECOND: 38_399_999_999_999}
    lost = {who: before[who] - after[who] for who in before}
    assert lost == {SUPPLIER: 3_507_455_681_723, SECOND: 2_338_303_787_815}
    assert sum(lost.values()) == REST + 1  # of rounding
    # Nobody else has lost anything.
    assert story.holds(SUPPLIER, USDT0)[1] == 5_000_000 * DOLLAR

    # Suppliers leave again, and newcomers come, who bear nothing of it.
    assert story.withdraws(SECOND, USDC, 84_000 * DOLLAR) == 84_000 * DOLLAR
    story.supplies(NEWCOMER, USDC, 100_000 * DOLLAR)
    assert 0 <= 100_000 * DOLLAR - story.holds(NEWCOMER, USDC)[1] <= 1

    # The backstop repays what it took over; the next loan is the trader's.
    story.repays(BACKSTOP, USDC, payer=KEEPER)
    story.opens(TRADER, ubtc=10)
    story.borrows(TRADER, USDC, 400_000 * DOLLAR)
    shares = {who: story.holds(who, USDC)[1] for who in (SUPPLIER, SECOND, NEWCOMER)}
    supplied = story.reserve()["supplied"]
    story.warp(YEAR)
    story.venue("accrue", USDC, sender=KEEPER)
    # 400,000 of 976,000 are lent, below the kink: 20,508.43855042 in the year, as the year before.
    owed = story.holds(TRADER, USDC)[2]
    assert owed - 42_050_843_855_041 in (0, 1)
    interest = story.reserve()["supplied"] - supplied
    assert EARNED - interest in (-1, 0, 1)
    for who, share in shares.items():
        earned = story.holds(who, USDC)[1] - share
        assert -2 <= earned - interest * share // supplied <= 2

    # Everybody leaves: the trader pays, the suppliers take what the books say, and nothing is left.
    story.repays(TRADER, USDC)
    for who in (SUPPLIER, SECOND, NEWCOMER):
        story.withdraws(who, USDC, EVERYTHING)
        assert story.holds(who, USDC)[1] < 100
    reserve = story.reserve()
    assert (reserve["borrowed"], reserve["deficit"]) == (0, 0)
    assert 0 <= story.dust(USDC) <= 8
