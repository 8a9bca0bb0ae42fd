"""Funding charged to perps, and what positions owe of it. SPEC FD-06, FD-07.

The registry's part stands in `CollateralRegistry.sol`, the accounts' is the twin of
`contracts/libraries/Funding.sol`. A position owes what the funding index of its asset has grown by
since it was settled: loaded accounts are net of it, and what changes its size settles it first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pmkit.funding import funding_payment_up
from pmkit.units import to_int128
from pmkit.venue.events import FundingCharged, FundingPaid

if TYPE_CHECKING:
    from pmkit.venue.registry import Perp, Registry
    from pmkit.venue.state import VenueState


def charge_funding(r: Registry, perp: int) -> None:
    """Store the hours of funding that have turned, at the prices that stood then. SPEC FD-06."""
    entry = r.perps[perp]
    now = r.funding_of(entry.asset)
    r.perps[perp] = replace(entry, funding_index=now.index, charged_at=r.block.now)
    if now.turned != 0:
        r.block.emit(
            FundingCharged(
                asset=entry.asset,
                turned=now.turned,
                hourly_rate=now.hourly_rate,
                index=now.index,
            )
        )


def due(s: VenueState, account: str, perp: Perp) -> int:
    """Return what a position has to pay since it was settled, 1e-6 USD. SPEC FD-07.

    Negative when it receives.
    """
    position = s.positions[account, perp.index]
    index, _ = s.registry.funding(perp)
    return funding_payment_up(position.szi, index - position.funding_index)


def settle(s: VenueState, account: str, perp: Perp) -> None:
    """Settle a position in storage, out of its own margin where it is isolated. SPEC FD-07.

    Raises DoesNotFit128.
    """
    position = s.positions[account, perp.index]
    index, _ = s.registry.funding(perp)
    if position.funding_index == index:
        return
    usd = due(s, account, perp)
    settled = replace(position, funding_index=index)
    s.positions[account, perp.index] = settled
    if position.szi == 0:
        return
    if position.isolated:
        left = to_int128(position.isolated_usd - usd)
        s.positions[account, perp.index] = replace(settled, isolated_usd=left)
    else:
        # The dex of a position is marked already.
        s.raw_usd[account, perp.dex] = to_int128(s.raw_usd[account, perp.dex] - usd)
    s.block.emit(FundingPaid(account=account, asset=perp.asset, usd=usd))
