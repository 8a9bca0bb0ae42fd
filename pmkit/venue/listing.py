"""What the risk admin does to the registry. Twin of the listing half of `CollateralRegistry.sol`.

Assets are listed once and never removed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    AlreadyListed,
    CollateralNeedsLtv,
    DecimalsOutOfRange,
    Erc20DecimalsDiffer,
    FigureTooFine,
    FractionTooHigh,
    FractionTooLow,
    LeverageOutOfRange,
    ListingFull,
    LtvTooHigh,
    PriceMissing,
    SingleTierTable,
    SizeDecimalsOutOfRange,
)
from pmkit.policy import CURVE_DECIMALS, FIRST_TIERED_TABLE, MAX_REWARD_PPM
from pmkit.rates import RateCurve
from pmkit.tiers import margin_table
from pmkit.units import BPS, PERP_DECIMALS, PPM, RAY, SPOT_DECIMALS, WAD
from pmkit.venue.events import (
    DexListed,
    LiquidationWidthSet,
    MarginTableSet,
    PairListed,
    PerpListed,
    PolicySet,
    RateCurveSet,
    TokenCapsSet,
    TokenFactorsSet,
    TokenListed,
)
from pmkit.venue.funding import charge_funding
from pmkit.venue.integers import UINT40_MAX, Address, Uint8, Uint16, Uint32, Uint64, Uint128
from pmkit.venue.records import (
    Curve,
    PairListing,
    PerpListing,
    TokenListing,
    VenuePolicy,
)
from pmkit.venue.registry import Dex, Pair, Perp, Token
from pmkit.venue.roles import RISK_ADMIN, require_role

if TYPE_CHECKING:
    from collections.abc import Sized

    from pmkit.venue.registry import Registry

MAX_TOKENS = 64
MAX_DEXES = 32
MAX_PERPS = 256
MAX_PAIRS = 64
"""Every report of prices walks them all."""
USDC = 0
"""Id of the token that all prices are in; it is worth one USD. SPEC CR-01."""
ALWAYS = UINT40_MAX
"""A price time that never goes stale: USDC's."""
MAX_RATE = 5_000 * RAY
"""A rate of 500,000 % a year bounds the exponent of interest."""
CURVE_RAY_UNIT = RAY // 10**CURVE_DECIMALS
CURVE_WAD_UNIT = WAD // 10**CURVE_DECIMALS
"""What a rate curve's figures are multiples of, as RAY and as WAD. SPEC BL-23."""
MIN_WEI_DECIMALS = 6
MAX_WEI_DECIMALS = 18
MAX_EVM_DECIMALS = 24


