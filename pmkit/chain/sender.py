"""The only module that sends transactions to the venue.

Every action is simulated on the block to come before it is sent, so a refusal costs nothing and has
its name. Amounts are token wei, sizes and prices on the venue's grids (`pmkit.units`). A call that
takes tokens from the wallet is preceded by an approval of exactly what it takes, where one lacks.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eth_account import Account as KeyAccount
from eth_utils.address import to_checksum_address

from pmkit.chain.abi import Event
from pmkit.chain.contracts import Call, ask, call_of, events_of, tag_text
from pmkit.chain.reader import checked
from pmkit.chain.revert import decode_revert, refusal_of
from pmkit.errors import (
    InputError,
    NodeRefused,
    PmkitError,
    ReceiptTimeout,
    TransactionFailed,
    UnknownRevert,
    VenueError,
)
from pmkit.model import Mode
from pmkit.units import UINT256_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.listing import Prices
    from pmkit.chain.reader import Reader
    from pmkit.chain.rpc import Rpc

EVERYTHING = UINT256_MAX
"""As an amount: all that there is."""
NEXT_BLOCK = "pending"
"""Where actions are simulated: the block to come, with its time, as the ages of prices count."""
GAS_MARGIN_PERCENT = 30
"""Gas given beyond the estimate: other transactions of the block may come first."""
RECEIPT_SECONDS = 60
FIRST_WAIT, LONGEST_WAIT = 0.001, 0.25
"""Seconds between two questions for a receipt: doubled from the first to the longest."""
METHOD_NOT_FOUND = -32601
MIN_TIP = 1
"""Wei per gas offered where the chain does not say what it wants."""


class Signer(Protocol):
    """Who sends: an address, and a way to get its transactions to a node."""

    address: str

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Hand a transaction over and return its hash."""


