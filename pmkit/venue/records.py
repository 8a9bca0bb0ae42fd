"""What actions take and give as structs. Twin of the structs in `contracts/interfaces/`.

Fields stand in the contracts' order and under their names, with the width that they have there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from pmkit.model import MarginPolicy
from pmkit.rates import RateCurve
from pmkit.venue.integers import Address, Uint8, Uint16, Uint32, Uint64, Uint128, Widths
from pmkit.venue.refusal import Refusal

Curve = Annotated[RateCurve, Widths(protocol_share=Uint64)]
"""A rate curve with the widths that the contracts have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenListing:
    """How a token is listed; amounts in token wei."""

    token: Uint64
    """The venue's token id."""
    name: str
    erc20: Address
    """Address of the token's ERC-20."""
    evm_decimals: Uint8
    wei_decimals: Uint8
    sz_decimals: Uint8
    ltv_bps: Uint16
    borrowable: bool
    user_supply_cap: Uint128
    user_borrow_cap: Uint128
    global_supply_cap: Uint128
    global_borrow_cap: Uint128
    curve: Curve
    liquidation_width: Uint128
    """Most value (USD WAD) that one partial liquidation step takes; zero is none. SPEC LQ-25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpListing:
    """How a perp asset is listed."""

    asset: Uint32
    """The venue's asset id."""
    name: str
    dex: Uint32
    """Id of the dex that lists it."""
    sz_decimals: Uint8
    max_leverage: Uint8
    margin_table: Uint16


@dataclass(frozen=True, slots=True, kw_only=True)
class PairListing:
    """How a spot pair is listed."""

    pair: Uint32
    """The venue's spot index; the asset id in orders is 10000 + pair."""
    base: Uint64
    quote: Uint64
    has_perp: bool
    """Whether `perp` takes part in the base token's borrow oracle price."""
    perp: Uint32


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPrice:
    """A reported spot price, 10^-(8 - sz_decimals of the base)."""

    pair: Uint32
    px: Uint64


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpPrice:
    """Reported perp prices, 10^-(6 - sz_decimals)."""

    asset: Uint32
    mark: Uint64
    oracle: Uint64


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two orders that the matcher brings together. SPEC CH-20."""

    account: Address
    limit_px: Uint64
    reduce_only: bool
    """For spot it says nothing."""


class LegChoice(IntEnum):
    """Which leg a liquidation takes first; `pmkit.policy.LegOrder` by number. SPEC LQ-06."""

    PERP_FIRST_IF_CURES = 0
    DEBT_FIRST = 1
    SEEDED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePolicy:
    """The policy as the venue keeps it. SPEC PM-20."""

    margin: Annotated[
        MarginPolicy, Widths(trigger=Uint64, borrow_offset=Uint128, sweep_dust=Uint64)
    ]
    debt_step: Uint64
    """Part (WAD) of the episode's debt that one debt-leg step takes."""
    step_cadence: Uint32
    """Seconds between two debt-leg steps on an account."""
    episode_timeout: Uint32
    """Seconds after which a new step starts a new episode."""
    min_step: Uint128
    """Least value (USD WAD) of a debt-leg step."""
    max_price_age: Uint32
    """Oldest price (seconds) on which new risk may be taken."""
    max_liquidation_price_age: Uint32
    """Oldest price (seconds) on which an account may be liquidated or reduced."""
    perp_fee_ppm: Uint32
    """Taker fee, millionths of notional."""
    spot_fee_ppm: Uint32
    """Taker fee, millionths of what is bought."""
    twap_half_life: Uint32
    """Seconds in which the backstop sells half of what it took over; zero sells all at once."""
    reward_ppm: Uint32
    """Part of the collateral taken that goes to whoever triggered the step, millionths."""
    buffer_interval: Uint32
    """Seconds, counted from the epoch, in each of which the buffer is swept once; zero: never."""
    debt_step_needs_low_health: bool
    """Whether a step of the debt leg needs a health factor below one."""
    perp_threshold: Uint64
    """Notional (1e-6 USD) above which a perp-leg step closes only a part."""
    perp_part: Uint64
    """That part, WAD."""
    perp_cooldown: Uint32
    """Seconds after such a step during which positions close whole."""
    perp_backstop_ratio: Uint64
    """Ratio (WAD) beyond which the backstop takes perps, of an account, a dex or an isolated
    position."""
    leg_order: LegChoice
    enable_min_volume: Uint64
    """Weighted volume (1e-6 USD) above which portfolio margin is open to an account; NO_CONDITION,
    as in the next two, where there is no such condition. SPEC AC-10."""
    enable_min_value: Uint64
    """Account value (1e-6 USD) above which it is open too."""
    enable_max_value: Uint64
    """Account value (1e-6 USD) below which it is open."""
    enable_volume_days: Uint16
    """UTC days, today's included, over which volume counts; zero for all of them."""
    leaves_flat: bool
    """Whether an account leaves portfolio margin only without positions and dex equity."""
    leg_seed: Uint64
    """Seed of `LegChoice.SEEDED`."""
    max_move_bps: Uint32
    """Largest move of a price in one report, basis points; zero switches the bound off."""
    funding_interval: Uint32
    """Seconds of an hour of funding; zero switches funding off."""


