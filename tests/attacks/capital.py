"""What an attacker has, counted over all accounts and wallets that it can reach."""

from __future__ import annotations

from fractions import Fraction

from support.venue import STABLE_CURVE, UNLIMITED, USDC, Market

ATTACKER = "0x" + "a7" * 20
SECOND = "0x" + "a8" * 20
"""Another account of the attacker."""
WEI = 10**8
"""Of USDC, HYPE and USDT0."""
UBTC_WEI = 10**10
ANY_BUY, ANY_SELL = 2**64 - 1, 0
TOKEN, PAIR = 999, 300
"""A token that nobody has lent yet, and what it trades at."""


def worth(market: Market, *accounts: str) -> Fraction:
    """Return what accounts and their wallets are worth, USD, exactly, at the prices now reported.

    An account that owes more than it has counts as nothing: its owner would leave it behind.
    """
    return sum(
        (max(of_account(market, a), Fraction()) + in_wallet(market, a) for a in accounts),
        Fraction(),
    )


def of_account(market: Market, account: str) -> Fraction:
    """Return what an account is worth, less what it owes, USD."""
    state = market.account(account)
    wei = {t["token"]: t["idle"] + t["supplied"] - t["borrowed"] for t in state["tokens"]}
    for d, dex in enumerate(state["dexes"]):
        token = state["tokens"][dex["collateral"]]
        equity = dex["rawUsd"] + sum(
            perp["szi"] * perp["mark"] for perp in state["perps"] if perp["dex"] == d
        )
        wei[token["token"]] += equity * 10 ** (token["weiDecimals"] - 6)
    for token_id, equity in market.isolated_equities(account):
        wei[token_id] = wei.get(token_id, 0) + equity
    return sum((value(market, token_id, amount) for token_id, amount in wei.items()), Fraction())


def in_wallet(market: Market, account: str) -> Fraction:
    """Return what a wallet is worth, USD."""
    total = Fraction()
    for token in market.erc20:
        evm, wei = market.units(token)
        total += value(market, token, market.erc20[token]("balanceOf", account) * wei) / evm
    return total


def value(market: Market, token: int, amount: int) -> Fraction:
    """Return the value of token wei, USD, exactly."""
    p = market.registry("tokenParams", token)
    assert p["px"] != 0 or amount == 0, f"{amount} of token {token}, which has no price"
    return Fraction(amount * p["px"], 10 ** (p["weiDecimals"] + 8 - p["szDecimals"]))


def deposit(market: Market, account: str, token: int, amount: int) -> None:
    """Give an account idle balance, token wei, out of a wallet that was funded for it."""
    market.fund(account, token, amount)
    market.venue("deposit", token, amount, account, sender=account)


def standard(market: Market, account: str, dollars: int) -> None:
    """Give an account in standard mode dollars in the venue's own dex."""
    deposit(market, account, USDC, dollars * WEI)
    market.venue("transferPerp", 0, dollars * 10**6, True, sender=account)


def list_token(market: Market, px: int) -> None:
    """List a token with a reserve of its own, and finer units in wallets than in the venue."""
    market.erc20[TOKEN] = market.evm.deploy("LocalToken", "new", 18)
    address = market.erc20[TOKEN].address
    caps = (UNLIMITED,) * 4
    listing = (TOKEN, "NEW", address, 18, 8, 2, 0, True, *caps, STABLE_CURVE, 0)
    market.registry("listToken", listing)
    market.registry("listPair", (PAIR, TOKEN, USDC, False, 0))
    market.registry("reportPrices", [(PAIR, px)], [], 10**8)
