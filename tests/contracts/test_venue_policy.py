"""Each choice of the policy has an effect: one test a setting, figures on paper. SPEC PM-20."""

from __future__ import annotations

from support.loans import faq_loan
from support.venue import (
    BORROWER,
    BTC_PERP,
    DEBT_FIRST,
    HYPE,
    KEEPER,
    PORTFOLIO_MARGIN,
    SEEDED,
    STANDARD,
    SUPPLIER,
    TRADER,
    UNIFIED,
    USD,
    USDC,
    WAD,
    Market,
    margin_policy,
    refusal,
)
from venue.mirror import MirroredMarket

from pmkit.venue.keccak import keccak256, words

USDC_WEI = HYPE_WEI = 10**8
ONE_BTC = 10**5
PERP, PERP_TAKEOVER, DEBT_PARTIAL = 2, 3, 0


def hedged(market: Market) -> None:
    """Let the trader hold 1 UBTC, 20,000 USDC, and 1 BTC short at 100,000."""
    market.portfolio_account(TRADER, ubtc=10**10, usdc=20_000 * USDC_WEI)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)


def test_borrow_cap_bounds_the_sum_of_collaterals_or_each(market: Market) -> None:
    # 2 UBTC carry 200,000 · 0.75 = 150,000; 1,000 HYPE carry 50,000 · 0.75 = 37,500.
    market.set_caps(USDC, user_borrow=100_000 * USDC_WEI)
    market.portfolio_account(TRADER, ubtc=2 * 10**10, hype=1_000 * HYPE_WEI)
    # The capacity shows once the account has USDC, here in a dex.
    market.venue("order", BTC_PERP, False, 0, ONE_BTC // 100, False, sender=TRADER)
    for cap_each, capacity in ((False, 100_000), (True, 137_500)):
        market.set_policy(margin=margin_policy(cap_each=cap_each))
        state = market.account(TRADER)["tokens"]
        at = [t["token"] for t in state].index(USDC)
        assert market.margin(TRADER)["tokens"][at]["borrowCapacity"] == capacity * USDC_WEI


def test_sweep_leaves_the_dust_in_the_dex(market: Market) -> None:
    # At 99,000 the short has earned 1,000 and wants 9,900: 1,100 too much.
    market.set_policy(margin=margin_policy(sweep_dust=300 * USD))
    hedged(market)
    market.set_prices(btc=99_000)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event("DexFunded")["usd"] == -800 * USD
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 10_200 * USD
    # What is within the dust stays, and what was swept stays swept.
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event_names() == []
    market.set_policy()
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event("DexFunded")["usd"] == -300 * USD


def test_sweep_funds_a_dex_whatever_the_dust(market: Market) -> None:
    # At 100,100 the short has lost 100 and wants 10,010.
    market.set_policy(margin=margin_policy(sweep_dust=300 * USD))
    hedged(market)
    market.set_prices(btc=100_100)
    market.venue("sweep", TRADER, sender=KEEPER)
    assert market.event("DexFunded")["usd"] == 110 * USD


def test_portfolio_margin_is_left_flat_or_by_policy_with_positions(market: Market) -> None:
    hedged(market)
    refused = refusal(market.venue, "setMode", UNIFIED, sender=TRADER)
    assert refused == ("PositionsOpen", (1,))
    market.set_policy(leaves_flat=False)
    market.venue("setMode", UNIFIED, sender=TRADER)
    assert market.event("ModeSet")["mode"] == UNIFIED
    # Back again only flat: the venue states that much.
    refused = refusal(market.venue, "setMode", PORTFOLIO_MARGIN, sender=TRADER)
    assert refused == ("PositionsOpen", (1,))


def test_portfolio_margin_is_never_left_with_debt(market: Market) -> None:
    market.set_policy(leaves_flat=False)
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)
    refused = refusal(market.venue, "setMode", STANDARD, sender=TRADER)
    assert refused == ("DebtOpen", (USDC, 10_000 * USDC_WEI))


def test_portfolio_margin_is_left_only_for_a_mode_that_is_safe(market: Market) -> None:
    # In a standard account the dex must hold the initial margin of 2,500 by itself.
    market.set_policy(leaves_flat=False)
    hedged(market)
    market.venue("setMode", STANDARD, sender=TRADER)
    assert market.margin(TRADER)["dexes"][0]["accountValue"] == 10_000 * USD


