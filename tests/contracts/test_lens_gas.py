"""Lens: accounts of every size within any gas, and an answer whatever there is. SPEC KP-03."""

from __future__ import annotations

from typing import Any

import pytest
from support.venue import HYPE, KEEPER, UNIFIED, USDC, Market

DONE, REFUSED, OUT_OF_GAS = range(3)
FOUR_TIERS = 77
FIRST_PERP = 1_000
ANY_BUY = 2**64 - 1
STRANGER = "0x" + "77" * 20
MILLION = 10**6


def list_perps(market: Market, count: int) -> list[int]:
    """List perps of a four-tier table, and report their marks: 100 USD."""
    market.registry("setMarginTable", FOUR_TIERS, [0, 10**12, 10**13, 10**14], [40, 20, 10, 5])
    assets = [FIRST_PERP + i for i in range(count)]
    for asset in assets:
        market.registry("listPerp", (asset, f"P{asset}", 0, 2, 40, FOUR_TIERS))
    report(market, assets)
    return assets


def report(market: Market, assets: list[int]) -> None:
    """Report the marks of the perps."""
    market.registry("reportPrices", [], [(asset, 10**6, 10**6) for asset in assets], 10**8)


def holder(market: Market, i: int, assets: list[int], *, isolated: bool = False) -> str:
    """Return an account with a position in each of the assets."""
    account = f"0x{0xACC000 + i:040x}"
    market.fund(account, USDC, 10**6 * 10**8)
    market.venue("setMode", UNIFIED, sender=account)
    market.venue("deposit", USDC, 10**6 * 10**8, account, sender=account)
    for asset in assets:
        if isolated:
            market.venue("setIsolated", asset, True, sender=account)
        market.venue("order", asset, True, ANY_BUY, 1, False, sender=account)
    return account


def ask(market: Market, function: str, gas: int, *args: Any) -> list[Any]:
    """Return the outcomes that a call has within some gas."""
    data = market.lens.calldata(function, *args)
    answer = market.evm.evm.message_call(KEEPER, market.lens.address, calldata=data, gas=gas)
    _, outcomes = market.lens.decode(function, answer)
    for outcome in outcomes:
        assert (outcome["status"] == OUT_OF_GAS) == (outcome["data"] == b"")
    return list(outcomes)


def done_of(outcomes: list[Any]) -> int:
    """Return of how many accounts an answer tells; of the others it says that gas lacked."""
    states = [outcome["status"] for outcome in outcomes]
    assert set(states) <= {DONE, OUT_OF_GAS}
    return states.count(DONE)


@pytest.mark.parametrize(
    ("count", "gas", "least"),
    [
        (1, 1, 1),
        (28, 30, 28),
        (31, 30, 31),
        (46, 50, 46),
        (100, 50, 80),
        (300, 40, 60),
        (300, 200, 200),
        (300, 800, 300),
    ],
)
def test_large_accounts_are_told_as_far_as_the_gas_goes(
    market: Market, count: int, gas: int, least: int
) -> None:
    """Of 32 perps with four tiers each: 15 kB an account, whose memory costs by its square."""
    assets = list_perps(market, 32)
    held = [holder(market, i, assets) for i in range(3)]
    asked = (held * 100)[:count]
    outcomes = ask(market, "accountsOf", gas * MILLION, asked, False, [], [])
    assert done_of(outcomes) >= least
    truth = {account: market.account(account) for account in held}
    for account, outcome in zip(asked, outcomes, strict=True):
        if outcome["status"] == DONE:
            assert market.venue.decode("accountOf", outcome["data"]) == truth[account]


@pytest.mark.parametrize("function", ["accountsOf", "reportsOf", "isolatedOf"])
def test_every_amount_of_gas_has_an_answer(market: Market, function: str) -> None:
    assets = list_perps(market, 24)
    cross = holder(market, 0, assets[:12])
    alone = holder(market, 1, assets, isolated=True)
    prices = [(asset, 10**6) for asset in assets]
    options: dict[str, tuple[Any, ...]] = {
        "accountsOf": (True, [(HYPE, 10**6)], prices),
        "reportsOf": ([(HYPE, 10**6)], prices),
        "isolatedOf": (),
    }
    asked = [cross, alone, STRANGER] * 25
    told = [
        done_of(ask(market, function, gas, asked, *options[function]))
        for gas in range(600_000, 50 * MILLION, 577_777)
    ]
    assert told[0] < told[-1] == len(asked)


@pytest.mark.parametrize("gas", range(100_000, 200_000, 7_001))
def test_hardly_any_gas_has_an_answer(market: Market, gas: int) -> None:
    done = done_of(ask(market, "accountsOf", gas, [STRANGER] * 80, False, [], []))
    assert done < 80


def test_large_accounts_leave_gas_to_small_ones(market: Market) -> None:
    """One of 200 perps takes 3.5 million; five before, behind and between 27 of little."""
    assets = list_perps(market, 200)
    large = holder(market, 0, assets)
    small = [f"0x{0xBBB000 + i:040x}" for i in range(27)]
    for account in small:
        market.portfolio_account(account, usdc=100 * 10**8)
    assert done_of(ask(market, "accountsOf", 3 * MILLION, [large], False, [], [])) == 0
    assert done_of(ask(market, "accountsOf", 4 * MILLION, [large], False, [], [])) == 1
    for asked, gas in (
        ([large] * 5 + small, 3 * MILLION),
        (small + [large] * 5, 3 * MILLION),
        (small[:13] + [large] * 5 + small[13:], 8 * MILLION),
    ):
        outcomes = ask(market, "accountsOf", gas, asked, False, [], [])
        told = dict(zip(asked, outcomes, strict=True))
        assert {told[account]["status"] for account in small} == {DONE}
        assert told[large]["status"] == OUT_OF_GAS


def test_account_of_every_isolated_position_is_read_alone(market: Market) -> None:
    """254 perps beside the market's two: all that can be listed."""
    assets = list_perps(market, 254)
    account = holder(market, 0, assets, isolated=True)
    (outcome,) = ask(market, "isolatedOf", 20 * MILLION, [account])
    assert outcome["status"] == DONE
    found = market.lens.decode("isolatedReportsOf", outcome["data"])
    assert [each["perp"]["asset"] for each in found] == assets
    assert found == market.lens("isolatedReportsOf", account)
    for gas in (MILLION, 10 * MILLION, 12_400_000, 14 * MILLION):
        assert done_of(ask(market, "isolatedOf", gas, [account, STRANGER])) == 1


def test_refused_accounts_among_others_are_each_told_by_name(market: Market) -> None:
    assets = list_perps(market, 2)
    lost = holder(market, 0, assets)
    asked = [lost, STRANGER] * 10
    outcomes = ask(market, "reportsOf", 5 * MILLION, asked, [], [(assets[1], 0)])
    assert [outcome["status"] for outcome in outcomes] == [REFUSED, DONE] * 10
    refused = market.evm.refusal_of(outcomes[0]["data"])
    assert (refused.name, refused.values) == ("MarkMissing", (assets[1],))
