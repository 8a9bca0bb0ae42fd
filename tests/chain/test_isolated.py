"""Isolated positions by sender and reader: what is read is what Python computes. SPEC CH-07."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pmkit.chain import lens
from pmkit.chain import reader as reader_module
from pmkit.chain.reader import view_of
from pmkit.demo.conservation import isolated_equities
from pmkit.errors import (
    InsufficientIsolatedMargin,
    IsolatedNotLiquidatable,
    PositionOpen,
    StaleMark,
)
from pmkit.margin import dex_margin
from pmkit.model import Health
from pmkit.report import margin_report

BTC, ETH = 0, 1
USD = 10**6
ANY_BUY = 2**64 - 1


@pytest.fixture
def trader(venue):
    """Let the trader be short 1 BTC at 100,000 and 10x with 10,000 of margin, and long 1 ETH."""
    trader = venue.sender("trader")
    trader.supply("UBTC", venue.amount("UBTC", "4"))
    trader.set_isolated(BTC)
    trader.set_leverage(BTC, 10)
    trader.order(BTC, is_buy=False, sz=10**5, limit_px=0)
    trader.order(ETH, is_buy=True, sz=10**4, limit_px=ANY_BUY)
    return trader


def test_isolated_position_is_read_apart_from_the_account(venue, trader):
    (found,) = venue.reader.isolated(trader.address)
    assert (found.perp.asset, found.perp.szi, found.perp.leverage) == (BTC, -(10**5), 10)
    assert (found.equity, found.isolated_usd) == (10_000 * USD, 110_000 * USD)
    assert found.liquidation_px == 1_086_419_753_086_419
    assert found.health is Health.HEALTHY
    assert [perp.asset for perp in venue.reader.account(trader.address).perps] == [ETH]
    mine = dex_margin(found.isolated_usd, (found.perp,))
    figures = (mine.account_value, mine.initial_margin, mine.maintenance)
    assert figures == (found.equity, found.initial_margin, found.maintenance)


def test_report_of_an_address_shows_the_isolated_position_and_its_price(venue, trader):
    report = margin_report(view_of(venue.reader, trader.address))
    shown = {coin.coin: coin for coin in report.coins if coin.position is not None}
    assert shown["BTC"].position.isolated_margin == 10_000 * USD
    assert shown["BTC"].displayed_px == 1_086_419_753_086_419
    assert shown["ETH"].position.isolated_margin is None
    # 88,000,000 / 810 above; below is where the UBTC no longer carries what ETH owes.
    assert shown["BTC"].interval.upper == Fraction(88_000_000, 81)
    assert shown["BTC"].interval.lower is not None
    assert "The account check leaves out isolated positions: BTC." in report.notes


def test_margin_is_brought_and_taken(venue, trader):
    receipt = trader.update_isolated_margin(BTC, 500 * USD)
    assert receipt.event("IsolatedMarginMoved").values["usd"] == 500 * USD
    trader.update_isolated_margin(BTC, -500 * USD)
    with pytest.raises(InsufficientIsolatedMargin):
        trader.update_isolated_margin(BTC, -1)
    with pytest.raises(PositionOpen):
        trader.set_isolated(BTC, isolated=False)


@pytest.mark.parametrize(
    ("px", "health", "leg"),
    [("108642.0", Health.MARKET_LIQUIDATABLE, 2), ("109100", Health.BACKSTOP_LIQUIDATABLE, 3)],
)
def test_liquidation_of_an_isolated_position_is_told(venue, trader, px, health, leg):
    keeper = venue.sender("keeper")
    with pytest.raises(IsolatedNotLiquidatable):
        keeper.liquidate_isolated(trader.address, BTC)
    venue.move("BTC", px)
    (found,) = venue.reader.isolated(trader.address)
    assert found.health is health
    told = keeper.liquidate_isolated(trader.address, BTC).event("IsolatedLiquidated").values
    assert (told["leg"], told["equity"], told["liquidatable"]) == (leg, found.equity, False)
    assert len(venue.reader.isolated(trader.address)) == (leg == 2)


def test_many_accounts_are_read_at_once(venue, trader):
    keeper = venue.account("keeper")
    found = venue.reader.each_isolated([keeper, trader.address])
    assert [len(held) for held in found] == [0, 1]
    assert found[1] == venue.reader.isolated(trader.address)


def test_step_is_foretold_by_margin_and_age_of_the_mark(venue, trader):
    (found,) = venue.reader.isolated(trader.address)
    assert (found.health, found.actionable) == (Health.HEALTHY, False)
    venue.move("BTC", "108642.0")
    (found,) = venue.reader.isolated(trader.address)
    assert (found.health, found.actionable) == (Health.MARKET_LIQUIDATABLE, True)
    venue.warp(venue.reader.policy()["max_liquidation_price_age"] + 1, republish=False)
    (found,) = venue.reader.isolated(trader.address)
    assert (found.health, found.actionable) == (Health.MARKET_LIQUIDATABLE, False)


def test_accounts_are_asked_by_the_page_and_not_one_by_one(venue, trader, monkeypatch):
    accounts = [f"0x{0xACC000 + i:040x}" for i in range(250)]
    asked = []
    plain = venue.rpc.request

    def counted(method, *params):
        asked.append(method)
        return plain(method, *params)

    monkeypatch.setattr(venue.rpc, "request", counted)
    here = venue.reader.pinned()
    asked.clear()
    assert here.each_isolated([*accounts, trader.address])[-1] != ()
    # The policy, and three pages of a hundred.
    assert asked == ["eth_call"] * 4


def test_position_that_cannot_be_read_is_an_error_and_no_silence(venue, trader, monkeypatch):
    refused = StaleMark(asset=BTC, age=2, maximum=1)
    keeper, plain = venue.account("keeper"), lens.look_at

    def dim(reader, function, addresses, *rest):
        found = plain(reader, function, addresses, *rest)
        return [refused if a == keeper else f for a, f in zip(addresses, found, strict=True)]

    monkeypatch.setattr(reader_module, "look_at", dim)
    error, held = venue.reader.each_isolated([keeper, trader.address])
    assert error is refused
    assert len(held) == 1
    with pytest.raises(StaleMark):
        venue.reader.isolated(keeper)
    # What is owed to it is unknown, and so is the sum.
    with pytest.raises(StaleMark):
        isolated_equities(venue.reader, [trader.address, keeper])
