"""Listing tokens, dexes, perps and pairs, and who may. SPEC CR-01, CR-04, CR-06."""

from __future__ import annotations

from typing import Any

import pytest
from support.evm import DEPLOYER
from support.venue import (
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    KEEPER,
    RAY,
    STABLE_CURVE,
    TRADER,
    UBTC,
    UBTC_USDC,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    Market,
    policy,
    refusal,
)

ERC20 = "0x" + "e2" * 20


def listing(**changes: Any) -> tuple[Any, ...]:
    """Return the listing of a token 900, with some fields changed."""
    fields: dict[str, Any] = {
        "token": 900,
        "name": "NEW",
        "erc20": ERC20,
        "evm_decimals": 18,
        "wei_decimals": 8,
        "sz_decimals": 2,
        "ltv_bps": 5_000,
        "borrowable": True,
        "user_supply_cap": 1,
        "user_borrow_cap": 2,
        "global_supply_cap": 3,
        "global_borrow_cap": 4,
        "curve": STABLE_CURVE,
        "liquidation_width": 5,
    }
    return tuple({**fields, **changes}.values())


def test_list_token_tells_all_that_was_listed(market: Market) -> None:
    market.registry("listToken", listing())
    assert market.evm.logs == [
        ("TokenListed", {"token": 900, "index": 4, "name": "NEW", "erc20": ERC20}),
        ("TokenFactorsSet", {"token": 900, "ltvBps": 5_000, "borrowable": True}),
        (
            "TokenCapsSet",
            {
                "token": 900,
                "userSupplyCap": 1,
                "userBorrowCap": 2,
                "globalSupplyCap": 3,
                "globalBorrowCap": 4,
            },
        ),
        ("RateCurveSet", {"token": 900, "curve": STABLE_CURVE}),
        ("LiquidationWidthSet", {"token": 900, "width": 5}),
    ]
    assert market.registry("tokenErc20", 900) == (ERC20, 18)
    params = market.registry("tokenParams", 900)
    assert (params["index"], params["weiDecimals"], params["szDecimals"]) == (4, 8, 2)
    assert (params["px"], params["pxTime"]) == (0, 0)
    assert params["liquidationWidth"] == 5
    assert market.registry("tokenIndex", 900) == 4


def test_list_token_zero_is_worth_a_dollar_for_ever(market: Market) -> None:
    params = market.registry("tokenParams", USDC)
    # Its grid has 8 - 8 decimals.
    assert (params["px"], params["pxTime"]) == (1, 2**40 - 1)


def test_list_token_twice_is_refused(market: Market) -> None:
    refused = refusal(market.registry, "listToken", listing(token=HYPE), sender=DEPLOYER)
    assert refused == ("AlreadyListed", (HYPE,))


@pytest.mark.parametrize(
    ("wei", "size", "evm"),
    [(5, 2, 18), (19, 2, 18), (8, 9, 18), (8, 2, 25), (6, 8, 18)],
)
def test_list_token_with_decimals_out_of_range_is_refused(
    market: Market, wei: int, size: int, evm: int
) -> None:
    # A size step finer than a wei could not be paid: 8 size decimals of 6.
    bad = listing(wei_decimals=wei, sz_decimals=size, evm_decimals=evm)
    refused = refusal(market.registry, "listToken", bad, sender=DEPLOYER)
    assert refused == ("DecimalsOutOfRange", (wei, size, evm))


def test_list_token_with_a_loan_to_value_of_one_is_refused(market: Market) -> None:
    refused = refusal(market.registry, "listToken", listing(ltv_bps=10_000), sender=DEPLOYER)
    assert refused == ("LtvTooHigh", (10_000, 9_999))
    market.registry("listToken", listing(ltv_bps=9_999))


@pytest.mark.parametrize(
    ("curve", "value", "maximum"),
    [
        ((0, 0, RAY + 1, 0, False), RAY + 1, RAY),
        ((0, 0, RAY, WAD + 1, False), WAD + 1, WAD),
        ((5_000 * RAY + 1, 0, RAY, 0, False), 5_000 * RAY + 1, 5_000 * RAY),
        ((0, 5_000 * RAY + 1, RAY, 0, True), 5_000 * RAY + 1, 5_000 * RAY),
    ],
)
def test_list_token_with_a_curve_out_of_range_is_refused(
    market: Market, curve: tuple[int, ...], value: int, maximum: int
) -> None:
    for function, args in (("listToken", (listing(curve=curve),)), ("setRateCurve", (USDC, curve))):
        refused = refusal(market.registry, function, *args, sender=DEPLOYER)
        assert refused == ("FractionTooHigh", (value, maximum))


