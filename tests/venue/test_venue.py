"""The venue as an object: what is listed, names, time, copies, storage."""

from __future__ import annotations

import pytest
from venue.stage import (
    BTC_PERP,
    HYPE,
    UBTC,
    USDC,
    USDC_WEI,
    set_prices,
)

from pmkit.errors import (
    InputError,
    UnknownToken,
)
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.venue import Venue


@pytest.mark.parametrize("preset", ["pre-alpha", "alpha", "current"])
def test_venue_of_a_preset_lists_what_the_preset_says(preset: str) -> None:
    params = load_params(preset)
    venue = Venue(params)
    tokens, dexes, perps, pairs = venue.registry.listed()
    assert tokens == tuple(token.id for token in params.tokens)
    assert dexes == tuple(range(len(params.dexes)))
    assert perps == tuple(perp.id for perp in params.perps)
    assert pairs == tuple(pair.id for pair in params.pairs)
    for token in params.tokens:
        listed = venue.registry.token(token.id)
        assert (listed.name, listed.ltv_bps) == (token.name, token.ltv_bps)
        assert listed.user_borrow_cap == token.user_borrow_cap
        assert listed.curve == token.curve
    for perp in params.perps:
        table = venue.registry.table(venue.registry.perp(perp.id).margin_table)
        assert table == params.table(perp.table_id)
    assert venue.registry.perp_of_pair(107) == params.perp("HYPE").id
    assert venue.registry.policy.margin == params.policy.margin


def test_venue_without_a_source_lists_nothing() -> None:
    venue = Venue(now=5)
    assert venue.registry.listed() == ((), (), (), ())
    with pytest.raises(UnknownToken):
        venue.reserve_of(0)


def test_account_by_name_is_the_account_of_its_address() -> None:
    venue = Venue(names={"trader": "0x" + "AB" * 20})
    assert venue.account("trader").address == "0x" + "ab" * 20
    assert venue.address_of("0x" + "AB" * 20) == "0x" + "ab" * 20
    assert venue.address_of("keeper") == Venue().address_of("keeper")
    assert venue.address_of("keeper") != venue.address_of("supplier")


@pytest.mark.parametrize("who", ["", "0x12", "0x" + "g" * 40])
def test_account_by_neither_name_nor_address_is_refused(who: str) -> None:
    with pytest.raises(InputError):
        Venue().account(who)


def test_token_by_name_is_the_token_of_its_id(venue: Venue) -> None:
    assert venue.balance_of("borrower", "HYPE") == venue.balance_of("borrower", HYPE)
    assert venue.position_of("borrower", "BTC") == venue.position_of("borrower", BTC_PERP)
    with pytest.raises(InputError, match="nothing is listed"):
        venue.balance_of("borrower", "XYZ")


def test_time_goes_forward_only() -> None:
    venue = Venue(now=100)
    venue.advance(5)
    assert venue.now == 105
    with pytest.raises(InputError):
        venue.now = 104


@pytest.mark.parametrize("now", [0, -1, 2**40])
def test_time_that_the_contracts_cannot_store_is_refused(now: int) -> None:
    with pytest.raises(InputError):
        Venue(now=now)


def test_interest_follows_the_clock_of_the_state(venue: Venue) -> None:
    before = venue.reserve_of(USDC).borrowed
    venue.advance(365 * 86_400)
    # e^0.05 − 1 on what is owed.
    grown = venue.reserve_of(USDC).borrowed
    assert (grown - before) * 10**6 // before == 51_271


def test_copy_goes_its_own_way(venue: Venue) -> None:
    before = venue.to_json()
    twin = venue.copy()
    assert twin.to_json() == before
    twin.advance(60)
    set_prices(twin, btc="50000", hype="20")
    twin.account("keeper").sweep("borrower")
    assert venue.to_json() == before
    assert twin.to_json() != before


def test_copy_serves_to_ask_what_would_happen(venue: Venue) -> None:
    def liquidatable_at(px: int) -> bool:
        what_if = venue.copy()
        set_prices(what_if, hype=str(px))
        return what_if.margin_of("borrower").liquidatable

    # 1,000 USDC are idle: nothing is net but a little margin, which 100 HYPE carry far down.
    assert [px for px in (50, 10, 1) if liquidatable_at(px)] == []


def test_dump_of_storage_is_by_ids(venue: Venue) -> None:
    dumped = venue.dump_storage()
    borrower = dumped["accounts"][venue.address_of("borrower")]
    assert borrower["state"]["mode"] == Mode.PORTFOLIO_MARGIN
    assert borrower["balances"][HYPE]["shares"] > 0
    assert borrower["balances"][UBTC] == {"shares": 0, "idle": 0, "borrow_floor": 0, "basis": 0}
    assert borrower["positions"][BTC_PERP]["szi"] == 1_000
    assert dumped["reserves"][USDC]["borrowed"] == 1_000 * USDC_WEI
    assert list(dumped["accounts"]) == list(venue.accounts())