UNSET_POLICY = VenuePolicy(
    margin=MarginPolicy(
        trigger=0,
        trigger_inclusive=False,
        borrow_offset=0,
        strict_ltv=False,
        cap_each=False,
        sweep_dust=0,
        second_trigger=False,
        perp_shortfall_trigger=False,
    ),
    debt_step=0,
    step_cadence=0,
    episode_timeout=0,
    min_step=0,
    max_price_age=0,
    max_liquidation_price_age=0,
    perp_fee_ppm=0,
    spot_fee_ppm=0,
    twap_half_life=0,
    reward_ppm=0,
    buffer_interval=0,
    debt_step_needs_low_health=False,
    perp_threshold=0,
    perp_part=0,
    perp_cooldown=0,
    perp_backstop_ratio=0,
    leg_order=LegChoice.PERP_FIRST_IF_CURES,
    enable_min_volume=0,
    enable_min_value=0,
    enable_max_value=0,
    enable_volume_days=0,
    leaves_flat=False,
    leg_seed=0,
    max_move_bps=0,
    funding_interval=0,
)
"""What a registry has before its first `set_policy`."""


class Pause(IntEnum):
    """What a guardian may pause; repaying and leaving are not among it. SPEC CR-07."""

    SUPPLY = 1
    BORROW = 2
    RISK = 4
    LIQUIDATION = 8


class Leg(IntEnum):
    """Which part of an account a liquidation step took."""

    DEBT_PARTIAL = 0
    DEBT_FULL = 1
    PERP = 2
    PERP_TAKEOVER = 3
    """Perps pass to the backstop."""
    SETTLE = 4
    """What a dex without positions is short of is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationStep:
    """What a liquidation step did; values in USD WAD."""

    leg: Leg
    debt_value: int
    collateral_value: int
    loss: int
    liquidatable: bool
    """Whether the account is still liquidatable."""


NO_STEP = LiquidationStep(
    leg=Leg.DEBT_PARTIAL, debt_value=0, collateral_value=0, loss=0, liquidatable=False
)
"""What a step that was refused did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationOutcome:
    """How a step of a batch ended."""

    done: bool
    step: LiquidationStep
    """What it did, all zero where it was refused."""
    reason: Refusal | None
    """What refused it; None where it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingView:
    """Funding of a perp asset as it stands. SPEC FD-06."""

    index: int
    """What one unit of size has paid since listing, up to now, 1e-6 USD · 1e18."""
    hourly_rate: int
    """What the next hour to turn will charge at the prices as they stand, WAD."""
    turned: int
    """Hours in `index` that have turned since it was stored."""
    charged_at: int
    """When the index was last stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryView:
    """What the backstop took over of a token and has still to sell, token wei."""

    scheduled: int
    """What was not yet due at that time."""
    scheduled_at: int
    due_now: int
    """What is due by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedPosition:
    """An isolated position and what it is margined with, 1e-6 of its dex's collateral token."""

    szi: int
    """Signed size, 10^-sz_decimals."""
    entry_ntl: int
    """Notional at entry."""
    leverage: int
    isolated_usd: int
    """Equity without the position's marked value, net of funding up to now."""
    equity: int
    initial_margin: int
    maintenance: int
    liquidation_px: int
    """Mark at which maintenance is used up (SPEC LQ-08), 1e-10 USD; not positive for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveView:
    """One reserve with interest up to now; amounts in token wei, rates and utilization RAY."""

    token: int
    supply_index: int
    borrow_index: int
    supplied: int
    borrowed: int
    cash: int
    buffer: int
    deficit: int
    utilization: int
    borrow_rate: int
    supply_rate: int