@pytest.mark.parametrize(
    ("curve", "value", "unit"),
    [
        ((0, 0, 1, 0, False), 1, 10**12),
        ((0, 0, RAY, WAD - 1, False), WAD - 1, 1_000),
        ((10**12 - 1, 0, RAY, 0, False), 10**12 - 1, 10**12),
        ((0, 5 * 10**11, RAY, 0, True), 5 * 10**11, 10**12),
    ],
)
def test_list_token_with_a_curve_of_more_than_15_decimals_is_refused(
    market: Market, curve: tuple[int, ...], value: int, unit: int
) -> None:
    """SPEC BL-23."""
    for function, args in (("listToken", (listing(curve=curve),)), ("setRateCurve", (USDC, curve))):
        refused = refusal(market.registry, function, *args, sender=DEPLOYER)
        assert refused == ("FigureTooFine", (value, unit))


@pytest.mark.parametrize(
    "curve",
    [
        (10**12, 2 * 10**12, 3 * 10**12, 4 * 10**3, False),
        (5_000 * RAY, 5_000 * RAY, RAY, WAD, True),
        (5_000 * RAY - 10**12, 4_999 * RAY, RAY - 10**12, WAD - 10**3, False),
    ],
)
def test_set_rate_curve_keeps_the_finest_and_the_largest_figures(
    market: Market, curve: tuple[int, ...]
) -> None:
    """SPEC BL-23."""
    market.registry("setRateCurve", USDC, curve)
    assert tuple(market.registry("tokenParams", USDC)["curve"].values()) == curve


def test_list_token_beyond_the_bitmap_is_refused(market: Market) -> None:
    for token in range(1_000, 1_060):
        market.registry("listToken", listing(token=token))
    refused = refusal(market.registry, "listToken", listing(), sender=DEPLOYER)
    assert refused == ("ListingFull", (64,))
    assert market.registry("tokenIndex", 1_059) == 63


def test_list_dex_names_its_collateral(market: Market) -> None:
    market.registry("listDex", 5, "xyz", USDT0)
    assert market.event("DexListed") == {"dex": 5, "index": 1, "name": "xyz", "collateral": USDT0}
    assert market.registry("dexOf", 5) == (1, USDT0)


def test_list_dex_out_of_order_is_refused(market: Market) -> None:
    for args, error in (
        ((0, "again", USDC), ("AlreadyListed", (0,))),
        ((5, "xyz", 999), ("UnknownToken", (999,))),
    ):
        assert refusal(market.registry, "listDex", *args, sender=DEPLOYER) == error
    for dex in range(1, 32):
        market.registry("listDex", dex, str(dex), USDC)
    refused = refusal(market.registry, "listDex", 32, "32", USDC, sender=DEPLOYER)
    assert refused == ("ListingFull", (32,))


def test_list_perp_tells_what_was_listed(market: Market) -> None:
    market.registry("listPerp", (5, "SOL", 0, 2, 10, 52))
    assert market.event("PerpListed") == {"asset": 5, "index": 2, "name": "SOL", "dex": 0}
    params = market.registry("perpParams", 5)
    assert (params["index"], params["dex"]) == (2, 0)
    assert (params["szDecimals"], params["maxLeverage"]) == (2, 10)
    assert (params["mark"], market.registry("perpOraclePx", 5)) == (0, 0)
    assert [t["maxLeverage"] for t in params["table"]] == [10, 5]


