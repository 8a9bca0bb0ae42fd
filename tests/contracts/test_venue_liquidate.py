"""liquidate: who, when, which leg, and where losses go. SPEC LQ-01 to LQ-14."""

from __future__ import annotations

import pytest
from support.loans import (
    ANY_BUY,
    HYPE_WEI,
    UBTC_WEI,
    USDC_WEI,
    USDT0_SPOT,
    faq_loan,
    owe,
    two_debts,
)
from support.venue import (
    BACKSTOP,
    BACKSTOP_LIQUIDATABLE,
    BORROWER,
    BTC_PERP,
    DEBT_FIRST,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    WAD,
    Market,
    refusal,
)
from support.wide_market import GOLD_PERP, WideMarket

DEBT_PARTIAL, DEBT_FULL, PERP, PERP_TAKEOVER, SETTLE = range(5)


def carry_trade(market: Market) -> None:
    """Let the trader hold 1 UBTC and be short 1 BTC since 100,000."""
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)


def test_liquidate_a_healthy_account_is_refused(market: Market) -> None:
    carry_trade(market)
    market.set_prices(btc=150_000)
    refused = refusal(market.venue, "liquidate", TRADER, sender=KEEPER)
    # (1,875 + 50,000) / 112,500, up.
    assert refused == ("NotLiquidatable", (TRADER, -(-51_875 * WAD // 112_500), 95 * WAD // 100))


@pytest.mark.parametrize("account", [MAKER, BACKSTOP])
def test_liquidate_the_venues_own_accounts_is_refused(market: Market, account: str) -> None:
    refused = refusal(market.venue, "liquidate", account, sender=KEEPER)
    assert refused == ("NotAUserAccount", (account,))


def test_liquidate_in_the_partial_band_takes_a_fifth(wide_market: WideMarket) -> None:
    # 10 HYPE at 33: the threshold is 247.50, the takeover value 275. A fifth of 250 is 50,
    # which costs 50 / (33 · 5/6) = 1.81818181… HYPE.
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    taken = 181_818_181
    value = taken * 33 * WAD // HYPE_WEI
    assert step == {
        "leg": DEBT_PARTIAL,
        "debtValue": 50 * WAD,
        "collateralValue": value,
        "loss": 0,
        "liquidatable": True,
    }
    assert wide_market.event("CollateralTaken") == {
        "account": BORROWER,
        "token": HYPE,
        "taker": BACKSTOP,
        "amount": taken,
        "px": 33_000_000,
        "takeoverPx": 27_500_000,
    }
    assert wide_market.event("DebtTaken") == {
        "account": BORROWER,
        "token": USDC,
        "taker": BACKSTOP,
        "amount": 50 * USDC_WEI,
        "loss": 0,
    }
    assert wide_market.event("Liquidated") == {
        "account": BORROWER,
        "caller": KEEPER,
        "leg": DEBT_PARTIAL,
        "debtValue": 50 * WAD,
        "collateralValue": value,
        "loss": 0,
        "liquidatable": True,
    }
    assert wide_market.token(BORROWER, USDC)["borrowed"] == 200 * USDC_WEI
    assert wide_market.token(BORROWER, HYPE)["supplied"] == 10 * HYPE_WEI - taken
    assert wide_market.token(BACKSTOP, USDC)["borrowed"] == 50 * USDC_WEI
    assert wide_market.token(BACKSTOP, HYPE)["supplied"] == taken


def test_liquidate_again_before_the_cadence_is_refused(wide_market: WideMarket) -> None:
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    now = wide_market.evm.timestamp
    wide_market.evm.warp(2)
    refused = refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)
    assert refused == ("StepTooEarly", (now + 3, now + 2))
    wide_market.evm.warp(1)
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    # The second step is a fifth of the episode's first debt again: 50 of 200.
    assert step["debtValue"] == pytest.approx(50 * WAD, rel=1e-9)


def test_liquidate_after_the_episode_timed_out_starts_anew(wide_market: WideMarket) -> None:
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    wide_market.evm.warp(601)
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    # A fifth of the 200 that are left, and 601 s of interest.
    assert step["debtValue"] == pytest.approx(40 * WAD, rel=1e-6)


def test_liquidate_steps_until_the_account_recovers(wide_market: WideMarket) -> None:
    # Debt 250, 200, 150 against 10, 8.1818, 6.3636 HYPE at 33 · 0.75: 1.0101, 0.9877, 0.9524; and
    # 100 against 4.5454: 0.8889.
    faq_loan(wide_market)
    wide_market.set_prices(hype=33)
    ratios = []
    for _ in range(3):
        ratios.append(wide_market.margin(BORROWER)["ratio"] / WAD)
        step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
        wide_market.evm.warp(3)
    assert [round(r, 4) for r in ratios] == [1.0101, 0.9877, 0.9524]
    assert step["liquidatable"] is False
    assert wide_market.venue("accountState", BORROWER)["debtSteppedAt"] == 0
    assert wide_market.margin(BORROWER)["ratio"] / WAD == pytest.approx(0.8889, abs=1e-4)


def test_liquidate_takes_at_least_ten_dollars(wide_market: WideMarket) -> None:
    # A fifth of 25 is 5.
    wide_market.portfolio_account(BORROWER, hype=HYPE_WEI)
    wide_market.venue("borrow", USDC, 25 * USDC_WEI, sender=BORROWER)
    wide_market.venue("order", USDT0_SPOT, True, ANY_BUY, 25 * 100, False, sender=BORROWER)
    wide_market.set_prices(hype=33)
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["debtValue"] == 10 * WAD


@pytest.mark.parametrize(("px", "leg"), [("30", DEBT_PARTIAL), ("29.99", DEBT_FULL)])
def test_liquidate_around_the_full_threshold_takes_a_part_or_all(
    wide_market: WideMarket, px: str, leg: int
) -> None:
    # 10 · 30 · 5/6 is the debt of 250 itself; 10 · 29.99 · 5/6 = 249.9166… is below it.
    faq_loan(wide_market)
    wide_market.set_prices(hype=px)
    assert wide_market.venue("liquidate", BORROWER, sender=KEEPER)["leg"] == leg


def test_liquidate_in_the_full_band_takes_all_collateral_and_all_net_debt(
    wide_market: WideMarket,
) -> None:
    faq_loan(wide_market)
    wide_market.set_prices(hype="29.99")
    assert wide_market.margin(BORROWER)["health"] == BACKSTOP_LIQUIDATABLE
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert (step["debtValue"], step["collateralValue"]) == (250 * WAD, 29_990 * WAD // 100)
    assert (step["loss"], step["liquidatable"]) == (0, False)
    # Only what has no loan to value stays with the user.
    account = wide_market.account(BORROWER)
    assert [(t["token"], t["supplied"]) for t in account["tokens"]] == [(USDT0, 250 * 10**8)]


@pytest.mark.parametrize("batched", [False, True])
def test_liquidate_a_loss_goes_to_buffer_insurance_and_deficit(
    wide_market: WideMarket, batched: bool
) -> None:
    """SPEC LQ-09. 10 HYPE at 20 are worth 200; the debt is 250 and the interest of ten days."""
    faq_loan(wide_market)
    wide_market.fund(INSURANCE, USDC, 20 * USDC_WEI)
    wide_market.venue("deposit", USDC, 20 * USDC_WEI, INSURANCE, sender=INSURANCE)
    wide_market.evm.warp(10 * 86_400)
    wide_market.set_prices(hype=20)
    before = wide_market.venue("reserveOf", USDC)
    debt = wide_market.token(BORROWER, USDC)["borrowed"]
    if batched:
        (outcome,) = wide_market.venue("liquidateBatch", [BORROWER], False, sender=KEEPER)
        step = outcome["step"]
    else:
        step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["loss"] == debt * 10**10 - 200 * WAD
    # 250 · (0.05 · 10 / 365) = 0.3427 of interest, a tenth of it in the buffer.
    covered = wide_market.event("LossCovered")
    loss = wide_market.event("DebtTaken")["loss"]
    assert loss == debt - 200 * USDC_WEI
    assert covered == {
        "token": USDC,
        "buffer": before["buffer"],
        "insurance": 20 * USDC_WEI,
        "deficit": loss - before["buffer"] - 20 * USDC_WEI,
    }
    assert before["buffer"] == pytest.approx(0.03427 * USDC_WEI, rel=1e-2)
    after = wide_market.venue("reserveOf", USDC)
    assert (after["buffer"], after["deficit"]) == (0, covered["deficit"])
    assert after["cash"] - before["cash"] == 20 * USDC_WEI
    # The backstop owes what its collateral is worth.
    assert wide_market.token(BACKSTOP, USDC)["borrowed"] == pytest.approx(200 * USDC_WEI, abs=1)


def test_liquidate_two_debts_takes_the_same_part_of_both(wide_market: WideMarket) -> None:
    """SPEC LQ-01: collateral counts once for all debts, and a step takes a fifth of each."""
    two_debts(wide_market)
    wide_market.set_prices(hype=28)
    margin = wide_market.margin(BORROWER)
    # 500 / 735 = 0.68 in USDC, 250 / 735 in USDT0, but 750 > 35 · 28 · 0.75 = 735.
    assert margin["ratio"] == -(-500 * WAD // 735)
    assert (margin["netDebt"], margin["thresholdValue"]) == (750 * WAD, 735 * WAD)
    assert margin["liquidatable"] is True
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 150 * WAD)
    taken = {v["token"]: v["amount"] for n, v in wide_market.evm.logs if n == "DebtTaken"}
    assert taken == {USDC: 100 * USDC_WEI, USDT0: 50 * 10**8}
    # 150 / (980 · 5/6) of 35 HYPE, the share rounded down.
    share = 150 * WAD * WAD // (980 * WAD * 25_000 // 30_000)
    assert wide_market.event("CollateralTaken")["amount"] == 35 * HYPE_WEI * share // WAD


def test_liquidate_two_debts_at_the_threshold_is_refused(wide_market: WideMarket) -> None:
    # 35 · 28.572 · 0.75 = 750.015.
    two_debts(wide_market)
    wide_market.set_prices(hype="28.572")
    assert refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)[0] == "NotLiquidatable"


def test_liquidate_a_large_perp_closes_a_fifth_and_then_the_rest(market: Market) -> None:
    """SPEC LQ-06: above 100,000 USD by 20 % first, whole within the next 30 s."""
    # Short 2 BTC against 1 UBTC: at 170,000 net −140,000 exceeds 127,500; perps alone do not cure.
    standard = 10_000
    market.fund(TRADER, USDC, standard * USDC_WEI)
    market.venue("deposit", USDC, standard * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, standard * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 4 * 10**5, False, sender=TRADER)
    # At 98,500: 10,000 − 6,000 = 4,000 below the maintenance of 394,000 / 80 = 4,925.
    market.set_prices(btc=98_500)
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["debtValue"], step["collateralValue"]) == (PERP, 0, 0)
    assert market.event("PositionClosed") == {
        "account": TRADER,
        "asset": BTC_PERP,
        "szi": -80_000,
        "px": 985_000,
        "fee": 0,
    }
    # 320,000 lots are left: maintenance 3,940 below 4,000.
    assert step["liquidatable"] is False
    # At 98,400: 3,680 below 3,936. Within 30 s of the first step all goes.
    market.set_prices(btc=98_400)
    market.evm.warp(29)
    market.venue("liquidate", TRADER, sender=KEEPER)
    assert market.event("PositionClosed")["szi"] == -320_000


def test_liquidate_a_large_perp_after_the_cooldown_closes_a_fifth_again(market: Market) -> None:
    market.fund(TRADER, USDC, 10_000 * USDC_WEI)
    market.venue("deposit", USDC, 10_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 10_000 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 4 * 10**5, False, sender=TRADER)
    market.set_prices(btc=98_500)
    market.venue("liquidate", TRADER, sender=KEEPER)
    market.evm.warp(30)
    market.set_prices(btc=98_400)
    market.venue("liquidate", TRADER, sender=KEEPER)
    assert market.event("PositionClosed")["szi"] == -64_000


def test_liquidate_a_small_perp_closes_it_whole(market: Market) -> None:
    market.fund(TRADER, USDC, 2_500 * USDC_WEI)
    market.venue("deposit", USDC, 2_500 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 2_500 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=TRADER)
    # At 98,600: 1,100 are below 1,232.50, and above two thirds of it.
    market.set_prices(btc=98_600)
    market.set_policy(perp_fee_ppm=450)
    market.venue("liquidate", TRADER, sender=KEEPER)
    # The fee of 0.045 % of 98,600 goes to the insurance account.
    closed = market.event("PositionClosed")
    assert (closed["szi"], closed["fee"]) == (-(10**5), 44_370_000)
    assert market.venue("rawUsdOf", TRADER, 0) == 1_100 * USD - 44_370_000
    assert market.venue("rawUsdOf", INSURANCE, 0) == 44_370_000


def test_liquidate_closes_the_perp_that_ties_up_most_maintenance(market: Market) -> None:
    """A tier's rate counts, not the first one: SPEC LQ-06, PM-06.

    300,000,000 of BTC tie up 7,500,000 − 1,875,000 = 5,625,000; 70,000,000 of HYPE tie up
    7,000,000 − 1,000,000 = 6,000,000, although at the first tiers' rates it would be 3,750,000
    against 3,500,000.
    """
    market.fund(TRADER, USDC, 40_000_000 * USDC_WEI)
    market.venue("deposit", USDC, 40_000_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 20_000_000 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 3_000 * 10**5, False, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, 1_400_000 * 100, False, sender=TRADER)
    # Down 3 %: 20,000,000 − 9,000,000 − 2,100,000 = 8,900,000 below the maintenance.
    market.set_prices(btc=97_000, hype="48.5")
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 8_900_000 * USD
    market.venue("liquidate", TRADER, sender=KEEPER)
    assert market.event("PositionClosed")["asset"] == HYPE_PERP


def test_liquidate_with_perps_first_when_they_alone_cure(market: Market) -> None:
    # At 333,333.4 the ratio is just beyond 0.95; without the perp's maintenance it is not.
    carry_trade(market)
    market.set_prices(btc="333333.4")
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP


def test_liquidate_with_debt_first_by_policy(market: Market) -> None:
    market.set_policy(leg_order=DEBT_FIRST)
    carry_trade(market)
    market.set_prices(btc="333333.4")
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == DEBT_PARTIAL


def test_liquidate_on_old_prices_is_refused(market: Market) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    carry_trade(market)
    market.set_prices(btc=340_000)
    market.evm.warp(601)
    refused = refusal(market.venue, "liquidate", TRADER, sender=KEEPER)
    # Twice the last price of UBTC would not save it; its mark decides by itself. SPEC OR-02, OR-08.
    assert refused == ("StaleMark", (BTC_PERP, 601, 600))


def test_liquidate_a_standard_account_looks_at_no_collateral_price(market: Market) -> None:
    """Supply backs nothing outside portfolio margin, so its price may be old. SPEC OR-02."""
    market.set_policy(max_price_age=10**9, max_liquidation_price_age=600)
    market.fund(TRADER, HYPE, HYPE_WEI)
    market.venue("supply", HYPE, HYPE_WEI, TRADER, sender=TRADER)
    market.fund(TRADER, USDC, 2_500 * USDC_WEI)
    market.venue("deposit", USDC, 2_500 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 2_500 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=TRADER)
    market.evm.warp(601)
    market.set_prices(btc=98_000)
    market.venue("liquidate", TRADER, sender=KEEPER)


def test_liquidate_when_only_a_lowered_cap_stands_against_it_is_refused(
    wide_market: WideMarket,
) -> None:
    # 2 of 10 HYPE count after the cap is lowered: 2 · 50 · 0.75 = 75 against a debt of 250, but all
    # 10 carry it: health factor (10 · 50 · 0.5) / 250 = 1.
    faq_loan(wide_market)
    wide_market.set_caps(HYPE, user_supply=2 * HYPE_WEI)
    assert wide_market.margin(BORROWER)["liquidatable"] is True
    refused = refusal(wide_market.venue, "liquidate", BORROWER, sender=KEEPER)
    assert refused == ("NothingToLiquidate", (BORROWER, WAD))


def test_liquidate_a_party_of_every_liquidation_is_refused(market: Market) -> None:
    for party in (MAKER, BACKSTOP, INSURANCE):
        refused = refusal(market.venue, "liquidate", party, sender=KEEPER)
        assert refused == ("NotAUserAccount", (party,))


def test_liquidate_an_account_of_ones_own_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "liquidate", TRADER, sender=TRADER)
    assert refused == ("SelfLiquidation", (TRADER,))


