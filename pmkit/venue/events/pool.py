"""Events of the borrow/lend pool; amounts in token wei."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.venue.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited(Event):
    """A wallet paid into a spot balance."""

    account: str
    token: int
    amount: int
    payer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied(Event):
    """A wallet supplied to the pool."""

    account: str
    token: int
    amount: int
    payer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    """An account paid out to a wallet."""

    account: str
    token: int
    amount: int
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed(Event):
    """An account borrowed explicitly."""

    account: str
    token: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid(Event):
    """A wallet repaid debt."""

    account: str
    token: int
    amount: int
    payer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveStatusSet(Event):
    """An action left a reserve in other states than last announced. SPEC BL-21."""

    token: int
    bits_before: int
    """`ReserveStatus`."""
    bits_now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestHour(Event):
    """The hourly ledger of a reserve: the first accrual of an hour since the epoch. SPEC BL-15."""

    token: int
    hour: int
    supply_index: int
    borrow_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrued(Event):
    """Interest was stored."""

    token: int
    supply_index: int
    borrow_index: int
    buffer: int
    """1e-9 token wei."""
