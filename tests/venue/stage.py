"""A small market in plain integers: USDC, HYPE, UBTC and USDT0, two perps, and funded roles.

The figures are written out here, not read from a preset: the scenes stand on paper.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pmkit.decimals import parse_units
from pmkit.margin import NO_CONDITION
from pmkit.model import MarginPolicy, Mode
from pmkit.policy import NO_CAP, USD
from pmkit.rates import RateCurve
from pmkit.units import RAY, WAD
from pmkit.venue import Actor, Genesis, Venue
from pmkit.venue.records import (
    LegChoice,
    PairListing,
    PerpListing,
    PerpPrice,
    SpotPrice,
    TokenListing,
    VenuePolicy,
)

USDC, HYPE, UBTC, USDT0 = 0, 150, 197, 268
BTC_PERP, HYPE_PERP = 0, 159
HYPE_USDC, UBTC_USDC, USDT0_USDC = 107, 142, 166
USDC_WEI = HYPE_WEI = USDT0_WEI = 10**8
UBTC_WEI = 10**10
START = 1_760_000_000

CURVE = RateCurve(
    base=5 * RAY // 100, slope=475 * RAY // 100, kink=80 * RAY // 100, protocol_share=WAD // 10
)
POLICY = VenuePolicy(
    margin=MarginPolicy(
        trigger=95 * WAD // 100,
        trigger_inclusive=False,
        borrow_offset=0,
        strict_ltv=False,
        cap_each=False,
        sweep_dust=0,
        second_trigger=True,
        perp_shortfall_trigger=True,
    ),
    debt_step=WAD // 5,
    step_cadence=3,
    episode_timeout=600,
    min_step=10 * WAD,
    perp_threshold=100_000 * USD,
    perp_part=WAD // 5,
    perp_cooldown=30,
    perp_backstop_ratio=3 * WAD // 2,
    leg_order=LegChoice.PERP_FIRST_IF_CURES,
    leg_seed=0,
    max_price_age=10**9,
    max_liquidation_price_age=10**9,
    max_move_bps=0,
    perp_fee_ppm=0,
    spot_fee_ppm=0,
    leaves_flat=True,
    enable_min_volume=NO_CONDITION,
    enable_min_value=NO_CONDITION,
    enable_max_value=NO_CONDITION,
    enable_volume_days=14,
    funding_interval=0,
    twap_half_life=600,
    buffer_interval=3_600,
    reward_ppm=0,
    debt_step_needs_low_health=True,
)


def token(
    id_: int, name: str, *, wei: int, sz: int, evm: int, ltv_bps: int, lent: bool
) -> TokenListing:
    """Return a token without caps."""
    return TokenListing(
        token=id_,
        name=name,
        erc20=f"0x{id_:040x}",
        evm_decimals=evm,
        wei_decimals=wei,
        sz_decimals=sz,
        ltv_bps=ltv_bps,
        borrowable=lent,
        user_supply_cap=NO_CAP,
        user_borrow_cap=NO_CAP,
        global_supply_cap=NO_CAP,
        global_borrow_cap=NO_CAP,
        curve=CURVE,
        liquidation_width=0,
    )


SMALL_MARKET = Genesis(
    policy=POLICY,
    tokens=(
        token(USDC, "USDC", wei=8, sz=8, evm=6, ltv_bps=0, lent=True),
        token(HYPE, "HYPE", wei=8, sz=2, evm=18, ltv_bps=5_000, lent=False),
        token(UBTC, "UBTC", wei=10, sz=5, evm=8, ltv_bps=5_000, lent=False),
        token(USDT0, "USDT0", wei=8, sz=2, evm=6, ltv_bps=0, lent=True),
    ),
    dexes=((0, "", USDC),),
    tables=((56, (0, 150_000_000 * USD), (40, 20)), (52, (0, 20_000_000 * USD), (10, 5))),
    perps=(
        PerpListing(
            asset=BTC_PERP, name="BTC", dex=0, sz_decimals=5, max_leverage=40, margin_table=56
        ),
        PerpListing(
            asset=HYPE_PERP, name="HYPE", dex=0, sz_decimals=2, max_leverage=10, margin_table=52
        ),
    ),
    pairs=(
        PairListing(pair=HYPE_USDC, base=HYPE, quote=USDC, has_perp=True, perp=HYPE_PERP),
        PairListing(pair=UBTC_USDC, base=UBTC, quote=USDC, has_perp=True, perp=BTC_PERP),
        PairListing(pair=USDT0_USDC, base=USDT0, quote=USDC, has_perp=False, perp=0),
    ),
)


def stage(**policy: Any) -> Venue:
    """Return the market with prices and funds: BTC at 100,000, HYPE at 50."""
    genesis = replace(SMALL_MARKET, policy=replace(POLICY, **policy))
    venue = Venue(genesis, now=START)
    set_prices(venue, btc="100000", hype="50", usdt0="1")
    supplier, maker = venue.account("supplier"), venue.account("maker")
    supplier.fund(USDC, 100_000_000 * USDC_WEI)
    supplier.supply(USDC, 50_000_000 * USDC_WEI)
    for listed, amount in (
        (USDC, 10**9 * USDC_WEI),
        (HYPE, 10**7 * HYPE_WEI),
        (UBTC, 10**4 * UBTC_WEI),
        (USDT0, 10**9 * USDT0_WEI),
    ):
        maker.fund(listed, amount)
        maker.deposit(listed, amount)
    maker.transfer_perp(0, 500_000_000 * USD, to_perp=True)
    return venue


def set_prices(
    venue: Venue, btc: str | None = None, hype: str | None = None, usdt0: str | None = None
) -> None:
    """Report spot, mark and oracle of a coin at one price, decimal USD."""
    spots, perps = [], []
    for px, pair, sz, asset in ((btc, UBTC_USDC, 5, BTC_PERP), (hype, HYPE_USDC, 2, HYPE_PERP)):
        if px is not None:
            spots.append(SpotPrice(pair=pair, px=parse_units(px, 8 - sz, "px")))
            mark = parse_units(px, 6 - sz, "px")
            perps.append(PerpPrice(asset=asset, mark=mark, oracle=mark))
    if usdt0 is not None:
        spots.append(SpotPrice(pair=USDT0_USDC, px=parse_units(usdt0, 6, "px")))
    venue.account("admin").report_prices(tuple(spots), tuple(perps), usdc_px=10**8)


def portfolio_account(venue: Venue, who: str, **balances: int) -> Actor:
    """Return an account in portfolio margin with deposits by token name, token wei."""
    actor = venue.account(who)
    actor.set_mode(Mode.PORTFOLIO_MARGIN)
    for name, amount in balances.items():
        actor.fund(name.upper(), amount)
        actor.deposit(name.upper(), amount)
    return actor


def buy(actor: Actor, asset: int | str, sz: int) -> None:
    """Buy at whatever price."""
    actor.order(asset, is_buy=True, sz=sz, limit_px=2**64 - 1)


def sell(actor: Actor, asset: int | str, sz: int) -> None:
    """Sell at whatever price."""
    actor.order(asset, is_buy=False, sz=sz, limit_px=0)


def usd(value: int, decimals: int) -> Decimal:
    """Return an amount as decimal USD, exactly."""
    return Decimal(value).scaleb(-decimals)


def tables(venue: Venue) -> Any:
    """Return everything that is stored."""
    return venue.to_json()["tables"]