def test_liquidate_a_dex_below_two_thirds_in_an_empty_pool_passes_to_the_backstop(
    market: Market,
) -> None:
    """SPEC LQ-13, LQ-14: what the pool cannot fund is perp business, whatever the ratio.

    From 100,000 to 150,000 the short loses 50,000; 10,000 were in the dex, the pool is empty.
    """
    carry_trade(market)
    cash = market.venue("reserveOf", USDC)["cash"]
    market.venue("withdraw", USDC, cash, SUPPLIER, sender=SUPPLIER)
    market.set_prices(btc=150_000)
    margin = market.margin(TRADER)
    assert margin["perpShortfall"] is True
    assert margin["ratio"] < WAD // 2
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert step["leg"] == PERP_TAKEOVER
    assert market.event("PositionTaken")["szi"] == -(10**5)
    assert market.venue("accountState", TRADER)["perpBitmap"] == 0
    # A hole of 40,000, which the backstop fills for collateral at 150,000 · 2.5 / 3 = 125,000.
    assert market.venue("rawUsdOf", TRADER, 0) == -40_000 * USD
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert step["leg"] == DEBT_PARTIAL
    assert step["debtValue"] == 40_000 * WAD
    assert market.event("CollateralTaken")["amount"] == 32 * UBTC_WEI // 100
    assert step["liquidatable"] is False
    assert market.venue("rawUsdOf", TRADER, 0) == 0


