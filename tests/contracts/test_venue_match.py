"""matchOrders: fills between two accounts by the matcher. SPEC CH-20 to CH-22.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.venue import (
    BORROWER,
    BTC_PERP,
    HYPE,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
    refusal,
)
from support.wide_market import USDT0_USDC
from venue.mirror import MirroredMarket

USDC_WEI = 10**8
ONE_BTC = 10**5
MARK = 1_000_000
"""BTC at 100,000."""
ANY = 2**64 - 1
MATCHER = "0x" + "3a" * 20
BUYER, SELLER = TRADER, BORROWER
HYPE_SPOT = 10_107


@pytest.fixture
def market(mirrored: MirroredMarket) -> MirroredMarket:
    """Let buyer and seller approve a matcher, each with 10,000 in the venue's own dex."""
    mirrored.registry("grantRole", mirrored.registry("MATCHER"), MATCHER)
    for account in (BUYER, SELLER):
        mirrored.fund(account, USDC, 100_000 * USDC_WEI)
        mirrored.venue("deposit", USDC, 10_000 * USDC_WEI, account, sender=account)
        mirrored.venue("transferPerp", 0, 10_000 * USD, True, sender=account)
        mirrored.venue("approveOperator", MATCHER, True, sender=account)
    return mirrored


def args(
    asset: int = BTC_PERP,
    px: int = MARK,
    sz: int = ONE_BTC // 10,
    buyer: tuple[Any, ...] = (BUYER, ANY, False),
    seller: tuple[Any, ...] = (SELLER, 0, False),
    buyer_takes: bool = True,
) -> tuple[Any, ...]:
    """Return a match: 0.1 BTC at the mark unless said."""
    return asset, buyer, seller, px, sz, buyer_takes


def match(market: MirroredMarket, **changes: Any) -> None:
    market.venue("matchOrders", *args(**changes), sender=MATCHER)


def refused(market: MirroredMarket, **changes: Any) -> tuple[str, tuple[Any, ...]]:
    return refusal(market.venue, "matchOrders", *args(**changes), sender=MATCHER)


def equity(market: MirroredMarket, account: str) -> int:
    found: int = market.margin(account)["dexes"][0]["accountValue"]
    return found


# Who may, and whose orders


def test_match_needs_the_matchers_role(market: MirroredMarket) -> None:
    answer = refusal(market.venue, "matchOrders", *args(), sender=KEEPER)
    assert answer == (
        "AccessControlUnauthorizedAccount",
        (KEEPER, market.registry("MATCHER")),
    )


@pytest.mark.parametrize("account", [BUYER, SELLER])
def test_match_needs_the_consent_of_both_accounts(market: MirroredMarket, account: str) -> None:
    market.venue("approveOperator", MATCHER, False, sender=account)
    assert refused(market) == ("NotOperator", (account, MATCHER))


def test_match_of_an_account_with_itself_is_refused(market: MirroredMarket) -> None:
    answer = refused(market, seller=(BUYER, 0, False))
    assert answer == ("SelfTrade", (BUYER,))


def test_match_of_a_sub_account_needs_its_own_consent(market: MirroredMarket) -> None:
    venue = market.venue
    sub = venue("subAccountOf", BUYER, 1)
    side = (sub, ANY, False)
    answer = refused(market, buyer=side)
    assert answer == ("NotOperator", (sub, MATCHER))
    approve = venue.calldata("approveOperator", MATCHER, True)
    venue("forSubAccount", 1, approve, sender=BUYER)
    venue("deposit", USDC, 1_000 * USDC_WEI, sub, sender=BUYER)
    fund = venue.calldata("transferPerp", 0, 1_000 * USD, True)
    venue("forSubAccount", 1, fund, sender=BUYER)
    match(market, buyer=side)
    assert venue("positionOf", sub, BTC_PERP)["szi"] == ONE_BTC // 10


