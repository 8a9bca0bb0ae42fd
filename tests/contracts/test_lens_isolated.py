"""Lens: isolated positions of many accounts, and whether a step would be taken. SPEC KP-03."""

from __future__ import annotations

from typing import Any

import pytest
from support.evm import Reverted
from support.isolated import ONE_BTC, buy, isolate, lone_short, pause, sell, unified_trader
from support.venue import BORROWER, BTC_PERP, HYPE_PERP, KEEPER, TRADER, Market, policy

DONE, REFUSED, OUT_OF_GAS = range(3)
STRANGER = "0x" + "77" * 20
LIQUIDATION = 8


def positions(market: Market, *accounts: str) -> list[Any]:
    """Return what the lens tells of each account's isolated positions."""
    _, outcomes = market.lens("isolatedOf", list(accounts))
    assert {outcome["status"] for outcome in outcomes} == {DONE}
    return [market.lens.decode("isolatedReportsOf", outcome["data"]) for outcome in outcomes]


def foretell(market: Market) -> bool:
    """Return whether a step on the trader's position is foretold; it must come as foretold."""
    ((found,),) = positions(market, TRADER)
    told: bool = found["actionable"]
    if told:
        market.venue("liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    else:
        with pytest.raises(Reverted):
            market.venue("liquidateIsolated", TRADER, BTC_PERP, sender=KEEPER)
    return told


def test_each_position_is_as_venue_and_registry_tell_it(market: Market) -> None:
    unified_trader(market, 100_000)
    isolate(market, HYPE_PERP, 5)
    buy(market, HYPE_PERP, 10**4)
    sell(market, BTC_PERP, ONE_BTC)
    # A cross position is none of these.
    market.portfolio_account(BORROWER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=BORROWER)
    market.evm.warp(4_000)
    held, cross, none = positions(market, TRADER, BORROWER, STRANGER)
    assert list(held) == [
        {
            "perp": market.registry("perpParams", asset),
            "position": market.venue("isolatedOf", TRADER, asset),
            "actionable": False,
        }
        for asset in (BTC_PERP, HYPE_PERP)
    ]
    assert (len(cross), len(none)) == (0, 0)
    assert market.lens("isolatedReportsOf", TRADER) == held


def test_answer_names_its_block(market: Market) -> None:
    market.evm.warp(5)
    header, outcomes = market.lens("isolatedOf", [])
    assert len(outcomes) == 0
    assert (header["number"], header["timestamp"]) == (market.evm.number, market.evm.timestamp)


@pytest.mark.parametrize(
    ("px", "told"),
    # 10,000 of margin: maintenance is used up at 108,641.98 (SPEC LQ-08); beyond 110,000 all is.
    [("108641.9", False), ("108642", True), ("109500", True), ("111000", True)],
)
def test_step_is_foretold_once_maintenance_is_lacking(market: Market, px: str, told: bool) -> None:
    lone_short(market)
    market.set_prices(btc=px)
    assert foretell(market) is told


def test_old_mark_keeps_a_step_away(market: Market) -> None:
    lone_short(market)
    market.registry("setPolicy", policy(max_liquidation_price_age=60))
    market.set_prices(btc=109_000)
    market.evm.warp(61)
    assert not foretell(market)
    market.set_prices(btc=109_000)
    assert foretell(market)


def test_pause_of_liquidation_keeps_it_away(market: Market) -> None:
    lone_short(market)
    market.set_prices(btc=109_000)
    pause(market, LIQUIDATION)
    assert not foretell(market)


@pytest.mark.parametrize("gas", [200_000, 300_000, 600_000])
def test_want_of_gas_is_told_of_each_account_and_never_reverts(market: Market, gas: int) -> None:
    lone_short(market)
    asked = [TRADER, STRANGER] * 20
    data = market.lens.calldata("isolatedOf", asked)
    answer = market.evm.evm.message_call(KEEPER, market.lens.address, calldata=data, gas=gas)
    _, outcomes = market.lens.decode("isolatedOf", answer)
    states = [outcome["status"] for outcome in outcomes]
    assert len(states) == 40
    assert set(states) <= {DONE, OUT_OF_GAS}
    assert states[-1] == OUT_OF_GAS
    assert all(outcome["data"] == b"" for outcome in outcomes if outcome["status"] == OUT_OF_GAS)
