"""People of the bench's venue, and the standing positions that scenarios begin with."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bench.gas.ground import DAY, Ground
from bench.gas.market import DEBTS, PRICES, collaterals, price_of
from pmkit.chain.actions import Action
from pmkit.chain.contracts import call_of
from pmkit.model import Mode
from pmkit.venue.records import Leg

if TYPE_CHECKING:
    from pmkit.chain.catalogue import ListedPair
    from pmkit.chain.sender import Receipt, Sender

WALLET_USD = 100_000_000
ANY_PRICE = 2**63
"""A limit that every buyer accepts."""


class Stand:
    """The venue with people on it; a thin layer over the local venue and its senders."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.local = ground.local
        self.reader = ground.local.reader

    def person(self, name: str, mode: Mode = Mode.PORTFOLIO_MARGIN, *tokens: str) -> Sender:
        """Return somebody with some tokens in the wallet and an allowance without end."""
        account = self.ground.person(name)
        sender = self.local.sender(account)
        if mode is not Mode.STANDARD:
            sender.set_mode(mode)
        venue = self.local.deployment.venue
        for token in tokens:
            listed = self.reader.listing.token(token)
            self.ground.give(account, token, listed.to_evm_up(self.worth(token, WALLET_USD)), venue)
        return sender

    def worth(self, token: str, usd: int) -> int:
        """Return how much of a token some dollars buy at the prices of the beginning, in wei."""
        decimals = self.reader.listing.token(token).wei_decimals
        return int(usd / price_of(token) * 10**decimals)

    def do(self, sender: Sender, action: Action) -> Receipt:
        """Send an action at prices that are young enough."""
        self.local.keep_fresh()
        return sender.send(action)

    def gas(self, sender: Sender, action: Action) -> int:
        """Let a day pass, send an action, and return the gas it used."""
        self.local.warp(DAY)
        return sender.send(action).gas_used

    def again(self, sender: Sender, action: Action) -> int:
        """Return the gas of an action that was done before, a day ago."""
        self.do(sender, action)
        return self.gas(sender, action)

    def pair(self, token: str) -> ListedPair:
        """Return the pair of a token against the quote."""
        return next(p for p in self.reader.listing.pairs if p.base.name == token)

    def trade(self, sender: Sender, token: str, usd: int, *, is_buy: bool = True) -> Action:
        """Return a spot order over some dollars' worth of a token."""
        pair = self.pair(token)
        size = self.worth(token, usd) // 10 ** (pair.base.wei_decimals - pair.base.sz_decimals)
        limit = ANY_PRICE if is_buy else 1
        return sender.actions.order(10_000 + pair.pair, is_buy=is_buy, sz=size, limit_px=limit)

    def perp(self, sender: Sender, coin: str, usd: int, *, is_buy: bool = True) -> Action:
        """Return a perp order over some dollars' worth of a coin."""
        perp = self.reader.listing.perp(coin)
        size = int(usd / PRICES[coin] * 10**perp.sz_decimals)
        limit = ANY_PRICE if is_buy else 1
        return sender.actions.order(perp.asset, is_buy=is_buy, sz=size, limit_px=limit)

    def lender(self, name: str, mode: Mode = Mode.PORTFOLIO_MARGIN) -> Sender:
        """Return somebody who has supplied USDC and nothing else."""
        lender = self.person(name, mode, "USDC")
        self.do(lender, lender.actions.supply("USDC", self.worth("USDC", 1_000_000)))
        return lender

    def borrower(self, name: str, count: int = 1, owed: int = 450_000) -> Sender:
        """Return somebody who owes USDC against some collaterals, a million dollars in all.

        What is owed was spent on more of the first of them.
        """
        tokens = collaterals()[:count]
        borrower = self.person(name, Mode.PORTFOLIO_MARGIN, "USDC", *tokens)
        for token in tokens:
            amount = self.worth(token, 1_000_000 // count)
            self.do(borrower, borrower.actions.deposit(token, amount))
        self.do(borrower, borrower.actions.borrow("USDC", self.worth("USDC", owed)))
        self.do(borrower, self.trade(borrower, tokens[0], owed))
        return borrower

    def check(self, sender: Sender) -> Action:
        """Return the account check of an account, as an action that can be sent."""
        venue = self.local.deployment.venue
        return Action(call=call_of("Venue", venue, "marginOf", sender.address), about=None)

    def fall(self, factor: Decimal) -> None:
        """Report every coin and collateral at a part of its first price, dollars as they are."""
        listing = self.reader.listing
        marks = {p.name: on_grid(PRICES[p.name] * factor, p.px_decimals) for p in listing.perps}
        spots = {}
        for pair in listing.pairs:
            if pair.base.name in DEBTS:
                continue
            coin = next(p.name for p in listing.perps if p.asset == pair.perp)
            spots[pair.base.name] = marks[coin]
        self.local.set_prices(marks, spots=spots)

    def fall_of_btc(self, px: int) -> None:
        """Report BTC at another price."""
        self.local.move("BTC", Decimal(px))


def require_leg(receipt: Receipt, leg: Leg) -> Receipt:
    """Return the receipt of a liquidation. Fails if it took another leg than the one measured."""
    took = Leg(receipt.event("Liquidated").values["leg"])
    assert took is leg, f"a step took the leg {took.name}, {leg.name} was to be measured"
    return receipt


def on_grid(px: Decimal, decimals: int) -> Decimal:
    """Return a price rounded to what its grid takes."""
    return px.quantize(Decimal(1).scaleb(-decimals))
