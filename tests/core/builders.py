"""Accounts for tests, built from what a test wants to say; everything else is out of the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pmkit.model import Account, DexState, MarginPolicy, Mode, PerpState, TokenState
from pmkit.params import load_params
from pmkit.policy import Params, Policy, Reading
from pmkit.units import INT128_MAX

CURRENT: Params = load_params("current")
RECORDED: MarginPolicy = Policy().margin
DOCS: MarginPolicy = Policy(reading=Reading.DOCS).margin

USDC, UBTC, HYPE, USDT0 = 0, 197, 150, 268
BTC_DECIMALS = 10
"""Wei decimals of UBTC."""


def token(name: str, *, px: int = 0, **amounts: int) -> TokenState:
    """Return a token as listed today, with a price on the spot grid and amounts in wei."""
    params = CURRENT.token(name)
    state = TokenState(
        token=params.id,
        px=px,
        wei_decimals=params.wei_decimals,
        sz_decimals=params.sz_decimals,
        ltv_bps=params.ltv_bps,
        borrowable=params.borrowable,
        user_supply_cap=params.user_supply_cap,
        user_borrow_cap=params.user_borrow_cap,
        idle=0,
        supplied=0,
        borrowed=0,
        borrow_floor=0,
        supply_room=params.user_supply_cap,
        borrow_room=params.user_borrow_cap,
        cash=INT128_MAX,
    )
    changes: dict[str, Any] = {**amounts}
    return replace(state, **changes)


def usdc(**amounts: int) -> TokenState:
    """Return USDC at one dollar."""
    return token("USDC", px=1, **amounts)


def ubtc(dollars: int, **amounts: int) -> TokenState:
    """Return UBTC at a price in whole dollars; its spot grid has three decimals."""
    return token("UBTC", px=dollars * 10**3, **amounts)


def hype(dollars: int, **amounts: int) -> TokenState:
    """Return HYPE at a price in whole dollars; its spot grid has six decimals."""
    return token("HYPE", px=dollars * 10**6, **amounts)


def perp(coin: str, szi: int, mark: int, *, leverage: int = 10, dex: int = 0) -> PerpState:
    """Return a cross position; size and mark on the coin's own grids."""
    params = CURRENT.perp(coin)
    return PerpState(
        asset=params.id,
        dex=dex,
        szi=szi,
        mark=mark,
        leverage=leverage,
        table=CURRENT.table(params.table_id),
    )


def account(
    *tokens: TokenState,
    dexes: tuple[DexState, ...] = (),
    perps: tuple[PerpState, ...] = (),
    mode: Mode = Mode.PORTFOLIO_MARGIN,
    policy: MarginPolicy = RECORDED,
) -> Account:
    """Return an account of tokens, dexes and cross positions."""
    return Account(mode=mode, tokens=tokens, dexes=dexes, perps=perps, policy=policy)


def carry(dollars: int, *, policy: MarginPolicy = RECORDED) -> Account:
    """Return the carry trade at a price: 1 BTC supplied, 1 BTC short since 100,000, no USDC.

    The short was sold at 100,000, so that its dex holds 100,000 less its marked value.
    """
    return account(
        usdc(),
        ubtc(dollars, supplied=10**BTC_DECIMALS),
        dexes=(DexState(collateral=0, raw_usd=100_000 * 10**6),),
        perps=(perp("BTC", -(10**5), dollars * 10),),
        policy=policy,
    )
