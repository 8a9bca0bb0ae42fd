"""The venue as one object: accounts act on it, views look at it, it can be copied and replayed.

No rule stands here. An action is looked up, its arguments are held against the signature, it runs,
and either all of it is kept or nothing; how it ended is noted in the log.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from pmkit.errors import InputError, VenueError
from pmkit.venue import (
    account_store,
    account_views,
    borrow_lend_pool,
    funding,
    isolated,
    reserve_status,
    snapshot,
    trading,
    volume,
)
from pmkit.venue.actions import Action, External, external
from pmkit.venue.actor import Actor
from pmkit.venue.addresses import address_of, sub_account_of
from pmkit.venue.block import Block
from pmkit.venue.genesis import NOTHING_LISTED, Genesis
from pmkit.venue.integers import UINT40_MAX
from pmkit.venue.refusal import Refusal
from pmkit.venue.registry import Registry
from pmkit.venue.state import VenueState
from pmkit.venue.wallets import Wallets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmkit.model import Account, AccountMargin, ReserveStatus
    from pmkit.policy import Params
    from pmkit.venue.events import Event
    from pmkit.venue.records import FundingView, InventoryView, IsolatedPosition, ReserveView
    from pmkit.venue.registry import Dex, Perp, Token
    from pmkit.venue.state import AccountState, Position, TokenBalance


class Venue:
    """The whole venue as a state machine in plain integers.

    >>> from pmkit.params import load_params
    >>> venue = Venue(load_params("current"))
    >>> trader = venue.account("trader")
    >>> trader.fund("UBTC", 10**10)
    >>> trader.deposit("UBTC", 10**10)
    10000000000
    """

    __slots__ = ("block", "log", "names", "registry", "state", "wallets")

    def __init__(
        self,
        source: Params | Genesis = NOTHING_LISTED,
        *,
        now: int = 1,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Create a venue and list what `source` says, all as the account named admin.

        `now` is the time of its first block. `names` are addresses by name; whoever is not among
        them gets one that follows from the name. Raises InputError, and what the registry refuses.
        """
        self._clear(now, {name: address_of(found, {}) for name, found in (names or {}).items()})
        parties = ("registry", "venue", "maker", "backstop", "insurance", "core")
        self.act("admin", "create", *(self.address_of(name) for name in parties))
        genesis = source if isinstance(source, Genesis) else Genesis.of(source)
        for name, args in genesis.actions():
            self.act("admin", name, *args)

    def _clear(self, now: int, names: Mapping[str, str]) -> None:
        require_time(now)
        self.block = Block(now=now)
        """The clock, and what the last action emitted."""
        self.wallets = Wallets(self.block)
        self.registry = Registry(self.block, self.wallets)
        self.state = VenueState(self.block, self.registry, self.wallets)
        self.names = dict(names)
        """Addresses by name, where they do not follow from it."""
        self.log: list[Action] = []
        """Every action since the venue began, done or refused."""

    # Time and names

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return self.block.now

    @now.setter
    def now(self, now: int) -> None:
        require_time(now)
        if now < self.block.now:
            raise InputError(place="now", problem=f"was {self.block.now}, cannot go back to {now}")
        self.block.now = now

    def advance(self, seconds: int) -> None:
        """Let time pass. Raises InputError."""
        self.now += seconds

    def account(self, who: str) -> Actor:
        """Return the account of a name or address, to act with."""
        return Actor(self, self.address_of(who))

    def address_of(self, who: str) -> str:
        """Return the address of a name, or an address in lower case. Raises InputError."""
        return address_of(who, self.names)

    def token_id(self, token: int | str) -> int:
        """Return the id of a token by its name, or the id. Raises InputError."""
        return token if isinstance(token, int) else named(self.registry.tokens, token).token

    def asset_id(self, asset: int | str) -> int:
        """Return the id of a perp asset by its name, or the id. Raises InputError."""
        return asset if isinstance(asset, int) else named(self.registry.perps, asset).asset

    def dex_id(self, dex: int | str) -> int:
        """Return the id of a dex by its name, or the id. Raises InputError."""
        return dex if isinstance(dex, int) else named(self.registry.dexes, dex).dex

    # Actions

    def act(self, sender: str, name: str, *args: Any) -> Any:
        """Let an account do one action, whole or not at all; return what it returns.

        Raises InputError for arguments that do not fit, and what the action raises.
        """
        function = external(name)
        address = self.address_of(sender)
        function.require_fit(name, args)
        self.block.begin()
        self.state.touched.clear()
        try:
            result = function.run(self._storage(function), address, *args)
            reserve_status.announce(self.state)
        except BaseException as error:
            self.block.roll_back()
            if isinstance(error, VenueError):
                self._note(address, name, args, None, Refusal.of(error))
            raise
        self._note(address, name, args, result, None)
        return result

    def _storage(self, function: External) -> Any:
        if function.storage is VenueState:
            return self.state
        return self.registry if function.storage is Registry else self.wallets

    def _note(
        self, sender: str, name: str, args: tuple[Any, ...], result: Any, refusal: Refusal | None
    ) -> None:
        self.log.append(
            Action(
                time=self.block.now,
                sender=sender,
                name=name,
                args=args,
                result=result,
                refusal=refusal,
            )
        )

    @property
    def events(self) -> tuple[Event, ...]:
        """What the last action emitted, in order; nothing when it was refused."""
        return tuple(self.block.events)

    # Views: as the contracts answer, reading nothing but storage, prices and the clock

    def account_state(self, who: str) -> AccountState:
        """Return the stored state of an account."""
        return self.state.accounts[self.address_of(who)]

    def balance_of(self, who: str, token: int | str) -> TokenBalance:
        """Return the stored balance of a token. Raises UnknownToken."""
        index = self.registry.token_index(self.token_id(token))
        return self.state.balances[self.address_of(who), index]

    def position_of(self, who: str, asset: int | str) -> Position:
        """Return the stored position in a perp asset. Raises UnknownAsset."""
        index = self.registry.perp_index(self.asset_id(asset))
        return self.state.positions[self.address_of(who), index]

    def funding_due_of(self, who: str, asset: int | str) -> int:
        """Return what a position has to pay since it was settled, 1e-6 USD. SPEC FD-07.

        Negative when it receives. Raises UnknownAsset.
        """
        perp = self.registry.perp(self.asset_id(asset))
        return funding.due(self.state, self.address_of(who), perp)

    def funding_of(self, asset: int | str) -> FundingView:
        """Return the funding of a perp asset as it stands. SPEC FD-06. Raises UnknownAsset."""
        return self.registry.funding_of(self.asset_id(asset))

    def raw_usd_of(self, who: str, dex: int | str) -> int:
        """Return the stored equity in a dex, 1e-6 of its collateral token. Raises UnknownDex."""
        index = self.registry.dex(self.dex_id(dex)).index
        return self.state.raw_usd[self.address_of(who), index]

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts seen so far, in order."""
        return tuple(self.state.account_list.values())

    def is_operator(self, who: str, operator: str) -> bool:
        """Return whether an account lets another act for it. SPEC AC-05."""
        return self.state.operators[self.address_of(who), self.address_of(operator)]

    def sub_account_of(self, who: str, index: int) -> str:
        """Return the address of a sub-account. SPEC AC-06."""
        return sub_account_of(self.address_of(who), index)

    def volume_of(self, who: str) -> tuple[int, int]:
        """Return what an account traded in the policy's window of days, and ever. SPEC AC-11."""
        address = self.address_of(who)
        window = self.registry.policy.enable_volume_days
        return volume.over(self.state, address, window), volume.over(self.state, address, 0)

    def reserve_status(self, token: int | str) -> ReserveStatus:
        """Return what limits a reserve, interest up to now included. SPEC BL-20.

        Raises UnknownToken, DoesNotFit128.
        """
        p = self.registry.token(self.token_id(token))
        return reserve_status.status_of(self.state, p)

    def reserve_of(self, token: int | str) -> ReserveView:
        """Return a reserve with interest up to now. Raises UnknownToken, DoesNotFit128."""
        return borrow_lend_pool.reserve_of(self.state, self.token_id(token))

    def inventory_of(self, token: int | str) -> InventoryView:
        """Return what the backstop has still to sell of a token. Raises UnknownToken."""
        return trading.inventory_of(self.state, self.token_id(token))

    def account_of(self, who: str) -> Account:
        """Return an account as stored, with interest and funding up to now: what formulas take."""
        return account_store.load(self.state, self.address_of(who))[0]

    def margin_of(self, who: str) -> AccountMargin:
        """Return the margin figures of an account as if swept. SPEC PM-12, PM-14."""
        return account_views.margin_of(self.state, self.address_of(who), as_if_swept=True)

    def stored_margin_of(self, who: str) -> AccountMargin:
        """Return the margin figures of an account as stored."""
        return account_views.margin_of(self.state, self.address_of(who), as_if_swept=False)

    def display_liquidation_px(self, who: str, asset: int | str) -> int:
        """Return the price the venue displays beside a position, 1e-10 USD. SPEC LQ-07."""
        address = self.address_of(who)
        return account_views.display_liquidation_px(self.state, address, self.asset_id(asset))

    def isolated_of(self, who: str, asset: int | str) -> IsolatedPosition:
        """Return an isolated position and its figures at the mark. SPEC CH-07, LQ-08."""
        return isolated.isolated_of(self.state, self.address_of(who), self.asset_id(asset))

    # The whole

    def copy(self) -> Venue:
        """Return a venue that goes its own way from here; what neither changes is shared."""
        twin = Venue.__new__(Venue)
        twin._clear(self.now, self.names)
        twin.state.parties = self.state.parties
        for mine, its in zip(
            snapshot.tables_of(self).values(), snapshot.tables_of(twin).values(), strict=True
        ):
            its.fill(mine)
        twin.block.events = self.block.events
        twin.log = self.log.copy()
        return twin

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON: integers as text, so that no reader rounds them."""
        return snapshot.encode_venue(self)

    @classmethod
    def from_json(cls, found: object) -> Venue:
        """Return the venue of parsed JSON. Raises InputError naming the place."""
        read = snapshot.decode_venue(found)
        venue = cls.__new__(cls)
        venue._clear(read.now, read.names)
        venue.state.parties = read.parties
        for name, table in snapshot.tables_of(venue).items():
            table.fill(read.tables[name])
        venue.log = read.log
        return venue

    def dump_storage(self) -> dict[str, Any]:
        """Return what the contracts' storage-backed views answer, all of it, by ids."""
        return snapshot.dump_storage(self)

    @classmethod
    def replay(cls, log: Iterable[Action], start: Venue | None = None) -> Venue:
        """Return the venue that a log leads to, from its creation or from a venue to start with.

        Raises InputError for an action whose outcome is not the noted one.
        """
        venue = cls.__new__(cls) if start is None else start.copy()
        for place, action in enumerate(log):
            if start is None and place == 0:
                venue._clear(action.time, {})
            venue.now = action.time
            with contextlib.suppress(VenueError):
                venue.act(action.sender, action.name, *action.args)
            if venue.log[-1] != action:
                problem = f"ended otherwise than noted: {venue.log[-1]}"
                raise InputError(place=f"log[{place}]", problem=problem)
        return venue


def require_time(now: int) -> None:
    """Require a time that the contracts can store. Raises InputError."""
    if not 0 < now <= UINT40_MAX:
        raise InputError(place="now", problem=f"must be from 1 to {UINT40_MAX}, was {now}")


R = TypeVar("R", "Token", "Perp", "Dex")


def named(rows: Mapping[int, R], name: str) -> R:
    """Return the listed thing of a name. Raises InputError unless exactly one has it."""
    found = [row for row in rows.values() if row.name == name]
    if len(found) != 1:
        problem = "several are listed by this name" if found else "nothing is listed by this name"
        raise InputError(place=repr(name), problem=problem)
    return found[0]
