"""Whatever it is called with, no function panics or ends without a name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest
from eth_utils.crypto import keccak
from support.evm import DEPLOYER, Contract, Reverted
from support.venue import (
    BACKSTOP,
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    INSURANCE,
    KEEPER,
    MAKER,
    SUPPLIER,
    TRADER,
    UBTC,
    UNLIMITED,
    USD,
    USDC,
    USDT0,
)
from support.wide_market import GOLD_PERP, WideMarket

WEI = 10**8
ANY_BUY = 2**64 - 1
ROLES = (TRADER, BORROWER, SUPPLIER, KEEPER, DEPLOYER, MAKER)
NOBODY = "0x" + "00" * 20
IDS = {
    "token": (USDC, HYPE, UBTC, USDT0, 999, 2**64 - 1),
    "asset": (BTC_PERP, HYPE_PERP, GOLD_PERP, 10_107, 10_142, 10_999, 99_999, 2**32 - 1),
    "dex": (0, 1, 2, 2**32 - 1),
    "pair": (107, 142, 166, 1, 2**32 - 1),
    "perp": (BTC_PERP, HYPE_PERP, 77),
    "mode": (0, 1, 2),
    "legOrder": (0, 1, 2),
    "look": (0, 1, 2),
}
IDS |= {"base": IDS["token"], "quote": IDS["token"], "collateral": IDS["token"]}
BY_OTHERS_ALONE = {
    # Sets of listing indexes, of which the venue only ever asks for those that it stores.
    "accountWords",
    "tokenWord",
    # Local money: a total supply of 2^256 ends in the ERC-20's own panic.
    "mint",
}


@pytest.fixture(scope="module")
def full() -> WideMarket:
    """Give a market in which everybody has something, and two have all that a balance holds."""
    market = WideMarket.deploy()
    market.widen()
    venue = market.venue
    market.set_policy(
        funding_interval=3_600,
        perp_fee_ppm=450,
        spot_fee_ppm=700,
        reward_ppm=1_000,
        leaves_flat=False,
    )
    market.portfolio_account(TRADER, ubtc=10**10, usdc=50_000 * WEI)
    venue("order", BTC_PERP, True, ANY_BUY, 10**5, False, sender=TRADER)
    venue("setIsolated", HYPE_PERP, True, sender=TRADER)
    venue("order", HYPE_PERP, True, ANY_BUY, 1_000, False, sender=TRADER)
    market.portfolio_account(BORROWER, hype=1_000 * WEI)
    venue("borrow", USDC, 10_000 * WEI, sender=BORROWER)
    market.fund(KEEPER, USDC, WEI)
    venue("deposit", USDC, WEI, KEEPER, sender=KEEPER)
    venue("transferPerp", 0, USD, True, sender=KEEPER)
    room = UNLIMITED // 100 * 100
    for account, held in ((BORROWER, 10_000 * WEI), (KEEPER, 0), (INSURANCE, 100 * WEI)):
        market.fund(KEEPER, USDC, UNLIMITED)
        venue("deposit", USDC, room - held, account, sender=KEEPER)
    for account, operator in product(ROLES, (*ROLES, BACKSTOP)):
        venue("approveOperator", operator, True, sender=account)
    for role in ("MATCHER", "GUARDIAN", "UNPAUSER"):
        market.registry("grantRole", keccak(text=role), DEPLOYER)
    for token, role in product(market.erc20.values(), ROLES):
        token("mint", role, 2**200)
        token("approve", venue.address, EVERYTHING, sender=role)
    market.evm.warp(7_200)
    return market


def drawn(market: WideMarket, entry: dict[str, Any], random: Random) -> Any:
    """Draw an argument from the ends of its type and from what there is."""
    kind, name = entry["type"], entry["name"].strip("_")
    if kind.endswith("[]"):
        one = {**entry, "type": kind.removesuffix("[]")}
        return [drawn(market, one, random) for _ in range(random.randrange(3))]
    if kind == "tuple":
        return tuple(drawn(market, part, random) for part in entry["components"])
    if name in IDS:
        return random.choice(IDS[name])
    if kind == "address":
        others = (NOBODY, BACKSTOP, INSURANCE, market.venue.address, market.erc20[USDC].address)
        return random.choice((*ROLES, *others))
    if kind == "bool":
        return random.random() < 0.5
    if kind == "string":
        return random.choice(("", "x" * 40))
    if kind == "bytes":
        call = market.venue.calldata("borrow", USDC, EVERYTHING)
        return random.choice((b"", b"\x01", call, call[:20]))
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes")))
    bits = int(kind.lstrip("uint"))
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind[0] == "i" else (0, 2**bits - 1)
    ends = (least, least + 1, -USD, -1, 0, 1, 2, USD, WEI, 2**63, 2**64 - 1, 2**127, 2**128 - 1)
    return random.choice([n for n in (*ends, 2**128, most - 1, most) if least <= n <= most])


def calls(market: WideMarket, contract: Contract, function: str) -> Iterator[tuple[Any, ...]]:
    """Yield senders and arguments."""
    random = Random(function)  # noqa: S311 - drawn to be repeated
    inputs = contract.functions[function]["inputs"]
    for number in range(40 if inputs else 1):
        sender = DEPLOYER if number % 3 == 0 else random.choice(ROLES)
        yield sender, *(drawn(market, entry, random) for entry in inputs)


@pytest.mark.parametrize("name", ["registry", "venue", "erc20"])
def test_nothing_ends_without_a_name(full: WideMarket, name: str) -> None:
    contract = full.erc20[USDC] if name == "erc20" else getattr(full, name)
    evm, panics = full.evm.evm, []
    for function in sorted(set(contract.functions) - BY_OTHERS_ALONE):
        for sender, *args in calls(full, contract, function):
            before = evm.snapshot()
            try:
                contract(function, *args, sender=sender)
            except Reverted as refused:
                if refused.name == "Panic":
                    panics.append((function, args, sender))
            evm.revert(before)
            evm.reset_transient_storage()
    assert panics == []
