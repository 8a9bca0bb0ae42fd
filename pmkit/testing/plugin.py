"""Fixtures that pytest finds by itself: a chain a session, and each test as if it were the first.

With xdist each worker has a chain of its own, on a port that the system chose. Nothing is started
before a test asks for it. SPEC HE-41.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmkit.chain.pricing import Figure
    from pmkit.chain.sender import Receipt
    from pmkit.hyperevm.local import HyperEvm
    from pmkit.testing.traders import Trader


class AccountBuilder(Protocol):
    """Opens accounts."""

    def __call__(self, holdings: str, *, name: str | None = None) -> Trader:
        """Open an account: "holds 10 BTC, short 10 BTC at 10x, owes 5,000 USDC"."""


class PriceSetter(Protocol):
    """Sets prices."""

    def __call__(self, coin: str, px: Figure) -> Receipt:
        """Set mark, oracle price and spot price of a coin, in USD."""


class Forker(Protocol):
    """Forks a HyperEVM."""

    def __call__(self, url: str, **options: Any) -> HyperEvm:
        """Fork the chain behind an RPC, or give the session's fork of it as it began."""


@dataclass(slots=True)
class Forks:
    """A session's forks by what they were asked for, and what ends them."""

    ends: ExitStack
    known: dict[Any, HyperEvm] = field(default_factory=dict)

    def get(self, url: str, options: dict[str, Any]) -> HyperEvm:
        """Return a fork, made if need be. Raises PmkitError."""
        from pmkit.hyperevm.local import HyperEvm

        key = (url, *((name, repr(value)) for name, value in sorted(options.items())))
        if key not in self.known:
            self.known[key] = self.ends.enter_context(HyperEvm.fork(url, **options))
        return self.known[key]


class Warper(Protocol):
    """Lets time pass."""

    def __call__(self, seconds: int) -> None:
        """Let seconds pass; prices are reported again at their last values."""


@pytest.fixture(scope="session")
def pmkit_params() -> str:
    """Which parameters the session's venue has; override it for others.

    On Ape's chain they are those of ape-config.yaml, `hyperliquid: params`.
    """
    return "current"


@pytest.fixture(scope="session")
def pmkit_chain(pmkit_params: str) -> Iterator[HyperEvm]:
    """Start the session's chain, or take the one that Ape's tests run on.

    Tests take `hyperevm`, which is rewound after each.
    """
    from pmkit.errors import PmkitError
    from pmkit.hyperevm.local import HyperEvm
    from pmkit.testing.standing import standing

    if (running := standing()) is not None:
        yield running
        return
    try:
        chain = HyperEvm.open(pmkit_params)
    except PmkitError as problem:
        # What is missing is told in a line; where pmkit found out is of no use to a test's author.
        told = str(problem)
    else:
        with chain:
            yield chain
        return
    pytest.fail(f"pmkit has no chain for tests: {told}", pytrace=False)


@pytest.fixture
def hyperevm(pmkit_chain: HyperEvm) -> Iterator[HyperEvm]:
    """Give a local HyperEVM with a funded venue, as it began."""
    with pmkit_chain.scratch():
        yield pmkit_chain


@pytest.fixture(scope="session")
def pmkit_forks() -> Iterator[Forks]:
    """Keep the session's forks; tests take `fork`, which rewinds them after each."""
    # All of them end, even where the end of one fails.
    with ExitStack() as ends:
        yield Forks(ends)


@pytest.fixture
def fork(pmkit_forks: Forks) -> Iterator[Forker]:
    """Give a maker of forks: `fork(url, accounts=[...])`, with the options of `HyperEvm.fork`.

    A fork is read once a session and xdist worker, and each test finds it as it was then. One that
    fails ends the test with what is wrong. SPEC HE-20.
    """
    from pmkit.errors import PmkitError

    with ExitStack() as stack:

        def make(url: str, **options: Any) -> HyperEvm:
            try:
                chain = pmkit_forks.get(url, options)
            except PmkitError as problem:
                told = str(problem)
            else:
                stack.enter_context(chain.scratch())
                return chain
            pytest.fail(f"pmkit has no fork for tests: {told}", pytrace=False)

        yield make


@pytest.fixture
def venue(hyperevm: HyperEvm) -> HyperEvm:
    """Give the venue on it: `reader`, `sender(role)`, `move(coin, px)`, `warp(seconds)`."""
    return hyperevm


@pytest.fixture
def pm_account(venue: HyperEvm) -> AccountBuilder:
    """Give a builder of accounts in portfolio margin."""
    from pmkit.testing.holdings import parse_holdings
    from pmkit.testing.traders import open_account

    numbers = itertools.count(1)

    def build(holdings: str, *, name: str | None = None) -> Trader:
        named = f"account {next(numbers)}" if name is None else name
        return open_account(venue, parse_holdings(holdings), name=named)

    return build


@pytest.fixture
def set_price(venue: HyperEvm) -> PriceSetter:
    """Give a setter of prices."""
    return venue.move


@pytest.fixture
def warp(venue: HyperEvm) -> Warper:
    """Give a way to let time pass."""
    return venue.warp
