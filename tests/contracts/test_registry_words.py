"""What the venue's libraries read in the registry's words is what its views tell. SPEC CR-08."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pyrevm
import pytest
from contracts.test_registry_listing import listing
from eth_utils.crypto import keccak
from support.evm import DEPLOYER
from support.twins import snake_case
from support.venue import (
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    TRADER,
    UBTC,
    USDC,
    WAD,
    Market,
    policy,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 2**64 - 1
WHOLE_POLICY = 127
PERPS = 0b11
NO_CURVE = {"base": 0, "slope": 0, "kink": 0, "protocolShare": 0, "annual": False}


@pytest.fixture
def read(market: Market) -> Callable[..., Any]:
    """Give what a library reads of the market's registry, by name."""
    reader = market.evm.deploy("RegistryReader")
    return lambda name, *args: reader(name, market.registry.address, *args)


def test_policy_is_read_field_by_field(market: Market, read: Callable[..., Any]) -> None:
    """Every field differs from all others, so that none can stand for another."""
    names = (
        "debt_step step_cadence episode_timeout min_step perp_threshold perp_part perp_cooldown "
        "perp_backstop_ratio leg_seed max_price_age max_liquidation_price_age max_move_bps "
        "perp_fee_ppm spot_fee_ppm enable_min_volume enable_min_value enable_max_value "
        "enable_volume_days funding_interval twap_half_life buffer_interval reward_ppm"
    )
    fields = {name: 1_001 + i for i, name in enumerate(names.split())}
    for odd in (False, True):
        margin = (7, odd, 8, not odd, odd, not odd, odd, 9)
        market.set_policy(
            **fields,
            margin=margin,
            leg_order=2,
            leaves_flat=odd,
            debt_step_needs_low_health=not odd,
        )
        told = market.registry("policy")
        assert read("policy", WHOLE_POLICY) == told
        assert told["margin"] == {
            "trigger": 7,
            "triggerInclusive": odd,
            "borrowOffset": 8,
            "strictLtv": not odd,
            "capEach": odd,
            "sweepDust": 9,
            "secondTrigger": not odd,
            "perpShortfallTrigger": odd,
        }
        # What only sweeps read comes along where they may have room to move something.
        params = read("accountParams", 0, 0, 0, 0, False, 0, 0)
        assert params["policy"] == {**told["margin"], "sweepDust": 0}
        params = read("accountParams", 0, 0, 0, 1, False, 0, 0)
        assert params["policy"] == told["margin"]
        assert params["maxPriceAge"] == told["maxPriceAge"]
        assert params["maxLiquidationPriceAge"] == told["maxLiquidationPriceAge"]


POLICY_PARTS: dict[int, tuple[str, ...]] = {
    3: ("margin",),
    4: ("debtStep", "stepCadence", "episodeTimeout", "minStep"),
    8: (
        "maxPriceAge",
        "maxLiquidationPriceAge",
        "perpFeePpm",
        "spotFeePpm",
        "twapHalfLife",
        "rewardPpm",
        "bufferInterval",
        "debtStepNeedsLowHealth",
    ),
    16: ("perpThreshold", "perpPart", "perpCooldown", "perpBackstopRatio", "legOrder"),
    32: (
        "enableMinVolume",
        "enableMinValue",
        "enableMaxValue",
        "enableVolumeDays",
        "leavesFlat",
    ),
    64: ("legSeed", "maxMoveBps", "fundingInterval"),
}
"""What is told of the policy where a part is asked for."""


