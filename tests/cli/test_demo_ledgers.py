"""What the demo's last table adds up: holes, finer units, actions counted. SPEC BL-08."""

from __future__ import annotations

import pytest

from pmkit.demo.conservation import ledgers
from pmkit.errors import Mismatch

BTC = 0


def ledger(venue, name):
    """Return one token's ledger now."""
    return next(book for book in ledgers(venue.reader) if book.name == name)


def test_account_below_zero_is_a_hole_that_no_other_equity_hides(venue):
    alone = venue.sender("liquidator")
    alone.deposit("USDC", 10_000 * 10**8)
    alone.transfer_perp(0, 10_000 * 10**6, to_perp=True)
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
