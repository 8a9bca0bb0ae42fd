"""The reserve's buffer, swept to the insurance account once an hour. SPEC LQ-19.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.loans import ANY_BUY, HYPE_SPOT, UBTC_WEI, USDC_WEI
from support.venue import BORROWER, HYPE, INSURANCE, KEEPER, SUPPLIER, USDC, refusal
from venue.mirror import MirroredMarket

HOUR = 3_600
INTEREST = 2_853_889
"""A tenth of 50,000 · (e^(0.05 / 8760) − 1) = 0.28538894 USDC, whole wei."""


@pytest.fixture
def lending(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market in which 50,000 USDC of 50 million have been lent at 5 % for an hour."""
    mirrored.portfolio_account(BORROWER, ubtc=UBTC_WEI)
    mirrored.venue("borrow", USDC, 50_000 * USDC_WEI, sender=BORROWER)
    mirrored.warp(HOUR)
    return mirrored


def insured(market: MirroredMarket) -> int:
    found: int = market.venue("balanceOf", INSURANCE, USDC)["idle"]
    return found


def test_sweep_buffer_moves_whole_wei_to_the_insurance(lending: MirroredMarket) -> None:
    before = lending.venue("reserveOf", USDC)
    assert before["buffer"] == INTEREST
    assert lending.venue("sweepBuffer", USDC, sender=KEEPER) == INTEREST
    assert lending.event("BufferSwept") == {"token": USDC, "amount": INTEREST}
    after = lending.venue("reserveOf", USDC)
    assert after["buffer"] == 0
    assert before["cash"] - after["cash"] == INTEREST
    assert insured(lending) == INTEREST


def test_sweep_buffer_again_before_the_hour_turns_is_refused(lending: MirroredMarket) -> None:
    # 1,760,003,600 is 3,200 s into its hour.
    lending.venue("sweepBuffer", USDC, sender=KEEPER)
    turn = 1_760_004_000
    assert lending.evm.timestamp == turn - 400
    lending.warp(399)
    refused = refusal(lending.venue, "sweepBuffer", USDC, sender=KEEPER)
    assert refused == ("BufferSweepTooEarly", (USDC, turn, turn - 1))
    lending.warp(1)
    # A ninth of an hour's interest.
    assert lending.venue("sweepBuffer", USDC, sender=KEEPER) == pytest.approx(
        INTEREST / 9, rel=1e-5
    )


def test_sweep_buffer_leaves_what_the_reserve_has_no_cash_for(lending: MirroredMarket) -> None:
    cash = lending.venue("reserveOf", USDC)["cash"]
    lending.venue("withdraw", USDC, cash - 1_000_000, SUPPLIER, sender=SUPPLIER)
    assert lending.venue("sweepBuffer", USDC, sender=KEEPER) == 1_000_000
    after = lending.venue("reserveOf", USDC)
    assert (after["cash"], after["buffer"]) == (0, INTEREST - 1_000_000)


def test_sweep_buffer_of_nothing_is_refused_and_spends_no_turn(lending: MirroredMarket) -> None:
    refused = refusal(lending.venue, "sweepBuffer", HYPE, sender=KEEPER)
    assert refused == ("NothingToSweep", (HYPE,))
    cash = lending.venue("reserveOf", USDC)["cash"]
    lending.venue("withdraw", USDC, cash, SUPPLIER, sender=SUPPLIER)
    refused = refusal(lending.venue, "sweepBuffer", USDC, sender=KEEPER)
    assert refused == ("NothingToSweep", (USDC,))
    lending.venue("supply", USDC, USDC_WEI, SUPPLIER, sender=SUPPLIER)
    assert lending.venue("sweepBuffer", USDC, sender=KEEPER) == INTEREST


def test_sweep_buffer_without_an_interval_is_refused(lending: MirroredMarket) -> None:
    lending.set_policy(buffer_interval=0)
    refused = refusal(lending.venue, "sweepBuffer", USDC, sender=KEEPER)
    assert refused == ("BufferSweepOff", (USDC,))
    refused = refusal(lending.venue, "sweepBuffer", 999, sender=KEEPER)
    assert refused == ("UnknownToken", (999,))


def test_loss_after_a_sweep_takes_from_the_insurance_what_was_the_buffers(
    lending: MirroredMarket,
) -> None:
    # What was borrowed buys 1,000 HYPE, and all of it falls: 40,010 stand for 50,000.
    lending.venue("sweepBuffer", USDC, sender=KEEPER)
    lending.venue("order", HYPE_SPOT, True, ANY_BUY, 1_000 * 100, False, sender=BORROWER)
    lending.set_prices(btc=40_000, hype="0.01")
    lending.venue("liquidate", BORROWER, sender=KEEPER)
    covered = lending.event("LossCovered")
    assert (covered["buffer"], covered["insurance"]) == (0, INTEREST)
    assert insured(lending) == 0
