"""Scenes: short sequences of calls, each of which leads to refusals that are rare by chance."""

from __future__ import annotations

from support.evm import DEPLOYER
from support.venue import (
    BACKSTOP,
    BTC_PERP,
    CORE,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    RAY,
    STABLE_CURVE,
    STANDARD,
    SUPPLIER,
    UBTC,
    UNLIMITED,
    USDC,
    USDT0,
    WAD,
    policy,
)
from support.wide_market import USDT0_USDC
from venue.cast import (
    COARSE,
    DARK,
    DARK_PERP,
    EVM,
    FINE,
    MARKS,
    MILLION,
    NOBODY,
    REPORTER,
    REPORTER_ROLE,
    USERS,
    WALLETS,
    WEI,
)
from venue.draws import borrow, draw, order_perp, part, whole
from venue.world import World


def bad_ids(w: World) -> None:
    """Name what is not listed, and list what is."""
    m, random = w.market, w.random
    venue, role = m.venue, random.choice(WALLETS)
    for args in w.some(
        6,
        (
            ("deposit", 999, 1, role),
            ("supply", USDC, 0, role),
            ("withdraw", 999, 1, role),
            ("borrow", 999, 1),
            ("repay", 999, 1, role),
            ("accrue", 2**64 - 1),
            ("order", 7_777, True, 1, 1, False),
            ("order", 10_999, True, 1, 1, False),
            ("order", 10_000 + DARK, True, 1, 1, False),
            ("order", DARK_PERP, True, 1, 1, False),
            ("setLeverage", 7_777, 1),
            ("setLeverage", DARK_PERP, 3),
            ("transferPerp", 99, 1, True),
            ("spotSend", role, 999, 1),
            ("liquidate", random.choice((MAKER, BACKSTOP, INSURANCE))),
            ("liquidate", random.choice((*USERS, NOBODY))),
            ("liquidate", role),
            ("coverDeficit", 999, 1),
            ("coverDeficit", COARSE, 1),
            ("coverDeficitFromInsurance", COARSE),
            ("socialise", COARSE),
            ("repay", random.choice((USDC, HYPE)), 1, random.choice(USERS)),
            ("withdraw", USDC, 100, NOBODY),
        ),
    ):
        w.call(venue, *args, sender=role)
    w.call(venue, "order", BTC_PERP, True, 2**64 - 1, 1, False, sender=MAKER)


