"""The rest of the world: whoever is on the other side of what was imported. SPEC HE-23.

Reserves are as large as upstream, so what the imported accounts do not lend and owe of them is two
other accounts'. One of them takes the other side of the imported positions as well, with margin for
any move. The fork's own market maker, backstop and insurance are funded as on a local chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.genesis import BACKSTOP_USD, INSURANCE_USD, MAKER_PERP_USD, MAKER_SPOT_USD
from pmkit.errors import InputError
from pmkit.fork.imports import AccountImport, DexImport, PositionImport
from pmkit.model import Mode
from pmkit.rates import SHARE_UNIT
from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS
from pmkit.venue.listing import USDC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pmkit.fork.core_state import CoreMarket
    from pmkit.policy import Params, TokenParams

WORLD = to_checksum_address(keccak(text="pmkit.fork.world")[-20:])
"""Lends the rest of every reserve, and takes the other side of positions."""
DEBTOR = to_checksum_address(keccak(text="pmkit.fork.debtor")[-20:])
"""Owes the rest of every reserve."""
MARGIN_FACTOR = 100
"""Equity of the other side for a dollar of its notional: no move of prices uses it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveImport:
    """One reserve as the venue is to have it. Twin of `ForkImport.ReserveImport`."""

    token: int
    supply_shares: int
    borrow_shares: int
    cash: int
    deficit: int
    buffer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What is imported besides the accounts that were asked for."""

    accounts: tuple[AccountImport, ...]
    reserves: tuple[ReserveImport, ...]
    notes: tuple[str, ...]


def rest_of(
    accounts: Sequence[AccountImport],
    market: CoreMarket,
    params: Params,
    parties: Mapping[str, str],
) -> Rest:
    """Return the other side of accounts; `parties` are the fork's own maker and so on, by role.

    Shares of imported debts become a little less where they add up to more than the reserve owes,
    which rounding each of them up does. Raises InputError for a loan of no reserve.
    """
    notes: list[str] = []
    world, debtor = AccountImport(account=WORLD), AccountImport(account=DEBTOR)
    backstop = AccountImport(account=parties["backstop"], mode=Mode.PORTFOLIO_MARGIN)
    insurance = AccountImport(account=parties["insurance"], mode=Mode.UNIFIED)
    backs = BACKSTOP_USD * 10 ** params.token(USDC).wei_decimals
    insurance.token(USDC).idle = INSURANCE_USD * 10 ** params.token(USDC).wei_decimals
    reserves = []
    for token in params.tokens:
        row = market.reserves.get(token.id)
        if row is None:
            require_nothing_lent(accounts, token)
            continue
        balance_debts(accounts, token.id, row["total_borrowed"] * SHARE_UNIT)
        supplied, owed = shares_of(accounts, token.id)
        rest = row["total_supplied"] * SHARE_UNIT - supplied
        if rest < 0:
            notes.append(f"accounts lend more {token.name} than 0x812 answers: it moved meanwhile")
        rest = max(0, rest)
        if token.id == USDC:
            # Of the rest, so that the reserve is as large as upstream.
            lends = min(rest // SHARE_UNIT, backs)
            give(backstop, USDC, lends * SHARE_UNIT)
            backstop.token(USDC).idle = backs - lends
            rest -= lends * SHARE_UNIT
        give(world, token.id, rest)
        debt = max(0, row["total_borrowed"] * SHARE_UNIT - owed)
        give(debtor, token.id, -debt)
        supplied, owed = shares_of((*accounts, world, debtor, backstop), token.id)
        over = row["balance"] - supplied // SHARE_UNIT + -(-owed // SHARE_UNIT)
        if over < 0:
            notes.append(f"the reserve of {token.name} lacks {-over} wei of what it owes")
        reserves.append(
            ReserveImport(
                token=token.id,
                supply_shares=supplied,
                borrow_shares=owed,
                cash=row["balance"],
                deficit=max(0, -over),
                buffer=max(0, over) * SHARE_UNIT,
            )
        )
    if USDC not in market.reserves:
        backstop.token(USDC).idle = backs
    take_other_side(world, accounts, market, params)
    maker = maker_of(parties["maker"], market, params)
    return Rest(
        accounts=(world, debtor, backstop, insurance, maker),
        reserves=tuple(reserves),
        notes=tuple(notes),
    )


def require_nothing_lent(accounts: Sequence[AccountImport], token: TokenParams) -> None:
    """Raise InputError for an account with shares of a reserve that is not there."""
    for account in accounts:
        if any(held.token == token.id and held.shares for held in account.tokens):
            problem = (
                f"lends or owes {token.name} (token {token.id}), of whose reserve the upstream's"
                " 0x812 answers nothing; leave the account out"
            )
            raise InputError(place=account.account, problem=problem)


def shares_of(accounts: Sequence[AccountImport], token: int) -> tuple[int, int]:
    """Return supply shares and debt shares of accounts."""
    shares = [held.shares for a in accounts for held in a.tokens if held.token == token]
    return sum(s for s in shares if s > 0), -sum(s for s in shares if s < 0)


def balance_debts(accounts: Sequence[AccountImport], token: int, total: int) -> None:
    """Take what debts are rounded up by from them, less than a wei of each."""
    debts = [h for a in accounts for h in a.tokens if h.token == token and h.shares < 0]
    over = -sum(held.shares for held in debts) - total
    if not debts or not 0 < over < len(debts) * (SHARE_UNIT - 1):
        return
    each, odd = divmod(over, len(debts))
    for i, held in enumerate(debts):
        held.shares += each + (i < odd)


def give(account: AccountImport, token: int, shares: int) -> None:
    """Let an account have shares of a reserve, debt when negative, touched just now."""
    if shares == 0:
        return
    held = account.token(token)
    held.shares = shares
    # Debt is worth a wei more where its shares are no whole number of them.
    held.basis = shares // SHARE_UNIT if shares > 0 else -(shares // SHARE_UNIT)


def take_other_side(
    world: AccountImport, accounts: Sequence[AccountImport], market: CoreMarket, params: Params
) -> None:
    """Let the world have what makes all positions in an asset add up to nothing."""
    sizes: dict[int, int] = {}
    for account in accounts:
        for position in account.positions:
            sizes[position.asset] = sizes.get(position.asset, 0) + position.szi
    dexes, raw_usd = dexes_of(params), [0] * len(params.dexes)
    for asset, size in sorted(sizes.items()):
        if size == 0:
            continue
        # Where the upstream tells no mark there is no price to trade at, and no notional.
        notional = abs(size) * market.marks.get(asset, 0)
        world.positions.append(PositionImport(asset=asset, szi=-size, entry_ntl=notional))
        signed = -notional if size > 0 else notional
        raw_usd[dexes[asset]] += MARGIN_FACTOR * notional - signed
    world.dexes += [DexImport(dex=dex, raw_usd=usd) for dex, usd in enumerate(raw_usd) if usd]


def dexes_of(params: Params) -> dict[int, int]:
    """Return the listing index of each asset's dex."""
    names = [dex.name for dex in params.dexes]
    return {perp.id: names.index(perp.dex) for perp in params.perps}


