"""A venue on a chain of its own, with funded roles and a clock and prices at hand.

Amounts and prices are integers in the venue's units; as `Decimal` or text they are what people say
(whole tokens, USD) and must fit the unit exactly. The stepped clock moves a second a block and by
`warp` only, so that a run gives the same figures every time; prices grow old by it as they would.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from pmkit.chain.address import checked
from pmkit.chain.deploy import deploy
from pmkit.chain.genesis import ROLES, plan_genesis
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.chain.node import DEFAULT_CHAIN_ID, Node
from pmkit.chain.pricing import Figure, report_again, report_of, units
from pmkit.chain.reader import Reader
from pmkit.chain.rpc import Rpc
from pmkit.chain.sender import Receipt, Sender
from pmkit.chain.signing import NodeSigner
from pmkit.errors import InputError
from pmkit.params import load_params

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from pmkit.chain.deployment import Deployment
    from pmkit.policy import Params


class Clock(StrEnum):
    """How a local chain's time runs."""

    STEPPED = "stepped"
    """A second a block, from the day of the parameters: runs repeat exactly."""
    WALL = "wall"
    """As the machine's."""


class LocalVenue:
    """A local node with a venue on it; a context manager that ends the node."""

    def __init__(
        self,
        node: Node,
        params: Params,
        deployment: Deployment,
        clock: Clock,
        *,
        url: str | None = None,
    ) -> None:
        self.node = node
        self.params = params
        self.deployment = deployment
        self.clock = clock
        self.rpc = Rpc(node.url if url is None else url)
        self.reader = Reader(self.rpc, deployment)
        self._senders: dict[str, Sender] = {}

    @classmethod
    def start(
        cls,
        params: Params | str = "current",
        *,
        port: int = 0,
        chain_id: int = DEFAULT_CHAIN_ID,
        clock: Clock = Clock.STEPPED,
        prices: Mapping[str, Decimal] = GENESIS_PRICES,
        conditions: bool = False,
    ) -> LocalVenue:
        """Start a node and put a funded venue on it.

        What only guards a public venue is switched off (`Params.local`): the conditions for
        enabling portfolio margin, and the bound on one update's move. With `conditions` everything
        holds as the parameters say; roles in portfolio margin were there before. SPEC AC-10.

        Raises InputError for parameters that the contracts do not take, ToolMissing,
        NodeUnavailable.
        """
        chosen = load_params(params) if isinstance(params, str) else params
        if not conditions:
            chosen = chosen.local()
        # Whatever is wrong with the parameters shows before a process is started.
        plan_genesis(chosen, dict.fromkeys(ROLES, "0x" + "11" * 20), prices)
        node = Node.start(port=port, chain_id=chain_id, timestamp=birthday(chosen, clock))
        try:
            rpc = Rpc(node.url)
            if clock is Clock.STEPPED:
                rpc.request("anvil_setBlockTimestampInterval", 1)
            deployment = deploy(rpc, chosen, prices)
            rpc.close()
        except BaseException:
            node.close()
            raise
        return cls(node, chosen, deployment, clock)

    def close(self) -> None:
        """End the node."""
        self.rpc.close()
        self.node.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def account(self, who: str) -> str:
        """Return the address of a role; an address is returned as it is. Raises InputError."""
        return checked(who) if who.startswith("0x") else self.deployment.account(who)

    def sender(self, who: str) -> Sender:
        """Return a role's sender, or that of an address whose transactions the node will sign."""
        address = self.account(who)
        if address not in self._senders:
            self._senders[address] = Sender(self.reader, NodeSigner(address))
        return self._senders[address]

    def amount(self, token: str | int, figure: Figure) -> int:
        """Return an amount of a token in its wei."""
        listed = self.reader.listing.token(token)
        return units(figure, listed.wei_decimals, f"amount of {listed.name}")

    def fund(self, who: str, token: str | int, amount: Figure) -> None:
        """Put tokens into a wallet."""
        listed = self.reader.listing.token(token)
        evm_amount = listed.to_evm_up(self.amount(token, amount))
        self.sender("admin").mint(token, evm_amount, self.account(who))

    def credit(self, who: str, token: str | int, amount: Figure) -> Receipt:
        """Put tokens into a spot balance; an account in portfolio margin is then swept."""
        self.fund("admin", token, amount)
        return self.sender("admin").deposit(token, self.amount(token, amount), self.account(who))

    def set_prices(
        self,
        marks: Mapping[str, Figure] | None = None,
        *,
        spots: Mapping[str, Figure] | None = None,
        oracles: Mapping[str, Figure] | None = None,
        usdc_px: int | None = None,
    ) -> Receipt:
        """Report prices: marks and oracle prices by coin, spot prices by token.

        An oracle price that is not named follows the mark; whatever else is not named stays.
        """
        report = report_of(
            self.reader.listing,
            self.reader.prices(),
            marks=marks,
            spots=spots,
            oracles=oracles,
            usdc_px=usdc_px,
        )
        return self.sender("reporter").report_prices(report)

    def move(self, coin: str, px: Figure) -> Receipt:
        """Set the mark and oracle price of a coin, and the spot price of what moves with it.

        An integer is in units of the perp's price.
        """
        listing = self.reader.listing
        perp = listing.perp(coin)
        dollars = Decimal(px) / 10**perp.px_decimals if isinstance(px, int) else Decimal(px)
        followers = [p.base.name for p in listing.pairs if p.perp == perp.asset]
        return self.set_prices({coin: dollars}, spots=dict.fromkeys(followers, dollars))

    def republish(self) -> Receipt:
        """Report every price once more as it is, so that it counts as fresh."""
        return self.sender("reporter").report_prices(report_again(self.reader.prices()))

    def keep_fresh(self) -> None:
        """Publish prices again if they are past half the age at which they serve for new risk."""
        allowed = self.reader.policy()["max_price_age"]
        if 2 * (self.now() - self.reader.prices().oldest) > allowed:
            self.republish()

    def warp(self, seconds: int, *, republish: bool = True) -> None:
        """Let time pass; prices are published again, so that they do not grow stale meanwhile."""
        if seconds <= 0:
            raise InputError(place="seconds", problem=f"time goes forward only, not by {seconds}")
        if self.clock is Clock.STEPPED:
            latest = self.rpc.block().timestamp
            self.rpc.request("anvil_setNextBlockTimestamp", latest + seconds)
        else:
            self.rpc.request("evm_increaseTime", seconds)
        if republish:
            self.republish()
        else:
            self.rpc.request("evm_mine")

    def now(self) -> int:
        """Return the time that a transaction sent now would see."""
        return self.rpc.block("pending").timestamp

    @contextmanager
    def scratch(self) -> Iterator[LocalVenue]:
        """Undo on leaving whatever happens on the chain inside."""
        snapshot = self.rpc.request("evm_snapshot")
        try:
            yield self
        finally:
            self.rpc.request("evm_revert", snapshot)


def birthday(params: Params, clock: Clock) -> int | None:
    """Return the time of the first block: the day of the parameters, or None for now."""
    if clock is Clock.WALL:
        return None
    return int(datetime.fromisoformat(params.date).replace(tzinfo=UTC).timestamp())
