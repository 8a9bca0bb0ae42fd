"""Factors, caps, curves, tables and the policy, and what a change does. SPEC CR-02 to CR-04."""

from __future__ import annotations

from typing import Any

import pytest
from support.evm import DEPLOYER
from support.venue import (
    BORROWER,
    BTC_PERP,
    HYPE,
    RAY,
    SEEDED,
    STABLE_CURVE,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
    Market,
    margin_policy,
    policy,
    refusal,
)

USDC_WEI = 10**8


def test_set_factors_changes_what_collateral_carries_at_once(market: Market) -> None:
    # HYPE's loan to value rose from 0.5 to 0.65, its threshold from 0.75 to 0.825.
    market.portfolio_account(TRADER, hype=10 * 10**8)
    market.registry("setTokenFactors", HYPE, 6_500, False)
    assert market.event("TokenFactorsSet") == {
        "token": HYPE,
        "ltvBps": 6_500,
        "borrowable": False,
    }
    margin = market.margin(TRADER)
    assert margin["borrowPower"] == 325 * WAD
    assert margin["thresholdValue"] == 4_125 * WAD // 10
    # (2 + 0.65) / 3 of 500 = 441.666…
    assert margin["takeoverValue"] == 500 * WAD * 26_500 // 30_000


def test_set_factors_out_of_range_is_refused(market: Market) -> None:
    refused = refusal(market.registry, "setTokenFactors", HYPE, 10_000, False, sender=DEPLOYER)
    assert refused == ("LtvTooHigh", (10_000, 9_999))
    refused = refusal(market.registry, "setTokenFactors", 999, 0, False, sender=DEPLOYER)
    assert refused == ("UnknownToken", (999,))


def test_set_factors_of_collateral_to_zero_is_refused(market: Market) -> None:
    """Once a debt was left with nobody able to take the collateral for it."""
    refused = refusal(market.registry, "setTokenFactors", HYPE, 0, False, sender=DEPLOYER)
    assert refused == ("CollateralNeedsLtv", (HYPE,))
    market.registry("setTokenFactors", HYPE, 1, False)
    market.registry("setTokenFactors", USDC, 0, True)


def test_set_caps_tells_all_four(market: Market) -> None:
    market.registry("setTokenCaps", UBTC, 1, 2, 3, 4)
    assert market.event("TokenCapsSet") == {
        "token": UBTC,
        "userSupplyCap": 1,
        "userBorrowCap": 2,
        "globalSupplyCap": 3,
        "globalBorrowCap": 4,
    }
    refused = refusal(market.registry, "setTokenCaps", 999, 1, 1, 1, 1, sender=DEPLOYER)
    assert refused == ("UnknownToken", (999,))


def test_set_caps_bounds_what_counts_as_collateral(market: Market) -> None:
    # 6 of 10 HYPE count at the threshold; the loan to value looks at all of them (PM-08, PM-11).
    market.portfolio_account(TRADER, hype=10 * 10**8)
    market.set_caps(HYPE, user_supply=6 * 10**8)
    margin = market.margin(TRADER)
    assert margin["thresholdValue"] == 225 * WAD
    assert margin["borrowPower"] == 250 * WAD
    assert market.token(TRADER, HYPE)["supplied"] == 10 * 10**8


def test_set_liquidation_width_tells_the_width(market: Market) -> None:
    market.registry("setLiquidationWidth", HYPE, 3_000_000 * WAD)
    assert market.event("LiquidationWidthSet") == {"token": HYPE, "width": 3_000_000 * WAD}
    assert market.registry("tokenParams", HYPE)["liquidationWidth"] == 3_000_000 * WAD
    refused = refusal(market.registry, "setLiquidationWidth", 999, 1, sender=DEPLOYER)
    assert refused == ("UnknownToken", (999,))