@pytest.mark.parametrize(
    ("perp", "error"),
    [
        ((BTC_PERP, "BTC", 0, 5, 40, 56), ("AlreadyListed", (BTC_PERP,))),
        ((5, "SOL", 9, 2, 10, 52), ("UnknownDex", (9,))),
        ((5, "SOL", 0, 2, 10, 99), ("UnknownMarginTable", (99,))),
        ((5, "SOL", 0, 7, 10, 52), ("SizeDecimalsOutOfRange", (7, 6))),
        # A leverage of zero divides by zero; one above the table's asks for too little margin.
        ((5, "SOL", 0, 2, 0, 52), ("LeverageOutOfRange", (5, 0, 10))),
        ((5, "SOL", 0, 2, 11, 52), ("LeverageOutOfRange", (5, 11, 10))),
    ],
)
def test_list_perp_out_of_order_is_refused(
    market: Market, perp: tuple[Any, ...], error: tuple[str, tuple[Any, ...]]
) -> None:
    assert refusal(market.registry, "listPerp", perp, sender=DEPLOYER) == error


def test_list_perp_beyond_the_bitmap_is_refused(market: Market) -> None:
    for asset in range(1_000, 1_254):
        market.registry("listPerp", (asset, "P", 0, 2, 10, 52))
    refused = refusal(market.registry, "listPerp", (5, "SOL", 0, 2, 10, 52), sender=DEPLOYER)
    assert refused == ("ListingFull", (256,))


def test_list_perp_of_a_single_tier_needs_no_table(market: Market) -> None:
    """SPEC CR-04: a table id below 50 is the leverage of its only tier."""
    market.registry("listPerp", (5, "SOL", 0, 2, 15, 20))
    assert market.event("MarginTableSet") == {
        "table": 20,
        "lowerBounds": (0,),
        "maxLeverages": (20,),
    }
    tiers = market.registry("perpParams", 5)["table"]
    assert [(t["lowerBound"], t["maxLeverage"], t["rate"], t["scale"]) for t in tiers] == [
        (0, 20, 1, 40)
    ]
    market.registry("listPerp", (6, "ETH", 0, 2, 20, 20))
    assert market.event_names() == ["PerpListed"]
    refused = refusal(market.registry, "listPerp", (7, "X", 0, 2, 21, 20), sender=DEPLOYER)
    assert refused == ("LeverageOutOfRange", (7, 21, 20))
    for table in (0, 50):
        refused = refusal(market.registry, "listPerp", (7, "X", 0, 2, 1, table), sender=DEPLOYER)
        assert refused == ("UnknownMarginTable", (table,))


def test_set_margin_table_of_a_single_tier_is_refused(market: Market) -> None:
    for table in (0, 20, 49):
        refused = refusal(market.registry, "setMarginTable", table, [0], [20], sender=DEPLOYER)
        assert refused == ("SingleTierTable", (table,))
    market.registry("setMarginTable", 50, [0], [20])


def test_list_pair_tells_its_tokens(market: Market) -> None:
    market.registry("listPair", (9, USDT0, USDC, False, 0))
    assert market.event("PairListed") == {"pair": 9, "base": USDT0, "quote": USDC}
    assert market.registry("pairOf", 9) == (USDT0, USDC, 0, 0)


@pytest.mark.parametrize(
    ("pair", "error"),
    [
        ((HYPE_USDC, HYPE, USDC, False, 0), ("AlreadyListed", (HYPE_USDC,))),
        ((9, 999, USDC, False, 0), ("UnknownToken", (999,))),
        ((9, HYPE, 999, False, 0), ("UnknownToken", (999,))),
        ((9, HYPE, USDC, True, 99), ("UnknownAsset", (99,))),
    ],
)
def test_list_pair_out_of_order_is_refused(
    market: Market, pair: tuple[Any, ...], error: tuple[str, tuple[Any, ...]]
) -> None:
    assert refusal(market.registry, "listPair", pair, sender=DEPLOYER) == error


def test_list_pair_beyond_what_a_report_can_walk_is_refused(market: Market) -> None:
    for pair in range(1_000, 1_062):
        market.registry("listPair", (pair, HYPE, USDC, False, 0))
    refused = refusal(market.registry, "listPair", (9, HYPE, USDC, False, 0), sender=DEPLOYER)
    assert refused == ("ListingFull", (64,))


def test_listed_and_names_answer_in_listing_order(market: Market) -> None:
    assert market.registry("listed") == (
        [USDC, HYPE, UBTC, USDT0],
        [0],
        [BTC_PERP, HYPE_PERP],
        [HYPE_USDC, UBTC_USDC],
    )
    assert market.registry("names") == (["USDC", "HYPE", "UBTC", "USDT0"], [""], ["BTC", "HYPE"])


