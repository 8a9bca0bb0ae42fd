"""liquidate an account of more positions than one step passes to the backstop. SPEC LQ-13."""

from __future__ import annotations

from support.venue import BACKSTOP, BTC_PERP, HYPE_PERP, KEEPER, TRADER, USD, USDC
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


def test_takeover_of_ten_positions_takes_two_steps(mirrored: MirroredMarket) -> None:
    ten_positions(mirrored, large=FURTHER[-1])
    fall(mirrored, FURTHER[-1])
    before = mirrored.venue("rawUsdOf", BACKSTOP, 0)
    assert taken(mirrored) == [BTC_PERP, HYPE_PERP, *FURTHER[:3]]
    # The dex has positions still, which its equity stands for.
    equity = mirrored.venue("rawUsdOf", TRADER, 0)
    assert equity + 4 * 100 * USD + 95_000 * USD == 1_000 * USD
    assert taken(mirrored) == list(FURTHER[3:])
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 0
    # Nine small positions, the large one, and what was left of the dex.
    assert mirrored.venue("rawUsdOf", BACKSTOP, 0) - before == (1_000 - 900 - 95_000) * USD
    assert mirrored.margin(TRADER)["liquidatable"] is False


def test_account_that_the_first_positions_cure_keeps_the_rest(mirrored: MirroredMarket) -> None:
    ten_positions(mirrored, large=FURTHER[0])
    fall(mirrored, FURTHER[0])
    assert taken(mirrored) == [BTC_PERP, HYPE_PERP, *FURTHER[:3]]
    assert mirrored.margin(TRADER)["liquidatable"] is False
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 1_000 * USD - 500 * USD
    for asset in FURTHER[3:]:
        assert mirrored.venue("positionOf", TRADER, asset)["szi"] == SMALL
