"""Games for one wei, over and over, at indexes that divide nothing. SPEC BL-06."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from attacks.capital import (
    ANY_BUY,
    ANY_SELL,
    ATTACKER,
    PAIR,
    SECOND,
    TOKEN,
    UBTC_WEI,
    WEI,
    deposit,
    list_token,
    worth,
)
from support.venue import (
    BTC_PERP,
    EVERYTHING,
    MAKER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    USD,
    USDC,
)
from support.wide_market import WideMarket

HYPE_SPOT = 10_107
ROUNDS = 8
Game = Callable[[WideMarket], None]


def do(market: WideMarket, function: str, *args: object, sender: str = ATTACKER) -> None:
    market.venue(function, *args, sender=sender)


def supply_and_withdraw(market: WideMarket) -> None:
    do(market, "supply", TOKEN, 2, SECOND, sender=SECOND)
    do(market, "withdraw", TOKEN, 1, SECOND, sender=SECOND)


def borrow_and_repay(market: WideMarket) -> None:
    do(market, "withdraw", TOKEN, EVERYTHING, ATTACKER)
    do(market, "borrow", TOKEN, 1)
    do(market, "repay", TOKEN, EVERYTHING, ATTACKER)
    do(market, "deposit", TOKEN, 7, ATTACKER)


def send_to_and_fro(market: WideMarket) -> None:
    do(market, "spotSend", SECOND, TOKEN, 3)
    do(market, "spotSend", ATTACKER, TOKEN, 2, sender=SECOND)


def trade_the_least_lot(market: WideMarket) -> None:
    do(market, "order", 10_000 + PAIR, True, ANY_BUY, 1, False)
    do(market, "order", 10_000 + PAIR, False, ANY_SELL, 1, False)
    do(market, "order", HYPE_SPOT, True, ANY_BUY, 1, False)
    do(market, "order", HYPE_SPOT, False, ANY_SELL, 1, False)


def open_and_close_the_least_perp(market: WideMarket) -> None:
    do(market, "order", BTC_PERP, True, ANY_BUY, 1, False)
    do(market, "order", BTC_PERP, False, ANY_SELL, 2, False)
    do(market, "sweep", ATTACKER)
    do(market, "order", BTC_PERP, True, ANY_BUY, 1, True)


def move_margin_of_an_isolated_perp(market: WideMarket) -> None:
    do(market, "setIsolated", BTC_PERP, True)
    do(market, "order", BTC_PERP, True, ANY_BUY, 3, False)
    do(market, "updateIsolatedMargin", BTC_PERP, 300_001)
    do(market, "updateIsolatedMargin", BTC_PERP, -1)
    do(market, "order", BTC_PERP, False, ANY_SELL, 1, False)
    do(market, "order", BTC_PERP, False, ANY_SELL, 3, False)
    do(market, "order", BTC_PERP, True, ANY_BUY, 1, True)


def move_margin_of_a_dex(market: WideMarket) -> None:
    do(market, "transferPerp", 0, 1, True, sender=TRADER)
    do(market, "transferPerp", 0, 1, False, sender=TRADER)


@pytest.mark.parametrize(
    ("game", "wei"),
    [
        (supply_and_withdraw, 0),
        (borrow_and_repay, 2),
        (send_to_and_fro, 0),
        (trade_the_least_lot, 0),
        (open_and_close_the_least_perp, 0),
        (move_margin_of_an_isolated_perp, 0),
        (move_margin_of_a_dex, 0),
    ],
)
def test_game_for_one_wei_is_not_won(wide_market: WideMarket, game: Game, wei: int) -> None:
    """Repeat an action and its opposite in the smallest amounts there are, within one second."""
    open_market(wide_market)
    claim = wide_market.token(SUPPLIER, TOKEN)["supplied"]
    family = (ATTACKER, SECOND, TRADER)
    before = worth(wide_market, *family)
    for _ in range(ROUNDS):
        game(wide_market)
    lost = before - worth(wide_market, *family)
    # A wei borrowed is two to repay, and one is lost in the withdrawal before; what else is rounded
    # away is a billionth of a wei each time.
    assert lost == ROUNDS * wei * Fraction(3_141_593, 10**14)
    assert wide_market.token(SUPPLIER, TOKEN)["supplied"] >= claim


def open_market(market: WideMarket) -> None:
    """Let a token of three dollars be lent for an odd time, and give the attacker a start."""
    list_token(market, 3_141_593)
    for account in (ATTACKER, SECOND):
        market.portfolio_account(account, ubtc=UBTC_WEI)
        market.fund(account, TOKEN, 10 * WEI)
    market.fund(SUPPLIER, TOKEN, 1_000 * WEI)
    market.venue("supply", TOKEN, 1_000 * WEI, SUPPLIER, sender=SUPPLIER)
    market.venue("borrow", TOKEN, 900 * WEI, sender=SECOND)
    market.venue("order", 10_000 + PAIR, False, 0, 900 * 100, False, sender=SECOND)
    deposit(market, MAKER, TOKEN, 1_000 * WEI)
    market.evm.warp(123_456_789)
    owed = market.token(SECOND, TOKEN)["borrowed"]
    market.fund(SECOND, TOKEN, owed)
    market.venue("repay", TOKEN, EVERYTHING, SECOND, sender=SECOND)
    deposit(market, ATTACKER, TOKEN, 100)
    deposit(market, SECOND, TOKEN, 100)
    # 1,000.00000001 borrowed and left for a while: the USDC index is odd, too.
    market.venue("borrow", USDC, 1_000 * WEI + 1, sender=ATTACKER)
    market.venue("order", HYPE_SPOT, True, ANY_BUY, 2_000, False, sender=ATTACKER)
    market.evm.warp(1_234_567)
    deposit(market, TRADER, USDC, 100 * WEI)
    market.venue("transferPerp", 0, 50 * USD, True, sender=TRADER)
    assert market.venue("accountState", ATTACKER)["mode"] == PORTFOLIO_MARGIN


def test_debt_split_into_single_wei_pays_no_less_interest(wide_market: WideMarket) -> None:
    """Owe one wei in each of five accounts, and hope that interest on a wei is rounded away."""
    accounts = ["0x" + f"{0xD0 + i:02x}" * 20 for i in range(5)]
    for account in accounts:
        wide_market.portfolio_account(account, hype=WEI)
        wide_market.venue("borrow", USDC, 1, sender=account)
    wide_market.evm.warp(365 * 86_400)
    # 5 % of one wei is a whole one: ten are owed for five, where one account would owe six.
    assert [wide_market.token(account, USDC)["borrowed"] for account in accounts] == [2] * 5


def test_supply_split_into_single_wei_earns_nothing_more(wide_market: WideMarket) -> None:
    """Supply one wei in each of five accounts, and hope that interest on a wei is rounded up."""
    accounts = ["0x" + f"{0xD0 + i:02x}" * 20 for i in range(5)]
    wide_market.portfolio_account(SECOND, ubtc=1_000 * UBTC_WEI)
    list_token(wide_market, 10**6)
    for account in accounts:
        wide_market.portfolio_account(account)
        deposit(wide_market, account, TOKEN, 1)
    wide_market.venue("borrow", TOKEN, 4, sender=SECOND)
    wide_market.evm.warp(86_400 * 365)
    assert [wide_market.token(account, TOKEN)["supplied"] for account in accounts] == [1] * 5
