"""From `Params` to what the registry is told, as plain values by the interface's names.

Everything is checked here, before any transaction: a figure that the contracts could not keep, or
would refuse, is an InputError that names its place in the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pmkit.decimals import parse_units
from pmkit.errors import InputError
from pmkit.oracle import USDC_PX_ONE
from pmkit.policy import LegOrder, condition_of
from pmkit.units import BPS, PERP_DECIMALS, RAY, SPOT_DECIMALS, WAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmkit.policy import PairParams, Params, PerpParams, Policy, TokenParams
    from pmkit.tiers import MarginTable

QUOTE = 0
"""The token that all prices are in."""
MAX_TOKENS, MAX_DEXES, MAX_PERPS, MAX_PAIRS = 64, 32, 256, 64
MAX_RATE = 5_000 * RAY
MAX_EVM_DECIMALS = 24
MIN_WEI_DECIMALS = 6

GENESIS_PRICES: Mapping[str, Decimal] = {
    "AAVE": Decimal(300),
    "BTC": Decimal(100_000),
    "DOGE": Decimal("0.25"),
    "ETH": Decimal(4_000),
    "HYPE": Decimal(40),
    "NEAR": Decimal(3),
    "SOL": Decimal(200),
    "USDC": Decimal(1),
    "USDH": Decimal(1),
    "USDT0": Decimal(1),
    "WLD": Decimal(1),
    "XRP": Decimal(3),
    "ZEC": Decimal(400),
}
"""USD at which a local chain begins; a token takes the price of the coin it moves with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """One report of prices on the venue's grids."""

    spots: tuple[tuple[int, int], ...]
    """Pair and its price, 10^-(8 - sz_decimals)."""
    perps: tuple[tuple[int, int, int], ...]
    """Asset, mark and oracle price, 10^-(6 - sz_decimals)."""
    usdc_px: int = USDC_PX_ONE
    """USDT per USDC, 8 decimals."""

    def call(self) -> tuple[list[dict[str, int]], list[dict[str, int]], int]:
        """Return the arguments of `reportPrices`."""
        spots = [{"pair": pair, "px": px} for pair, px in self.spots]
        perps = [{"asset": a, "mark": mark, "oracle": oracle} for a, mark, oracle in self.perps]
        return spots, perps, self.usdc_px


def validate(params: Params) -> None:
    """Raise InputError for parameters that the contracts do not take. SPEC CR-01 to CR-05."""
    for what, found, most in (
        ("tokens", len(params.tokens), MAX_TOKENS),
        ("dexes", len(params.dexes), MAX_DEXES),
        ("perps", len(params.perps), MAX_PERPS),
        ("pairs", len(params.pairs), MAX_PAIRS),
    ):
        if found > most:
            raise wrong(params, what, f"at most {most} are listed, these are {found}")
    if not params.has_token(QUOTE):
        raise wrong(params, "tokens", f"token {QUOTE}, the quote of all prices, is missing")
    for token in params.tokens:
        validate_token(params, token)
    names = [dex.name for dex in params.dexes]
    if len(set(names)) != len(names):
        raise wrong(params, "dexes", "two dexes have one name")
    for perp in params.perps:
        params.table(perp.table_id)
        if perp.sz_decimals > PERP_DECIMALS:
            raise wrong(params, f"perps.{perp.name}.sz_decimals", f"at most {PERP_DECIMALS}")
    for pair in params.pairs:
        if pair.quote != QUOTE:
            raise wrong(params, f"pairs.{pair.name}", "only pairs against USDC give prices")


def validate_token(params: Params, token: TokenParams) -> None:
    """Raise InputError for a token that the registry does not take."""
    place = f"tokens.{token.name}"
    if not (MIN_WEI_DECIMALS <= token.wei_decimals <= 18 and token.sz_decimals <= SPOT_DECIMALS):
        raise wrong(params, place, "wei_decimals are 6 to 18 and sz_decimals at most 8")
    if token.evm_decimals > MAX_EVM_DECIMALS:
        raise wrong(params, place, f"evm_decimals are at most {MAX_EVM_DECIMALS}")
    if token.ltv_bps >= BPS:
        raise wrong(params, place, "ltv must be below 1")
    curve = token.curve
    if curve.kink > RAY or curve.protocol_share > WAD:
        raise wrong(params, place, "kink and protocol_share are at most 1")
    if curve.base > MAX_RATE or curve.slope > MAX_RATE:
        raise wrong(params, place, "a rate is at most 5000 a year")


def token_call(token: TokenParams, erc20: str) -> dict[str, Any]:
    """Return the argument of `listToken`."""
    return {
        "token": token.id,
        "name": token.name,
        "erc20": erc20,
        "evmDecimals": token.evm_decimals,
        "weiDecimals": token.wei_decimals,
        "szDecimals": token.sz_decimals,
        "ltvBps": token.ltv_bps,
        "borrowable": token.borrowable,
        "userSupplyCap": token.user_supply_cap,
        "userBorrowCap": token.user_borrow_cap,
        "globalSupplyCap": token.global_supply_cap,
        "globalBorrowCap": token.global_borrow_cap,
        "curve": {
            "base": token.curve.base,
            "slope": token.curve.slope,
            "kink": token.curve.kink,
            "protocolShare": token.curve.protocol_share,
            "annual": token.curve.annual,
        },
        "liquidationWidth": token.liquidation_width,
    }


def dex_calls(params: Params) -> list[tuple[int, str, int]]:
    """Return the arguments of each `listDex`: a dex's id is its place, the venue's own is 0."""
    return [(i, dex.name, dex.collateral) for i, dex in enumerate(params.dexes)]


