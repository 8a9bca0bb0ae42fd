"""Aave core-v3 1.19.3: a pool with every token that the bench lists, behind its proxies.

As compiled by its authors. Prices come from the mock feeds of its own package, one slot each; rates
are variable, a tenth of the interest is the treasury's, and no token has incentives or caps.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.gas.ground import DAY, Ground
from bench.gas.market import DEBTS, collaterals, price_of
from bench.gas.packages import aave
from bench.gas.scenarios import (
    COLLATERAL_COUNTS,
    FURTHER,
    LARGEST_DEBTS,
    LARGEST_TOKENS,
    Figures,
    check_slope,
    complete,
    slope,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = "0x" + "00" * 20
RAY = 10**27
USD = 10**8
LTV, THRESHOLD, BONUS, FEE = 7_000, 8_000, 10_500, 1_000
"""Basis points, of every collateral; the fee is that of every reserve."""
VARIABLE = 2
OWED, SOME = 450_000, 1_000
"""USD."""
LOW_PERCENT, LOWER_PERCENT = 55, 40
"""Prices at which an account is liquidatable, and at which all of its debt is at once."""
LIBRARIES = (
    "protocol/libraries/logic/SupplyLogic",
    "protocol/libraries/logic/BorrowLogic",
    "protocol/libraries/logic/LiquidationLogic",
    "protocol/libraries/logic/EModeLogic",
    "protocol/libraries/logic/BridgeLogic",
    "protocol/libraries/logic/FlashLoanLogic",
    "protocol/libraries/logic/PoolLogic",
    "protocol/libraries/logic/ConfiguratorLogic",
)
"""Each linked to those before it."""
WHY = "no positions, no modes, no batch, and no call that only stores interest"


class Aave:
    """A pool with a lender in it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.admin = ground.local.account("admin")
        self.tokens = (*DEBTS, *collaterals())
        self._deploy()
        self._list()
        self.lender = self.person("lender", *DEBTS)
        for token in DEBTS:
            self.supply(self.lender, token, 1_000_000)
        # Somebody always owes, so that interest accrues for everybody.
        self.borrower("other")

    def _deploy(self) -> None:
        create, admin = self.ground.create, self.admin
        self.provider = create(aave("protocol/configuration/PoolAddressesProvider"), "bench", admin)
        provider = self.provider.address
        libraries: dict[str, str] = {}
        for path in LIBRARIES:
            library = create(aave(path), libraries=libraries)
            libraries[library.abi.name] = library.address
        pool = create(aave("protocol/pool/Pool"), provider, libraries=libraries)
        configurator = create(aave("protocol/pool/PoolConfigurator"), libraries=libraries)
        self.provider.tell(admin, "setACLAdmin", admin)
        acl = create(aave("protocol/configuration/ACLManager"), provider)
        self.provider.tell(admin, "setACLManager", acl.address)
        acl.tell(admin, "addPoolAdmin", admin)
        self.provider.tell(admin, "setPoolImpl", pool.address)
        self.provider.tell(admin, "setPoolConfiguratorImpl", configurator.address)
        self.pool = pool.at(self.provider.ask("getPool"))
        self.configurator = configurator.at(self.provider.ask("getPoolConfigurator"))
        self.oracle = create(aave("misc/AaveOracle"), provider, [], [], NOBODY, NOBODY, USD)
        self.provider.tell(admin, "setPriceOracle", self.oracle.address)

    def _list(self) -> None:
        create, admin, ground = self.ground.create, self.admin, self.ground
        strategy = create(
            aave("protocol/pool/DefaultReserveInterestRateStrategy"),
            self.provider.address,
            RAY * 8 // 10,
            *(0, RAY * 4 // 100, RAY * 60 // 100),
            *(RAY // 100, RAY * 60 // 100, RAY // 100, RAY * 8 // 100, RAY * 20 // 100),
        )
        kinds = [
            create(aave(f"protocol/tokenization/{kind}"), self.pool.address).address
            for kind in ("AToken", "StableDebtToken", "VariableDebtToken")
        ]
        for token in self.tokens:
            listed = ground.local.reader.listing.token(token)
            names = {
                f"{kind}{what}": f"{token} {kind}"
                for kind in ("aToken", "variableDebtToken", "stableDebtToken")
                for what in ("Name", "Symbol")
            }
            reserve = {
                "aTokenImpl": kinds[0],
                "stableDebtTokenImpl": kinds[1],
                "variableDebtTokenImpl": kinds[2],
                "underlyingAssetDecimals": listed.evm_decimals,
                "interestRateStrategyAddress": strategy.address,
                "underlyingAsset": listed.erc20,
                "treasury": ground.person("aave treasury"),
                "incentivesController": NOBODY,
                **names,
                "params": b"",
            }
            tell = self.configurator.tell
            tell(admin, "initReserves", [reserve])
            tell(admin, "setReserveFactor", listed.erc20, FEE)
            if token in DEBTS:
                tell(admin, "setReserveBorrowing", listed.erc20, True)
            else:
                tell(admin, "configureReserveAsCollateral", listed.erc20, LTV, THRESHOLD, BONUS)
        self.set_prices(100)

    def set_prices(self, percent: int) -> None:
        """Set the prices of all collateral to a part of what they began with; debts cost 1 USD."""
        for token in self.tokens:
            part = 100 if token in DEBTS else percent
            px = int(price_of(token) * USD) * part // 100
            feed = self.ground.create(aave("mocks/oracle/CLAggregators/MockAggregator"), px)
            self.oracle.tell(
                self.admin, "setAssetSources", [self.ground.erc20(token)], [feed.address]
            )

    def units(self, token: str, usd: int) -> int:
        """Return what some dollars buy of a token at the first prices, in units of its ERC-20."""
        decimals = self.ground.local.reader.listing.token(token).evm_decimals
        return int(usd / price_of(token) * 10**decimals)

    def person(self, name: str, *tokens: str) -> str:
        """Return somebody with some tokens and allowances without end."""
        who = self.ground.person(f"aave {name}")
        for token in tokens:
            self.ground.give(who, token, self.units(token, 10**8), self.pool.address)
        return who

    def borrower(self, name: str, count: int = 1, debts: int = 1) -> str:
        """Return somebody with some collaterals, a million dollars in all, and debts."""
        tokens = collaterals()[:count]
        who = self.person(name, *DEBTS, *tokens)
        for token in tokens:
            self.supply(who, token, 1_000_000 // count)
        for token in DEBTS[:debts]:
            self.borrow(who, token, OWED // debts)
        return who

    def supply(self, who: str, token: str, usd: int = SOME) -> int:
        """Supply, and return the gas used."""
        amount = self.units(token, usd)
        return self.pool.tell(who, "supply", self.ground.erc20(token), amount, who, 0)

    def withdraw(self, who: str, token: str, usd: int = SOME) -> int:
        """Withdraw, and return the gas used."""
        return self.pool.tell(
            who, "withdraw", self.ground.erc20(token), self.units(token, usd), who
        )

    def borrow(self, who: str, token: str = DEBTS[0], usd: int = SOME) -> int:
        """Borrow, and return the gas used."""
        erc20, amount = self.ground.erc20(token), self.units(token, usd)
        return self.pool.tell(who, "borrow", erc20, amount, VARIABLE, 0, who)

    def repay(self, who: str, usd: int = SOME) -> int:
        """Repay a part, and return the gas used."""
        erc20, amount = self.ground.erc20(DEBTS[0]), self.units(DEBTS[0], usd)
        return self.pool.tell(who, "repay", erc20, amount, VARIABLE, who)

    def liquidate(self, liquidator: str, who: str, usd: int) -> int:
        """Pay a part of the first debt for the first collateral, and return the gas used."""
        tokens = self.ground.erc20(collaterals()[0]), self.ground.erc20(DEBTS[0])
        amount = self.units(DEBTS[0], usd)
        return self.pool.tell(liquidator, "liquidationCall", *tokens, who, amount, False)

    def later(self, act: Callable[[], int]) -> int:
        """Let a day pass and act."""
        self.ground.local.warp(DAY)
        return act()

    def again(self, act: Callable[[], int]) -> int:
        """Return the gas of what was done before, a day ago."""
        act()
        return self.later(act)


def measure(ground: Ground) -> Figures:
    """Return the gas of every scenario that Aave knows, each from the same beginning."""
    figures: Figures = {}
    with ground.local.scratch():
        pool = Aave(ground)
        for name, run in RUNS.items():
            with ground.local.scratch():
                figures[name] = run(pool)
    figures["check_per_further_collateral"] = check_slope(figures, "collaterals", COLLATERAL_COUNTS)
    for name in ("supply", "borrow", "repay", "liquidate"):
        figures[f"{name}_with_fee"] = figures[name]
    return complete(figures, why=WHY)


def supply(a: Aave) -> int:
    """Let the lender supply more."""
    return a.again(lambda: a.supply(a.lender, DEBTS[0]))


def first_supply(a: Aave) -> int:
    """Let somebody new supply."""
    who = a.person("newcomer", DEBTS[0])
    return a.later(lambda: a.supply(who, DEBTS[0]))


def borrow(a: Aave, count: int = 1) -> int:
    """Let a borrower with some collaterals borrow more."""
    who = a.borrower("borrower", count)
    return a.again(lambda: a.borrow(who))


def first_borrow(a: Aave) -> int:
    """Let somebody with a collateral borrow for the first time."""
    who = a.borrower("borrower", debts=0)
    return a.later(lambda: a.borrow(who))


def repay(a: Aave) -> int:
    """Let a borrower repay a part."""
    who = a.borrower("borrower")
    return a.again(lambda: a.repay(who))


def withdraw(a: Aave) -> int:
    """Let the lender take a part out."""
    return a.again(lambda: a.withdraw(a.lender, DEBTS[0]))


def supply_collateral(a: Aave) -> int:
    """Let a borrower add to its collateral."""
    who = a.borrower("borrower")
    return a.again(lambda: a.supply(who, collaterals()[0]))


def withdraw_collateral(a: Aave) -> int:
    """Let a borrower take collateral out."""
    who = a.borrower("borrower")
    return a.again(lambda: a.withdraw(who, collaterals()[0]))


def liquidate(a: Aave, count: int = 1, debts: int = 1) -> int:
    """Pay a part of a debt for its collateral, again."""
    who, liquidator = a.borrower("borrower", count, debts), a.person("liquidator", DEBTS[0])
    a.set_prices(LOW_PERCENT)
    return a.again(lambda: a.liquidate(liquidator, who, OWED // 100))


def first_liquidate(a: Aave) -> int:
    """Pay a part of the debt for the first time, by somebody who has the collateral."""
    who, liquidator = a.borrower("borrower"), a.person("liquidator", DEBTS[0], collaterals()[0])
    a.set_prices(LOW_PERCENT)
    return a.later(lambda: a.liquidate(liquidator, who, OWED // 100))


def liquidate_takeover(a: Aave) -> int:
    """Pay debt until the collateral is gone; what is left stays owed."""
    who, liquidator = a.borrower("borrower"), a.person("liquidator", DEBTS[0])
    a.set_prices(LOW_PERCENT)
    a.liquidate(liquidator, who, OWED // 100)
    a.set_prices(LOWER_PERCENT)
    return a.later(lambda: a.liquidate(liquidator, who, 2 * OWED))


def per_further_asset(a: Aave) -> int:
    """Return what each further collateral adds to a borrow."""
    used = []
    for count in FURTHER:
        with a.ground.local.scratch():
            used.append(borrow(a, count))
    return slope(used[0], used[1], FURTHER)


def check(a: Aave, count: int) -> int:
    """Check an account with some collaterals and a debt."""
    who = a.borrower("borrower", count)
    return a.again(lambda: a.pool.tell(who, "getUserAccountData", who))


RUNS: dict[str, Callable[[Aave], int]] = {
    "supply": supply,
    "borrow": borrow,
    "repay": repay,
    "withdraw": withdraw,
    "liquidate": liquidate,
    "liquidate_largest": partial(
        liquidate, count=LARGEST_TOKENS - LARGEST_DEBTS, debts=LARGEST_DEBTS
    ),
    "per_further_asset": per_further_asset,
    "first_supply": first_supply,
    "first_borrow": first_borrow,
    "first_liquidate": first_liquidate,
    "supply_collateral": supply_collateral,
    "withdraw_collateral": withdraw_collateral,
    "liquidate_takeover": liquidate_takeover,
    **{f"check_{n}_collaterals": partial(check, count=n) for n in COLLATERAL_COUNTS},
}
