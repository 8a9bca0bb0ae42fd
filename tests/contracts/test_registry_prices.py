"""Reported prices: the median, its time, and what is refused. SPEC OR-01 to OR-03."""

from __future__ import annotations

import pytest
from support.evm import DEPLOYER
from support.venue import (
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    UBTC,
    UBTC_USDC,
    USDC,
    USDT0,
    Market,
    refusal,
)

ONE = 10**8


def btc_px(market: Market) -> int:
    px: int = market.registry("tokenParams", UBTC)["px"]
    return px


def test_report_of_spot_mark_and_oracle_sets_their_median(market: Market) -> None:
    # Spot 78,316.6. Mark 78,347 and oracle 78,340 over 1.0005 are 78,307.846 and 78,300.85, to the
    # nearest on the grid of 0.001. The middle one is the mark's.
    market.registry(
        "reportPrices", [(UBTC_USDC, 78_316_600)], [(BTC_PERP, 783_470, 783_400)], 100_050_000
    )
    assert market.event_names() == [
        "PerpPriceSet",
        "SpotPriceSet",
        "BorrowPriceSet",
        "BorrowPriceSet",
    ]
    assert market.event("PerpPriceSet") == {
        "asset": BTC_PERP,
        "mark": 783_470,
        "oracle": 783_400,
    }
    assert market.event("SpotPriceSet") == {"pair": UBTC_USDC, "px": 78_316_600}
    # HYPE's price moves as well, by USDC's own: 50 spot, and 49.975012 twice.
    borrow = [v for n, v in market.evm.logs if n == "BorrowPriceSet"]
    assert borrow == [{"token": HYPE, "px": 49_975_012}, {"token": UBTC, "px": 78_307_846}]
    assert btc_px(market) == 78_307_846
    assert market.registry("usdcPx") == 100_050_000
    assert market.registry("perpOraclePx", BTC_PERP) == 783_400


@pytest.mark.parametrize(
    ("spot", "mark", "oracle", "px"),
    [
        (100_000_000, 1_000_000, 1_000_000, 100_000_000),
        (90_000_000, 1_000_000, 1_100_000, 100_000_000),
        (110_000_000, 1_000_000, 900_000, 100_000_000),
        (105_000_000, 1_100_000, 900_000, 105_000_000),
        (80_000_000, 900_000, 1_100_000, 90_000_000),
    ],
)
def test_report_takes_the_middle_one_whichever_it_is(
    market: Market, spot: int, mark: int, oracle: int, px: int
) -> None:
    market.registry("reportPrices", [(UBTC_USDC, spot)], [(BTC_PERP, mark, oracle)], ONE)
    assert btc_px(market) == px


def test_report_of_a_pair_without_a_perp_sets_the_spot_price(market: Market) -> None:
    market.registry("listPair", (9, USDT0, USDC, False, 0))
    market.registry("reportPrices", [(9, 999_930)], [], 100_050_000)
    assert market.registry("tokenParams", USDT0)["px"] == 999_930
    assert market.registry("pairOf", 9) == (USDT0, USDC, 999_930, market.evm.timestamp)


def test_report_waits_for_every_component(market: Market) -> None:
    market.registry("listPerp", (7, "NEW", 0, 2, 10, 52))
    market.registry("listPair", (9, USDT0, USDC, True, 7))
    market.registry("reportPrices", [(9, 999_930)], [], ONE)
    assert market.registry("tokenParams", USDT0)["px"] == 0
    market.registry("reportPrices", [], [(7, 9_990, 9_990)], ONE)
    # Mark 0.9990 on USDT0's grid is 0.999000, twice.
    assert market.registry("tokenParams", USDT0)["px"] == 999_000


def test_report_of_a_pair_in_another_quote_sets_no_borrow_price(market: Market) -> None:
    market.registry("listPair", (9, HYPE, USDT0, False, 0))
    before = market.registry("tokenParams", HYPE)["px"]
    market.registry("reportPrices", [(9, 1)], [], ONE)
    assert market.registry("tokenParams", HYPE)["px"] == before


def test_report_never_moves_the_quote_itself(market: Market) -> None:
    """SPEC CR-01: token 0 is worth one USD, whatever pairs are listed."""
    market.registry("listPair", (9, USDC, USDC, False, 0))
    market.registry("reportPrices", [(9, 2)], [], ONE)
    params = market.registry("tokenParams", USDC)
    assert (params["px"], params["pxTime"]) == (1, 2**40 - 1)


