"""The backstop's sale of what it took over, by half in every half-life. SPEC LQ-17, LQ-18.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.loans import HYPE_WEI, USDC_WEI, bring, faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    EVERYTHING,
    HYPE,
    HYPE_USDC,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    UBTC_USDC,
    USDC,
    refusal,
)
from venue.mirror import MirroredMarket

from pmkit.venue.state import Inventory

MOST = 2**104 - 1
TAKEN = 181_818_181
"""HYPE that a step of 50 takes at 33: 50 / (33 · 5/6)."""
HALF_LIFE = 600


@pytest.fixture
def holding(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market in which the backstop has just taken 50 USDC of debt and 1.81818181 HYPE."""
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    return mirrored


def due(market: MirroredMarket) -> int:
    found: int = market.venue("inventoryOf", HYPE)["dueNow"]
    return found


def sell(market: MirroredMarket) -> dict[str, int]:
    """Sell what is due of HYPE; return what the event tells of it."""
    market.venue("sellInventory", HYPE_USDC, sender=KEEPER)
    event = market.event("InventorySold")
    assert event["token"] == HYPE
    return {name: event[name] for name in ("amount", "px", "proceeds", "left")}


@pytest.mark.parametrize("less", [TAKEN + 1, TAKEN, TAKEN - 1, 0])
def test_schedule_notes_no_more_than_its_word_holds(mirrored: MirroredMarket, less: int) -> None:
    """No liquidation fails for it. Nobody holds as much: it would take many takeovers."""
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    index = mirrored.registry("tokenIndex", HYPE)
    now, twin = mirrored.evm.timestamp, mirrored.both.twin.state
    scheduled = MOST - less
    twin.inventory[index] = Inventory(scheduled=scheduled, scheduled_at=now)
    mirrored.both.storage.write(scheduled, "_s", "inventory", index, "scheduled")
    mirrored.both.storage.write(now, "_s", "inventory", index, "scheduledAt")
    mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    assert mirrored.venue("inventoryOf", HYPE)["scheduled"] == min(scheduled + TAKEN, MOST)


def test_takeover_is_scheduled_and_nothing_is_due_yet(holding: MirroredMarket) -> None:
    assert holding.venue("inventoryOf", HYPE) == {
        "scheduled": TAKEN,
        "scheduledAt": holding.evm.timestamp,
        "dueNow": 0,
    }
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("NothingToSell", (HYPE,))


def test_sale_after_a_half_life_sells_half_in_whole_lots(holding: MirroredMarket) -> None:
    # 90,909,091 of 181,818,181 stay; of 0.90909090 HYPE due, 90 lots of 0.01 go at 33: 29.70.
    holding.warp(HALF_LIFE)
    assert due(holding) == 90_909_090
    debt = holding.token(BACKSTOP, USDC)["borrowed"]
    sold = sell(holding)
    assert sold == {
        "amount": 90_000_000,
        "px": 33_000_000,
        "proceeds": 29_70000000,
        "left": 91_818_181,
    }
    assert holding.token(BACKSTOP, HYPE)["supplied"] == 91_818_181
    # The proceeds repay what the backstop took over.
    assert holding.token(BACKSTOP, USDC)["borrowed"] == debt - 29_70000000
    assert due(holding) == 909_090
    # Another half-life: 45,454,546 of 90,909,091 stay, 45,454,545 join the 909,090.
    holding.warp(HALF_LIFE)
    assert due(holding) == 46_363_635
    assert sell(holding)["amount"] == 46_000_000


def test_takeover_keeps_what_was_due_before_it(holding: MirroredMarket) -> None:
    """A schedule that simply decays would forget what fell due and was not yet sold."""
    holding.warp(HALF_LIFE)
    holding.venue("liquidate", BORROWER, sender=KEEPER)
    taken = holding.event("CollateralTaken")["amount"]
    inventory = holding.venue("inventoryOf", HYPE)
    assert inventory["scheduled"] == 90_909_091 + taken
    assert inventory["dueNow"] == 90_909_090


def test_sale_without_a_half_life_sells_all_at_once(holding: MirroredMarket) -> None:
    holding.set_policy(twap_half_life=0)
    assert sell(holding)["amount"] == 181_000_000
    assert due(holding) == 818_181


