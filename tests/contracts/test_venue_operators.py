"""Acting for others: operators and sub-accounts. SPEC AC-05, AC-06."""

from __future__ import annotations

from eth_abi.abi import encode
from support.venue import (
    BTC_PERP,
    KEEPER,
    PORTFOLIO_MARGIN,
    TRADER,
    UBTC,
    USDC,
    Market,
    refusal,
)

UBTC_WEI = 10**10
OPERATOR = "0x" + "09" * 20
SHORT_ONE = (BTC_PERP, False, 0, 10**5, False)


def call(market: Market, function: str, types: list[str], *values: object) -> bytes:
    """Return an encoded call of the venue."""
    return market.venue.selectors[function] + encode(types, values)


def order(market: Market) -> bytes:
    """Return the call that shorts 1 BTC."""
    return call(market, "order", ["uint32", "bool", "uint64", "uint64", "bool"], *SHORT_ONE)


def test_operator_trades_for_the_account(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("approveOperator", OPERATOR, True, sender=TRADER)
    approved = {"account": TRADER, "operator": OPERATOR, "approved": True}
    assert market.event("OperatorSet") == approved
    market.venue("onBehalf", TRADER, order(market), sender=OPERATOR)
    assert market.venue("positionOf", TRADER, BTC_PERP)["szi"] == -(10**5)
    assert market.venue("positionOf", OPERATOR, BTC_PERP)["szi"] == 0
    # Afterwards the operator acts for itself again.
    market.venue("setMode", PORTFOLIO_MARGIN, sender=OPERATOR)
    assert market.venue("accountState", OPERATOR)["mode"] == PORTFOLIO_MARGIN


def test_operator_without_approval_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "onBehalf", TRADER, order(market), sender=KEEPER)
    assert refused == ("NotOperator", (TRADER, KEEPER))
    market.venue("approveOperator", KEEPER, True, sender=TRADER)
    market.venue("approveOperator", KEEPER, False, sender=TRADER)
    assert market.venue("isOperator", TRADER, KEEPER) is False
    refused = refusal(market.venue, "onBehalf", TRADER, order(market), sender=KEEPER)
    assert refused == ("NotOperator", (TRADER, KEEPER))


def test_operator_takes_nothing_out_and_changes_no_mode(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("approveOperator", OPERATOR, True, sender=TRADER)
    money = ["uint64", "uint256", "address"]
    for data in (
        call(market, "withdraw", money, UBTC, UBTC_WEI, OPERATOR),
        call(market, "spotSend", ["address", "uint64", "uint256"], OPERATOR, UBTC, 1),
        call(market, "setMode", ["uint8"], 0),
        call(market, "approveOperator", ["address", "bool"], KEEPER, True),
    ):
        refused = refusal(market.venue, "onBehalf", TRADER, data, sender=OPERATOR)
        assert refused == ("OwnerOnly", (TRADER, OPERATOR))


def test_operators_refusal_is_the_venues_own(market: Market) -> None:
    market.venue("approveOperator", OPERATOR, True, sender=TRADER)
    data = call(market, "borrow", ["uint64", "uint256"], USDC, 1)
    refused = refusal(market.venue, "onBehalf", TRADER, data, sender=OPERATOR)
    assert refused == ("NotPortfolioMargin", (0,))


def test_acting_for_others_does_not_nest(market: Market) -> None:
    market.venue("approveOperator", OPERATOR, True, sender=TRADER)
    inner = call(market, "onBehalf", ["address", "bytes"], TRADER, order(market))
    refused = refusal(market.venue, "onBehalf", TRADER, inner, sender=OPERATOR)
    assert refused == ("ActingAlready", (TRADER,))


def test_sub_account_is_margined_apart_from_its_master(market: Market) -> None:
    sub = market.venue("subAccountOf", TRADER, 7)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    mode = call(market, "setMode", ["uint8"], PORTFOLIO_MARGIN)
    market.venue("forSubAccount", 7, mode, sender=TRADER)
    # The master's collateral does not back the sub-account.
    refused = refusal(market.venue, "forSubAccount", 7, order(market), sender=TRADER)
    assert refused == ("RatioAboveTrigger", (2**256 - 1, 95 * 10**16))
    market.venue("spotSend", sub, UBTC, UBTC_WEI, sender=TRADER)
    market.venue("forSubAccount", 7, order(market), sender=TRADER)
    assert market.venue("positionOf", sub, BTC_PERP)["szi"] == -(10**5)
    assert market.margin(TRADER)["ratio"] == 0


def test_sub_account_pays_out_to_its_master_only_by_its_master(market: Market) -> None:
    sub = market.venue("subAccountOf", TRADER, 0)
    market.fund(TRADER, UBTC, UBTC_WEI)
    market.venue("deposit", UBTC, UBTC_WEI, sub, sender=TRADER)
    data = call(market, "withdraw", ["uint64", "uint256", "address"], UBTC, UBTC_WEI, TRADER)
    assert market.venue("subAccountOf", KEEPER, 0) != sub
    refused = refusal(market.venue, "forSubAccount", 0, data, sender=KEEPER)
    assert refused == ("InsufficientBalance", (UBTC, UBTC_WEI, 0))
    market.venue("forSubAccount", 0, data, sender=TRADER)
    assert market.erc20[UBTC]("balanceOf", TRADER) == 10**8
