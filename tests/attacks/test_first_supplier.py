"""Whoever supplies first, or last, owns the index. SPEC BL-03, BL-05, BL-22."""

from __future__ import annotations

from attacks.capital import ATTACKER, SECOND, UBTC_WEI, WEI, worth
from support.venue import EVERYTHING, RAY, SUPPLIER, TRADER, USDC
from venue.mirror import MirroredMarket

TOKEN, PAIR = 999, 300


def test_last_wei_supplied_does_not_drive_the_supply_index_to_its_end(
    mirrored: MirroredMarket,
) -> None:
    """Be all of a new reserve, lend out its buffer, leave one wei supplied to earn for all of it.

    Once the index had grown to its last bit, no supplier of the reserve would earn again, and no
    borrower pay.
    """
    mirrored.list_token(TOKEN, 8, 8, 2, 0, True)
    mirrored.registry("listPair", (PAIR, TOKEN, USDC, False, 0))
    mirrored.registry("reportPrices", [(PAIR, 10**6)], [], 10**8)
    mirrored.portfolio_account(SECOND, ubtc=UBTC_WEI)
    for account in (ATTACKER, SECOND):
        mirrored.fund(account, TOKEN, 1_000 * WEI)
    before = worth(mirrored, ATTACKER, SECOND)

    # 100 lent for 36 hours at 100 % a year leave 0.04 in the buffer. The debt is sold, so that it
    # stays.
    mirrored.venue("supply", TOKEN, 100 * WEI, ATTACKER, sender=ATTACKER)
    mirrored.venue("borrow", TOKEN, 100 * WEI, sender=SECOND)
    mirrored.venue("order", 10_000 + PAIR, False, 0, 100 * 100, False, sender=SECOND)
    mirrored.warp(36 * 3_600)
    mirrored.venue("accrue", TOKEN)
    buffer = mirrored.venue("reserveOf", TOKEN)["buffer"]
    owed = mirrored.token(SECOND, TOKEN)["borrowed"]
    mirrored.venue("repay", TOKEN, owed - buffer, SECOND, sender=SECOND)
    for _ in range(6):
        more = mirrored.token(ATTACKER, TOKEN)["supplied"] - 1
        if more > 0:
            lacking = more - mirrored.venue("reserveOf", TOKEN)["cash"]
            if lacking > 0:
                mirrored.venue("repay", TOKEN, lacking, SECOND, sender=SECOND)
            mirrored.venue("withdraw", TOKEN, more, ATTACKER, sender=ATTACKER)
        mirrored.warp(3_600)
        mirrored.venue("accrue", TOKEN)
        reserve = mirrored.venue("reserveOf", TOKEN)
        assert reserve["supplied"] <= 2 < reserve["borrowed"]
        assert RAY < reserve["supplyIndex"] < reserve["borrowIndex"]
    # What the debt paid beyond that stands in the buffer, and is the attacker's loss.
    lost = before - worth(mirrored, ATTACKER, SECOND)
    assert lost * WEI >= reserve["buffer"]

    # Suppliers who come now earn what they should: 42.525 % at 90 % used, e^0.42525 of it.
    mirrored.venue("repay", TOKEN, EVERYTHING, SECOND, sender=SECOND)
    mirrored.fund(SUPPLIER, TOKEN, 100_000 * WEI)
    mirrored.venue("supply", TOKEN, 100_000 * WEI, SUPPLIER, sender=SUPPLIER)
    mirrored.portfolio_account(TRADER, ubtc=2 * UBTC_WEI)
    mirrored.venue("borrow", TOKEN, 90_000 * WEI, sender=TRADER)
    mirrored.warp(86_400)
    earned = mirrored.token(SUPPLIER, TOKEN)["supplied"] - 100_000 * WEI
    # A day of 52.5 % on 90,000, and nine tenths of it.
    assert abs(earned - 116_580_000_00) < 20_000_00