def test_parts_of_the_policy_are_read_alone(market: Market, read: Callable[..., Any]) -> None:
    names = [name for fields in POLICY_PARTS.values() for name in fields if name != "margin"]
    others = ("leavesFlat", "debtStepNeedsLowHealth", "legOrder")
    market.set_policy(
        **{snake_case(name): 1_001 + i for i, name in enumerate(names) if name not in others},
        leaves_flat=True,
        debt_step_needs_low_health=True,
        leg_order=2,
    )
    told = market.registry("policy")
    nothing = read("policy", 0)
    assert not any(nothing[name] for name in names)
    assert not any(nothing["margin"].values())
    for asked in (some for n in range(7) for some in combinations(POLICY_PARTS, n)):
        fields = {name for part in asked for name in POLICY_PARTS[part]}
        expected = {name: (told if name in fields else nothing)[name] for name in told}
        assert read("policy", sum(asked)) == expected


PARTS: dict[int, dict[str, Any]] = {
    1: {"paused": 0},
    2: {"px": 0, "pxTime": 0, "szDecimals": 0, "ltvBps": 0},
    4: {"userSupplyCap": 0, "userBorrowCap": 0},
    8: {"curve": NO_CURVE},
    16: {"globalSupplyCap": 0, "globalBorrowCap": 0},
    32: {"liquidationWidth": 0},
}
"""What is not told where a part is not asked for."""


@pytest.mark.parametrize("token", [USDC, HYPE, UBTC])
def test_tokens_are_read_as_they_are_told(
    market: Market, read: Callable[..., Any], token: int
) -> None:
    market.registry("grantRole", keccak(text="GUARDIAN"), TRADER)
    market.registry("pause", 1, sender=TRADER)
    told = market.registry("tokenParams", token)
    erc20, evm_decimals = market.registry("tokenErc20", token)
    place = {
        "at": told["index"] + 1,
        "evmDecimals": evm_decimals,
        "erc20": erc20,
        "weiDecimals": told["weiDecimals"],
        "borrowable": told["borrowable"],
        "judgeable": True,
    }
    for asked in (some for n in range(7) for some in combinations(PARTS, n)):
        rest = [fields for part, fields in PARTS.items() if part not in asked]
        without = {name: nothing for fields in rest for name, nothing in fields.items()}
        assert read("tokenParams", token, sum(asked)) == ({**told, **without}, place)


def test_collateral_is_judgeable_once_it_has_a_price(
    market: Market, read: Callable[..., Any]
) -> None:
    """SPEC OR-09."""
    for token, ltv in ((900, 5_000), (901, 0)):
        market.registry("listToken", listing(token=token, ltv_bps=ltv))
        market.registry("listPair", (token, token, USDC, False, 0))
    told = [read("tokenParams", token, 0)[1]["judgeable"] for token in (900, 901)]
    assert told == [False, True]
    market.registry("reportPrices", [(900, 10**6), (901, 10**6)], [], 10**8)
    told = [read("tokenParams", token, 0)[1]["judgeable"] for token in (900, 901)]
    assert told == [True, True]


def test_token_that_becomes_collateral_stays_judgeable(
    market: Market, read: Callable[..., Any]
) -> None:
    """SPEC OR-09: it becomes collateral with a price alone."""
    market.registry("listToken", listing(token=901, ltv_bps=0))
    market.registry("listPair", (901, 901, USDC, False, 0))
    refused = refusal(market.registry, "setTokenFactors", 901, 5_000, False, sender=DEPLOYER)
    assert refused == ("PriceMissing", (901,))
    market.registry("reportPrices", [(901, 10**6)], [], 10**8)
    market.registry("setTokenFactors", 901, 5_000, False)
    params, place = read("tokenParams", 901, 2)
    assert (params["ltvBps"], params["px"] != 0, place["judgeable"]) == (5_000, True, True)


def test_borrowability_is_read_as_it_is_set(market: Market, read: Callable[..., Any]) -> None:
    for borrowable in (True, False, True):
        market.registry("setTokenFactors", UBTC, 5_000, borrowable)
        for parts in (0, 2):
            params, place = read("tokenParams", UBTC, parts)
            assert params["borrowable"] is place["borrowable"] is borrowable
        assert market.registry("tokenParams", UBTC)["borrowable"] is borrowable
        assert read("poolCaps", 0b100)[0]["borrowable"] is borrowable


