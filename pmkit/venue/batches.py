"""Several actions of one account with one check at their end. SPEC AC-14 to AC-16.

Twin of `contracts/libraries/Batches.sol`; running the calls stands in `actions.py`, which knows
them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmkit.venue import margin_engine
from pmkit.venue.deferral import Deferral

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmkit.venue.state import VenueState

BATCHED = frozenset(
    {
        "deposit",
        "supply",
        "withdraw",
        "borrow",
        "repay",
        "order",
        "transfer_perp",
        "spot_send",
        "set_leverage",
        "approve_operator",
        "set_isolated",
        "update_isolated_margin",
    }
)
"""What one account does for itself. What is about others, nests, or judges others stands alone."""


def may_stand(name: str, place: int) -> bool:
    """Return whether a call may stand at a place of a batch.

    A mode changes before any check waits, for it would be made by another measure.
    """
    return name in BATCHED or (name == "set_mode" and place == 0)


@contextmanager
def one_check(s: VenueState, account: str) -> Iterator[None]:
    """Put off an account's checks, and make one at the end where any was put off.

    Raises what the sweep and the account check raise.
    """
    margin_engine.sweep(s, account)
    running = Deferral(account, margin_engine.gross_debt(s, account))
    s.deferral = running
    try:
        yield
    finally:
        s.deferral = None
    if running.due:
        margin_engine.require_safe(s, account, running.debt_before)
