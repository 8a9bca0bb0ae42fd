"""What an old price may and may not decide. SPEC OR-02, OR-08."""

from __future__ import annotations

import pytest
from core.builders import account, carry, hype, ubtc, usdc
from core.strategies import accounts
from hypothesis import given
from hypothesis import strategies as st

from pmkit.margin import account_margin
from pmkit.model import DexState, Mode
from pmkit.stale import at_twice_px, backs, is_decisive, twice, without_collateral

HYPE_WEI = 10**8


def test_price_of_what_is_owed_or_counted_in_by_a_dex_is_decisive():
    built = account(
        usdc(borrowed=1),
        hype(50, supplied=1),
        ubtc(100_000),
        dexes=(DexState(collateral=1, raw_usd=0), DexState(collateral=2, raw_usd=-1)),
    )
    assert [is_decisive(built, i) for i in range(3)] == [True, False, True]
    standard = account(*built.tokens, dexes=built.dexes, mode=Mode.STANDARD)
    assert [is_decisive(standard, i) for i in range(3)] == [True, False, False]


@pytest.mark.parametrize(("mode", "does"), [(m, m is Mode.PORTFOLIO_MARGIN) for m in Mode])
def test_supply_with_a_loan_to_value_backs_with_portfolio_margin_alone(mode, does):
    built = account(usdc(supplied=5), hype(50, supplied=1), ubtc(100_000, idle=1), mode=mode)
    assert [backs(built, i) for i in range(3)] == [False, does, False]


def test_account_without_old_collateral_is_the_account_with_the_rest():
    # 10 HYPE at 50 and 1 UBTC at 100,000 carry 0.65 · 500 and 0.5 · 100,000.
    built = account(usdc(), hype(50, supplied=10 * HYPE_WEI), ubtc(100_000, supplied=10**10))
    powers = [account_margin(without_collateral(built, s)).borrow_power for s in (0, 0b10, 0b110)]
    assert powers == [50_325 * 10**18, 50_000 * 10**18, 0]


def test_account_at_twice_the_last_price_is_worth_twice():
    # The carry trade at 340,000: 240,000 are owed net, 255,000 is the threshold, and 510,000 twice.
    built = carry(340_000)
    assert account_margin(built).liquidatable
    saved = account_margin(at_twice_px(built, 0b10))
    assert saved.threshold_value == 510_000 * 10**18


def test_twice_the_largest_price_is_the_largest_price():
    assert [twice(px) for px in (0, 2**63 - 1, 2**63, 2**64 - 1)] == [
        0,
        2**64 - 2,
        2**64 - 1,
        2**64 - 1,
    ]


@given(accounts(strict=True), st.integers(0, 0b1111))
def test_account_without_some_collateral_is_never_safer(built, stale):
    """So whoever is safe without it is safe, whatever it is worth."""
    less, more = account_margin(without_collateral(built, stale)), account_margin(built)
    assert less.ratio >= more.ratio
    assert less.health_factor <= more.health_factor
    assert less.threshold_value <= more.threshold_value
    assert less.liquidatable >= more.liquidatable
    assert less.net_debt == more.net_debt
