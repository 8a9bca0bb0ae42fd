"""The observer sees what the contracts answer, and a trial leaves nothing behind."""

from __future__ import annotations

import pytest
from invariants.look import Look, Observer
from support.venue import EVERYTHING, SUPPLIER, TRADER, USDC
from venue.drive import Sequence
from venue.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """Give a market in which something happened."""
    sequence = Sequence(5)
    for _ in range(30):
        sequence.step()
    return sequence.world


def look(world: World) -> Look:
    return Observer(world.market, world.both.storage).look()


def test_look_shows_what_the_views_answer(world: World) -> None:
    seen, venue = look(world), world.venue
    for who, holder in seen.holders.items():
        assert holder.account == venue("accountOf", who)
        assert holder.margin is None or holder.margin == venue("marginOf", who)
        assert holder.isolated == {a: venue("isolatedOf", who, a) for a in holder.isolated}
    for token, reserve in seen.reserves.items():
        assert reserve == venue("reserveOf", token)
        assert seen.holdings[token] == world.market.holdings(token)


def test_trial_is_taken_back_whatever_it_did(world: World) -> None:
    before, evm = look(world), world.market.evm
    erc20 = world.market.erc20[USDC]
    with evm.undone():
        erc20.real("mint", TRADER, 10**9, sender=TRADER)
        erc20.real("approve", world.venue.address, EVERYTHING, sender=TRADER)
        world.venue.real("deposit", USDC, 10**9, SUPPLIER, sender=TRADER)
        evm.warp(3_600)
        during = look(world)
    assert during.time == before.time + 3_600
    assert during.holdings[USDC] > before.holdings[USDC]
    assert look(world) == before
