"""What the venue holds against what it owes, token by token. SPEC BL-08, FD-08."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.contracts import events_of
from pmkit.errors import Mismatch, PmkitError
from pmkit.margin import dex_margins, perp_to_wei, wei_per_perp_usd

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Σ equities of dexes and isolated positions in this token, of those above zero: claims."""
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
    addresses = here.accounts()
    accounts = [here.account(address) for address in addresses]
    isolated = isolated_equities(here, addresses)
    held = sum(len(account.perps) for account in accounts) + sum(map(len, isolated.values()))
    settled = settlements(here, since, last) + held
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
        alone = isolated[token.token]
        equity += sum(max(0, value) for value in alone)
        uncovered += sum(max(0, -value) for value in alone)
        reserve = here.reserve(token.token)
        wallet = here.balance(here.deployment.venue, token.token).wallet
        holdings = whole_wei(wallet, token)
        owed = spot + equity - uncovered + supplied - borrowed + reserve.buffer - reserve.deficit
        found.append(
            TokenLedger(
                token=token.token,
                name=token.name,
                wei_decimals=token.wei_decimals,
                holdings=holdings,
                spot=spot,
                perp_equity=equity,
                uncovered=uncovered,
                supplied=supplied,
                borrowed=borrowed,
                buffer=reserve.buffer,
                deficit=reserve.deficit,
                dust=holdings - owed,
                dust_bound=bound + settled * wei_per_perp_usd(token.wei_decimals),
            )
        )
    return tuple(found)


def isolated_equities(reader: Reader, addresses: Sequence[str]) -> dict[int, list[int]]:
    """Return the equities of all isolated positions, token wei, by token. SPEC CH-07.

    Raises the error of an account that cannot be read: without it the sums are unknown.
    """
    found: dict[int, list[int]] = {token.token: [] for token in reader.listing.tokens}
    for held in reader.each_isolated(addresses):
        if isinstance(held, PmkitError):
            raise held
        for position in held:
            token = reader.listing.perp(position.perp.asset).collateral
            found[token.token].append(perp_to_wei(position.equity, token.wei_decimals))
    return found


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
