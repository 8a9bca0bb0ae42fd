"""Events of the sweep; amounts in token wei, perp USD in 1e-6."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.venue.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Event):
    """The sweep moved a token: into the pool, out of it, debt made, debt repaid."""

    account: str
    token: int
    supply: int
    withdraw: int
    borrow: int
    repay: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DexFunded(Event):
    """The sweep moved equity into a dex, or out of it when negative."""

    account: str
    dex_index: int
    usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPaid(Event):
    """A position paid funding, or received it when negative. SPEC FD-07."""

    account: str
    asset: int
    usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackSet(Event):
    """The dexes that caps or cash keep below their transfer margin changed. SPEC AC-07.

    Both are bitmaps of listing indexes.
    """

    account: str
    dexes_before: int
    dexes_now: int
