"""All that an action tells, in order and with every field, the sweep included. SPEC PM-14.

A trader has fallen back to ordinary margin (AC-07): the pool was empty when funding took from its
margin. By now there is cash again, an hour has turned, and a cap is reached. Whatever touches the
account first settles the hour, brings what is lacking, and tells all of it.

The trader is long 1 BTC at 100,000, carried by 10,000 of its 20,000 USDC; the other 10,000 are
supplied. An hour's funding without a premium is 0.00125 % of the notional: 1.25. Rates are
zero, so that indexes stay one. The calls are made on the contracts and on the venue in plain
integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.loans import faq_loan
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    KEEPER,
    MAKER,
    RAY,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    WAD,
)
from venue.mirror import MirroredMarket

WEI = 10**8
ONE_BTC = 10**5
ONE_HYPE = 100
HOUR = 3_600
ANY_BUY = 2**64 - 1
ZERO_RATE = (0, 0, RAY, 0, False)
DRAINER = "0x" + "d0" * 20
PERP_LEG, DEBT_PARTIAL = 2, 0

Log = list[tuple[str, dict[str, Any]]]
Prepare = Callable[[MirroredMarket], None]


def fall_back(market: MirroredMarket, who: str, before: Prepare) -> None:
    """Let an account fall back, and what made it so pass."""
    market.set_policy(funding_interval=HOUR, leaves_flat=False, reward_ppm=10_000)
    for token in (USDC, HYPE, UBTC, USDT0):
        market.registry("setRateCurve", token, ZERO_RATE)
    market.warp(HOUR - market.evm.timestamp % HOUR)
    market.portfolio_account(who, usdc=20_000 * WEI, ubtc=10**10)
    market.venue("order", BTC_PERP, True, ANY_BUY, ONE_BTC, False, sender=who)
    before(market)
    market.portfolio_account(DRAINER, ubtc=2_000 * 10**10)
    cash = market.venue("reserveOf", USDC)["cash"]
    market.venue("borrow", USDC, cash, sender=DRAINER)
    market.warp(HOUR)
    market.venue("sweep", who, sender=KEEPER)
    assert market.event("FallbackSet") == {"account": who, "dexesBefore": 0, "dexesNow": 1}
    market.fund(KEEPER, USDC, 10**6 * WEI)
    market.venue("repay", USDC, 10**6 * WEI, DRAINER, sender=KEEPER)
    market.warp(HOUR)


def reach_the_cap(market: MirroredMarket, room: int = 0) -> None:
    """Let the global borrow cap of USDC be what is borrowed, and some room."""
    borrowed = market.venue("reserveOf", USDC)["borrowed"]
    market.set_caps(USDC, global_borrow=borrowed + room)


def funding(who: str, usd: int) -> Log:
    return [("FundingPaid", {"account": who, "asset": HYPE_PERP, "usd": usd})]


def interest(market: MirroredMarket, token: int = USDC) -> Log:
    indexes = {"token": token, "supplyIndex": RAY, "borrowIndex": RAY}
    hour = {"hour": market.evm.timestamp // HOUR}
    return [("InterestHour", {**indexes, **hour}), ("Accrued", {**indexes, "buffer": 0})]


def swept(who: str, token: int = USDC, **moved: int) -> Log:
    nothing = {"supply": 0, "withdraw": 0, "borrow": 0, "repay": 0}
    return [("Swept", {"account": who, "token": token, **nothing, **moved})]


def funded(who: str, usd: int) -> Log:
    return [("DexFunded", {"account": who, "dexIndex": 0, "usd": usd})]


def back(who: str, usd: int = USD * 5 // 2) -> Log:
    """Return what tells that two hours' funding, 2.50, is in the dex again."""
    left = [("FallbackSet", {"account": who, "dexesBefore": 1, "dexesNow": 0})]
    return [*funded(who, usd), *left]


