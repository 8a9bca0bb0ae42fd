"""What the venue holds against what it owes, token by token. SPEC BL-08."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.margin import dex_margins, perp_to_wei

if TYPE_CHECKING:
    from pmkit.chain.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLedger:
    """One token's holdings and claims, token wei."""

    token: int
    name: str
    wei_decimals: int
    holdings: int
    """ERC-20 balance of the venue."""
    spot: int
    """Σ idle balances."""
    perp_equity: int
    """Σ account values of the dexes in this token."""
    supplied: int
    borrowed: int
    buffer: int
    deficit: int
    dust: int
    """holdings − (spot + perp equity + supplied − borrowed + buffer − deficit): roundings."""
    dust_bound: int
    """One wei per accrual and per action since the deployment, one of each per block."""

    @property
    def balanced(self) -> bool:
        """Whether the venue holds all it owes, and no more than roundings beyond."""
        return 0 <= self.dust <= self.dust_bound


def ledgers(reader: Reader) -> tuple[TokenLedger, ...]:
    """Return every token's ledger at one block, from every account the venue has seen."""
    here = reader.pinned()
    blocks = here.rpc.block_number() - here.deployment.block
    accounts = [here.account(address) for address in here.accounts()]
    found: list[TokenLedger] = []
    for token in here.listing.tokens:
        spot = supplied = borrowed = equity = 0
        for account in accounts:
            margins = dex_margins(account)
            for i, state in enumerate(account.tokens):
                if state.token != token.token:
                    continue
                spot += state.idle
                supplied += state.supplied
                borrowed += state.borrowed
                equity += sum(
                    perp_to_wei(margin.account_value, state.wei_decimals)
                    for dex, margin in zip(account.dexes, margins, strict=True)
                    if dex.collateral == i
                )
        reserve = here.reserve(token.token)
        wallet = here.balance(here.deployment.venue, token.token).wallet
        held = wallet * int(10**token.wei_decimals) // int(10**token.evm_decimals)
        owed = spot + equity + supplied - borrowed + reserve.buffer - reserve.deficit
        found.append(
            TokenLedger(
                token=token.token,
                name=token.name,
                wei_decimals=token.wei_decimals,
                holdings=held,
                spot=spot,
                perp_equity=equity,
                supplied=supplied,
                borrowed=borrowed,
                buffer=reserve.buffer,
                deficit=reserve.deficit,
                dust=held - owed,
                dust_bound=2 * blocks,
            )
        )
    return tuple(found)
