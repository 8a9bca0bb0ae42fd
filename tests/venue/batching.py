"""Scenes of batches: in an order that would be refused alone, and of what may not stand in one."""

from __future__ import annotations

from typing import Any

from support.venue import EVERYTHING, HYPE, KEEPER, PORTFOLIO_MARGIN, STANDARD, USDC
from venue.cast import SUB_INDEX, WALLETS
from venue.scenes import loan_in_trouble
from venue.world import World


def batch(w: World, role: str, *acts: tuple[Any, ...]) -> bool:
    """Let an account make calls in a batch."""
    return w.call(w.venue, "batch", [w.venue.calldata(*act) for act in acts], sender=role)


def debt_before_collateral(w: World) -> None:
    """Open an account, borrow, and only then bring what the debt needs, or a little less."""
    role = f"0x{w.random.getrandbits(160):040x}"
    lent = w.random.choice((1, 10**8, 10**10))
    w.fund(role, HYPE, 10**10)
    bring = ("supply", HYPE, w.random.choice((EVERYTHING, 10**8, 1)), role)
    batch(w, role, ("setMode", PORTFOLIO_MARGIN), ("borrow", USDC, lent), bring)
    batch(w, role, ("borrow", USDC, lent), ("withdraw", HYPE, EVERYTHING, role))
    batch(w, role, ("repay", USDC, EVERYTHING, role), ("setMode", STANDARD))
    batch(w, role, ("setMode", STANDARD))


def what_stands_alone(w: World) -> None:
    """Put into a batch what may not stand there."""
    venue, role = w.venue, w.random.choice(WALLETS)
    calm = venue.calldata("setLeverage", 0, 2)
    for act in w.some(
        4,
        (
            ("batch", [calm]),
            ("forSubAccount", SUB_INDEX, calm),
            ("onBehalf", KEEPER, calm),
            ("sweep", role),
            ("accrue", USDC),
            ("liquidate", role),
            ("liquidateBatch", [role], False),
            ("sellInventory", 107),
            ("setMode", PORTFOLIO_MARGIN),
        ),
    ):
        batch(w, role, ("setLeverage", 0, 3), act)
    inner = venue.calldata("batch", [calm, venue.calldata("sweep", role)])
    w.call(venue, "forSubAccount", SUB_INDEX, inner, sender=role)


def many_in_trouble(w: World) -> None:
    """Let two loans go bad, and the keeper take steps on both, on itself and on one twice."""
    first, second = loan_in_trouble(w, 65), loan_in_trouble(w, 90)
    accounts = [first, second, KEEPER, first]
    w.call(w.venue, "liquidateBatch", accounts, w.random.random() < 0.3, sender=KEEPER)
    w.warp(3)
    w.call(w.venue, "liquidateBatch", accounts[:2], False, sender=KEEPER)


BATCHING = (debt_before_collateral, debt_before_collateral, what_stands_alone, many_in_trouble)
