"""Views: what is stored, what follows from it, and the margin as if swept. SPEC PM-14, LQ-07."""

from __future__ import annotations

from support.twins import account_of
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    MAKER,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    Market,
    refusal,
)

from pmkit.liquidation import display_liquidation_px_down
from pmkit.margin import account_margin, display_available_down

USDC_WEI = 10**8


def test_views_of_the_venue_name_its_parties(market: Market) -> None:
    assert market.venue("registry") == market.registry.address.lower()
    parties = [market.venue(name) for name in ("maker", "backstop", "insurance")]
    assert parties == [MAKER, BACKSTOP, INSURANCE]


def test_accounts_are_listed_once_in_order_of_appearance(market: Market) -> None:
    market.portfolio_account(TRADER, hype=10**8)
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    known = [MAKER, BACKSTOP, INSURANCE, SUPPLIER, TRADER]
    assert market.venue("accounts", 0, 100) == (known, 5)
    assert market.venue("accounts", 3, 1) == ([SUPPLIER], 5)
    assert market.venue("accounts", 4, 100) == ([TRADER], 5)
    assert market.venue("accounts", 5, 100) == ([], 5)
    assert market.venue("accounts", 0, 0) == ([], 5)
    assert market.venue("accounts", 2**256 - 1, 2**256 - 1) == ([], 5)


def test_account_state_holds_the_bitmaps_of_what_is_held(market: Market) -> None:
    # Listing order: USDC 0, HYPE 1, UBTC 2; perps BTC 0, HYPE 1.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", HYPE_PERP, False, 0, 100, False, sender=TRADER)
    state = market.venue("accountState", TRADER)
    assert (state["tokenBitmap"], state["dexBitmap"], state["perpBitmap"]) == (0b101, 0b1, 0b10)
    market.venue("order", HYPE_PERP, True, 2**64 - 1, 100, False, sender=TRADER)
    state = market.venue("accountState", TRADER)
    assert (state["tokenBitmap"], state["perpBitmap"]) == (0b100, 0)


def test_balance_holds_shares_of_a_billionth_of_a_wei(market: Market) -> None:
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    balance = market.venue("balanceOf", TRADER, USDC)
    assert balance == {
        "shares": -10_000 * USDC_WEI * 10**9,
        "idle": 0,
        "borrowFloor": 0,
        "basis": 10_000 * USDC_WEI,
    }
    assert market.venue("balanceOf", TRADER, UBTC)["shares"] == 10**10 * 10**9


def test_margin_is_as_if_swept_and_stored_margin_is_not(market: Market) -> None:
    # At 120,000 the dex holds −10,000 until somebody sweeps; net total and ratio know already.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.set_prices(btc=120_000)
    stored, swept = market.venue("storedMarginOf", TRADER), market.margin(TRADER)
    assert stored["dexes"][0]["accountValue"] == -10_000 * USD
    assert swept["dexes"][0]["accountValue"] == 12_000 * USD
    assert stored["tokens"][0]["netTotal"] == swept["tokens"][0]["netTotal"] == -20_000 * USDC_WEI
    assert (stored["perpShortfall"], swept["perpShortfall"]) == (True, False)


def test_account_of_a_stranger_is_empty(market: Market) -> None:
    account = market.account(TRADER)
    assert account["mode"] == 0
    assert account["tokens"] == account["dexes"] == account["perps"] == []
    margin = market.margin(TRADER)
    assert (margin["ratio"], margin["liquidatable"], margin["health"]) == (0, False, 0)
    assert margin["healthFactor"] == 2**256 - 1


def test_displayed_price_of_the_carry_trade_is_the_formulas(market: Market) -> None:
    # Available 75,000 − 1,250; 100,000 + 73,750 / 1 / (1 + 1/80) = 172,839.5061728395…, down.
    market.portfolio_account(TRADER, ubtc=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    px = market.venue("displayLiquidationPx", TRADER, BTC_PERP)
    assert px == 10**10 * 100_000 + 73_750 * 10**10 * 80 // 81


def test_displayed_price_of_a_standard_account_is_its_dexs_own(market: Market) -> None:
    """SPEC LQ-07, on both sides: 12,000 − 1,250 are available, and 50,000 of spot are not.

    100,000 − 10,750 / (1 − 1/80) = 89,113.924..., down.
    """
    market.fund(TRADER, USDC, 62_000 * 10**8)
    market.venue("deposit", USDC, 62_000 * 10**8, TRADER, sender=TRADER)
    market.venue("transferPerp", 0, 12_000 * 10**6, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=TRADER)
    px = market.venue("displayLiquidationPx", TRADER, BTC_PERP)
    assert px == 10**10 * 100_000 - -(-10_750 * 10**10 * 80 // 79)
    account = account_of(market.account(TRADER))
    available = display_available_down(account, account_margin(account), 0)
    assert available == 10_750 * 10**10
    held = account.perps[0]
    assert px == display_liquidation_px_down(held.mark, held.szi, 5, available, 40)


def test_displayed_price_without_a_position_is_refused(market: Market) -> None:
    refused = refusal(market.venue, "displayLiquidationPx", TRADER, BTC_PERP, sender=TRADER)
    assert refused == ("NoPosition", (TRADER, BTC_PERP))


def test_views_of_what_is_not_listed_are_refused(market: Market) -> None:
    for function, args, error in (
        ("balanceOf", (TRADER, 999), ("UnknownToken", (999,))),
        ("positionOf", (TRADER, 999), ("UnknownAsset", (999,))),
        ("rawUsdOf", (TRADER, 999), ("UnknownDex", (999,))),
        ("reserveOf", (999,), ("UnknownToken", (999,))),
    ):
        assert refusal(market.venue, function, *args, sender=TRADER) == error


def test_donated_tokens_change_no_figure() -> None:
    """Whatever somebody sends to the venue's address is nobody's claim. SPEC BL-08."""
    market = Market.deploy()
    market.portfolio_account(TRADER, ubtc=10**10, hype=10**10)
    market.venue("order", BTC_PERP, False, 0, 10**5, False, sender=TRADER)
    market.evm.warp(86_400)

    def figures() -> list[object]:
        accounts = (TRADER, MAKER, SUPPLIER)
        return [
            *[market.venue("reserveOf", token) for token in (USDC, HYPE, UBTC)],
            *[market.account(account) for account in accounts],
            *[market.margin(account) for account in accounts],
        ]

    before, dusts = figures(), market.dusts()
    for token in (USDC, HYPE, UBTC):
        held = market.holdings(token)
        market.erc20[token]("mint", market.venue.address, 10**20)
        assert market.dust(token) - dusts[token] == market.holdings(token) - held
    assert figures() == before
    # An action afterwards credits what it moved, not what was donated.
    market.fund(SUPPLIER, USDC, 10**8)
    assert market.venue("deposit", USDC, 10**8, SUPPLIER, sender=SUPPLIER) == 10**8
