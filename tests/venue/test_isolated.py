"""Isolated positions in the venue of plain integers, with figures from paper. SPEC CH-07, LQ-20."""

from __future__ import annotations

import pytest
from venue.conservation import require_conserved
from venue.stage import (
    BTC_PERP,
    USDC_WEI,
    buy,
    portfolio_account,
    sell,
    set_prices,
    stage,
    tables,
)

from pmkit.errors import (
    InsufficientIsolatedMargin,
    IsolatedNotLiquidatable,
    NotAUserAccount,
    PositionOpen,
    PositionsOpen,
)
from pmkit.model import Mode
from pmkit.policy import USD
from pmkit.venue import Actor, Venue
from pmkit.venue.events import IsolatedLiquidated, PositionClosed
from pmkit.venue.records import IsolatedPosition, Leg

ONE_BTC = 10**5


@pytest.fixture
def venue() -> Venue:
    """Give a market in which a standard trader is short 1 BTC at 10x, isolated, and has 2,000."""
    venue = stage()
    trader = venue.account("trader")
    trader.fund("USDC", 12_000 * USDC_WEI)
    trader.deposit("USDC", 12_000 * USDC_WEI)
    trader.transfer_perp("", 12_000 * USD, to_perp=True)
    open_short(trader)
    return venue


def open_short(trader: Actor) -> None:
    """Short 1 BTC at 10x, isolated."""
    trader.set_isolated("BTC")
    trader.set_leverage("BTC", 10)
    sell(trader, "BTC", ONE_BTC)


def test_lone_short_has_its_margin_and_its_price_of_liquidation(venue: Venue) -> None:
    # 110,000 − px = px / 80 at px = 110,000 · 80 / 81 = 108,641.975308641…
    assert venue.isolated_of("trader", "BTC") == IsolatedPosition(
        szi=-ONE_BTC,
        entry_ntl=100_000 * USD,
        leverage=10,
        isolated_usd=110_000 * USD,
        equity=10_000 * USD,
        initial_margin=10_000 * USD,
        maintenance=1_250 * USD,
        liquidation_px=1_086_419_753_086_419,
    )
    assert venue.raw_usd_of("trader", "") == 2_000 * USD
    assert venue.account_of("trader").perps == ()


def test_lone_short_dies_at_108642(venue: Venue) -> None:
    keeper = venue.account("keeper")
    set_prices(venue, btc="108641.9")
    with pytest.raises(IsolatedNotLiquidatable) as refused:
        keeper.liquidate_isolated("trader", "BTC")
    assert (refused.value.equity, refused.value.maintenance) == (1_358_100_000, 1_358_023_750)
    set_prices(venue, btc="108642.0")
    assert keeper.liquidate_isolated("trader", "BTC") is False
    closed, told = venue.events
    assert closed == PositionClosed(
        account=venue.address_of("trader"), asset=BTC_PERP, szi=20_000, px=1_086_420, fee=0
    )
    assert isinstance(told, IsolatedLiquidated)
    assert (told.leg, told.equity) == (Leg.PERP, 1_358 * USD)
    # A fifth is closed and the margin stays: 0.8 BTC with 1,358 die next at 108,977.3.
    set_prices(venue, btc="108977.2")
    with pytest.raises(IsolatedNotLiquidatable):
        keeper.liquidate_isolated("trader", "BTC")
    set_prices(venue, btc="108977.3")
    keeper.liquidate_isolated("trader", "BTC")
    assert venue.raw_usd_of("trader", "") == 2_000 * USD + 1_089_760_000
    require_conserved(venue)


def test_loss_beyond_the_margin_is_the_waterfalls(venue: Venue) -> None:
    set_prices(venue, btc="112000")
    venue.account("keeper").liquidate_isolated("trader", "BTC")
    assert venue.raw_usd_of("trader", "") == 2_000 * USD
    assert venue.reserve_of("USDC").deficit == 2_000 * USDC_WEI
    require_conserved(venue)


def test_margin_comes_from_debt_and_repays_it(venue: Venue) -> None:
    lender = portfolio_account(venue, "borrower", ubtc=10**10)
    open_short(lender)
    assert venue.account_of("borrower").tokens[0].borrowed == 10_000 * USDC_WEI
    set_prices(venue, btc="95000")
    buy(lender, "BTC", ONE_BTC)
    assert venue.account_of("borrower").tokens[0].supplied == 5_000 * USDC_WEI
    require_conserved(venue)


def test_margin_that_is_taken_leaves_a_tenth(venue: Venue) -> None:
    trader = venue.account("trader")
    trader.update_isolated_margin("BTC", 500 * USD)
    trader.update_isolated_margin("BTC", -500 * USD)
    with pytest.raises(InsufficientIsolatedMargin) as refused:
        trader.update_isolated_margin("BTC", -1)
    assert refused.value.required == refused.value.equity + 1 == 10_000 * USD


def test_choice_and_mode_wait_until_the_position_is_closed(venue: Venue) -> None:
    trader = venue.account("trader")
    with pytest.raises(PositionOpen):
        trader.set_isolated("BTC", isolated=False)
    with pytest.raises(PositionsOpen):
        trader.set_mode(Mode.UNIFIED)
    with pytest.raises(NotAUserAccount):
        venue.account("maker").set_isolated("BTC")


def test_isolated_positions_survive_json(venue: Venue) -> None:
    again = Venue.from_json(venue.to_json())
    assert tables(again) == tables(venue)
    assert again.isolated_of("trader", "BTC") == venue.isolated_of("trader", "BTC")
