"""liquidate an account of more positions than one step passes to the backstop. SPEC LQ-13."""

from __future__ import annotations

import pytest
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE_PERP,
    KEEPER,
    MAKER,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    refusal,
)
from venue.mirror import MirroredMarket

USDC_WEI = 10**8
PERP_TAKEOVER = 3
ANY_BUY = 2**64 - 1
FURTHER = tuple(range(10, 18))
"""Eight assets that are listed after the market's own, each at 1,000 USD."""
SMALL, LARGE = 10**3, 10**6
"""Lots of 100 USD and of 100,000 USD, of which the second ties up 2,500 at 20x."""


def ten_positions(market: MirroredMarket, large: int) -> None:
    """Let the trader be long ten perps of the first dex on 6,000 USDC, one of them by far most."""
    for asset in FURTHER:
        market.registry("listPerp", (asset, f"P{asset}", 0, 4, 20, 20))
        market.marks[asset] = 100_000
    market.report()
    market.fund(TRADER, USDC, 6_000 * USDC_WEI)
    market.venue("deposit", USDC, 6_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 6_000 * USD, True, sender=TRADER)
    sizes = {BTC_PERP: 100, HYPE_PERP: 200, **dict.fromkeys(FURTHER, SMALL), large: LARGE}
    for asset, size in sizes.items():
        market.venue("order", asset, True, ANY_BUY, size, False, sender=TRADER)


def fall(market: MirroredMarket, large: int) -> None:
    """Let the large position lose 5,000: 1,000 are left of a maintenance of 2,375 and more."""
    market.marks[large] = 95_000
    market.report()


def taken(market: MirroredMarket) -> list[int]:
    """Let the backstop take a step's positions, and return their assets."""
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    return [v["asset"] for name, v in market.evm.logs if name == "PositionTaken"]


@pytest.mark.parametrize("large", [FURTHER[-1], FURTHER[0]])
def test_takeover_of_ten_positions_takes_two_steps_and_all(
    mirrored: MirroredMarket, large: int
) -> None:
    """What is left of the dex goes first, wherever the position stands that lost the rest."""
    ten_positions(mirrored, large=large)
    fall(mirrored, large)
    before = mirrored.venue("rawUsdOf", BACKSTOP, 0)
    assert taken(mirrored) == [BTC_PERP, HYPE_PERP, *FURTHER[:3]]
    # The positions that stay are worth what the dex owes: 4 of 100 and the large one, or 5 of 100.
    stay = (4 * 100 + 95_000 if large == FURTHER[-1] else 5 * 100) * USD
    assert mirrored.venue("rawUsdOf", TRADER, 0) == -stay
    assert mirrored.margin(TRADER)["liquidatable"] is True
    assert taken(mirrored) == list(FURTHER[3:])
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 0
    # Nine small positions, the large one, and what was left of the dex.
    assert mirrored.venue("rawUsdOf", BACKSTOP, 0) - before == (1_000 - 900 - 95_000) * USD
    assert mirrored.margin(TRADER)["liquidatable"] is False


def test_account_that_recovers_between_two_steps_keeps_the_rest(mirrored: MirroredMarket) -> None:
    ten_positions(mirrored, large=FURTHER[0])
    fall(mirrored, FURTHER[0])
    assert taken(mirrored) == [BTC_PERP, HYPE_PERP, *FURTHER[:3]]
    # 100 that were worth nothing beyond their cost are worth 200.
    mirrored.marks[FURTHER[3]] = 200_000
    mirrored.report()
    assert mirrored.margin(TRADER)["liquidatable"] is False
    assert refusal(mirrored.venue, "liquidate", TRADER, sender=KEEPER)[0] == "NotLiquidatable"
    for asset in FURTHER[3:]:
        assert mirrored.venue("positionOf", TRADER, asset)["szi"] == SMALL


def test_two_dexes_of_one_margin_pass_step_by_step_with_the_funding_they_owe(
    mirrored: MirroredMarket,
) -> None:
    """Three positions of the first dex and four of another, of a unified account."""
    mirrored.registry("listDex", 9, "more", USDC)
    mirrored.venue("transferPerp", 9, 1_000_000 * USD, True, sender=MAKER)
    for asset in FURTHER[:5]:
        dex = 0 if asset == FURTHER[0] else 9
        mirrored.registry("listPerp", (asset, f"P{asset}", dex, 4, 20, 20))
        mirrored.marks[asset] = 100_000
    mirrored.report()
    mirrored.venue("setMode", UNIFIED, sender=TRADER)
    mirrored.fund(TRADER, USDC, 8_000 * USDC_WEI)
    mirrored.venue("deposit", USDC, 8_000 * USDC_WEI, TRADER, sender=TRADER)
    for asset, size in (
        (BTC_PERP, 100),
        (HYPE_PERP, 200),
        *((asset, SMALL) for asset in FURTHER[:4]),
        (FURTHER[4], LARGE),
    ):
        mirrored.venue("order", asset, True, ANY_BUY, size, False, sender=TRADER)
    mirrored.warp(3_600)
    mirrored.marks[FURTHER[4]] = 93_000
    mirrored.report()
    passed = []
    while mirrored.margin(TRADER)["liquidatable"]:
        passed.append(taken(mirrored))
    assert [len(step) for step in passed] == [5, 2]
    assert [*passed[0], *passed[1]] == [BTC_PERP, HYPE_PERP, *FURTHER[:5]]
    assert [mirrored.venue("rawUsdOf", TRADER, dex) for dex in (0, 9)] == [0, 0]
