"""An upstream with a hundred accounts of every kind, and public RPCs of it.

It is made once; tests only read it, since that a fork leaves it alone is what they show.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from support.public_rpc import PublicRpc

from pmkit.fork.accounts import ForkAccount
from pmkit.fork.patience import Patience
from pmkit.hyperevm.local import HyperEvm
from pmkit.model import Mode
from pmkit.testing.holdings import parse_holdings
from pmkit.testing.traders import Trader, open_account

DAY = 86_400
USD = 10**6
HURRY = Patience(first=0.001, most=0.01)
"""Waits of a public RPC that is one only in name."""


@dataclass
class Upstream:
    """A local chain that stands for the live one, and who is on it."""

    chain: HyperEvm
    accounts: list[ForkAccount]

    @property
    def addresses(self) -> list[str]:
        return [account.address for account in self.accounts]

    @property
    def ids(self) -> tuple[list[int], list[int], list[int]]:
        """Tokens, perps and pairs, and one of each that there is not."""
        listing = self.chain.reader.listing
        return (
            [*(token.token for token in listing.tokens), 77],
            [*(perp.asset for perp in listing.perps), 99],
            [*(pair.pair for pair in listing.pairs), 55],
        )


def plain(chain, name, mode=Mode.STANDARD):
    """Open an account without portfolio margin."""
    address = to_checksum_address(keccak(text=f"pmkit.fork.{name}")[-20:])
    chain.rpc.request("anvil_impersonateAccount", address)
    chain.rpc.request("anvil_setBalance", address, hex(10**24))
    if mode is not Mode.STANDARD:
        chain.sender(address).set_mode(mode)
    return Trader(chain, address)


def pays_in(chain, trader, token, figure):
    chain.fund(trader.address, token, str(figure))
    trader.sender.deposit(token, chain.amount(token, str(figure)))


def trades(chain, trader, coin, size):
    """Open a position at the mark: a size in the coin's steps, signed."""
    # Where blocks come by themselves, the machine's time makes prices old.
    chain.keep_fresh()
    asset = chain.reader.listing.perp(coin).asset
    limit = 2**64 - 1 if size > 0 else 0
    trader.sender.order(asset, is_buy=size > 0, sz=abs(size), limit_px=limit)


def standard(chain, i):
    """Lends, holds idle, trades across and in isolation, and has leverage chosen for later."""
    trader = plain(chain, f"standard {i}")
    sender, perp = trader.sender, chain.reader.listing.perp
    pays_in(chain, trader, "USDC", 50_000 + 7 * i)
    sender.transfer_perp(0, (20_000 + i) * USD, to_perp=True)
    trades(chain, trader, "BTC", -(2_000 + i))
    sender.set_leverage(perp("ETH").asset, 5)
    sender.set_isolated(perp("ETH").asset)
    trades(chain, trader, "ETH", 10_000 + i)
    sender.set_leverage(perp("DOGE").asset, 3)
    sender.set_isolated(perp("SOL").asset)
    chain.fund(trader.address, "HYPE", "20")
    sender.supply("HYPE", chain.amount("HYPE", "20") - i)
    return ForkAccount(address=trader.address, mode=Mode.STANDARD)


def unified(chain, i):
    trader = plain(chain, f"unified {i}", Mode.UNIFIED)
    pays_in(chain, trader, "USDC", 30_000 + i)
    pays_in(chain, trader, "HYPE", 10 + i)
    trades(chain, trader, "SOL", -(3_000 + i))
    return ForkAccount(address=trader.address, mode=Mode.UNIFIED)


def words_of(i):
    """Return what the i-th account in portfolio margin has."""
    btc = f"{1 + i % 3}.{i:05d}"
    kinds = (
        f"holds {btc} BTC, short {btc} BTC at 10x",
        f"holds {btc} BTC, owes {20_000 + 11 * i} USDC",
        f"holds {btc} BTC, holds {100 + i} HYPE, long 3.{i:04d} ETH at 20x, short 50 SOL",
    )
    return parse_holdings(kinds[i % 3])


def populate(chain, count):
    """Open so many accounts, the later ones a day after the others, at other prices."""
    accounts = []
    for i in range(count):
        chain.keep_fresh()
        if i == count // 2:
            chain.warp(DAY + 17)
            chain.move("BTC", "101234.5")
        if i % 5 == 3:
            accounts.append(standard(chain, i))
        elif i % 5 == 4:
            accounts.append(unified(chain, i))
        else:
            trader = open_account(chain, words_of(i), name=f"forked {i}")
            accounts.append(ForkAccount(address=trader.address, mode=Mode.PORTFOLIO_MARGIN))
    chain.warp(2 * DAY + 5)
    chain.set_prices(
        {"BTC": "102345.6", "ETH": "4100.5"},
        spots={"HYPE": "40.5", "UBTC": "102300"},
        oracles={"BTC": "102400.1"},
    )
    return accounts


@pytest.fixture(scope="session")
def upstream():
    with HyperEvm.open(chain_id=998) as chain:
        yield Upstream(chain, populate(chain, 100))


@pytest.fixture
def public(upstream):
    """Give the upstream's public RPC, with all its limits."""
    with PublicRpc(upstream.chain.rpc.url, busy_every=9) as rpc:
        yield rpc
