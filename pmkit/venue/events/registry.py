"""Events of the registry: listings, factors, prices, roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.venue.events.base import Event

if TYPE_CHECKING:
    from pmkit.rates import RateCurve
    from pmkit.venue.records import VenuePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenListed(Event):
    """A token was listed."""

    token: int
    index: int
    name: str
    erc20: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFactorsSet(Event):
    """Loan to value and borrowability of a token changed."""

    token: int
    ltv_bps: int
    borrowable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCapsSet(Event):
    """Caps of a token changed."""

    token: int
    user_supply_cap: int
    user_borrow_cap: int
    global_supply_cap: int
    global_borrow_cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationWidthSet(Event):
    """The width of liquidation steps in a token changed, USD WAD."""

    token: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCurveSet(Event):
    """The rate curve of a token changed."""

    token: int
    curve: RateCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class DexListed(Event):
    """A perp dex was listed."""

    dex: int
    index: int
    name: str
    collateral: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTableSet(Event):
    """A margin table changed."""

    table: int
    lower_bounds: tuple[int, ...]
    max_leverages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpListed(Event):
    """A perp asset was listed."""

    asset: int
    index: int
    name: str
    dex: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairListed(Event):
    """A spot pair was listed."""

    pair: int
    base: int
    quote: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet(Event):
    """The policy changed."""

    policy: VenuePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowPriceSet(Event):
    """The borrow oracle price of a token changed."""

    token: int
    px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPriceSet(Event):
    """A spot price was reported."""

    pair: int
    px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpPriceSet(Event):
    """Mark and oracle of a perp asset were reported."""

    asset: int
    mark: int
    oracle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingCharged(Event):
    """Hours of funding that have turned were stored. SPEC FD-06."""

    asset: int
    turned: int
    """How many."""
    hourly_rate: int
    """WAD, of each."""
    index: int
    """The funding index after them, 1e-6 USD · 1e18."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    """An account was given a role."""

    role: str
    account: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(Event):
    """A role was taken from an account."""

    role: str
    account: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedSet(Event):
    """What is paused changed; `Pause` bits."""

    paused: int
