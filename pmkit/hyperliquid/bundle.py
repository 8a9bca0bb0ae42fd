"""An account bundle as the venue's API prints it, read into an account. SPEC HL-02 to HL-12.

Net totals are the spot reply's own, whatever the perp replies of another moment add up to; what the
account owes is what `borrowLendUserState` says, since the venue's health factor rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.decimals import fixed, kind_of, shown, trimmed
from pmkit.errors import InputError
from pmkit.hyperliquid.perps import DexReply, read_dexes
from pmkit.hyperliquid.tokens import SpotReply, read_spot
from pmkit.margin import account_margin
from pmkit.model import Account, DexState, Mode, TokenState
from pmkit.stale import backs
from pmkit.units import PERP_DECIMALS
from pmkit.view import AccountView, TokenView

if TYPE_CHECKING:
    from pmkit.hyperliquid.document import Node
    from pmkit.policy import Params

MODES = {
    "portfolioMargin": Mode.PORTFOLIO_MARGIN,
    "unifiedAccount": Mode.UNIFIED,
    "disabled": Mode.STANDARD,
    "default": Mode.STANDARD,
}
"""The venue's words for the modes; `dexAbstraction` is discontinued and not modelled."""


NETWORK = "mainnet"
"""The network whose tokens, dexes and assets every parameter file is built on."""
LAST_TIME = 10**16
"""Beyond any moment in milliseconds."""
PRINTED_DECIMALS = 10
"""Decimals of the ratio that the spot reply prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A token's balances, and what its dexes' equity had to give way by."""

    supplied: int
    borrowed: int
    idle: int
    shift: int
    """Taken from the first dex's equity, 1e-6, where perp replies show more than the spot reply."""


def read_bundle(root: Node, params: Params) -> AccountView:
    """Return the account of a bundle. Raises InputError naming the place."""
    mode = mode_of(root)
    require_network(root, params)
    dexes = read_dexes(root)
    spot = read_spot(root, params, mode, tuple((dex.collateral, dex.place) for dex in dexes))
    index = {reply.id: i for i, reply in enumerate(spot)}
    raw_usd = [dex.raw_usd for dex in dexes]
    tokens: list[TokenState] = []
    for reply in spot:
        own = [d for d, dex in enumerate(dexes) if dex.collateral == reply.id]
        placed = place_balances(reply, mode, [dexes[d] for d in own])
        if placed.shift:
            raw_usd[own[0]] -= placed.shift
        tokens.append(token_state(reply, placed))
    positions = tuple(position for dex in dexes for position in dex.positions)
    account = Account(
        mode=mode,
        tokens=tuple(tokens),
        dexes=tuple(
            DexState(collateral=index[dex.collateral], raw_usd=raw)
            for dex, raw in zip(dexes, raw_usd, strict=True)
        ),
        perps=tuple(p.perp for p in positions if p.isolated_margin is None),
        policy=params.policy.margin,
    )
    require_prices(account, spot)
    require_positions(root, account)
    return AccountView(
        account=account,
        tokens=tuple(
            TokenView(
                name=reply.name,
                hold=reply.hold,
                capacity_known=reply.listing.px != 0
                or not reply.listing.borrowable
                or not has_collateral(account),
            )
            for reply in spot
        ),
        positions=positions,
        coins=tuple(dict.fromkeys([*(p.coin for p in positions), *(p.name for p in params.perps)])),
        links=tuple(
            (perp.name, index[perp.collateral])
            for perp in params.perps
            if perp.collateral is not None and perp.collateral in index
        ),
        recorded=True,
        notes=notes_of(spot, dexes, raw_usd),
    )


def require_network(root: Node, params: Params) -> None:
    """Raise InputError for replies without their moment, or of another network. SPEC HL-11."""
    network = root.at("network")
    if network.text() != NETWORK:
        told = f"is {shown(network.text())}, but the parameters `{params.name}` have the ids of"
        raise network.error(f"{told} {NETWORK}")
    root.at("time").count(most=LAST_TIME)


def mode_of(root: Node) -> Mode:
    """Return the account's mode. SPEC HL-02, HL-12. Raises InputError."""
    word = root.at("userAbstraction")
    if word.text() not in MODES:
        raise word.error(f"{word.text()!r} is none of {', '.join(MODES)}")
    mode = MODES[word.text()]
    enabled = root.at("spotClearinghouseState").get("portfolioMarginEnabled")
    if enabled is None:
        return mode
    if not isinstance(enabled.value, bool):
        raise enabled.error(f"true or false was expected, found {kind_of(enabled.value)}")
    if enabled.value != (mode == Mode.PORTFOLIO_MARGIN):
        told = "true" if enabled.value else "false"
        raise enabled.error(f"is {told}, but {word.path} is {word.value}")
    return mode