def table_calls(params: Params) -> list[tuple[int, list[int], list[int]]]:
    """Return the arguments of each `setMarginTable`; single tiers need none. SPEC CR-04."""
    return [(i, *tiers_of(table)) for i, table in params.tables]


def tiers_of(table: MarginTable) -> tuple[list[int], list[int]]:
    """Return lower bounds and leverages, from which the contract derives the same table."""
    return [t.lower_bound for t in table.tiers], [t.max_leverage for t in table.tiers]


def perp_call(params: Params, perp: PerpParams) -> dict[str, Any]:
    """Return the argument of `listPerp`."""
    return {
        "asset": perp.id,
        "name": perp.name,
        "dex": [dex.name for dex in params.dexes].index(perp.dex),
        "szDecimals": perp.sz_decimals,
        "maxLeverage": perp.max_leverage,
        "marginTable": perp.table_id,
    }


def pair_call(params: Params, pair: PairParams) -> dict[str, Any]:
    """Return the argument of `listPair`: the first perp that moves with the base prices it."""
    perp = perp_of_token(params, pair.base)
    return {
        "pair": pair.id,
        "base": pair.base,
        "quote": pair.quote,
        "hasPerp": perp is not None,
        "perp": 0 if perp is None else perp.id,
    }


def perp_of_token(params: Params, token: int) -> PerpParams | None:
    """Return the perp whose coin a token moves with, or None."""
    return next((perp for perp in params.perps if perp.collateral == token), None)


def policy_call(params: Params) -> dict[str, Any]:
    """Return the argument of `setPolicy`."""
    policy: Policy = params.policy
    margin = policy.margin
    return {
        "margin": {
            "trigger": margin.trigger,
            "triggerInclusive": margin.trigger_inclusive,
            "borrowOffset": margin.borrow_offset,
            "strictLtv": margin.strict_ltv,
            "capEach": margin.cap_each,
            "sweepDust": margin.sweep_dust,
            "secondTrigger": margin.second_trigger,
            "perpShortfallTrigger": margin.perp_shortfall_trigger,
        },
        "debtStep": policy.debt_step,
        "stepCadence": policy.debt_step_cadence,
        "episodeTimeout": policy.episode_timeout,
        "minStep": policy.debt_step_minimum,
        "perpThreshold": policy.perp_step_threshold,
        "perpPart": policy.perp_step,
        "perpCooldown": policy.perp_cooldown,
        "perpBackstopRatio": policy.perp_backstop_ratio,
        "legOrder": list(LegOrder).index(policy.leg_order),
        "legSeed": policy.leg_seed,
        "maxPriceAge": policy.price_max_age_risk,
        "maxLiquidationPriceAge": policy.price_max_age_liquidation,
        "maxMoveBps": policy.price_move_limit_bps or 0,
        "perpFeePpm": policy.perp_taker_fee_ppm,
        "spotFeePpm": policy.spot_taker_fee_ppm,
        "leavesFlat": policy.disable_needs_flat,
        "enableMinVolume": condition_of(policy.enable_min_volume),
        "enableMinValue": condition_of(policy.enable_min_value),
        "enableMaxValue": condition_of(policy.enable_max_value),
        "enableVolumeDays": policy.enable_volume_days,
        "fundingInterval": policy.funding_interval,
        "twapHalfLife": policy.twap_half_life,
        "bufferInterval": policy.buffer_sweep_interval,
        "rewardPpm": policy.trigger_reward_ppm,
        "debtStepNeedsLowHealth": policy.debt_step_needs_low_health,
    }


def genesis_prices(params: Params, usd: Mapping[str, Decimal]) -> Prices:
    """Return the first report: every perp and pair. Raises InputError for a price missing."""
    return Prices(
        spots=tuple(
            (pair.id, spot_units(usd_of(params, pair.base, usd), params.token(pair.base)))
            for pair in params.pairs
        ),
        perps=tuple(
            (perp.id, *(2 * (perp_units(price_of(params, perp.name, usd), perp),)))
            for perp in params.perps
        ),
    )


def usd_of(params: Params, token: int, usd: Mapping[str, Decimal]) -> Decimal:
    """Return the genesis price of a token: its own, or that of the coin it moves with."""
    name = params.token(token).name
    perp = perp_of_token(params, token)
    return price_of(params, name if name in usd or perp is None else perp.name, usd)


def price_of(params: Params, name: str, usd: Mapping[str, Decimal]) -> Decimal:
    """Return a genesis price by name. Raises InputError."""
    if name not in usd:
        raise wrong(params, f"prices.{name}", "a local chain needs a price to begin with")
    return usd[name]


def spot_units(px: Decimal, token: TokenParams) -> int:
    """Return a price of a token on the spot grid. Raises InputError for one between its steps."""
    return on_grid(px, SPOT_DECIMALS - token.sz_decimals, f"spot price of {token.name}")


def perp_units(px: Decimal, perp: PerpParams) -> int:
    """Return a price of a perp on its grid. Raises InputError for one between its steps."""
    return on_grid(px, PERP_DECIMALS - perp.sz_decimals, f"price of {perp.name}")


def on_grid(px: Decimal, decimals: int, place: str) -> int:
    """Return a price in units of 10^-decimals, above zero. Raises InputError."""
    units = parse_units(format(px, "f"), decimals, place)
    if units <= 0:
        raise InputError(place=place, problem="a price above zero is needed")
    return units


def wrong(params: Params, where: str, problem: str) -> InputError:
    """Return the error for a place in the parameters."""
    return InputError(place=f"params {params.name}: {where}", problem=problem)