def list_token(r: Registry, sender: Address, listing: TokenListing) -> None:
    """List a token. SPEC CR-01.

    Raises AccessControlUnauthorizedAccount, AlreadyListed, ListingFull, DecimalsOutOfRange,
    Erc20DecimalsDiffer, LtvTooHigh, FractionTooHigh, FigureTooFine.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_new(r.token_at, listing.token)
    _require_place(r.tokens, MAX_TOKENS)
    if not (
        listing.sz_decimals <= min(SPOT_DECIMALS, listing.wei_decimals)
        and MIN_WEI_DECIMALS <= listing.wei_decimals <= MAX_WEI_DECIMALS
        and listing.evm_decimals <= MAX_EVM_DECIMALS
    ):
        raise DecimalsOutOfRange(
            wei_decimals=listing.wei_decimals,
            sz_decimals=listing.sz_decimals,
            evm_decimals=listing.evm_decimals,
        )
    erc20 = r.wallets.tokens.get(listing.erc20)
    if erc20 is not None and erc20.decimals != listing.evm_decimals:
        raise Erc20DecimalsDiffer(
            token=listing.token, listed=listing.evm_decimals, told=erc20.decimals
        )
    _require_ltv(listing.ltv_bps)
    _require_curve(listing.curve)

    is_quote = listing.token == USDC
    index = len(r.tokens)
    r.tokens[index] = Token(
        token=listing.token,
        px=10 ** (SPOT_DECIMALS - listing.sz_decimals) if is_quote else 0,
        px_time=ALWAYS if is_quote else 0,
        index=index,
        wei_decimals=listing.wei_decimals,
        sz_decimals=listing.sz_decimals,
        ltv_bps=listing.ltv_bps,
        borrowable=listing.borrowable,
        user_supply_cap=listing.user_supply_cap,
        user_borrow_cap=listing.user_borrow_cap,
        global_supply_cap=listing.global_supply_cap,
        global_borrow_cap=listing.global_borrow_cap,
        curve=listing.curve,
        liquidation_width=listing.liquidation_width,
        erc20=listing.erc20,
        evm_decimals=listing.evm_decimals,
        name=listing.name,
    )
    r.token_at[listing.token] = index
    r.block.emit(
        TokenListed(token=listing.token, index=index, name=listing.name, erc20=listing.erc20)
    )
    r.block.emit(
        TokenFactorsSet(token=listing.token, ltv_bps=listing.ltv_bps, borrowable=listing.borrowable)
    )
    r.block.emit(
        TokenCapsSet(
            token=listing.token,
            user_supply_cap=listing.user_supply_cap,
            user_borrow_cap=listing.user_borrow_cap,
            global_supply_cap=listing.global_supply_cap,
            global_borrow_cap=listing.global_borrow_cap,
        )
    )
    r.block.emit(RateCurveSet(token=listing.token, curve=listing.curve))
    r.block.emit(LiquidationWidthSet(token=listing.token, width=listing.liquidation_width))


def set_token_factors(
    r: Registry, sender: Address, token: Uint64, ltv_bps: Uint16, borrowable: bool
) -> None:
    """Set a token's loan to value and whether it can be borrowed. SPEC CR-02, OR-09.

    Raises AccessControlUnauthorizedAccount, UnknownToken, LtvTooHigh, CollateralNeedsLtv,
    PriceMissing.
    """
    require_role(r, sender, RISK_ADMIN)
    index = r.token_index(token)
    _require_ltv(ltv_bps)
    # What was collateral once may still stand for debt: at zero nobody could take it for that.
    if ltv_bps == 0 and r.tokens[index].ltv_bps != 0:
        raise CollateralNeedsLtv(token=token)
    # Accounts may hold it already: without a price they could no longer be judged.
    if ltv_bps != 0 and r.tokens[index].ltv_bps == 0 and r.tokens[index].px == 0:
        raise PriceMissing(token=token)
    r.tokens[index] = replace(r.tokens[index], ltv_bps=ltv_bps, borrowable=borrowable)
    r.block.emit(TokenFactorsSet(token=token, ltv_bps=ltv_bps, borrowable=borrowable))


def set_token_caps(
    r: Registry,
    sender: Address,
    token: Uint64,
    user_supply_cap: Uint128,
    user_borrow_cap: Uint128,
    global_supply_cap: Uint128,
    global_borrow_cap: Uint128,
) -> None:
    """Set a token's caps, token wei; a cap never undoes what exists. SPEC CR-03.

    Raises AccessControlUnauthorizedAccount, UnknownToken.
    """
    require_role(r, sender, RISK_ADMIN)
    index = r.token_index(token)
    r.tokens[index] = replace(
        r.tokens[index],
        user_supply_cap=user_supply_cap,
        user_borrow_cap=user_borrow_cap,
        global_supply_cap=global_supply_cap,
        global_borrow_cap=global_borrow_cap,
    )
    r.block.emit(
        TokenCapsSet(
            token=token,
            user_supply_cap=user_supply_cap,
            user_borrow_cap=user_borrow_cap,
            global_supply_cap=global_supply_cap,
            global_borrow_cap=global_borrow_cap,
        )
    )


def set_liquidation_width(r: Registry, sender: Address, token: Uint64, width: Uint128) -> None:
    """Set how much (USD WAD) of a collateral one partial liquidation step may take. SPEC LQ-25.

    Zero sets no bound. Raises AccessControlUnauthorizedAccount, UnknownToken.
    """
    require_role(r, sender, RISK_ADMIN)
    index = r.token_index(token)
    r.tokens[index] = replace(r.tokens[index], liquidation_width=width)
    r.block.emit(LiquidationWidthSet(token=token, width=width))


def set_rate_curve(r: Registry, sender: Address, token: Uint64, curve: Curve) -> None:
    """Set a token's rate curve. SPEC BL-02.

    Interest up to now keeps the old curve only if the reserve was accrued at this very second.
    Raises AccessControlUnauthorizedAccount, FractionTooHigh, FigureTooFine, UnknownToken.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_curve(curve)
    index = r.token_index(token)
    r.tokens[index] = replace(r.tokens[index], curve=curve)
    r.block.emit(RateCurveSet(token=token, curve=curve))


def list_dex(r: Registry, sender: Address, dex: Uint32, name: str, collateral: Uint64) -> None:
    """List a perp dex and its collateral token.

    Raises AccessControlUnauthorizedAccount, AlreadyListed, ListingFull, UnknownToken.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_new(r.dex_at, dex)
    _require_place(r.dexes, MAX_DEXES)
    index = len(r.dexes)
    r.dexes[index] = Dex(dex=dex, index=index, collateral=r.token_index(collateral), name=name)
    r.dex_at[dex] = index
    r.block.emit(DexListed(dex=dex, index=index, name=name, collateral=collateral))


def set_margin_table(
    r: Registry,
    sender: Address,
    table: Uint16,
    lower_bounds: tuple[Uint64, ...],
    max_leverages: tuple[Uint8, ...],
) -> None:
    """Set the tiers of a margin table; open positions follow at once. SPEC PM-05, CR-04.

    Raises AccessControlUnauthorizedAccount, SingleTierTable, InvalidMarginTable.
    """
    require_role(r, sender, RISK_ADMIN)
    if table < FIRST_TIERED_TABLE:
        raise SingleTierTable(table=table)
    _set_table(r, table, lower_bounds, max_leverages)


def list_perp(r: Registry, sender: Address, listing: PerpListing) -> None:
    """List a perp asset. SPEC CR-04.

    Raises AccessControlUnauthorizedAccount, AlreadyListed, ListingFull, UnknownDex,
    UnknownMarginTable, SizeDecimalsOutOfRange, LeverageOutOfRange.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_new(r.perp_at, listing.asset)
    _require_place(r.perps, MAX_PERPS)
    dex = r.dex(listing.dex)
    _name_single_tier(r, listing.margin_table)
    maximum = r.table(listing.margin_table).tiers[0].max_leverage
    if listing.sz_decimals > PERP_DECIMALS:
        raise SizeDecimalsOutOfRange(sz_decimals=listing.sz_decimals, maximum=PERP_DECIMALS)
    if not 0 < listing.max_leverage <= maximum:
        raise LeverageOutOfRange(
            asset=listing.asset, leverage=listing.max_leverage, maximum=maximum
        )
    index = len(r.perps)
    r.perps[index] = Perp(
        asset=listing.asset,
        mark=0,
        oracle=0,
        px_time=0,
        index=index,
        dex=dex.index,
        sz_decimals=listing.sz_decimals,
        max_leverage=listing.max_leverage,
        margin_table=listing.margin_table,
        funding_index=0,
        charged_at=0,
        name=listing.name,
    )
    r.perp_at[listing.asset] = index
    r.block.emit(PerpListed(asset=listing.asset, index=index, name=listing.name, dex=listing.dex))