def test_seed_account_and_time_toss_for_the_first_leg(market: Market) -> None:
    traders = ["0x" + f"{i:02x}" * 20 for i in range(0xA0, 0xA6)]
    for trader in traders:
        market.portfolio_account(trader, ubtc=10**10)
        market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=trader)
    # Just beyond 0.95: closing the perp alone would cure, so that both legs are possible.
    market.set_prices(btc="333333.4")
    seen = set()
    for seed, trader in enumerate(traders):
        market.set_policy(leg_order=SEEDED, leg_seed=seed)
        leg = market.venue("liquidate", trader, sender=KEEPER)["leg"]
        tossed = keccak256(words(seed, int(trader, 16), market.evm.timestamp))[-1] % 2
        assert leg == (DEBT_PARTIAL if tossed else PERP)
        seen.add(leg)
    assert seen == {DEBT_PARTIAL, PERP}


def unfunded(market: MirroredMarket) -> None:
    """Let the trader be short 1 BTC from 100,000 with 10,000 in the dex, which nobody funds.

    At 109,000 1,000 are left, against a maintenance of 1,362.5 of which two thirds are 908.33; the
    ratio is only 9,000 + 1,362.5 of 81,750.
    """
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)
    cash = market.venue("reserveOf", USDC)["cash"]
    market.venue("withdraw", USDC, cash, SUPPLIER, sender=SUPPLIER)
    market.marks[BTC_PERP] = 1_090_000
    market.report()


def test_a_dex_below_maintenance_liquidates_by_policy(mirrored: MirroredMarket) -> None:
    unfunded(mirrored)
    assert mirrored.margin(TRADER)["liquidatable"] is True
    mirrored.set_policy(margin=margin_policy(perp_shortfall_trigger=False))
    margin = mirrored.margin(TRADER)
    assert (margin["perpShortfall"], margin["liquidatable"]) == (True, False)
    refused = refusal(mirrored.venue, "liquidate", TRADER, sender=KEEPER)
    assert refused[0] == "NotLiquidatable"
    mirrored.set_policy()
    assert mirrored.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP


def test_a_standard_dex_below_maintenance_liquidates_whatever_the_policy(
    mirrored: MirroredMarket,
) -> None:
    mirrored.set_policy(margin=margin_policy(perp_shortfall_trigger=False))
    mirrored.fund(TRADER, USDC, 10_000 * USDC_WEI)
    mirrored.venue("deposit", USDC, 10_000 * USDC_WEI, TRADER, sender=TRADER)
    mirrored.venue("transferPerp", 0, 10_000 * USD, True, sender=TRADER)
    mirrored.venue("order", BTC_PERP, False, 0, ONE_BTC, False, sender=TRADER)
    mirrored.marks[BTC_PERP] = 1_090_000
    mirrored.report()
    assert mirrored.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP


def test_the_order_of_legs_rules_where_a_short_dex_is_no_trigger(mirrored: MirroredMarket) -> None:
    # A trigger of a tenth is crossed by 10,362.5 / 81,750 as well: then either leg is possible.
    unfunded(mirrored)
    mirrored.set_policy(
        margin=margin_policy(trigger=WAD // 10, perp_shortfall_trigger=False),
        leg_order=DEBT_FIRST,
        debt_step_needs_low_health=False,
    )
    assert mirrored.venue("liquidate", TRADER, sender=KEEPER)["leg"] == DEBT_PARTIAL


def test_one_ratio_says_where_the_backstop_takes_a_dex(mirrored: MirroredMarket) -> None:
    """SPEC LQ-13: 1,362.5 of 1,000 is beyond 1.36 and not beyond 1.5."""
    unfunded(mirrored)
    mirrored.set_policy(perp_backstop_ratio=136 * WAD // 100)
    assert mirrored.venue("liquidate", TRADER, sender=KEEPER)["leg"] == PERP_TAKEOVER
    # What was left of the dex went with the position.
    assert mirrored.venue("rawUsdOf", TRADER, 0) == 0


def test_debt_steps_wait_for_the_health_factor_by_policy(mirrored: MirroredMarket) -> None:
    # 2 of 10 HYPE count against a debt of 250, but all of them carry it: a health factor of 1.
    faq_loan(mirrored)
    mirrored.set_caps(HYPE, user_supply=2 * HYPE_WEI)
    refused = refusal(mirrored.venue, "liquidate", BORROWER, sender=KEEPER)
    assert refused == ("NothingToLiquidate", (BORROWER, WAD))
    mirrored.set_policy(debt_step_needs_low_health=False)
    step = mirrored.venue("liquidate", BORROWER, sender=KEEPER)
    # A fifth of the debt.
    assert (step["leg"], step["debtValue"]) == (DEBT_PARTIAL, 50 * WAD)
