"""The local venue's own helpers: time, prices, funds and undoing."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from pmkit.chain import LocalVenue
from pmkit.chain.local import Clock
from pmkit.errors import InputError, StaleMark

BTC = 0


def px_of(venue, asset):
    return next(px for px in venue.reader.prices().perps if px.asset == asset)


def test_time_travel_publishes_the_last_prices_again(venue):
    venue.set_prices({"BTC": "98765.4"})
    before, then = venue.reader.prices(), venue.rpc.block().timestamp
    venue.warp(86_400)
    after = venue.reader.prices()
    assert [(p.asset, p.mark, p.oracle) for p in after.perps] == [
        (p.asset, p.mark, p.oracle) for p in before.perps
    ]
    assert {p.time for p in after.perps} | {p.time for p in after.pairs} == {then + 86_400}


def test_time_travel_charges_its_hours_at_the_last_premium(venue):
    venue.set_prices({"BTC": "101000"}, oracles={"BTC": "100000"})
    before = venue.reader.funding("BTC")
    venue.warp(86_400)
    after = venue.reader.funding("BTC")
    # A day at 0.11875 % an hour, on an oracle price of 10^6 units.
    assert after.index - before.index == 24 * 10**6 * 1_187_500_000_000_000
    assert (before.turned, after.turned) == (0, 0)


def test_time_travel_without_publishing_lets_prices_grow_old(venue):
    borrower = venue.sender("borrower")
    borrower.deposit("USDC", 10**12)
    venue.warp(100, republish=False)
    with pytest.raises(StaleMark):
        borrower.order(BTC, is_buy=True, sz=1_000, limit_px=2**64 - 1)
    venue.keep_fresh()
    borrower.order(BTC, is_buy=True, sz=1_000, limit_px=2**64 - 1)


@pytest.mark.parametrize("seconds", [0, -5])
def test_time_does_not_go_back(venue, seconds):
    with pytest.raises(InputError, match="forward"):
        venue.warp(seconds)


def test_stepped_clock_moves_a_second_a_block(venue):
    start = venue.rpc.block()
    for _ in range(3):
        venue.fund("keeper", "USDC", 1)
    end = venue.rpc.block()
    assert (end.number - start.number, end.timestamp - start.timestamp) == (3, 3)
    assert venue.now() == end.timestamp + 1


def test_wall_clock_follows_the_machine_and_travels_too():
    began = int(time.time())
    with LocalVenue.start(clock=Clock.WALL) as local:
        assert began <= local.rpc.block().timestamp <= time.time()
        since, before = time.time(), local.now()
        local.warp(5_000)
        reported = local.reader.prices().oldest
        elapsed = local.now() - before
        # However long it took, the machine's clock says how long; both count whole seconds.
        assert 5_000 <= elapsed <= 5_000 + (time.time() - since) + 1
        assert reported - before >= 5_000


def test_integers_are_the_venues_units_and_decimals_are_peoples(venue):
    venue.set_prices({"BTC": 1_234_567})
    assert px_of(venue, BTC).mark == 1_234_567
    for figure in (Decimal("123456.7"), "123456.7", Decimal("1.234567E+5")):
        venue.set_prices({"BTC": figure})
        assert px_of(venue, BTC).mark == 1_234_567
    assert venue.amount("UBTC", "0.5") == venue.amount("UBTC", 5 * 10**9) == 5 * 10**9


@pytest.mark.parametrize("figure", ["100000.05", Decimal("0.01"), "1e5", "", "ten"])
def test_price_that_is_not_on_the_grid_is_refused(venue, figure):
    with pytest.raises(InputError, match="BTC"):
        venue.set_prices({"BTC": figure})


def test_oracle_price_follows_the_mark_unless_it_is_named(venue):
    venue.set_prices({"BTC": "90000"})
    assert px_of(venue, BTC).oracle == 900_000
    venue.set_prices({"BTC": "91000"}, oracles={"BTC": "92000"})
    assert (px_of(venue, BTC).mark, px_of(venue, BTC).oracle) == (910_000, 920_000)
    venue.set_prices(oracles={"BTC": "93000"})
    assert (px_of(venue, BTC).mark, px_of(venue, BTC).oracle) == (910_000, 930_000)


def test_borrow_price_is_the_median_in_usdc(venue):
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", 10**10)
    venue.set_prices(
        {"BTC": "90000"}, oracles={"BTC": "99000"}, spots={"UBTC": "95000"}, usdc_px=99_000_000
    )
    (token,) = venue.reader.account(borrower.address).tokens
    # 90,000 and 99,000 USDT at 0.99 are 90,909.091 and 100,000 USDC; 95,000 lies between.
    assert token.px == 95_000_000
    venue.set_prices({"BTC": "94500"})
    (token,) = venue.reader.account(borrower.address).tokens
    assert token.px == 95_454_545  # 94,500 / 0.99, and the last usdc_px is kept


def test_moving_a_coin_moves_what_follows_it(venue):
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", 10**10)
    venue.move("BTC", Decimal(80_000))
    (token,) = venue.reader.account(borrower.address).tokens
    assert token.px == 80_000_000
    venue.move("BTC", 700_000)
    (token,) = venue.reader.account(borrower.address).tokens
    assert token.px == 70_000_000


def test_spot_price_of_a_token_without_a_pair_is_refused(venue):
    with pytest.raises(InputError, match="USDC has no spot pair"):
        venue.set_prices(spots={"USDC": "1"})


def test_wallets_are_funded_in_the_tokens_own_units(venue):
    keeper = venue.account("keeper")
    before = venue.reader.balance(keeper, "UBTC").wallet
    venue.fund("keeper", "UBTC", "0.25")
    assert venue.reader.balance(keeper, "UBTC").wallet - before == 25_000_000


def test_spot_balances_are_credited_without_the_wallet(venue):
    stranger = "0x" + "77" * 20
    venue.credit(stranger, "USDC", "12.34")
    held = venue.reader.balance(stranger, "USDC")
    assert (held.idle, held.wallet) == (1_234_000_000, 0)


def test_scratch_undoes_what_happened_inside(venue):
    before = (venue.rpc.block_number(), px_of(venue, BTC), venue.reader.accounts())
    with venue.scratch():
        venue.move("BTC", Decimal(1_000))
        venue.credit("0x" + "77" * 20, "USDC", 1)
    assert (venue.rpc.block_number(), px_of(venue, BTC), venue.reader.accounts()) == before


def test_unknown_role_is_refused_with_those_there_are(venue):
    with pytest.raises(InputError, match="there are admin"):
        venue.sender("alien")
