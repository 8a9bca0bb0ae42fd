"""The venue's core, which lets accounts call. SPEC AC-08."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from support.evm import DEPLOYER
from support.venue import (
    BTC_PERP,
    CORE,
    KEEPER,
    PORTFOLIO_MARGIN,
    TRADER,
    UBTC,
    USD,
    USDC,
    Market,
    refusal,
)

USDC_WEI = 10**8
UBTC_WEI = 10**10


def call(market: Market, function: str, types: list[str], *values: object) -> bytes:
    """Return an encoded call of the venue."""
    return market.venue.selectors[function] + encode(types, values)


def set_mode(market: Market, mode: int) -> bytes:
    """Return the call that sets a mode."""
    return call(market, "setMode", ["uint8"], mode)


def withdraw(market: Market, to: str) -> bytes:
    """Return the call that withdraws all USDC."""
    return call(market, "withdraw", ["uint64", "uint256", "address"], USDC, 2**256 - 1, to)


def test_core_is_named_at_the_venues_creation(market: Market) -> None:
    assert market.venue("core") == CORE


def test_core_calls_as_the_account_itself(market: Market) -> None:
    market.fund(TRADER, UBTC, UBTC_WEI)
    market.venue("deposit", UBTC, UBTC_WEI, TRADER, sender=TRADER)
    market.venue("forCore", TRADER, set_mode(market, PORTFOLIO_MARGIN), sender=CORE)
    assert market.event("ModeSet") == {"account": TRADER, "mode": PORTFOLIO_MARGIN}
    order = ["uint32", "bool", "uint64", "uint64", "bool"]
    short = call(market, "order", order, BTC_PERP, False, 0, 10**5, False)
    market.venue("forCore", TRADER, short, sender=CORE)
    assert market.venue("positionOf", TRADER, BTC_PERP)["szi"] == -(10**5)
    # Afterwards the core calls for itself again.
    market.venue("setMode", PORTFOLIO_MARGIN, sender=CORE)
    assert market.event("ModeSet")["account"] == CORE


@pytest.mark.parametrize("caller", [TRADER, KEEPER, DEPLOYER])
def test_nobody_else_speaks_for_others_or_for_itself(market: Market, caller: str) -> None:
    data = set_mode(market, PORTFOLIO_MARGIN)
    refused = refusal(market.venue, "forCore", TRADER, data, sender=caller)
    assert refused == ("NotCore", (caller, CORE))


def test_refusal_through_the_core_is_the_venues_own(market: Market) -> None:
    data = call(market, "borrow", ["uint64", "uint256"], USDC, 1)
    refused = refusal(market.venue, "forCore", TRADER, data, sender=CORE)
    assert refused == ("NotPortfolioMargin", (0,))


def test_core_takes_an_account_out_to_any_wallet(market: Market) -> None:
    market.fund(TRADER, USDC, USDC_WEI)
    market.venue("deposit", USDC, USDC_WEI, TRADER, sender=TRADER)
    market.venue("forCore", TRADER, withdraw(market, KEEPER), sender=CORE)
    assert market.erc20[USDC]("balanceOf", KEEPER) == 10**6


def test_wallets_stay_the_cores(market: Market) -> None:
    deposit = call(market, "deposit", ["uint64", "uint256", "address"], USDC, USDC_WEI, TRADER)
    market.fund(TRADER, USDC, USDC_WEI)
    refused = refusal(market.venue, "forCore", TRADER, deposit, sender=CORE)
    assert refused[0] == "ERC20InsufficientAllowance"
    market.fund(CORE, USDC, USDC_WEI)
    market.venue("forCore", TRADER, deposit, sender=CORE)
    assert market.token(TRADER, USDC)["idle"] == USDC_WEI


def test_roles_stay_the_cores(market: Market) -> None:
    data = call(market, "socialise", ["uint64"], USDC)
    refused = refusal(market.venue, "forCore", DEPLOYER, data, sender=CORE)
    assert refused[0] == "AccessControlUnauthorizedAccount"
    assert refused[1][0] == CORE


def test_account_acts_for_its_sub_account_and_as_operator_through_the_core(
    market: Market,
) -> None:
    sub = market.venue("subAccountOf", TRADER, 3)
    inner = set_mode(market, PORTFOLIO_MARGIN)
    data = call(market, "forSubAccount", ["uint32", "bytes"], 3, inner)
    market.venue("forCore", TRADER, data, sender=CORE)
    assert market.venue("accountState", sub)["mode"] == PORTFOLIO_MARGIN
    sweep = call(market, "sweep", ["address"], KEEPER)
    data = call(market, "onBehalf", ["address", "bytes"], KEEPER, sweep)
    refused = refusal(market.venue, "forCore", TRADER, data, sender=CORE)
    assert refused == ("NotOperator", (KEEPER, TRADER))
    market.venue("approveOperator", TRADER, True, sender=KEEPER)
    market.venue("forCore", TRADER, data, sender=CORE)
    leaving = call(market, "onBehalf", ["address", "bytes"], KEEPER, inner)
    refused = refusal(market.venue, "forCore", TRADER, leaving, sender=CORE)
    assert refused == ("OwnerOnly", (KEEPER, TRADER))


def test_sub_account_is_admitted_by_its_masters_volume_through_the_core(market: Market) -> None:
    """SPEC AC-11."""
    market.fund(TRADER, USDC, 1_000 * USDC_WEI)
    market.venue("deposit", USDC, 1_000 * USDC_WEI, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 100 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10, False, sender=TRADER)
    market.set_policy(enable_min_volume=USD, enable_min_value=2**63)
    data = call(
        market,
        "forSubAccount",
        ["uint32", "bytes"],
        0,
        set_mode(market, PORTFOLIO_MARGIN),
    )
    refused = refusal(market.venue, "forCore", KEEPER, data, sender=CORE)
    assert refused[0] == "EnablingRefused"
    market.venue("forCore", TRADER, data, sender=CORE)


def test_speaking_does_not_nest(market: Market) -> None:
    inner = call(
        market, "forCore", ["address", "bytes"], KEEPER, set_mode(market, PORTFOLIO_MARGIN)
    )
    refused = refusal(market.venue, "forCore", TRADER, inner, sender=CORE)
    assert refused == ("ActingAlready", (TRADER,))
    sub = market.venue("subAccountOf", CORE, 0)
    refused = refusal(market.venue, "forSubAccount", 0, inner, sender=CORE)
    assert refused == ("ActingAlready", (sub,))
