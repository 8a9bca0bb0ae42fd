"""The only module that sends transactions to the venue.

Every action is simulated on the block to come before it is sent, so a refusal costs nothing and has
its name. A call that takes tokens from the wallet is preceded by an approval of exactly what it
takes, where one lacks.
"""

from __future__ import annotations

import threading
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pmkit.chain.actions import Action, Actions
from pmkit.chain.contracts import ask, call_of, events_of
from pmkit.chain.figures import margin_of
from pmkit.chain.receipts import fees, succeeded, wait_for_receipt
from pmkit.chain.revert import decode_revert, refusal_of
from pmkit.errors import (
    NodeRefused,
    PmkitError,
    TransactionFailed,
    UnknownRevert,
    VenueError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.abi import Event
    from pmkit.chain.contracts import Call
    from pmkit.chain.listing import Prices
    from pmkit.chain.reader import Reader
    from pmkit.chain.signing import Signer
    from pmkit.model import AccountMargin, Mode
    from pmkit.venue.records import Side

NEXT_BLOCK = "pending"
"""Where actions are simulated: the block to come, with its time, as the ages of prices count."""
GAS_MARGIN_PERCENT = 30
"""Gas given beyond the estimate: other transactions of the block may come first."""
RECEIPT_SECONDS = 60
METHOD_NOT_FOUND = -32601


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A transaction that was mined and did what it should."""

    tx_hash: str
    block: int
    gas_used: int
    events: tuple[Event, ...]
    approvals: tuple[Receipt, ...] = ()
    """The approvals that went before it, where any were needed."""

    def event(self, name: str) -> Event:
        """Return the first event of a name. Raises KeyError."""
        for found in self.events:
            if found.name == name:
                return found
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What an action would do in the block to come; None where the node does not say."""

    answer: Any
    """What the call returns."""
    gas: int | None
    events: tuple[Event, ...] | None
    margin: AccountMargin | None
    """The figures afterwards of the account it is about; None also where a price is missing."""
    approvals: tuple[int, ...]
    """Units of the ERC-20s that would be approved first, where any are needed."""


class Sender:
    """Acts on the venue for one account."""

    def __init__(
        self, reader: Reader, signer: Signer, *, receipt_seconds: int = RECEIPT_SECONDS
    ) -> None:
        self.reader = reader
        self.rpc = reader.rpc
        self.address = signer.address
        """Who signs and pays; the account that acts is `actions.address`."""
        self.actions = Actions(reader, signer.address)
        self._signer = signer
        self._receipt_seconds = receipt_seconds
        self._chain_id = reader.deployment.chain_id
        self._lock = threading.Lock()

    def acting_for(self, account: str) -> Sender:
        """Return a sender for an account that has approved this one as operator. SPEC AC-05.

        This one signs and pays: transactions, and what supply, deposit and repay take.
        """
        return self._with(self.actions.acting_for(account))

    def sub_account(self, index: int) -> Sender:
        """Return a sender for a sub-account of this one, which signs and pays. SPEC AC-06."""
        return self._with(self.actions.sub_account(index))

    def deposit(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Move tokens from the wallet to a spot balance. SPEC BL-09."""
        return self.send(self.actions.deposit(token, amount, account))

    def supply(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Supply tokens from the wallet to the pool. SPEC BL-10."""
        return self.send(self.actions.supply(token, amount, account))

    def withdraw(self, token: int | str, amount: int, to: str | None = None) -> Receipt:
        """Take own balance out to a wallet, idle balance first. SPEC BL-11."""
        return self.send(self.actions.withdraw(token, amount, to))

    def borrow(self, token: int | str, amount: int) -> Receipt:
        """Borrow into the spot balance. SPEC BL-12."""
        return self.send(self.actions.borrow(token, amount))

    def repay(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Repay debt from the wallet; EVERYTHING repays all of it. SPEC BL-13."""
        return self.send(self.actions.repay(token, amount, account))

    def order(
        self, asset: int, *, is_buy: bool, sz: int, limit_px: int, reduce_only: bool = False
    ) -> Receipt:
        """Place an order, which fills at once or not at all. SPEC CH-02, CH-03."""
        return self.send(
            self.actions.order(
                asset, is_buy=is_buy, sz=sz, limit_px=limit_px, reduce_only=reduce_only
            )
        )

    def match_orders(
        self, asset: int, buyer: Side, seller: Side, *, px: int, sz: int, buyer_takes: bool = True
    ) -> Receipt:
        """Fill two accounts' orders, as they let this one; needs the matcher's role. SPEC CH-20."""
        return self.send(
            self.actions.match_orders(asset, buyer, seller, px=px, sz=sz, buyer_takes=buyer_takes)
        )

    def batch(self, actions: Sequence[Action]) -> Receipt:
        """Do several actions, of `self.actions`, with one check at the end. SPEC AC-14."""
        return self.send(self.actions.batch(actions))

    def approve_operator(self, operator: str, *, approved: bool = True) -> Receipt:
        """Let another account act for this one, or no longer. SPEC AC-05."""
        return self.send(self.actions.approve_operator(operator, approved=approved))

    def spot_send(self, to: str, token: int | str, amount: int) -> Receipt:
        """Send own balance to another account of the venue. SPEC CH-05."""
        return self.send(self.actions.spot_send(to, token, amount))

    def transfer_perp(self, dex: int, usd: int, *, to_perp: bool) -> Receipt:
        """Move margin (1e-6) between spot and a dex of a standard account. SPEC CH-04."""
        return self.send(self.actions.transfer_perp(dex, usd, to_perp=to_perp))

    def set_mode(self, mode: Mode) -> Receipt:
        """Set the account's mode. SPEC AC-02."""
        return self.send(self.actions.set_mode(mode))

    def set_leverage(self, asset: int, leverage: int) -> Receipt:
        """Set the account's leverage for an asset. SPEC AC-03."""
        return self.send(self.actions.set_leverage(asset, leverage))

    def set_isolated(self, asset: int, *, isolated: bool = True) -> Receipt:
        """Choose isolated or cross margin for an asset. SPEC CH-07."""
        return self.send(self.actions.set_isolated(asset, isolated=isolated))

    def update_isolated_margin(self, asset: int, usd: int) -> Receipt:
        """Bring margin (1e-6) to an isolated position, or take some out. SPEC CH-10."""
        return self.send(self.actions.update_isolated_margin(asset, usd))

    def sweep(self, account: str) -> Receipt:
        """Sweep an account; anybody may. SPEC PM-14."""
        return self.send(self.actions.sweep(account))

    def cover_deficit(self, token: int | str, amount: int) -> Receipt:
        """Pay a reserve's deficit down from the wallet; EVERYTHING pays all of it. SPEC LQ-10."""
        return self.send(self.actions.cover_deficit(token, amount))

    def cover_deficit_from_insurance(self, token: int | str) -> Receipt:
        """Pay a reserve's deficit down from buffer and insurance. SPEC LQ-10."""
        return self.send(self.actions.cover_deficit_from_insurance(token))

    def socialise(self, token: int | str) -> Receipt:
        """Spread a deficit over the suppliers; needs the risk admin's role. SPEC LQ-11."""
        return self.send(self.actions.socialise(token))

    def accrue(self, token: int | str) -> Receipt:
        """Store a reserve's interest up to now. SPEC BL-05."""
        return self.send(self.actions.accrue(token))

    def liquidate(self, account: str) -> Receipt:
        """Take one liquidation step on an account. SPEC LQ-01."""
        return self.send(self.actions.liquidate(account))

    def liquidate_as_taker(self, account: str) -> Receipt:
        """Take one liquidation step on an account, and its debt with own funds. SPEC LQ-23."""
        return self.send(self.actions.liquidate_as_taker(account))

    def liquidate_batch(self, accounts: Sequence[str], *, as_taker: bool = False) -> Receipt:
        """Take one liquidation step on each of some accounts. SPEC LQ-26."""
        return self.send(self.actions.liquidate_batch(accounts, as_taker=as_taker))

    def sell_inventory(self, pair: int | str) -> Receipt:
        """Sell what is due of the backstop's inventory of a pair's base token. SPEC LQ-18."""
        return self.send(self.actions.sell_inventory(pair))

    def sweep_buffer(self, token: int | str) -> Receipt:
        """Move a reserve's buffer to the insurance account, once an interval. SPEC LQ-19."""
        return self.send(self.actions.sweep_buffer(token))

    def liquidate_isolated(self, account: str, asset: int) -> Receipt:
        """Take one liquidation step on an isolated position. SPEC LQ-20."""
        return self.send(self.actions.liquidate_isolated(account, asset))

    def report_prices(self, prices: Prices) -> Receipt:
        """Report prices; needs the reporter's role. SPEC OR-01."""
        return self.send(self.actions.report_prices(prices))

    def configure(self, function: str, *arguments: object) -> Receipt:
        """Call a function of the registry by its name; most need the risk admin's role."""
        return self.send(self.actions.configure(function, *arguments))

    def mint(self, token: int | str, amount: int, to: str | None = None) -> Receipt:
        """Create units of a local chain's ERC-20 in a wallet."""
        return self.send(self.actions.mint(token, amount, to))

    def simulate(self, action: Action) -> Simulation:
        """Return what an action would do in the block to come; sends nothing.

        Raises the named VenueError of a refusal, NodeUnavailable.
        """
        lacking = self._lacking(action)
        simulated = self._simulate_in_full(action, lacking)
        if simulated is not None:
            return simulated
        # Behind an approval such a node cannot look: the venue then names the allowance.
        answer = ask(self.rpc, action.call, NEXT_BLOCK, self.address)
        units = tuple(units for _, units in lacking)
        return Simulation(answer=answer, gas=None, events=None, margin=None, approvals=units)

    def send(self, action: Action) -> Receipt:
        """Simulate an action, send it, and return its receipt once it is mined. SPEC KP-01.

        Raises the named VenueError of a refusal, before or after sending; NodeUnavailable,
        NodeRefused, ReceiptTimeout, TransactionFailed.
        """
        with self._lock:
            lacking = self._lacking(action)
            if lacking:
                # One look at all, so that a refused action leaves no approval behind; a node that
                # cannot look at all must take the approvals first.
                self._simulate_in_full(action, lacking)
            approvals = tuple(self._send_call(self._approval(*each)) for each in lacking)
            ask(self.rpc, action.call, NEXT_BLOCK, self.address)
            return replace(self._send_call(action.call), approvals=approvals)

    def _with(self, actions: Actions) -> Sender:
        # One wallet has one row of nonces, so both share the lock.
        other = copy(self)
        other.actions = actions
        return other

    def _lacking(self, action: Action) -> list[tuple[str, int]]:
        """Return the ERC-20s to approve and their units: those of which the venue may take less."""
        venue = self.reader.deployment.venue
        lacking = []
        for erc20, units in action.takes:
            call = call_of("LocalToken", erc20, "allowance", self.address, venue)
            if units and ask(self.rpc, call, NEXT_BLOCK) < units:
                lacking.append((erc20, units))
        return lacking

    def _approval(self, erc20: str, units: int) -> Call:
        venue = self.reader.deployment.venue
        return call_of("LocalToken", erc20, "approve", venue, units)

    def _simulate_in_full(
        self, action: Action, lacking: list[tuple[str, int]]
    ) -> Simulation | None:
        """Simulate approvals, action and margin in a row; None on nodes that do not offer it."""
        calls = [self._approval(*each) for each in lacking]
        calls.append(action.call)
        about = []
        if action.about is not None:
            about = [call_of("Venue", self.reader.deployment.venue, "marginOf", action.about)]
        latest, coming = self.rpc.block("latest"), self.rpc.block(NEXT_BLOCK)
        block: dict[str, Any] = {"calls": [call.fields(self.address) for call in calls + about]}
        if coming.timestamp > latest.timestamp:
            block["blockOverrides"] = {"time": hex(coming.timestamp)}
        order = {"blockStateCalls": [block], "validation": False}
        try:
            (simulated,) = self.rpc.request("eth_simulateV1", order, "latest")
        except NodeRefused as refused:
            if refused.code == METHOD_NOT_FOUND:
                return None
            raise
        done = simulated["calls"][: len(calls)]
        for each in done:
            if not succeeded(each):
                raise failure_of(each)
        after = simulated["calls"][len(calls) :]
        known = bool(after) and succeeded(after[0])
        return Simulation(
            answer=action.call.decode(done[-1]["returnData"]),
            gas=int(done[-1]["gasUsed"], 16),
            events=events_of(done[-1]["logs"]),
            margin=margin_of(about[0].decode(after[0]["returnData"])) if known else None,
            approvals=tuple(units for _, units in lacking),
        )

    def _send_call(self, call: Call) -> Receipt:
        tx_hash = self._signer.submit(self.rpc, self._transaction(call))
        mined = wait_for_receipt(self.rpc, tx_hash, self._receipt_seconds)
        block = int(mined["blockNumber"], 16)
        if not succeeded(mined):
            raise self._why(call, tx_hash, block)
        return Receipt(
            tx_hash=tx_hash,
            block=block,
            gas_used=int(mined["gasUsed"], 16),
            events=events_of(mined["logs"]),
        )

    def _transaction(self, call: Call) -> dict[str, Any]:
        """Return the transaction of a call, gas estimated; the nonce is the chain's own count."""
        estimate, count, block, tip = self.rpc.batch(
            [
                ("eth_estimateGas", [call.fields(self.address), NEXT_BLOCK]),
                ("eth_getTransactionCount", [self.address, NEXT_BLOCK]),
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_maxPriorityFeePerGas", []),
            ]
        )
        for answer in (estimate, count, block):
            if isinstance(answer, NodeRefused):
                raise refusal_of(answer)
        return {
            "to": call.to,
            "data": f"0x{call.data.hex()}",
            "value": 0,
            "chainId": self._chain_id,
            "nonce": int(count, 16),
            "gas": int(estimate, 16) * (100 + GAS_MARGIN_PERCENT) // 100,
            **fees(block, tip),
        }

    def _why(self, call: Call, tx_hash: str, block: int) -> PmkitError:
        """Return why a mined call failed: as its block, then as the block before, tells it."""
        for at in (block, block - 1):
            try:
                ask(self.rpc, call, at, self.address)
            except (VenueError, UnknownRevert) as refusal:
                return refusal
        return TransactionFailed(tx_hash=tx_hash, block=block)


def failure_of(call: dict[str, Any]) -> PmkitError:
    """Return why a simulated call failed."""
    data = call.get("returnData") or (call.get("error") or {}).get("data") or "0x"
    return decode_revert(data) if len(data) > len("0x") else UnknownRevert(data="0x")
