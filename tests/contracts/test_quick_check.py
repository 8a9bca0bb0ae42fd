"""What spares an account that only lends and borrows the account check. SPEC AC-17."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pyrevm
import pytest
from support.evm import Contract, Reverted
from support.venue import (
    BORROWER,
    EVERYTHING,
    HYPE,
    HYPE_PERP,
    KEEPER,
    STANDARD,
    SUPPLIER,
    TRADER,
    UBTC,
    UNIFIED,
    USDC,
    USDT0,
    WAD,
    WEI_DECIMALS,
    Market,
    margin_policy,
)
from support.wide_market import WideMarket

if TYPE_CHECKING:
    from collections.abc import Callable

USDC_WEI = HYPE_WEI = 10**8
UBTC_WEI = 10**10
MONTH = 30 * 86_400
ANY_BUY = 2**64 - 1
HYPE_SPOT, USDT0_SPOT = 10_107, 10_166


@dataclass
class Checks:
    """The account check and what spares it, each asked alone of what the venue has stored."""

    market: Market
    reader: Contract
    codes: dict[str, bytes]

    @classmethod
    def of(cls, market: Market) -> Checks:
        """Deploy what reads the venue's storage with the venue's own libraries."""
        evm, venue = market.evm, market.venue.address
        engine = evm.deploy("MarginEngine").address
        reader = evm.deploy("CheckReader", libraries={"MarginEngine": engine})
        codes = {
            name: evm.evm.get_code(a) for name, a in (("venue", venue), ("reader", reader.address))
        }
        return cls(market, Contract(evm, "CheckReader", venue, reader.abi), codes)

    def passes(self, account: str, before: int = 0) -> bool:
        """Return whether the account check is spared."""
        return bool(self._asked("passes", account, before))

    def refusal(self, account: str, before: int = 0) -> str | None:
        """Return the name with which the account check refuses, or none."""
        try:
            self._asked("requireSafe", account, before)
        except Reverted as refused:
            return refused.name
        return None

    def _asked(self, function: str, account: str, before: int) -> Any:
        self._put("reader")
        try:
            with self.market.evm.undone():
                return self.reader(function, self.market.registry.address, account, before)
        finally:
            self._put("venue")

    def _put(self, name: str) -> None:
        info = pyrevm.AccountInfo(nonce=1, code=bytes(self.codes[name]))
        self.market.evm.evm.insert_account_info(self.market.venue.address, info)


@pytest.fixture
def loan(wide_market: WideMarket) -> WideMarket:
    """Let the borrower owe 1,000 USDC, spent on USDT0, against 100 HYPE at 50 USD.

    HYPE carries 2,500 and stands for 3,750 at its threshold.
    """
    wide_market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    wide_market.venue("borrow", USDC, 1_000 * USDC_WEI, sender=BORROWER)
    spend(wide_market, 1_000)
    return wide_market


def spend(market: Market, dollars: int) -> None:
    """Let the borrower spend USDC on USDT0, which is no collateral."""
    market.venue("order", USDT0_SPOT, True, ANY_BUY, dollars * 100, False, sender=BORROWER)


def test_loan_within_its_collateral_is_passed_up_to_the_last_wei(loan: WideMarket) -> None:
    checks = Checks.of(loan)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (True, None)
    loan.venue("borrow", USDC, 1_500 * USDC_WEI, sender=BORROWER)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (True, None)
    loan.set_prices(hype="49.9999")
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, "HealthFactorBelowOne")


def test_debt_that_has_not_grown_needs_no_health_factor(loan: WideMarket) -> None:
    checks = Checks.of(loan)
    # 100 HYPE at 15 carry 750, and stand for 1,125: 1,000 are 88.9 % of that.
    loan.set_prices(hype=15)
    owed = 1_000 * WAD
    assert (checks.passes(BORROWER, owed), checks.refusal(BORROWER, owed)) == (True, None)
    less = owed - 1
    assert not checks.passes(BORROWER, less)
    assert checks.refusal(BORROWER, less) == "HealthFactorBelowOne"
    # At 14 they stand for 1,050, of which 1,000 are 95.2 %; at 13 for 975.
    for px, refused in ((14, "RatioAboveTrigger"), (13, "DebtAboveThreshold")):
        loan.set_prices(hype=px)
        assert (checks.passes(BORROWER, owed), checks.refusal(BORROWER, owed)) == (False, refused)


def test_debt_over_the_collateral_at_its_thresholds_is_left_where_that_is_no_trigger(
    loan: WideMarket,
) -> None:
    loan.set_policy(margin=margin_policy(trigger=2 * WAD, second_trigger=False))
    checks = Checks.of(loan)
    loan.set_prices(hype=13)
    owed = 1_000 * WAD
    assert (checks.passes(BORROWER, owed), checks.refusal(BORROWER, owed)) == (True, None)


def lend_the_hype(market: WideMarket) -> None:
    """Let the trader owe half the HYPE, and interest on it run for a year, not stored."""
    market.registry("setTokenFactors", HYPE, 5_000, True)
    market.portfolio_account(TRADER, ubtc=UBTC_WEI)
    market.venue("borrow", HYPE, 50 * HYPE_WEI, sender=TRADER)
    market.evm.warp(365 * 86_400)
    # More than 100 HYPE carry, less than they carry with the year's interest.
    market.venue("accrue", USDC, sender=KEEPER)
    owed = market.token(BORROWER, USDC)["borrowed"]
    more = (2_500 * USDC_WEI - owed) + 10 * USDC_WEI
    market.venue("borrow", USDC, more, sender=BORROWER)


def cap_the_hype(market: WideMarket) -> None:
    """Let no more than 40 HYPE count at their threshold: for 1,500, of which 95 % are 1,425."""
    market.set_caps(HYPE, user_supply=40 * HYPE_WEI)
    # Of 1,450 only 1,000 are owed net, but they count whole here.
    market.venue("borrow", USDC, 450 * USDC_WEI, sender=BORROWER)


def cap_the_debt(market: WideMarket) -> None:
    """Let the user borrow cap be near: 95 % of 1,500 are 1,425."""
    market.set_caps(USDC, user_borrow=1_500 * USDC_WEI)
    market.venue("borrow", USDC, 450 * USDC_WEI, sender=BORROWER)


def open_a_position(market: WideMarket) -> None:
    """Let the borrower hold a perp."""
    market.venue("order", HYPE_PERP, True, ANY_BUY, 100, False, sender=BORROWER)


def cap_each(market: WideMarket) -> None:
    """Let the borrow cap bound what each collateral carries."""
    market.set_policy(margin=margin_policy(cap_each=True))


@pytest.mark.parametrize(
    "happens", [lend_the_hype, cap_the_hype, cap_the_debt, open_a_position, cap_each]
)
def test_what_is_not_plain_is_left_to_the_account_check(
    loan: WideMarket, happens: Callable[[WideMarket], None]
) -> None:
    happens(loan)
    checks = Checks.of(loan)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, None)


def test_interest_that_is_stored_counts(loan: WideMarket) -> None:
    lend_the_hype(loan)
    loan.venue("accrue", HYPE, sender=KEEPER)
    checks = Checks.of(loan)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (True, None)


def test_cap_counts_without_its_last_bits(wide_market: WideMarket) -> None:
    """Of 2^41 - 1 wei of HYPE 2^41 - 2 count: at 50 USD and 75 % one wei is 37.5 wei of USDC."""
    wide_market.set_policy(margin=margin_policy(trigger=2 * WAD))
    wide_market.set_caps(HYPE, user_supply=2**41 - 1)
    wide_market.portfolio_account(BORROWER, hype=40_000 * HYPE_WEI)
    # 21,990.2325555 HYPE, times 37.5 USD.
    wide_market.venue("borrow", USDC, 82_463_372_083_125, sender=BORROWER)
    checks = Checks.of(wide_market)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (True, None)
    wide_market.venue("borrow", USDC, 37, sender=BORROWER)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, None)


@pytest.mark.parametrize("mode", [STANDARD, UNIFIED])
def test_other_modes_are_left_to_the_account_check(market: Market, mode: int) -> None:
    if mode != STANDARD:
        market.venue("setMode", mode, sender=TRADER)
    checks = Checks.of(market)
    assert (checks.passes(TRADER), checks.refusal(TRADER)) == (False, None)


def test_debt_of_what_is_no_longer_lent_is_left_to_the_account_check(loan: WideMarket) -> None:
    checks = Checks.of(loan)
    loan.registry("setTokenFactors", USDC, 0, False)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, "RatioAboveTrigger")


def test_old_price_of_collateral_counts_for_nothing(loan: WideMarket) -> None:
    checks = Checks.of(loan)
    loan.set_policy(max_price_age=60)
    loan.evm.warp(61)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, "StalePrice")
    # 1/10 UBTC at 100,000 carries 5,000, and its price is young.
    loan.set_prices(btc=100_000)
    loan.fund(KEEPER, UBTC, UBTC_WEI // 10)
    loan.venue("deposit", UBTC, UBTC_WEI // 10, BORROWER, sender=KEEPER)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (True, None)


def test_old_price_of_a_debt_is_left_to_the_account_check(wide_market: WideMarket) -> None:
    wide_market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    wide_market.venue("borrow", USDT0, 1_000 * HYPE_WEI, sender=BORROWER)
    checks = Checks.of(wide_market)
    assert checks.passes(BORROWER)
    wide_market.set_policy(max_price_age=60)
    wide_market.evm.warp(61)
    wide_market.set_prices(hype=50)
    assert (checks.passes(BORROWER), checks.refusal(BORROWER)) == (False, "StalePrice")


class Loans:
    """Random loans without perps, near their limits, and what both checks say of them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - reproducible inputs, not secrets
        self.market = WideMarket.drawn(self.random)
        for token in (HYPE, UBTC):
            self.market.registry("setTokenFactors", token, 5_000, self.random.random() < 0.7)
        for role in (BORROWER, TRADER):
            some = {name: self.worth(name) for name in ("hype", "ubtc")}
            self.market.portfolio_account(role, **some)
        self.checks = Checks.of(self.market)
        self.seen: Counter[tuple[bool, bool]] = Counter()

    def worth(self, name: str) -> int:
        """Return token wei worth some thousand dollars."""
        one = {"hype": HYPE_WEI // 50, "ubtc": UBTC_WEI // 100_000, "usdt0": HYPE_WEI}[name]
        return self.random.randint(1_000, 100_000) * one + self.random.randint(0, 99)

    def step(self) -> None:
        """Let time pass, prices move or somebody act, and ask both checks."""
        random, market = self.random, self.market
        kind = random.random()
        if kind < 0.2:
            market.evm.warp(random.choice((1, 3_601, MONTH)))
        elif kind < 0.45:
            market.move(random)
        else:
            self.act(random.choice((BORROWER, TRADER)))
        for role in (BORROWER, TRADER):
            gross = int(market.venue("storedMarginOf", role)["grossDebt"])
            for before in (0, max(0, gross - 1), gross):
                spared = self.checks.passes(role, before)
                refused = self.checks.refusal(role, before)
                assert not (spared and refused), (role, before, refused)
                self.seen[spared, refused is None] += 1

    def act(self, role: str) -> None:
        """Let a role borrow, withdraw, repay, trade or be given something, or be refused."""
        random, market = self.random, self.market
        token = random.choice((USDC, USDC, USDT0, HYPE, UBTC))
        power = int(market.margin(role)["borrowPower"]) // WAD
        dollars = max(1, power * random.choice((1, 20, 60, 95, 100)) // 100)
        px = {USDC: 1, USDT0: 1, HYPE: 50, UBTC: 100_000}[token]
        amount = dollars * 10 ** WEI_DECIMALS[token] // px // 100 * 100
        call: tuple[Any, ...] = random.choice(
            (
                ("borrow", token, amount),
                ("borrow", token, amount),
                ("withdraw", token, amount, role),
                ("repay", token, random.choice((amount, EVERYTHING)), role),
                ("order", HYPE_SPOT, random.random() < 0.7, ANY_BUY, dollars * 2, False),
                ("spotSend", SUPPLIER, token, amount),
            )
        )
        if call[0] == "repay":
            market.fund(role, token, 10 ** WEI_DECIMALS[token])
        with suppress(Reverted):
            market.venue(*call, sender=role)


def test_what_is_spared_the_account_check_would_pass() -> None:
    seen: Counter[tuple[bool, bool]] = Counter()
    for seed in range(16):
        loans = Loans(seed)
        for _ in range(60):
            loans.step()
        loans.market.require_conserved()
        seen += loans.seen
    # None of the three is rare.
    assert seen[True, True] > 1_500
    assert seen[False, True] > 500
    assert seen[False, False] > 500
