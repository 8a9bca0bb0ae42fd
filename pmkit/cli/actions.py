"""`pmkit supply | withdraw | borrow | repay | order | liquidate`: one transaction each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.actions import EVERYTHING
from pmkit.chain.sender import Receipt, Simulation
from pmkit.cli.format import amount_text, health_factor_text, ratio_text
from pmkit.cli.venue_options import (
    EVERYTHING_WORD,
    Where,
    address_of,
    amount_of,
    sender_of,
    sender_options,
)
from pmkit.errors import InputError, VenueError

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.chain.abi import Event
    from pmkit.chain.actions import Action
    from pmkit.chain.reader import ListedToken
    from pmkit.chain.sender import Sender
    from pmkit.model import AccountMargin

ANY_PRICE = 2**64 - 1
"""A buyer's limit that no price crosses; a seller's is zero."""
MAX_PX = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did or would do, told alike either way."""

    what: str
    """One clause for people, such as `supplied 5.0 USDC`."""
    action: str
    account: str
    """Whose margin it changed."""
    outcome: Receipt | Simulation
    margin: AccountMargin | None
    """The account's figures afterwards; None where the chain could not tell them."""


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
    finish(sender, "supply", sender.actions.supply(listed.token, units), shown, options)


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
    finish(sender, "withdraw", sender.actions.withdraw(listed.token, units), shown, options)


@click.command()
@click.argument("token")
@click.argument("amount")
@sender_options("borrower")
def borrow(token: str, amount: str, **options: Any) -> None:
    """Borrow AMOUNT of TOKEN into the spot balance, against the account's collateral."""
    sender = opened(options)
    listed = sender.reader.listing.token(token)
    units = amount_of(amount, listed.wei_decimals, "AMOUNT")
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
    finish(sender, "repay", sender.actions.repay(listed.token, units), shown, options)


@click.command()
@click.argument("coin")
@click.argument("size")
@click.option("--buy/--sell", "is_buy", default=None, help="Which side; one of them is needed.")
@click.option("--limit", metavar="PX", help="Worst price to fill at.  [default: any]")
@click.option("--reduce-only", is_flag=True, help="Refuse to open or turn a position.")
@sender_options("borrower")
def order(
    coin: str, size: str, is_buy: bool | None, limit: str | None, reduce_only: bool, **options: Any
) -> None:
    """Place an order for SIZE of COIN, which fills at once against the market maker or not at all.

    COIN is a perp such as BTC, or a spot pair such as UBTC/USDC or @142.
    """
    if is_buy is None:
        raise InputError(place="order", problem="say --buy or --sell")
    sender = opened(options)
    asset, sz_decimals, px_decimals = market_of(sender, coin)
    sz = amount_of(size, sz_decimals, "SIZE")
    limit_px = ANY_PRICE if is_buy else 0
    if limit is not None:
        limit_px = amount_of(limit, px_decimals, "--limit")
    for place, figure in (("SIZE", sz), ("--limit", limit_px)):
        if figure > MAX_PX:
            raise InputError(place=place, problem="is beyond the venue's range of numbers")
    placed = sender.actions.order(
        asset, is_buy=is_buy, sz=sz, limit_px=limit_px, reduce_only=reduce_only
    )
    shown = f"{'buy' if is_buy else 'sell'} {amount_text(sz, sz_decimals)} {coin}"
    finish(sender, "order", placed, shown, options)


@click.command()
@click.argument("account")
@sender_options("liquidator")
def liquidate(account: str, **options: Any) -> None:
    """Take one liquidation step on ACCOUNT, an address or a role; it needs no funds."""
    sender = opened(options)
    whose = address_of(sender.reader, account, "ACCOUNT")
    finish(sender, "liquidate", sender.actions.liquidate(whose), whose, options)


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


def amount_or_all(amount: str, listed: ListedToken) -> tuple[int, str]:
    """Return an amount in token wei, and how it is told."""
    if amount == EVERYTHING_WORD:
        return EVERYTHING, f"all {listed.name}"
    units = amount_of(amount, listed.wei_decimals, "AMOUNT")
    return units, f"{amount_text(units, listed.wei_decimals)} {listed.name}"


def finish(sender: Sender, name: str, action: Action, shown: str, options: dict[str, Any]) -> None:
    """Send or simulate an action, and print what came of it."""
    outcome: Receipt | Simulation
    if options["simulate"]:
        outcome = sender.simulate(action)
        margin = outcome.margin
    else:
        outcome = sender.send(action)
        margin = margin_after(sender, action, outcome)
    done = Done(
        what=shown,
        action=name,
        account=action.about or sender.address,
        outcome=outcome,
        margin=margin,
    )
    click.echo(json.dumps(done_object(done)) if options["as_json"] else told(done))


def margin_after(sender: Sender, action: Action, receipt: Receipt) -> AccountMargin | None:
    """Return the account's figures in the block of the transaction.

    None where a price is missing for them: the transaction is done all the same.
    """
    if action.about is None:
        return None
    try:
        return sender.reader.margin(action.about, receipt.block)
    except VenueError:
        return None


def done_object(done: Done) -> dict[str, Any]:
    """Return what was done as `--json` prints it; amounts are strings in the venue's units."""
    outcome, margin = done.outcome, done.margin
    common: dict[str, Any] = {
        "action": done.action,
        "simulated": isinstance(outcome, Simulation),
        "account": done.account,
        "portfolioMarginRatio": None if margin is None else ratio_text(margin.ratio),
        "healthFactor": None if margin is None else health_factor_text(margin.health_factor),
        "liquidatable": None if margin is None else margin.liquidatable,
        "events": None if outcome.events is None else [event_object(e) for e in outcome.events],
    }
    if isinstance(outcome, Simulation):
        gas = None if outcome.gas is None else str(outcome.gas)
        approval = None if outcome.approval is None else str(outcome.approval)
        return {**common, "txHash": None, "block": None, "gasUsed": gas, "approval": approval}
    approved = None if outcome.approval is None else outcome.approval.tx_hash
    return {
        **common,
        "txHash": outcome.tx_hash,
        "block": outcome.block,
        "gasUsed": str(outcome.gas_used),
        "approval": approved,
    }


def event_object(event: Event) -> dict[str, Any]:
    """Return an event with its integers as strings, which no reader of JSON rounds."""
    return {"name": event.name, "contract": event.address, "values": exact(event.values)}


def exact(value: Any) -> Any:
    """Return a value with every integer in it as text."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [exact(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def told(done: Done) -> str:
    """Return what was done in a line or two for people."""
    outcome, margin = done.outcome, done.margin
    if isinstance(outcome, Simulation):
        gas = "" if outcome.gas is None else f", {outcome.gas:,} gas"
        first = f"would {done.action}: {done.what}{gas}; nothing was sent"
    else:
        first = (
            f"{done.action}: {done.what}, in block {outcome.block}, {outcome.gas_used:,} gas,"
            f" transaction {outcome.tx_hash}"
        )
    if margin is None:
        return first
    factor = health_factor_text(margin.health_factor)
    health = "no debt" if factor is None else f"health factor {factor}"
    verdict = "liquidatable" if margin.liquidatable else "not liquidatable"
    second = f"{done.account}: margin ratio {ratio_text(margin.ratio)}, {health}, {verdict}"
    return f"{first}\n{second}"
