"""Two debts, in two tokens, against one collateral.

The trader holds 1 UBTC, worth 100,000. In the venue's own dex, which counts in USDC, it is short
1,000 HYPE at 50; in another, which counts in USDT0, it is short 10 GOLD at 4,000. Each dex keeps a
tenth of its notional and borrows its own token:

    HYPE      GOLD    lost in USDC   in USDT0   sum of net debts   collateral at 0.75
      50     4,000               0          0                  0               75,000
      70     9,000          20,000     50,000             70,000               75,000   carried
      70     9,600          20,000     56,000             76,000               75,000   liquidatable

Neither debt alone would be: the worse ratio is (2,400 + 56,000) / 75,000 = 0.7787, below 0.95. A
step takes a fifth of both, 15,200, and for it 15,200 / 83,333.33 = 0.1824 coins, at 5/6 of their
price: the trader pays 3,040 for having waited, the backstop gets them.
"""

from __future__ import annotations

import pytest
from support.story import COIN, DOLLAR, Story
from support.venue import (
    BACKSTOP,
    HYPE_PERP,
    KEEPER,
    MAKER,
    MARKET_LIQUIDATABLE,
    SUPPLIER,
    TRADER,
    UBTC,
    USDC,
    USDT0,
    WAD,
    margin_policy,
)
from support.wide_market import GOLD_PERP

ONE_GOLD = 10**4
DEBT_PARTIAL = 0


@pytest.fixture
def short(story: Story) -> Story:
    """Let the trader hold 1 UBTC, short 50,000 of HYPE for USDC and 40,000 of GOLD for USDT0."""
    story.opens(TRADER, ubtc=1)
    story.sells(TRADER, HYPE_PERP, 1_000 * 100)
    story.sells(TRADER, GOLD_PERP, 10 * ONE_GOLD)
    return story


def move(story: Story, asset: int, mark: int) -> None:
    """Let a coin have another price, on its grid, and sweep the trader."""
    story.marks[asset] = mark
    story.report()
    story.sweeps(TRADER)


