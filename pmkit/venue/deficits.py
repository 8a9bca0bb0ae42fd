"""Bad debt in the open: who pays it down, and the last resort.

Twin of `contracts/modules/Deficits.sol`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import NoDeficit, ZeroAmount
from pmkit.venue import waterfall
from pmkit.venue.custody import pull
from pmkit.venue.integers import Address, Uint64, Uint256
from pmkit.venue.roles import RISK_ADMIN, require_role

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def cover_deficit(s: VenueState, sender: Address, token: Uint64, amount: Uint256) -> int:
    """Pay a reserve's deficit down from the wallet; return what was paid. SPEC LQ-10.

    Raises UnknownToken, NoDeficit, ZeroAmount, and what the wallet raises.
    """
    p = s.registry.token(token)
    deficit = s.reserves[p.index].deficit
    if deficit == 0:
        raise NoDeficit(token=token)
    if amount == 0:
        raise ZeroAmount
    paid = pull(s, sender, p, min(amount, deficit))
    waterfall.cover_from_wallet(s, p, sender, paid)
    return paid


def cover_deficit_from_insurance(
    s: VenueState,
    sender: Address,  # noqa: ARG001 (anybody may)
    token: Uint64,
) -> int:
    """Pay a reserve's deficit down from buffer and insurance; return how much. SPEC LQ-10.

    Raises UnknownToken, NoDeficit.
    """
    return waterfall.cover_from_insurance(s, s.registry.token(token))


def sweep_buffer(
    s: VenueState,
    sender: Address,  # noqa: ARG001 (anybody may)
    token: Uint64,
) -> int:
    """Move a reserve's buffer to the insurance account; return how much. SPEC LQ-19.

    Raises UnknownToken, BufferSweepOff, BufferSweepTooEarly, NothingToSweep.
    """
    return waterfall.sweep_buffer(s, s.registry.token(token), s.registry.policy.buffer_interval)


def socialise(s: VenueState, sender: Address, token: Uint64) -> int:
    """Spread a reserve's deficit over its suppliers; return how much. SPEC LQ-11.

    Raises AccessControlUnauthorizedAccount, UnknownToken, NoDeficit, DeficitTooLarge.
    """
    require_role(s.registry, sender, RISK_ADMIN)
    return waterfall.spread(s, s.registry.token(token))
