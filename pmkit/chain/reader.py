"""The only module that asks the venue for figures.

Every read is of one block: a reader pinned to a block answers from it alone, and one that is not
takes the latest block's number first. On anvil and on geth a call at a block sees that block's own
time, so interest is what a transaction in that block saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.chain.abi import interface
from pmkit.chain.address import checked
from pmkit.chain.catalogue import Listing, read_listing
from pmkit.chain.contracts import Call, ask, ask_all, call_of
from pmkit.chain.deployment import connect
from pmkit.chain.figures import (
    AS_REPORTED,
    AccountReport,
    Balance,
    IsolatedFigures,
    PerpPx,
    PositionFigures,
    ReportedPrices,
    SpotPx,
    Volume,
    WhatIf,
    account_of,
    isolated_of,
    margin_of,
    report_of,
)
from pmkit.chain.lens import look_at
from pmkit.errors import PmkitError
from pmkit.model import ReserveStatus
from pmkit.venue.records import FundingView, InventoryView, ReserveView
from pmkit.view import AccountView, PositionView, TokenView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pmkit.chain.deployment import Deployment
    from pmkit.chain.rpc import Rpc
    from pmkit.model import Account, AccountMargin

PAGE = 500
"""Accounts asked for at once."""


class Reader:
    """Reads one venue: at `block` where that is given, else at the latest. SPEC KP-02."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        *,
        block: int | None = None,
        listing: Listing | None = None,
    ) -> None:
        self.rpc = rpc
        self.deployment = deployment
        self.block = block
        self._listing = listing

    def at(self, block: int) -> Reader:
        """Return this reader pinned to a block."""
        return Reader(self.rpc, self.deployment, block=block, listing=self._listing)

    def pinned(self) -> Reader:
        """Return this reader pinned to its block, or to the latest; `.block` says which."""
        return self if self.block is not None else self.at(self.rpc.block_number())

    def account(self, address: str, block: int | None = None) -> Account:
        """Return an account as stored, with interest and funding up to the block. SPEC PM-14.

        Raises the venue's errors, and NodeUnavailable.
        """
        return account_of(self._ask(block, self._venue("accountOf", checked(address))))

    def margin(self, address: str, block: int | None = None) -> AccountMargin:
        """Return the chain's own figures of an account as if swept. SPEC PM-12."""
        return margin_of(self._ask(block, self._venue("marginOf", checked(address))))

    def stored_margin(self, address: str, block: int | None = None) -> AccountMargin:
        """Return the chain's own figures of an account as stored."""
        return margin_of(self._ask(block, self._venue("storedMarginOf", checked(address))))

    def each_account(
        self, addresses: Sequence[str], block: int | None = None, what_if: WhatIf = AS_REPORTED
    ) -> tuple[Account | PmkitError, ...]:
        """Return many accounts of one block; in place of one that cannot be read, its error.

        With `what_if`, at those prices in place of the reported ones. SPEC KP-03, KP-04.
        """
        venue = interface("Venue")
        return tuple(
            found if isinstance(found, PmkitError) else account_of(venue.decode("accountOf", found))
            for found in look_at(self, "accountsOf", addresses, block, False, *what_if.call())
        )

    def each_report(
        self, addresses: Sequence[str], block: int | None = None, what_if: WhatIf = AS_REPORTED
    ) -> tuple[AccountReport | PmkitError, ...]:
        """Return of many accounts the chain's own figures, and whether a step would be taken.

        In place of one that cannot be read stands its error. SPEC KP-03, KP-04.
        """
        lens = interface("Lens")
        return tuple(
            found if isinstance(found, PmkitError) else report_of(lens.decode("reportOf", found))
            for found in look_at(self, "reportsOf", addresses, block, *what_if.call())
        )

    def isolated(self, address: str, block: int | None = None) -> tuple[IsolatedFigures, ...]:
        """Return an account's isolated positions, in listing order. SPEC CH-07.

        Raises the error of an account that cannot be read.
        """
        (found,) = self.each_isolated([address], block)
        if isinstance(found, PmkitError):
            raise found
        return found

    def each_isolated(
        self, addresses: Sequence[str], block: int | None = None
    ) -> tuple[tuple[IsolatedFigures, ...] | PmkitError, ...]:
        """Return the isolated positions of many accounts of one block. SPEC KP-03.

        In place of those of an account that cannot be read stands its error.
        """
        at = self.tag(block)
        lens, backstop_ratio = interface("Lens"), self.policy(at)["perp_backstop_ratio"]
        return tuple(
            found
            if isinstance(found, PmkitError)
            else tuple(
                isolated_of(held, backstop_ratio)
                for held in lens.decode("isolatedReportsOf", found)
            )
            for found in look_at(self, "isolatedOf", addresses, at)
        )

    def displayed_px(self, address: str, asset: int, block: int | None = None) -> int:
        """Return the price the venue shows beside a position, 1e-10 USD. SPEC LQ-07."""
        call = self._venue("displayLiquidationPx", checked(address), asset)
        px: int = self._ask(block, call)
        return px

    def reserve(self, token: int | str, block: int | None = None) -> ReserveView:
        """Return a reserve by token id or name."""
        token_id = self.listing.token(token).token
        return ReserveView(**self._ask(block, self._venue("reserveOf", token_id)))

    def inventory(self, token: int | str, block: int | None = None) -> InventoryView:
        """Return what the backstop has still to sell of a token by id or name. SPEC LQ-18."""
        token_id = self.listing.token(token).token
        return InventoryView(**self._ask(block, self._venue("inventoryOf", token_id)))

    def reserve_status(self, token: int | str, block: int | None = None) -> ReserveStatus:
        """Return what limits a reserve, by token id or name. SPEC BL-20."""
        token_id = self.listing.token(token).token
        return ReserveStatus(self._ask(block, self._venue("reserveStatus", token_id)))

    def prices(self, block: int | None = None) -> ReportedPrices:
        """Return every reported price."""
        perps = [perp.asset for perp in self.listing.perps]
        pairs = [pair.pair for pair in self.listing.pairs]
        answers = ask_all(
            self.rpc,
            [self._registry("perpParams", asset) for asset in perps]
            + [self._registry("perpOraclePx", asset) for asset in perps]
            + [self._registry("pairOf", pair) for pair in pairs]
            + [self._registry("usdcPx")],
            self.tag(block),
        )
        usdc_px = answers.pop()
        marks, oracles = answers[: len(perps)], answers[len(perps) : 2 * len(perps)]
        return ReportedPrices(
            perps=tuple(
                PerpPx(asset=asset, mark=m["mark"], oracle=oracle, time=m["px_time"])
                for asset, m, oracle in zip(perps, marks, oracles, strict=True)
            ),
            pairs=tuple(
                SpotPx(pair=pair, px=px, time=time)
                for pair, (_, _, px, time) in zip(pairs, answers[2 * len(perps) :], strict=True)
            ),
            usdc_px=usdc_px,
        )

    def funding(self, coin: str, block: int | None = None) -> FundingView:
        """Return the funding of a perp by its coin. SPEC FD-06."""
        asset = self.listing.perp(coin).asset
        return FundingView(**self._ask(block, self._registry("fundingOf", asset)))

    def positions(self, address: str, block: int | None = None) -> tuple[PositionFigures, ...]:
        """Return an account's positions as stored, and the funding that each owes. SPEC FD-07."""
        owner = checked(address)
        assets = [perp.asset for perp in self.listing.perps]
        answers = ask_all(
            self.rpc,
            [self._venue("positionOf", owner, asset) for asset in assets]
            + [self._venue("fundingDueOf", owner, asset) for asset in assets],
            self.tag(block),
        )
        stored, dues = answers[: len(assets)], answers[len(assets) :]
        return tuple(
            PositionFigures(asset=asset, funding_due=due, **held)
            for asset, held, due in zip(assets, stored, dues, strict=True)
            if held["szi"] != 0
        )

    def balances(self, address: str, block: int | None = None) -> tuple[Balance, ...]:
        """Return what an account holds of every token, on the venue and in its wallet."""
        owner = checked(address)
        tokens = self.listing.tokens
        answers = ask_all(
            self.rpc,
            [self._venue("balanceOf", owner, t.token) for t in tokens]
            + [call_of("LocalToken", t.erc20, "balanceOf", owner) for t in tokens],
            self.tag(block),
        )
        stored, wallets = answers[: len(tokens)], answers[len(tokens) :]
        return tuple(
            Balance(token=token.token, wallet=wallet, **held)
            for token, held, wallet in zip(tokens, stored, wallets, strict=True)
        )

    def balance(self, address: str, token: int | str, block: int | None = None) -> Balance:
        """Return what an account holds of one token."""
        token_id = self.listing.token(token).token
        return next(b for b in self.balances(address, block) if b.token == token_id)

    def volume(self, address: str, block: int | None = None) -> Volume:
        """Return what an account has traded, as enabling counts it. SPEC AC-11."""
        recent, total = self._ask(block, self._venue("volumeOf", checked(address)))
        return Volume(recent=recent, total=total)

    def accounts(self, block: int | None = None) -> tuple[str, ...]:
        """Return every account that the venue has seen, oldest first."""
        at = self.tag(block)
        found: list[str] = []
        while True:
            page, total = ask(self.rpc, self._venue("accounts", len(found), PAGE), at)
            found += page
            if not page or len(found) >= total:
                return tuple(found)

    def policy(self, block: int | None = None) -> dict[str, Any]:
        """Return the registry's policy by the names of its fields."""
        found: dict[str, Any] = self._ask(block, self._registry("policy"))
        return found

    @property
    def listing(self) -> Listing:
        """What the registry lists; listings stay, so it is read once."""
        if self._listing is None:
            registry = self.deployment.registry
            self._listing = read_listing(self.rpc, registry, self.tag(None))
        return self._listing

    def tag(self, block: int | None) -> int:
        """Return the block to read: the one asked for, the pinned one, or the latest by number."""
        if block is not None:
            return block
        return self.block if self.block is not None else self.rpc.block_number()

    def _ask(self, block: int | None, call: Call) -> Any:
        return ask(self.rpc, call, self.tag(block))

    def _venue(self, function: str, *arguments: object) -> Call:
        return call_of("Venue", self.deployment.venue, function, *arguments)

    def _registry(self, function: str, *arguments: object) -> Call:
        return call_of("CollateralRegistry", self.deployment.registry, function, *arguments)


