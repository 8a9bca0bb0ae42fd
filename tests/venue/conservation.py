"""What the venue holds of a token, against what it owes of it. SPEC BL-08."""

from __future__ import annotations

from pmkit.margin import wei_per_perp_usd
from pmkit.venue import Venue


def dust_of(venue: Venue) -> dict[int, int]:
    """Return holdings − claims − buffer + deficit of every token, token wei: sums of roundings."""
    registry = venue.registry
    dust = {}
    for token in registry.tokens.values():
        units = venue.wallets.balances[token.erc20, venue.state.parties.venue]
        holdings = units * 10**token.wei_decimals // 10**token.evm_decimals
        reserve = venue.reserve_of(token.token)
        dust[token.token] = holdings - reserve.buffer + reserve.deficit
    for who in venue.accounts():
        account = venue.account_of(who)
        for t in account.tokens:
            dust[t.token] -= t.idle + t.supplied - t.borrowed
        for d, dex in enumerate(account.dexes):
            t = account.tokens[dex.collateral]
            value = sum(perp.szi * perp.mark for perp in account.perps if perp.dex == d)
            dust[t.token] -= (dex.raw_usd + value) * wei_per_perp_usd(t.wei_decimals)
    for (who, index), position in venue.state.positions.items():
        if position.isolated:
            perp = registry.perps[index]
            collateral = registry.tokens[registry.dexes[perp.dex].collateral]
            equity = position.isolated_usd + position.szi * perp.mark
            equity -= venue.funding_due_of(who, perp.asset)
            dust[collateral.token] -= equity * wei_per_perp_usd(collateral.wei_decimals)
    return dust


def require_conserved(venue: Venue, settled: int = 0) -> None:
    """Require that nothing was made, and no more lost than roundings explain. SPEC BL-08, FD-08.

    A few wei an action, and a perp unit for every position that settled its funding, so many, or
    would now.
    """
    held = sum(position.szi != 0 for position in venue.state.positions.values())
    for token, dust in dust_of(venue).items():
        unit = wei_per_perp_usd(venue.registry.token(token).wei_decimals)
        most = 2 * len(venue.log) + (settled + held) * unit
        assert 0 <= dust <= most, f"dust of token {token} is {dust}"
