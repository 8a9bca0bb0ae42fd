"""Spot balances and reserves of a bundle, joined with the parameters. SPEC HL-05 to HL-09.

LTV: the reserve state's, else the balance's, else the parameters'. What is listed, what can be
borrowed and the caps come from the parameters alone, since no reply tells them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.hyperliquid.document import join
from pmkit.model import Mode
from pmkit.units import BPS, INT128_MAX, PERP_DECIMALS, SPOT_DECIMALS

if TYPE_CHECKING:
    from pmkit.hyperliquid.document import Node
    from pmkit.policy import Params, TokenParams

LTV_DECIMALS = 4
"""LTV in basis points."""
USUAL_WEI_DECIMALS = 8
"""Decimals at which the balance of a token that the parameters do not know is kept, at least."""
ANY_DECIMALS = 40
"""More decimals than any amount has: enough to tell zero from anything else."""
DRIFT = 100
"""Two replies may differ by one part in so many of the larger figure: they are seconds apart."""
ONE = 10**ANY_DECIMALS
USDC = 0
"""Token id of the quote of all prices, which has none of its own but one."""
UNSTATED_CASH = INT128_MAX
"""More than any account draws, and what it repays still fits beside it."""
OUTCOME = re.compile(r"\+[0-9]+|o[0-9]+", re.ASCII)
"""Coins of outcome balances, which have no token id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What reserve and parameters say of a token, whatever the account holds of it."""

    px: int
    """Zero where the bundle names none."""
    sz_decimals: int
    borrowable: bool
    user_supply_cap: int
    user_borrow_cap: int
    borrow_room: int
    cash: int
    """UNSTATED_CASH where the bundle does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotReply:
    """What a bundle and the parameters say of one token; amounts in its wei."""

    id: int
    name: str
    place: str
    total: int
    """The venue's net total, rounded down."""
    hold: int | None
    """Rounded up; None where the venue does not say."""
    supplied: int
    """Rounded down."""
    borrowed: int
    """Rounded up."""
    debt_stated: bool
    """Whether any reply says what is owed, zero included."""
    wei_decimals: int
    ltv_bps: int
    listing: Listing
    note: str
    """What to tell the reader of the report; empty where there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """The lists of a bundle by token id."""

    balances: dict[int, Node]
    reserves: dict[int, Node]
    users: dict[int, Node]
    supply_ratios: dict[int, Node]
    """What is supplied over the account's cap, where the spot reply says so."""
    borrow_ratios: dict[int, Node]


def read_spot(
    root: Node, params: Params, mode: Mode, collaterals: tuple[tuple[int, str], ...]
) -> tuple[SpotReply, ...]:
    """Return every token of the bundle, and the collateral tokens of its dexes. Raises InputError.

    `collaterals` are token ids with the place of the dex that names each.
    """
    # The key is always there; null means that nobody asked, and the spot reply must say it all.
    state = root.at("borrowLendUserState")
    reply = root.at("spotClearinghouseState")
    replies = Replies(
        balances=read_balances(reply.at("balances")),
        reserves=dict(root.at("borrowLendReserveStates").pairs()),
        users={} if state.value is None else dict(state.at("tokenToState").pairs()),
        supply_ratios=ratios_of(reply, "tokenToPortfolioSupplyRatio"),
        borrow_ratios=ratios_of(reply, "tokenToPortfolioBorrowRatio"),
    )
    dex_tokens = {token for token, _ in collaterals}
    spot = [
        read_token(token, balance, replies, params, mode, backs=token in dex_tokens)
        for token, balance in replies.balances.items()
    ]
    for token, place in collaterals:
        if token in replies.balances:
            continue
        # A standard account's spot reply leaves out what it has none of; elsewhere the dex's equity
        # would be in the total, so that its absence is a contradiction.
        if mode != Mode.STANDARD or not params.has_token(token):
            raise InputError(
                place="spotClearinghouseState.balances",
                problem=f"token {token}, the collateral of {place}, is missing",
            )
        if all(reply.id != token for reply in spot):
            spot.append(without_balance(token, replies, params))
    for token, user in replies.users.items():
        if token not in replies.balances and any(
            user.at(side).at("value").amount(ANY_DECIMALS) for side in ("borrow", "supply")
        ):
            raise user.error(f"token {token} is not among the spot balances")
    return tuple(spot)


