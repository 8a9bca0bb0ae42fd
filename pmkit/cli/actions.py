"""`pmkit supply | withdraw | borrow | repay | order | isolate | liquidate`: a transaction each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.actions import EVERYTHING
from pmkit.cli.format import amount_text
from pmkit.cli.receipts import Figure, finish
from pmkit.cli.steps import finish_steps
from pmkit.cli.venue_options import (
    EVERYTHING_WORD,
    Where,
    address_of,
    amount_of,
    positive_amount_of,
    sender_of,
    sender_options,
)
from pmkit.decimals import parse_units
from pmkit.errors import InputError
from pmkit.units import PERP_DECIMALS

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.catalogue import ListedToken
    from pmkit.chain.sender import Sender

ANY_PRICE = 2**64 - 1
"""A buyer's limit that no price crosses; a seller's is zero."""
MAX_PX = 2**64 - 1
MAX_USD = 2**63 - 1


@click.command()
@click.argument("token")
@click.argument("amount")
@sender_options("supplier")
def supply(token: str, amount: str, **options: Any) -> None:
    """Supply AMOUNT of TOKEN from the wallet to the pool; debt in it is repaid first.

    AMOUNT is a decimal number, or `all` for what the wallet holds.
    """
    sender = opened(options)
    listed = sender.reader.listing.token(token)
    units, shown = amount_or_all(amount, listed)
    action = sender.actions.supply(listed.token, units)
    finish(sender, "supply", action, shown, options, moved("Supplied", listed, shown))


@click.command()
@click.argument("token")
@click.argument("amount")
@sender_options("supplier")
def withdraw(token: str, amount: str, **options: Any) -> None:
    """Withdraw AMOUNT of TOKEN to the wallet, idle balance first, then supply.

    AMOUNT is a decimal number, or `all` for everything that is the account's own.
    """
    sender = opened(options)
    listed = sender.reader.listing.token(token)
    units, shown = amount_or_all(amount, listed)
    action = sender.actions.withdraw(listed.token, units)
    finish(sender, "withdraw", action, shown, options, moved("Withdrawn", listed, shown))


@click.command()
@click.argument("token")
@click.argument("amount")
@sender_options("borrower")
def borrow(token: str, amount: str, **options: Any) -> None:
    """Borrow AMOUNT of TOKEN into the spot balance, against the account's collateral."""
    sender = opened(options)
    listed = sender.reader.listing.token(token)
    units = positive_amount_of(amount, listed.wei_decimals, "AMOUNT")
    shown = f"{amount_text(units, listed.wei_decimals)} {listed.name}"
    finish(sender, "borrow", sender.actions.borrow(listed.token, units), shown, options)


@click.command()
@click.argument("token")
@click.argument("amount")
@sender_options("borrower")
def repay(token: str, amount: str, **options: Any) -> None:
    """Repay AMOUNT of a debt in TOKEN from the wallet.

    AMOUNT is a decimal number, or `all` for the whole debt.
    """
    sender = opened(options)
    listed = sender.reader.listing.token(token)
    units, shown = amount_or_all(amount, listed)
    action = sender.actions.repay(listed.token, units)
    finish(sender, "repay", action, shown, options, moved("Repaid", listed, shown))


@click.command()
@click.argument("coin")
@click.argument("size")
@click.option("--buy", is_flag=True, help="Buy; one of these two is needed.")
@click.option("--sell", is_flag=True, help="Sell.")
@click.option("--limit", metavar="PX", help="Worst price to fill at.  [default: any]")
@click.option("--reduce-only", is_flag=True, help="Refuse to open or turn a position.")
@sender_options("borrower")
def order(
    coin: str,
    size: str,
    buy: bool,
    sell: bool,
    limit: str | None,
    reduce_only: bool,
    **options: Any,
) -> None:
    """Place an order for SIZE of COIN, which fills at once against the market maker or not at all.

    COIN is a perp such as BTC, or a spot pair such as UBTC/USDC or @142.
    """
    if buy == sell:
        raise InputError(
            place="order", problem="say --buy or --sell" + (", not both" if buy else "")
        )
    sender = opened(options)
    asset, sz_decimals, px_decimals = market_of(sender, coin)
    sz = positive_amount_of(size, sz_decimals, "SIZE")
    limit_px = ANY_PRICE if buy else 0
    if limit is not None:
        limit_px = amount_of(limit, px_decimals, "--limit")
    for place, figure in (("SIZE", sz), ("--limit", limit_px)):
        if figure > MAX_PX:
            raise InputError(place=place, problem="is beyond the venue's range of numbers")
    placed = sender.actions.order(
        asset, is_buy=buy, sz=sz, limit_px=limit_px, reduce_only=reduce_only
    )
    shown = f"{'buy' if buy else 'sell'} {amount_text(sz, sz_decimals)} {coin}"
    fill = Figure("Filled", "px", lambda px: f"{shown} at {amount_text(px, px_decimals)}")
    finish(sender, "order", placed, shown, options, fill)


