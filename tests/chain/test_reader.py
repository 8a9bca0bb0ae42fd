"""The reader and the Python core agree on every integer, and every read is of one block."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pmkit.chain.contracts import ask, call_of
from pmkit.chain.reader import read_account
from pmkit.errors import InputError, NoPosition, UnknownToken, VenueError
from pmkit.funding import funding_payment_up
from pmkit.margin import account_margin
from pmkit.model import Mode
from pmkit.report import margin_report
from pmkit.sweep import swept

BTC, ETH, HYPE = 0, 1, 159


def books(venue):
    """Bring several accounts into different states, and return their addresses."""
    borrower, trader = venue.sender("borrower"), venue.sender("trader")
    borrower.supply("UBTC", venue.amount("UBTC", "10"))
    borrower.borrow("USDC", venue.amount("USDC", "100000"))
    borrower.order(BTC, is_buy=False, sz=500_000, limit_px=0)
    trader.deposit("HYPE", venue.amount("HYPE", "20000"))
    trader.order(ETH, is_buy=True, sz=300_000, limit_px=2**64 - 1)
    trader.order(HYPE, is_buy=False, sz=100_000, limit_px=0)
    keeper, liquidator = venue.sender("keeper"), venue.sender("liquidator")
    keeper.deposit("USDC", venue.amount("USDC", "50000"))
    keeper.transfer_perp(0, 40_000 * 10**6, to_perp=True)
    keeper.order(BTC, is_buy=True, sz=200_000, limit_px=2**64 - 1)
    liquidator.set_mode(Mode.UNIFIED)
    liquidator.deposit("USDC", venue.amount("USDC", "3000"))
    liquidator.order(BTC, is_buy=True, sz=1_000, limit_px=2**64 - 1)
    return [address for _, address in venue.deployment.accounts]


def require_twins(reader, address):
    here = reader.pinned()
    account = here.account(address)
    assert account_margin(swept(account)) == here.margin(address)
    assert account_margin(account) == here.stored_margin(address)


def test_every_account_has_the_same_figures_on_chain_and_in_python(venue):
    addresses = books(venue)
    for address in addresses:
        require_twins(venue.reader, address)
    venue.warp(86_400 * 30)
    venue.move("BTC", Decimal("123456.7"))
    venue.move("HYPE", Decimal("31.4159"))
    for address in addresses:
        require_twins(venue.reader, address)
    modes = {venue.reader.account(address).mode for address in addresses}
    assert modes == set(Mode)


def test_account_that_was_never_seen_is_empty(venue):
    account = venue.reader.account("0x" + "99" * 20)
    assert (account.tokens, account.dexes, account.perps) == ((), (), ())
    assert account_margin(account) == venue.reader.margin("0x" + "99" * 20)


def test_pinned_reader_keeps_its_block_while_the_chain_goes_on(venue):
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", venue.amount("UBTC", "10"))
    before = venue.reader.pinned()
    told = before.account(borrower.address)
    borrower.withdraw("UBTC", venue.amount("UBTC", "4"))
    assert before.account(borrower.address) == told
    assert venue.reader.account(borrower.address) != told
    assert venue.reader.account(borrower.address, before.block) == told
    assert before.pinned() is before


def test_read_at_a_block_sees_what_a_transaction_in_it_saw(venue):
    # Interest runs every second: had the reader another time than the block, indexes would differ.
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", venue.amount("UBTC", "10"))
    borrower.borrow("USDC", venue.amount("USDC", "400000"))
    venue.warp(3_600)
    receipt = venue.sender("keeper").accrue("USDC")
    stored = receipt.event("Accrued").values
    for later in (0, 7, 5_000):
        if later:
            venue.warp(later)
        reserve = venue.reader.reserve("USDC", receipt.block)
        assert reserve.borrow_index == stored["borrow_index"]
        assert reserve.supply_index == stored["supply_index"]
    assert venue.reader.reserve("USDC").borrow_index > stored["borrow_index"]


@pytest.mark.parametrize("offset", [0, -1, -3])
def test_call_at_a_block_runs_at_that_blocks_own_time(venue, offset):
    clock = "0x" + "c1" * 20
    venue.rpc.request("anvil_setCode", clock, "0x4260005260206000f3")  # returns block.timestamp
    for seconds in (1_000, 50, 7, 300):
        venue.warp(seconds)
    block = venue.rpc.block(venue.rpc.block_number() + offset)
    answer = venue.rpc.request("eth_call", {"to": clock}, hex(block.number))
    assert int(answer, 16) == block.timestamp
    if offset == 0:
        assert venue.rpc.request("eth_call", {"to": clock}, "latest") == answer


def test_funding_follows_the_hours_at_the_last_premium(venue):
    # 1 BTC at an oracle price of 100,000 and a premium of 1 %: 118.75 USD an hour.
    trader, maker = venue.sender("trader"), venue.account("maker")
    trader.supply("UBTC", venue.amount("UBTC", "10"))
    venue.set_prices({"BTC": "101000"}, oracles={"BTC": "100000"})
    trader.order(BTC, is_buy=True, sz=10**5, limit_px=2**64 - 1)
    assert venue.reader.positions(trader.address)[0].funding_due == 0
    now = venue.rpc.block().timestamp
    venue.warp(3 * 3_600 - now % 3_600, republish=False)
    here = venue.reader.pinned()
    funding = here.funding("BTC")
    assert (funding.hourly_rate, funding.turned) == (1_187_500_000_000_000, 3)
    (position,) = here.positions(trader.address)
    assert (position.asset, position.szi, position.funding_due) == (BTC, 10**5, 356_250_000)
    assert funding_payment_up(10**5, funding.index - position.funding_index) == 356_250_000
    (other,) = here.positions(maker)
    assert other.funding_due == -356_250_000
    require_twins(here, trader.address)
    # Publishing prices again stores what has turned and changes nothing else.
    charged = [event for event in venue.republish().events if event.name == "FundingCharged"]
    assert {event.values["asset"]: event.values["turned"] for event in charged}[BTC] == 3
    assert venue.reader.funding("BTC").index == funding.index
    done = trader.order(BTC, is_buy=False, sz=10**5, limit_px=0)
    paid = next(event for event in done.events if event.name == "FundingPaid")
    assert paid.values == {"account": trader.address, "asset": BTC, "usd": 356_250_000}
    assert venue.reader.positions(trader.address) == ()


def test_many_accounts_are_read_in_order_and_one_that_fails_is_its_error(venue):
    addresses = books(venue)
    accounts = venue.reader.each_account(addresses)
    assert list(accounts) == [venue.reader.account(a) for a in addresses]


def test_accounts_are_paged_and_listed_once_each(venue, monkeypatch):
    monkeypatch.setattr("pmkit.chain.reader.PAGE", 2)
    listed = venue.reader.accounts()
    assert len(listed) == len(set(listed)) == 6
    assert listed[:3] == tuple(venue.account(r) for r in ("maker", "backstop", "insurance"))


def test_prices_are_those_reported_with_their_time(venue):
    venue.set_prices({"BTC": "99999.9"}, oracles={"BTC": "100001.1"}, spots={"UBTC": "99990.123"})
    time = venue.rpc.block().timestamp
    prices = venue.reader.prices()
    btc = next(px for px in prices.perps if px.asset == BTC)
    assert (btc.mark, btc.oracle, btc.time) == (999_999, 1_000_011, time)
    ubtc = next(px for px in prices.pairs if px.pair == 142)
    assert (ubtc.px, ubtc.time) == (99_990_123, time)
    assert prices.oldest < time


def test_balances_show_the_venue_and_the_wallet(venue):
    trader = venue.sender("trader")
    before = venue.reader.balance(trader.address, "USDH")
    trader.deposit("USDH", venue.amount("USDH", "12.5"))
    after = venue.reader.balance(trader.address, "USDH")
    assert after.idle == 1_250_000_000
    assert before.wallet - after.wallet == 12_500_000


def test_displayed_price_equals_the_report_on_the_accounts_view(venue):
    address = books(venue)[venue_role(venue, "borrower")]
    report = margin_report(read_account(venue.node.url, address))
    (coin,) = [c for c in report.coins if c.coin == "BTC"]
    assert coin.displayed_px == venue.reader.displayed_px(address, BTC)
    assert report.ratio == venue.reader.margin(address).ratio


def venue_role(venue, role):
    return [name for name, _ in venue.deployment.accounts].index(role)


def test_view_links_coins_to_the_collateral_that_moves_with_them(venue):
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", venue.amount("UBTC", "1"))
    borrower.supply("HYPE", venue.amount("HYPE", "1"))
    view = read_account(venue.node.url, borrower.address)
    tokens = [token.name for token in view.tokens]
    assert {coin: tokens[at] for coin, at in view.links} == {"BTC": "UBTC", "HYPE": "HYPE"}


@pytest.mark.parametrize("address", ["0x1234", "borrower", "", None])
def test_text_that_is_no_address_is_refused(venue, address):
    with pytest.raises(InputError):
        venue.reader.account(address)


def test_token_perp_or_pair_that_is_not_listed_is_refused_with_those_that_are(venue):
    listing = venue.reader.listing
    with pytest.raises(InputError, match="there are USDC, HYPE"):
        listing.token("ALIEN")
    with pytest.raises(InputError, match="there are BTC, ETH"):
        listing.perp("ALIEN")
    with pytest.raises(InputError, match="HYPE/USDC"):
        listing.pair("@999")


def test_view_that_reverts_is_the_named_error(venue):
    with pytest.raises(NoPosition) as caught:
        venue.reader.displayed_px(venue.account("keeper"), BTC)
    assert caught.value.asset == BTC
    unlisted = call_of("Venue", venue.deployment.venue, "reserveOf", 12_345)
    with pytest.raises(UnknownToken):
        ask(venue.rpc, unlisted, "latest")


def test_figures_that_need_a_price_nobody_reported_are_an_error_and_no_zero(dark_venue):
    # USDT0 can be borrowed, and no pair prices it.
    trader = dark_venue.sender("trader")
    trader.supply("HYPE", dark_venue.amount("HYPE", "100"))
    trader.deposit("USDT0", dark_venue.amount("USDT0", "5"))
    # Five USDT0 require nothing, so nothing depends on their price.
    chain = dark_venue.reader.margin(trader.address)
    assert account_margin(swept(dark_venue.reader.account(trader.address))) == chain
    with pytest.raises(VenueError, match="StalePrice"):
        trader.borrow("USDT0", dark_venue.amount("USDT0", "6"))