def bad_admin(w: World) -> None:
    """Let the admin try what the registry refuses, and others what only the admin may."""
    r, random = w.market.registry, w.random
    name, erc20 = "X", w.market.erc20[USDC].address
    caps = (UNLIMITED,) * 4
    for args in w.some(
        10,
        (
            ("listToken", (USDC, name, erc20, 6, 8, 8, 0, True, *caps, STABLE_CURVE, 0)),
            ("listToken", (500, name, erc20, 6, 19, 8, 0, True, *caps, STABLE_CURVE, 0)),
            ("listToken", (500, name, erc20, 6, 6, 7, 0, True, *caps, STABLE_CURVE, 0)),
            ("listToken", (500, name, erc20, 25, 8, 8, 0, True, *caps, STABLE_CURVE, 0)),
            ("listToken", (500, name, erc20, 18, 8, 8, 0, True, *caps, STABLE_CURVE, 0)),
            ("listToken", (500, name, erc20, 6, 8, 8, 10_000, True, *caps, STABLE_CURVE, 0)),
            (
                "listToken",
                (500, name, erc20, 6, 8, 8, 0, True, *caps, (0, 5001 * RAY, 0, 0, False), 0),
            ),
            ("listDex", 0, name, USDC),
            ("listDex", 77, name, 999),
            ("listPerp", (BTC_PERP, name, 0, 5, 40, 56)),
            ("listPerp", (900, name, 99, 5, 40, 56)),
            ("listPerp", (900, name, 0, 5, 40, 99)),
            ("listPerp", (900, name, 0, 7, 40, 56)),
            ("listPerp", (900, name, 0, 5, 0, 56)),
            ("listPair", (107, HYPE, USDC, False, 0)),
            ("listPair", (900, 999, USDC, False, 0)),
            ("listPair", (900, HYPE, USDC, True, 999)),
            ("setTokenFactors", 999, 0, False),
            ("setTokenFactors", HYPE, 10_000, False),
            ("setTokenFactors", HYPE, 0, False),
            ("setTokenCaps", 999, 0, 0, 0, 0),
            ("setPolicy", policy(reward_ppm=100_001)),
            ("setRateCurve", 999, STABLE_CURVE),
            ("setMarginTable", 51, [0, 5], [10]),
            ("setMarginTable", 51, [1], [10]),
            ("setMarginTable", 51, [0], [101]),
            ("setMarginTable", 49, [0], [49]),
            ("listPerp", (900, name, 0, 5, 31, 30)),
            ("setPolicy", policy(perp_part=WAD + 1)),
            ("setPolicy", policy(debt_step=0)),
            ("setPolicy", policy(perp_part=0)),
            ("setPolicy", policy(spot_fee_ppm=10**6 + 1)),
            ("reportPrices", [], [], 0),
            ("reportPrices", [(999, 1)], [], 10**8),
            ("reportPrices", [], [(999, 1, 1)], 10**8),
            ("reportPrices", [(107, 0)], [], 10**8),
            ("reportPrices", [], [(BTC_PERP, w.marks[BTC_PERP], 0)], 10**8),
            ("reportPrices", [(8, 2_500)], [], 100_010_000),
        ),
    ):
        w.call(r, *args, sender=DEPLOYER)
    intruder = random.choice(WALLETS)
    for args in w.some(
        3,
        (
            ("listToken", (500, name, erc20, 6, 8, 8, 0, True, *caps, STABLE_CURVE, 0)),
            ("listDex", 77, name, USDC),
            ("listPerp", (900, name, 0, 5, 40, 56)),
            ("listPair", (900, HYPE, USDC, False, 0)),
            ("setTokenFactors", HYPE, 0, False),
            ("setTokenCaps", HYPE, 0, 0, 0, 0),
            ("setRateCurve", USDC, STABLE_CURVE),
            ("setMarginTable", 51, [0], [10]),
            ("setPolicy", policy()),
            ("pause", 1),
            ("unpause", 1),
            ("reportPrices", [], [], 10**8),
            ("grantRole", REPORTER_ROLE, intruder),
            ("revokeRole", REPORTER_ROLE, DEPLOYER),
            ("renounceRole", REPORTER_ROLE, DEPLOYER),
        ),
    ):
        w.call(r, *args, sender=intruder)


