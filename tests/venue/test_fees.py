"""A parameter file with the venue's base fees, traded under. SPEC CH-06."""

from __future__ import annotations

from venue.stage import BTC_PERP, START, USDC, USDC_WEI, buy

from pmkit.chain.listing import GENESIS_PRICES, genesis_prices
from pmkit.params import load_params
from pmkit.policy import USD, Policy
from pmkit.venue import Venue
from pmkit.venue.events import Filled
from pmkit.venue.records import PerpPrice, SpotPrice


def test_order_under_the_base_fees_pays_them() -> None:
    fees = Policy(perp_taker_fee_ppm=450, spot_taker_fee_ppm=700)
    params = load_params("current").with_policy(fees)
    venue = Venue(params, now=START)
    prices = genesis_prices(params, GENESIS_PRICES)
    spots = tuple(SpotPrice(pair=pair, px=px) for pair, px in prices.spots)
    perps = tuple(PerpPrice(asset=a, mark=m, oracle=o) for a, m, o in prices.perps)
    venue.account("admin").report_prices(spots, perps, usdc_px=prices.usdc_px)
    for who in ("maker", "trader"):
        actor = venue.account(who)
        actor.fund(USDC, 10**6 * USDC_WEI)
        actor.deposit(USDC, 10**6 * USDC_WEI)
        actor.transfer_perp(0, 500_000 * USD, to_perp=True)
    buy(venue.account("trader"), BTC_PERP, 10**5)
    # 1 BTC at 100,000: 0.045 % are 45 USD.
    (filled,) = [event for event in venue.events if isinstance(event, Filled)]
    assert filled.fee == 45 * USD
