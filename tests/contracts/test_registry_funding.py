"""The funding index of a perp: what is charged, when it is stored. SPEC FD-01 to FD-06."""

from __future__ import annotations

import pytest
from support.evm import DEPLOYER
from support.venue import HYPE_PERP, WAD, Market, policy, refusal

ONE = 10**8
RATE = WAD * 11_875 // 10**7
"""0.11875 %, an hour's rate at a premium of 1 %."""
HOUR = 10**6 * RATE
"""What a unit of size pays in that hour where the oracle price is 10^6 units."""
BTC_HOUR = 10**6 * WAD // 80_000
"""The same without a premium: 0.00125 %."""


def report(market: Market, mark: int, oracle: int = 10**6) -> None:
    """Report HYPE's perp in units of its price."""
    market.registry("reportPrices", [], [(HYPE_PERP, mark, oracle)], ONE)


@pytest.fixture
def hourly(market: Market) -> Market:
    """Give a market by the hour, at a premium of 1 %, half an hour before an hour turns."""
    market.evm.warp(3_600 - market.evm.timestamp % 3_600 + 1_800)
    market.set_policy(funding_interval=3_600)
    report(market, 1_010_000)
    return market


def funding(market: Market) -> tuple[int, int, int]:
    """Return the index up to now, the hourly rate, and the hours not stored yet."""
    found = market.registry("fundingOf", HYPE_PERP)
    assert market.registry("perpParams", HYPE_PERP)["fundingIndex"] == found["index"]
    reader = market.evm.deploy("RegistryReader")
    params = reader("accountParams", market.registry.address, 0, 0, 0, 0, False, 1, 0b11)
    perps = params["perps"]
    assert perps[1]["fundingIndex"] == found["index"]
    return found["index"], found["hourlyRate"], found["turned"]


def test_index_follows_the_clock_without_a_call(hourly: Market) -> None:
    assert funding(hourly) == (0, RATE, 0)
    hourly.evm.warp(1_800)
    assert funding(hourly) == (HOUR, RATE, 1)
    hourly.evm.warp(3_599)
    assert funding(hourly) == (HOUR, RATE, 1)
    hourly.evm.warp(2 * 3_600 + 1)
    assert funding(hourly) == (4 * HOUR, RATE, 4)


def test_report_stores_the_hours_at_the_old_prices(hourly: Market) -> None:
    hourly.evm.warp(1_800 + 3_600)
    report(hourly, 990_000, 2 * 10**6)
    assert hourly.event("FundingCharged") == {
        "asset": HYPE_PERP,
        "turned": 2,
        "hourlyRate": RATE,
        "index": 2 * HOUR,
    }
    assert hourly.event_names()[:2] == ["FundingCharged", "PerpPriceSet"]
    found = hourly.registry("fundingOf", HYPE_PERP)
    assert (found["index"], found["turned"]) == (2 * HOUR, 0)
    assert found["chargedAt"] == hourly.evm.timestamp


def test_report_within_the_hour_charges_nothing(hourly: Market) -> None:
    hourly.evm.warp(1_799)
    report(hourly, 1_000_000)
    assert "FundingCharged" not in hourly.event_names()
    # The hour turns at the prices that stand then, and only once however many reports there are.
    hourly.evm.warp(1)
    report(hourly, 1_010_000)
    assert hourly.event("FundingCharged")["hourlyRate"] == WAD // 80_000
    report(hourly, 1_020_000)
    assert "FundingCharged" not in hourly.event_names()
    assert funding(hourly)[0] == 10**6 * WAD // 80_000


def test_index_falls_at_a_discount(hourly: Market) -> None:
    report(hourly, 990_000)
    hourly.evm.warp(3_600)
    assert funding(hourly) == (-HOUR, -RATE, 1)
    report(hourly, 990_000)
    assert funding(hourly) == (-HOUR, -RATE, 0)


@pytest.mark.parametrize(("mark", "side"), [(2**64 - 1, 1), (1, -1)])
def test_index_of_the_wildest_prices_fits(hourly: Market, mark: int, side: int) -> None:
    report(hourly, mark, 2**64 - 1 if side < 0 else 1)
    hourly.evm.warp(2**39)
    turned = (hourly.evm.timestamp // 3_600) - (hourly.evm.timestamp - 2**39) // 3_600
    oracle = 2**64 - 1 if side < 0 else 1
    assert funding(hourly) == (side * oracle * WAD // 25 * turned, side * WAD // 25, turned)
    report(hourly, 10**6)
    assert funding(hourly)[0] == side * oracle * WAD // 25 * turned


def test_perp_without_a_price_has_no_funding(hourly: Market) -> None:
    hourly.registry("listPerp", (7, "NEW", 0, 2, 10, 52))
    hourly.evm.warp(36_000)
    nothing = {"index": 0, "hourlyRate": 0, "turned": 0, "chargedAt": 0}
    assert hourly.registry("fundingOf", 7) == nothing
    # Hours before the first price are nobody's.
    hourly.registry("reportPrices", [], [(7, 1_010_000, 10**6)], ONE)
    assert "FundingCharged" not in hourly.event_names()
    found = hourly.registry("fundingOf", 7)
    assert (found["index"], found["hourlyRate"]) == (0, RATE)


def test_funding_of_what_is_not_listed_is_refused(market: Market) -> None:
    refused = refusal(market.registry, "fundingOf", 999, sender=DEPLOYER)
    assert refused == ("UnknownAsset", (999,))


def test_change_of_the_interval_stores_the_hours_of_the_old_one(hourly: Market) -> None:
    hourly.evm.warp(3_600)
    hourly.registry("setPolicy", policy(funding_interval=60))
    # Of both perps: BTC's mark is its oracle price.
    assert hourly.evm.logs[:2] == [
        ("FundingCharged", {"asset": asset, "turned": 1, "hourlyRate": rate, "index": index})
        for asset, rate, index in ((0, WAD // 80_000, BTC_HOUR), (HYPE_PERP, RATE, HOUR))
    ]
    assert hourly.event_names()[2:] == ["PolicySet"]
    assert funding(hourly) == (HOUR, RATE, 0)
    hourly.evm.warp(60)
    assert funding(hourly) == (2 * HOUR, RATE, 1)


def test_policy_of_the_same_interval_stores_nothing(hourly: Market) -> None:
    hourly.evm.warp(3_600)
    hourly.set_policy(funding_interval=3_600, perp_fee_ppm=450)
    assert hourly.event_names() == ["PolicySet"]
    assert funding(hourly) == (HOUR, RATE, 1)


def test_interval_of_zero_stops_the_index(hourly: Market) -> None:
    hourly.evm.warp(3_600)
    hourly.set_policy(funding_interval=0)
    hourly.evm.warp(86_400)
    assert funding(hourly) == (HOUR, RATE, 0)