def test_sale_sells_no_more_than_what_the_backstop_still_has(holding: MirroredMarket) -> None:
    # Its debt repaid, the backstop sends 1 HYPE away: 0.81818181 is less than the 0.90909090 due.
    bring(holding, BACKSTOP, USDC, 100 * USDC_WEI)
    holding.venue("spotSend", TRADER, HYPE, HYPE_WEI, sender=BACKSTOP)
    holding.warp(HALF_LIFE)
    assert sell(holding)["amount"] == 81_000_000
    # What it no longer has is struck off, whatever it gets later on.
    inventory = holding.venue("inventoryOf", HYPE)
    assert (inventory["scheduled"], inventory["dueNow"]) == (0, 818_181)
    bring(holding, BACKSTOP, HYPE, 10 * HYPE_WEI)
    holding.warp(HALF_LIFE)
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("NothingToSell", (HYPE,))


def test_sale_of_what_is_all_gone_is_refused(holding: MirroredMarket) -> None:
    bring(holding, BACKSTOP, USDC, 100 * USDC_WEI)
    holding.venue("spotSend", TRADER, HYPE, EVERYTHING, sender=BACKSTOP)
    holding.warp(HALF_LIFE)
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("NothingToSell", (HYPE,))


def test_sale_goes_on_when_the_backstop_is_under_water(holding: MirroredMarket) -> None:
    """A spot order of an account below its margin is refused; a sale can only help."""
    holding.warp(HALF_LIFE)
    holding.set_prices(hype=20)
    assert holding.margin(BACKSTOP)["liquidatable"] is True
    assert sell(holding)["proceeds"] == 18 * USDC_WEI


def test_sale_pays_the_fee_of_a_spot_order(holding: MirroredMarket) -> None:
    # 0.07 % of 29.70 is 0.02079.
    holding.set_policy(spot_fee_ppm=700)
    holding.warp(HALF_LIFE)
    assert sell(holding)["proceeds"] == 29_70000000 - 2_079_000
    assert holding.token(INSURANCE, USDC)["idle"] == 2_079_000


def test_sale_on_an_old_price_is_refused(holding: MirroredMarket) -> None:
    holding.set_policy(max_price_age=60)
    holding.warp(61)
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("StalePrice", (HYPE, 61, 60))


def test_sale_without_a_price_or_a_pair_is_refused(holding: MirroredMarket) -> None:
    holding.registry("listPair", (999, HYPE, USDC, False, 0))
    refused = refusal(holding.venue, "sellInventory", 999, sender=KEEPER)
    assert refused == ("SpotPriceMissing", (999,))
    refused = refusal(holding.venue, "sellInventory", 998, sender=KEEPER)
    assert refused == ("UnknownPair", (998,))


def test_sale_of_what_was_never_taken_is_refused(holding: MirroredMarket) -> None:
    holding.warp(HALF_LIFE)
    refused = refusal(holding.venue, "sellInventory", UBTC_USDC, sender=KEEPER)
    assert refused == ("NothingToSell", (UBTC,))


def test_sale_beyond_the_makers_capacity_is_refused(holding: MirroredMarket) -> None:
    holding.venue("spotSend", SUPPLIER, USDC, EVERYTHING, sender=MAKER)
    holding.warp(HALF_LIFE)
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("MakerCapacity", (29_70000000, 0))
    # It waits, and nothing of it is forgotten.
    assert due(holding) == 90_909_090


def test_sale_from_a_pool_that_is_lent_out_is_refused(holding: MirroredMarket) -> None:
    # HYPE may be borrowed now, and the trader borrows all that is supplied: 8.1818 and 1.8181.
    holding.registry("setTokenFactors", HYPE, 5_000, True)
    bring(holding, TRADER, UBTC, 10**10)
    holding.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    cash = holding.venue("reserveOf", HYPE)["cash"]
    holding.venue("borrow", HYPE, cash, sender=TRADER)
    holding.warp(HALF_LIFE)
    refused = refusal(holding.venue, "sellInventory", HYPE_USDC, sender=KEEPER)
    assert refused == ("InsufficientCash", (HYPE, 90_000_000, 0))