def recovery(market: MirroredMarket, who: str = TRADER, usd: int = USD * 5 // 2) -> Log:
    """Return all that the first sweep tells."""
    return [*interest(market), *swept(who, withdraw=usd * 100), *back(who, usd)]


def capped(before: int = 0, now: int = 4) -> Log:
    return [("ReserveStatusSet", {"token": USDC, "bitsBefore": before, "bitsNow": now})]


def nothing(market: MirroredMarket) -> None:
    """Prepare nothing."""


def wallet(market: MirroredMarket, token: int, units: int, owner: str) -> Log:
    """Return what the ERC-20 tells of a payment to the venue."""
    return [("Transfer", {"from": owner, "to": market.venue.address.lower(), "value": units})]


@pytest.fixture
def recovering(mirrored: MirroredMarket) -> MirroredMarket:
    """Give the market in which the trader has only to be touched."""
    fall_back(mirrored, TRADER, nothing)
    reach_the_cap(mirrored)
    return mirrored


@pytest.mark.parametrize(
    ("call", "sender"),
    [(("sweep", TRADER), KEEPER), (("batch", []), TRADER)],
    ids=["sweep", "batch"],
)
def test_sweep_tells_all(recovering: MirroredMarket, call: tuple[Any, ...], sender: str) -> None:
    """A batch begins with one."""
    recovering.venue(*call, sender=sender)
    assert recovering.evm.logs == [*recovery(recovering), *capped()]


def test_accrue_tells_all(recovering: MirroredMarket) -> None:
    recovering.venue("accrue", USDC, sender=KEEPER)
    assert recovering.evm.logs == [*interest(recovering), *capped()]


def test_deposit_tells_all(recovering: MirroredMarket) -> None:
    recovering.fund(KEEPER, HYPE, WEI)
    recovering.venue("deposit", HYPE, WEI, TRADER, sender=KEEPER)
    deposited = {"account": TRADER, "token": HYPE, "amount": WEI, "payer": KEEPER}
    assert recovering.evm.logs == [
        *wallet(recovering, HYPE, 10**18, KEEPER),
        *interest(recovering),
        *swept(TRADER, withdraw=WEI * 5 // 2),
        *swept(TRADER, HYPE, supply=WEI),
        *back(TRADER),
        ("Deposited", deposited),
        *capped(),
    ]


def test_supply_tells_all(recovering: MirroredMarket) -> None:
    recovering.fund(KEEPER, HYPE, WEI)
    recovering.venue("supply", HYPE, WEI, TRADER, sender=KEEPER)
    supplied = {"account": TRADER, "token": HYPE, "amount": WEI, "payer": KEEPER}
    assert recovering.evm.logs == [
        *wallet(recovering, HYPE, 10**18, KEEPER),
        *recovery(recovering),
        ("Supplied", supplied),
        *capped(),
    ]


def test_withdraw_tells_all(recovering: MirroredMarket) -> None:
    # 0.1 UBTC has 10 decimals on the venue, 8 in the wallet.
    recovering.venue("withdraw", UBTC, 10**9, TRADER, sender=TRADER)
    withdrawn = {"account": TRADER, "token": UBTC, "amount": 10**9, "to": TRADER}
    paid = {"from": recovering.venue.address.lower(), "to": TRADER, "value": 10**7}
    assert recovering.evm.logs == [
        *recovery(recovering),
        ("Withdrawn", withdrawn),
        ("Transfer", paid),
        *capped(),
    ]


def test_spot_send_tells_all(recovering: MirroredMarket) -> None:
    recovering.venue("spotSend", SUPPLIER, UBTC, 10**9, sender=TRADER)
    sent = {"account": TRADER, "to": SUPPLIER, "token": UBTC, "amount": 10**9}
    assert recovering.evm.logs == [*recovery(recovering), ("SpotSent", sent), *capped()]


def test_borrow_tells_all(recovering: MirroredMarket) -> None:
    # 9,997.50 are drawn from supply, and 1,002.50 are new debt: all the room there is.
    reach_the_cap(recovering, 1_002 * WEI + WEI // 2)
    recovering.venue("borrow", USDC, 11_000 * WEI, sender=TRADER)
    borrowed = {"account": TRADER, "token": USDC, "amount": 11_000 * WEI}
    assert recovering.evm.logs == [
        *interest(recovering),
        *swept(TRADER, withdraw=WEI * 5 // 2),
        *back(TRADER),
        ("Borrowed", borrowed),
        *capped(),
    ]


def test_repay_tells_all(mirrored: MirroredMarket) -> None:
    def owe(market: MirroredMarket) -> None:
        market.venue("borrow", USDT0, 100 * WEI, sender=TRADER)

    fall_back(mirrored, TRADER, owe)
    reach_the_cap(mirrored)
    mirrored.fund(KEEPER, USDT0, 40 * WEI)
    mirrored.venue("repay", USDT0, 40 * WEI, TRADER, sender=KEEPER)
    repaid = {"account": TRADER, "token": USDT0, "amount": 40 * WEI, "payer": KEEPER}
    assert mirrored.evm.logs == [
        *interest(mirrored, USDT0),
        *wallet(mirrored, USDT0, 40 * USD, KEEPER),
        *recovery(mirrored),
        ("Repaid", repaid),
        *capped(),
    ]


def long(market: MirroredMarket) -> None:
    """Let the trader be long 1 HYPE at 50, beside the BTC."""
    market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)


def paid_for_two_hours() -> Log:
    """Return that both sides of 1 HYPE settle two hours of 0.000625."""
    return [*funding(TRADER, 1_250), *funding(MAKER, -1_250)]


def test_order_tells_all(mirrored: MirroredMarket) -> None:
    fall_back(mirrored, TRADER, long)
    reach_the_cap(mirrored)
    # Another HYPE at 50 wants another 5 in the dex.
    long(mirrored)
    fill = {"account": TRADER, "asset": HYPE_PERP, "isBuy": True, "px": 500_000}
    assert mirrored.evm.logs == [
        *recovery(mirrored, usd=2_501_250),
        *paid_for_two_hours(),
        *swept(TRADER, withdraw=5 * WEI),
        *funded(TRADER, 5 * USD),
        ("Filled", {**fill, "sz": ONE_HYPE, "fee": 0}),
        *capped(),
    ]


def test_match_tells_all(mirrored: MirroredMarket) -> None:
    fall_back(mirrored, TRADER, long)
    reach_the_cap(mirrored)
    mirrored.registry("grantRole", keccak(text="MATCHER"), KEEPER)
    for account in (TRADER, MAKER):
        mirrored.venue("approveOperator", KEEPER, True, sender=account)
    sides = (TRADER, ANY_BUY, False), (MAKER, 0, False)
    args = (HYPE_PERP, *sides, 500_000, ONE_HYPE, True)
    mirrored.venue("matchOrders", *args, sender=KEEPER)
    matched = {"buyer": TRADER, "seller": MAKER, "asset": HYPE_PERP, "px": 500_000}
    assert mirrored.evm.logs == [
        *recovery(mirrored, usd=2_501_250),
        *paid_for_two_hours(),
        *swept(TRADER, withdraw=5 * WEI),
        *funded(TRADER, 5 * USD),
        ("Matched", {**matched, "sz": ONE_HYPE, "buyerTakes": True, "fee": 0}),
        *capped(),
    ]


def test_set_leverage_tells_all(recovering: MirroredMarket) -> None:
    recovering.venue("setLeverage", BTC_PERP, 20, sender=TRADER)
    chosen = {"account": TRADER, "asset": BTC_PERP, "leverage": 20}
    assert recovering.evm.logs == [*recovery(recovering), ("LeverageSet", chosen), *capped()]


def test_set_mode_tells_all(recovering: MirroredMarket) -> None:
    recovering.venue("setMode", UNIFIED, sender=TRADER)
    chosen = {"account": TRADER, "mode": UNIFIED}
    assert recovering.evm.logs == [*recovery(recovering), ("ModeSet", chosen), *capped()]


def long_isolated(market: MirroredMarket) -> None:
    """Let the trader be long 1 HYPE at 50, on 5 of its own."""
    market.venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    market.venue("order", HYPE_PERP, True, ANY_BUY, ONE_HYPE, False, sender=TRADER)


def test_update_of_isolated_margin_tells_all(mirrored: MirroredMarket) -> None:
    fall_back(mirrored, TRADER, long_isolated)
    reach_the_cap(mirrored)
    mirrored.venue("updateIsolatedMargin", HYPE_PERP, USD, sender=TRADER)
    brought = {"account": TRADER, "asset": HYPE_PERP, "usd": USD}
    assert mirrored.evm.logs == [
        # Two hours of 0.000625.
        *funding(TRADER, 1_250),
        *recovery(mirrored),
        ("IsolatedMarginMoved", brought),
        *capped(),
    ]


def test_liquidation_of_an_isolated_position_tells_all(mirrored: MirroredMarket) -> None:
    fall_back(mirrored, TRADER, long_isolated)
    mirrored.set_prices(hype="47.2")
    reach_the_cap(mirrored)
    mirrored.venue("liquidateIsolated", TRADER, HYPE_PERP, sender=KEEPER)
    # 5 - 2.80 - 0.00125 are left, where 47.20 / 20 are needed.
    equity, asset = 2_198_750, {"account": TRADER, "asset": HYPE_PERP}
    closed = {**asset, "szi": -ONE_HYPE, "px": 472_000, "fee": 0}
    done = {**asset, "caller": KEEPER, "leg": PERP_LEG, "equity": equity}
    assert mirrored.evm.logs == [
        *paid_for_two_hours(),
        ("PositionClosed", closed),
        ("IsolatedMarginMoved", {**asset, "usd": -equity}),
        *interest(mirrored),
        # What came back goes into the dex first.
        *swept(TRADER, withdraw=(5 * USD // 2 - equity) * 100),
        *back(TRADER),
        ("IsolatedLiquidated", {**done, "maintenance": 2_360_000, "liquidatable": False}),
        *capped(),
    ]


# The step of the venue's example: 50 of 250 USDC for 1.81818181 HYPE at 33, which is 27.50 a piece.
TAKEN = 181_818_181


def liquidated(account: str, caller: str) -> dict[str, Any]:
    values = {"debtValue": 50 * WAD, "collateralValue": TAKEN * 33 * 10**10, "loss": 0}
    told = {"account": account, "caller": caller, "leg": DEBT_PARTIAL, **values}
    return {**told, "liquidatable": True}


def collateral_taken(taker: str) -> Log:
    taken = {"account": BORROWER, "token": HYPE, "taker": taker, "amount": TAKEN}
    return [("CollateralTaken", {**taken, "px": 33_000_000, "takeoverPx": 27_500_000})]


def debt_taken(taker: str) -> Log:
    taken = {"account": BORROWER, "token": USDC, "taker": taker, "amount": 50 * WEI}
    return [("DebtTaken", {**taken, "loss": 0})]


@pytest.mark.parametrize(
    "call",
    [("liquidate", BORROWER), ("liquidateBatch", [BORROWER], False)],
    ids=["liquidate", "batch"],
)
def test_liquidation_tells_all(mirrored: MirroredMarket, call: tuple[Any, ...]) -> None:
    fall_back(mirrored, TRADER, faq_loan)
    mirrored.set_prices(hype=33)
    reach_the_cap(mirrored)
    mirrored.venue(*call, sender=TRADER)
    reward = {"account": BORROWER, "caller": TRADER, "token": HYPE, "amount": TAKEN // 100}
    assert mirrored.evm.logs == [
        ("TriggerRewarded", reward),
        *collateral_taken(BACKSTOP),
        *interest(mirrored),
        *debt_taken(BACKSTOP),
        # Who triggered it is swept with what it got.
        *swept(TRADER, withdraw=WEI * 5 // 2),
        *back(TRADER),
        ("Liquidated", liquidated(BORROWER, TRADER)),
        *capped(),
    ]


def test_liquidation_as_taker_tells_all(mirrored: MirroredMarket) -> None:
    fall_back(mirrored, TRADER, faq_loan)
    mirrored.set_prices(hype=33)
    reach_the_cap(mirrored, -50 * WEI)
    mirrored.venue("liquidateAsTaker", BORROWER, sender=TRADER)
    assert mirrored.evm.logs == [
        *recovery(mirrored),
        *collateral_taken(TRADER),
        *debt_taken(TRADER),
        ("Liquidated", liquidated(BORROWER, TRADER)),
        *capped(),
    ]


def test_sale_of_inventory_tells_all(mirrored: MirroredMarket) -> None:
    def take_over(market: MirroredMarket) -> None:
        faq_loan(market)
        market.set_prices(hype=33)
        market.set_policy(funding_interval=HOUR)
        market.venue("liquidate", BORROWER, sender=KEEPER)

    fall_back(mirrored, BACKSTOP, take_over)
    reach_the_cap(mirrored)
    mirrored.venue("sellInventory", HYPE_USDC, sender=KEEPER)
    # 12 half-lives leave 44,390 of 181,818,181; of the rest 181 lots of 0.01 go at 33.
    sold = {"token": HYPE, "amount": 181_000_000, "px": 33_000_000}
    assert mirrored.evm.logs == [
        *recovery(mirrored, BACKSTOP),
        *swept(BACKSTOP, supply=59_73000000),
        ("InventorySold", {**sold, "proceeds": 59_73000000, "left": 818_181}),
        *capped(),
    ]
