"""The log of a venue, and running it again."""

from __future__ import annotations

import pytest
from venue.stage import (
    USDC,
    buy,
    set_prices,
    tables,
)

from pmkit.errors import (
    ERC20InsufficientBalance,
    InputError,
    RatioAboveTrigger,
)
from pmkit.venue import Action, Venue


def test_log_holds_every_action_and_how_it_ended(venue: Venue) -> None:
    supplier = venue.account("supplier")
    venue.advance(7)
    supplier.deposit("USDC", 150)
    # A wallet pays whole units of its ERC-20: 200 wei for 150.
    assert venue.log[-1] == Action(
        time=venue.now,
        sender=supplier.address,
        name="deposit",
        args=(USDC, 150, supplier.address),
        result=200,
        refusal=None,
    )
    with pytest.raises(ERC20InsufficientBalance):
        supplier.transfer("HYPE", "borrower", 1)
    refusal = venue.log[-1].refusal
    assert refusal is not None
    assert refusal.name == "ERC20InsufficientBalance"
    assert dict(refusal.values) == {"sender": supplier.address, "balance": 0, "needed": 1}


def test_replay_of_the_log_leads_to_the_same_venue(venue: Venue) -> None:
    venue.advance(100)
    with pytest.raises(RatioAboveTrigger):
        buy(venue.account("borrower"), "BTC", 10**6)
    again = Venue.replay(venue.log)
    assert again.log == venue.log
    assert tables(again) == tables(venue)


def test_replay_from_a_venue_goes_on_from_there(venue: Venue) -> None:
    start = venue.copy()
    known = len(venue.log)
    venue.advance(60)
    set_prices(venue, btc="90000")
    venue.account("keeper").sweep("borrower")
    again = Venue.replay(venue.log[known:], start=start)
    assert tables(again) == tables(venue)


def test_replay_that_ends_otherwise_is_refused(venue: Venue) -> None:
    log = venue.log.copy()
    (place,) = (i for i, action in enumerate(log) if action.name == "borrow")
    action = log[place]
    log[place] = Action(
        time=action.time,
        sender=action.sender,
        name=action.name,
        args=(USDC, 10**15),
        result=None,
        refusal=None,
    )
    with pytest.raises(InputError, match=rf"log\[{place}\]"):
        Venue.replay(log)
