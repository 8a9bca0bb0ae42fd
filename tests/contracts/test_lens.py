"""Lens: many accounts in one view that hides none behind another. SPEC KP-03, KP-04."""

from __future__ import annotations

from typing import Any

import pytest
from support.evm import Reverted
from support.loans import HYPE_WEI, UBTC_WEI, USDC_WEI, USDT0_SPOT, faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    DEBT_FIRST,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    TRADER,
    UBTC,
    USDC,
    WAD,
    Market,
    policy,
    refusal,
)
from support.wide_market import WideMarket

DONE, REFUSED, OUT_OF_GAS = range(3)
ANY_BUY = 2**64 - 1
NEVER = 2**40 - 1
GUARDIAN_PAUSES_LIQUIDATION = 8


def reports(market: Market, accounts: list[str], tokens: Any = (), marks: Any = ()) -> list[Any]:
    """Return the status of each account, and its report or its refusal by name."""
    _, outcomes = market.lens("reportsOf", accounts, list(tokens), list(marks))
    found = []
    for outcome in outcomes:
        if outcome["status"] == REFUSED:
            error = market.evm.refusal_of(outcome["data"])
            found.append((REFUSED, (error.name, error.values)))
        else:
            data = outcome["data"]
            report = market.lens.decode("reportOf", data) if data else None
            found.append((outcome["status"], report))
    return found


def report(market: Market, account: str, tokens: Any = (), marks: Any = ()) -> Any:
    """Return the report of an account that can be read."""
    ((status, found),) = reports(market, [account], tokens, marks)
    assert status == DONE
    return found


def accounts_of(count: int) -> list[str]:
    """Return addresses of accounts."""
    return [f"0x{0xACC000 + i:040x}" for i in range(count)]


def stage(market: WideMarket) -> list[str]:
    """Bring accounts into different states, and return everybody."""
    faq_loan(market)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, 10**4, False, sender=TRADER)
    market.portfolio_account(KEEPER, usdc=10_000 * USDC_WEI)
    market.evm.warp(100)
    return market.everyone()


def test_every_account_is_as_the_venue_tells_it(wide_market: WideMarket) -> None:
    everyone = stage(wide_market)
    _, raw = wide_market.lens("accountsOf", everyone, False, [], [])
    for account, outcome in zip(everyone, raw, strict=True):
        assert outcome["status"] == DONE
        told = wide_market.venue.decode("accountOf", outcome["data"])
        assert told == wide_market.account(account)
    for account, (status, found) in zip(everyone, reports(wide_market, everyone), strict=True):
        assert status == DONE
        assert found["margin"] == wide_market.margin(account)
        assert found == wide_market.lens("reportOf", account, [], [])


def test_raw_account_comes_as_if_swept_where_asked(wide_market: WideMarket) -> None:
    stage(wide_market)
    wide_market.set_prices(btc=50_000)
    _, stored = wide_market.lens("accountsOf", [TRADER], False, [], [])
    _, swept = wide_market.lens("accountsOf", [TRADER], True, [], [])
    before, after = (
        wide_market.venue.decode("accountOf", found[0]["data"]) for found in (stored, swept)
    )
    assert before["dexes"] != after["dexes"]
    wide_market.venue("sweep", TRADER, sender=KEEPER)
    assert wide_market.account(TRADER)["dexes"] == after["dexes"]


def test_answer_names_its_block(market: Market) -> None:
    market.evm.warp(5)
    header, page, total = market.lens("accounts", 0, 2)
    assert (header["number"], header["timestamp"]) == (market.evm.number, market.evm.timestamp)
    assert isinstance(header["parentHash"], bytes)
    assert ([a.lower() for a in page], total) == ([MAKER, BACKSTOP], len(market.everyone()))
    again, outcomes = market.lens("reportsOf", [], [], [])
    assert (again, outcomes) == (header, [])
    assert market.lens("venue") == market.venue.address.lower()