def step_until_done(market: Market, account: str, most: int = 20) -> list[int]:
    """Step until the account is no longer liquidatable; return the legs."""
    legs: list[int] = []
    while market.margin(account)["liquidatable"]:
        assert len(legs) < most, legs
        legs.append(market.venue("liquidate", account, sender=KEEPER)["leg"])
        market.evm.warp(3)
    return legs


def test_liquidate_a_loss_beyond_everything_ends_the_perp_too(market: Market) -> None:
    """Once the full band paid the loss from insurance and left the short open for its owner.

    10,000 USDC, short 1 BTC at 100,000: at 130,000 20,000 are missing, and nothing of the short is
    left to gain when the price comes back.
    """
    market.portfolio_account(TRADER, usdc=10_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=130_000)
    assert step_until_done(market, TRADER) == [PERP_TAKEOVER, DEBT_FULL]
    assert market.venue("accountState", TRADER)["perpBitmap"] == 0
    # One second of interest on 20,000 at 5 % is 3,171 wei.
    deficit = market.venue("reserveOf", USDC)["deficit"]
    assert 20_000 * USDC_WEI <= deficit + 10**6 <= 20_000 * USDC_WEI + 2 * 10**6
    market.set_prices(btc=100_000)
    refused = refusal(market.venue, "withdraw", USDC, 2**256 - 1, TRADER, sender=TRADER)
    assert refused == ("ZeroAmount", ())


