"""Ways to keep a liquidation away. SPEC BL-12, LQ-03, LQ-12, LQ-13, OR-08, PM-08."""

from __future__ import annotations

import pytest
from attacks.capital import ANY_BUY, ATTACKER, SECOND, UBTC_WEI, WEI, deposit, of_account, worth
from support.loans import USDT0_SPOT
from support.venue import (
    BACKSTOP,
    HYPE,
    KEEPER,
    MAKER,
    SUPPLIER,
    UBTC,
    USD,
    USDC,
    USDT0,
    Market,
    margin_policy,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, USDT0_USDC
from venue.mirror import MirroredMarket


@pytest.fixture
def loan(mirrored: MirroredMarket) -> MirroredMarket:
    """Let the attacker owe 250 USDC, spent on USDT0, against 10 HYPE at 50."""
    mirrored.portfolio_account(ATTACKER, hype=10 * WEI)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=ATTACKER)
    mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=ATTACKER)
    return mirrored


def liquidated(market: MirroredMarket) -> None:
    """Require that the attacker is liquidated at 33 step by step, and that nobody else pays."""
    market.set_prices(hype=33)
    before = worth(market, ATTACKER, SECOND)
    claim = worth(market, SUPPLIER)
    steps = 0
    while market.margin(ATTACKER)["liquidatable"]:
        market.venue("liquidate", ATTACKER, sender=KEEPER)
        market.warp(3)
        steps += 1
    assert steps == 3
    # 150 of debt for 180 of HYPE: 30 are the price of it.
    assert 29.9 < before - worth(market, ATTACKER, SECOND) < 30.1
    assert of_account(market, BACKSTOP) > 29.9
    assert worth(market, SUPPLIER) >= claim
    assert market.venue("reserveOf", USDC)["deficit"] == 0


def test_emptied_reserve_does_not_block_the_liquidation_of_who_owes_it(
    loan: MirroredMarket,
) -> None:
    """Borrow the last cash of the reserve with a second account: debt is taken without any."""
    loan.portfolio_account(SECOND, ubtc=1_500 * UBTC_WEI)
    loan.venue("borrow", USDC, loan.venue("reserveOf", USDC)["cash"], sender=SECOND)
    assert loan.venue("reserveOf", USDC)["cash"] == 0
    loan.set_prices(hype=33)
    before, claim = worth(loan, ATTACKER, SECOND), worth(loan, SUPPLIER)
    step = loan.venue("liquidate", ATTACKER, sender=KEEPER)
    assert step["debtValue"] == 50 * 10**18
    assert loan.venue("reserveOf", USDC)["cash"] == 0
    # 50 of debt for 60 of HYPE: at 33 it is taken at 27.50.
    assert before - worth(loan, ATTACKER, SECOND) == pytest.approx(10, abs=1e-5)
    assert of_account(loan, BACKSTOP) == pytest.approx(10, abs=1e-5)
    assert worth(loan, SUPPLIER) >= claim


def test_full_caps_do_not_block_a_liquidation(loan: MirroredMarket) -> None:
    """Fill every cap of debt and collateral: what changes hands adds to none of them."""
    loan.set_caps(HYPE, global_supply=10 * WEI, user_supply=10 * WEI)
    loan.set_caps(USDC, user_borrow=250 * WEI, global_borrow=1, global_supply=1)
    liquidated(loan)


def test_collateral_with_an_old_price_does_not_block_a_liquidation(loan: MirroredMarket) -> None:
    """Hold one wei of a collateral whose price is not reported any more."""
    loan.set_policy(max_price_age=60, max_liquidation_price_age=600)
    deposit(loan, SECOND, UBTC, 1)
    loan.venue("spotSend", ATTACKER, UBTC, 1, sender=SECOND)
    loan.warp(601)
    loan.registry("reportPrices", [(USDT0_USDC, loan.usdt0_px)], [], 10**8)
    liquidated(loan)


def test_second_account_that_uses_up_the_cadence_only_speeds_up_the_steps(
    loan: MirroredMarket,
) -> None:
    """Trigger one's own steps to be first each time: they are as large as anybody's."""
    loan.set_prices(hype=33)
    before = worth(loan, ATTACKER, SECOND)
    while loan.margin(ATTACKER)["liquidatable"]:
        step = loan.venue("liquidate", ATTACKER, sender=SECOND)
        assert step["debtValue"] >= 50 * 10**18
        loan.warp(3)
    assert before - worth(loan, ATTACKER, SECOND) > 29.9


def test_backstop_given_collateral_still_takes_perps_in_a_token_without_a_price(
    market: Market,
) -> None:
    """Supply the backstop HYPE: under `strict_ltv` its sweep then asked for a missing price."""
    market.set_policy(margin=margin_policy(strict_ltv=True))
    market.registry("listDex", GOLD_DEX, "xyz", USDT0)
    market.registry("listPerp", (GOLD_PERP, "xyz:GOLD", GOLD_DEX, 4, 20, 20))
    market.registry("reportPrices", [], [(GOLD_PERP, 400_000, 400_000)], 10**8)
    for account, dollars in ((MAKER, 10**6), (ATTACKER, 1_000)):
        deposit(market, account, USDT0, dollars * WEI)
        market.venue("transferPerp", GOLD_DEX, dollars * USD, True, sender=account)
    market.venue("order", GOLD_PERP, True, ANY_BUY, 4 * 10**4, False, sender=ATTACKER)
    market.fund(SECOND, HYPE, WEI)
    market.venue("supply", HYPE, WEI, BACKSTOP, sender=SECOND)
    # 16,000 at 20x on 1,000: at 3,765 are 60 left, less than two thirds of 376.50.
    market.registry("reportPrices", [], [(GOLD_PERP, 376_500, 376_500)], 10**8)
    step = market.venue("liquidate", ATTACKER, sender=KEEPER)
    assert step["liquidatable"] is False
    assert market.venue("rawUsdOf", ATTACKER, GOLD_DEX) == 0
    assert market.venue("positionOf", BACKSTOP, GOLD_PERP)["szi"] == 4 * 10**4
    # 940 were lost; the 60 that were left are the backstop's, and so is the HYPE.
    assert worth(market, ATTACKER, SECOND) == 0
    equity = market.venue("rawUsdOf", BACKSTOP, GOLD_DEX) + 4 * 10**4 * 376_500
    assert equity == 60 * USD
    assert market.token(BACKSTOP, HYPE)["supplied"] == WEI