def test_pages_are_those_of_the_venue(market: Market) -> None:
    everyone = market.everyone()
    _, page, total = market.lens("accounts", 1, 10**6)
    assert (page, total) == (everyone[1:], len(everyone))
    assert market.lens("accounts", 10**9, 5)[1] == []


def test_account_that_was_never_seen_is_empty(market: Market) -> None:
    found = report(market, "0x" + "99" * 20)
    assert (found["margin"]["tokens"], found["margin"]["liquidatable"]) == ([], False)
    assert found["oldestPxTime"] == NEVER


# One that cannot be read hides no other


def test_account_without_a_price_is_its_refusal_and_hides_no_other(
    wide_market: WideMarket,
) -> None:
    everyone = stage(wide_market)
    crowd = accounts_of(70)
    found = reports(wide_market, [*crowd, *everyone, *crowd], tokens=[(HYPE, 0)])
    told = dict(zip([*crowd, *everyone, *crowd], found, strict=True))
    assert told[BORROWER] == (REFUSED, ("PriceMissing", (HYPE,)))
    fine = [account for account in everyone if account not in (BORROWER, TRADER)]
    assert all(told[account][0] == DONE for account in (*fine, *crowd))
    # The trader has no HYPE, but a perp of it.
    assert told[TRADER][0] == DONE
    found = reports(wide_market, everyone, marks=[(HYPE_PERP, 0)])
    told = dict(zip(everyone, found, strict=True))
    assert told[TRADER] == (REFUSED, ("MarkMissing", (HYPE_PERP,)))
    assert told[BORROWER][0] == DONE
    one = refusal(wide_market.lens, "reportOf", TRADER, [], [(HYPE_PERP, 0)], sender=KEEPER)
    assert one == ("MarkMissing", (HYPE_PERP,))


@pytest.mark.parametrize("gas", [400_000, 700_000, 1_200_000, 3_000_000])
def test_want_of_gas_is_told_of_each_account_and_never_reverts(
    wide_market: WideMarket, gas: int
) -> None:
    stage(wide_market)
    asked = [BORROWER, TRADER] * 40
    data = wide_market.lens.calldata("reportsOf", asked, [], [])
    lens = wide_market.lens
    answer = wide_market.evm.evm.message_call(
        KEEPER, lens.address, calldata=data, gas=gas + 900_000
    )
    _, outcomes = lens.decode("reportsOf", answer)
    states = [outcome["status"] for outcome in outcomes]
    assert len(states) == 80
    assert set(states) <= {DONE, OUT_OF_GAS}
    assert states[-1] == OUT_OF_GAS
    assert all(outcome["data"] == b"" for outcome in outcomes if outcome["status"] == OUT_OF_GAS)


# Other prices


def test_other_prices_give_what_reporting_them_would(wide_market: WideMarket) -> None:
    everyone = stage(wide_market)
    foretold = reports(
        wide_market,
        everyone,
        tokens=[(HYPE, 33 * 10**6), (UBTC, 150_000 * 10**3)],
        marks=[(BTC_PERP, 1_500_000), (HYPE_PERP, 330_000)],
    )
    wide_market.set_prices(btc=150_000, hype=33)
    for account, (status, found) in zip(everyone, foretold, strict=True):
        assert status == DONE
        assert found["margin"] == wide_market.margin(account)
    told = dict(zip(everyone, foretold, strict=True))
    assert told[BORROWER][1]["actionable"]


def test_price_of_what_is_not_listed_is_refused_by_name(market: Market) -> None:
    asked: tuple[list[Any], ...] = ([], [(999, 1)], [])
    assert refusal(market.lens, "reportsOf", *asked, sender=KEEPER) == ("UnknownToken", (999,))
    asked = ([TRADER], [], [(7_777, 1)])
    assert refusal(market.lens, "reportsOf", *asked, sender=KEEPER) == ("UnknownAsset", (7_777,))
    refused = refusal(market.lens, "accountsOf", [], True, [(999, 1)], [], sender=KEEPER)
    assert refused == ("UnknownToken", (999,))
    refused = refusal(market.lens, "reportOf", TRADER, [(999, 1)], [], sender=KEEPER)
    assert refused == ("UnknownToken", (999,))


