"""The fixtures that others get by installing pmkit, used as they would use them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from pmkit.errors import InputError
from pmkit.model import Mode
from pmkit.testing import assert_healthy, assert_liquidated_between, parse_holdings
from pmkit.testing.plugin import (
    hyperevm,
    pm_account,
    pmkit_chain,
    pmkit_params,
    set_price,
    venue,
    warp,
)

__all__ = ["hyperevm", "pm_account", "pmkit_chain", "pmkit_params", "set_price", "venue", "warp"]


def test_account_has_what_the_words_say(pm_account, venue):
    trader = pm_account("holds 10 BTC, short 10 BTC at 10x, owes 120,000 USDC")
    account = venue.reader.account(trader.address)
    assert account.mode is Mode.PORTFOLIO_MARGIN
    (position,) = account.perps
    assert (position.szi, position.leverage) == (-10 * 10**5, 10)
    # 100,000 for the dex (a tenth of 1,000,000) by itself, and 20,000 more by a borrow.
    # A second's interest of a tenth a year, at most, is 40,000 wei.
    assert 0 <= trader.owed("USDC") - 120_000 * 10**8 <= 100_000
    supplied = {token.token: token.supplied for token in account.tokens}
    assert supplied[197] == 10 * 10**10


def test_account_that_owes_more_than_it_should_is_refused(pm_account):
    with pytest.raises(InputError, match=r"owes .* already"):
        pm_account("holds 10 BTC, short 10 BTC at 10x, owes 5,000 USDC")


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_finds_the_chain_as_it_began(pm_account, set_price, hyperevm, round_):
    del round_
    before = hyperevm.rpc.block_number()
    trader = pm_account("holds 1 BTC", name="holder")
    assert hyperevm.reader.balance(trader.address, "UBTC").idle == 0
    set_price("BTC", Decimal(50_000))
    assert hyperevm.rpc.block_number() > before
    (btc,) = [px for px in hyperevm.reader.prices().perps if px.asset == 0]
    assert btc.mark == 500_000


def test_assertions_pass_where_it_is_so_and_tell_where_it_is_not(pm_account, set_price):
    trader = pm_account("holds 1 BTC, owes 40,000 USDC")
    assert_healthy(trader)
    # 0.95 · 0.75 · px = 40,000 at 56,140.35; debt's interest adds nothing to the tenth.
    assert_liquidated_between(trader, "BTC", 561_404, 561_403)
    with pytest.raises(AssertionError, match=r"not liquidatable yet at BTC 60000.*below 56140\.35"):
        assert_liquidated_between(trader, "BTC", "70000", "60000")
    with pytest.raises(AssertionError, match=r"liquidatable already at BTC 50000"):
        assert_liquidated_between(trader, "BTC", "50000", "60000")
    set_price("BTC", 700_000)
    # 0.5 · 70,000 = 35,000 of borrow power against 40,000.
    with pytest.raises(AssertionError, match=r"atRisk.*health factor 0\.87(4|5)"):
        assert_healthy(trader)


def test_time_passes_and_interest_with_it(pm_account, warp, venue):
    trader = pm_account("holds 1 BTC, owes 40,000 USDC")
    rate = Fraction(venue.reader.reserve("USDC").borrow_rate, 10**27)
    owed = trader.owed("USDC")
    warp(86_400)
    grown = Fraction(trader.owed("USDC") - owed, owed)
    assert abs(grown - rate / 365) < rate / 365 / 1_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no clause"),
        ("holds BTC", "is no clause"),
        ("holds 1,0 BTC", "is no clause"),
        ("holds 0 BTC", "nothing is not worth saying"),
        ("holds 1 BTC at 10x", "only positions have leverage"),
        ("holds 1 BTC, holds 2 BTC", "said twice"),
        ("short 1 BTC at 5x, long 1 BTC", "said twice"),
        ("holds 1 BTC,owes 5 USDC", "is no clause"),
    ],
)
def test_words_that_say_nothing_clear_are_refused(text, told):
    with pytest.raises(InputError, match=told):
        parse_holdings(text)


def test_amounts_may_have_commas_and_decimals():
    found = parse_holdings("holds 1,234,567.5 USDC, short 0.25 ETH at 25x")
    assert found.holds == (("USDC", Decimal("1234567.5")),)
    assert (found.positions[0].size, found.positions[0].leverage) == (Decimal("-0.25"), 25)


@pytest.mark.parametrize(
    ("words", "told"),
    [("holds 1 PEPE", "PEPE"), ("short 1 UBTC", "UBTC"), ("long 0.000001 BTC", "5 decimals")],
)
def test_names_that_the_venue_does_not_know_are_told(pm_account, words, told):
    with pytest.raises(InputError, match=told):
        pm_account(words)