def test_set_rate_curve_tells_the_curve(market: Market) -> None:
    curve = (RAY // 10, 0, RAY, 0, True)
    market.registry("setRateCurve", USDC, curve)
    assert market.event("RateCurveSet") == {"token": USDC, "curve": curve}
    refused = refusal(market.registry, "setRateCurve", 999, STABLE_CURVE, sender=DEPLOYER)
    assert refused == ("UnknownToken", (999,))


def test_set_margin_table_keeps_maintenance_continuous(market: Market) -> None:
    # Table 56: 40x, from 150,000,000 on 20x: 200,000,000 · 2.5 % − 1,875,000 = 3,125,000.
    market.registry("setMarginTable", 57, [0, 150_000_000 * USD], [40, 20])
    assert market.event("MarginTableSet") == {
        "table": 57,
        "lowerBounds": (0, 150_000_000 * USD),
        "maxLeverages": (40, 20),
    }
    market.registry("listPerp", (9, "NINE", 0, 5, 40, 57))
    table = market.registry("perpParams", 9)["table"]
    assert [(t["rate"], t["deduction"] // t["scale"]) for t in table] == [
        (1, 0),
        (2, 1_875_000 * USD),
    ]
    assert {t["scale"] for t in table} == {80}


def test_set_margin_table_moves_open_positions_at_once(market: Market) -> None:
    market.portfolio_account(TRADER, usdc=20_000 * USDC_WEI)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    assert market.margin(TRADER)["dexes"][0]["maintenance"] == 1_250 * USD
    market.registry("setMarginTable", 56, [0], [10])
    assert market.margin(TRADER)["dexes"][0]["maintenance"] == 5_000 * USD


@pytest.mark.parametrize(
    ("bounds", "leverages", "tier"),
    [
        ([], [], 0),
        ([0, 1], [10], 2),
        ([1], [10], 0),
        ([0], [0], 0),
        ([0], [101], 0),
        ([0, 5], [10, 10], 1),
        ([0, 5, 5], [10, 5, 4], 2),
        ([0, 5, 4], [10, 5, 4], 2),
    ],
)
def test_set_margin_table_out_of_order_is_refused(
    market: Market, bounds: list[int], leverages: list[int], tier: int
) -> None:
    args = (58, bounds, leverages)
    refused = refusal(market.registry, "setMarginTable", *args, sender=DEPLOYER)
    assert refused == ("InvalidMarginTable", (tier,))


def test_set_policy_tells_and_keeps_every_field(market: Market) -> None:
    changed = policy(
        margin=(WAD, True, 20 * WAD, True, True, False, False, 41),
        debt_step=WAD,
        step_cadence=5,
        episode_timeout=7,
        min_step=11,
        perp_threshold=13,
        perp_part=WAD,
        perp_cooldown=17,
        leg_order=SEEDED,
        leg_seed=2**64 - 1,
        max_price_age=19,
        max_liquidation_price_age=23,
        max_move_bps=29,
        perp_fee_ppm=31,
        spot_fee_ppm=37,
        leaves_flat=False,
        enable_min_volume=41,
        enable_min_value=43,
        enable_max_value=47,
        enable_volume_days=53,
        funding_interval=2**32 - 1,
        twap_half_life=59,
        buffer_interval=61,
        reward_ppm=67,
        debt_step_needs_low_health=False,
    )
    market.registry("setPolicy", changed)
    assert market.event("PolicySet") == {"policy": changed}
    kept = market.registry("policy")
    assert (tuple(kept.pop("margin").values()), *kept.values()) == changed
    market.set_policy()


@pytest.mark.parametrize("name", ["debt_step", "perp_part"])
def test_set_policy_with_a_part_above_one_is_refused(market: Market, name: str) -> None:
    bad: Any = policy(**{name: WAD + 1})
    refused = refusal(market.registry, "setPolicy", bad, sender=DEPLOYER)
    assert refused == ("FractionTooHigh", (WAD + 1, WAD))


@pytest.mark.parametrize("name", ["debt_step", "perp_part"])
def test_set_policy_with_steps_of_nothing_is_refused(market: Market, name: str) -> None:
    """SPEC LQ-03, LQ-06. Such a step would move nothing, and be there again at once."""
    bad: Any = policy(**{name: 0})
    refused = refusal(market.registry, "setPolicy", bad, sender=DEPLOYER)
    assert refused == ("FractionTooLow", (0, 1))
    market.set_policy(**{name: 1})


def test_set_policy_with_a_reward_above_a_tenth_is_refused(market: Market) -> None:
    """SPEC LQ-24."""
    bad: Any = policy(reward_ppm=100_001)
    refused = refusal(market.registry, "setPolicy", bad, sender=DEPLOYER)
    assert refused == ("FractionTooHigh", (100_001, 100_000))
    market.set_policy(reward_ppm=100_000)


@pytest.mark.parametrize("name", ["perp_fee_ppm", "spot_fee_ppm"])
def test_set_policy_with_a_fee_above_all_that_is_traded_is_refused(
    market: Market, name: str
) -> None:
    bad: Any = policy(**{name: 1_000_001})
    refused = refusal(market.registry, "setPolicy", bad, sender=DEPLOYER)
    assert refused == ("FractionTooHigh", (1_000_001, 1_000_000))
    market.set_policy(**{name: 1_000_000})


def test_policy_inclusive_trigger_counts_the_trigger_itself(market: Market) -> None:
    # A cap of 1,000 bounds the collateral's count: a net debt of 950 against it is 0.95 itself.
    market.set_caps(USDC, user_borrow=1_000 * USDC_WEI)
    market.portfolio_account(BORROWER, ubtc=10**10)
    market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    market.venue("order", 10_107, True, 2**64 - 1, 1_900, False, sender=BORROWER)
    margin = market.margin(BORROWER)
    assert (margin["ratio"], margin["liquidatable"]) == (95 * WAD // 100, False)
    market.set_policy(margin=margin_policy(inclusive=True))
    assert market.margin(BORROWER)["liquidatable"] is True