@pytest.mark.parametrize("token", [1, 999, 2**64 - 1])
def test_words_of_an_unlisted_token_are_refused(market: Market, token: int) -> None:
    reader = market.evm.deploy("RegistryReader")
    refused = refusal(reader, "tokenParams", market.registry.address, token, 63, sender=TRADER)
    assert refused == ("UnknownToken", (token,))


def test_params_bring_the_collateral_of_the_dexes_along(read: Callable[..., Any]) -> None:
    # Bits: UBTC is 2, HYPE's perp is 1; the dex counts in USDC, which comes first.
    params = read("accountParams", 0b100, EVERY, EVERY, EVERY, True, 0b1, 0b10)
    assert [t["token"] for t in params["tokens"]] == [USDC, UBTC]
    assert [(d["index"], d["collateral"]) for d in params["dexes"]] == [(0, 0)]
    assert [(p["asset"], p["dex"]) for p in params["perps"]] == [(HYPE_PERP, 0)]
    assert params["policy"]["trigger"] == 95 * WAD // 100


def test_whole_params_are_those_of_the_assets(market: Market, read: Callable[..., Any]) -> None:
    params = read("accountParams", 0b101, EVERY, EVERY, EVERY, True, 0b1, PERPS)
    told = [market.registry("tokenParams", token) for token in (USDC, UBTC)]
    assert params["tokens"] == told
    perps = [market.registry("perpParams", asset) for asset in (BTC_PERP, HYPE_PERP)]
    assert params["perps"] == perps


def test_params_for_a_check_leave_out_what_it_does_not_read(
    market: Market, read: Callable[..., Any]
) -> None:
    params = read("accountParams", 0b101, 0b100, 0b1, 0, False, 0, 0)
    told = [market.registry("tokenParams", token) for token in (USDC, UBTC)]
    nothing = {"globalSupplyCap": 0, "globalBorrowCap": 0, "liquidationWidth": 0}
    assert params["tokens"] == [
        {**told[0], **nothing, "userSupplyCap": 0, "userBorrowCap": 0},
        {**told[1], **nothing, "curve": NO_CURVE},
    ]
    assert told[1]["curve"] != NO_CURVE


def test_dexes_bring_the_caps_of_their_collateral_along(
    market: Market, read: Callable[..., Any]
) -> None:
    usdc, ubtc = (market.registry("tokenParams", token) for token in (USDC, UBTC))
    no_cap = {"globalSupplyCap": 0, "globalBorrowCap": 0}
    params = read("accountParams", 0b101, EVERY, EVERY, 1 << 255, True, 0b1, 0)
    assert params["tokens"] == [usdc, {**ubtc, **no_cap}]
    params = read("accountParams", 0b101, EVERY, EVERY, 0, True, 0b1, 0)
    assert params["tokens"] == [{**usdc, **no_cap}, {**ubtc, **no_cap}]


@pytest.mark.parametrize(
    ("cap", "leading"),
    [
        (0, 0),
        (1, 1),
        (2**40 - 1, 2**40 - 1),
        (2**40, 2**40),
        (2**40 + 1, 2**40),
        (2**41 - 1, 2**41 - 2),
        (10**30 + 1, 10**30 - 10**30 % 2**60),
        (2**128 - 1, 2**128 - 2**88),
    ],
)
def test_leading_bits_of_a_supply_cap_stand_beside_the_price(
    market: Market, cap: int, leading: int
) -> None:
    market.set_caps(UBTC, user_supply=cap)
    told = market.registry("tokenParams", UBTC)
    assert told["userSupplyCap"] == cap
    word = market.registry("tokenWord", told["index"])
    assert word & (2**64 - 1) == UBTC
    assert word >> 64 & (2**64 - 1) == told["px"]
    assert (word >> 216) << (word >> 208 & 255) == leading


