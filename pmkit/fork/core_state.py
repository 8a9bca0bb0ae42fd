"""One account as an upstream's HyperCore tells it, and the market it stands in. SPEC HE-21."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.errors import InputError
from pmkit.fork.probe import ALL_WORDS, Ask, Shape

if TYPE_CHECKING:
    from pmkit.fork.probe import Answers, Moment, Probe
    from pmkit.fork.universe import Universe
    from pmkit.policy import Params

Row = dict[str, int]
LOAN_STIPEND = 150_000
"""Gas of a read of 0x811, which is burnt where nothing is lent: twice what pmkit's own takes."""
LOANS_AT_ONCE = 150
"""Such reads of one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreAccount:
    """What the precompiles answer about one account, all of one state."""

    address: str
    moment: Moment
    answers: Answers

    @property
    def exists(self) -> bool:
        """Whether the account is on Core."""
        return bool(self.row("core_user_exists", 0)["exists"])

    def row(self, name: str, id_: int) -> Row:
        """Return an answer; empty where the precompile failed or nothing was there."""
        return self.answers.get((name, id_)) or {}

    def ids(self, name: str) -> list[int]:
        """Return the ids for which a precompile answered."""
        return [id_ for (n, id_), answer in self.answers.items() if n == name and answer]

    @property
    def tokens(self) -> tuple[int, ...]:
        """Tokens of which the account has anything."""
        spot = [i for i in self.ids("spot_balance") if any(self.row("spot_balance", i).values())]
        return tuple(sorted({*spot, *self.ids("borrow_lend_user_state")}))

    @property
    def perps(self) -> tuple[int, ...]:
        """Assets in which it has a position."""
        return tuple(sorted(i for i in self.ids("position2") if self.row("position2", i)["szi"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreMarket:
    """Prices and reserves, all of one state; what the upstream did not answer is not there."""

    moment: Moment
    marks: dict[int, int]
    oracles: dict[int, int]
    spots: dict[int, int]
    reserves: dict[int, Row]


HOLDINGS = ("spot_balance", "account_margin_summary", "position2")
"""What an account has; these answer for every account, with zeros where it has nothing."""


def account_asks(params: Params, universe: Universe) -> list[Ask]:
    """Return what is asked of an account: everything it could have.

    Of what the parameters list every answer is kept, of the rest what is not nothing.
    """
    tokens = {token.id for token in params.tokens} & set(universe.tokens)
    perps = {perp.id for perp in params.perps} & set(universe.perps)
    dexes = set(range(len(params.dexes))) & set(universe.dexes)
    lendable = sorted(set(universe.reserves) | tokens)
    asks = [
        Ask(name="core_user_exists", shape=Shape.ACCOUNT),
        Ask(name="withdrawable", shape=Shape.ACCOUNT),
        Ask(name="delegator_summary", shape=Shape.ACCOUNT, held_words=ALL_WORDS),
    ]
    for name, shape, known, all_, held in (
        ("spot_balance", Shape.ACCOUNT_AND_ID, tokens, universe.tokens, ALL_WORDS),
        ("borrow_lend_user_state", Shape.ACCOUNT_AND_ID, tokens, lendable, ALL_WORDS),
        ("account_margin_summary", Shape.ID_AND_ACCOUNT, dexes, universe.dexes, ALL_WORDS),
        # Without a position an answer still tells a leverage, so the size alone is looked at.
        ("position2", Shape.ACCOUNT_AND_ID, perps, universe.perps, 1),
    ):
        asks.append(Ask(name=name, shape=shape, ids=tuple(sorted(known))))
        rest = tuple(sorted(set(all_) - known))
        asks.append(Ask(name=name, shape=shape, ids=rest, held_words=held))
    return [ask for ask in asks if ask.ids]


def read_account(probe: Probe, asks: list[Ask], address: str, params: Params) -> CoreAccount:
    """Return one account, in one read. Raises InputError for what cannot be imported."""
    moment, answers = probe.read(asks, address)
    account = CoreAccount(address=address, moment=moment, answers=answers)
    require_answers(asks, account)
    lent = {token.id for token in params.tokens}
    for token in account.ids("borrow_lend_user_state"):
        if token not in lent:
            raise unlisted_loan(address, token, params)
    for dex in account.ids("account_margin_summary"):
        if dex >= len(params.dexes) and any(account.row("account_margin_summary", dex).values()):
            problem = (
                f"has equity on perp dex {dex}, which {params.name} does not list; add the dex and"
                " the token it counts in to a file for --params"
            )
            raise InputError(place=address, problem=problem)
    return account


def require_answers(asks: list[Ask], account: CoreAccount) -> None:
    """Raise InputError where the upstream does not say what an account has: it is not nothing.

    A loan's read alone fails where there is none.
    """
    for ask in asks:
        if ask.held_words or ask.name not in HOLDINGS:
            continue
        for id_ in ask.ids:
            if not account.row(ask.name, id_):
                problem = (
                    f"an answer of {ask.name} for {id_} is required, which exists upstream; "
                    "the precompile failed"
                )
                raise InputError(place=account.address, problem=problem)


def require_no_other_loan(probe: Probe, address: str, params: Params, universe: Universe) -> None:
    """Raise InputError for a loan in a token that is neither a parameter nor has a reserve.

    0x812 may be silent of a token that 0x811 is not of. Of those many tokens nothing is imported,
    so that one state for all of them is not needed.
    """
    asked_already = {token.id for token in params.tokens} | set(universe.reserves)
    ids = sorted(set(universe.tokens) - asked_already)
    for start in range(0, len(ids), LOANS_AT_ONCE):
        ask = Ask(
            name="borrow_lend_user_state",
            shape=Shape.ACCOUNT_AND_ID,
            ids=tuple(ids[start : start + LOANS_AT_ONCE]),
            held_words=ALL_WORDS,
        )
        _, answers = probe.read([ask], address, LOAN_STIPEND)
        for _, token in answers:
            raise unlisted_loan(address, token, params)


def unlisted_loan(address: str, token: int, params: Params) -> InputError:
    """Return the error for a loan in a token that the parameters lack."""
    problem = f"lends or owes token {token}, which {params.name} does not list; add it"
    return InputError(place=address, problem=problem)


def read_market(probe: Probe, params: Params, universe: Universe) -> CoreMarket:
    """Return prices and reserves of everything that the parameters list."""
    perps = tuple(perp.id for perp in params.perps if perp.id in universe.perps)
    pairs = tuple(pair.id for pair in params.pairs)
    reserves = tuple(t.id for t in params.tokens if t.id in universe.reserves)
    asks = [
        Ask(name=name, shape=Shape.ID, ids=ids)
        for name, ids in (
            ("mark_px", perps),
            ("oracle_px", perps),
            ("spot_px", pairs),
            ("borrow_lend_reserve_state", reserves),
        )
        if ids
    ]
    moment, answers = probe.read(asks)

    def prices(name: str) -> dict[int, int]:
        return {i: a["px"] for (n, i), a in answers.items() if n == name and a and a["px"]}

    return CoreMarket(
        moment=moment,
        marks=prices("mark_px"),
        oracles=prices("oracle_px"),
        spots=prices("spot_px"),
        reserves={
            i: answer
            for (name, i), answer in answers.items()
            if name == "borrow_lend_reserve_state" and answer
        },
    )


def held_beyond(params: Params, accounts: list[CoreAccount]) -> tuple[set[int], set[int]]:
    """Return tokens and perps that accounts have and the parameters lack."""
    tokens = {token.id for token in params.tokens}
    perps = {perp.id for perp in params.perps}
    return (
        {token for account in accounts for token in account.tokens} - tokens,
        {asset for account in accounts for asset in account.perps} - perps,
    )


def equity_of(account: CoreAccount, dex: int) -> int:
    """Return an account's equity in a dex, 1e-6 of what it counts in."""
    return account.row("account_margin_summary", dex).get("account_value", 0)
