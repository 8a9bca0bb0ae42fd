"""Morpho Blue 1.0.0: one market, the lent token against one collateral.

Its rate model and oracle are the mocks of its own package: the rate follows utilization and is
computed anew each time, the price stands in one slot. Without a fee, but for the scenarios
`..._with_fee`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.gas.ground import DAY, Ground
from bench.gas.market import price_of
from bench.gas.packages import morpho
from bench.gas.scenarios import Figures, complete

if TYPE_CHECKING:
    from collections.abc import Callable

LOAN, COLLATERAL = "USDC", "UBTC"
USDC, BTC = 10**6, 10**8
WALLET = 10**9
LLTV = 86 * 10**16
FEE = 10**17
"""The tenth of the interest that pmkit's buffer keeps, too."""
SUPPLIED, OWED, SOME = 1_000_000 * USDC, 450_000 * USDC, 1_000 * USDC
PLEDGED, SOME_BTC = 10 * BTC, BTC // 100
LOW_PX, LOWER_PX = 50_000, 30_000
"""Prices of BTC at which the debt is over its limit, and worth more than the collateral."""
WHY = "one collateral and one debt an account, no positions, no modes, no batch"


class Morpho:
    """A market with a lender and a borrower in it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.admin = ground.local.account("admin")
        self.core = ground.create(morpho("Morpho"), self.admin)
        self.oracle = ground.create(morpho("OracleMock"))
        irm = ground.create(morpho("IrmMock"))
        self.market = {
            "loanToken": ground.erc20(LOAN),
            "collateralToken": ground.erc20(COLLATERAL),
            "oracle": self.oracle.address,
            "irm": irm.address,
            "lltv": LLTV,
        }
        self.core.tell(self.admin, "enableIrm", irm.address)
        self.core.tell(self.admin, "enableLltv", LLTV)
        self.core.tell(self.admin, "createMarket", self.market)
        self.set_price(int(price_of(COLLATERAL)))
        self.lender = self.person("lender")
        self.borrower = self.person("borrower")
        self.tell(self.lender, "supply", SUPPLIED, 0, self.lender, b"")
        self.tell(self.borrower, "supplyCollateral", PLEDGED, self.borrower, b"")
        self.tell(self.borrower, "borrow", OWED, 0, self.borrower, self.borrower)

    def person(self, name: str) -> str:
        """Return somebody with both tokens and allowances without end."""
        who = self.ground.person(f"morpho {name}")
        self.ground.give(who, LOAN, WALLET * USDC, self.core.address)
        self.ground.give(who, COLLATERAL, WALLET * BTC, self.core.address)
        return who

    def set_price(self, px: int) -> None:
        """Set the price of BTC: USDC units for one of its own, 36 decimals."""
        self.oracle.tell(self.admin, "setPrice", px * USDC * 10**36 // BTC)

    def tell(self, who: str, function: str, *arguments: object) -> int:
        """Act in the market and return the gas used."""
        return self.core.tell(who, function, self.market, *arguments)

    def later(self, who: str, function: str, *arguments: object) -> int:
        """Let a day pass and act."""
        self.ground.local.warp(DAY)
        return self.tell(who, function, *arguments)

    def again(self, who: str, function: str, *arguments: object) -> int:
        """Return the gas of what was done before, a day ago."""
        self.tell(who, function, *arguments)
        return self.later(who, function, *arguments)

    def keep_a_fee(self) -> None:
        """Let the market keep a part of the interest."""
        self.core.tell(self.admin, "setFeeRecipient", self.ground.person("morpho fees"))
        self.tell(self.admin, "setFee", FEE)


def measure(ground: Ground) -> Figures:
    """Return the gas of every scenario that Morpho knows, each from the same beginning."""
    figures: Figures = {}
    with ground.local.scratch():
        market = Morpho(ground)
        for name, run in RUNS.items():
            with ground.local.scratch():
                figures[name] = run(market)
        market.keep_a_fee()
        for name in ("supply", "borrow", "repay", "liquidate"):
            with ground.local.scratch():
                figures[f"{name}_with_fee"] = RUNS[name](market)
    return complete(figures, why=WHY)


def supply(m: Morpho) -> int:
    """Let the lender supply more."""
    return m.again(m.lender, "supply", SOME, 0, m.lender, b"")


def first_supply(m: Morpho) -> int:
    """Let somebody new supply."""
    who = m.person("newcomer")
    return m.later(who, "supply", SOME, 0, who, b"")


def borrow(m: Morpho) -> int:
    """Let the borrower borrow more."""
    return m.again(m.borrower, "borrow", SOME, 0, m.borrower, m.borrower)


def first_borrow(m: Morpho) -> int:
    """Let somebody with collateral borrow for the first time."""
    who = m.person("newcomer")
    m.tell(who, "supplyCollateral", PLEDGED, who, b"")
    return m.later(who, "borrow", SOME, 0, who, who)


def repay(m: Morpho) -> int:
    """Let the borrower repay a part."""
    return m.again(m.borrower, "repay", SOME, 0, m.borrower, b"")


def withdraw(m: Morpho) -> int:
    """Let the lender take a part out."""
    return m.again(m.lender, "withdraw", SOME, 0, m.lender, m.lender)


def supply_collateral(m: Morpho) -> int:
    """Let the borrower add to its collateral."""
    return m.again(m.borrower, "supplyCollateral", SOME_BTC, m.borrower, b"")


def withdraw_collateral(m: Morpho) -> int:
    """Let the borrower take collateral out."""
    return m.again(m.borrower, "withdrawCollateral", SOME_BTC, m.borrower, m.borrower)


def accrue(m: Morpho) -> int:
    """Store the interest."""
    return m.again(m.lender, "accrueInterest")


def liquidate(m: Morpho) -> int:
    """Seize a tenth of the collateral, again."""
    m.set_price(LOW_PX)
    return m.again(m.person("liquidator"), "liquidate", m.borrower, PLEDGED // 10, 0, b"")


def first_liquidate(m: Morpho) -> int:
    """Seize a tenth of the collateral for the first time."""
    m.set_price(LOW_PX)
    return m.later(m.person("liquidator"), "liquidate", m.borrower, PLEDGED // 10, 0, b"")


def liquidate_takeover(m: Morpho) -> int:
    """Seize all collateral; what it does not cover is lost to the lenders."""
    m.set_price(LOW_PX)
    liquidator = m.person("liquidator")
    m.tell(liquidator, "liquidate", m.borrower, PLEDGED // 10, 0, b"")
    m.set_price(LOWER_PX)
    return m.later(liquidator, "liquidate", m.borrower, PLEDGED - PLEDGED // 10, 0, b"")


RUNS: dict[str, Callable[[Morpho], int]] = {
    "supply": supply,
    "borrow": borrow,
    "repay": repay,
    "withdraw": withdraw,
    "liquidate": liquidate,
    "accrue": accrue,
    "first_supply": first_supply,
    "first_borrow": first_borrow,
    "first_liquidate": first_liquidate,
    "supply_collateral": supply_collateral,
    "withdraw_collateral": withdraw_collateral,
    "liquidate_takeover": liquidate_takeover,
}
