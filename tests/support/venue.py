"""A small market on an in-process EVM: registry, venue, four tokens, two perps, funded roles.

The figures are written out here, not read from a preset: tests of the contracts stand on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from pmkit.chain.contracts import LIBRARIES
from support.checked import Refusal
from support.evm import DEPLOYER, Contract, InProcessEvm, Reverted

USDC, HYPE, UBTC, USDT0 = 0, 150, 197, 268
BTC_PERP, HYPE_PERP = 0, 159
HYPE_USDC, UBTC_USDC = 107, 142
UNLIMITED = 2**128 - 1
NO_CONDITION = 2**64 - 1
EVERYTHING = 2**256 - 1
WAD, RAY = 10**18, 10**27
USD = 10**6
STANDARD, UNIFIED, PORTFOLIO_MARGIN = 0, 1, 2
PERP_FIRST_IF_CURES, DEBT_FIRST, SEEDED = range(3)
HEALTHY, AT_RISK, MARKET_LIQUIDATABLE, BACKSTOP_LIQUIDATABLE = range(4)

MAKER = "0x" + "11" * 20
BACKSTOP = "0x" + "bb" * 20
INSURANCE = "0x" + "1c" * 20
SUPPLIER = "0x" + "5a" * 20
BORROWER = "0x" + "b0" * 20
TRADER = "0x" + "7a" * 20
KEEPER = "0x" + "ce" * 20
CORE = "0x" + "99" * 20
"""Where the core of HyperEVM is, which speaks for accounts."""

STABLE_CURVE = (5 * RAY // 100, 475 * RAY // 100, 80 * RAY // 100, WAD // 10, False)
ANNUAL_CURVE = (*STABLE_CURVE[:4], True)
EVM_DECIMALS = {USDC: 6, HYPE: 18, UBTC: 8, USDT0: 6}
WEI_DECIMALS = {USDC: 8, HYPE: 8, UBTC: 10, USDT0: 8}


def margin_policy(
    trigger: int = 95 * WAD // 100,
    inclusive: bool = False,
    offset: int = 0,
    strict_ltv: bool = False,
    cap_each: bool = False,
    sweep_dust: int = 0,
    second_trigger: bool = True,
    perp_shortfall_trigger: bool = True,
) -> tuple[Any, ...]:
    """Return the part of the policy that margin depends on."""
    return (
        trigger,
        inclusive,
        offset,
        strict_ltv,
        cap_each,
        second_trigger,
        perp_shortfall_trigger,
        sweep_dust,
    )


def policy(**changes: Any) -> tuple[Any, ...]:
    """Return the policy of the tests: the venue's, prices never stale, no fees."""
    fields: dict[str, Any] = {
        "margin": margin_policy(),
        "debt_step": WAD // 5,
        "step_cadence": 3,
        "episode_timeout": 600,
        "min_step": 10 * WAD,
        "max_price_age": 10**9,
        "max_liquidation_price_age": 10**9,
        "perp_fee_ppm": 0,
        "spot_fee_ppm": 0,
        "twap_half_life": 600,
        "reward_ppm": 0,
        "buffer_interval": 3_600,
        "debt_step_needs_low_health": True,
        "perp_threshold": 100_000 * USD,
        "perp_part": WAD // 5,
        "perp_cooldown": 30,
        "perp_backstop_ratio": 3 * WAD // 2,
        "leg_order": PERP_FIRST_IF_CURES,
        "enable_min_volume": NO_CONDITION,
        "enable_min_value": NO_CONDITION,
        "enable_max_value": NO_CONDITION,
        "enable_volume_days": 14,
        "leaves_flat": True,
        "leg_seed": 0,
        "max_move_bps": 0,
        "funding_interval": 0,
    }
    fields.update(changes)
    return tuple(fields.values())


