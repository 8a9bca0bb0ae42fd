"""The venue's own example: 10 HYPE at loan to value one half, 250 USDC owed and spent.

In the partial band a step takes a fifth of the debt and pays 5/6 of the price for the collateral;
in the full band all goes at once. SPEC LQ-02 to LQ-04, LQ-09.
"""

from __future__ import annotations

import pytest
from venue.stage import (
    HYPE,
    HYPE_WEI,
    USDC,
    USDC_WEI,
    USDT0,
    USDT0_USDC,
    USDT0_WEI,
    buy,
    portfolio_account,
    set_prices,
    stage,
)

from pmkit.errors import NotLiquidatable, StepTooEarly
from pmkit.model import Health
from pmkit.units import WAD
from pmkit.venue import Venue
from pmkit.venue.events import CollateralTaken, DebtTaken, Liquidated, LossCovered
from pmkit.venue.records import Leg, LiquidationStep


@pytest.fixture
def venue() -> Venue:
    """Give a market in which the borrower owes 250 USDC against 10 HYPE and holds 250 USDT0."""
    venue = stage()
    borrower = portfolio_account(venue, "borrower", hype=10 * HYPE_WEI)
    borrower.borrow("USDC", 250 * USDC_WEI)
    buy(borrower, 10_000 + USDT0_USDC, 250 * 100)
    return venue


def test_loan_at_the_price_it_began_with_is_not_liquidatable(venue: Venue) -> None:
    # 250 against 10 · 50 · 0.75 = 375.
    with pytest.raises(NotLiquidatable) as refused:
        venue.account("keeper").liquidate("borrower")
    assert refused.value.ratio == -(-250 * WAD // 375)


def test_liquidate_in_the_partial_band_takes_a_fifth(venue: Venue) -> None:
    # At 33: threshold 247.50, takeover value 275. 50 / (33 · 5/6) = 1.81818181… HYPE.
    set_prices(venue, hype="33")
    step = venue.account("keeper").liquidate("borrower")
    taken = 181_818_181
    assert step == LiquidationStep(
        leg=Leg.DEBT_PARTIAL,
        debt_value=50 * WAD,
        collateral_value=taken * 33 * WAD // HYPE_WEI,
        loss=0,
        liquidatable=True,
    )
    borrower, keeper = venue.address_of("borrower"), venue.address_of("keeper")
    backstop = venue.address_of("backstop")
    told = [e for e in venue.events if isinstance(e, CollateralTaken | DebtTaken | Liquidated)]
    assert told == [
        CollateralTaken(
            account=borrower,
            token=HYPE,
            taker=backstop,
            amount=taken,
            px=33_000_000,
            takeover_px=27_500_000,
        ),
        DebtTaken(account=borrower, token=USDC, taker=backstop, amount=50 * USDC_WEI, loss=0),
        Liquidated(
            account=borrower,
            caller=keeper,
            leg=Leg.DEBT_PARTIAL,
            debt_value=50 * WAD,
            collateral_value=step.collateral_value,
            loss=0,
            liquidatable=True,
        ),
    ]
    held = {t.token: (t.supplied, t.borrowed) for t in venue.account_of("backstop").tokens}
    assert held == {USDC: (0, 50 * USDC_WEI), HYPE: (taken, 0)}


def test_liquidate_again_before_the_cadence_is_refused(venue: Venue) -> None:
    set_prices(venue, hype="33")
    keeper = venue.account("keeper")
    keeper.liquidate("borrower")
    venue.advance(2)
    with pytest.raises(StepTooEarly) as refused:
        keeper.liquidate("borrower")
    assert (refused.value.ready_at, refused.value.timestamp) == (venue.now + 1, venue.now)
    venue.advance(1)
    # A fifth of the episode's first debt again, not of the 200 that are left.
    assert keeper.liquidate("borrower").debt_value == 50 * WAD


def test_liquidate_by_steps_ends_with_the_recovery(venue: Venue) -> None:
    # 250, 200, 150 against 10, 8.1818, 6.3636 HYPE at 33 · 0.75; then 100 against 4.5454.
    set_prices(venue, hype="33")
    ratios = []
    while venue.margin_of("borrower").liquidatable:
        ratios.append(venue.margin_of("borrower").ratio)
        venue.account("keeper").liquidate("borrower")
        venue.advance(3)
    assert [r * 10**4 // WAD for r in ratios] == [10_101, 9_876, 9_523]
    assert venue.margin_of("borrower").ratio * 10**4 // WAD == 8_888
    assert venue.account_state("borrower").debt_stepped_at == 0


@pytest.mark.parametrize(("px", "leg"), [("30", Leg.DEBT_PARTIAL), ("29.99", Leg.DEBT_FULL)])
def test_liquidate_around_the_full_threshold_takes_a_part_or_all(
    venue: Venue, px: str, leg: Leg
) -> None:
    # 10 · 30 · 5/6 is the debt of 250 itself.
    set_prices(venue, hype=px)
    assert venue.account("keeper").liquidate("borrower").leg is leg


def test_liquidate_in_the_full_band_takes_everything_at_once(venue: Venue) -> None:
    set_prices(venue, hype="29.99")
    assert venue.margin_of("borrower").health is Health.BACKSTOP_LIQUIDATABLE
    step = venue.account("keeper").liquidate("borrower")
    assert (step.debt_value, step.collateral_value) == (250 * WAD, 29_990 * WAD // 100)
    assert (step.loss, step.liquidatable) == (0, False)
    # Only what has no loan to value stays.
    left = [(t.token, t.supplied) for t in venue.account_of("borrower").tokens]
    assert left == [(USDT0, 250 * USDT0_WEI)]


def test_liquidate_below_the_debt_takes_the_loss_from_buffer_insurance_and_deficit(
    venue: Venue,
) -> None:
    # 10 HYPE at 20 are worth 200; owed are 250 and the interest of ten days.
    insurance = venue.account("insurance")
    insurance.fund(USDC, 20 * USDC_WEI)
    insurance.deposit(USDC, 20 * USDC_WEI)
    venue.advance(10 * 86_400)
    set_prices(venue, hype="20")
    before = venue.reserve_of(USDC)
    (debt,) = (t.borrowed for t in venue.account_of("borrower").tokens if t.token == USDC)
    step = venue.account("keeper").liquidate("borrower")

    loss = debt - 200 * USDC_WEI
    assert step.loss == loss * 10**10
    (covered,) = (e for e in venue.events if isinstance(e, LossCovered))
    assert covered == LossCovered(
        token=USDC,
        buffer=before.buffer,
        insurance=20 * USDC_WEI,
        deficit=loss - before.buffer - 20 * USDC_WEI,
    )
    # A tenth of 250 · 0.05 · 10 / 365 of interest had gone into the buffer: 0.0342.
    assert before.buffer // 10**4 == 342
    after = venue.reserve_of(USDC)
    assert (after.buffer, after.deficit) == (0, covered.deficit)
    assert after.cash - before.cash == 20 * USDC_WEI
    assert venue.balance_of("insurance", USDC).idle == 0