@click.command()
@click.argument("coin")
@click.option("--cross", is_flag=True, help="Back to the account's margin.")
@click.option("--margin", metavar="±USD", help="Bring margin to the open position, or take some.")
@sender_options("borrower")
def isolate(coin: str, cross: bool, margin: str | None, **options: Any) -> None:
    """Give the account's positions in COIN margin of their own, outside the account check.

    Chosen while there is no position in COIN; with --margin the open one gets some more, or gives
    some back, in units of its dex's token.
    """
    if cross and margin is not None:
        raise InputError(place="isolate", problem="say --cross or --margin, not both")
    sender = opened(options)
    perp = sender.reader.listing.perp(coin)
    if margin is None:
        chosen = sender.actions.set_isolated(perp.asset, isolated=not cross)
        shown = f"{coin} {'cross' if cross else 'isolated'}"
        finish(sender, "isolate", chosen, shown, options)
        return
    usd = parse_units(margin, PERP_DECIMALS, "--margin")
    if usd == 0:
        raise InputError(place="--margin", problem="must not be zero")
    if abs(usd) > MAX_USD:
        raise InputError(place="--margin", problem="is beyond the venue's range of numbers")
    shown = f"{amount_text(usd, PERP_DECIMALS)} of margin to {coin}"
    moved = sender.actions.update_isolated_margin(perp.asset, usd)
    finish(sender, "isolate", moved, shown, options)


@click.command()
@click.argument("accounts", nargs=-1, required=True, metavar="ACCOUNT...")
@click.option("--as-taker", is_flag=True, help="Take debt and collateral over with own funds.")
@click.option("--isolated", "coin", metavar="COIN", help="Liquidate its isolated position in COIN.")
@sender_options("liquidator")
def liquidate(accounts: tuple[str, ...], as_taker: bool, coin: str | None, **options: Any) -> None:
    """Take one liquidation step on ACCOUNT, an address or a role, or on each of several.

    The backstop takes debt and collateral over and the caller needs no funds, unless it takes them.
    Several are taken in one transaction, which tells of each that was left out why; if that is all
    of them, nothing is sent.
    """
    if as_taker and coin is not None:
        raise InputError(place="liquidate", problem="say --as-taker or --isolated, not both")
    if coin is not None and len(accounts) > 1:
        raise InputError(place="--isolated", problem="takes one account at a time")
    sender = opened(options)
    named = [address_of(sender.reader, account, "ACCOUNT") for account in accounts]
    for account, each in zip(accounts, named, strict=True):
        if named.count(each) > 1:
            raise InputError(place="ACCOUNT", problem=f"{account} is named twice")
    if len(named) > 1:
        finish_steps(sender, named, as_taker=as_taker, options=options)
        return
    (whose,) = named
    actions = sender.actions
    if coin is not None:
        step = actions.liquidate_isolated(whose, sender.reader.listing.perp(coin).asset)
        finish(sender, "liquidate", step, f"{whose}, {coin}", options)
        return
    step = actions.liquidate_as_taker(whose) if as_taker else actions.liquidate(whose)
    finish(sender, "liquidate", step, whose, options)


def opened(options: dict[str, Any]) -> Sender:
    """Return the sender that the options name. Raises InputError, ChainError."""
    deployment: Path | None = options["deployment"]
    reader = Where(rpc_url=options["rpc"], deployment=deployment).reader()
    return sender_of(reader, options["whose"])


def market_of(sender: Sender, coin: str) -> tuple[int, int, int]:
    """Return asset id, decimals of sizes and of prices of a perp or a spot pair."""
    listing = sender.reader.listing
    if "/" in coin or coin.startswith("@"):
        pair = listing.pair(coin)
        return pair.asset, pair.base.sz_decimals, pair.px_decimals
    perp = listing.perp(coin)
    return perp.asset, perp.sz_decimals, perp.px_decimals


def moved(event: str, listed: ListedToken, asked: str) -> Figure:
    """Return how the amount that an event tells is told: what was asked for may be more."""

    def told(amount: int) -> str:
        done = f"{amount_text(amount, listed.wei_decimals)} {listed.name}"
        return done if asked == done else f"{done} (asked for {asked})"

    return Figure(event, "amount", told)


def amount_or_all(amount: str, listed: ListedToken) -> tuple[int, str]:
    """Return an amount in token wei, and how it is told."""
    if amount == EVERYTHING_WORD:
        return EVERYTHING, f"all {listed.name}"
    units = positive_amount_of(amount, listed.wei_decimals, "AMOUNT")
    return units, f"{amount_text(units, listed.wei_decimals)} {listed.name}"
