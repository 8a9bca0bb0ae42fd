"""Funding in plain integers: the venue's example, and that nothing of it is lost on the way."""

from __future__ import annotations

import json

import pytest
from venue.conservation import dust_of, require_conserved
from venue.stage import HYPE_PERP, USDC, USDC_WEI, buy, sell, set_prices, stage

from pmkit.errors import NotLiquidatable, UnknownAsset
from pmkit.params import load_params
from pmkit.policy import USD
from pmkit.venue import Venue
from pmkit.venue.events import FundingCharged, FundingPaid
from pmkit.venue.records import Leg, PerpPrice

HOUR = 1_187_500
"""10 coins at an oracle price of 100 and a mark of 101 pay 0.11875 % of 1,000 USD an hour."""


@pytest.fixture
def venue() -> Venue:
    """Give a market by the hour, in which the trader has 101 USD and holds 10 HYPE."""
    venue = stage(funding_interval=3_600)
    report(venue, 101)
    trader = venue.account("trader")
    trader.fund(USDC, 101 * USDC_WEI)
    trader.deposit(USDC, 101 * USDC_WEI)
    trader.transfer_perp(0, 101 * USD, to_perp=True)
    buy(trader, "HYPE", 1_000)
    return venue


def report(venue: Venue, mark: int, oracle: int = 100) -> None:
    """Report whole dollars of HYPE's perp."""
    px = PerpPrice(asset=HYPE_PERP, mark=mark * 10**4, oracle=oracle * 10**4)
    venue.account("admin").report_prices(perps=(px,), usdc_px=10**8)


def turn(venue: Venue, hours: int = 1) -> None:
    """Let time pass until so many hours have turned, to the second."""
    venue.advance(3_600 * hours - venue.now % 3_600)


def test_funding_of_hours_is_owed_at_once_and_paid_by_a_fill(venue: Venue) -> None:
    turn(venue, 3)
    assert venue.funding_due_of("trader", "HYPE") == 3_562_500
    assert venue.funding_due_of("maker", "HYPE") == -3_562_500
    assert venue.margin_of("trader").dexes[0].account_value == 101 * USD - 3_562_500
    venue.account("keeper").sweep("trader")
    assert FundingPaid not in map(type, venue.events)
    assert venue.funding_due_of("trader", "HYPE") == 3_562_500
    sell(venue.account("trader"), "HYPE", 1_000)
    paid = FundingPaid(account=venue.address_of("trader"), asset=HYPE_PERP, usd=3_562_500)
    assert venue.events[0] == paid
    assert venue.funding_due_of("trader", "HYPE") == 0
    require_conserved(venue, settled=2)


def test_funding_of_a_premium_that_changes_adds_up(venue: Venue) -> None:
    turn(venue)
    report(venue, 99)
    charged = [event for event in venue.events if isinstance(event, FundingCharged)]
    assert [(event.turned, event.index) for event in charged] == [(1, HOUR * 10**15)]
    turn(venue, 2)
    assert venue.funding_due_of("trader", "HYPE") == -HOUR
    assert venue.funding_of("HYPE").turned == 2


def test_funding_alone_can_make_an_account_liquidatable(venue: Venue) -> None:
    # 101 less 42 hours is 51.125; the maintenance is 50.50.
    keeper = venue.account("keeper")
    turn(venue, 42)
    with pytest.raises(NotLiquidatable):
        keeper.liquidate("trader")
    turn(venue)
    assert keeper.liquidate("trader").leg is Leg.PERP
    assert venue.raw_usd_of("trader", "") == 101 * USD - 43 * HOUR


def test_funding_goes_nowhere_but_to_the_other_side(venue: Venue) -> None:
    before = dust_of(venue)[USDC]
    for hours in (1, 5, 24):
        turn(venue, hours)
        sell(venue.account("trader"), "HYPE", 333)
        set_prices(venue, hype="100")
        report(venue, 100 + hours)
    # Each settlement rounds up by less than a unit, 100 wei.
    assert 0 <= dust_of(venue)[USDC] - before < 10 * 100


def test_funding_below_zero_is_kept_in_json(venue: Venue) -> None:
    report(venue, 99)
    turn(venue)
    sell(venue.account("trader"), "HYPE", 1)
    report(venue, 99)
    found = venue.to_json()
    read = Venue.from_json(json.loads(json.dumps(found)))
    assert read.to_json() == found
    assert read.position_of("trader", "HYPE").funding_index == -HOUR * 10**15
    assert read.funding_of("HYPE") == venue.funding_of("HYPE")


def test_funding_stays_owed_through_a_change_of_leverage(venue: Venue) -> None:
    turn(venue)
    trader = venue.account("trader")
    trader.fund(USDC, 1_000 * USDC_WEI)
    trader.deposit(USDC, 1_000 * USDC_WEI)
    trader.transfer_perp(0, 1_000 * USD, to_perp=True)
    trader.set_leverage("HYPE", 5)
    assert venue.funding_due_of("trader", "HYPE") == HOUR
    assert venue.raw_usd_of("trader", "") == (1_101 - 1_010) * USD


def test_funding_is_off_by_policy_and_on_in_every_preset() -> None:
    still = stage()
    still.advance(86_400)
    assert still.funding_of("HYPE").index == 0
    for preset in ("pre-alpha", "alpha", "current"):
        assert Venue(load_params(preset)).registry.policy.funding_interval == 3_600


def test_funding_of_what_is_not_listed_is_refused(venue: Venue) -> None:
    with pytest.raises(UnknownAsset):
        venue.funding_of(999)
