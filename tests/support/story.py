"""A market that is told as a story: a few verbs, each done on the contracts and on the twin.

Whole amounts are in dollars and coins; what is asserted is in wei. After every call both sides have
ended alike, with the same events, the same words in storage and the same answers to every view.
"""

from __future__ import annotations

from typing import Any

from venue import conservation
from venue.mirror import MirroredMarket

from pmkit.model import ReserveStatus
from support.evm import Reverted
from support.venue import (
    EVERYTHING,
    KEEPER,
    USDC,
)

DOLLAR = 10**8
"""One USDC, USDT0, USDH or HYPE in its wei."""
COIN = 10**10
"""One UBTC in its wei."""

YEAR = 365 * 86_400
ANY_PRICE = 2**64 - 1


class Story(MirroredMarket):
    """The wide market: 50,000,000 USDC and 5,000,000 USDT0 supplied, BTC at 100,000, HYPE at 50."""

    # What people do

    def opens(self, who: str, **coins: int) -> None:
        """Open a portfolio-margin account with whole tokens by name."""
        ones = {"usdc": DOLLAR, "usdt0": DOLLAR, "hype": DOLLAR, "ubtc": COIN}
        self.portfolio_account(who, **{name: n * ones[name] for name, n in coins.items()})

    def brings(self, who: str, token: int, amount: int, payer: str | None = None) -> None:
        """Let somebody pay token wei into an account's spot balance."""
        payer = payer or who
        self.fund(payer, token, amount)
        self.venue("deposit", token, amount, who, sender=payer)

    def supplies(self, who: str, token: int, amount: int) -> None:
        """Let somebody supply token wei from its wallet."""
        self.fund(who, token, amount)
        self.venue("supply", token, amount, who, sender=who)

    def borrows(self, who: str, token: int, amount: int) -> None:
        """Let somebody borrow token wei."""
        self.venue("borrow", token, amount, sender=who)

    def repays(self, who: str, token: int, amount: int = EVERYTHING, payer: str = "") -> int:
        """Let a debt be repaid from a wallet that has enough; return what was repaid."""
        payer = payer or who
        owed = self.holds(who, token)[2]
        self.fund(payer, token, min(amount, owed))
        repaid: int = self.venue("repay", token, amount, who, sender=payer)
        return repaid

    def withdraws(self, who: str, token: int, amount: int = EVERYTHING) -> int:
        """Let somebody take token wei, or everything, to its wallet; return how much."""
        withdrawn: int = self.venue("withdraw", token, amount, who, sender=who)
        return withdrawn

    def buys(self, who: str, asset: int, size: int, reduce_only: bool = False) -> None:
        """Let somebody buy at whatever price."""
        self.venue("order", asset, True, ANY_PRICE, size, reduce_only, sender=who)

    def sells(self, who: str, asset: int, size: int, reduce_only: bool = False) -> None:
        """Let somebody sell at whatever price."""
        self.venue("order", asset, False, 0, size, reduce_only, sender=who)

    def sweeps(self, who: str) -> None:
        """Let the keeper sweep an account."""
        self.venue("sweep", who, sender=KEEPER)

    def liquidates(self, who: str) -> Any:
        """Let the keeper liquidate a step; return it."""
        return self.venue("liquidate", who, sender=KEEPER)

    def refuses(self, who: str, function: str, *args: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the name and the numbers with which both sides refuse a call."""
        try:
            self.venue(function, *args, sender=who)
        except Reverted as reverted:
            return reverted.name, reverted.values
        raise AssertionError(f"{function} was done")

    # What can be seen

    def holds(self, who: str, token: int) -> tuple[int, int, int]:
        """Return what an account has idle, supplied and borrowed of a token."""
        for t in self.account(who)["tokens"]:
            if t["token"] == token:
                return t["idle"], t["supplied"], t["borrowed"]
        return 0, 0, 0

    def total(self, who: str, token: int) -> int:
        """Return the net total of a token, wei: idle, pool and dexes that count in it."""
        account = self.account(who)
        idle, supplied, borrowed = self.holds(who, token)
        total = idle + supplied - borrowed
        for d, dex in enumerate(account["dexes"]):
            t = account["tokens"][dex["collateral"]]
            if t["token"] == token:
                value = sum(p["szi"] * p["mark"] for p in account["perps"] if p["dex"] == d)
                total += (dex["rawUsd"] + value) * 10 ** (t["weiDecimals"] - 6)
        return total

    def equity(self, who: str) -> int:
        """Return what an account's first dex is worth as if swept, 1e-6 of its token."""
        found: int = self.margin(who)["dexes"][0]["accountValue"]
        return found

    def reserve(self, token: int = USDC) -> Any:
        """Return a reserve with interest up to now."""
        return self.venue("reserveOf", token)

    def status(self, token: int = USDC) -> ReserveStatus:
        """Return what limits a reserve."""
        return ReserveStatus(self.venue("reserveStatus", token))

    def fallback(self, who: str) -> int:
        """Return the dexes, as bits, in which an account has fallen back to ordinary margin."""
        found: int = self.venue("accountState", who)["fallbackBitmap"]
        return found

    def told(self) -> list[str]:
        """Return the names of the last call's events but those of the ERC-20s."""
        return [name for name in self.event_names() if name != "Transfer"]

    def sum_of(self, event: str, field: str) -> int:
        """Return a field of the last call's events of a name, added up."""
        return sum(values[field] for name, values in self.evm.logs if name == event)

    # What must hold at the end

    def require_books(self) -> None:
        """Require both sides to agree in everything, and nothing to be lost. SPEC BL-08.

        Holdings = claims + buffer − deficit + dust, where dust is what roundings left over.
        """
        self.both.compare_everything()
        self.require_conserved()
        conservation.require_conserved(self.both.twin, settled=self.evm.seen["FundingPaid"])
