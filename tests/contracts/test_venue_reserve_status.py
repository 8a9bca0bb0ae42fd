"""What limits a reserve: the view of it, and the event when it changes. SPEC BL-20, BL-21.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.evm import artifact
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    INSURANCE,
    KEEPER,
    SUPPLIER,
    TRADER,
    UBTC,
    UNLIMITED,
    USDC,
    USDT0,
    Market,
    refusal,
)
from support.wide_market import WideMarket
from venue.mirror import DEFICIT_STANDS, MirroredMarket
from venue.storage import Storage

from pmkit.model import ReserveStatus

WEI = 10**8
MILLION = 10**6 * WEI
FULLY_USED, SUPPLY_CAPPED, BORROW_CAPPED, LOCKED = 1, 2, 4, 8
LENT = 5 * MILLION
"""What the supplier has lent out of USDT0."""


def status(market: Market, token: int = USDT0) -> int:
    found: int = market.venue("reserveStatus", token)
    return found


def told(market: Market) -> list[tuple[int, int, int]]:
    """Return what the last call announced: token, states before and now."""
    found = [values for name, values in market.evm.logs if name == "ReserveStatusSet"]
    return [(v["token"], v["bitsBefore"], v["bitsNow"]) for v in found]


@pytest.fixture
def lent_out(mirrored: MirroredMarket) -> MirroredMarket:
    """Let the borrower owe every USDT0 there is, against 1,000 UBTC."""
    mirrored.portfolio_account(BORROWER, ubtc=1_000 * 10**10)
    mirrored.venue("borrow", USDT0, LENT, sender=BORROWER)
    return mirrored


def test_reserve_without_limits_has_none(mirrored: MirroredMarket) -> None:
    assert [status(mirrored, token) for token in (USDC, HYPE, UBTC, USDT0)] == [0] * 4


def test_reserve_of_which_everything_is_lent_is_fully_used(lent_out: MirroredMarket) -> None:
    assert told(lent_out) == [(USDT0, 0, FULLY_USED)]
    assert status(lent_out) == FULLY_USED
    refused = refusal(lent_out.venue, "withdraw", USDT0, 100, SUPPLIER, sender=SUPPLIER)
    assert refused == ("InsufficientCash", (USDT0, 100, 0))
    # A refusal announces nothing; what is paid back opens it.
    assert told(lent_out) == []
    lent_out.fund(KEEPER, USDT0, WEI)
    lent_out.venue("repay", USDT0, 100, BORROWER, sender=KEEPER)
    assert told(lent_out) == [(USDT0, FULLY_USED, 0)]
    lent_out.venue("withdraw", USDT0, 100, SUPPLIER, sender=SUPPLIER)
    assert told(lent_out) == [(USDT0, 0, FULLY_USED)]


def test_sweep_that_borrows_the_last_is_announced(lent_out: MirroredMarket) -> None:
    # 4,000 come back; a short of 10 GOLD at 4,000 wants exactly them.
    lent_out.fund(KEEPER, USDT0, MILLION)
    lent_out.venue("repay", USDT0, 4_000 * WEI, BORROWER, sender=KEEPER)
    lent_out.portfolio_account(TRADER, ubtc=10**10)
    lent_out.venue("order", 110_000, False, 0, 10 * 10**4, False, sender=TRADER)
    assert told(lent_out) == [(USDT0, 0, FULLY_USED)]
    assert lent_out.event_names()[-1] == "ReserveStatusSet"


def test_state_that_an_action_passes_through_is_not_announced(lent_out: MirroredMarket) -> None:
    # Taken out of the one account the reserve is fully used, until the other is swept.
    for account in (TRADER, KEEPER):
        lent_out.portfolio_account(account, ubtc=1)
    lent_out.fund(TRADER, USDT0, 100 * WEI)
    lent_out.venue("deposit", USDT0, 100 * WEI, TRADER, sender=TRADER)
    assert told(lent_out) == [(USDT0, FULLY_USED, 0)]
    lent_out.venue("spotSend", KEEPER, USDT0, EVERYTHING, sender=TRADER)
    assert lent_out.venue("reserveOf", USDT0)["cash"] == 100 * WEI
    assert told(lent_out) == []


def test_supply_cap_that_is_reached_and_left_is_announced(mirrored: MirroredMarket) -> None:
    mirrored.set_caps(USDT0, global_supply=LENT + WEI)
    mirrored.venue("supply", USDT0, WEI - 100, SUPPLIER, sender=SUPPLIER)
    assert (told(mirrored), status(mirrored)) == ([], 0)
    mirrored.venue("supply", USDT0, 100, SUPPLIER, sender=SUPPLIER)
    assert told(mirrored) == [(USDT0, 0, SUPPLY_CAPPED)]
    mirrored.venue("withdraw", USDT0, 100, SUPPLIER, sender=SUPPLIER)
    assert told(mirrored) == [(USDT0, SUPPLY_CAPPED, 0)]


def test_cap_that_the_admin_lowers_shows_at_once_and_is_announced_with_the_next_action(
    lent_out: MirroredMarket,
) -> None:
    lent_out.set_caps(USDT0, global_supply=LENT, global_borrow=LENT)
    everything = FULLY_USED | SUPPLY_CAPPED | BORROW_CAPPED
    assert status(lent_out) == everything
    lent_out.venue("accrue", USDT0, sender=KEEPER)
    assert told(lent_out) == [(USDT0, FULLY_USED, everything)]
    lent_out.set_caps(USDT0)
    assert status(lent_out) == FULLY_USED
    lent_out.venue("accrue", USDT0, sender=KEEPER)
    assert told(lent_out) == [(USDT0, everything, FULLY_USED)]


def test_cap_that_interest_reaches_shows_at_once_and_is_announced_by_accrue(
    lent_out: MirroredMarket,
) -> None:
    # At 100 % a year 5,000,000 grow by about 0.16 a second, nine tenths of it the suppliers'.
    lent_out.set_caps(USDT0, global_supply=LENT + WEI, global_borrow=LENT + WEI)
    lent_out.warp(7)
    assert status(lent_out) == FULLY_USED | BORROW_CAPPED
    lent_out.warp(1)
    assert status(lent_out) == FULLY_USED | SUPPLY_CAPPED | BORROW_CAPPED
    lent_out.venue("accrue", USDT0, sender=KEEPER)
    assert told(lent_out) == [(USDT0, FULLY_USED, 7)]
    # Nothing new, nothing told.
    lent_out.warp(1)
    lent_out.venue("accrue", USDT0, sender=KEEPER)
    assert told(lent_out) == []


def test_token_that_nobody_borrows_has_no_borrow_cap_to_reach(mirrored: MirroredMarket) -> None:
    mirrored.set_caps(HYPE, global_borrow=0)
    assert status(mirrored, HYPE) == 0
    mirrored.registry("setTokenFactors", HYPE, 5_000, True)
    assert status(mirrored, HYPE) == BORROW_CAPPED


def test_cap_of_one_account_shows_in_the_account(lent_out: MirroredMarket) -> None:
    """The reserve has no state for it: `borrowRoom` is what an account may still borrow."""
    lent_out.set_caps(USDT0, user_borrow=LENT)
    assert lent_out.token(BORROWER, USDT0)["borrowRoom"] == 0
    lent_out.set_caps(USDT0, user_borrow=LENT + 1)
    assert lent_out.token(BORROWER, USDT0)["borrowRoom"] == 1
    assert status(lent_out) == FULLY_USED


def test_supply_that_waits_for_a_deficit_is_announced_until_the_insurance_suffices(
    mirrored: MirroredMarket,
) -> None:
    # A short of 1 BTC on 10,000 loses 30,000, and nobody is insured.
    mirrored.portfolio_account(TRADER, usdc=10_000 * WEI)
    mirrored.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    mirrored.set_prices(btc=130_000)
    announced = []
    while mirrored.margin(TRADER)["liquidatable"]:
        mirrored.venue("liquidate", TRADER, sender=KEEPER)
        announced += told(mirrored)
        mirrored.warp(3)
    assert announced == [(USDC, 0, LOCKED)]
    owed = mirrored.venue("reserveOf", USDC)["deficit"]
    mirrored.fund(KEEPER, USDC, 2 * owed + WEI)
    units = -(-owed // 100) * 100
    # Somebody else's balance changes nothing; as much as is owed, on the insurance account, does.
    mirrored.venue("deposit", USDC, units, KEEPER, sender=KEEPER)
    assert told(mirrored) == []
    mirrored.venue("spotSend", INSURANCE, USDC, owed - 1, sender=KEEPER)
    assert (told(mirrored), status(mirrored, USDC)) == ([], LOCKED)
    mirrored.venue("spotSend", INSURANCE, USDC, 1, sender=KEEPER)
    assert told(mirrored) == [(USDC, LOCKED, 0)]
    mirrored.venue("spotSend", KEEPER, USDC, 1, sender=INSURANCE)
    assert told(mirrored) == [(USDC, 0, LOCKED)]
    mirrored.venue("coverDeficit", USDC, EVERYTHING, sender=KEEPER)
    assert told(mirrored) == [(USDC, LOCKED, 0)]


def stored(market: MirroredMarket, token: int) -> dict[str, int]:
    index = market.both.twin.registry.token(token).index
    found: dict[str, int] = market.both.storage.read("_s", "reserves", index)
    return found


@pytest.fixture
def short_of(mirrored: MirroredMarket) -> MirroredMarket:
    """Let the USDC reserve be short of what a short of 1 BTC has lost beyond its 10,000."""
    mirrored.portfolio_account(TRADER, usdc=10_000 * WEI)
    mirrored.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    mirrored.set_prices(btc=130_000)
    while mirrored.margin(TRADER)["liquidatable"]:
        mirrored.venue("liquidate", TRADER, sender=KEEPER)
        mirrored.warp(3)
    return mirrored


def test_mark_of_a_deficit_is_stored_and_never_told(short_of: MirroredMarket) -> None:
    """It stands while any of the deficit does, locked or not, and no state is told with it."""
    owed = short_of.venue("reserveOf", USDC)["deficit"]
    assert stored(short_of, USDC)["status"] == DEFICIT_STANDS | LOCKED
    assert status(short_of, USDC) == LOCKED
    # A cap that is reached beside it comes and goes.
    short_of.set_caps(USDC, global_supply=1)
    short_of.venue("accrue", USDC, sender=KEEPER)
    assert told(short_of) == [(USDC, LOCKED, LOCKED | SUPPLY_CAPPED)]
    assert stored(short_of, USDC)["status"] == DEFICIT_STANDS | LOCKED | SUPPLY_CAPPED
    short_of.set_caps(USDC)
    # Partly covered, by the wallet and by the insurance: nothing new to tell.
    short_of.fund(KEEPER, USDC, owed + 2 * WEI)
    short_of.venue("coverDeficit", USDC, WEI, sender=KEEPER)
    assert told(short_of) == [(USDC, LOCKED | SUPPLY_CAPPED, LOCKED)]
    short_of.venue("deposit", USDC, WEI, INSURANCE, sender=KEEPER)
    short_of.venue("coverDeficitFromInsurance", USDC, sender=KEEPER)
    assert told(short_of) == []
    left = owed - 2 * WEI - short_of.event("DeficitCovered")["buffer"]
    assert short_of.venue("reserveOf", USDC)["deficit"] == stored(short_of, USDC)["deficit"] == left
    assert stored(short_of, USDC)["status"] == DEFICIT_STANDS | LOCKED
    # Insured in full it stands, and locks nobody.
    short_of.venue("deposit", USDC, -(-left // 100) * 100, INSURANCE, sender=KEEPER)
    assert told(short_of) == [(USDC, LOCKED, 0)]
    assert (stored(short_of, USDC)["status"], status(short_of, USDC)) == (DEFICIT_STANDS, 0)
    short_of.venue("coverDeficitFromInsurance", USDC, sender=KEEPER)
    assert told(short_of) == []
    assert (stored(short_of, USDC)["deficit"], stored(short_of, USDC)["status"]) == (0, 0)


def test_mark_of_a_deficit_goes_when_it_is_spread(short_of: MirroredMarket) -> None:
    assert stored(short_of, USDC)["status"] == DEFICIT_STANDS | LOCKED
    short_of.venue("socialise", USDC)
    assert told(short_of) == [(USDC, LOCKED, 0)]
    assert (stored(short_of, USDC)["deficit"], stored(short_of, USDC)["status"]) == (0, 0)


def test_word_of_the_deficit_is_not_read_where_none_is_marked(wide_market: WideMarket) -> None:
    """Whatever stands there, without the mark nobody heeds it: three words are a reserve."""
    market = wide_market
    kept, index = Storage(market.venue), market.registry("tokenIndex", USDT0)
    market.portfolio_account(BORROWER, ubtc=1_000 * 10**10)
    market.fund(SUPPLIER, USDT0, LENT)
    market.venue("supply", USDT0, LENT, SUPPLIER, sender=SUPPLIER)
    kept.write(2**127, "_s", "reserves", index, "deficit")
    market.venue("borrow", USDT0, MILLION, sender=BORROWER)
    market.evm.warp(1)
    market.venue("repay", USDT0, EVERYTHING, BORROWER, sender=SUPPLIER)
    market.venue("withdraw", USDT0, MILLION, SUPPLIER, sender=SUPPLIER)
    assert told(market) == []
    assert (status(market), market.venue("reserveOf", USDT0)["deficit"]) == (0, 0)
    layout = artifact("Venue")["storageLayout"]["types"]
    (reserve,) = [kind for kind in layout.values() if kind["label"] == "struct Reserve"]
    last = {m["label"] for m in reserve["members"] if m["slot"] == "3"}
    assert last == {"deficit", "bufferSweptAt"}


def test_states_have_their_names_in_python() -> None:
    assert [int(bit) for bit in ReserveStatus] == [1, 2, 4, 8]
    assert ReserveStatus(12) == ReserveStatus.BORROW_CAPPED | ReserveStatus.LOCKED


def test_token_that_is_not_listed_alone_has_its_supply_capped(mirrored: MirroredMarket) -> None:
    mirrored.registry("setTokenCaps", HYPE, 0, 0, 0, 0)
    assert status(mirrored, HYPE) == SUPPLY_CAPPED
    mirrored.registry("setTokenCaps", HYPE, *(UNLIMITED,) * 4)
    assert status(mirrored, HYPE) == 0
