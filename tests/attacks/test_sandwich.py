"""Being in front of a report, of interest or of others' calls, and behind it.

SPEC BL-04, BL-11, CH-01, CH-02, CH-06, OR-03.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from attacks.capital import (
    ANY_BUY,
    ANY_SELL,
    ATTACKER,
    SECOND,
    UBTC_WEI,
    WEI,
    deposit,
    of_account,
    standard,
    worth,
)
from support.evm import Reverted
from support.loans import USDT0_SPOT
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    INSURANCE,
    KEEPER,
    MAKER,
    SUPPLIER,
    USD,
    USDC,
    USDT0,
    refusal,
)
from support.wide_market import GOLD_DEX, GOLD_PERP
from venue.mirror import MirroredMarket

MONTH = 30 * 86_400
ONE_BTC, HYPE_SPOT = 10**5, 10_107


def test_supply_just_before_interest_is_stored_earns_none_of_it(mirrored: MirroredMarket) -> None:
    """Supply twenty times the pool before a month of interest is stored, and leave at once."""
    mirrored.portfolio_account(SECOND, ubtc=1_000 * UBTC_WEI)
    mirrored.venue("borrow", USDC, 40_000_000 * WEI, sender=SECOND)
    mirrored.fund(ATTACKER, USDC, 10**9 * WEI)
    mirrored.warp(MONTH)
    before = worth(mirrored, ATTACKER)
    claim = worth(mirrored, SUPPLIER)
    mirrored.venue("supply", USDC, 10**9 * WEI, ATTACKER, sender=ATTACKER)
    mirrored.venue("accrue", USDC)
    mirrored.venue("withdraw", USDC, EVERYTHING, ATTACKER, sender=ATTACKER)
    # A wallet holds millionths: less than two stay behind.
    assert 0 <= (before - worth(mirrored, ATTACKER)) * 10**6 < 2
    assert worth(mirrored, SUPPLIER) >= claim


def test_trade_around_a_report_of_the_same_prices_costs_its_fees(mirrored: MirroredMarket) -> None:
    """Buy in front of a report that changes nothing, and sell behind it."""
    mirrored.set_policy(perp_fee_ppm=450, spot_fee_ppm=700)
    standard(mirrored, ATTACKER, 10_000)
    mirrored.fund(ATTACKER, USDC, 1_000 * WEI)
    mirrored.venue("deposit", USDC, 1_000 * WEI, ATTACKER, sender=ATTACKER)
    before = worth(mirrored, ATTACKER)
    makers = of_account(mirrored, MAKER)
    mirrored.venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=ATTACKER)
    mirrored.venue("order", 10_107, True, ANY_BUY, 1_000, False, sender=ATTACKER)
    mirrored.set_prices(btc=100_000, hype=50)
    mirrored.venue("order", BTC_PERP, False, ANY_SELL, 10**5, False, sender=ATTACKER)
    mirrored.venue("order", 10_107, False, ANY_SELL, 999, False, sender=ATTACKER)
    # 0.045 % of 100,000 twice; 0.07 % of 500 in HYPE, and of 499.50 back in USDC.
    assert before - worth(mirrored, ATTACKER) == pytest.approx(90 + 0.35 + 0.34965, abs=1e-9)
    assert of_account(mirrored, MAKER) == makers


def trade_gold(market: MirroredMarket, is_buy: bool) -> None:
    """Let the attacker trade 25 ounces at 4,000 each; nobody holds gold but by perps."""
    limit = ANY_BUY if is_buy else ANY_SELL
    market.venue("order", GOLD_PERP, is_buy, limit, 25 * 10**4, False, sender=ATTACKER)


def report_gold(market: MirroredMarket, mark: int) -> None:
    """Report what gold trades at, cents."""
    market.registry("reportPrices", [], [(GOLD_PERP, mark, mark)], 10**8)


def fund_gold(market: MirroredMarket, dollars: int) -> None:
    """Give the attacker margin in the dex that gold trades in."""
    deposit(market, ATTACKER, USDT0, dollars * WEI)
    market.venue("transferPerp", GOLD_DEX, dollars * USD, True, sender=ATTACKER)


def capital(market: MirroredMarket) -> dict[str, Fraction]:
    """Return what everybody is worth who has an account."""
    return {account: worth(market, account) for account in market.everyone()}


def changes(before: dict[str, Fraction], after: dict[str, Fraction]) -> dict[str, Fraction]:
    """Return by how much who is worth more or less than before."""
    return {who: after[who] - had for who, had in before.items() if after[who] != had}


@pytest.mark.parametrize(
    ("is_buy", "mark", "fee"), [(True, 404_000, "45.45"), (False, 396_000, "44.55")]
)
def test_who_knows_the_next_report_wins_from_the_market_maker_alone(
    mirrored: MirroredMarket, is_buy: bool, mark: int, fee: str
) -> None:
    """Trade gold for 100,000 in front of the largest report that is allowed, and undo it behind.

    Nobody quotes here: the old price stands until the next report. What the attacker wins is one
    percent, less a fee at either price.
    """
    mirrored.set_policy(perp_fee_ppm=450, max_move_bps=100)
    mirrored.portfolio_account(BORROWER, hype=1_000 * WEI)
    mirrored.venue("borrow", USDC, 20_000 * WEI, sender=BORROWER)
    fund_gold(mirrored, 10_000)
    before, reserve = capital(mirrored), mirrored.venue("reserveOf", USDC)
    trade_gold(mirrored, is_buy)
    report_gold(mirrored, mark)
    trade_gold(mirrored, not is_buy)
    fees = 45 + Fraction(fee)
    assert changes(before, capital(mirrored)) == {
        ATTACKER: 1_000 - fees,
        MAKER: -1_000,
        INSURANCE: fees,
    }
    assert mirrored.venue("reserveOf", USDC) == reserve


@pytest.mark.parametrize("mark", [404_001, 395_999])
def test_no_report_moves_a_price_further_than_the_policy(
    mirrored: MirroredMarket, mark: int
) -> None:
    """Wait for a report of more than the limit, which bounds what it can be worth to know it."""
    mirrored.set_policy(max_move_bps=100)
    with pytest.raises(Reverted) as refused:
        report_gold(mirrored, mark)
    assert refused.value.name == "PriceMoveTooLarge"
    assert refused.value.values == (GOLD_PERP, 400_000, mark, 100)


@pytest.mark.parametrize(
    ("is_buy", "mark", "fee"), [(True, 400_320, "45.036"), (False, 399_680, "44.964")]
)
def test_report_that_moves_less_than_the_fees_brings_nothing(
    mirrored: MirroredMarket, is_buy: bool, mark: int, fee: str
) -> None:
    """Know the largest report where it may move eight points: two fees are nine."""
    mirrored.set_policy(perp_fee_ppm=450, max_move_bps=8)
    fund_gold(mirrored, 10_000)
    before = worth(mirrored, ATTACKER)
    trade_gold(mirrored, is_buy)
    report_gold(mirrored, mark)
    trade_gold(mirrored, not is_buy)
    assert worth(mirrored, ATTACKER) - before == 80 - 45 - Fraction(fee)
    assert worth(mirrored, ATTACKER) < before


def test_no_more_is_traded_in_front_of_a_report_than_the_maker_has_margin_for(
    mirrored: MirroredMarket,
) -> None:
    """Bring more than the market maker has, 500 million, and buy more than 40 times that."""
    standard(mirrored, ATTACKER, 10**9)
    before = capital(mirrored)
    order = ("order", BTC_PERP, True, ANY_BUY)
    most = 200_000 * ONE_BTC
    refused = refusal(mirrored.venue, *order, most + 1, False, sender=ATTACKER)
    # One lot more is another dollar, and asks for a fortieth of it.
    had = 500_000_000 * USD
    assert refused == ("MakerCapacity", (had + USD // 40, had))
    mirrored.venue(*order, most, False, sender=ATTACKER)
    assert changes(before, capital(mirrored)) == {}


@pytest.mark.parametrize("call", ["borrow", "liquidate"])
@pytest.mark.parametrize("is_buy", [True, False])
def test_trade_around_the_call_of_another_brings_nothing(
    mirrored: MirroredMarket, call: str, is_buy: bool
) -> None:
    """Be in front of a loan or a liquidation, and behind it: no call moves a price."""
    mirrored.portfolio_account(BORROWER, hype=10 * WEI)
    if call == "liquidate":
        mirrored.venue("borrow", USDC, 250 * WEI, sender=BORROWER)
        mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=BORROWER)
        mirrored.set_prices(hype=33)
    standard(mirrored, ATTACKER, 10_000)
    for token in (USDC, HYPE):
        deposit(mirrored, ATTACKER, token, 1_000 * WEI)
    before, makers = worth(mirrored, ATTACKER), of_account(mirrored, MAKER)
    both_ways(mirrored, is_buy)
    if call == "liquidate":
        step = mirrored.venue("liquidate", BORROWER, sender=KEEPER)
        # A fifth of the debt, as without the attacker.
        assert step["debtValue"] == 50 * 10**18
    else:
        mirrored.venue("borrow", USDC, 250 * WEI, sender=BORROWER)
    both_ways(mirrored, not is_buy)
    assert worth(mirrored, ATTACKER) == before
    assert of_account(mirrored, MAKER) == makers


def both_ways(market: MirroredMarket, is_buy: bool) -> None:
    """Let the attacker trade a BTC in perps and ten HYPE in spot."""
    limit = ANY_BUY if is_buy else ANY_SELL
    for asset, size in ((BTC_PERP, ONE_BTC), (HYPE_SPOT, 1_000)):
        market.venue("order", asset, is_buy, limit, size, False, sender=ATTACKER)


def test_debt_made_in_front_of_a_crash_is_not_carried_away(mirrored: MirroredMarket) -> None:
    """Know that HYPE falls from 50 to 31, borrow all it carries, and take away what is bought."""
    mirrored.portfolio_account(ATTACKER, hype=10 * WEI)
    mirrored.venue("borrow", USDC, 250 * WEI, sender=ATTACKER)
    # What is borrowed neither leaves nor is sent.
    for way in (("withdraw", USDC, WEI, ATTACKER), ("spotSend", SECOND, USDC, WEI)):
        refused = refusal(mirrored.venue, *way, sender=ATTACKER)
        assert refused == ("InsufficientBalance", (USDC, WEI, 0))
    mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250 * 100, False, sender=ATTACKER)
    mirrored.venue("withdraw", USDT0, EVERYTHING, ATTACKER, sender=ATTACKER)
    claim = worth(mirrored, SUPPLIER)
    mirrored.set_prices(hype=31)
    while mirrored.margin(ATTACKER)["liquidatable"]:
        mirrored.venue("liquidate", ATTACKER, sender=KEEPER)
        mirrored.warp(3)
    # Who had only held had 310. 250 are in the wallet, and liquidation costs a part of the 60.
    assert 250 < worth(mirrored, ATTACKER) < 310 - 20
    assert worth(mirrored, SUPPLIER) >= claim
    assert of_account(mirrored, BACKSTOP) > 20
    assert mirrored.venue("reserveOf", USDC)["deficit"] == 0