def place_balances(reply: SpotReply, mode: Mode, dexes: list[DexReply]) -> Placed:
    """Return balances such that the token's net total is the spot reply's. SPEC HL-05.

    Outside standard mode `total` holds the dexes' equity; isolated margin, which is in it too,
    counts for nothing. What replies of other moments show too much of gives way to the total: a
    dex's equity, on which the ratio does not depend, else debt grows. Raises InputError where
    neither can, and where a debt that must be there is stated by nobody (HL-09).
    """
    unit = 10 ** (reply.wei_decimals - PERP_DECIMALS) if dexes else 1
    inside = [] if mode == Mode.STANDARD else dexes
    equity = sum(cross_equity(dex) + dex.isolated_margin for dex in inside) * unit
    idle = reply.total - equity - reply.supplied + reply.borrowed
    borrowed, shift = reply.borrowed, 0
    may_owe = mode == Mode.PORTFOLIO_MARGIN and reply.listing.borrowable
    if idle < -unit and inside and may_owe and not reply.debt_stated:
        missing = fixed(-idle, reply.wei_decimals)
        problem = f"is missing, and the total is {missing} below the equity of its dexes"
        raise InputError(place=f"{reply.place}.borrowed", problem=problem)
    if idle < 0 and inside:
        shift = -(idle // unit)
        idle += shift * unit
    elif idle < 0 and may_owe:
        borrowed, idle = borrowed - idle, 0
    # Total and supply were each rounded to a wei: one wei less supply is against the account.
    supplied = reply.supplied - 1 if idle == -1 and reply.supplied > 0 else reply.supplied
    if idle + reply.supplied - supplied < 0:
        held = fixed(reply.supplied, reply.wei_decimals)
        raise InputError(place=f"{reply.place}.total", problem=f"is below the {held} supplied")
    return Placed(supplied=supplied, borrowed=borrowed, idle=max(0, idle), shift=shift)


def cross_equity(dex: DexReply) -> int:
    """Return the cross account value of a dex as its reply states it, 1e-6."""
    crossed = (p.perp for p in dex.positions if p.isolated_margin is None)
    return dex.raw_usd + sum(perp.szi * perp.mark for perp in crossed)


def token_state(reply: SpotReply, placed: Placed) -> TokenState:
    """Return one token of the account; the sweep finds no room to supply what the venue did not."""
    listing = reply.listing
    return TokenState(
        token=reply.id,
        px=listing.px,
        wei_decimals=reply.wei_decimals,
        sz_decimals=listing.sz_decimals,
        ltv_bps=reply.ltv_bps,
        # Without a price no capacity can be told; the token has no balance, or the reader refused.
        borrowable=listing.borrowable and listing.px != 0,
        user_supply_cap=listing.user_supply_cap,
        user_borrow_cap=listing.user_borrow_cap,
        idle=placed.idle,
        supplied=placed.supplied,
        borrowed=placed.borrowed,
        borrow_floor=0,
        supply_room=0,
        borrow_room=max(0, listing.borrow_room - placed.borrowed + reply.borrowed),
        cash=listing.cash,
    )


def has_collateral(account: Account) -> bool:
    """Return whether anything counts as collateral."""
    return any(backs(account, i) for i in range(len(account.tokens)))


def require_prices(account: Account, spot: tuple[SpotReply, ...]) -> None:
    """Raise InputError for a price that the answer depends on and nobody names. SPEC HL-07."""
    used = {dex.collateral for dex in account.dexes}
    for i, (token, reply) in enumerate(zip(account.tokens, spot, strict=True)):
        if token.px != 0:
            continue
        carries = (
            has_collateral(account)
            and reply.listing.borrowable
            and (reply.total != 0 or token.supplied != 0 or i in used)
        )
        if token.borrowed != 0 or backs(account, i) or carries or reply.total < 0:
            raise InputError(
                place="borrowLendReserveStates",
                problem=f"token {reply.id} ({reply.name}) has no oraclePx, "
                "and the answer depends on it",
            )


def require_positions(root: Node, account: Account) -> None:
    """Raise InputError where the venue shows a ratio and the bundle nothing it could be of. HL-10.

    Without maintenance and net debt there is no requirement: the dex that has it was left out.
    """
    printed = root.at("spotClearinghouseState").get("portfolioMarginRatio")
    pm = account.mode == Mode.PORTFOLIO_MARGIN
    if not pm or printed is None or printed.amount(PRINTED_DECIMALS, "down") == 0:
        return
    margin = account_margin(account)
    if all(token.requirement == 0 for token in margin.tokens):
        told = f"no dex has a position, but {printed.path} is {printed.value}"
        raise root.at("clearinghouseStates").error(told)


def notes_of(
    spot: tuple[SpotReply, ...], dexes: tuple[DexReply, ...], raw_usd: list[int]
) -> tuple[str, ...]:
    """Return what a reader of the report should know about how the bundle was read."""
    notes = [reply.note for reply in spot if reply.note]
    for dex, raw in zip(dexes, raw_usd, strict=True):
        if raw != dex.raw_usd:
            moved = trimmed(dex.raw_usd - raw, PERP_DECIMALS)
            notes.append(
                f"{dex.place} shows {moved} more equity than the spot reply's total leaves room "
                "for; the spot reply counts."
            )
    return tuple(notes)
