"""Accounts of a local venue that have what a test says they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.reader import view_of
from pmkit.decimals import parse_units
from pmkit.errors import InputError
from pmkit.model import Mode
from pmkit.report import MarginReport, margin_report

if TYPE_CHECKING:
    from decimal import Decimal

    from pmkit.chain.catalogue import ListedPair, Listing
    from pmkit.chain.local import LocalVenue
    from pmkit.chain.sender import Sender
    from pmkit.model import AccountMargin
    from pmkit.testing.holdings import Holdings, Position

ANY_BUY, ANY_SELL = 2**64 - 1, 0
GAS_MONEY = 10**24


class Trader:
    """An account on a local venue, by its address."""

    def __init__(self, venue: LocalVenue, address: str) -> None:
        self.venue = venue
        self.address = address

    @property
    def sender(self) -> Sender:
        """Return what acts for it."""
        return self.venue.sender(self.address)

    @property
    def margin(self) -> AccountMargin:
        """Return its figures as the chain has them, as if swept."""
        return self.venue.reader.margin(self.address)

    @property
    def report(self) -> MarginReport:
        """Return its report, with the intervals in which it is safe."""
        return margin_report(view_of(self.venue.reader, self.address))

    def owed(self, token: str) -> int:
        """Return what it owes of a token, token wei."""
        listed = self.venue.reader.listing.token(token)
        account = self.venue.reader.account(self.address)
        return sum(held.borrowed for held in account.tokens if held.token == listed.token)


def open_account(venue: LocalVenue, holdings: Holdings, *, name: str) -> Trader:
    """Open an account in portfolio margin with ordinary actions. Raises InputError, VenueError.

    It deposits what it holds, opens positions at the mark, and owes the rest of what it owes for
    money that it has spent: it buys of its first token on credit and takes the coins out. Less than
    a lot's price of a debt stays idle, and all of it where nothing held can be bought. A coin
    stands for the token whose price moves with it: BTC for UBTC.
    """
    address = to_checksum_address(keccak(text=f"pmkit.testing.{name}")[-20:])
    venue.rpc.request("anvil_impersonateAccount", address)
    venue.rpc.request("anvil_setBalance", address, hex(GAS_MONEY))
    trader = Trader(venue, address)
    sender, listing = trader.sender, venue.reader.listing
    held = amounts_of(venue, holdings.holds)
    owed = amounts_of(venue, holdings.owes)
    sizes = [size_of(listing, position) for position in holdings.positions]
    sender.set_mode(Mode.PORTFOLIO_MARGIN)
    for token, amount in held:
        venue.fund(address, token, amount)
        sender.deposit(token, amount)
    for position, size in zip(holdings.positions, sizes, strict=True):
        asset = listing.perp(position.coin).asset
        if position.leverage is not None:
            sender.set_leverage(asset, position.leverage)
        limit = ANY_BUY if size > 0 else ANY_SELL
        sender.order(asset, is_buy=size > 0, sz=abs(size), limit_px=limit)
    coins = next((p for p in listing.pairs if p.base.name in dict(held)), None)
    # What is owed in USDC comes last: what other debts are sold for would pay it back.
    for token, amount in sorted(owed, key=lambda debt: debt[0] == "USDC"):
        owe(trader, token, amount, coins)
    return trader


def owe(trader: Trader, token: str, amount: int, coins: ListedPair | None) -> None:
    """Let a trader owe an amount in all, and have spent it. Raises InputError, VenueError."""
    missing = amount - trader.owed(token)
    if missing < 0:
        problem = f"owes {trader.owed(token)} wei of {token} already, more than {amount}"
        raise InputError(place="account", problem=problem)
    reader, sender = trader.venue.reader, trader.sender
    sold = next((p for p in reader.listing.pairs if p.base.name == token), None)
    spent = missing
    if coins is not None and sold is not None:
        lots = missing // lot_of(sold)
        if lots:
            sender.order(sold.asset, is_buy=False, sz=lots, limit_px=ANY_SELL)
        spent = lots * px_of(trader.venue, sold)
    if coins is not None:
        lots = spent // px_of(trader.venue, coins)
        if lots:
            sender.order(coins.asset, is_buy=True, sz=lots, limit_px=ANY_BUY)
            sender.withdraw(coins.base.name, lots * lot_of(coins))
    missing = amount - trader.owed(token)
    if missing > 0:
        sender.borrow(token, missing)


def lot_of(pair: ListedPair) -> int:
    """Return the least size of a pair, token wei."""
    return int(10 ** (pair.base.wei_decimals - pair.base.sz_decimals))


def px_of(venue: LocalVenue, pair: ListedPair) -> int:
    """Return the price of a lot, which is as many wei of USDC."""
    return next(px.px for px in venue.reader.prices().pairs if px.pair == pair.pair)


def amounts_of(
    venue: LocalVenue, figures: tuple[tuple[str, Decimal], ...]
) -> list[tuple[str, int]]:
    """Return figures by token, in wei. Raises InputError."""
    named = [(token_of(venue.reader.listing, name), figure) for name, figure in figures]
    return [(token, venue.amount(token, figure)) for token, figure in named]


def token_of(listing: Listing, name: str) -> str:
    """Return a token's name, or that of the token that follows a coin. Raises InputError."""
    if any(token.name == name for token in listing.tokens):
        return name
    perp = next((perp for perp in listing.perps if perp.name == name), None)
    for pair in listing.pairs:
        if perp is not None and pair.perp == perp.asset:
            return pair.base.name
    return listing.token(name).name


def size_of(listing: Listing, position: Position) -> int:
    """Return a position's size on its coin's grid, signed. Raises InputError."""
    decimals = listing.perp(position.coin).sz_decimals
    return parse_units(format(position.size, "f"), decimals, f"size of {position.coin}")