def test_caps_are_those_of_the_tokens(market: Market, read: Callable[..., Any]) -> None:
    told = [market.registry("tokenParams", token) for token in (USDC, UBTC)]
    fields = ("token", "index", "borrowable", "globalSupplyCap", "globalBorrowCap")
    assert read("poolCaps", 0b101) == [{name: p[name] for name in fields} for p in told]
    assert read("poolCaps", 0) == []


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("accountWords", (1 << 40, 0, 0)),
        ("accountWords", (0, 1 << 31, 0)),
        ("accountWords", (0, 0, 1 << 200)),
        ("tokenWord", (4,)),
    ],
)
def test_bits_of_nothing_listed_are_never_answered(
    market: Market, function: str, args: tuple[Any, ...]
) -> None:
    assert market.registry("listed")[0] == [USDC, HYPE, UBTC, 268]
    assert refusal(market.registry, function, *args, sender=TRADER) == ("Panic", (1,))


@pytest.mark.parametrize("bit", [4, 5, 63])
def test_code_of_nothing_listed_is_never_read(market: Market, bit: int) -> None:
    reader = market.evm.deploy("RegistryReader")
    refused = refusal(reader, "poolCaps", market.registry.address, 1 << bit, sender=TRADER)
    assert refused == ("Panic", (1,))


def test_whatever_is_set_is_read_from_then_on(market: Market, read: Callable[..., Any]) -> None:
    """SPEC CR-09: what is set is what is read, in the figures that were given."""
    curve = {"base": 10**25, "slope": 10**27, "kink": 10**26, "protocolShare": WAD // 4}
    changes: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        (("setTokenFactors", UBTC, 4_321, True), {"ltvBps": 4_321, "borrowable": True}),
        (
            ("setTokenCaps", UBTC, 11, 12, 13, 14),
            {
                "userSupplyCap": 11,
                "userBorrowCap": 12,
                "globalSupplyCap": 13,
                "globalBorrowCap": 14,
            },
        ),
        (("setLiquidationWidth", UBTC, 15), {"liquidationWidth": 15}),
        (
            ("setRateCurve", UBTC, (*curve.values(), True)),
            {"curve": {**curve, "annual": True}},
        ),
    ]
    expected = market.registry("tokenParams", UBTC)
    others = [market.registry("tokenParams", token) for token in (USDC, HYPE)]
    for call, changed in changes:
        market.registry(*call)
        expected |= changed
        assert read("tokenParams", UBTC, 63)[0] == expected
        told = read("accountParams", 0b111, EVERY, EVERY, EVERY, True, 0, 0)["tokens"]
        assert told == [*others, expected]


def test_funding_of_perps_asked_for_without_dexes_is_what_it_is(market: Market) -> None:
    """SPEC CR-08: an hour that has turned counts, whatever else is asked for."""
    market.set_policy(funding_interval=3_600)
    market.evm.warp(3 * 3_600)
    told = market.registry("perpParams", BTC_PERP)
    words = bytes(market.registry("accountWords", 0, 0, 1 << told["index"]))
    assert told["fundingIndex"] != 0
    # The words of the registry, of the perp's prices, and of its funding.
    assert int.from_bytes(words[64:96], "big", signed=True) == told["fundingIndex"]


def test_listed_dex_is_read_with_its_collateral(market: Market, read: Callable[..., Any]) -> None:
    """SPEC CR-09: up to the last place, each with a collateral of its own."""
    tokens = [USDC, HYPE, UBTC, 268]
    collateral = [USDC]
    for dex in range(1, 32):
        collateral.append(tokens[dex * dex % 3])
        market.registry("listDex", 1_000 + dex, f"dex {dex}", collateral[-1])
    told = read("accountParams", 0, 0, 0, 0, False, 2**32 - 1, 0)
    held = [p["token"] for p in told["tokens"]]
    assert [held[dex["collateral"]] for dex in told["dexes"]] == collateral