@pytest.mark.parametrize("px", [0, 2, 10**6])
def test_price_of_usdc_that_is_not_one_usd_is_refused_with_it(market: Market, px: int) -> None:
    """SPEC KP-04, CR-01: whatever it is that is asked of whom."""
    one = market.registry("tokenParams", USDC)["px"]
    expected = ("UsdcNotOneUsd", (px, one))
    given = [(HYPE, 1), (USDC, px)]
    assert refusal(market.lens, "reportsOf", [TRADER], given, [], sender=KEEPER) == expected
    assert refusal(market.lens, "accountsOf", [], False, given, [], sender=KEEPER) == expected
    assert refusal(market.lens, "reportOf", TRADER, given, [], sender=KEEPER) == expected
    assert report(market, TRADER, [(USDC, one)]) == report(market, TRADER)


def test_second_price_of_an_id_is_refused_with_both(market: Market) -> None:
    asked: tuple[Any, ...] = ([TRADER], [(HYPE, 5), (UBTC, 6), (HYPE, 7)], [])
    refused = refusal(market.lens, "reportsOf", *asked, sender=KEEPER)
    assert refused == ("PriceGivenTwice", (HYPE, 5, 7))
    marks = [(BTC_PERP, 8), (HYPE_PERP, 9), (HYPE_PERP, 9)]
    refused = refusal(market.lens, "accountsOf", [], True, [], marks, sender=KEEPER)
    assert refused == ("PriceGivenTwice", (HYPE_PERP, 9, 9))
    refused = refusal(market.lens, "reportOf", TRADER, [], marks, sender=KEEPER)
    assert refused == ("PriceGivenTwice", (HYPE_PERP, 9, 9))
    # A token and a perp may have the same id.
    assert report(market, TRADER, [(USDC, 1)], [(BTC_PERP, 8)])["margin"]["liquidatable"] is False


def test_other_price_of_what_an_account_does_not_hold_changes_nothing(
    wide_market: WideMarket,
) -> None:
    stage(wide_market)
    assert report(wide_market, BORROWER, [(UBTC, 1)], [(BTC_PERP, 1)]) == report(
        wide_market, BORROWER
    )


# Whether a step would be taken


def foretell(market: WideMarket, account: str = BORROWER) -> bool:
    """Return whether the lens says that a step would be taken, and require that it is so."""
    actionable: bool = report(market, account)["actionable"]
    checkpoint = market.evm.evm.snapshot()
    try:
        market.venue("liquidate", account, sender=KEEPER)
        done = True
    except Reverted:
        done = False
    market.evm.evm.revert(checkpoint)
    assert done == actionable
    return actionable


def test_step_is_foretold_with_its_cadence(wide_market: WideMarket) -> None:
    faq_loan(wide_market)
    assert not foretell(wide_market)
    wide_market.set_prices(hype=33)
    assert foretell(wide_market)
    assert report(wide_market, BORROWER)["readyAt"] == 0
    wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    stepped = wide_market.evm.timestamp
    for seconds in (0, 2, 1):
        if seconds:
            wide_market.evm.warp(seconds)
        found = report(wide_market, BORROWER)
        assert found["readyAt"] == stepped + 3
        assert foretell(wide_market) == (wide_market.evm.timestamp >= stepped + 3)