def ratios_of(spot: Node, key: str) -> dict[int, Node]:
    """Return a list of ratios by token id, empty where the reply has none. Raises InputError."""
    found = spot.get(key)
    return {} if found is None else dict(found.pairs())


def read_balances(balances: Node) -> dict[int, Node]:
    """Return the spot balances by token id, outcome balances left out. Raises InputError."""
    found: dict[int, Node] = {}
    for entry in balances.elements():
        token = entry.get("token")
        if token is None and OUTCOME.fullmatch(entry.at("coin").text()):
            continue
        key = entry.at("token").count()
        if key in found:
            raise entry.at("token").error(f"the token {key} appears twice")
        found[key] = entry
    return found


def read_token(
    token: int, balance: Node, replies: Replies, params: Params, mode: Mode, *, backs: bool
) -> SpotReply:
    """Return one token of the spot reply. Raises InputError."""
    known = params.token(token) if params.has_token(token) else None
    total = balance.at("total")
    decimals = known.wei_decimals if known else unknown_decimals(balance)
    name = balance.get("coin")
    if backs and decimals < PERP_DECIMALS:
        raise balance.error(f"a dex's collateral token has at least {PERP_DECIMALS} decimals")
    stated_supply = supplied_of(balance, replies, token, decimals)
    stated_debt = borrowed_of(balance, replies, token, decimals)
    # A pool position is one signed number: whoever supplies owes nothing, and the reverse.
    supplied, borrowed = stated_supply or 0, stated_debt or 0
    if known is None and (supplied or borrowed or backs):
        raise balance.error(f"token {token} is not among the parameters `{params.name}`")
    may_owe = known is not None and (backs or (mode == Mode.PORTFOLIO_MARGIN and known.borrowable))
    if total.units(decimals, "down") < 0 and (mode == Mode.STANDARD or not may_owe):
        raise total.error(f"must not be negative in this mode, was {total.value}")
    hold = balance.get("hold")
    reserve = replies.reserves.get(token)
    ltv = (reserve.get("ltv") if reserve else None) or balance.get("ltv")
    ltv_bps, note = ltv_of(ltv, known), ""
    pm = mode == Mode.PORTFOLIO_MARGIN
    if ltv is not None and ltv_bps and not (known and known.listed):
        if pm and (supplied or total.units(ANY_DECIMALS)):
            called = f"token {token} ({name.text()})" if name else f"token {token}"
            note = unlisted(ltv, called, known, params.name)
        ltv_bps = 0
    if pm and ltv_bps and stated_supply is None and not borrowed and total.units(decimals, "down"):
        problem = f"is missing, and no reply says how much of token {token} is supplied"
        raise InputError(place=join(balance.path, "supplied"), problem=problem)
    return SpotReply(
        id=token,
        name=known.name if known else (name.text() if name else str(token)),
        place=balance.path,
        total=total.units(decimals, "down"),
        hold=None if hold is None else hold.units(decimals, "up"),
        supplied=supplied,
        borrowed=borrowed,
        debt_stated=stated_debt is not None or supplied > 0,
        wei_decimals=decimals,
        ltv_bps=ltv_bps,
        note=note,
        listing=read_listing(reserve, known, borrowed),
    )


def without_balance(token: int, replies: Replies, params: Params) -> SpotReply:
    """Return a token that the spot reply leaves out because the account has none of it."""
    known = params.token(token)
    return SpotReply(
        id=token,
        name=known.name,
        place="spotClearinghouseState.balances",
        total=0,
        hold=0,
        supplied=0,
        borrowed=0,
        debt_stated=True,
        wei_decimals=known.wei_decimals,
        ltv_bps=known.ltv_bps,
        note="",
        listing=read_listing(replies.reserves.get(token), known, 0),
    )


def unknown_decimals(balance: Node) -> int:
    """Return decimals that keep the balance of an unknown token exact. Raises InputError."""
    total = balance.at("total")
    total.units(ANY_DECIMALS)
    return max(USUAL_WEI_DECIMALS, len(str(total.value).partition(".")[2]))


