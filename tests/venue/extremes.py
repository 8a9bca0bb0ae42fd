"""Ends of the number range and of the rules, each reached in a market of its own."""

from __future__ import annotations

from itertools import product

from support.evm import DEPLOYER
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    RAY,
    STABLE_CURVE,
    STANDARD,
    SUPPLIER,
    UNIFIED,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    policy,
)
from support.wide_market import GOLD_DEX, GOLD_PERP, USDT0_USDC
from venue.cast import USERS
from venue.world import World

DEBTOR, BORROWER = "0x" + "d0" * 20, "0x" + "d1" * 20
MILLION_WEI = 10**6 * 10**8
YEAR = 365 * 86_400


def newcomer(w: World, account: str, hype: int) -> None:
    """Let an account bring HYPE into portfolio margin, under the policy of the tests."""
    w.call(w.market.registry, "setPolicy", policy(), sender=DEPLOYER)
    w.call(w.venue, "setMode", PORTFOLIO_MARGIN, sender=account)
    w.fund(account, HYPE, hype)
    w.call(w.venue, "deposit", HYPE, EVERYTHING, account, sender=account)


def break_small_rules(w: World) -> None:
    """Borrow what is not lent, supply beyond a cap, leave modes with things open, and the like."""
    for token in (USDC, HYPE):
        w.call(w.market.registry, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
    newcomer(w, DEBTOR, 1_000 * 10**8)
    w.fund(DEBTOR, USDC, MILLION_WEI)
    full = (UNLIMITED, UNLIMITED, 0, UNLIMITED)
    w.call(w.market.registry, "setTokenCaps", USDC, *full, sender=DEPLOYER)
    w.call(w.venue, "supply", USDC, 10**8, DEBTOR, sender=DEBTOR)
    w.call(w.market.registry, "setTokenCaps", USDC, *(UNLIMITED,) * 4, sender=DEPLOYER)
    w.call(w.venue, "transferPerp", 0, 10**6, True, sender=DEBTOR)
    w.call(w.venue, "borrow", HYPE, 1, sender=DEBTOR)
    w.call(w.venue, "borrow", USDC, 10**10, sender=DEBTOR)
    w.call(w.venue, "withdraw", HYPE, 1, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "setMode", STANDARD, sender=DEBTOR)
    w.call(w.venue, "order", HYPE_PERP, True, 2**64 - 1, 100, False, sender=DEBTOR)
    w.call(w.venue, "setMode", STANDARD, sender=DEBTOR)
    w.call(w.venue, "order", HYPE_PERP, False, 0, 100, True, sender=DEBTOR)
    w.call(w.venue, "repay", USDC, EVERYTHING, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "setMode", STANDARD, sender=DEBTOR)
    w.call(w.venue, "deposit", USDC, 10**9, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "withdraw", USDC, 1, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "transferPerp", 0, 10**6, True, sender=DEBTOR)
    w.call(w.venue, "setMode", PORTFOLIO_MARGIN, sender=DEBTOR)
    w.call(w.venue, "order", BTC_PERP, True, 2**64 - 1, 1, False, sender=DEBTOR)
    w.call(w.venue, "transferPerp", 0, 10**6, False, sender=DEBTOR)


def break_order_rules(w: World) -> None:
    """Reduce what is not held, order more than the market maker has, report too far a move."""
    newcomer(w, DEBTOR, 1_000 * 10**8)
    w.call(w.venue, "order", HYPE_PERP, True, 2**64 - 1, 100, True, sender=DEBTOR)
    w.call(w.venue, "order", 10_107, True, 2**64 - 1, 10**15, False, sender=DEBTOR)
    w.fund(DEBTOR, USDC, 10**12 * 10**8)
    w.call(w.venue, "deposit", USDC, EVERYTHING, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "order", 10_107, True, 2**64 - 1, 10**11, False, sender=DEBTOR)
    w.call(w.market.registry, "setPolicy", policy(max_move_bps=1), sender=DEPLOYER)
    w.call(w.market.registry, "reportPrices", [(107, 1)], [], 10**8, sender=DEPLOYER)


def lower_a_cap(w: World) -> None:
    """Let one HYPE of a thousand count against 95 spent: all of them still carry it."""
    for token in (USDC, HYPE):
        w.call(w.market.registry, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
    newcomer(w, DEBTOR, 1_000 * 10**8)
    w.call(w.venue, "borrow", USDC, 10**10, sender=DEBTOR)
    w.call(w.venue, "order", 10_000 + HYPE_USDC, True, 2**64 - 1, 190, False, sender=DEBTOR)
    caps = (10**8, UNLIMITED, UNLIMITED, UNLIMITED)
    w.call(w.market.registry, "setTokenCaps", HYPE, *caps, sender=DEPLOYER)
    w.call(w.venue, "liquidate", DEBTOR, sender=KEEPER)


def lose_a_long(w: World) -> None:
    """Let a standard account be long 4 BTC on 10,000, and lose a part, the rest, and all of it."""
    w.call(w.market.registry, "setPolicy", policy(), sender=DEPLOYER)
    w.fund(DEBTOR, USDC, 20_000 * 10**8)
    for falls in ((985_000, 984_000), (970_000,)):
        w.marks[BTC_PERP] = 1_000_000
        w.report()
        w.call(w.venue, "deposit", USDC, 10_000 * 10**8, DEBTOR, sender=DEBTOR)
        w.call(w.venue, "transferPerp", 0, 10**10, True, sender=DEBTOR)
        w.call(w.venue, "order", BTC_PERP, True, 2**64 - 1, 4 * 10**5, False, sender=DEBTOR)
        for mark in falls:
            w.marks[BTC_PERP] = mark
            w.report()
            w.call(w.venue, "liquidate", DEBTOR, sender=KEEPER)
            w.warp(3)
        w.call(w.venue, "liquidate", DEBTOR, sender=KEEPER)


def lose_a_little(w: World) -> None:
    """Lose more than a small buffer holds, and less than the insurance has."""
    for token in (USDC, HYPE):
        w.call(w.market.registry, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
    newcomer(w, BORROWER, 1_000 * 10**8)
    w.call(w.venue, "borrow", USDC, 10**4 * 10**8, sender=BORROWER)
    w.call(
        w.venue, "order", 10_000 + USDT0_USDC, True, 2**64 - 1, 10**6 - 1, False, sender=BORROWER
    )
    w.warp(YEAR)
    w.report()
    w.fund(INSURANCE, USDC, MILLION_WEI)
    w.call(w.venue, "deposit", USDC, EVERYTHING, INSURANCE, sender=INSURANCE)
    w.marks[BTC_PERP] = 1_000_000
    w.report()
    w.fund(DEBTOR, USDC, 10_000 * 10**8)
    w.call(w.venue, "deposit", USDC, EVERYTHING, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "transferPerp", 0, 10**10, True, sender=DEBTOR)
    w.call(w.venue, "order", BTC_PERP, True, 2**64 - 1, 4 * 10**5, False, sender=DEBTOR)
    w.marks[BTC_PERP] = 960_000
    w.report()
    for _ in range(2):
        w.call(w.venue, "liquidate", DEBTOR, sender=KEEPER)


def lose_an_isolated_short(w: World) -> None:
    """Let a standard account be short 4 BTC on 40,000 of their own, and lose them step by step."""
    w.call(w.market.registry, "setPolicy", policy(), sender=DEPLOYER)
    w.marks[BTC_PERP] = 1_000_000
    w.report()
    w.fund(DEBTOR, USDC, 50_000 * 10**8)
    w.call(w.venue, "deposit", USDC, EVERYTHING, DEBTOR, sender=DEBTOR)
    w.call(w.venue, "transferPerp", 0, 5 * 10**10, True, sender=DEBTOR)
    w.call(w.venue, "setIsolated", BTC_PERP, True, sender=DEBTOR)
    w.call(w.venue, "setLeverage", BTC_PERP, 10, sender=DEBTOR)
    w.call(w.venue, "order", BTC_PERP, False, 0, 4 * 10**5, False, sender=DEBTOR)
    w.call(w.venue, "setIsolated", BTC_PERP, False, sender=DEBTOR)
    for usd in (10**9, -(10**9), -1):
        w.call(w.venue, "updateIsolatedMargin", BTC_PERP, usd, sender=DEBTOR)
    w.call(w.venue, "setLeverage", BTC_PERP, 5, sender=DEBTOR)
    # Maintenance, a fifth, the rest; and a position that is worth less than nothing.
    for mark in (1_086_419, 1_086_420, 1_089_773):
        w.marks[BTC_PERP] = mark
        w.report()
        w.call(w.venue, "liquidateIsolated", DEBTOR, BTC_PERP, sender=KEEPER)
    w.call(w.venue, "order", BTC_PERP, False, 0, 10**4, False, sender=DEBTOR)
    w.marks[BTC_PERP] = 1_300_000
    w.report()
    w.call(w.venue, "liquidateIsolated", DEBTOR, BTC_PERP, sender=KEEPER)


def lose_a_loan(w: World) -> None:
    """Lend 1.9 million USDT0 against HYPE that is then worth 0.1 million."""
    for token in (USDC, HYPE, USDT0):
        w.call(w.market.registry, "setTokenCaps", token, *(UNLIMITED,) * 4, sender=DEPLOYER)
    newcomer(w, DEBTOR, 10**5 * 10**8)
    w.call(w.venue, "borrow", USDT0, 2 * MILLION_WEI, sender=DEBTOR)
    w.call(w.venue, "order", 10_000 + USDT0_USDC, False, 0, 190 * 10**6, False, sender=DEBTOR)
    w.call(w.venue, "withdraw", USDC, EVERYTHING, DEBTOR, sender=DEBTOR)
    w.marks[HYPE_PERP] = 10_000
    w.report()
    w.call(w.venue, "liquidate", DEBTOR, sender=KEEPER)


def spread_a_deficit(w: World) -> None:
    """Lose a loan without insurance, pay a part of it, and let the suppliers bear the rest."""
    lose_a_loan(w)
    w.call(w.venue, "withdraw", USDT0, 10**8, SUPPLIER, sender=SUPPLIER)
    w.fund(KEEPER, USDT0, MILLION_WEI)
    w.call(w.venue, "coverDeficit", USDT0, 0, sender=KEEPER)
    w.call(w.venue, "coverDeficit", USDT0, MILLION_WEI // 2 + 1, sender=KEEPER)
    w.call(w.venue, "socialise", USDT0, sender=KEEPER)
    w.call(w.venue, "socialise", USDT0, sender=DEPLOYER)
    w.call(w.venue, "withdraw", USDT0, 10**8, SUPPLIER, sender=SUPPLIER)


def empty_the_reserve(w: World) -> None:
    """Lose a loan, let suppliers leave until the deficit is more than what they have left.

    A deficit that the insurance could pay locks nobody in, and the buffer's later interest leaves
    less supply than deficit: then it can no longer be spread.
    """
    lose_a_loan(w)
    w.fund(INSURANCE, USDT0, 4 * MILLION_WEI)
    w.call(w.venue, "deposit", USDT0, EVERYTHING, INSURANCE, sender=INSURANCE)
    w.fund(KEEPER, USDT0, 5 * MILLION_WEI)
    newcomer(w, BORROWER, 10**8 * 10**8)
    w.call(w.venue, "borrow", USDT0, MILLION_WEI, sender=BORROWER)
    w.warp(YEAR)
    w.report()
    for account in (BORROWER, BACKSTOP):
        w.call(w.venue, "repay", USDT0, EVERYTHING, account, sender=KEEPER)
    for account in (BORROWER, DEBTOR, *USERS, SUPPLIER):
        cash = w.twin.reserve_of(USDT0).cash
        amount = min(cash, w.supplied(account, USDT0)) // 100 * 100
        w.by(account, "withdraw", USDT0, amount, account)
    w.call(w.venue, "socialise", USDT0, sender=DEPLOYER)
    w.call(w.venue, "coverDeficitFromInsurance", USDT0, sender=KEEPER)


def let_interest_run_away(w: World) -> None:
    """Set the highest rate there can be and wait, until the index would leave its 104 bits."""
    newcomer(w, DEBTOR, 10**5 * 10**8)
    w.call(w.venue, "borrow", USDT0, MILLION_WEI, sender=DEBTOR)
    steepest = (5_000 * RAY, 5_000 * RAY, 0, WAD, False)
    w.call(w.market.registry, "setRateCurve", USDT0, steepest, sender=DEPLOYER)
    for _ in range(3):
        w.warp(10 * 86_400)
        w.call(w.venue, "accrue", USDT0, sender=KEEPER)
        w.call(w.venue, "repay", USDT0, 10**8, DEBTOR, sender=SUPPLIER)
    w.call(w.market.registry, "setRateCurve", USDT0, (1, 0, RAY, 0, False), sender=DEPLOYER)
    w.call(w.market.registry, "setRateCurve", USDT0, STABLE_CURVE, sender=DEPLOYER)
    w.call(w.venue, "accrue", USDT0, sender=KEEPER)


def fill_the_pool(w: World) -> None:
    """Supply until shares leave their 128 bits, and trade until a dex's equity does."""
    amount = 15 * 10**28
    for account in (DEBTOR, DEBTOR, BORROWER, KEEPER):
        w.fund(account, USDC, amount)
        w.call(w.venue, "supply", USDC, amount, account, sender=account)
    w.call(w.market.registry, "setPolicy", policy(perp_fee_ppm=1), sender=DEPLOYER)
    perps = [(HYPE_PERP, 2**64 - 1, 500_000)]
    w.call(w.market.registry, "reportPrices", [], perps, 10**8, sender=DEPLOYER)
    w.call(w.venue, "order", HYPE_PERP, True, 2**64 - 1, 2**63 - 1, False, sender=DEBTOR)


def lose_one_of_two_margins(w: World) -> None:
    """Let accounts of two margins each lose one: a part of it, most of it, more than it."""
    w.call(w.market.registry, "setPolicy", policy(), sender=DEPLOYER)
    for number, (mode, mark) in enumerate(product((STANDARD, UNIFIED), (986, 979, 970))):
        account = f"0x{0xD100 + number:040x}"
        w.marks[BTC_PERP] = 1_000_000
        w.report()
        for token, amount in ((USDC, 2_600 * 10**8), (USDT0, 20_000 * 10**8)):
            w.fund(account, token, amount)
            w.call(w.venue, "deposit", token, amount, account, sender=account)
        if mode == STANDARD:
            w.call(w.venue, "transferPerp", 0, 2_600 * 10**6, True, sender=account)
            w.call(w.venue, "transferPerp", GOLD_DEX, 20_000 * 10**6, True, sender=account)
        w.call(w.venue, "setMode", mode, sender=account)
        gold = 10**11 // w.twin.registry.perp(GOLD_PERP).mark
        w.call(w.venue, "order", GOLD_PERP, True, 2**64 - 1, gold, False, sender=account)
        w.call(w.venue, "order", BTC_PERP, True, 2**64 - 1, 10**5, False, sender=account)
        w.marks[BTC_PERP] = mark * 1_000
        w.report()
        for _ in range(2):
            w.call(w.venue, "liquidate", account, sender=KEEPER)
            w.warp(3)


def fill_the_registry(w: World) -> None:
    """List until every place is taken, the first by an address that is no ERC-20."""
    r = w.market.registry
    erc20, caps = w.market.erc20[USDC].address, (UNLIMITED,) * 4
    listing = (999, "NONE", "0x" + "e2" * 20, 6, 8, 2, 0, False, *caps, STABLE_CURVE, 0)
    w.call(r, "listToken", listing, sender=DEPLOYER)
    for i in range(1_000, 1_064):
        listing = (i, f"T{i}", erc20, 6, 8, 2, 0, False, *caps, STABLE_CURVE, 0)
        w.call(r, "listToken", listing, sender=DEPLOYER)
    for amount in (1, EVERYTHING):
        w.call(w.venue, "deposit", 999, amount, KEEPER, sender=KEEPER)
    w.call(r, "setTokenFactors", 1_000, 1, False, sender=DEPLOYER)
    for i in range(1_000, 1_032):
        w.call(r, "listDex", i, f"D{i}", USDC, sender=DEPLOYER)
    for i in range(1_000, 1_256):
        w.call(r, "listPerp", (i, f"P{i}", 0, 2, 10, 51), sender=DEPLOYER)
    for i in range(1_000, 1_064):
        w.call(r, "listPair", (i, HYPE, USDC, False, 0), sender=DEPLOYER)


EXTREMES = (
    break_small_rules,
    break_order_rules,
    lower_a_cap,
    lose_a_long,
    lose_a_little,
    lose_an_isolated_short,
    spread_a_deficit,
    empty_the_reserve,
    let_interest_run_away,
    fill_the_pool,
    lose_one_of_two_margins,
    fill_the_registry,
)
