"""sweep: equity moves between dexes, idle balance and the pool. SPEC PM-14 to PM-17."""

from __future__ import annotations

from support.venue import (
    BORROWER,
    BTC_PERP,
    HYPE,
    KEEPER,
    MAKER,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    Market,
    margin_policy,
)

USDC_WEI = 10**8


def short_one_btc(market: Market) -> None:
    """Let the trader hold the carry trade: 1 UBTC, and 1 BTC short at 100,000."""
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)


def test_sweep_by_anybody_funds_a_losing_dex_by_debt(market: Market) -> None:
    # At 120,000 the dex holds 10,000 − 20,000 and wants 12,000: 22,000 more debt.
    short_one_btc(market)
    market.set_prices(btc=120_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event("Swept") == {
        "account": TRADER,
        "token": USDC,
        "supply": 0,
        "withdraw": 0,
        "borrow": 22_000 * USDC_WEI,
        "repay": 0,
    }
    assert market.event("DexFunded") == {"account": TRADER, "dexIndex": 0, "usd": 22_000 * USD}


def test_sweep_of_a_winning_dex_repays_and_then_supplies(market: Market) -> None:
    # At 80,000 the dex holds 10,000 + 20,000 and wants 8,000: 22,000 leave it, 10,000 repay.
    short_one_btc(market)
    market.set_prices(btc=80_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    swept = market.event("Swept")
    assert (swept["repay"], swept["supply"]) == (10_000 * USDC_WEI, 12_000 * USDC_WEI)
    assert market.event("DexFunded")["usd"] == -22_000 * USD


def test_sweep_done_twice_moves_nothing(market: Market) -> None:
    short_one_btc(market)
    market.set_prices(btc=120_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event_names() == []


def test_sweep_keeps_the_net_total(market: Market) -> None:
    short_one_btc(market)
    market.set_prices(btc=123_456)
    before = market.venue("storedMarginOf", TRADER)["tokens"][0]["netTotal"]
    market.venue("sweep", TRADER, sender=KEEPER)
    after = market.venue("storedMarginOf", TRADER)["tokens"][0]["netTotal"]
    assert before == after == -23_456 * USDC_WEI


def test_sweep_supplies_within_the_global_cap_only(market: Market) -> None:
    # 50,000,000 are supplied; there is room for 300 of 1,000.
    market.set_caps(USDC, global_supply=50_000_300 * USDC_WEI)
    market.portfolio_account(TRADER, usdc=1_000 * USDC_WEI)
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (700 * USDC_WEI, 300 * USDC_WEI)


def test_sweep_leaves_the_supply_of_any_mode_that_does_not_lend(market: Market) -> None:
    market.venue("setMode", UNIFIED, sender=TRADER)
    market.fund(TRADER, USDC, 1_000 * USDC_WEI)
    market.venue("deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("sweep", TRADER, sender=KEEPER)
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["supplied"]) == (1_000 * USDC_WEI, 0)


def test_sweep_of_a_unified_account_funds_from_idle_balance_only(market: Market) -> None:
    market.venue("setMode", UNIFIED, sender=TRADER)
    market.fund(TRADER, USDC, 11_000 * USDC_WEI)
    market.venue("deposit", USDC, 11_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=102_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    # The dex holds 10,000 − 2,000 and wants 10,200; 1,000 are there.
    assert market.token(TRADER, USDC)["idle"] == 0
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 9_000 * USD
    assert market.token(TRADER, USDC)["borrowed"] == 0


def test_sweep_of_a_standard_account_or_a_stranger_does_nothing(market: Market) -> None:
    for account in (MAKER, KEEPER):
        market.venue("sweep", account, sender=KEEPER)
        assert market.event_names() == []


def test_sweep_under_strict_ltv_borrows_to_health_factor_one_only(market: Market) -> None:
    # At 200,000: power 100,000; the dex holds 10,000 − 100,000 and wants 20,000; 90,000 more may be
    # borrowed beside the 10,000 there are.
    market.set_policy(margin=margin_policy(strict_ltv=True))
    short_one_btc(market)
    market.set_prices(btc=200_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.token(TRADER, USDC)["borrowed"] == 100_000 * USDC_WEI
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 0


def test_sweep_uses_what_lies_idle_before_it_borrows(market: Market) -> None:
    # 1,000 borrowed explicitly lie idle; an order wants 10,000 in the dex.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    token = market.token(TRADER, USDC)
    assert (token["idle"], token["borrowed"]) == (0, 10_000 * USDC_WEI)
    assert token["borrowFloor"] == 1_000 * USDC_WEI


def test_sweep_of_debt_that_interest_raised_leaves_the_floor_alone(market: Market) -> None:
    """SPEC PM-15: interest is over the floor, and idle balance up to the floor stays idle."""
    market.portfolio_account(BORROWER, hype=100 * 10**8)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.evm.warp(30 * 86_400)
    market.venue("sweep", BORROWER, sender=KEEPER)
    token = market.token(BORROWER, USDC)
    assert token["borrowed"] > token["borrowFloor"] == token["idle"] == 1_000 * USDC_WEI
    # 10 more come in: they go to the interest, about 4.12, and then stay idle.
    owed = token["borrowed"] - 1_000 * USDC_WEI
    market.fund(SUPPLIER, USDC, 10 * USDC_WEI)
    market.venue("deposit", USDC, 10 * USDC_WEI, BORROWER, sender=SUPPLIER)
    token = market.token(BORROWER, USDC)
    assert 0 <= token["borrowed"] - 1_000 * USDC_WEI <= 1
    assert token["idle"] == 1_010 * USDC_WEI - owed


def test_sweep_leaves_collateral_that_is_not_supplied_out_of_account(market: Market) -> None:
    # Over the global cap UBTC stays idle, and idle balance is no collateral.
    market.set_caps(UBTC, global_supply=4 * 10**9)
    market.portfolio_account(TRADER, ubtc=10**10)
    assert market.token(TRADER, UBTC)["idle"] == 6 * 10**9
    assert market.margin(TRADER)["borrowPower"] == 20_000 * 10**18
    assert market.margin(TRADER)["thresholdValue"] == 30_000 * 10**18
    assert HYPE not in [t["token"] for t in market.account(TRADER)["tokens"]]


def test_sweep_that_a_cap_stops_enters_the_fallback_and_leaves_it_again(market: Market) -> None:
    """SPEC AC-07: at 120,000 the dex wants 22,000 more, and the cap lets through 2,000."""
    short_one_btc(market)
    market.set_caps(USDC, user_borrow=12_000 * USDC_WEI)
    market.set_prices(btc=120_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    entered = {"account": TRADER, "dexesBefore": 0, "dexesNow": 1}
    assert market.event("FallbackSet") == entered
    assert market.venue("accountState", TRADER)["fallbackBitmap"] == 1
    market.set_caps(USDC)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event("FallbackSet") == {"account": TRADER, "dexesBefore": 1, "dexesNow": 0}
    assert market.venue("accountState", TRADER)["fallbackBitmap"] == 0