def test_liquidate_a_short_larger_than_its_collateral_ends_in_two_steps(market: Market) -> None:
    # 1 UBTC, short 2 BTC at 100,000: at 230,000 260,000 are missing against 230,000.
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", BTC_PERP, False, 0, 2 * 10**5, False, sender=TRADER)
    market.set_prices(btc=230_000)
    assert step_until_done(market, TRADER) == [PERP_TAKEOVER, DEBT_FULL]
    assert market.venue("reserveOf", USDC)["deficit"] // USDC_WEI == 30_000
    held = {t["token"]: t["supplied"] for t in market.account(TRADER)["tokens"]}
    assert held.get(UBTC, 0) == 0


def test_liquidate_a_standard_account_books_what_its_dex_is_short_of(market: Market) -> None:
    """SPEC LQ-14: spot does not back perps, so the loss is the venue's, and it is booked."""
    market.fund(TRADER, USDC, 20_000 * USDC_WEI)
    market.venue("deposit", USDC, 20_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 10_000 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=130_000)
    assert step_until_done(market, TRADER) == [PERP_TAKEOVER, SETTLE]
    assert market.venue("rawUsdOf", TRADER, 0) == 0
    # 20,000 less what the buffer holds by then.
    deficit = market.venue("reserveOf", USDC)["deficit"]
    assert 20_000 * USDC_WEI - 10**4 <= deficit <= 20_000 * USDC_WEI