def roles_change(w: World) -> None:
    """Let the reporter lose its role, give it up, and get it back."""
    r = w.market.registry
    w.call(r, "reportPrices", [(8, 2_500)], [], 10**8, sender=REPORTER)
    w.call(r, "renounceRole", REPORTER_ROLE, REPORTER, sender=REPORTER)
    w.call(r, "reportPrices", [(8, 2_500)], [], 10**8, sender=REPORTER)
    w.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
    w.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
    w.call(r, "revokeRole", REPORTER_ROLE, KEEPER, sender=DEPLOYER)
    w.call(r, "revokeRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)
    w.call(r, "grantRole", REPORTER_ROLE, REPORTER, sender=DEPLOYER)


def wallets_act(w: World) -> None:
    """Let wallets do what ERC-20s refuse, and pay with less than they hold or allow."""
    m, random = w.market, w.random
    token = random.choice((USDC, HYPE, COARSE))
    erc20, venue = m.erc20[token], m.venue.address
    one = 10 ** EVM[token]
    role, other = random.sample(WALLETS, 2)
    amount = 3 * 10 ** WEI[token]
    w.call(erc20, "transfer", other, one, sender=role)
    w.call(erc20, "transfer", NOBODY, one, sender=role)
    w.call(erc20, "transfer", other, 2**200, sender=role)
    w.call(erc20, "approve", NOBODY, one, sender=role)
    w.call(erc20, "approve", other, one, sender=NOBODY)
    w.call(erc20, "transfer", other, 0, sender=NOBODY)
    w.call(erc20, "mint", NOBODY, one, sender=role)
    w.call(erc20, "mint", role, 2**256 - 1, sender=role)
    w.call(erc20, "approve", other, 2 * one, sender=role)
    w.call(erc20, "transferFrom", role, other, one, sender=other)
    w.call(erc20, "transferFrom", role, other, one + 1, sender=other)
    w.call(erc20, "transferFrom", role, other, one, sender=NOBODY)
    w.call(erc20, "transferFrom", NOBODY, other, 0, sender=role)
    w.call(erc20, "approve", venue, one, sender=role)
    w.call(m.venue, "deposit", token, amount, role, sender=role)
    w.call(erc20, "approve", venue, EVERYTHING, sender=role)
    w.call(m.venue, "deposit", DARK, EVERYTHING, role, sender=KEEPER)
    w.call(m.venue, "withdraw", token, whole(w, token, amount), venue, sender=role)
    w.call(m.venue, "deposit", token, amount, venue, sender=role)
    w.call(m.venue, "supply", token, amount, venue, sender=role)
    w.call(m.venue, "spotSend", venue, token, 1, sender=role)


def operators(w: World) -> None:
    """Let others act for an account, within and beyond what operators may."""
    venue, random = w.venue, w.random
    role, other = random.sample(WALLETS, 2)
    sweep = venue.calldata("sweep", role)
    w.call(venue, "onBehalf", role, sweep, sender=other)
    w.call(venue, "approveOperator", other, True, sender=role)
    for call in w.some(
        3,
        (
            ("sweep", role),
            ("withdraw", USDC, EVERYTHING, other),
            ("spotSend", other, USDC, EVERYTHING),
            ("setMode", STANDARD),
            ("approveOperator", KEEPER, True),
            ("setLeverage", BTC_PERP, 5),
            ("deposit", USDC, 10**8, role),
            ("liquidate", role),
            ("onBehalf", role, sweep),
            ("forSubAccount", 1, sweep),
        ),
    ):
        w.call(venue, "onBehalf", role, venue.calldata(*call), sender=other)
    core_speaks(w, role, other)
    w.call(venue, "approveOperator", other, False, sender=role)
    w.call(venue, "onBehalf", role, sweep, sender=other)


def core_speaks(w: World, role: str, other: str) -> None:
    """Let the core speak for an account that is another's operator, and others try the same."""
    venue = w.venue
    sweep = venue.calldata("sweep", role)
    within = venue.calldata("forCore", role, sweep)
    for call in (
        ("sweep", role),
        ("spotSend", role, USDC, 10**6),
        ("withdraw", USDC, 10**8, CORE),
        ("setMode", PORTFOLIO_MARGIN),
        ("approveOperator", KEEPER, False),
        ("order", BTC_PERP, True, 2**64 - 1, 1, False),
        ("deposit", USDC, 10**8, other),
        ("socialise", USDC),
        ("liquidate", role),
        ("forSubAccount", 2, venue.calldata("setMode", PORTFOLIO_MARGIN)),
        ("forSubAccount", 2, within),
        ("onBehalf", role, sweep),
        ("onBehalf", role, venue.calldata("withdraw", USDC, 1, other)),
        ("onBehalf", KEEPER, sweep),
        ("forCore", role, sweep),
    ):
        w.call(venue, "forCore", other, venue.calldata(*call), sender=CORE)
    w.call(venue, "forSubAccount", 2, within, sender=CORE)
    w.call(venue, "forCore", other, sweep, sender=other)


def pauses(w: World) -> None:
    """Pause something, try what it stops and what it does not, and go on."""
    m, random = w.market, w.random
    role = random.choice(WALLETS)
    bits = 15 if w.thorough else random.randrange(16)
    w.call(m.registry, "pause", bits, sender=role)
    w.call(m.registry, "pause", bits, sender=KEEPER)
    for args in (
        ("supply", USDC, 10**8, role),
        ("deposit", USDC, 10**8, role),
        ("borrow", USDC, 10**8),
        ("repay", USDC, 10**8, role),
        ("order", BTC_PERP, True, 2**64 - 1, 1, False),
        ("withdraw", USDC, 10**8, role),
        ("liquidate", random.choice([who for who in USERS if who != role])),
    ):
        w.call(m.venue, *args, sender=role)
    for debtor in USERS:
        for t in w.twin.account_of(debtor).tokens:
            if t.borrowed:
                w.call(m.venue, "supply", t.token, t.borrowed // 2, debtor, sender=SUPPLIER)
    for _ in range(5):
        w.by(role, *draw(w, role))
    w.call(m.registry, "unpause", bits, sender=KEEPER)
    w.call(m.registry, "unpause", bits, sender=DEPLOYER)


def deficits(w: World) -> None:
    """Pay deficits down from wallet, buffer and insurance, and spread what is left."""
    m, random = w.market, w.random
    role = random.choice(WALLETS)
    for token in (USDC, USDT0, FINE):
        reserve = w.twin.reserve_of(token)
        supplier = next((who for who in WALLETS if w.supplied(who, token)), role)
        w.call(m.venue, "withdraw", token, EVERYTHING, supplier, sender=supplier)
        amount = random.choice((0, part(w, reserve.deficit), EVERYTHING))
        if random.random() < 0.5:
            w.call(m.venue, "coverDeficit", token, amount, sender=role)
        if random.random() < 0.5:
            w.fund(KEEPER, token, part(w, reserve.deficit) + 1)
            w.call(m.venue, "deposit", token, EVERYTHING, INSURANCE, sender=KEEPER)
        w.call(m.venue, "coverDeficitFromInsurance", token, sender=role)
        w.call(m.venue, "socialise", token, sender=random.choice((role, DEPLOYER)))


def loan_in_trouble(w: World, percent: int) -> str:
    """Let somebody new owe half of what 10 HYPE are worth, and HYPE fall to so many percent."""
    role = f"0x{w.random.getrandbits(160):040x}"
    mark = w.twin.registry.perp(HYPE_PERP).mark
    w.call(w.venue, "setMode", PORTFOLIO_MARGIN, sender=role)
    w.fund(role, HYPE, 10 * 10**8)
    w.call(w.venue, "deposit", HYPE, EVERYTHING, role, sender=role)
    lent = 5 * mark * 10**4
    w.call(w.venue, "borrow", USDC, lent, sender=role)
    cents = lent // 10**6 * 99 // 100
    w.call(w.venue, "order", 10_000 + USDT0_USDC, True, 2**64 - 1, cents, False, sender=role)
    w.marks[HYPE_PERP] = mark * percent // 100
    w.report()
    return role


def faq_loan(w: World) -> None:
    """Let a loan of half of what 10 HYPE are worth be liquidated by parts."""
    role = loan_in_trouble(w, 65)
    for seconds in (w.random.choice((0, 1, 2)), 3, 601):
        w.call(w.venue, "liquidate", role, sender=KEEPER)
        w.warp(seconds)
    w.call(w.venue, "repay", USDC, EVERYTHING, role, sender=w.random.choice(WALLETS))


def old_prices(w: World) -> None:
    """Let prices grow old, and try what needs young ones and what does not."""
    m, role = w.market, w.random.choice(WALLETS)
    ages = policy(max_price_age=60, max_liquidation_price_age=600)
    w.call(m.registry, "setPolicy", ages, sender=DEPLOYER)
    w.warp(w.random.choice((61, 601)))
    for args in (
        ("order", BTC_PERP, True, 2**64 - 1, 1, False),
        ("order", 10_107, True, 2**64 - 1, 1, False),
        ("borrow", USDC, 10**8),
        ("repay", USDC, EVERYTHING, role),
        ("withdraw", USDC, EVERYTHING, role),
        ("supply", USDC, 10**8, role),
        ("liquidate", role),
        ("sellInventory", 107),
    ):
        w.call(m.venue, *args, sender=role)
    w.call(m.registry, "setPolicy", policy(), sender=DEPLOYER)
    w.report()


def closed_doors(w: World) -> None:
    """Ask newcomers for volume and value, and let them come with too little and with enough."""
    random, r, venue, price = w.random, w.market.registry, w.venue, 2**64 - 1
    newcomer = f"0x{random.getrandbits(160):040x}"
    ask = {"enable_min_volume": 10**9, "enable_min_value": 10**10, "enable_max_value": 10**11}
    w.call(r, "setPolicy", policy(**ask, enable_volume_days=1), sender=DEPLOYER)
    enable = venue.calldata("setMode", PORTFOLIO_MARGIN)
    for dollars in (0, 900, 10_000, 90_000):
        w.fund(newcomer, USDC, dollars * 10**8)
        w.call(venue, "deposit", USDC, EVERYTHING, newcomer, sender=newcomer)
        w.call(venue, "setMode", PORTFOLIO_MARGIN, sender=newcomer)
        w.call(venue, "order", 10_107, True, price, random.choice((1, 100)), False, sender=newcomer)
        w.call(venue, "order", 10_107, False, 0, 1, False, sender=newcomer)
        w.call(venue, "forSubAccount", 3, enable, sender=newcomer)
        w.call(venue, "setMode", STANDARD, sender=newcomer)
        w.warp(random.choice((1, 3_600, 86_400)))
        w.report()
    w.call(r, "setPolicy", policy(), sender=DEPLOYER)


def huge_position(w: World) -> None:
    """Order so much that a position would leave its 64 bits."""
    role, sz = w.random.choice(WALLETS), 2**63 - 1
    for size in (1, sz):
        args = (HYPE_PERP, True, 2**64 - 1, size, False)
        w.call(w.market.venue, "order", *args, sender=role)


def dark_token(w: World) -> None:
    """Supply, borrow and trade the token that has no price."""
    m, role = w.market, w.random.choice(WALLETS)
    w.fund(role, DARK, 10**10)
    w.call(m.venue, "supply", DARK, 10**9, role, sender=role)
    w.call(m.venue, "order", HYPE_PERP, True, 2**64 - 1, 1, False, sender=role)
    w.call(m.venue, "borrow", USDC, 10**8, sender=role)
    w.call(m.venue, "withdraw", DARK, EVERYTHING, role, sender=role)
    w.call(m.venue, "borrow", DARK, 10**8, sender=role)
    other = w.random.choice(WALLETS)
    w.call(m.venue, "deposit", DARK, 1, other, sender=role)
    w.call(m.venue, "spotSend", other, DARK, 1, sender=KEEPER)
    w.call(m.venue, "setMode", PORTFOLIO_MARGIN, sender=KEEPER)


def old_collateral(w: World) -> None:
    """Let somebody new hold young and old collateral, take risk on both, and lose."""
    m, random = w.market, w.random
    role = f"0x{random.getrandbits(160):040x}"
    w.report()
    w.call(m.venue, "setMode", PORTFOLIO_MARGIN, sender=role)
    share = 1 if w.thorough else random.choice((1, 10**3, 10**5))
    for token, dollars in ((UBTC, 10**5), (HYPE, share)):
        w.fund(role, token, w.worth(token, dollars))
        w.call(m.venue, "deposit", token, EVERYTHING, role, sender=role)
    ages = policy(max_price_age=60, max_liquidation_price_age=600)
    w.call(m.registry, "setPolicy", ages, sender=DEPLOYER)
    for seconds, percent in ((61, 60), (601, 60), (0, 30)):
        w.warp(seconds)
        w.marks[BTC_PERP] = w.marks[BTC_PERP] * percent // 100
        mark = w.marks[BTC_PERP]
        prices = ([(142, mark * 100)], [(BTC_PERP, mark, mark)], 10**8)
        w.call(m.registry, "reportPrices", *prices, sender=DEPLOYER)
        w.call(m.venue, "borrow", USDC, 25_000 * 10**8, sender=role)
        cents = 25_000 * 90
        w.call(m.venue, "order", 10_000 + USDT0_USDC, True, 2**64 - 1, cents, False, sender=role)
        w.call(m.venue, "withdraw", UBTC, 1, role, sender=role)
        w.call(m.venue, "liquidate", role, sender=KEEPER)
    w.call(m.registry, "setPolicy", policy(), sender=DEPLOYER)
    w.marks[BTC_PERP] = MARKS[BTC_PERP]
    w.report()


def lone_position(w: World) -> None:
    """Let somebody new hold an isolated position, change its margin, and lose it or close it."""
    m, random = w.market, w.random
    role = f"0x{random.getrandbits(160):040x}"
    asset, is_buy = random.choice(tuple(MARKS)), random.random() < 0.5
    perp = w.twin.registry.perp(asset)
    dex = w.twin.registry.dexes[perp.dex]
    p = w.twin.registry.tokens[dex.collateral]
    usd = 20_000 * 10**6
    w.call(m.venue, "setMode", random.choice((0, 1, PORTFOLIO_MARGIN)), sender=role)
    w.fund(role, p.token, usd * 10 ** (p.wei_decimals - 6))
    w.call(m.venue, "deposit", p.token, EVERYTHING, role, sender=role)
    w.call(m.venue, "transferPerp", dex.dex, usd, True, sender=role)
    w.call(m.venue, "setIsolated", asset, True, sender=role)
    w.call(m.venue, "setLeverage", asset, min(10, perp.max_leverage), sender=role)
    limit_px = 2**64 - 1 if is_buy else 0
    size = max(1, 5 * usd // perp.mark)
    w.call(m.venue, "order", asset, is_buy, limit_px, size, False, sender=role)
    for args in (
        ("setIsolated", asset, False),
        ("setMode", STANDARD),
        ("updateIsolatedMargin", asset, random.choice((1, 10**9, 10**12))),
        ("updateIsolatedMargin", asset, random.choice((-1, -(10**9), -(10**12)))),
        ("updateIsolatedMargin", asset, 0),
        ("setLeverage", asset, random.choice((1, 5, perp.max_leverage))),
        ("liquidateIsolated", role, asset),
        ("liquidateIsolated", MAKER, asset),
    ):
        w.call(m.venue, *args, sender=role if args[0] != "liquidateIsolated" else KEEPER)
    w.call(m.venue, "liquidateIsolated", role, asset, sender=role)
    if random.random() < 0.5:
        change = max(1, random.choice((size // 3, size + 1, 2 * size)))
        other_px = 2**64 - 1 - limit_px
        w.call(m.venue, "order", asset, not is_buy, other_px, change, False, sender=role)
    # A tenth of margin, more or less: near maintenance, near two thirds of it, and far below.
    szi = w.twin.position_of(role, asset).szi
    fall = random.choice((900, 911, 913, 930, 800, 1_200))
    w.marks[asset] = w.marks[asset] * (fall if szi > 0 else 2_000 - fall) // 1_000
    w.report()
    for seconds in (random.choice((29, 30)), 1):
        w.call(m.venue, "liquidateIsolated", role, asset, sender=KEEPER)
        w.warp(seconds)
    limit_px = 2**64 - 1 if szi < 0 else 0
    w.call(m.venue, "order", asset, szi < 0, limit_px, max(1, abs(szi)), True, sender=role)


def cut_cap(w: World) -> None:
    """Take a debtor's collateral out of account by its cap: liquidatable, yet of good health."""
    m, random = w.market, w.random
    role = random.choice(USERS)
    account = w.twin.account_of(role)
    owing = any(t.borrowed for t in account.tokens)
    held = [t for t in account.tokens if t.ltv_bps and t.supplied]
    if not owing or not held:
        return
    for t in held:
        w.call(m.registry, "setTokenCaps", t.token, 0, *(UNLIMITED,) * 3, sender=DEPLOYER)
    w.call(m.venue, "liquidate", role, sender=KEEPER)
    for t in held:
        w.call(m.registry, "setTokenCaps", t.token, *(UNLIMITED,) * 4, sender=DEPLOYER)


def crash(w: World) -> None:
    """Open a position on much debt, let the collateral fall by half, and liquidate."""
    m, random = w.market, w.random
    role = random.choice(WALLETS)
    if w.twin.account_state(role).mode != PORTFOLIO_MARGIN:
        return
    token = random.choice((HYPE, UBTC))
    w.fund(role, token, w.worth(token, MILLION))
    w.call(m.venue, "deposit", token, w.worth(token, 500_000), role, sender=role)
    drawn = borrow(w, role)
    if drawn is not None:
        w.call(m.venue, *drawn, sender=role)
    debt = w.worth(USDC, random.choice((100_000, 200_000, 300_000)))
    own = w.twin.balance_of(role, USDC)
    lot = 10 ** (WEI[HYPE] - 2)
    size = max(1, w.worth(HYPE, (debt + own.idle) // 10**8) // lot)
    w.call(m.venue, "order", 10_107, True, 2**64 - 1, size, False, sender=role)
    factor = random.choice((30, 45, 50, 55, 60, 65))
    for asset in (HYPE_PERP, BTC_PERP):
        w.marks[asset] = max(MARKS[asset] // 100, w.marks[asset] * factor // 100)
    w.report()
    for _ in range(random.choice((1, 3, 8))):
        w.call(m.venue, "liquidate", role, sender=KEEPER)
        w.warp(random.choice((1, 3, 3, 601)))
    for asset in (HYPE_PERP, BTC_PERP):
        w.marks[asset] = min(MARKS[asset] * 100, w.marks[asset] * 100 // factor)


def hours_turn(w: World) -> None:
    """Let hours of funding turn over open positions, and settle in every way there is."""
    m, random = w.market, w.random
    interval = random.choice((3_600, 3_600, 60))
    hourly = policy(funding_interval=interval, perp_fee_ppm=random.choice((0, 450)))
    w.call(m.registry, "setPolicy", hourly, sender=DEPLOYER)
    holders = random.sample(USERS, 3)
    for role in holders:
        drawn = order_perp(w, role)
        if drawn is not None:
            w.by(role, *drawn)
    before = interval - w.twin.now % interval - 1
    for seconds in w.some(3, (max(1, before), 1, interval - 1, 3 * interval, 50 * interval)):
        w.warp(seconds)
        if random.random() < 0.5:
            w.report()
        for role in holders:
            drawn = order_perp(w, role)
            calls = [("sweep", role), ("setLeverage", random.choice(tuple(MARKS)), 3)]
            w.by(role, *random.choice([*calls, *[drawn] * 3] if drawn else calls))
            w.call(m.venue, "liquidate", role, sender=KEEPER)
        w.call(m.venue, "sweep", random.choice((MAKER, BACKSTOP, INSURANCE)), sender=KEEPER)
    other = policy(funding_interval=random.choice((0, 60, 3_600)))
    w.call(m.registry, "setPolicy", other, sender=DEPLOYER)


SCENES = (
    bad_ids,
    bad_admin,
    roles_change,
    wallets_act,
    operators,
    pauses,
    deficits,
    closed_doors,
    huge_position,
    dark_token,
    old_collateral,
    *(lone_position,) * 4,
    cut_cap,
    crash,
    crash,
    faq_loan,
    faq_loan,
    old_prices,
    hours_turn,
    hours_turn,
)