def test_two_debts_are_carried_liquidated_and_closed(short: Story) -> None:
    story = short
    parties = (TRADER, MAKER, SUPPLIER, BACKSTOP)
    # Each dex has borrowed its tenth, in its own token.
    assert story.event("Swept")["token"] == USDT0
    assert story.holds(TRADER, USDC) == (0, 0, 5_000 * DOLLAR)
    assert story.holds(TRADER, USDT0) == (0, 0, 4_000 * DOLLAR)
    assert (story.total(TRADER, USDC), story.total(TRADER, USDT0)) == (0, 0)
    before = {who: {t: story.total(who, t) for t in (USDC, USDT0, UBTC)} for who in parties}
    margin = story.margin(TRADER)
    # 50,000 / 20 in USDC and 40,000 / 40 in USDT0, each against 75,000; the worse one counts.
    assert margin["ratio"] == -(-2_500 * WAD // 75_000)
    assert margin["grossDebt"] == 9_000 * WAD

    # Both go up. HYPE wants 20,000 + 7,000 of USDC, GOLD 50,000 + 9,000 of USDT0.
    move(story, HYPE_PERP, 700_000)
    assert story.event("Swept")["borrow"] == 22_000 * DOLLAR
    move(story, GOLD_PERP, 900_000)
    assert story.event("Swept")["borrow"] == 55_000 * DOLLAR
    assert story.total(TRADER, USDC) == -20_000 * DOLLAR
    assert story.total(TRADER, USDT0) == -50_000 * DOLLAR
    assert story.holds(TRADER, USDC)[2] == 27_000 * DOLLAR
    assert story.holds(TRADER, USDT0)[2] == 59_000 * DOLLAR
    margin = story.margin(TRADER)
    # Of USDC 70,000 / 20 + 20,000, of USDT0 90,000 / 40 + 50,000.
    usdc, usdt0 = (t["requirement"] for t in margin["tokens"] if t["requirement"])
    assert (usdc, usdt0) == (23_500 * DOLLAR, 52_250 * DOLLAR)
    assert margin["ratio"] == -(-52_250 * WAD // 75_000)
    assert (margin["netDebt"], margin["thresholdValue"]) == (70_000 * WAD, 75_000 * WAD)
    refused = story.refuses(KEEPER, "liquidate", TRADER)
    assert refused == ("NotLiquidatable", (TRADER, margin["ratio"], 95 * WAD // 100))

    # GOLD goes on: together they are more than the coin carries, and neither is alone.
    move(story, GOLD_PERP, 960_000)
    margin = story.margin(TRADER)
    assert margin["ratio"] == -(-58_400 * WAD // 75_000)
    assert (margin["netDebt"], margin["health"]) == (76_000 * WAD, MARKET_LIQUIDATABLE)

    # A fifth of both debts, and of the coin what 15,200 buy at 83,333.33.
    step = story.liquidates(TRADER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 15_200 * WAD)
    assert step["liquidatable"] is False
    debts = [values for name, values in story.evm.logs if name == "DebtTaken"]
    assert [(d["token"], d["amount"], d["loss"]) for d in debts] == [
        (USDC, 4_000 * DOLLAR, 0),
        (USDT0, 11_200 * DOLLAR, 0),
    ]
    taken = story.event("CollateralTaken")
    assert (taken["token"], taken["taker"]) == (UBTC, BACKSTOP)
    assert 1_824_000_000 - taken["amount"] in (0, 1)
    assert story.total(TRADER, USDC) == -16_000 * DOLLAR
    assert story.total(TRADER, USDT0) == -44_800 * DOLLAR
    # 0.8176 · 75,000 = 61,320 carry 60,800.
    margin = story.margin(TRADER)
    assert (margin["netDebt"], margin["thresholdValue"] // WAD) == (60_800 * WAD, 61_320)

    # Prices come back, and the trader closes.
    move(story, HYPE_PERP, 500_000)
    move(story, GOLD_PERP, 400_000)
    story.buys(TRADER, HYPE_PERP, 1_000 * 100)
    story.buys(TRADER, GOLD_PERP, 10 * ONE_GOLD)
    assert story.holds(TRADER, USDC)[2] == story.holds(TRADER, USDT0)[2] == 0

    # Every party, in wei of each token: the trader kept what the backstop paid for its coins, and
    # no price has moved between market maker and trader in the end.
    gains = {
        who: tuple(story.total(who, t) - before[who][t] for t in (USDC, USDT0, UBTC))
        for who in parties
    }
    coins = taken["amount"]
    assert near(gains[TRADER], (4_000 * DOLLAR, 11_200 * DOLLAR, -coins))
    assert near(gains[BACKSTOP], (-4_000 * DOLLAR, -11_200 * DOLLAR, coins))
    assert gains[MAKER] == gains[SUPPLIER] == (0, 0, 0)
    # 0.1824 coins are worth 18,240 again, which the backstop has for 15,200.
    assert story.withdraws(TRADER, UBTC) // 100 * 100 == (COIN - coins) // 100 * 100


def near(found: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Tell whether amounts are those on paper, but for at most four wei of roundings each."""
    return all(abs(a - b) <= 4 for a, b in zip(found, expected, strict=True))


def test_two_debts_together_liquidate_nobody_where_the_policy_says_so(short: Story) -> None:
    """SPEC LQ-01: the sum of the debts is a trigger of its own, that a policy may do without."""
    story = short
    move(story, HYPE_PERP, 700_000)
    move(story, GOLD_PERP, 960_000)
    more = ("order", HYPE_PERP, False, 0, 100, False)
    assert story.refuses(TRADER, *more)[0] == "DebtAboveThreshold"
    story.set_policy(margin=margin_policy(second_trigger=False))
    margin = story.margin(TRADER)
    assert (margin["netDebt"], margin["thresholdValue"]) == (76_000 * WAD, 75_000 * WAD)
    assert margin["liquidatable"] is False
    refused = story.refuses(KEEPER, "liquidate", TRADER)
    assert refused == ("NotLiquidatable", (TRADER, -(-58_400 * WAD // 75_000), 95 * WAD // 100))
    # What raises risk still needs a health factor of one.
    assert story.refuses(TRADER, *more)[0] == "HealthFactorBelowOne"


def test_what_one_dex_wins_pays_no_debt_of_another_token(short: Story) -> None:
    """SPEC PM-10."""
    story = short
    # HYPE at 40 wins 10,000 and wants 4,000: 11,000 over, 5,000 of it owed. GOLD still owes.
    move(story, HYPE_PERP, 400_000)
    assert story.total(TRADER, USDC) == 10_000 * DOLLAR
    assert story.holds(TRADER, USDC) == (0, 6_000 * DOLLAR, 0)
    assert story.holds(TRADER, USDT0) == (0, 0, 4_000 * DOLLAR)
    assert story.fallback(TRADER) == 0