@dataclass
class Market:
    """The deployed market; amounts in token wei unless a name says otherwise."""

    evm: InProcessEvm
    registry: Contract
    venue: Contract
    erc20: dict[int, Contract]
    lens: Contract

    @classmethod
    def deploy(cls) -> Self:
        """Deploy, list, price and fund everything."""
        evm = InProcessEvm()
        registry = evm.deploy("CollateralRegistry", DEPLOYER)
        linked: dict[str, str] = {}
        for library in LIBRARIES:
            linked[library] = evm.deploy(library, libraries=linked).address
        parties = (MAKER, BACKSTOP, INSURANCE, CORE)
        venue = evm.deploy("Venue", registry.address, *parties, libraries=linked)
        erc20 = {t: cls.create_erc20(evm, t, d) for t, d in EVM_DECIMALS.items()}
        lens = evm.deploy("Lens", venue.address)
        market = cls(evm, registry, venue, erc20, lens)
        market._list()
        market.set_prices(btc=100_000, hype=50)
        market._fund()
        return market

    @classmethod
    def create_erc20(cls, evm: InProcessEvm, token: int, decimals: int) -> Contract:
        """Create what stands for a token on this chain."""
        return evm.deploy("LocalToken", f"token {token}", decimals)

    def _list(self) -> None:
        r = self.registry
        caps = (UNLIMITED,) * 4
        for token, name, sz, ltv, lent in (
            (USDC, "USDC", 8, 0, True),
            (HYPE, "HYPE", 2, 5_000, False),
            (UBTC, "UBTC", 5, 5_000, False),
            (USDT0, "USDT0", 2, 0, True),
        ):
            address, evm_decimals = self.erc20[token].address, EVM_DECIMALS[token]
            r(
                "listToken",
                (
                    token,
                    name,
                    address,
                    evm_decimals,
                    WEI_DECIMALS[token],
                    sz,
                    ltv,
                    lent,
                    *caps,
                    STABLE_CURVE,
                    0,
                ),
            )
        r("listDex", 0, "", USDC)
        r("setMarginTable", 56, [0, 150_000_000 * USD], [40, 20])
        r("setMarginTable", 52, [0, 20_000_000 * USD], [10, 5])
        r("listPerp", (BTC_PERP, "BTC", 0, 5, 40, 56))
        r("listPerp", (HYPE_PERP, "HYPE", 0, 2, 10, 52))
        r("listPair", (HYPE_USDC, HYPE, USDC, True, HYPE_PERP))
        r("listPair", (UBTC_USDC, UBTC, USDC, True, BTC_PERP))
        r("setPolicy", policy())

    def _fund(self) -> None:
        self.fund(SUPPLIER, USDC, 100_000_000 * 10**8)
        self.venue("supply", USDC, 50_000_000 * 10**8, SUPPLIER, sender=SUPPLIER)
        for token, amount in ((USDC, 10**9 * 10**8), (HYPE, 10**7 * 10**8), (UBTC, 10**4 * 10**10)):
            self.fund(MAKER, token, amount)
            self.venue("deposit", token, amount, MAKER, sender=MAKER)
        self.venue("transferPerp", 0, 500_000_000 * USD, True, sender=MAKER)

    def set_policy(self, **changes: Any) -> None:
        """Set the policy of the tests with some fields changed."""
        self.registry("setPolicy", policy(**changes))

    def set_caps(self, token: int, **caps: int) -> None:
        """Set caps of a token (token wei); the others are without limit."""
        names = ("user_supply", "user_borrow", "global_supply", "global_borrow")
        assert set(caps) <= set(names)
        self.registry("setTokenCaps", token, *(caps.get(name, UNLIMITED) for name in names))

    def event(self, name: str) -> dict[str, Any]:
        """Return the arguments of the only event of a name in the last call."""
        found = [values for event, values in self.evm.logs if event == name]
        assert len(found) == 1, f"{len(found)} events {name} in {self.evm.logs}"
        return found[0]

    def event_names(self) -> list[str]:
        """Return the names of the events of the last call, in order."""
        return [event for event, _ in self.evm.logs]

    def set_prices(self, btc: float | str | int | None = None, hype: Any = None) -> None:
        """Report spot, mark and oracle of a coin at one price (whole or decimal USD as text)."""
        spots, perps = [], []
        if btc is not None:
            spots.append((UBTC_USDC, grid(btc, 3)))
            perps.append((BTC_PERP, grid(btc, 1), grid(btc, 1)))
        if hype is not None:
            spots.append((HYPE_USDC, grid(hype, 6)))
            perps.append((HYPE_PERP, grid(hype, 4), grid(hype, 4)))
        self.registry("reportPrices", spots, perps, 10**8)

    def fund(self, account: str, token: int, amount: int) -> None:
        """Mint into a wallet and approve the venue."""
        evm, wei = self.units(token)
        units = -(-amount * evm // wei)
        self.erc20[token]("mint", account, units)
        self.erc20[token]("approve", self.venue.address, EVERYTHING, sender=account)

    def portfolio_account(self, account: str, **balances: int) -> None:
        """Open a portfolio-margin account with balances by token name."""
        ids = {"usdc": USDC, "hype": HYPE, "ubtc": UBTC, "usdt0": USDT0}
        self.venue("setMode", PORTFOLIO_MARGIN, sender=account)
        for name, amount in balances.items():
            self.fund(account, ids[name], amount)
            self.venue("deposit", ids[name], amount, account, sender=account)

    def margin(self, account: str) -> Any:
        """Return the venue's margin figures as if swept."""
        return self.venue("marginOf", account)

    def account(self, account: str) -> Any:
        """Return the account as stored."""
        return self.venue("accountOf", account)

    def token(self, account: str, token: int) -> Any:
        """Return one token of an account as stored."""
        return next(t for t in self.account(account)["tokens"] if t["token"] == token)

    def net(self, account: str, token: int) -> int:
        """Return the net total of a token as if swept."""
        i = [t["token"] for t in self.account(account)["tokens"]].index(token)
        total: int = self.margin(account)["tokens"][i]["netTotal"]
        return total

    def dust(self, token: int) -> int:
        """Return what the venue holds of a token beyond what is claimed. SPEC BL-08."""
        return self.dusts()[token]

    def dusts(self) -> dict[int, int]:
        """Return holdings − claims − buffer + deficit of every token: the sums of roundings."""
        claims = dict.fromkeys(self.erc20, 0)
        for account in self.everyone():
            state = self.account(account)
            for t in state["tokens"]:
                claims.setdefault(t["token"], 0)
                claims[t["token"]] += t["idle"] + t["supplied"] - t["borrowed"]
            for d, dex in enumerate(state["dexes"]):
                t = state["tokens"][dex["collateral"]]
                value = sum(p["szi"] * p["mark"] for p in state["perps"] if p["dex"] == d)
                claims[t["token"]] += (dex["rawUsd"] + value) * 10 ** (t["weiDecimals"] - 6)
            for token, equity in self.isolated_equities(account):
                claims[token] += equity
        dusts = {}
        for token in self.erc20:
            claimed = claims[token]
            reserve = self.venue("reserveOf", token)
            buffered = reserve["buffer"] - reserve["deficit"]
            dusts[token] = self.holdings(token) - claimed - buffered
        return dusts

    def isolated_equities(self, account: str) -> list[tuple[int, int]]:
        """Return token and equity, token wei, of an account's isolated positions. SPEC CH-07."""
        bitmap = self.venue("accountState", account)["isolatedBitmap"]
        if not bitmap:
            return []
        _, dexes, perps, _ = self.registry("listed")
        collaterals = [self.registry("dexOf", dex)[1] for dex in dexes]
        found = []
        for i, asset in enumerate(perps):
            if bitmap >> i & 1:
                token = collaterals[self.registry("perpParams", asset)["dex"]]
                scale = 10 ** (self.registry("tokenParams", token)["weiDecimals"] - 6)
                found.append((token, self.venue("isolatedOf", account, asset)["equity"] * scale))
        return found

    def holdings(self, token: int) -> int:
        """Return what the venue holds of a token, token wei."""
        held: int = self.erc20[token]("balanceOf", self.venue.address)
        evm, wei = self.units(token)
        return held * wei // evm

    def units(self, token: int) -> tuple[int, int]:
        """Return one of a token in units of its ERC-20 and in token wei."""
        _, evm_decimals = self.registry("tokenErc20", token)
        wei_decimals = self.registry("tokenParams", token)["weiDecimals"]
        return 10**evm_decimals, 10**wei_decimals

    def require_conserved(self) -> None:
        """Require dust that roundings explain. SPEC BL-08, FD-08.

        It is not negative, and at most a wei an action and a perp unit for every position that has
        settled its funding, or would now.
        """
        held = sum(
            len(self.account(account)["perps"]) + len(self.isolated_equities(account))
            for account in self.everyone()
        )
        settled = self.evm.seen["FundingPaid"] + held
        for token, dust in self.dusts().items():
            most = self.evm.actions + settled * max(1, self.units(token)[1] // 10**6)
            assert 0 <= dust <= most, f"dust of token {token} is {dust}"

    def everyone(self) -> list[str]:
        """Return every account that the venue has seen."""
        accounts, total = self.venue("accounts", 0, 10_000)
        assert len(accounts) == total
        return list(accounts)


def grid(px: Any, decimals: int) -> int:
    """Return a price given as text or whole number on a grid of decimals; refuse what is off it."""
    whole, _, part = str(px).partition(".")
    assert len(part) <= decimals, f"{px} has more than {decimals} decimals"
    return int(whole + part.ljust(decimals, "0"))


def refusal(contract: Contract, function: str, *args: Any, sender: str) -> Refusal:
    """Return the error that a call ends with; fail when it succeeds."""
    try:
        contract(function, *args, sender=sender)
    except Reverted as reverted:
        return Refusal.of(contract.running(function, args), reverted.name, reverted.values)
    raise AssertionError(f"{function} did not revert")