def test_views_of_what_is_not_listed_are_refused(market: Market) -> None:
    for function, error in (
        ("tokenIndex", "UnknownToken"),
        ("tokenParams", "UnknownToken"),
        ("tokenErc20", "UnknownToken"),
        ("perpParams", "UnknownAsset"),
        ("perpOraclePx", "UnknownAsset"),
        ("dexOf", "UnknownDex"),
        ("pairOf", "UnknownPair"),
        ("perpOfPair", "UnknownPair"),
    ):
        assert refusal(market.registry, function, 999, sender=TRADER) == (error, (999,))


RISK_ADMIN_CALLS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("listToken", (listing(),)),
    ("setTokenFactors", (HYPE, 6_500, False)),
    ("setTokenCaps", (HYPE, 1, 1, 1, 1)),
    ("setLiquidationWidth", (HYPE, 300_000 * WAD)),
    ("setRateCurve", (USDC, STABLE_CURVE)),
    ("listDex", (5, "xyz", USDC)),
    ("setMarginTable", (60, [0], [10])),
    ("listPerp", ((5, "SOL", 0, 2, 10, 52),)),
    ("listPair", ((9, USDT0, USDC, False, 0),)),
    ("setPolicy", (policy(),)),
)


@pytest.mark.parametrize(("function", "args"), RISK_ADMIN_CALLS, ids=lambda v: str(v)[:16])
def test_risk_admin_alone_lists_and_sets(
    market: Market, function: str, args: tuple[Any, ...]
) -> None:
    role = market.registry("RISK_ADMIN")
    refused = refusal(market.registry, function, *args, sender=TRADER)
    assert refused == ("AccessControlUnauthorizedAccount", (TRADER, role))
    market.registry("grantRole", role, TRADER)
    assert market.event("RoleGranted") == {"role": role, "account": TRADER, "sender": DEPLOYER}
    market.registry(function, *args, sender=TRADER)


def test_reporter_alone_reports(market: Market) -> None:
    role = market.registry("REPORTER")
    refused = refusal(market.registry, "reportPrices", [], [], 10**8, sender=KEEPER)
    assert refused == ("AccessControlUnauthorizedAccount", (KEEPER, role))
    market.registry("grantRole", role, KEEPER)
    market.registry("reportPrices", [], [], 10**8, sender=KEEPER)
    market.registry("revokeRole", role, KEEPER)
    assert market.event("RoleRevoked") == {"role": role, "account": KEEPER, "sender": DEPLOYER}
    refused = refusal(market.registry, "reportPrices", [], [], 10**8, sender=KEEPER)
    assert refused == ("AccessControlUnauthorizedAccount", (KEEPER, role))


def test_roles_are_given_by_the_admin_alone(market: Market) -> None:
    role = market.registry("REPORTER")
    refused = refusal(market.registry, "grantRole", role, TRADER, sender=TRADER)
    assert refused == ("AccessControlUnauthorizedAccount", (TRADER, bytes(32)))
    refused = refusal(market.registry, "revokeRole", role, DEPLOYER, sender=TRADER)
    assert refused == ("AccessControlUnauthorizedAccount", (TRADER, bytes(32)))
    refused = refusal(market.registry, "renounceRole", role, DEPLOYER, sender=TRADER)
    assert refused == ("AccessControlBadConfirmation", ())
    refused = refusal(market.registry, "requireRole", role, TRADER, sender=TRADER)
    assert refused == ("AccessControlUnauthorizedAccount", (TRADER, role))
    market.registry("renounceRole", role, DEPLOYER)
    gone = {"role": role, "account": DEPLOYER, "sender": DEPLOYER}
    assert market.event("RoleRevoked") == gone


def test_unlimited_is_what_a_cap_never_stated_means(market: Market) -> None:
    params = market.registry("tokenParams", USDC)
    assert params["globalBorrowCap"] == params["userSupplyCap"] == UNLIMITED


def test_names_and_tables_are_told_one_by_one(market: Market) -> None:
    registry = market.registry
    assert registry("tokenName", UBTC) == "UBTC"
    assert registry("perpListing", BTC_PERP) == ("BTC", 56)
    assert refusal(registry, "tokenName", 999, sender=TRADER) == ("UnknownToken", (999,))
    assert refusal(registry, "perpListing", 999, sender=TRADER) == ("UnknownAsset", (999,))
