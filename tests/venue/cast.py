"""Who and what the random sequences are about: roles, tokens, perps, and where they begin."""

from __future__ import annotations

from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVM_DECIMALS,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    SUPPLIER,
    TRADER,
    UBTC,
    USDT0,
    WEI_DECIMALS,
)
from support.wide_market import GOLD_PERP, USDT0_USDC

from pmkit.venue import roles
from pmkit.venue.addresses import sub_account_of

HEDGER = "0x" + "4e" * 20
VISITOR = "0x" + "51" * 20
REPORTER = "0x" + "4a" * 20
MATCHER = "0x" + "3a" * 20
NOBODY = "0x" + "00" * 20
SUB_INDEX = 7
SUB = sub_account_of(SUPPLIER, SUB_INDEX)
"""A sub-account of the supplier, who acts and pays for it."""
OPERATED = TRADER
"""An account for which the keeper may act."""
WALLETS = (SUPPLIER, BORROWER, TRADER, HEDGER, VISITOR)
USERS = (*WALLETS, SUB)
EVERYBODY = (*USERS, KEEPER, INSURANCE, BACKSTOP, MAKER)

FINE, COARSE, DARK = 7, 8, 9
"""Tokens of 18 wei decimals in an ERC-20 of 24, of 6 in one of none, and one without a price."""
COIN_DEX, COIN_PERP, DARK_PERP = 2, 120_000, 130_000
"""A dex that counts in HYPE, its perp, and a perp without a mark."""
SPOT = {HYPE: 107, UBTC: 142, USDT0: USDT0_USDC, FINE: 7, COARSE: 8}
"""Pairs by their base tokens."""
MARKS = {BTC_PERP: 1_000_000, HYPE_PERP: 500_000, GOLD_PERP: 40_000_000, COIN_PERP: 2_000_000}
SPOTS = {USDT0_USDC: 1_000_000, 7: 1_234_000_000, 8: 2_500}
WEI = {**WEI_DECIMALS, FINE: 18, COARSE: 6, DARK: 8}
EVM = {**EVM_DECIMALS, FINE: 24, COARSE: 0, DARK: 8}
REPORTER_ROLE, MATCHER_ROLE, GUARDIAN_ROLE, UNPAUSER_ROLE = (
    bytes.fromhex(role[2:])
    for role in (roles.REPORTER, roles.MATCHER, roles.GUARDIAN, roles.UNPAUSER)
)
MILLION = 10**6
ANY_BUY = 2**64 - 1


def wallet_of(role: str) -> str:
    """Return whose wallet pays for an account."""
    return SUPPLIER if role == SUB else role
