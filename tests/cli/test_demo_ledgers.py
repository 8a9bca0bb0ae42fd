"""What the demo's last table adds up: holes, finer units, actions counted. SPEC BL-08."""

from __future__ import annotations

import pytest

from pmkit.demo.conservation import ledgers
from pmkit.errors import Mismatch

BTC = 0


def ledger(venue, name):
    """Return one token's ledger now."""
    return next(book for book in ledgers(venue.reader) if book.name == name)


@pytest.mark.parametrize("isolated", [False, True])
def test_equity_below_zero_is_a_hole_that_no_other_equity_hides(venue, isolated):
    alone = venue.sender("liquidator")
    alone.deposit("USDC", 10_000 * 10**8)
    alone.transfer_perp(0, 10_000 * 10**6, to_perp=True)
    alone.set_isolated(BTC, isolated=isolated)
    alone.set_leverage(BTC, 10)
    before = ledger(venue, "USDC")
    alone.order(BTC, is_buy=False, limit_px=1, sz=10**5)
    venue.move("BTC", "200000")
    book = ledger(venue, "USDC")
    assert book.uncovered == 90_000 * 10**8
    # What the market maker won is more than all the other side had.
    assert book.perp_equity == before.perp_equity + 90_000 * 10**8
    assert (before.uncovered, before.balanced, book.balanced) == (0, True, False)
    assert 0 <= book.dust <= book.dust_bound


def test_holdings_between_two_wei_are_refused_and_not_floored(venue):
    # HYPE's ERC-20 has 18 decimals, ten more than the venue counts.
    venue.sender("admin").mint("HYPE", 1, to=venue.deployment.venue)
    with pytest.raises(Mismatch, match="HYPE"):
        ledgers(venue.reader)


def test_dust_may_be_two_wei_a_transaction_whatever_the_blocks(venue):
    trader = venue.sender("trader")
    before = ledger(venue, "USDC").dust_bound
    trader.deposit("USDC", 10**8)
    venue.rpc.request("anvil_mine", "0x5")
    # The deposit and its approval; five blocks are empty.
    assert ledger(venue, "USDC").dust_bound == before + 2 * 2


def test_dust_may_be_a_perp_unit_for_every_payment_of_funding_done_or_due(venue):
    trader = venue.sender("trader")
    trader.supply("UBTC", 10**10)
    trader.order(BTC, is_buy=True, limit_px=2**64 - 1, sz=12_345)
    venue.set_prices({"BTC": "100123.4"}, oracles={"BTC": "100000"})
    venue.warp(3_600)
    owed = ledger(venue, "USDC")
    # What the long owes is rounded up and what the short gets down: a unit, 100 wei, is left.
    assert owed.balanced
    assert owed.dust >= 100
    trader.order(BTC, is_buy=False, limit_px=1, sz=1)
    paid = ledger(venue, "USDC")
    # The fill is a transaction, and settles both of its sides first.
    assert paid.dust_bound == owed.dust_bound + 2 + 2 * 100
    assert paid.balanced