def list_pair(r: Registry, sender: Address, listing: PairListing) -> None:
    """List a spot pair.

    Raises AccessControlUnauthorizedAccount, AlreadyListed, ListingFull, UnknownToken, UnknownAsset.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_new(r.pair_at, listing.pair)
    _require_place(r.pairs, MAX_PAIRS)
    index = len(r.pairs)
    r.pairs[index] = Pair(
        pair=listing.pair,
        base=r.token_index(listing.base),
        quote=r.token_index(listing.quote),
        has_perp=listing.has_perp,
        perp=r.perp_index(listing.perp) if listing.has_perp else 0,
        px=0,
        px_time=0,
    )
    r.pair_at[listing.pair] = index
    r.block.emit(PairListed(pair=listing.pair, base=listing.base, quote=listing.quote))


def set_policy(r: Registry, sender: Address, policy: VenuePolicy) -> None:
    """Set the policy. SPEC PM-20, FD-06, LQ-03, LQ-06.

    Raises AccessControlUnauthorizedAccount, FractionTooLow, FractionTooHigh.
    """
    require_role(r, sender, RISK_ADMIN)
    _require_part(policy.debt_step)
    _require_part(policy.perp_part)
    _require_at_most(policy.reward_ppm, MAX_REWARD_PPM)
    _require_at_most(policy.perp_fee_ppm, PPM)
    _require_at_most(policy.spot_fee_ppm, PPM)
    if policy.funding_interval != r.policy.funding_interval:
        # The hours that have turned were hours of the old interval.
        for index in range(len(r.perps)):
            charge_funding(r, index)
    r.settings[0] = replace(r.settings[0], policy=policy)
    r.block.emit(PolicySet(policy=policy))


def _set_table(
    r: Registry, table: int, lower_bounds: tuple[int, ...], max_leverages: tuple[int, ...]
) -> None:
    r.tables[table] = margin_table(lower_bounds, max_leverages)
    r.block.emit(
        MarginTableSet(table=table, lower_bounds=lower_bounds, max_leverages=max_leverages)
    )


def _name_single_tier(r: Registry, table: int) -> None:
    """Set the table of an id below the tiered ones, which is the leverage of its only tier."""
    if 0 < table < FIRST_TIERED_TABLE and table not in r.tables:
        _set_table(r, table, (0,), (table,))


def _require_new(places: dict[int, int], listed: int) -> None:
    if listed in places:
        raise AlreadyListed(id=listed)


def _require_place(rows: Sized, maximum: int) -> None:
    if len(rows) >= maximum:
        raise ListingFull(maximum=maximum)


def _require_ltv(ltv_bps: int) -> None:
    if ltv_bps >= BPS:
        raise LtvTooHigh(ltv_bps=ltv_bps, maximum=BPS - 1)


def _require_curve(curve: RateCurve) -> None:
    _require_at_most(curve.kink, RAY)
    _require_at_most(curve.protocol_share, WAD)
    _require_at_most(curve.base, MAX_RATE)
    _require_at_most(curve.slope, MAX_RATE)
    _require_multiple(curve.kink, CURVE_RAY_UNIT)
    _require_multiple(curve.protocol_share, CURVE_WAD_UNIT)
    _require_multiple(curve.base, CURVE_RAY_UNIT)
    _require_multiple(curve.slope, CURVE_RAY_UNIT)


def _require_part(part: int) -> None:
    """Require that a liquidation step takes something; one of nothing would never end."""
    if part == 0:
        raise FractionTooLow(value=part, minimum=1)
    _require_at_most(part, WAD)


def _require_multiple(value: int, unit: int) -> None:
    if value % unit != 0:
        raise FigureTooFine(value=value, unit=unit)


def _require_at_most(value: int, maximum: int) -> None:
    if value > maximum:
        raise FractionTooHigh(value=value, maximum=maximum)
