"""Actions of users, drawn from what the twin says they have, owe or may borrow.

A part of the amounts is pushed over the edge on purpose. None stands for: nothing to do.
"""

from __future__ import annotations

from typing import Any

from support.venue import EVERYTHING, HYPE, PORTFOLIO_MARGIN, STANDARD, UBTC, USDC, USDT0, WAD
from support.wide_market import GOLD_DEX
from venue.cast import COARSE, COIN_DEX, DARK, EVERYBODY, FINE, MARKS, SPOT, USERS, wallet_of
from venue.world import World

from pmkit.units import amount_down


def deposit(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a deposit."""
    found = in_wallet(w, role)
    if found is None:
        return None
    token, held = found
    amount = min(held, w.worth(token, w.random.randint(100, 300_000)))
    return "deposit", token, pushed(w, amount, held), whom(w, role)


def supply(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a supply."""
    drawn = deposit(w, role)
    return None if drawn is None else ("supply", *drawn[1:])


def withdraw(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a withdrawal."""
    found = own(w, role)
    if found is None:
        return None
    token, most = found
    amount = w.random.choice((whole(w, token, part(w, most)), EVERYTHING))
    return "withdraw", token, pushed(w, amount, most), whom(w, role)


def spot_send(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a transfer between accounts."""
    found = own(w, role)
    if found is None:
        return None
    token, most = found
    return "spotSend", whom(w, role), token, pushed(w, part(w, most), most)


def borrow(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw an explicit borrow, up to the health factor of one and a little beyond."""
    if w.twin.account_state(role).mode != PORTFOLIO_MARGIN and w.random.random() < 0.9:
        return None
    supplied = {t.token for t in w.twin.account_of(role).tokens if t.supplied}
    lent = [t for t in (USDC, USDT0, FINE) if t not in supplied] or [USDC, HYPE]
    token = w.random.choice(lent)
    m = w.margin(role)
    if m is None:
        return None
    room = max(0, m.borrow_power - m.gross_debt) // WAD
    amount = w.worth(token, room) * w.random.choice((1, 20, 60, 95, 99, 101)) // 100
    return "borrow", token, pushed(w, amount, amount)


def repay(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a repayment."""
    whose = whom(w, role)
    account = w.twin.account_of(whose)
    owed = {t.token: t.borrowed for t in account.tokens if t.borrowed}
    if not owed:
        return None
    token = w.random.choice(list(owed))
    amount = w.random.choice((part(w, owed[token]), EVERYTHING))
    return "repay", token, pushed(w, amount, owed[token]), whose


def order_perp(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw an order that opens, grows, turns, shrinks or closes a position."""
    random = w.random
    perp = w.twin.registry.perp(random.choice(tuple(MARKS)))
    szi = w.twin.position_of(role, perp.asset).szi
    if szi and random.random() < 0.5:
        size, is_buy = random.choice((max(1, part(w, abs(szi))), abs(szi))), szi < 0
        reduce_only = random.random() < 0.5
    else:
        times = random.choice((10, 50, 100, 200, 300, 500, 2_000))
        notional = funds(w, role, perp.dex) * times // 100
        if not notional and random.random() < 0.9:
            return None
        size, is_buy = max(1, notional // perp.mark), random.random() < 0.5
        reduce_only = random.random() < 0.01
    limit_px = limit(w, is_buy, perp.mark)
    return "order", perp.asset, is_buy, limit_px, oversize(w, size), reduce_only


def order_spot(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw an order that buys with what there is or can be borrowed, or sells what there is."""
    random, r = w.random, w.twin.registry
    token = random.choice(list(SPOT))
    p = r.token(token)
    own = {t.token: t.idle + t.supplied - t.borrowed for t in w.twin.account_of(role).tokens}
    lot = 10 ** (p.wei_decimals - p.sz_decimals)
    if own.get(token, 0) > lot and random.random() < 0.5:
        size, is_buy = max(1, part(w, own[token]) // lot), False
    else:
        cash = max(0, own.get(USDC, 0)) // 10**8
        if w.twin.account_state(role).mode == PORTFOLIO_MARGIN:
            cash += w.means(role) * random.choice((0, 0, 5, 30, 100, 300)) // 100
        size, is_buy = max(1, w.worth(token, part(w, cash)) // lot), True
    limit_px = limit(w, is_buy, r.pair(SPOT[token]).px)
    return "order", 10_000 + SPOT[token], is_buy, limit_px, oversize(w, size), False


def transfer_perp(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a transfer between spot and dex."""
    random = w.random
    if w.twin.account_state(role).mode != STANDARD and random.random() < 0.95:
        return None
    listed = w.twin.registry.dex(random.choice((0, 0, GOLD_DEX, COIN_DEX)))
    p = w.twin.registry.tokens[listed.collateral]
    unit = 10 ** (p.wei_decimals - 6)
    idle = w.twin.balance_of(role, p.token).idle // unit
    raw_usd = max(0, w.twin.raw_usd_of(role, listed.dex))
    to_perp = random.random() < (0.7 if idle else 0.1)
    most = idle if to_perp else raw_usd
    return (
        "transferPerp",
        listed.dex,
        min(2**64 - 1, pushed(w, part(w, most), most)),
        to_perp,
    )


def set_mode(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a mode; mostly of accounts without positions."""
    if w.twin.account_state(role).perp_bitmap and w.random.random() < 0.7:
        return None
    return "setMode", w.random.choice((0, 1, 2, 2, 2, 2))


def set_leverage(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a leverage."""
    perp = w.twin.registry.perp(w.random.choice(tuple(MARKS)))
    leverage = w.random.randint(1, perp.max_leverage)
    return "setLeverage", perp.asset, w.random.choice((leverage,) * 20 + (0, 255))


def set_isolated(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw isolated or cross margin for an asset; mostly of one without a position."""
    perp = w.twin.registry.perp(w.random.choice(tuple(MARKS)))
    if w.twin.position_of(role, perp.asset).szi and w.random.random() < 0.95:
        return None
    return "setIsolated", perp.asset, w.random.random() < 0.8


def update_isolated_margin(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw margin that an isolated position gets, or gives back."""
    held = isolated_assets(w, role)
    if not held:
        return None
    asset = w.random.choice(held)
    found = w.twin.isolated_of(role, asset)
    if w.random.random() < 0.5:
        most = funds(w, role, w.twin.registry.perp(asset).dex)
        usd = pushed(w, part(w, most), most)
    else:
        usd = -pushed(w, part(w, max(0, found.equity - found.initial_margin)), found.equity)
    return "updateIsolatedMargin", asset, max(-(2**63), min(2**63 - 1, usd))


def isolated_assets(w: World, role: str) -> list[int]:
    """Return the assets in which an account has an isolated position."""
    bitmap = w.twin.account_state(role).isolated_bitmap
    return [perp.asset for i, perp in w.twin.registry.perps.items() if bitmap >> i & 1]


def sweep(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a sweep of anybody."""
    return "sweep", whom(w, role)


def accrue(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw an accrual."""
    return "accrue", w.random.choice((USDC, HYPE, UBTC, USDT0, FINE, COARSE, DARK))


def match(w: World) -> tuple[Any, ...]:
    """Draw two accounts' orders, mostly near the price, and often such as shrink a position."""
    random = w.random
    buyer, seller = random.sample(USERS, 2) if random.random() < 0.97 else (USERS[0],) * 2
    if random.random() < 0.3:
        asset, px, size = match_spot(w, buyer, seller)
    else:
        perp = w.twin.registry.perp(random.choice(tuple(MARKS)))
        asset, px = perp.asset, perp.mark
        held = [w.twin.position_of(who, asset).szi for who in (buyer, seller)]
        if held[0] > held[1]:
            buyer, seller = seller, buyer
        most = min(funds(w, who, perp.dex) for who in (buyer, seller)) // px
        size = part(w, random.choice((max(map(abs, held)), most, 5 * most)))
    thousandths = random.choice((1_000,) * 6 + (999, 1_001, 980, 1_020))
    px = min(2**64 - 1, max(1, px * thousandths // 1_000))
    sides = [
        (role, limit(w, is_buy, px), random.random() < 0.05)
        for role, is_buy in ((buyer, True), (seller, False))
    ]
    return "matchOrders", asset, *sides, px, oversize(w, max(1, size)), random.random() < 0.5


def match_spot(w: World, buyer: str, seller: str) -> tuple[int, int, int]:
    """Draw a spot pair, and a size that the seller has and the buyer may be able to pay."""
    r = w.twin.registry
    own = {t.token: t.idle + t.supplied - t.borrowed for t in w.twin.account_of(seller).tokens}
    token = w.random.choice([token for token in SPOT if own.get(token, 0) > 0] or list(SPOT))
    p, pair = r.token(token), r.pair(SPOT[token])
    lot = 10 ** (p.wei_decimals - p.sz_decimals)
    most = min(max(0, own.get(token, 0)), w.worth(token, w.means(buyer) // 4))
    return 10_000 + pair.pair, pair.px, part(w, most) // lot


def in_wallet(w: World, role: str) -> tuple[int, int] | None:
    """Return a token that a wallet holds, and how much of it, token wei."""
    r, wallets = w.twin.registry, w.twin.wallets
    held = {}
    for p in r.tokens.values():
        units = wallets.balances[p.erc20, wallet_of(role)]
        held[p.token] = units * 10**p.wei_decimals // 10**p.evm_decimals
    tokens = [token for token, amount in held.items() if amount]
    if not tokens:
        return None
    token = w.random.choice(tokens)
    return token, held[token]


def own(w: World, role: str) -> tuple[int, int] | None:
    """Return a token of which an account has its own, and how much it may take out."""
    own = {
        t.token: t.idle + t.supplied - t.borrowed
        for t in w.twin.account_of(role).tokens
        if t.idle + t.supplied > t.borrowed
    }
    if not own:
        return None
    token = w.random.choice(list(own))
    return token, own[token]


def funds(w: World, role: str, dex: int) -> int:
    """Return about what could back positions in a dex, 1e-6 of its collateral token."""
    p = w.twin.registry.tokens[w.twin.registry.dexes[dex].collateral]
    raw_usd = max(0, w.twin.state.raw_usd[role, dex])
    mode = w.twin.account_state(role).mode
    if mode == STANDARD:
        return raw_usd
    account = w.twin.account_of(role)
    held = sum(t.idle + t.supplied for t in account.tokens if t.token == p.token)
    room = 0
    m = w.margin(role)
    if m is not None and mode == PORTFOLIO_MARGIN and p.borrowable:
        power = max(0, m.threshold_value - m.gross_debt) // 2
        px, decimals = p.px or 1, (p.wei_decimals, p.sz_decimals)
        room = min(amount_down(power, px, *decimals), w.twin.reserve_of(p.token).cash)
        room = min(room, p.user_borrow_cap)
    return raw_usd + (held + room) // int(10 ** (p.wei_decimals - 6))


def limit(w: World, is_buy: bool, px: int) -> int:
    """Return a limit price, now and then one that the price is beyond."""
    loose = 2**64 - 1 if is_buy else 0
    tight = max(0, px - 1) if is_buy else px + 1
    return w.random.choice((loose,) * 40 + (px,) * 20 + (tight,))


def oversize(w: World, size: int) -> int:
    """Return a size, now and then one on the edge of the number range."""
    size = min(size, 2**63 - 1)
    return w.random.choice((size,) * 160 + (0, 2**63 - 1, 2**63, 2**64 - 1))


def pushed(w: World, amount: int, most: int) -> int:
    """Return an amount, now and then one over the edge or on it."""
    edges = (0, 1, most, most + 1, 2 * most + 100, 2**128, EVERYTHING)
    return w.random.choice(edges) if w.random.random() < 0.1 else amount


def part(w: World, most: int) -> int:
    """Return a part of an amount."""
    percent = w.random.choice((1, 10, 33, 50, 90, 99, 100))
    return most * percent // 100


def whole(w: World, token: int, amount: int) -> int:
    """Return an amount in units that a wallet can hold."""
    p = w.twin.registry.token(token)
    unit: int = 10 ** max(0, p.wei_decimals - p.evm_decimals)
    return amount // unit * unit


def whom(w: World, role: str) -> str:
    """Return mostly a role, now and then another."""
    return w.random.choice((role,) * 5 + EVERYBODY)


def batch(w: World, role: str) -> tuple[Any, ...]:
    """Draw a batch of what users do; now and then with what may not stand in it."""
    random = w.random
    calls = [draw(w, role) for _ in range(random.choice((0, 1, 2, 2, 3, 4)))]
    if random.random() < 0.9:
        alone = ("sweep", "accrue", "batch")
        calls = [call for call in calls if call[0] not in alone]
        calls.sort(key=lambda call: call[0] != "setMode")
    return "batch", [w.venue.calldata(*call) for call in calls]


def collateral_after_debt(w: World, role: str) -> tuple[Any, ...] | None:
    """Draw a batch that borrows first, and then brings about what that needs."""
    debt = borrow(w, role)
    found = in_wallet(w, role)
    if debt is None or found is None or not 0 < debt[2] < 2**100:
        return None
    token, held = found
    more = debt[2] * w.random.choice((1, 2, 3))
    brought = min(held, w.worth(token, w.random.choice((1, 10**3, 10**6))))
    calls = (("borrow", debt[1], more), ("supply", token, brought, role))
    return "batch", [w.venue.calldata(*call) for call in calls]


DRAWS = (
    (deposit, 4),
    (supply, 3),
    (withdraw, 6),
    (borrow, 6),
    (repay, 4),
    (order_perp, 20),
    (order_spot, 10),
    (spot_send, 4),
    (transfer_perp, 4),
    (set_mode, 2),
    (set_leverage, 3),
    (set_isolated, 3),
    (update_isolated_margin, 4),
    (sweep, 3),
    (accrue, 2),
    (batch, 5),
    (collateral_after_debt, 4),
)
"""What users do, and how often."""


def draw(w: World, role: str) -> tuple[Any, ...]:
    """Return a call that a user can make."""
    kinds, weights = zip(*DRAWS, strict=True)
    while True:
        drawn: tuple[Any, ...] | None = w.random.choices(kinds, weights)[0](w, role)
        if drawn is not None:
            return drawn