def view_of(reader: Reader, address: str) -> AccountView:
    """Return an account with the names that a report speaks of, all of one block."""
    here = reader.pinned()
    account = here.account(address)
    listing = here.listing
    at = {token.token: i for i, token in enumerate(account.tokens)}
    perps = {perp.asset: perp for perp in listing.perps}
    links = tuple(
        (perps[pair.perp].name, at[pair.base.token])
        for pair in listing.pairs
        if pair.perp is not None and pair.base.token in at
    )
    return AccountView(
        account=account,
        tokens=tuple(
            # The venue of the contracts holds nothing back, and it knows every price it needs.
            TokenView(name=listing.token(token.token).name, hold=0, capacity_known=True)
            for token in account.tokens
        ),
        positions=tuple(
            PositionView(
                coin=perps[perp.asset].name,
                perp=perp,
                sz_decimals=perps[perp.asset].sz_decimals,
                isolated_margin=margin,
            )
            for perp, margin in (
                *((perp, None) for perp in account.perps),
                *((alone.perp, alone.equity) for alone in here.isolated(address)),
            )
        ),
        coins=tuple(perp.name for perp in listing.perps),
        links=links,
        recorded=False,
        notes=(f"Read at block {here.block} of chain {here.deployment.chain_id}.",),
    )


def read_account(rpc_url: str | None, address: str, file: Path | None = None) -> AccountView:
    """Return an account of a chain, from a URL, a deployment file, or both.

    Raises InputError, ChainError, and the venue's errors.
    """
    rpc, deployment = connect(rpc_url, file)
    return view_of(Reader(rpc, deployment), address)