def test_every_token_of_a_full_listing_is_found(market: Market, read: Callable[..., Any]) -> None:
    """SPEC CR-09: ids of any size, also such as end in another one's digits."""
    ids = [USDC, HYPE, UBTC, 268, *(2**64 - 1 - i * 2**57 for i in range(60))]
    for i, token in enumerate(ids[4:], start=4):
        market.registry("listToken", listing(token=token, user_supply_cap=i, liquidation_width=i))
    for i, token in enumerate(ids):
        told, place = read("tokenParams", token, 63)
        assert (told["token"], told["index"], place["at"]) == (token, i, i + 1)
        if i >= 4:
            assert (told["userSupplyCap"], told["liquidationWidth"]) == (i, i)
    refused = refusal(market.registry, "listToken", listing(token=5), sender=DEPLOYER)
    assert refused == ("ListingFull", (64,))


LISTED = 32 * (8 + 4 * 6 + 1)
"""Bytes of the words before the tokens, of the market's four tokens, and of their ids."""
ONE_MORE = 32 * (8 + 5 * 6 + 2)


@pytest.mark.parametrize(
    ("function", "args", "size"),
    [
        ("listToken", (listing(),), ONE_MORE),
        ("setTokenFactors", (UBTC, 5_000, False), LISTED),
        ("setTokenCaps", (UBTC, 1, 2, 3, 4), LISTED),
        ("setLiquidationWidth", (UBTC, 1), LISTED),
        ("setRateCurve", (UBTC, (0, 0, 0, 0, False)), LISTED),
        ("listDex", (1_000, "dex", USDC), LISTED),
        ("setPolicy", (policy(max_price_age=1),), LISTED),
    ],
)
def test_nothing_is_set_that_could_not_be_read(
    market: Market, function: str, args: tuple[Any, ...], size: int
) -> None:
    """SPEC CR-09: where the code cannot be kept, all stays as it was."""
    _let_no_code_be_kept(market)
    before = [market.registry("tokenParams", UBTC), market.registry("policy")]
    refused = refusal(market.registry, function, *args, sender=DEPLOYER)
    assert refused == ("ListingNotKept", (size,))
    assert [market.registry("tokenParams", UBTC), market.registry("policy")] == before


def test_first_price_waits_for_code_that_says_so(market: Market) -> None:
    """SPEC OR-09: whether a collateral can be judged stands there."""
    market.registry("listToken", listing(token=900, ltv_bps=5_000))
    market.registry("listPair", (900, 900, USDC, False, 0))
    _let_no_code_be_kept(market)
    prices: tuple[Any, ...] = ([(900, 10**6)], [], 10**8)
    refused = refusal(market.registry, "reportPrices", *prices, sender=DEPLOYER)
    assert refused == ("ListingNotKept", (ONE_MORE,))


def test_first_prices_of_one_report_write_the_code_once(market: Market) -> None:
    """SPEC CR-09: the gas of a report does not grow by a whole listing a token."""
    pairs = (900, 901, 902)
    for token in pairs:
        market.registry("listToken", listing(token=token))
        market.registry("listPair", (token, token, USDC, False, 0))
    address, evm = market.registry.address, market.evm.evm
    before = evm.basic(address).nonce
    market.registry("reportPrices", [(pair, 10**6) for pair in pairs], [], 10**8)
    assert evm.basic(address).nonce == before + 1
    market.registry("reportPrices", [(pair, 2 * 10**6) for pair in pairs], [], 10**8)
    assert evm.basic(address).nonce == before + 1


def _let_no_code_be_kept(market: Market) -> None:
    """Let the registry have created as many contracts as any can, so that it creates no other."""
    address, evm = market.registry.address, market.evm.evm
    code = bytes(evm.get_code(address))
    evm.insert_account_info(address, pyrevm.AccountInfo(nonce=2**64 - 1, code=code))
