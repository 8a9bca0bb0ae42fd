"""From what precompiles answer to what a venue stores, so that it answers the same. SPEC HE-22.

Of a balance that backs perps 0x801 tells the net total, and nothing below zero; what is idle of it
is what supply, debt and equity in dexes leave. No precompile tells the mode: it is the caller's to
say, and else follows from what the account has, as `guessed` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.fork.accounts import NAMES
from pmkit.fork.core_state import equity_of
from pmkit.model import Mode
from pmkit.rates import SHARE_UNIT
from pmkit.units import PERP_DECIMALS

if TYPE_CHECKING:
    from pmkit.fork.accounts import ForkAccount
    from pmkit.fork.core_state import CoreAccount
    from pmkit.policy import Params, TokenParams


@dataclass(slots=True, kw_only=True)
class TokenImport:
    """One token of an account. Twin of `ForkImport.TokenImport`."""

    token: int
    shares: int = 0
    basis: int = 0
    idle: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DexImport:
    """One dex of an account."""

    dex: int
    raw_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionImport:
    """One asset of an account: a position, or how one would be margined."""

    asset: int
    szi: int
    entry_ntl: int
    leverage: int = 0
    isolated: bool = False
    isolated_usd: int = 0


@dataclass(slots=True, kw_only=True)
class AccountImport:
    """An account as the venue is to have it."""

    account: str
    mode: Mode = Mode.STANDARD
    tokens: list[TokenImport] = field(default_factory=list)
    dexes: list[DexImport] = field(default_factory=list)
    positions: list[PositionImport] = field(default_factory=list)

    def token(self, token: int) -> TokenImport:
        """Return an account's entry of a token, made if need be."""
        for known in self.tokens:
            if known.token == token:
                return known
        self.tokens.append(TokenImport(token=token))
        return self.tokens[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An account's import, and whether its mode was guessed."""

    state: AccountImport
    guessed: bool


def imported(core: CoreAccount, asked: ForkAccount, params: Params) -> Imported:
    """Return an account's import. Raises InputError where its figures contradict its mode."""
    mode = guess(core, params) if asked.mode is None else asked.mode
    state = AccountImport(account=core.address, mode=mode)
    leverages = {perp.id: perp.max_leverage for perp in params.perps}
    for token in params.tokens:
        held = token_import(core, token, params, mode)
        if held.shares or held.idle:
            state.tokens.append(held)
    for dex in range(len(params.dexes)):
        raw_usd = core.row("account_margin_summary", dex).get("raw_usd", 0)
        if raw_usd:
            state.dexes.append(DexImport(dex=dex, raw_usd=raw_usd))
    for asset in core.ids("position2"):
        row = core.row("position2", asset)
        leverage = 0 if row["leverage"] == leverages[asset] else row["leverage"]
        if row["szi"] or leverage or row["is_isolated"]:
            state.positions.append(
                PositionImport(
                    asset=asset,
                    szi=row["szi"],
                    entry_ntl=row["entry_ntl"],
                    leverage=leverage,
                    isolated=bool(row["is_isolated"]),
                    isolated_usd=row["isolated_raw_usd"],
                )
            )
    return Imported(state=state, guessed=asked.mode is None)


def token_import(core: CoreAccount, token: TokenParams, params: Params, mode: Mode) -> TokenImport:
    """Return what an account has of a token. Raises InputError."""
    supplied, borrowed, basis = lent(core, token.id)
    total = core.row("spot_balance", token.id).get("total", 0)
    idle = total
    if mode is not Mode.STANDARD:
        equity = equity_in(core, token, params)
        idle = total - supplied + borrowed - equity
        if total == 0 and idle > 0:
            # The net total is below zero, and the answer says no more than that.
            idle = 0
    if idle < 0:
        problem = (
            f"0x801 answers {total} wei of {token.name} where supply, debt and dexes make"
            f" {total - idle}, which no account in mode {NAMES[mode]} has; name its mode"
        )
        raise InputError(place=core.address, problem=problem)
    shares = (supplied - borrowed) * SHARE_UNIT
    return TokenImport(token=token.id, shares=shares, basis=basis, idle=idle)


def lent(core: CoreAccount, token: int) -> tuple[int, int, int]:
    """Return supply, debt and basis of a token."""
    row = core.row("borrow_lend_user_state", token)
    if not row:
        return 0, 0, 0
    if row["supply_value"] and row["borrow_value"]:
        problem = f"both supplies and owes token {token}, which no account here does"
        raise InputError(place=core.address, problem=problem)
    return row["supply_value"], row["borrow_value"], row["supply_basis"] + row["borrow_basis"]


def equity_in(core: CoreAccount, token: TokenParams, params: Params) -> int:
    """Return an account's equity in the dexes that count in a token, token wei."""
    usd = sum(
        equity_of(core, dex)
        for dex, listed in enumerate(params.dexes)
        if listed.collateral == token.id
    )
    return usd * int(10 ** (token.wei_decimals - PERP_DECIMALS))


def guess(core: CoreAccount, params: Params) -> Mode:
    """Return the mode that an account's figures show.

    Who owes has portfolio margin, since nobody else borrows; so has whose 0x801 counts a supply
    and nothing else, as the sweep leaves it. Everybody else is taken for a standard account.
    """
    for token in params.tokens:
        supplied, borrowed, _ = lent(core, token.id)
        total = core.row("spot_balance", token.id).get("total", 0)
        equity = equity_in(core, token, params)
        if borrowed or (supplied and total == supplied + equity):
            return Mode.PORTFOLIO_MARGIN
    return Mode.STANDARD
