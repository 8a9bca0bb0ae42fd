"""Widths: how much of a collateral one step of the partial band may take. SPEC LQ-25.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

from support.loans import HYPE_WEI, UBTC_WEI, USDC_WEI, USDT0_WEI, faq_loan, owe, two_debts
from support.venue import BORROWER, HYPE, KEEPER, UBTC, USDC, USDT0, WAD, Market
from venue.mirror import MirroredMarket


def taken(market: Market, event: str) -> dict[int, int]:
    """Return what the last step took of each token."""
    return {v["token"]: v["amount"] for name, v in market.evm.logs if name == event}


def test_liquidate_beyond_the_width_takes_a_part_of_the_step(mirrored: MirroredMarket) -> None:
    # A step of 50 takes 50 / 275 of 330, which is 60 of value. A width of 30 halves all of it: 25
    # of debt for 25 / 275 of 10 HYPE.
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    mirrored.registry("setLiquidationWidth", HYPE, 30 * WAD)
    step = mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["debtValue"] == 25 * WAD
    assert taken(mirrored, "DebtTaken") == {USDC: 25 * USDC_WEI}
    assert taken(mirrored, "CollateralTaken") == {HYPE: 90_909_090}
    assert step["collateralValue"] == 90_909_090 * 33 * WAD // HYPE_WEI <= 30 * WAD


def test_liquidate_within_the_width_takes_the_whole_step(mirrored: MirroredMarket) -> None:
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    mirrored.registry("setLiquidationWidth", HYPE, 60 * WAD)
    assert mirrored.venue("liquidate", BORROWER, sender=KEEPER)["debtValue"] == 50 * WAD


def test_liquidate_by_narrow_steps_still_cures(mirrored: MirroredMarket) -> None:
    # 25 of debt for 0.909 HYPE a step: 150 / (6.3636 · 24.75) = 0.9524 after four of them, and
    # 125 / (5.4545 · 24.75) = 0.9259 after five.
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    mirrored.registry("setLiquidationWidth", HYPE, 30 * WAD)
    steps = 0
    while mirrored.margin(BORROWER)["liquidatable"]:
        mirrored.venue("liquidate", BORROWER, sender=KEEPER)
        mirrored.warp(3)
        steps += 1
    assert steps == 5


def test_liquidate_two_collaterals_follows_the_narrowest(mirrored: MirroredMarket) -> None:
    # 10 HYPE at 30 and 0.01 UBTC at 30,000: 300 each, 500 at the takeover price against 460 owed. A
    # step of 92 takes 0.184 of both, 55.20 each. A width of 27.60 in UBTC halves the step.
    mirrored.portfolio_account(BORROWER, hype=10 * HYPE_WEI, ubtc=UBTC_WEI // 100)
    owe(mirrored, 460)
    mirrored.set_prices(btc=30_000, hype=30)
    mirrored.registry("setLiquidationWidth", HYPE, 50 * WAD)
    mirrored.registry("setLiquidationWidth", UBTC, 276 * WAD // 10)
    step = mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["debtValue"] == 46 * WAD
    assert taken(mirrored, "CollateralTaken") == {
        HYPE: 92 * HYPE_WEI // 100,
        UBTC: 92 * UBTC_WEI // 100_000,
    }


def test_liquidate_two_debts_shrinks_both_by_one_factor(mirrored: MirroredMarket) -> None:
    # 750 owed against 35 HYPE at 27: 945, 787.50 at the takeover price. A step of 100 USDC and 50
    # USDT0 takes 150 / 787.50 of 945, which is 180. A width of 90 leaves 50 and 25.
    two_debts(mirrored)
    mirrored.set_prices(hype=27)
    mirrored.registry("setLiquidationWidth", HYPE, 90 * WAD)
    mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    debts = {USDC: 50 * USDC_WEI, USDT0: 25 * USDT0_WEI}
    assert taken(mirrored, "DebtTaken") == debts


def test_liquidate_in_the_full_band_knows_no_width(mirrored: MirroredMarket) -> None:
    faq_loan(mirrored)
    mirrored.set_prices(hype="29.99")
    mirrored.registry("setLiquidationWidth", HYPE, WAD)
    step = mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    assert (step["debtValue"], step["collateralValue"]) == (250 * WAD, 29_990 * WAD // 100)