def test_old_price_keeps_a_step_away_whatever_stands_in_its_place(wide_market: WideMarket) -> None:
    """SPEC KP-04: what is given in place of an old price is no younger than it."""
    faq_loan(wide_market)
    wide_market.registry("setPolicy", policy(max_liquidation_price_age=60))
    reported = wide_market.evm.timestamp
    wide_market.set_prices(hype=33)
    assert foretell(wide_market)
    assert report(wide_market, BORROWER)["oldestPxTime"] == reported
    wide_market.evm.warp(61)
    # Collateral at twice 33 would be safe.
    assert not foretell(wide_market)
    found = report(wide_market, BORROWER, tokens=[(HYPE, 32 * 10**6)])
    assert (found["actionable"], found["oldestPxTime"]) == (False, reported)
    assert found["margin"]["liquidatable"]
    # At twice 10 it would not.
    found = report(wide_market, BORROWER, tokens=[(HYPE, 10 * 10**6)])
    assert (found["actionable"], found["oldestPxTime"]) == (True, reported)


def test_old_mark_keeps_a_step_away(wide_market: WideMarket) -> None:
    wide_market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    wide_market.venue("order", HYPE_PERP, False, 0, 10**5, False, sender=TRADER)
    wide_market.registry("setPolicy", policy(max_liquidation_price_age=60))
    wide_market.set_prices(btc=100_000, hype=200)
    assert foretell(wide_market, TRADER)
    wide_market.evm.warp(61)
    wide_market.set_prices(btc=100_000)
    assert not foretell(wide_market, TRADER)


def test_account_without_a_leg_is_liquidatable_and_no_step_is_foretold(
    wide_market: WideMarket,
) -> None:
    """SPEC LQ-03: no debt step while the health factor is one or more."""
    wide_market.portfolio_account(BORROWER, hype=10 * HYPE_WEI)
    wide_market.venue("borrow", USDC, 250 * USDC_WEI, sender=BORROWER)
    wide_market.venue("order", USDT0_SPOT, True, ANY_BUY, 25_000, False, sender=BORROWER)
    margin = (10 * WAD // 100, *policy()[0][1:])
    wide_market.registry("setPolicy", policy(margin=margin))
    found = report(wide_market, BORROWER)
    assert found["margin"]["liquidatable"]
    refused = refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)
    assert refused == ("NothingToLiquidate", (BORROWER, WAD))
    assert not foretell(wide_market)


def test_pause_of_liquidation_is_foretold(wide_market: WideMarket) -> None:
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    wide_market.registry("grantRole", wide_market.registry("GUARDIAN"), KEEPER)
    wide_market.registry("pause", GUARDIAN_PAUSES_LIQUIDATION, sender=KEEPER)
    assert not foretell(wide_market)


def test_seeded_and_ordered_legs_are_foretold_alike(wide_market: WideMarket) -> None:
    stage(wide_market)
    wide_market.registry("setPolicy", policy(leg_order=DEBT_FIRST))
    wide_market.set_prices(btc=900_000, hype=20)
    assert foretell(wide_market, TRADER)
    assert foretell(wide_market, BORROWER)


@pytest.mark.parametrize("party", [MAKER, BACKSTOP, INSURANCE])
def test_no_step_is_foretold_on_the_venues_own_accounts(
    wide_market: WideMarket, party: str
) -> None:
    """SPEC LQ-15: they are not liquidated, however far beyond the trigger they are."""
    if party == BACKSTOP:
        wide_market.fund(BACKSTOP, HYPE, 10 * HYPE_WEI)
        wide_market.venue("deposit", HYPE, 10 * HYPE_WEI, BACKSTOP, sender=BACKSTOP)
        wide_market.venue("borrow", USDC, 200 * USDC_WEI, sender=BACKSTOP)
        wide_market.venue("order", USDT0_SPOT, True, ANY_BUY, 20_000, False, sender=BACKSTOP)
        wide_market.set_prices(hype=20)
        assert report(wide_market, party)["margin"]["liquidatable"]
    assert not foretell(wide_market, party)


def test_price_of_nothing_that_decides_is_no_age(market: Market) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=BORROWER)
    market.fund(BORROWER, USDC, USDC_WEI)
    market.venue("deposit", USDC, USDC_WEI, BORROWER, sender=BORROWER)
    assert report(market, BORROWER)["oldestPxTime"] == NEVER
    assert report(market, INSURANCE)["margin"]["liquidatable"] is False