@pytest.mark.parametrize(
    ("buyer_limit", "seller_limit", "crossed"),
    [(MARK - 1, 0, MARK - 1), (ANY, MARK + 1, MARK + 1)],
)
def test_match_beyond_a_limit_is_refused(
    market: MirroredMarket, buyer_limit: int, seller_limit: int, crossed: int
) -> None:
    sides = {"buyer": (BUYER, buyer_limit, False), "seller": (SELLER, seller_limit, False)}
    assert refused(market, **sides) == ("LimitPriceCrossed", (crossed, MARK))
    match(market, buyer=(BUYER, MARK, False), seller=(SELLER, MARK, False))


@pytest.mark.parametrize("size", [0, 2**63])
def test_match_of_a_size_out_of_range_is_refused(market: MirroredMarket, size: int) -> None:
    assert refused(market, sz=size) == ("InvalidSize", (size,))


# Perps


def test_match_moves_size_and_raw_usd_between_two_accounts_alone(market: MirroredMarket) -> None:
    maker = market.venue("rawUsdOf", MAKER, 0)
    match(market)
    assert market.event("Matched") == {
        "buyer": BUYER,
        "seller": SELLER,
        "asset": BTC_PERP,
        "px": MARK,
        "sz": ONE_BTC // 10,
        "buyerTakes": True,
        "fee": 0,
    }
    for account, szi in ((BUYER, ONE_BTC // 10), (SELLER, -ONE_BTC // 10)):
        position = market.venue("positionOf", account, BTC_PERP)
        assert (position["szi"], position["entryNtl"]) == (szi, 10_000 * USD)
        assert market.venue("volumeOf", account) == (10_000 * USD, 10_000 * USD)
    assert market.venue("rawUsdOf", BUYER, 0) == 0
    assert market.venue("rawUsdOf", SELLER, 0) == 20_000 * USD
    assert market.venue("rawUsdOf", MAKER, 0) == maker
    assert market.venue("volumeOf", MAKER) == (0, 0)


@pytest.mark.parametrize(("px", "gain"), [(1_010_000, -100), (990_000, 100)])
def test_match_off_the_mark_wins_one_side_what_the_other_loses(
    market: MirroredMarket, px: int, gain: int
) -> None:
    # 0.1 BTC at 101,000 or 99,000 where the mark is 100,000.
    match(market, px=px)
    assert equity(market, BUYER) == (10_000 + gain) * USD
    assert equity(market, SELLER) == (10_000 - gain) * USD
    assert market.venue("positionOf", BUYER, BTC_PERP)["entryNtl"] == px * ONE_BTC // 10
    assert market.venue("volumeOf", BUYER)[0] == px * ONE_BTC // 10


@pytest.mark.parametrize(("buyer_takes", "taker"), [(True, BUYER), (False, SELLER)])
def test_match_lets_the_taker_pay_the_fee(
    market: MirroredMarket, buyer_takes: bool, taker: str
) -> None:
    # 0.045 % of 10,000.
    market.set_policy(perp_fee_ppm=450)
    match(market, buyer_takes=buyer_takes)
    assert market.event("Matched")["fee"] == 4_500_000
    for account in (BUYER, SELLER):
        assert equity(market, account) == 10_000 * USD - (4_500_000 if account == taker else 0)
    assert market.venue("rawUsdOf", INSURANCE, 0) == 4_500_000


def test_match_leaves_both_sides_with_initial_margin(market: MirroredMarket) -> None:
    # 4.1 BTC at 40x want 10,250, the mark's worth whatever was paid.
    answer = refused(market, sz=41 * ONE_BTC // 10)
    assert answer == ("InsufficientMargin", (0, 10_250 * USD, 10_000 * USD))
    # At 99,900 the buyer wins 410, and the seller has lost them.
    answer = refused(market, sz=41 * ONE_BTC // 10, px=999_000)
    assert answer == ("InsufficientMargin", (0, 10_250 * USD, 9_590 * USD))
    match(market, sz=4 * ONE_BTC)


def test_match_that_only_reduces_needs_no_margin_at_the_mark_or_better(
    market: MirroredMarket,
) -> None:
    # Long 4 from 100,000 on 10,000: at 97,600 are 400 left, where 9,760 are initial margin.
    match(market, sz=4 * ONE_BTC)
    market.set_prices(btc=97_600)
    sides = {"buyer": (SELLER, ANY, True), "seller": (BUYER, 0, True)}
    match(market, px=976_000, sz=ONE_BTC, **sides)
    assert equity(market, BUYER) == 400 * USD
    # A price that is worse for it is taken only if it is safe afterwards.
    answer = refused(market, px=975_000, sz=ONE_BTC, **sides)
    assert answer == ("InsufficientMargin", (0, 4_880 * USD, 300 * USD))
    # One that is better needs nothing of it, and all of the other side.
    match(market, px=977_000, sz=ONE_BTC, **sides)
    assert (equity(market, BUYER), equity(market, SELLER)) == (500 * USD, 19_500 * USD)


def test_match_honours_reduce_only(market: MirroredMarket) -> None:
    answer = refused(market, buyer=(BUYER, ANY, True))
    assert answer == ("ReduceOnlyViolated", (0, ONE_BTC // 10))
    match(market)
    answer = refused(market, buyer=(SELLER, ANY, True), seller=(BUYER, 0, True), sz=ONE_BTC)
    assert answer == ("ReduceOnlyViolated", (-ONE_BTC // 10, ONE_BTC))
    match(market, buyer=(SELLER, ANY, True), seller=(BUYER, 0, True))
    assert market.venue("positionOf", BUYER, BTC_PERP)["szi"] == 0


def test_match_while_risk_is_paused_only_reduces_on_both_sides(market: MirroredMarket) -> None:
    match(market)
    market.registry("grantRole", market.registry("GUARDIAN"), KEEPER)
    market.registry("pause", 4, sender=KEEPER)
    assert refused(market) == ("Paused", (4,))
    match(market, buyer=(SELLER, ANY, False), seller=(BUYER, 0, False))


def test_match_on_an_old_mark_only_reduces_on_both_sides(market: MirroredMarket) -> None:
    match(market)
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.warp(61)
    assert refused(market) == ("StaleMark", (BTC_PERP, 61, 60))
    back = {"buyer": (SELLER, ANY, False), "seller": (BUYER, 0, False)}
    # Off the mark one side must be safe with what it has left, which needs a young one.
    answer = refused(market, px=MARK - 1, sz=1, **back)
    assert answer == ("StaleMark", (BTC_PERP, 61, 60))
    match(market, sz=1, **back)
    market.warp(540)
    assert refused(market, sz=1, **back) == ("StaleMark", (BTC_PERP, 601, 600))


def test_match_without_a_mark_is_refused(market: MirroredMarket) -> None:
    market.registry("listPerp", (7, "NEW", 0, 2, 10, 52))
    assert refused(market, asset=7) == ("MarkMissing", (7,))
    assert refused(market, asset=8) == ("UnknownAsset", (8,))


def test_match_lets_a_portfolio_account_borrow_its_margin(market: MirroredMarket) -> None:
    market.portfolio_account(SUPPLIER, ubtc=10**10)
    market.venue("approveOperator", MATCHER, True, sender=SUPPLIER)
    side = (SUPPLIER, 0, False)
    match(market, seller=side, sz=ONE_BTC)
    # A tenth is kept in the dex; what the supplier had in the pool pays for it.
    assert market.margin(SUPPLIER)["dexes"][0]["accountValue"] == 10_000 * USD
    assert market.token(SUPPLIER, USDC)["supplied"] == (50_000_000 - 10_000) * USDC_WEI


def test_match_that_would_borrow_below_health_factor_one_is_refused(
    market: MirroredMarket,
) -> None:
    # 0.5 UBTC lends 25,000; short 3 BTC keeps 30,000 in the dex.
    market.portfolio_account(KEEPER, ubtc=5 * 10**9)
    market.venue("approveOperator", MATCHER, True, sender=KEEPER)
    answer = refused(market, seller=(KEEPER, 0, False), sz=3 * ONE_BTC)
    assert answer == ("HealthFactorBelowOne", (25_000 * WAD // 30_000,))
    match(market, seller=(KEEPER, 0, False), sz=2 * ONE_BTC)


def test_match_brings_an_isolated_position_its_margin_and_what_the_price_costs(
    market: MirroredMarket,
) -> None:
    # 1 BTC at 101,000 on 5,000 of initial margin: 1,000 are lost at once.
    venue = market.venue
    venue("setLeverage", BTC_PERP, 20, sender=BUYER)
    venue("setIsolated", BTC_PERP, True, sender=BUYER)
    match(market, sz=ONE_BTC, px=1_010_000)
    moved = {"account": BUYER, "asset": BTC_PERP, "usd": 6_000 * USD}
    assert market.event("IsolatedMarginMoved") == moved
    found = venue("isolatedOf", BUYER, BTC_PERP)
    assert (found["equity"], found["initialMargin"]) == (5_000 * USD, 5_000 * USD)
    assert venue("rawUsdOf", BUYER, 0) == 4_000 * USD


def test_match_closes_an_isolated_position_that_is_worth_less_than_nothing(
    market: MirroredMarket,
) -> None:
    venue = market.venue
    venue("setLeverage", BTC_PERP, 20, sender=BUYER)
    venue("setIsolated", BTC_PERP, True, sender=BUYER)
    match(market, sz=ONE_BTC)
    # At 94,000 it has lost 6,000, and 5,000 were there.
    market.set_prices(btc=94_000)
    back = {"buyer": (SELLER, ANY, True), "seller": (BUYER, 0, True)}
    match(market, sz=ONE_BTC, px=940_000, **back)
    covered = {"buffer": 0, "insurance": 0, "deficit": 1_000 * USDC_WEI}
    assert market.event("LossCovered") == {"token": USDC, **covered}


def test_match_closes_an_isolated_position_at_a_worse_price_only_on_its_own_margin(
    market: MirroredMarket,
) -> None:
    venue = market.venue
    venue("setLeverage", BTC_PERP, 20, sender=BUYER)
    venue("setIsolated", BTC_PERP, True, sender=BUYER)
    match(market, sz=ONE_BTC)
    back = {"buyer": (SELLER, ANY, True), "seller": (BUYER, 0, True)}
    # 5,000 of margin pay for 5,000 below the mark and no more.
    answer = refused(market, sz=ONE_BTC, px=949_990, **back)
    assert answer == ("InsufficientIsolatedMargin", (BTC_PERP, 0, -USD))
    # Half of it 1,000 below costs 500: half of what is left stays, below the 2,500 of the rest.
    answer = refused(market, sz=ONE_BTC // 2, px=990_000, **back)
    assert answer == ("InsufficientIsolatedMargin", (BTC_PERP, 2_500 * USD, 2_250 * USD))
    match(market, sz=ONE_BTC // 2, px=1_010_000, **back)
    match(market, sz=ONE_BTC // 2, px=950_000, **back)
    # 5,000 and 500 won, less 2,500 lost, and the 5,000 that never were in it.
    assert venue("rawUsdOf", BUYER, 0) == 8_000 * USD


# Spot


def hold(market: MirroredMarket, account: str, token: int, amount: int) -> None:
    market.fund(account, token, amount)
    market.venue("deposit", token, amount, account, sender=account)


def test_spot_match_swaps_between_two_accounts_alone(market: MirroredMarket) -> None:
    hold(market, BUYER, USDC, 600 * USDC_WEI)
    hold(market, SELLER, HYPE, 10 * 10**8)
    maker = market.venue("balanceOf", MAKER, HYPE)
    # 10 HYPE at 51, whatever the spot price of 50 says.
    match(market, asset=HYPE_SPOT, px=51_000_000, sz=1_000)
    assert market.event("Matched")["fee"] == 0
    assert market.token(BUYER, HYPE)["idle"] == 10 * 10**8
    assert market.token(BUYER, USDC)["idle"] == 90 * USDC_WEI
    assert market.token(SELLER, USDC)["idle"] == 510 * USDC_WEI
    for account in (BUYER, SELLER):
        assert market.venue("volumeOf", account)[0] == 1_020 * USD
    assert market.venue("balanceOf", MAKER, HYPE) == maker


@pytest.mark.parametrize(
    ("buyer_takes", "bought", "sold", "fee"),
    [(True, 9_993 * 10**5, 500 * USDC_WEI, 7 * 10**5), (False, 10**9, 49_965 * 10**6, 35 * 10**6)],
)
def test_spot_match_takes_the_fee_of_what_the_taker_gets(
    market: MirroredMarket, buyer_takes: bool, bought: int, sold: int, fee: int
) -> None:
    # 0.07 % of 10 HYPE, or of 500 USDC.
    market.set_policy(spot_fee_ppm=700)
    hold(market, BUYER, USDC, 500 * USDC_WEI)
    hold(market, SELLER, HYPE, 10 * 10**8)
    match(market, asset=HYPE_SPOT, px=50_000_000, sz=1_000, buyer_takes=buyer_takes)
    assert market.event("Matched")["fee"] == fee
    assert market.token(BUYER, HYPE)["idle"] == bought
    assert market.token(SELLER, USDC)["idle"] == sold
    token = HYPE if buyer_takes else USDC
    assert market.venue("balanceOf", INSURANCE, token)["idle"] == fee


def test_spot_match_gives_the_seller_all_that_the_buyer_pays(market: MirroredMarket) -> None:
    """A quote token of six decimals is paid in whole ones, up; nothing of it is lost."""
    market.list_token(8, 0, 6, 6, 0, lent=False)
    market.registry("listPair", (800, HYPE, 8, False, 0))
    market.registry("reportPrices", [(800, 1)], [], 10**8)
    hold(market, BUYER, 8, 10**6)
    hold(market, SELLER, HYPE, 10**8)
    # 0.01 HYPE at 0.000051 are 0.51 of a unit.
    match(market, asset=10_800, px=51, sz=1)
    assert market.token(BUYER, 8)["idle"] == 10**6 - 1
    assert market.token(SELLER, 8)["idle"] == 1


def test_spot_match_is_paid_from_own_balance_or_with_portfolio_margin_by_debt(
    market: MirroredMarket,
) -> None:
    hold(market, SELLER, HYPE, 10 * 10**8)
    spot = {"asset": HYPE_SPOT, "px": 50_000_000, "sz": 1_000}
    assert refused(market, **spot) == ("InsufficientBalance", (USDC, 500 * USDC_WEI, 0))
    market.portfolio_account(KEEPER, ubtc=10**8)
    market.venue("approveOperator", MATCHER, True, sender=KEEPER)
    match(market, **spot, buyer=(KEEPER, ANY, False))
    assert market.token(KEEPER, USDC)["borrowed"] == 500 * USDC_WEI
    # It sells what it has supplied, and the proceeds repay.
    hold(market, BUYER, USDC, 500 * USDC_WEI)
    match(market, **spot, seller=(KEEPER, 0, False))
    assert market.venue("balanceOf", KEEPER, USDC)["shares"] == 0


def test_spot_match_while_risk_is_paused_makes_no_debt(market: MirroredMarket) -> None:
    """SPEC CR-07."""
    hold(market, SELLER, HYPE, 11 * 10**8)
    market.portfolio_account(KEEPER, ubtc=10**8, usdc=500 * USDC_WEI)
    market.venue("approveOperator", MATCHER, True, sender=KEEPER)
    market.registry("grantRole", market.registry("GUARDIAN"), INSURANCE)
    market.registry("pause", 4, sender=INSURANCE)
    buyer = (KEEPER, ANY, False)
    spot = {"asset": HYPE_SPOT, "px": 50_000_000, "buyer": buyer}
    assert refused(market, **spot, sz=1_000 + 1) == ("Paused", (4,))
    match(market, **spot, sz=1_000)
    assert market.token(KEEPER, HYPE)["supplied"] == 10 * 10**8


def test_spot_match_that_gives_collateral_away_is_refused(market: MirroredMarket) -> None:
    # 0.01 UBTC lends 500; 499.99 are owed, and a tenth of the coin would go for nothing.
    market.portfolio_account(KEEPER, ubtc=10**8)
    market.venue("approveOperator", MATCHER, True, sender=KEEPER)
    market.venue("borrow", USDC, 500 * USDC_WEI, sender=KEEPER)
    market.venue("order", 10_000 + USDT0_USDC, True, ANY, 500 * 100, False, sender=KEEPER)
    answer = refused(market, asset=10_142, px=0, sz=400, seller=(KEEPER, 0, False))
    # 0.006 UBTC carry 450 at the threshold.
    assert answer == ("DebtAboveThreshold", (500 * WAD, 450 * WAD))


def test_spot_match_lets_no_borrowed_money_leave_through_a_bad_price(
    market: MirroredMarket,
) -> None:
    """Once it paid a second account out of idle debt, below a health factor of one."""
    venue = market.venue
    market.portfolio_account(KEEPER, hype=10 * 10**8)
    venue("approveOperator", MATCHER, True, sender=KEEPER)
    hold(market, SELLER, HYPE, 10**8)
    venue("borrow", USDC, 250 * USDC_WEI, sender=KEEPER)
    market.set_prices(hype=34)
    # 10.01 HYPE at 34 and an LTV of 0.5 carry 170.17 of 250. A hundredth of one for 242 is a gift.
    bought: dict[str, Any] = {"asset": HYPE_SPOT, "sz": 1, "buyer": (KEEPER, ANY, False)}
    answer = refused(market, px=24_200_000_000, **bought)
    assert answer == ("HealthFactorBelowOne", (68_068 * 10**13,))
    # At the price it trades on.
    match(market, px=34_000_000, **bought)


def test_spot_match_gives_a_portfolio_account_no_collateral_without_a_price(
    market: MirroredMarket,
) -> None:
    """Its only pair is in another coin, so nobody knows what it is worth in USD. SPEC OR-09."""
    market.list_token(9, 8, 8, 2, 5_000, lent=False)
    market.registry("listPair", (801, 9, HYPE, False, 0))
    market.registry("reportPrices", [(801, 10**6)], [], 10**8)
    hold(market, BUYER, 9, 10**8)
    market.portfolio_account(KEEPER, hype=10**8)
    market.venue("approveOperator", MATCHER, True, sender=KEEPER)
    sides = {"buyer": (KEEPER, ANY, False), "seller": (BUYER, 0, False)}
    answer = refused(market, asset=10_801, px=10**6, sz=100, **sides)
    assert answer == ("PriceMissing", (9,))


def test_spot_match_needs_a_young_price(market: MirroredMarket) -> None:
    market.set_policy(max_price_age=60, max_liquidation_price_age=600)
    market.warp(61)
    answer = refused(market, asset=HYPE_SPOT, px=50_000_000)
    assert answer == ("StalePrice", (HYPE, 61, 60))
    market.registry("listPair", (900, HYPE, UBTC, False, 0))
    assert refused(market, asset=10_900) == ("SpotPriceMissing", (900,))
    assert refused(market, asset=10_901) == ("UnknownPair", (901,))


def test_match_for_somebody_who_lets_the_matcher_act_is_no_other_match(
    market: MirroredMarket,
) -> None:
    """Acting for an account changes who acts, not who asks: the matcher's role is the caller's."""
    data = market.venue.calldata("matchOrders", *args())
    market.venue("onBehalf", BUYER, data, sender=MATCHER)
    assert market.venue("positionOf", BUYER, BTC_PERP)["szi"] == ONE_BTC // 10
    market.venue("approveOperator", KEEPER, True, sender=BUYER)
    answer = refusal(market.venue, "onBehalf", BUYER, data, sender=KEEPER)
    assert answer[0] == "AccessControlUnauthorizedAccount"


def test_match_of_the_market_maker_needs_its_consent_and_its_margin(
    market: MirroredMarket,
) -> None:
    side = (MAKER, ANY, False)
    assert refused(market, buyer=side) == ("NotOperator", (MAKER, MATCHER))
    market.venue("approveOperator", MATCHER, True, sender=MAKER)
    match(market, buyer=side)
    assert market.venue("positionOf", MAKER, BTC_PERP)["szi"] == ONE_BTC // 10


def test_match_in_another_mode_than_the_other_side(market: MirroredMarket) -> None:
    market.venue("transferPerp", 0, 10_000 * USD, False, sender=SELLER)
    market.venue("setMode", PORTFOLIO_MARGIN, sender=SELLER)
    match(market, sz=ONE_BTC)
    assert equity(market, SELLER) == 10_000 * USD
    assert equity(market, BUYER) == 10_000 * USD
