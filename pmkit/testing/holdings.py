"""What an account has, in words: "holds 10 BTC, short 10 BTC at 10x, owes 5,000 USDC"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pmkit.errors import InputError

AMOUNT = r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
CLAUSE = re.compile(rf"(holds|owes|long|short) {AMOUNT} (\w+)(?: at ([0-9]{{1,3}})x)?", re.ASCII)
KINDS = "holds 10 BTC, long 1 ETH, short 10 BTC at 10x, owes 5,000 USDC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A perp position to open."""

    coin: str
    size: Decimal
    """Above zero for a long one."""
    leverage: int | None
    """None for the asset's largest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What an account has, in whole tokens and coins."""

    holds: tuple[tuple[str, Decimal], ...] = ()
    positions: tuple[Position, ...] = ()
    owes: tuple[tuple[str, Decimal], ...] = ()


def parse_holdings(text: str) -> Holdings:
    """Return what clauses, with a comma and a space between them, say. Raises InputError.

    >>> parse_holdings("holds 2 BTC, owes 5,000 USDC").owes
    (('USDC', Decimal('5000')),)
    """
    holds: list[tuple[str, Decimal]] = []
    owes: list[tuple[str, Decimal]] = []
    positions: list[Position] = []
    for clause in text.split(", "):
        found = CLAUSE.fullmatch(clause.strip())
        if found is None:
            problem = f"{clause!r} is no clause; clauses are such as: {KINDS}"
            raise InputError(place="account", problem=problem)
        kind, amount, name, leverage = found.groups()
        figure = Decimal(amount.replace(",", ""))
        if figure == 0:
            raise InputError(place="account", problem=f"{clause!r}: nothing is not worth saying")
        if kind in ("long", "short"):
            positions.append(
                Position(
                    coin=name,
                    size=figure if kind == "long" else -figure,
                    leverage=None if leverage is None else int(leverage),
                )
            )
        elif leverage is not None:
            raise InputError(place="account", problem=f"{clause!r}: only positions have leverage")
        else:
            (holds if kind == "holds" else owes).append((name, figure))
    for kind, names in (
        ("holds", [name for name, _ in holds]),
        ("owes", [name for name, _ in owes]),
        ("a position in", [position.coin for position in positions]),
    ):
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise InputError(place="account", problem=f"{kind} {min(twice)} is said twice")
    return Holdings(holds=tuple(holds), positions=tuple(positions), owes=tuple(owes))
