"""Parameters that the admin changes, drawn around what stands."""

from __future__ import annotations

from typing import Any

from support.venue import (
    ANNUAL_CURVE,
    HYPE,
    NO_CONDITION,
    RAY,
    STABLE_CURVE,
    UBTC,
    UNLIMITED,
    USD,
    USDC,
    USDT0,
    WAD,
    policy,
)
from venue.cast import COARSE, DARK, FINE, USERS
from venue.world import World


def caps(w: World) -> tuple[Any, ...]:
    """Draw caps of a token, around what stands."""
    random = w.random
    token = random.choice((USDC, USDC, HYPE, UBTC, USDT0, FINE))
    reserve = w.twin.reserve_of(token)
    account = w.twin.balance_of(random.choice(USERS), token)
    user_supply = random.choice((UNLIMITED, UNLIMITED, account.basis, w.worth(token, 10**5)))
    user_borrow = random.choice((UNLIMITED, UNLIMITED, account.basis, w.worth(token, 10**5)))
    supply = random.choice((UNLIMITED, UNLIMITED, reserve.supplied + w.worth(token, 10**4)))
    borrow = random.choice((UNLIMITED, UNLIMITED, reserve.borrowed + w.worth(token, 10**4)))
    return "setTokenCaps", token, user_supply, user_borrow, supply, borrow


def factors(w: World) -> tuple[Any, ...]:
    """Draw factors of a collateral."""
    token = w.random.choice((HYPE, UBTC, FINE, COARSE))
    ltv = w.random.choice((5_000, 5_000, 6_500, 4_000, 0, 9_999, 10_000))
    return "setTokenFactors", token, ltv, token == FINE


def curve(w: World) -> tuple[Any, ...]:
    """Draw a rate curve."""
    token = w.random.choice((USDC, USDT0, FINE, DARK))
    hundredth = RAY // 100
    annual = w.random.random() < 0.5
    steep = (10 * hundredth, 300 * hundredth, 0, WAD // 2, annual)
    wrong = (0, 0, RAY + 1 if annual else RAY - 1, 0, False)
    drawn = w.random.choice((STABLE_CURVE, ANNUAL_CURVE, steep, wrong))
    return "setRateCurve", token, drawn


def table(w: World) -> tuple[Any, ...]:
    """Draw a margin table."""
    tiers = w.random.choice(
        (
            ([0, 3_000_000 * USD], [10, 5]),
            ([0, 10_000 * USD, 50_000 * USD], [10, 5, 2]),
            ([0], [10]),
            ([0, 5], [10, 10]),
            ([], []),
        )
    )
    return "setMarginTable", 51, *tiers


def draw_policy(w: World) -> tuple[Any, ...]:
    """Draw a policy, each part from its edges."""
    random = w.random
    drawn = policy(
        margin=(
            random.choice((95 * WAD // 100, 95 * WAD // 100, WAD)),
            random.random() < 0.2,
            random.choice((0, 0, 20 * WAD)),
            random.random() < 0.2,
            random.random() < 0.2,
            random.random() < 0.8,
            random.random() < 0.8,
            random.choice((0, 0, 10**6, 10**9)),
        ),
        debt_step=random.choice((WAD // 5, WAD // 5, WAD, 1, 0, WAD + 1)),
        step_cadence=random.choice((3, 3, 0)),
        episode_timeout=random.choice((600, 600, 1)),
        min_step=random.choice((10 * WAD, 0, 10**5 * WAD)),
        perp_threshold=random.choice((100_000 * USD, 0)),
        perp_part=random.choice((WAD // 5, WAD // 3)),
        perp_cooldown=random.choice((30, 30, 0)),
        perp_backstop_ratio=random.choice((3 * WAD // 2, 3 * WAD // 2, 2**64 - 1, WAD)),
        leg_order=random.choice((0, 0, 1, 2)),
        leg_seed=random.choice((0, 7)),
        max_price_age=random.choice((10**9, 10**9, 3_600)),
        max_liquidation_price_age=random.choice((10**9, 10**9, 86_400)),
        max_move_bps=random.choice((0, 0, 0, 1_000)),
        perp_fee_ppm=random.choice((0, 450)),
        spot_fee_ppm=random.choice((0, 700)),
        leaves_flat=random.random() < 0.6,
        enable_min_volume=random.choice((NO_CONDITION, NO_CONDITION, 10**6 * USD, 10**11 * USD)),
        enable_min_value=random.choice((NO_CONDITION, NO_CONDITION, 10**6 * USD)),
        enable_max_value=random.choice((NO_CONDITION, NO_CONDITION, 10**7 * USD)),
        enable_volume_days=random.choice((14, 14, 1, 0)),
        funding_interval=random.choice((0, 3_600, 3_600, 60)),
        twap_half_life=random.choice((600, 600, 1, 0, 2**32 - 1)),
        buffer_interval=random.choice((3_600, 60, 0)),
        reward_ppm=random.choice((0, 0, 1, 50_000, 100_000, 100_001)),
        debt_step_needs_low_health=random.random() < 0.7,
    )
    return "setPolicy", drawn


def width(w: World) -> tuple[Any, ...]:
    """Draw a width of liquidation steps."""
    usd = w.random.choice((0, 0, 1, 100, 10**4, 10**6)) * WAD
    return "setLiquidationWidth", w.random.choice((HYPE, UBTC, FINE)), usd


CHANGES = (caps, caps, factors, curve, width, table, draw_policy)
"""What the admin changes; each returns a call of the registry."""
