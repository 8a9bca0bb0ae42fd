"""What the venue holds against what it owes, token by token. SPEC BL-08, FD-08."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.contracts import events_of
from pmkit.errors import Mismatch
from pmkit.margin import dex_margins, perp_to_wei, wei_per_perp_usd

if TYPE_CHECKING:
    from pmkit.chain.catalogue import ListedToken
    from pmkit.chain.reader import Reader


PAGE = 500
"""Blocks asked for at once."""


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
    """Σ account values of the dexes in this token, of those above zero: what is claimed."""
    uncovered: int
    """Σ of what they are below zero, as stored: claims of others that stand against nothing yet."""
    supplied: int
    borrowed: int
    buffer: int
    deficit: int
    dust: int
    """holdings − (spot + perp equity − uncovered + supplied − borrowed + buffer − deficit)."""
    dust_bound: int
    """One wei per accrual and per action since the deployment, one of each per transaction, and one
    perp unit per settlement of funding, done or due."""

    @property
    def balanced(self) -> bool:
        """Whether the venue holds all it owes, and no more than roundings beyond."""
        return self.uncovered == 0 and 0 <= self.dust <= self.dust_bound


def ledgers(reader: Reader) -> tuple[TokenLedger, ...]:
    """Return every token's ledger at one block, from every account the venue has seen.

    Raises Mismatch for holdings that are no whole number of wei.
    """
    here = reader.pinned()
    since, last = here.deployment.block, here.rpc.block_number()
    bound = 2 * transactions(here, since, last)
    accounts = [here.account(address) for address in here.accounts()]
    settled = settlements(here, since, last) + sum(len(account.perps) for account in accounts)
    found: list[TokenLedger] = []
    for token in here.listing.tokens:
        spot = supplied = borrowed = equity = uncovered = 0
        for account in accounts:
            margins = dex_margins(account)
            for i, state in enumerate(account.tokens):
                if state.token != token.token:
                    continue
                spot += state.idle
                supplied += state.supplied
                borrowed += state.borrowed
                for dex, margin in zip(account.dexes, margins, strict=True):
                    if dex.collateral == i:
                        value = perp_to_wei(margin.account_value, state.wei_decimals)
                        equity += max(0, value)
                        uncovered += max(0, -value)
        reserve = here.reserve(token.token)
        wallet = here.balance(here.deployment.venue, token.token).wallet
        held = whole_wei(wallet, token)
        owed = spot + equity - uncovered + supplied - borrowed + reserve.buffer - reserve.deficit
        found.append(
            TokenLedger(
                token=token.token,
                name=token.name,
                wei_decimals=token.wei_decimals,
                holdings=held,
                spot=spot,
                perp_equity=equity,
                uncovered=uncovered,
                supplied=supplied,
                borrowed=borrowed,
                buffer=reserve.buffer,
                deficit=reserve.deficit,
                dust=held - owed,
                dust_bound=bound + settled * wei_per_perp_usd(token.wei_decimals),
            )
        )
    return tuple(found)


def whole_wei(wallet: int, token: ListedToken) -> int:
    """Return units of an ERC-20 in token wei. Raises Mismatch for what lies between two wei."""
    held, rest = divmod(wallet * int(10**token.wei_decimals), int(10**token.evm_decimals))
    if rest != 0:
        what = f"holdings of {token.name} in whole wei"
        raise Mismatch(where="conservation", what=what, chain=wallet, other=rest)
    return held


def transactions(reader: Reader, after: int, last: int) -> int:
    """Return how many transactions there were after one block and up to another."""
    blocks = range(after + 1, last + 1)
    counted = "eth_getBlockTransactionCountByNumber"
    return sum(
        int(count, 16)
        for start in range(0, len(blocks), PAGE)
        for count in reader.rpc.batch([(counted, [hex(b)]) for b in blocks[start : start + PAGE]])
    )


def settlements(reader: Reader, after: int, last: int) -> int:
    """Return how many positions settled funding after one block and up to another. SPEC FD-08."""
    found = 0
    for start in range(after + 1, last + 1, PAGE):
        ends = {"fromBlock": hex(start), "toBlock": hex(min(last, start + PAGE - 1))}
        logs = reader.rpc.request("eth_getLogs", {"address": reader.deployment.venue, **ends})
        found += sum(event.name == "FundingPaid" for event in events_of(logs))
    return found