def supplied_of(balance: Node, replies: Replies, token: int, decimals: int) -> int | None:
    """Return what is supplied, or None where nobody says. SPEC HL-09. Raises InputError.

    The spot reply's figure comes first, since collateral is judged with its total; replies without
    the field are completed from `borrowLendUserState`. A zero may stand in the ratio alone.
    """
    own, user = balance.get("supplied"), replies.users.get(token)
    if user is not None:
        own = agreed(own, user.at("supply").at("value"))
    if own is None:
        return zero_of(replies.supply_ratios.get(token), "supplied")
    return own.amount(decimals, "down")


def borrowed_of(balance: Node, replies: Replies, token: int, decimals: int) -> int | None:
    """Return gross debt, or None where nobody says. SPEC HL-09. Raises InputError.

    `borrowLendUserState` comes first, as the health factor is there; a zero may stand in the ratio.
    """
    own, user = balance.get("borrowed"), replies.users.get(token)
    owed = None if own is None else own.amount(decimals, "up")
    if user is not None:
        value = user.at("borrow").at("value")
        agreed(own, value)
        return value.amount(decimals, "up")
    return zero_of(replies.borrow_ratios.get(token), "borrowed") if owed is None else owed


def agreed(own: Node | None, user: Node) -> Node:
    """Return the balance's amount, else the user state's. SPEC HL-12.

    Replies are seconds apart and drift; raises InputError where they differ by more than that.
    """
    if own is None:
        return user
    amounts = own.amount(ANY_DECIMALS), user.amount(ANY_DECIMALS)
    if abs(amounts[0] - amounts[1]) * DRIFT > max(amounts):
        raise own.error(f"is {own.value}, but {user.path} is {user.value}")
    return own


def zero_of(ratio: Node | None, done: str) -> int | None:
    """Return the zero that a ratio of zero states, or None without one. Raises InputError."""
    if ratio is None:
        return None
    if ratio.amount(ANY_DECIMALS, "up") != 0:
        raise ratio.error(f"is {ratio.value}, but no reply says how much is {done}")
    return 0


def ltv_of(stated: Node | None, known: TokenParams | None) -> int:
    """Return the LTV (basis points) as stated, else of the parameters. SPEC HL-06."""
    if stated is None:
        return known.ltv_bps if known else 0
    ltv_bps = stated.amount(LTV_DECIMALS)
    if ltv_bps >= BPS:
        raise stated.error(f"must be below 1, was {stated.value}")
    return ltv_bps


def unlisted(stated: Node, called: str, known: TokenParams | None, params: str) -> str:
    """Return the note on collateral that the parameters do not list. SPEC HL-06.

    Raises InputError where they do not even know it: nobody says then what it is.
    """
    if known is not None:
        return f"{known.name} is not listed by the parameters `{params}` and counts for nothing."
    told = f"is {stated.value}, but {called} is not among the parameters `{params}`"
    raise stated.error(told)


def read_listing(reserve: Node | None, known: TokenParams | None, borrowed: int) -> Listing:
    """Return what reserve and parameters say of a token. SPEC CR-01, HL-07, HL-08.

    Raises InputError.
    """
    px_node = reserve.get("oraclePx") if reserve else None
    if known is None:
        return Listing(
            px=0,
            sz_decimals=0,
            borrowable=False,
            user_supply_cap=0,
            user_borrow_cap=0,
            borrow_room=0,
            cash=0,
        )
    if known.id == USDC and px_node is not None and px_node.units(ANY_DECIMALS) != ONE:
        raise px_node.error(f"must be 1, was {px_node.value}: USDC is worth one USD")
    decimals = known.wei_decimals
    cash = reserve.get("balance") if reserve else None
    lent = reserve.get("totalBorrowed") if reserve else None
    room = known.user_borrow_cap - borrowed
    if lent is not None:
        room = min(room, known.global_borrow_cap - lent.amount(decimals, "up"))
    return Listing(
        px=px_node.amount(SPOT_DECIMALS - known.sz_decimals) if px_node else 0,
        sz_decimals=known.sz_decimals,
        borrowable=known.borrowable,
        user_supply_cap=known.user_supply_cap,
        user_borrow_cap=known.user_borrow_cap,
        borrow_room=max(0, room),
        cash=UNSTATED_CASH if cash is None else cash.amount(decimals, "down"),
    )
