"""All storage of the venue. Twin of `contracts/libraries/VenueState.sol`.

Amounts in token wei unless said, perp USD in 1e-6. Inner keys are listing indexes, not ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.model import Mode
from pmkit.venue.block import Table
from pmkit.venue.integers import (
    Int64,
    Int128,
    Int176,
    Uint8,
    Uint32,
    Uint40,
    Uint64,
    Uint104,
    Uint128,
    Uint224,
    Uint256,
)

if TYPE_CHECKING:
    from pmkit.venue.block import Block
    from pmkit.venue.deferral import Deferral
    from pmkit.venue.registry import Registry
    from pmkit.venue.wallets import Wallets


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """One token's pool."""

    supply_index: Uint104 = 0
    """RAY; zero until the first accrual."""
    borrow_index: Uint104 = 0
    supply_shares: Uint128 = 0
    borrow_shares: Uint128 = 0
    cash: Uint128 = 0
    """What the pool holds: supplied − borrowed + buffer − deficit, and the dust of roundings."""
    deficit: Uint128 = 0
    """Bad debt that no buffer and no insurance covered."""
    buffer: Uint128 = 0
    """Liquidation buffer in 1e-9 token wei."""
    accrued_at: Uint40 = 0
    buffer_swept_at: Uint40 = 0
    """When the buffer was last swept to the insurance account. SPEC LQ-19."""
    status: Uint8 = 0
    """`ReserveStatus` as last announced. SPEC BL-21."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBalance:
    """One token of one account."""

    shares: Int128 = 0
    """Pool position: supply shares when positive, debt shares when negative. SPEC BL-07."""
    basis: Uint128 = 0
    """Value of the pool position when it was last touched."""
    idle: Uint128 = 0
    """Spot balance outside the pool."""
    borrow_floor: Uint128 = 0
    """Explicitly borrowed debt, which the sweep does not repay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One position of one account, cross or isolated."""

    szi: Int64 = 0
    """Signed size, 10^-sz_decimals."""
    leverage: Uint8 = 0
    """Chosen leverage; zero stands for the asset's maximum. SPEC AC-03."""
    isolated: bool = False
    """Whether the account's position in the asset has margin of its own. SPEC CH-07."""
    funding_index: Int176 = 0
    """Funding index of the asset when the position was last settled. SPEC FD-07."""
    entry_ntl: Uint128 = 0
    """Notional at entry, 1e-6 USD."""
    isolated_usd: Int128 = 0
    """Equity of the isolated position without its marked value, 1e-6 of its dex's token."""
    cooling_until: Uint40 = 0
    """Until when liquidation steps close the isolated position whole. SPEC LQ-20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """One account: which listing indexes it touches, and its liquidation clock."""

    mode: Mode = Mode.STANDARD
    exists: bool = False
    token_bitmap: Uint64 = 0
    idle_bitmap: Uint64 = 0
    """Tokens with an idle balance."""
    dex_bitmap: Uint32 = 0
    perp_cooling_until: Uint40 = 0
    """Until when perp-leg steps close whole positions. SPEC LQ-06."""
    debt_stepped_at: Uint40 = 0
    """When the running episode took its last debt-leg step; zero without an episode. SPEC LQ-03."""
    perp_bitmap: Uint256 = 0
    """Assets with a cross position."""
    isolated_bitmap: Uint256 = 0
    """Assets with an isolated position, which the account check does not see. SPEC CH-07."""
    fallback_bitmap: Uint32 = 0
    """Dexes that caps or cash keep below their transfer margin. SPEC AC-07."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayVolume:
    """An account's traded volume up to the end of a UTC day on which it traded. SPEC AC-11."""

    day: Uint32
    """Days since 1970."""
    total: Uint224
    """Weighted volume of all days up to this one, 1e-6 USD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What the backstop took over of a token and has still to sell. SPEC LQ-18."""

    scheduled: Uint104 = 0
    """What is not yet due; it falls by half in every half-life."""
    due: Uint104 = 0
    """What was due by then and is not sold."""
    scheduled_at: Uint40 = 0
    """When both were so."""


NO_RESERVE = Reserve()
NO_BALANCE = TokenBalance()
NO_POSITION = Position()
NO_ACCOUNT = AccountState()
NO_INVENTORY = Inventory()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The contracts' addresses, and the accounts that take part in fills and liquidations."""

    registry: str
    venue: str
    maker: str
    """On the other side of every fill. SPEC CH-01."""
    backstop: str
    """Takes liquidated debt and collateral over. SPEC LQ-03."""
    insurance: str
    """Receives fees, pays for losses after the buffer. SPEC CH-06, LQ-09."""
    core: str
    """Applies what accounts ask for on HyperEVM; the zero address for none. SPEC AC-08."""


NO_PARTIES = Parties(registry="", venue="", maker="", backstop="", insurance="", core="")
"""Before the venue is created."""


class VenueState:
    """The tables of the venue, and what it stands on: block, registry and wallets."""

    __slots__ = (
        "account_list",
        "accounts",
        "acting_for",
        "as_operator",
        "balances",
        "block",
        "called_by",
        "deferral",
        "episode_debt",
        "inventory",
        "operators",
        "parties",
        "positions",
        "raw_usd",
        "registry",
        "reserves",
        "touched",
        "volumes",
        "wallets",
    )

    def __init__(self, block: Block, registry: Registry, wallets: Wallets) -> None:
        self.block = block
        self.registry = registry
        self.wallets = wallets
        self.parties = NO_PARTIES
        self.acting_for: str | None = None
        """The account that the running call acts for; None when the sender acts for itself."""
        self.called_by: str | None = None
        """The account that the core lets call; None when nobody calls through it. SPEC AC-08."""
        self.as_operator = False
        """Whether it does so as an operator, with an operator's limits."""
        self.deferral: Deferral | None = None
        """The running batch."""
        self.touched: set[int] = set()
        """Reserves that the running action has touched."""
        self.accounts: Table[str, AccountState] = Table(block, NO_ACCOUNT)
        self.balances: Table[tuple[str, int], TokenBalance] = Table(block, NO_BALANCE)
        """By account and token."""
        self.raw_usd: Table[tuple[str, int], int] = Table(block, 0)
        """By account and dex: equity without the positions' marked value."""
        self.positions: Table[tuple[str, int], Position] = Table(block, NO_POSITION)
        """By account and perp."""
        self.episode_debt: Table[tuple[str, int], int] = Table(block, 0)
        """By account and token: the largest net debt of the episode."""
        self.operators: Table[tuple[str, str], bool] = Table(block, empty=False)
        """By account and operator. SPEC AC-05."""
        self.reserves: Table[int, Reserve] = Table(block, NO_RESERVE)
        """By token."""
        self.inventory: Table[int, Inventory] = Table(block, NO_INVENTORY)
        """By token."""
        self.account_list: Table[int, str] = Table(block)
        """By place: accounts in the order in which they were first seen."""
        self.volumes: Table[str, tuple[DayVolume, ...]] = Table(block, ())
        """By account, a row for each day on which it traded."""