def test_price_is_as_old_as_its_oldest_component(market: Market) -> None:
    start = market.evm.timestamp
    market.evm.warp(100)
    market.registry("reportPrices", [(UBTC_USDC, 100_000_000)], [], ONE)
    assert market.registry("tokenParams", UBTC)["pxTime"] == start
    market.registry("reportPrices", [], [(BTC_PERP, 1_000_000, 1_000_000)], ONE)
    assert market.registry("tokenParams", UBTC)["pxTime"] == start + 100
    assert market.registry("perpParams", BTC_PERP)["pxTime"] == start + 100
    assert market.registry("perpParams", HYPE_PERP)["pxTime"] == start


@pytest.mark.parametrize(
    ("spots", "perps", "usdc", "error"),
    [
        ([(UBTC_USDC, 0)], [], ONE, ("PriceZero", (UBTC_USDC,))),
        ([], [(HYPE_PERP, 0, 1)], ONE, ("PriceZero", (HYPE_PERP,))),
        ([], [(HYPE_PERP, 1, 0)], ONE, ("PriceZero", (HYPE_PERP,))),
        ([], [], 0, ("PriceZero", (USDC,))),
        ([(999, 1)], [], ONE, ("UnknownPair", (999,))),
        ([], [(999, 1, 1)], ONE, ("UnknownAsset", (999,))),
    ],
)
def test_report_of_zero_or_of_what_is_not_listed_is_refused(
    market: Market,
    spots: list[tuple[int, ...]],
    perps: list[tuple[int, ...]],
    usdc: int,
    error: tuple[str, tuple[int, ...]],
) -> None:
    refused = refusal(market.registry, "reportPrices", spots, perps, usdc, sender=DEPLOYER)
    assert refused == error


def test_report_whose_median_rounds_to_nothing_is_refused(market: Market) -> None:
    # 0.1 over a USDC price of 10^10 is below the grid of 0.001, twice.
    args = ([(UBTC_USDC, 1)], [(BTC_PERP, 1, 1)], 10**18)
    refused = refusal(market.registry, "reportPrices", *args, sender=DEPLOYER)
    assert refused[0] == "PriceZero"


def test_report_within_the_bound_passes_and_beyond_it_is_refused(market: Market) -> None:
    # 10 % of 100,000 is 10,000, either way.
    market.set_policy(max_move_bps=1_000)
    for spot in (110_000_001, 89_999_999):
        refused = refusal(
            market.registry, "reportPrices", [(UBTC_USDC, spot)], [], ONE, sender=DEPLOYER
        )
        assert refused == ("PriceMoveTooLarge", (UBTC_USDC, 100_000_000, spot, 1_000))
    for mark, oracle, bad in ((1_100_001, 1_000_000, 1_100_001), (1_000_000, 899_999, 899_999)):
        refused = refusal(
            market.registry, "reportPrices", [], [(BTC_PERP, mark, oracle)], ONE, sender=DEPLOYER
        )
        assert refused == ("PriceMoveTooLarge", (BTC_PERP, 1_000_000, bad, 1_000))
    market.registry(
        "reportPrices", [(UBTC_USDC, 110_000_000)], [(BTC_PERP, 1_100_000, 900_000)], ONE
    )
    market.registry("reportPrices", [(HYPE_USDC, 45_000_000)], [], ONE)


def test_report_of_usdcs_own_price_beyond_the_bound_is_refused(market: Market) -> None:
    """SPEC OR-03. USDC's price divides both perp components, so it moves the median as well."""
    market.set_policy(max_move_bps=1_000)
    refused = refusal(market.registry, "reportPrices", [], [], ONE * 89 // 100, sender=DEPLOYER)
    assert refused == ("PriceMoveTooLarge", (USDC, ONE, ONE * 89 // 100, 1_000))
    market.registry("reportPrices", [], [], ONE * 90 // 100)
    # 1 / 0.9 = 1.111…: both perp components lie above spot now.
    assert btc_px(market) == 111_111_111


def test_first_report_of_an_asset_has_no_bound(market: Market) -> None:
    market.set_policy(max_move_bps=1)
    market.registry("listPerp", (7, "NEW", 0, 2, 10, 52))
    market.registry("reportPrices", [], [(7, 12_345, 54_321)], ONE)
    assert market.registry("perpParams", 7)["mark"] == 12_345