def maker_of(address: str, market: CoreMarket, params: Params) -> AccountImport:
    """Return the fork's market maker: what it sells of each token that has a price."""
    maker = AccountImport(account=address)
    for token in params.tokens:
        px = price_of(token, market, params)
        if px:
            maker.token(token.id).idle = worth(token, MAKER_SPOT_USD, px)
    for dex, listed in enumerate(params.dexes):
        token = params.token(listed.collateral)
        px = price_of(token, market, params)
        if px:
            usd = worth(token, MAKER_PERP_USD, px) // 10 ** (token.wei_decimals - PERP_DECIMALS)
            maker.dexes.append(DexImport(dex=dex, raw_usd=usd))
    return maker


def price_of(token: TokenParams, market: CoreMarket, params: Params) -> int:
    """Return a token's spot price on its grid, zero for none."""
    if token.id == USDC:
        return int(10 ** (SPOT_DECIMALS - token.sz_decimals))
    pair = next((p for p in params.pairs if (p.base, p.quote) == (token.id, USDC)), None)
    return 0 if pair is None else market.spots.get(pair.id, 0)


def worth(token: TokenParams, dollars: int, px: int) -> int:
    """Return how much of a token some dollars buy: whole tokens, in wei."""
    whole = dollars * 10 ** (SPOT_DECIMALS - token.sz_decimals) // px
    return int(whole * 10**token.wei_decimals)


def backing_of(
    accounts: Sequence[AccountImport], reserves: Sequence[ReserveImport], params: Params
) -> dict[int, int]:
    """Return what the venue has to hold of each token, token wei: all claims of the accounts."""
    found = {token.id: 0 for token in params.tokens}
    for reserve in reserves:
        found[reserve.token] += reserve.cash
    unit = {t.id: int(10 ** (t.wei_decimals - PERP_DECIMALS)) for t in params.tokens}
    dexes, collateral = dexes_of(params), [dex.collateral for dex in params.dexes]
    for account in accounts:
        for held in account.tokens:
            found[held.token] += held.idle
        for dex in account.dexes:
            token = collateral[dex.dex]
            found[token] += dex.raw_usd * unit[token]
        for position in account.positions:
            token = collateral[dexes[position.asset]]
            found[token] += position.isolated_usd * unit[token]
    return {token: max(0, amount) for token, amount in found.items()}
