"""What a venue begins with: everything listed and the policy, as the registry is told it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmkit.policy import LegOrder, condition_of
from pmkit.venue.addresses import address_of_name
from pmkit.venue.records import (
    LegChoice,
    PairListing,
    PerpListing,
    TokenListing,
    VenuePolicy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmkit.policy import Params, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """Listings in the order in which the admin makes them."""

    policy: VenuePolicy | None
    """None: it is still to be set."""
    tokens: tuple[TokenListing, ...]
    dexes: tuple[tuple[int, str, int], ...]
    """Id, name and id of the collateral token."""
    tables: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]
    """Id, lower bounds (1e-6 USD) and largest leverages."""
    perps: tuple[PerpListing, ...]
    pairs: tuple[PairListing, ...]

    def actions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield what the admin does: every action and its arguments."""
        if self.policy is not None:
            yield "set_policy", (self.policy,)
        for token in self.tokens:
            yield "create_erc20", (token.erc20, token.name, token.evm_decimals)
            yield "list_token", (token,)
        for dex in self.dexes:
            yield "list_dex", dex
        for table in self.tables:
            yield "set_margin_table", table
        for perp in self.perps:
            yield "list_perp", (perp,)
        for pair in self.pairs:
            yield "list_pair", (pair,)

    @classmethod
    def of(cls, params: Params) -> Genesis:
        """Return what a dated set of parameters lists. SPEC CR-05.

        A dex's id is its place.
        """
        dex_ids = {dex.name: i for i, dex in enumerate(params.dexes)}
        pricing = {perp.collateral: perp.id for perp in reversed(params.perps)}
        return cls(
            policy=policy_of(params.policy),
            tokens=tuple(
                TokenListing(
                    token=token.id,
                    name=token.name,
                    erc20=address_of_name(f"ERC-20 {token.name}"),
                    evm_decimals=token.evm_decimals,
                    wei_decimals=token.wei_decimals,
                    sz_decimals=token.sz_decimals,
                    ltv_bps=token.ltv_bps,
                    borrowable=token.borrowable,
                    user_supply_cap=token.user_supply_cap,
                    user_borrow_cap=token.user_borrow_cap,
                    global_supply_cap=token.global_supply_cap,
                    global_borrow_cap=token.global_borrow_cap,
                    curve=token.curve,
                    liquidation_width=token.liquidation_width,
                )
                for token in params.tokens
            ),
            dexes=tuple((i, dex.name, dex.collateral) for i, dex in enumerate(params.dexes)),
            tables=tuple(
                (
                    i,
                    tuple(tier.lower_bound for tier in table.tiers),
                    tuple(tier.max_leverage for tier in table.tiers),
                )
                for i, table in params.tables
            ),
            perps=tuple(
                PerpListing(
                    asset=perp.id,
                    name=perp.name,
                    dex=dex_ids[perp.dex],
                    sz_decimals=perp.sz_decimals,
                    max_leverage=perp.max_leverage,
                    margin_table=perp.table_id,
                )
                for perp in params.perps
            ),
            pairs=tuple(
                PairListing(
                    pair=pair.id,
                    base=pair.base,
                    quote=pair.quote,
                    has_perp=pair.base in pricing,
                    perp=pricing.get(pair.base, 0),
                )
                for pair in params.pairs
            ),
        )


NOTHING_LISTED = Genesis(policy=None, tokens=(), dexes=(), tables=(), perps=(), pairs=())
"""A venue on which everything is still to be listed."""


def policy_of(policy: Policy) -> VenuePolicy:
    """Return a policy as the venue keeps it. SPEC PM-20."""
    return VenuePolicy(
        margin=policy.margin,
        debt_step=policy.debt_step,
        step_cadence=policy.debt_step_cadence,
        episode_timeout=policy.episode_timeout,
        min_step=policy.debt_step_minimum,
        perp_threshold=policy.perp_step_threshold,
        perp_part=policy.perp_step,
        perp_cooldown=policy.perp_cooldown,
        perp_backstop_ratio=policy.perp_backstop_ratio,
        leg_order=LegChoice(list(LegOrder).index(policy.leg_order)),
        leg_seed=policy.leg_seed,
        max_price_age=policy.price_max_age_risk,
        max_liquidation_price_age=policy.price_max_age_liquidation,
        max_move_bps=policy.price_move_limit_bps or 0,
        perp_fee_ppm=policy.perp_taker_fee_ppm,
        spot_fee_ppm=policy.spot_taker_fee_ppm,
        leaves_flat=policy.disable_needs_flat,
        enable_min_volume=condition_of(policy.enable_min_volume),
        enable_min_value=condition_of(policy.enable_min_value),
        enable_max_value=condition_of(policy.enable_max_value),
        enable_volume_days=policy.enable_volume_days,
        funding_interval=policy.funding_interval,
        twap_half_life=policy.twap_half_life,
        buffer_interval=policy.buffer_sweep_interval,
        reward_ppm=policy.trigger_reward_ppm,
        debt_step_needs_low_health=policy.debt_step_needs_low_health,
    )
