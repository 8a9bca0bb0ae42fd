"""A local venue with the few levers that the scenarios share: prices, reading, people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.listing import policy_call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmkit.chain.catalogue import ListedPair
    from pmkit.chain.local import LocalVenue
    from pmkit.chain.reader import Reader
    from pmkit.chain.sender import Sender
    from pmkit.policy import Reading


GAS_MONEY = 10**20
"""Wei of the gas token that a person begins with."""


class Stage:
    """One local venue, and what happens on it."""

    def __init__(self, local: LocalVenue) -> None:
        self.local = local

    @property
    def reader(self) -> Reader:
        """Reads the venue at the latest block."""
        return self.local.reader

    def sender(self, role: str) -> Sender:
        """Acts for a role."""
        return self.local.sender(role)

    def set_marks(
        self, marks: Mapping[str, int], borrow_px: Mapping[int, int] | None = None
    ) -> None:
        """Report marks by coin, on their grids; oracle prices follow, and so do spot prices.

        `borrow_px` gives tokens another price than their coin's mark, on the spot grid: it becomes
        the median of spot, mark and oracle.
        """
        listing = self.reader.listing
        given = borrow_px or {}
        oracles = dict(marks)
        spots: dict[str, int] = {}
        for pair in listing.pairs:
            coin = next((p for p in listing.perps if p.asset == pair.perp), None)
            if coin is None or coin.name not in marks:
                continue
            finer: int = 10 ** (pair.px_decimals - coin.px_decimals)
            mark = marks[coin.name]
            px = given.get(pair.base.token, mark * finer)
            # The oracle price goes to the far side of the wanted price, which is then the median.
            oracles[coin.name] = px // finer if px < mark * finer else -(-px // finer)
            spots[pair.base.name] = px
        self.local.set_prices(marks, spots=spots, oracles=oracles)

    def person(self, name: str) -> str:
        """Return an account of a name's own, that the node acts for and that can pay for gas."""
        account = to_checksum_address(keccak(text=f"pmkit demo: {name}")[-20:])
        rpc = self.local.rpc
        rpc.request("anvil_impersonateAccount", account)
        rpc.request("anvil_setBalance", account, hex(GAS_MONEY))
        return account

    def set_reading(self, reading: Reading) -> None:
        """Switch the reading of the requirement, as the risk admin does."""
        params = self.local.params
        switched = params.with_policy(params.policy.with_reading(reading))
        self.sender("admin").configure("setPolicy", policy_call(switched))

    def pair_of(self, token: str) -> ListedPair:
        """Return the pair of a token against the quote."""
        return next(p for p in self.reader.listing.pairs if p.base.name == token)
