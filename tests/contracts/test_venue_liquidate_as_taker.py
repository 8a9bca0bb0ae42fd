"""liquidateAsTaker: the caller takes debt over with funds of its own. SPEC LQ-15, LQ-23.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

import pytest
from support.loans import (
    ANY_BUY,
    HYPE_WEI,
    UBTC_WEI,
    USDC_WEI,
    USDT0_SPOT,
    bring,
    faq_loan,
)
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    CORE,
    HYPE,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    USDC,
    WAD,
    refusal,
)
from venue.mirror import MirroredMarket

DEBT_PARTIAL, DEBT_FULL, PERP, PERP_TAKEOVER, SETTLE = range(5)
TAKEN = 181_818_181
"""HYPE that a step of 50 takes at 33: 50 / (33 · 5/6)."""
SUB_INDEX = 7
OTHER = "0x" + "d2" * 20


@pytest.fixture
def loan(mirrored: MirroredMarket) -> MirroredMarket:
    """Give a market in which 250 USDC are owed against 10 HYPE at 33: a step is 50."""
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    return mirrored


def take(market: MirroredMarket, account: str = BORROWER, sender: str = KEEPER) -> dict[str, int]:
    step: dict[str, int] = market.venue("liquidateAsTaker", account, sender=sender)
    return step


def held(market: MirroredMarket, account: str, token: int) -> tuple[int, int]:
    """Return idle balance and supply of a token, token wei."""
    found = [t for t in market.account(account)["tokens"] if t["token"] == token]
    return (found[0]["idle"], found[0]["supplied"]) if found else (0, 0)


def test_taker_pays_the_debt_and_gets_the_collateral(loan: MirroredMarket) -> None:
    bring(loan, KEEPER, USDC, 60 * USDC_WEI)
    step = take(loan)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 50 * WAD)
    for event in ("DebtTaken", "CollateralTaken"):
        assert loan.event(event)["taker"] == KEEPER
    assert loan.event("Liquidated")["caller"] == KEEPER
    assert held(loan, KEEPER, USDC) == (10 * USDC_WEI, 0)
    assert held(loan, KEEPER, HYPE) == (0, TAKEN)
    assert loan.token(BORROWER, USDC)["borrowed"] == 200 * USDC_WEI
    # The backstop has nothing to do with it, nor to sell.
    assert loan.account(BACKSTOP)["tokens"] == []
    assert loan.venue("inventoryOf", HYPE)["scheduled"] == 0


def test_taker_pays_from_idle_balance_first_and_then_from_supply(loan: MirroredMarket) -> None:
    bring(loan, KEEPER, USDC, 20 * USDC_WEI)
    loan.fund(KEEPER, USDC, 40 * USDC_WEI)
    loan.venue("supply", USDC, 40 * USDC_WEI, KEEPER, sender=KEEPER)
    take(loan)
    assert held(loan, KEEPER, USDC) == (0, 10 * USDC_WEI)


def test_taker_with_less_than_the_debt_is_refused(loan: MirroredMarket) -> None:
    bring(loan, KEEPER, USDC, 49 * USDC_WEI)
    refused = refusal(loan.venue, "liquidateAsTaker", BORROWER, sender=KEEPER)
    assert refused == ("InsufficientBalance", (USDC, 50 * USDC_WEI, 49 * USDC_WEI))


def test_taker_never_borrows_for_it(loan: MirroredMarket) -> None:
    loan.portfolio_account(TRADER, ubtc=UBTC_WEI)
    refused = refusal(loan.venue, "liquidateAsTaker", BORROWER, sender=TRADER)
    assert refused == ("InsufficientBalance", (USDC, 50 * USDC_WEI, 0))


def test_taker_with_portfolio_margin_is_swept_and_judged(loan: MirroredMarket) -> None:
    """1 UBTC and 100 USDC, short 0.001 BTC: 10 of the USDC stand in the dex, 50 go for the debt."""
    loan.portfolio_account(TRADER, ubtc=UBTC_WEI, usdc=100 * USDC_WEI)
    loan.venue("order", BTC_PERP, False, 0, 100, False, sender=TRADER)
    take(loan, sender=TRADER)
    assert held(loan, TRADER, USDC) == (0, 40 * USDC_WEI)
    assert held(loan, TRADER, HYPE) == (0, TAKEN)


def test_taker_that_would_end_beyond_its_trigger_is_refused(loan: MirroredMarket) -> None:
    # 0.01 UBTC at 1,000 carry 7.50. 500 were borrowed and lie idle: nothing is owed net, until 50
    # go for HYPE that carry 45: 50 / 52.50 = 0.9524.
    loan.portfolio_account(TRADER, ubtc=UBTC_WEI // 100)
    loan.venue("borrow", USDC, 500 * USDC_WEI, sender=TRADER)
    loan.set_prices(btc=1_000)
    assert loan.margin(TRADER)["liquidatable"] is False
    name, (ratio, trigger) = refusal(loan.venue, "liquidateAsTaker", BORROWER, sender=TRADER)
    assert (name, trigger) == ("RatioAboveTrigger", 95 * WAD // 100)
    assert ratio == pytest.approx(50 * WAD / 52.5, rel=1e-8)
    # At 10,000 it carries 75: 50 / 120.
    loan.set_prices(btc=10_000)
    take(loan, sender=TRADER)
    assert loan.margin(TRADER)["ratio"] == pytest.approx(50 * WAD / 120, rel=1e-8)


def test_taker_in_the_full_band_is_made_whole(loan: MirroredMarket) -> None:
    """SPEC LQ-09. 10 HYPE at 20 are worth 200 against 250: insurance bears 20, the reserve 30."""
    bring(loan, INSURANCE, USDC, 20 * USDC_WEI)
    bring(loan, KEEPER, USDC, 250 * USDC_WEI)
    loan.set_prices(hype=20)
    step = take(loan)
    assert (step["leg"], step["loss"], step["liquidatable"]) == (DEBT_FULL, 50 * WAD, False)
    assert loan.event("LossCovered") == {
        "token": USDC,
        "buffer": 0,
        "insurance": 20 * USDC_WEI,
        "deficit": 30 * USDC_WEI,
    }
    assert held(loan, KEEPER, USDC) == (0, 50 * USDC_WEI)
    assert held(loan, KEEPER, HYPE) == (0, 10 * HYPE_WEI)


def test_taker_in_the_full_band_needs_funds_for_all_of_the_debt(loan: MirroredMarket) -> None:
    bring(loan, KEEPER, USDC, 249 * USDC_WEI)
    loan.set_prices(hype=20)
    refused = refusal(loan.venue, "liquidateAsTaker", BORROWER, sender=KEEPER)
    assert refused == ("InsufficientBalance", (USDC, 250 * USDC_WEI, 249 * USDC_WEI))


def test_taker_of_a_perp_leg_leaves_it_to_the_market_maker(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    mirrored.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    mirrored.set_prices(btc="333333.4")
    assert take(mirrored, TRADER)["leg"] == PERP


def empty_pool(market: MirroredMarket) -> None:
    """Let the supplier take the cash of the USDC reserve, and another borrow what is left of it."""
    own = market.token(SUPPLIER, USDC)["supplied"]
    cash = market.venue("reserveOf", USDC)["cash"]
    market.venue("withdraw", USDC, min(own, cash), SUPPLIER, sender=SUPPLIER)
    if cash > own:
        market.portfolio_account(OTHER, ubtc=UBTC_WEI)
        market.venue("borrow", USDC, cash - own, sender=OTHER)


def test_taker_may_pay_with_supply_in_an_empty_pool(loan: MirroredMarket) -> None:
    """What it repays to the pool is what its supply is paid from."""
    loan.fund(KEEPER, USDC, 50 * USDC_WEI)
    loan.venue("supply", USDC, 50 * USDC_WEI, KEEPER, sender=KEEPER)
    empty_pool(loan)
    take(loan)
    assert held(loan, KEEPER, USDC) == (0, 0)
    assert loan.venue("reserveOf", USDC)["cash"] == 0


def hole_of_forty_thousand(market: MirroredMarket) -> None:
    """Let the trader's short lose 50,000 of which 10,000 were in the dex, in an empty pool."""
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    empty_pool(market)
    market.set_prices(btc=150_000)
    assert market.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER


def test_taker_fills_a_hole_and_gets_the_collateral(mirrored: MirroredMarket) -> None:
    """SPEC LQ-14. 40,000 at 150,000 · 2.5 / 3 = 125,000 are 0.32 UBTC."""
    hole_of_forty_thousand(mirrored)
    bring(mirrored, KEEPER, USDC, 40_000 * USDC_WEI)
    step = take(mirrored, TRADER)
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 40_000 * WAD)
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 0
    assert mirrored.venue("rawUsdOf", KEEPER, 0) == 0
    assert held(mirrored, KEEPER, USDC) == (0, 0)
    assert held(mirrored, KEEPER, UBTC) == (0, 32 * UBTC_WEI // 100)


def test_taker_cannot_fill_a_hole_with_supply_that_is_lent_out(mirrored: MirroredMarket) -> None:
    mirrored.fund(KEEPER, USDC, 40_000 * USDC_WEI)
    mirrored.venue("supply", USDC, 40_000 * USDC_WEI, KEEPER, sender=KEEPER)
    hole_of_forty_thousand(mirrored)
    refused = refusal(mirrored.venue, "liquidateAsTaker", TRADER, sender=KEEPER)
    assert refused == ("InsufficientCash", (USDC, 40_000 * USDC_WEI, 0))


def test_taker_with_supply_waits_for_a_deficit_like_others(loan: MirroredMarket) -> None:
    """SPEC LQ-12: buying collateral with supply is a way out of the pool."""
    loan.portfolio_account(TRADER, usdc=10_000 * USDC_WEI)
    loan.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    loan.set_prices(btc=130_000)
    while loan.margin(TRADER)["liquidatable"]:
        loan.venue("liquidate", TRADER, sender=KEEPER)
    deficit = loan.venue("reserveOf", USDC)["deficit"]
    assert deficit == 20_000 * USDC_WEI
    loan.fund(KEEPER, USDC, 50 * USDC_WEI)
    loan.venue("supply", USDC, 50 * USDC_WEI, KEEPER, sender=KEEPER)
    refused = refusal(loan.venue, "liquidateAsTaker", BORROWER, sender=KEEPER)
    assert refused == ("WithdrawLocked", (USDC, deficit, 0))


def test_operator_takes_with_the_funds_of_its_account(loan: MirroredMarket) -> None:
    bring(loan, TRADER, USDC, 50 * USDC_WEI)
    loan.venue("approveOperator", KEEPER, True, sender=TRADER)
    call = loan.venue.calldata("liquidateAsTaker", BORROWER)
    loan.venue("onBehalf", TRADER, call, sender=KEEPER)
    assert loan.event("DebtTaken")["taker"] == TRADER
    assert held(loan, TRADER, HYPE) == (0, TAKEN)


@pytest.mark.parametrize("function", ["liquidate", "liquidateAsTaker"])
def test_account_is_not_liquidated_by_itself_through_another(
    loan: MirroredMarket, function: str
) -> None:
    """SPEC LQ-15: through a sub-account of its own, or an account that it is an operator of."""
    refused = refusal(loan.venue, function, BORROWER, sender=BORROWER)
    assert refused == ("SelfLiquidation", (BORROWER,))
    call = loan.venue.calldata(function, BORROWER)
    refused = refusal(loan.venue, "forSubAccount", SUB_INDEX, call, sender=BORROWER)
    assert refused == ("SelfLiquidation", (BORROWER,))
    loan.venue("approveOperator", BORROWER, True, sender=TRADER)
    refused = refusal(loan.venue, "onBehalf", TRADER, call, sender=BORROWER)
    assert refused == ("SelfLiquidation", (BORROWER,))
    # And where the core speaks for it (SPEC AC-08).
    for name, whose in (("forSubAccount", SUB_INDEX), ("onBehalf", TRADER)):
        inner = loan.venue.calldata(name, whose, call)
        refused = refusal(loan.venue, "forCore", BORROWER, inner, sender=CORE)
        assert refused == ("SelfLiquidation", (BORROWER,))


def test_taker_with_debt_of_its_own_in_the_token_is_credited_its_loss_there(
    loan: MirroredMarket,
) -> None:
    """300 were borrowed and lie idle: 250 go for the debt, and 50 of loss repay."""
    loan.portfolio_account(TRADER, ubtc=UBTC_WEI)
    loan.venue("borrow", USDC, 300 * USDC_WEI, sender=TRADER)
    loan.set_prices(hype=20)
    take(loan, sender=TRADER)
    debt = loan.token(TRADER, USDC)
    assert (debt["idle"], debt["borrowed"]) == (50 * USDC_WEI, 250 * USDC_WEI)
    assert loan.venue("accountState", TRADER)["mode"] == PORTFOLIO_MARGIN


def test_taker_of_the_last_debt_leaves_the_borrower_what_is_no_collateral(
    loan: MirroredMarket,
) -> None:
    bring(loan, KEEPER, USDC, 250 * USDC_WEI)
    loan.set_prices(hype="29.99")
    step = take(loan)
    assert (step["collateralValue"], step["loss"]) == (29_990 * WAD // 100, 0)
    loan.venue("order", USDT0_SPOT, False, 0, 250 * 100, False, sender=BORROWER)
    loan.venue("order", USDT0_SPOT, True, ANY_BUY, 100, False, sender=BORROWER)
