"""What is listed and at which price; it holds no money. Twin of `CollateralRegistry.sol`.

Here are storage and views; what changes them stands in `listing.py` (the risk admin) and
`prices.py` (the reporter).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmkit.errors import (
    ContractPanic,
    UnknownAsset,
    UnknownDex,
    UnknownMarginTable,
    UnknownPair,
    UnknownToken,
)
from pmkit.funding import funding_index_after, hourly_rate_down, hours_turned, premium_down
from pmkit.model import MarginPolicy
from pmkit.rates import RateCurve
from pmkit.tiers import MarginTable
from pmkit.venue.bitmap import having, members, rank
from pmkit.venue.block import Table
from pmkit.venue.integers import Address, Int216, Uint8, Uint16, Uint32, Uint40, Uint64, Uint128
from pmkit.venue.records import UNSET_POLICY, FundingView, VenuePolicy

if TYPE_CHECKING:
    from pmkit.venue.block import Block
    from pmkit.venue.wallets import Wallets

INDEX_OUT_OF_BOUNDS = 0x32
"""The panic of a listing index that nothing has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A listed token; amounts in token wei."""

    token: Uint64
    """The venue's token id."""
    px: Uint64
    """Borrow oracle price, 10^-(8 - sz_decimals) USD; zero when unknown. SPEC OR-01."""
    px_time: Uint40
    """When the oldest part of the price was reported."""
    index: Uint8
    wei_decimals: Uint8
    sz_decimals: Uint8
    ltv_bps: Uint16
    borrowable: bool
    user_supply_cap: Uint128
    user_borrow_cap: Uint128
    global_supply_cap: Uint128
    global_borrow_cap: Uint128
    curve: RateCurve
    liquidation_width: Uint128
    """Most value (USD WAD) that one partial liquidation step takes; zero is none. SPEC LQ-25."""
    erc20: Address
    evm_decimals: Uint8
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dex:
    """A listed perp dex."""

    dex: Uint32
    """The venue's dex id."""
    index: Uint8
    collateral: Uint8
    """Listing index of its collateral token."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Perp:
    """A listed perp asset; prices 10^-(6 - sz_decimals) USD, zero when unknown."""

    asset: Uint32
    """The venue's asset id."""
    mark: Uint64
    oracle: Uint64
    px_time: Uint40
    index: Uint8
    dex: Uint8
    """Listing index of its dex."""
    sz_decimals: Uint8
    max_leverage: Uint8
    margin_table: Uint16
    funding_index: Int216
    """What one unit of size has paid since listing, 1e-6 USD · 1e18, up to `charged_at`."""
    charged_at: Uint40
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A listed spot pair."""

    pair: Uint32
    """The venue's spot index."""
    base: Uint8
    """Listing index of the token that is bought and sold."""
    quote: Uint8
    """Listing index of the token that it is priced in."""
    has_perp: bool
    """Whether `perp` takes part in the base token's borrow oracle price."""
    perp: Uint8
    """Listing index of that perp asset."""
    px: Uint64
    """10^-(8 - sz_decimals of the base) USD; zero when unknown."""
    px_time: Uint40


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for the whole venue."""

    policy: VenuePolicy
    usdc_px: Uint64
    """USDC's own oracle price in USDT, 8 decimals; zero before the first report."""
    paused: Uint8
    """What is paused, `Pause` bits. SPEC CR-07."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDex:
    """A dex as an account check needs it."""

    index: int
    collateral: int
    """Position of its collateral token in `AccountParams.tokens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParams:
    """Everything about an account's assets that one check needs."""

    tokens: tuple[Token, ...]
    dexes: tuple[AccountDex, ...]
    perps: tuple[tuple[Perp, int], ...]
    """Each with the position of its dex in `dexes`."""
    policy: MarginPolicy


@dataclass(slots=True)
class Registry:
    """The tables of the registry, by listing index, and the places of the venue's ids."""

    block: Block
    wallets: Wallets
    """Where a listed ERC-20 is asked for its decimals."""
    tokens: Table[int, Token] = field(init=False)
    dexes: Table[int, Dex] = field(init=False)
    perps: Table[int, Perp] = field(init=False)
    pairs: Table[int, Pair] = field(init=False)
    token_at: Table[int, int] = field(init=False)
    dex_at: Table[int, int] = field(init=False)
    perp_at: Table[int, int] = field(init=False)
    pair_at: Table[int, int] = field(init=False)
    tables: Table[int, MarginTable] = field(init=False)
    """By table id."""
    roles: Table[tuple[str, str], bool] = field(init=False)
    """By role and account. SPEC CR-06."""
    settings: Table[int, Settings] = field(init=False)
    """One row, under zero."""

    def __post_init__(self) -> None:
        self.tokens = Table(self.block)
        self.dexes = Table(self.block)
        self.perps = Table(self.block)
        self.pairs = Table(self.block)
        self.token_at = Table(self.block)
        self.dex_at = Table(self.block)
        self.perp_at = Table(self.block)
        self.pair_at = Table(self.block)
        self.tables = Table(self.block)
        self.roles = Table(self.block, empty=False)
        self.settings = Table(self.block, Settings(policy=UNSET_POLICY, usdc_px=0, paused=0))

    @property
    def policy(self) -> VenuePolicy:
        """The policy."""
        return self.settings[0].policy

    @property
    def usdc_px(self) -> int:
        """USDC's own oracle price in USDT, 8 decimals; zero before the first report. SPEC OR-01."""
        return self.settings[0].usdc_px

    @property
    def paused(self) -> int:
        """What is paused, `Pause` bits. SPEC CR-07."""
        return self.settings[0].paused

    def token(self, token: int) -> Token:
        """Return a token by its id. Raises UnknownToken."""
        return self.tokens[self.token_index(token)]

    def token_index(self, token: int) -> int:
        """Return the listing index of a token id. Raises UnknownToken."""
        index = self.token_at.get(token)
        if index is None:
            raise UnknownToken(token=token)
        return index

    def perp(self, asset: int) -> Perp:
        """Return a perp asset by its id. Raises UnknownAsset."""
        return self.perps[self.perp_index(asset)]

    def perp_index(self, asset: int) -> int:
        """Return the listing index of a perp asset id. Raises UnknownAsset."""
        index = self.perp_at.get(asset)
        if index is None:
            raise UnknownAsset(asset=asset)
        return index

    def funding(self, perp: Perp) -> tuple[int, int]:
        """Return the funding index up to now, and the hours in it not stored yet. SPEC FD-06."""
        if perp.oracle == 0:
            return perp.funding_index, 0
        turned = hours_turned(perp.charged_at, self.block.now, self.policy.funding_interval)
        return funding_index_after(perp.funding_index, perp.mark, perp.oracle, turned), turned

    def funding_of(self, asset: int) -> FundingView:
        """Return the funding of a perp asset. Raises UnknownAsset."""
        perp = self.perp(asset)
        index, turned = self.funding(perp)
        rate = 0 if perp.oracle == 0 else hourly_rate_down(premium_down(perp.mark, perp.oracle))
        return FundingView(index=index, hourly_rate=rate, turned=turned, charged_at=perp.charged_at)

    def dex(self, dex: int) -> Dex:
        """Return a dex by its id. Raises UnknownDex."""
        index = self.dex_at.get(dex)
        if index is None:
            raise UnknownDex(dex=dex)
        return self.dexes[index]

    def pair(self, pair: int) -> Pair:
        """Return a spot pair by its number. Raises UnknownPair."""
        index = self.pair_at.get(pair)
        if index is None:
            raise UnknownPair(pair=pair)
        return self.pairs[index]

    def table(self, table: int) -> MarginTable:
        """Return a margin table by its id. Raises UnknownMarginTable."""
        found = self.tables.get(table)
        if found is None:
            raise UnknownMarginTable(table=table)
        return found

    def perp_of_pair(self, pair: int) -> int | None:
        """Return the perp asset that takes part in the price of a pair's base token, or None.

        Raises UnknownPair.
        """
        found = self.pair(pair)
        return self.perps[found.perp].asset if found.has_perp else None

    def listed(self) -> tuple[tuple[int, ...], ...]:
        """Return the ids of all tokens, dexes, perp assets and pairs, in listing order."""
        return (
            tuple(token.token for token in self.tokens.values()),
            tuple(dex.dex for dex in self.dexes.values()),
            tuple(perp.asset for perp in self.perps.values()),
            tuple(pair.pair for pair in self.pairs.values()),
        )

    def names(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of all tokens, dexes and perp assets, in listing order."""
        return (
            tuple(token.name for token in self.tokens.values()),
            tuple(dex.name for dex in self.dexes.values()),
            tuple(perp.name for perp in self.perps.values()),
        )

    def account_params(self, token_bitmap: int, dex_bitmap: int, perp_bitmap: int) -> AccountParams:
        """Return the parameters of the assets in three sets of listing indexes.

        The collateral tokens of the dexes come along. Raises ContractPanic for an index that
        nothing has.
        """
        try:
            dexes = [self.dexes[i] for i in members(dex_bitmap)]
            for dex in dexes:
                token_bitmap = having(token_bitmap, dex.collateral)
            tokens = tuple([self.tokens[i] for i in members(token_bitmap)])
            perps = [self.perps[i] for i in members(perp_bitmap)]
        except KeyError:
            raise ContractPanic(code=INDEX_OUT_OF_BOUNDS) from None
        return AccountParams(
            tokens=tokens,
            dexes=tuple(
                [
                    AccountDex(index=dex.index, collateral=rank(token_bitmap, dex.collateral))
                    for dex in dexes
                ]
            ),
            perps=tuple([(perp, rank(dex_bitmap, perp.dex)) for perp in perps]),
            policy=self.policy.margin,
        )