def test_liquidate_in_a_later_crisis_starts_a_new_episode(market: Market) -> None:
    """A step is a fifth of the debt of this crisis, not of a small one that has passed."""
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=350_000)
    first = market.venue("liquidate", TRADER, sender=KEEPER)
    assert first["leg"] == DEBT_PARTIAL
    # 250,000 are owed net: a fifth.
    assert first["debtValue"] // WAD == 50_000
    market.set_prices(btc=200_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.venue("accountState", TRADER)["debtSteppedAt"] == 0


def test_perp_fees_reach_the_insurance_accounts_balance(market: Market) -> None:
    """SPEC CH-06, LQ-09: a fee waits in the dex until the insurance account is swept."""
    market.set_policy(perp_fee_ppm=450)
    market.portfolio_account(TRADER, usdc=100_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.venue("sweep", INSURANCE, sender=KEEPER)
    assert market.token(INSURANCE, USDC)["idle"] == 45 * USDC_WEI
    assert market.venue("rawUsdOf", INSURANCE, 0) == 0


def test_liquidate_a_debt_at_the_cap_takes_the_hole_in_the_dex_with_it(market: Market) -> None:
    """A cap holds 48,000 of 270,000 net as debt to the pool; the rest is a dex below zero.

    Once the backstop got all collateral, 90,000, for the 48,000, and the sweep borrowed them again.
    """
    market.set_caps(USDC, user_borrow=48_000 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", HYPE_PERP, False, 0, 9_000 * 100, False, sender=TRADER)
    market.set_prices(hype=80, btc=90_000)
    margin = market.margin(TRADER)
    assert (margin["netDebt"], margin["grossDebt"]) == (270_000 * WAD, 48_000 * WAD)
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    step = market.venue("liquidate", TRADER, sender=KEEPER)
    assert (step["leg"], step["debtValue"]) == (DEBT_FULL, 270_000 * WAD)
    assert (step["collateralValue"], step["loss"]) == (90_000 * WAD, 180_000 * WAD)
    assert step["liquidatable"] is False


def test_liquidate_in_the_full_band_does_not_wait_for_the_health_factor(market: Market) -> None:
    """SPEC LQ-04. A cap keeps gross debt small, so the health factor is high above insolvency."""
    market.set_caps(USDC, user_borrow=2_000 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", HYPE_PERP, False, 0, 400 * 100, False, sender=TRADER)
    # Net -180,000 against 83,333 at the takeover price; 50,000 / 2,000 of health factor.
    market.set_prices(hype=500)
    margin = market.margin(TRADER)
    assert (margin["health"], margin["healthFactor"]) == (BACKSTOP_LIQUIDATABLE, 25 * WAD)
    assert step_until_done(market, TRADER) == [PERP_TAKEOVER, DEBT_FULL]
    assert market.venue("reserveOf", USDC)["deficit"] // USDC_WEI == 80_000


def test_liquidate_a_hole_beside_dust_ends_it(market: Market) -> None:
    """Once 13 wei of supply beside a hole made a step charge the waterfall and move nothing."""
    market.portfolio_account(TRADER, usdc=10_000 * USDC_WEI)
    market.venue("spotSend", TRADER, USDC, 13, sender=SUPPLIER)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_caps(USDC, user_borrow=0)
    market.set_prices(btc=130_000)
    legs = step_until_done(market, TRADER)
    assert legs[0] == PERP_TAKEOVER
    assert len(legs) <= 3
    assert market.venue("rawUsdOf", TRADER, 0) == 0


def test_liquidate_a_unified_account_uses_its_own_supply_first(market: Market) -> None:
    """SPEC LQ-14: 20,000 are missing in the dex, and 100,000 of the same token are supplied."""
    market.fund(TRADER, USDC, 110_000 * USDC_WEI)
    market.venue("setMode", UNIFIED, sender=TRADER)
    market.venue("supply", USDC, 100_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("deposit", USDC, 10_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=130_000)
    assert step_until_done(market, TRADER) == [PERP_TAKEOVER, SETTLE]
    assert market.venue("reserveOf", USDC)["deficit"] == 0
    # The backstop's debt of a second earns the suppliers some wei.
    left = market.token(TRADER, USDC)["supplied"]
    assert 80_000 * USDC_WEI - 2 <= left <= 80_000 * USDC_WEI + 100


def test_liquidate_a_debt_that_joins_the_episode_begins_with_what_is_owed_then(
    wide_market: WideMarket,
) -> None:
    """SPEC LQ-03. 2,000 USDC are owed when the episode begins, and no USDT0 but what gold loses."""
    wide_market.set_policy(leg_order=DEBT_FIRST)
    wide_market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    owe(wide_market, 2_000)
    wide_market.venue("order", GOLD_PERP, True, ANY_BUY, 10_000, False, sender=BORROWER)
    # 100 HYPE at 26 carry 1,950; a fifth of 2,000 is 400, for 400 / 2,166.67 of the HYPE.
    wide_market.set_prices(hype=26)
    wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert taken_debts(wide_market) == {USDC: 400 * USDC_WEI}
    # Gold falls from 4,000 to 1,920: 2,080 of 2,000 USDT0 are lost. A fifth of 80 joins a fifth of
    # what is still the largest USDC debt of the episode.
    wide_market.registry("reportPrices", [], [(GOLD_PERP, 192_000, 192_000)], 10**8)
    wide_market.evm.warp(3)
    step = wide_market.venue("liquidate", BORROWER, sender=KEEPER)
    assert step["leg"] == DEBT_PARTIAL
    assert taken_debts(wide_market) == {USDC: 400 * USDC_WEI, USDT0: 16 * USDC_WEI}


def taken_debts(market: WideMarket) -> dict[int, int]:
    """Return the debt that the last step took, by token."""
    return {v["token"]: v["amount"] for n, v in market.evm.logs if n == "DebtTaken"}


def swept(market: Market) -> set[str]:
    """Return whose money the last call has swept."""
    return {
        values["account"].lower()
        for name, values in market.evm.logs
        if name in ("Swept", "DexFunded")
    }


def test_steps_leave_the_sweep_of_the_backstop_to_others(market: Market) -> None:
    """SPEC LQ-27: positions, collateral and debt come to it, and what it holds costs nobody."""
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", HYPE_PERP, False, 0, 400 * 100, False, sender=TRADER)
    market.set_prices(hype=500)
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    assert swept(market) == {TRADER}
    # The pool has lent all that the dex lacked: there is no hole.
    assert market.venue("rawUsdOf", TRADER, 0) == 0
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == DEBT_FULL
    assert swept(market) == set()
    # Its dex waits for what the short needs, and gets it by anybody's call.
    market.venue("sweep", BACKSTOP, sender=KEEPER)
    assert swept(market) == {BACKSTOP}
