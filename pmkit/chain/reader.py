"""The only module that asks the venue for figures.

Every read is of one block: a reader pinned to a block answers from it alone, and one that is not
takes the latest block's number first. On anvil and on geth a call at a block sees that block's own
time, so interest is what a transaction in that block saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from pmkit.chain.contracts import Call, ask, ask_all, ask_each, call_of
from pmkit.chain.deployment import connect
from pmkit.errors import InputError, PmkitError
from pmkit.model import (
    Account,
    AccountMargin,
    DexMargin,
    DexState,
    Health,
    MarginPolicy,
    Mode,
    PerpState,
    TokenMargin,
    TokenState,
)
from pmkit.tiers import MarginTable, Tier
from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS
from pmkit.view import AccountView, PositionView, TokenView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pmkit.chain.deployment import Deployment
    from pmkit.chain.rpc import Rpc

PAGE = 500
"""Accounts asked for at once."""
SPOT_ASSETS = 10_000
"""A spot pair's id in orders is this plus its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token as the registry lists it."""

    token: int
    name: str
    erc20: str
    evm_decimals: int
    wei_decimals: int
    sz_decimals: int

    def to_evm_up(self, amount: int) -> int:
        """Return token wei in units of the ERC-20, rounded up, as the venue takes them."""
        shift = self.evm_decimals - self.wei_decimals
        return amount * int(10**shift) if shift >= 0 else -(-amount // int(10**-shift))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerp:
    """A perp asset as the registry lists it."""

    asset: int
    name: str
    sz_decimals: int
    max_leverage: int

    @property
    def px_decimals(self) -> int:
        """Decimals of its prices."""
        return PERP_DECIMALS - self.sz_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPair:
    """A spot pair as the registry lists it."""

    pair: int
    base: ListedToken
    quote: ListedToken
    perp: int | None
    """The perp asset whose mark and oracle price take part in the base token's price, if any."""

    @property
    def asset(self) -> int:
        """Its id in orders."""
        return SPOT_ASSETS + self.pair

    @property
    def px_decimals(self) -> int:
        """Decimals of its prices."""
        return SPOT_DECIMALS - self.base.sz_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the registry lists, in listing order."""

    tokens: tuple[ListedToken, ...]
    perps: tuple[ListedPerp, ...]
    pairs: tuple[ListedPair, ...]

    def token(self, token: int | str) -> ListedToken:
        """Return a token by id or name. Raises InputError."""
        for found in self.tokens:
            if token in (found.token, found.name):
                return found
        names = ", ".join(found.name for found in self.tokens)
        raise InputError(place="token", problem=f"there is no token {token}; there are {names}")

    def perp(self, perp: int | str) -> ListedPerp:
        """Return a perp by asset id or coin. Raises InputError."""
        for found in self.perps:
            if perp in (found.asset, found.name):
                return found
        names = ", ".join(found.name for found in self.perps)
        raise InputError(place="coin", problem=f"there is no perp {perp}; there are {names}")

    def pair(self, pair: int | str) -> ListedPair:
        """Return a spot pair by number, `@number` or `BASE/QUOTE`. Raises InputError."""
        for found in self.pairs:
            spelt = f"{found.base.name}/{found.quote.name}"
            if pair in (found.pair, f"@{found.pair}", spelt):
                return found
        names = ", ".join(f"{found.base.name}/{found.quote.name}" for found in self.pairs)
        raise InputError(place="coin", problem=f"there is no pair {pair}; there are {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpPx:
    """Prices of a perp, 10^-(6 - sz_decimals)."""

    asset: int
    mark: int
    oracle: int
    time: int
    """When they were reported; zero for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPx:
    """Price of a spot pair, 10^-(8 - sz_decimals of the base)."""

    pair: int
    px: int
    time: int
    """When it was reported; zero for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPrices:
    """All reported prices of one block."""

    perps: tuple[PerpPx, ...]
    pairs: tuple[SpotPx, ...]

    @property
    def oldest(self) -> int:
        """The time of the oldest price that was ever reported."""
        times = [px.time for px in self.perps] + [px.time for px in self.pairs]
        return min((time for time in times if time), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveFigures:
    """One reserve with interest up to the block; token wei, rates and utilization RAY."""

    token: int
    supply_index: int
    borrow_index: int
    supplied: int
    borrowed: int
    cash: int
    buffer: int
    deficit: int
    utilization: int
    borrow_rate: int
    supply_rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One token of one account as stored."""

    token: int
    shares: int
    """Pool position: supply shares when positive, debt shares when negative, 1e-9 wei."""
    idle: int
    """Token wei."""
    borrow_floor: int
    """Token wei."""
    basis: int
    """The pool position's value when it was last touched, token wei."""
    wallet: int
    """What the account's wallet holds, in units of the ERC-20."""


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
        """Return an account as stored, with interest up to the block. SPEC PM-14.

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
        self, addresses: Sequence[str], block: int | None = None
    ) -> tuple[Account | PmkitError, ...]:
        """Return many accounts of one block; in place of one that cannot be read, its error."""
        at = self._tag(block)
        found: list[Account | PmkitError] = []
        for start in range(0, len(addresses), PAGE):
            page = addresses[start : start + PAGE]
            calls = [self._venue("accountOf", checked(address)) for address in page]
            answers = ask_each(self.rpc, calls, at)
            found += [a if isinstance(a, PmkitError) else account_of(a) for a in answers]
        return tuple(found)

    def displayed_px(self, address: str, asset: int, block: int | None = None) -> int:
        """Return the price the venue shows beside a position, 1e-10 USD. SPEC LQ-07."""
        call = self._venue("displayLiquidationPx", checked(address), asset)
        px: int = self._ask(block, call)
        return px

    def reserve(self, token: int | str, block: int | None = None) -> ReserveFigures:
        """Return a reserve by token id or name."""
        token_id = self.listing.token(token).token
        return ReserveFigures(**self._ask(block, self._venue("reserveOf", token_id)))

    def prices(self, block: int | None = None) -> ReportedPrices:
        """Return every reported price."""
        perps = [perp.asset for perp in self.listing.perps]
        pairs = [pair.pair for pair in self.listing.pairs]
        answers = ask_all(
            self.rpc,
            [self._registry("perpParams", asset) for asset in perps]
            + [self._registry("perpOraclePx", asset) for asset in perps]
            + [self._registry("pairOf", pair) for pair in pairs],
            self._tag(block),
        )
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
        )

    def balances(self, address: str, block: int | None = None) -> tuple[Balance, ...]:
        """Return what an account holds of every token, on the venue and in its wallet."""
        owner = checked(address)
        tokens = self.listing.tokens
        answers = ask_all(
            self.rpc,
            [self._venue("balanceOf", owner, t.token) for t in tokens]
            + [call_of("LocalToken", t.erc20, "balanceOf", owner) for t in tokens],
            self._tag(block),
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

    def accounts(self, block: int | None = None) -> tuple[str, ...]:
        """Return every account that the venue has seen, oldest first."""
        at = self._tag(block)
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
            self._listing = self._read_listing()
        return self._listing

    def _read_listing(self) -> Listing:
        at = self._tag(None)
        (tokens, _, perps, pairs), (token_names, _, perp_names) = ask_all(
            self.rpc, [self._registry("listed"), self._registry("names")], at
        )
        answers = ask_all(
            self.rpc,
            [self._registry("tokenParams", token) for token in tokens]
            + [self._registry("tokenErc20", token) for token in tokens]
            + [self._registry("perpParams", perp) for perp in perps]
            + [self._registry("pairOf", pair) for pair in pairs]
            + [self._registry("perpOfPair", pair) for pair in pairs],
            at,
        )
        token_params, answers = answers[: len(tokens)], answers[len(tokens) :]
        erc20s, answers = answers[: len(tokens)], answers[len(tokens) :]
        perp_params, answers = answers[: len(perps)], answers[len(perps) :]
        pair_params, pair_perps = answers[: len(pairs)], answers[len(pairs) :]
        listed = {
            p["token"]: ListedToken(
                token=p["token"],
                name=name,
                erc20=erc20,
                evm_decimals=evm_decimals,
                wei_decimals=p["wei_decimals"],
                sz_decimals=p["sz_decimals"],
            )
            for p, name, (erc20, evm_decimals) in zip(
                token_params, token_names, erc20s, strict=True
            )
        }
        return Listing(
            tokens=tuple(listed.values()),
            perps=tuple(
                ListedPerp(
                    asset=p["asset"],
                    name=name,
                    sz_decimals=p["sz_decimals"],
                    max_leverage=p["max_leverage"],
                )
                for p, name in zip(perp_params, perp_names, strict=True)
            ),
            pairs=tuple(
                ListedPair(
                    pair=pair,
                    base=listed[base],
                    quote=listed[quote],
                    perp=perp if has_perp else None,
                )
                for pair, (base, quote, _, _), (has_perp, perp) in zip(
                    pairs, pair_params, pair_perps, strict=True
                )
            ),
        )

    def _tag(self, block: int | None) -> int:
        """Return the block to read: the one asked for, the pinned one, or the latest by number."""
        if block is not None:
            return block
        return self.block if self.block is not None else self.rpc.block_number()

    def _ask(self, block: int | None, call: Call) -> Any:
        return ask(self.rpc, call, self._tag(block))

    def _venue(self, function: str, *arguments: object) -> Call:
        return call_of("Venue", self.deployment.venue, function, *arguments)

    def _registry(self, function: str, *arguments: object) -> Call:
        return call_of("CollateralRegistry", self.deployment.registry, function, *arguments)


def checked(address: str) -> str:
    """Return an address, checksummed. Raises InputError for anything else."""
    try:
        return to_checksum_address(address)
    except (ValueError, TypeError) as error:
        raise InputError(place="account", problem=f"{address!r} is no address") from error


def account_of(found: dict[str, Any]) -> Account:
    """Return the model of the contract's `Account`."""
    return Account(
        mode=Mode(found["mode"]),
        tokens=tuple(TokenState(**token) for token in found["tokens"]),
        dexes=tuple(DexState(**dex) for dex in found["dexes"]),
        perps=tuple(
            PerpState(**{**perp, "table": table_of(perp["table"])}) for perp in found["perps"]
        ),
        policy=MarginPolicy(**found["policy"]),
    )


def table_of(tiers: tuple[dict[str, int], ...]) -> MarginTable:
    """Return the model of the contract's `Tier[]`, where each tier repeats the table's scale."""
    return MarginTable(
        scale=tiers[0]["scale"],
        tiers=tuple(
            Tier(**{name: tier[name] for name in tier if name != "scale"}) for tier in tiers
        ),
    )


def margin_of(found: dict[str, Any]) -> AccountMargin:
    """Return the model of the contract's `AccountMargin`."""
    return AccountMargin(
        **{
            **found,
            "tokens": tuple(TokenMargin(**token) for token in found["tokens"]),
            "dexes": tuple(DexMargin(**dex) for dex in found["dexes"]),
            "health": Health(found["health"]),
        }
    )


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
                isolated_margin=None,
            )
            for perp in account.perps
        ),
        coins=tuple(perp.name for perp in listing.perps),
        links=links,
        notes=(f"Read at block {here.block} of chain {here.deployment.chain_id}.",),
    )


def read_account(rpc_url: str | None, address: str, file: Path | None = None) -> AccountView:
    """Return an account of a chain, from a URL, a deployment file, or both.

    Raises InputError, ChainError, and the venue's errors.
    """
    rpc, deployment = connect(rpc_url, file)
    return view_of(Reader(rpc, deployment), address)