class KeySigner:
    """Signs with a private key."""

    def __init__(self, key: str) -> None:
        try:
            self._account = KeyAccount.from_key(key)
        except (ValueError, TypeError):
            # The key itself must not end up in a message.
            raise InputError(place="key", problem="is no private key of 32 bytes") from None
        self.address = to_checksum_address(self._account.address)

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Sign a transaction, hand it over and return its hash."""
        signed = self._account.sign_transaction({**transaction, "type": 2})
        sent: str = rpc.request("eth_sendRawTransaction", f"0x{signed.raw_transaction.hex()}")
        return sent


class NodeSigner:
    """Lets the node sign, as local nodes do for their own accounts."""

    def __init__(self, address: str) -> None:
        self.address = checked(address)

    def submit(self, rpc: Rpc, transaction: dict[str, Any]) -> str:
        """Hand a transaction over and return its hash."""
        fields = {k: hex(v) if isinstance(v, int) else v for k, v in transaction.items()}
        sent: str = rpc.request("eth_sendTransaction", {"from": self.address, **fields})
        return sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A transaction that was mined and did what it should."""

    tx_hash: str
    block: int
    gas_used: int
    events: tuple[Event, ...]
    approval: Receipt | None = None
    """The approval that went before it, where one was needed."""

    def event(self, name: str) -> Event:
        """Return the first event of a name. Raises KeyError."""
        for found in self.events:
            if found.name == name:
                return found
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What an action would do in the block to come."""

    answer: Any
    """What the call returns."""
    gas: int | None
    """Gas it would use; None where the node does not say."""
    events: tuple[Event, ...] | None
    """None where the node does not say."""
    approval: int | None
    """Units of the ERC-20 that would be approved first; None where none are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A call, and what it takes from the wallet."""

    call: Call
    erc20: str | None = None
    takes: int = 0
    """Units of the ERC-20 that the venue takes from the wallet, at most."""


class Sender:
    """Acts on the venue for one account."""

    def __init__(
        self, reader: Reader, signer: Signer, *, receipt_seconds: int = RECEIPT_SECONDS
    ) -> None:
        self.reader = reader
        self.rpc = reader.rpc
        self.address = signer.address
        self._signer = signer
        self._receipt_seconds = receipt_seconds
        self._chain_id = reader.deployment.chain_id
        self._lock = threading.Lock()

    # --- the pool ---

    def deposit(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Move tokens from the wallet to a spot balance. SPEC BL-09."""
        return self.send(self.deposit_action(token, amount, account))

    def supply(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Supply tokens from the wallet to the pool. SPEC BL-10."""
        return self.send(self.supply_action(token, amount, account))

    def withdraw(self, token: int | str, amount: int, to: str | None = None) -> Receipt:
        """Take own balance out to a wallet, idle balance first. SPEC BL-11."""
        return self.send(self.withdraw_action(token, amount, to))

    def borrow(self, token: int | str, amount: int) -> Receipt:
        """Borrow into the spot balance. SPEC BL-12."""
        return self.send(self.borrow_action(token, amount))

    def repay(self, token: int | str, amount: int, account: str | None = None) -> Receipt:
        """Repay debt from the wallet. SPEC BL-13."""
        return self.send(self.repay_action(token, amount, account))

    def deposit_action(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Return a deposit, not yet sent."""
        return self._pay_in("deposit", token, amount, account)

    def supply_action(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Return a supply, not yet sent."""
        return self._pay_in("supply", token, amount, account)

    def withdraw_action(self, token: int | str, amount: int, to: str | None = None) -> Action:
        """Return a withdrawal, not yet sent."""
        listed = self.reader.listing.token(token)
        return Action(call=self._venue("withdraw", listed.token, amount, self._whose(to)))

    def borrow_action(self, token: int | str, amount: int) -> Action:
        """Return a borrow, not yet sent."""
        listed = self.reader.listing.token(token)
        return Action(call=self._venue("borrow", listed.token, amount))

    def repay_action(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Return a repayment, not yet sent; EVERYTHING repays the whole debt."""
        listed = self.reader.listing.token(token)
        # Debt grows until the block to come, so the wallet allows whatever it holds.
        everything = amount == EVERYTHING
        takes = self._wallet(listed.token) if everything else listed.to_evm_up(amount)
        return Action(
            call=self._venue("repay", listed.token, amount, self._whose(account)),
            erc20=listed.erc20,
            takes=takes,
        )

    # --- trading ---

    def order(
        self, asset: int, *, is_buy: bool, sz: int, limit_px: int, reduce_only: bool = False
    ) -> Receipt:
        """Place an order, which fills at once or not at all. SPEC CH-02, CH-03."""
        return self.send(
            self.order_action(
                asset, is_buy=is_buy, sz=sz, limit_px=limit_px, reduce_only=reduce_only
            )
        )

    def order_action(
        self, asset: int, *, is_buy: bool, sz: int, limit_px: int, reduce_only: bool = False
    ) -> Action:
        """Return an order, not yet sent."""
        return Action(call=self._venue("order", asset, is_buy, limit_px, sz, reduce_only))

    def spot_send(self, to: str, token: int | str, amount: int) -> Receipt:
        """Send own balance to another account of the venue. SPEC CH-05."""
        listed = self.reader.listing.token(token)
        call = self._venue("spotSend", checked(to), listed.token, amount)
        return self.send(Action(call=call))

    def transfer_perp(self, dex: int, usd: int, *, to_perp: bool) -> Receipt:
        """Move margin (1e-6) between spot and a dex of a standard account. SPEC CH-04."""
        return self.send(Action(call=self._venue("transferPerp", dex, usd, to_perp)))

    # --- the account ---

    def set_mode(self, mode: Mode) -> Receipt:
        """Set the account's mode. SPEC AC-02."""
        return self.send(Action(call=self._venue("setMode", int(mode))))

    def set_leverage(self, asset: int, leverage: int) -> Receipt:
        """Set the account's leverage for an asset. SPEC AC-03."""
        return self.send(Action(call=self._venue("setLeverage", asset, leverage)))

    def sweep(self, account: str) -> Receipt:
        """Sweep an account; anybody may. SPEC PM-14."""
        return self.send(Action(call=self._venue("sweep", checked(account))))

    def accrue(self, token: int | str) -> Receipt:
        """Store a reserve's interest up to now. SPEC BL-05."""
        listed = self.reader.listing.token(token)
        return self.send(Action(call=self._venue("accrue", listed.token)))

    def liquidate(self, account: str) -> Receipt:
        """Take one liquidation step on an account. SPEC LQ-01."""
        return self.send(self.liquidate_action(account))

    def liquidate_action(self, account: str) -> Action:
        """Return a liquidation step, not yet taken."""
        return Action(call=self._venue("liquidate", checked(account)))

    # --- the registry, and wallets ---

    def report_prices(self, prices: Prices) -> Receipt:
        """Report prices; needs the reporter's role. SPEC OR-01."""
        registry = self.reader.deployment.registry
        call = call_of("CollateralRegistry", registry, "reportPrices", *prices.call())
        return self.send(Action(call=call))

    def configure(self, function: str, *arguments: object) -> Receipt:
        """Call a function of the registry, as its risk admin does."""
        registry = self.reader.deployment.registry
        return self.send(Action(call=call_of("CollateralRegistry", registry, function, *arguments)))

    def approve(self, token: int | str, amount: int) -> Receipt:
        """Allow the venue to take units of the ERC-20 from the wallet."""
        erc20 = self.reader.listing.token(token).erc20
        return self.send(Action(call=self._approval(erc20, amount)))

    def mint(self, token: int | str, amount: int, to: str | None = None) -> Receipt:
        """Create units of a local chain's ERC-20 in a wallet."""
        erc20 = self.reader.listing.token(token).erc20
        return self.send(Action(call=call_of("LocalToken", erc20, "mint", self._whose(to), amount)))

    # --- how ---

    def simulate(self, action: Action) -> Simulation:
        """Return what an action would do in the block to come; sends nothing.

        Raises the named VenueError of a refusal, NodeUnavailable.
        """
        lacking = self._lacking(action)
        calls = [action.call]
        if lacking is not None:
            calls.insert(0, self._approval(str(action.erc20), lacking))
        try:
            return self._simulate_in_full(calls, lacking)
        except NodeRefused as refused:
            if refused.code != METHOD_NOT_FOUND:
                raise
        # This node has no eth_simulateV1. Behind an approval there is nothing it could simulate:
        # the venue would name the allowance, and that is then the answer.
        answer = ask(self.rpc, action.call, NEXT_BLOCK, self.address)
        return Simulation(answer=answer, gas=None, events=None, approval=lacking)

    def send(self, action: Action) -> Receipt:
        """Simulate an action, send it, and return its receipt once it is mined.

        Raises the named VenueError of a refusal, before or after sending; NodeUnavailable,
        ReceiptTimeout, TransactionFailed.
        """
        with self._lock:
            lacking = self._lacking(action)
            approval = None
            if lacking is not None:
                # One look at both, so that a refused action leaves no approval behind.
                self.simulate(action)
                approval = self._send_call(self._approval(str(action.erc20), lacking))
            ask(self.rpc, action.call, NEXT_BLOCK, self.address)
            receipt = self._send_call(action.call)
        if approval is None:
            return receipt
        return Receipt(
            tx_hash=receipt.tx_hash,
            block=receipt.block,
            gas_used=receipt.gas_used,
            events=receipt.events,
            approval=approval,
        )

    def _pay_in(self, function: str, token: int | str, amount: int, account: str | None) -> Action:
        listed = self.reader.listing.token(token)
        return Action(
            call=self._venue(function, listed.token, amount, self._whose(account)),
            erc20=listed.erc20,
            takes=listed.to_evm_up(amount),
        )

    def _lacking(self, action: Action) -> int | None:
        """Return the units to approve, or None when the venue may take enough already."""
        if action.erc20 is None or action.takes == 0:
            return None
        venue = self.reader.deployment.venue
        call = call_of("LocalToken", action.erc20, "allowance", self.address, venue)
        allowed = ask(self.rpc, call, NEXT_BLOCK)
        return None if allowed >= action.takes else action.takes

    def _approval(self, erc20: str, amount: int) -> Call:
        return call_of("LocalToken", erc20, "approve", self.reader.deployment.venue, amount)

    def _simulate_in_full(self, calls: Sequence[Call], lacking: int | None) -> Simulation:
        blocks = [{"calls": [call.fields(self.address) for call in calls]}]
        order = {"blockStateCalls": blocks, "validation": False}
        (block,) = self.rpc.request("eth_simulateV1", order, tag_text("latest"))
        last: dict[str, Any] = {}
        for last in block["calls"]:
            if int(last["status"], 16) != 1:
                raise failure_of(last)
        return Simulation(
            answer=calls[-1].decode(last["returnData"]),
            gas=int(last["gasUsed"], 16),
            events=events_of(last["logs"]),
            approval=lacking,
        )

    def _send_call(self, call: Call) -> Receipt:
        transaction = self._transaction(call)
        tx_hash = self._signer.submit(self.rpc, transaction)
        mined = self._wait(tx_hash)
        block = int(mined["blockNumber"], 16)
        if int(mined["status"], 16) != 1:
            raise self._why(call, tx_hash, block)
        return Receipt(
            tx_hash=tx_hash,
            block=block,
            gas_used=int(mined["gasUsed"], 16),
            events=events_of(mined["logs"]),
        )

    def _transaction(self, call: Call) -> dict[str, Any]:
        """Return the transaction of a call, its gas estimated; the nonce is the chain's own count."""
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
        offered = MIN_TIP if isinstance(tip, NodeRefused) else int(tip, 16)
        base_fee = int(block.get("baseFeePerGas", "0x0"), 16)
        return {
            "to": call.to,
            "data": f"0x{call.data.hex()}",
            "value": 0,
            "chainId": self._chain_id,
            "nonce": int(count, 16),
            "gas": int(estimate, 16) * (100 + GAS_MARGIN_PERCENT) // 100,
            "maxFeePerGas": 2 * base_fee + offered,
            "maxPriorityFeePerGas": offered,
        }

    def _wait(self, tx_hash: str) -> dict[str, Any]:
        deadline = time.monotonic() + self._receipt_seconds
        pause = FIRST_WAIT
        while True:
            found: dict[str, Any] | None = self.rpc.request("eth_getTransactionReceipt", tx_hash)
            if found is not None and found.get("blockNumber"):
                return found
            if time.monotonic() > deadline:
                raise ReceiptTimeout(tx_hash=tx_hash, seconds=self._receipt_seconds)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_WAIT)

    def _why(self, call: Call, tx_hash: str, block: int) -> PmkitError:
        """Return why a mined call failed: as its block, then as the block before, tells it."""
        for at in (block, block - 1):
            try:
                ask(self.rpc, call, at, self.address)
            except (VenueError, UnknownRevert) as refusal:
                return refusal
        return TransactionFailed(tx_hash=tx_hash, block=block)

    def _wallet(self, token: int) -> int:
        return self.reader.balance(self.address, token).wallet

    def _whose(self, account: str | None) -> str:
        return self.address if account is None else checked(account)

    def _venue(self, function: str, *arguments: object) -> Call:
        return call_of("Venue", self.reader.deployment.venue, function, *arguments)


def failure_of(call: dict[str, Any]) -> PmkitError:
    """Return why a simulated call failed."""
    data = call.get("returnData") or (call.get("error") or {}).get("data") or "0x"
    return decode_revert(data) if len(data) > len("0x") else UnknownRevert(data="0x")
