"""Sends a plan, one transaction at a time, and goes on wherever an earlier run was cut off.

A step is signed, written to the journal, sent, waited for, and written down as done. What an
earlier run signed is looked for first, and handed in again where no node has it: the same bytes, or
at worst another transaction with the same nonce, so that a step happens once whatever was killed
when. SPEC DP-06.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.receipts import LONGEST_WAIT, fees, receipt_of, succeeded, wait_for_receipt
from pmkit.chain.revert import refusal_of
from pmkit.chain.sender import GAS_MARGIN_PERCENT, NEXT_BLOCK
from pmkit.deploy.big_blocks import Flag, big_gas_price
from pmkit.deploy.journal import Intent, Mined
from pmkit.errors import ChainError, NodeRefused, PmkitError, ReceiptTimeout, TransactionFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.rpc import Rpc
    from pmkit.chain.signing import RawSigner
    from pmkit.deploy.big_blocks import BlockKind
    from pmkit.deploy.gas import Cost
    from pmkit.deploy.journal import Journal, Progress
    from pmkit.deploy.plan import Step

RECEIPT_SECONDS = 200.0
"""Three big blocks."""
LAG_SECONDS = 3.0
"""What a node may need to know the receipt of a transaction whose nonce it counts as used."""
PAUSE = 0.1
"""Seconds between two looks at what an earlier run has sent."""
POLITE_WAIT = 2.0
"""Seconds between two questions for a receipt on a public chain, whose nodes count questions."""

Tell = Callable[[str, Mined], None]
"""Hears of each step that was done just now."""


class Runner:
    """Sends the steps of one plan for one deployer."""

    def __init__(
        self,
        rpc: Rpc,
        signer: RawSigner,
        chain_id: int,
        journal: Journal,
        kind: BlockKind,
        costs: Sequence[Cost],
        *,
        receipt_seconds: float = RECEIPT_SECONDS,
        lag_seconds: float = LAG_SECONDS,
    ) -> None:
        self._rpc = rpc
        self._signer = signer
        self._chain_id = chain_id
        self._journal = journal
        self._costs = costs
        self._steps = [cost.step for cost in costs]
        self._knows_big_blocks = kind.flag is not None
        public = self._knows_big_blocks and not kind.ours
        self._longest_wait = POLITE_WAIT if public else LONGEST_WAIT
        self._flag = Flag(rpc, signer.address, kind, journal)
        self._receipt_seconds = receipt_seconds
        self._lag_seconds = lag_seconds

    def run(self, tell: Tell) -> int:
        """Send whatever of the plan is not done, and return how many steps that were.

        Raises the named error of a refusal, NodeRefused, NodeUnavailable, ReceiptTimeout.
        """
        done = self._journal.progress.mined
        left = [cost for cost in self._costs if cost.step.what not in done]
        try:
            for cost in left:
                tell(cost.step.what, self._take(cost))
        except BaseException:
            # The journal keeps how the flag was, for the next run to put back.
            with suppress(ChainError):
                self._flag.restore()
            raise
        self._flag.restore()
        return len(left)

    def _take(self, cost: Cost) -> Mined:
        step = cost.step
        self._flag.fit(cost.gas)
        receipt, nonce = self._earlier(step)
        if receipt is None:
            intent = self._signed(cost, nonce)
            self._journal.sending(step.what, intent)
            self._rpc.request("eth_sendRawTransaction", intent.raw)
            receipt = wait_for_receipt(
                self._rpc, intent.hash, self._receipt_seconds, self._longest_wait
            )
            if not succeeded(receipt):
                self._journal.lost(step.what)
                raise self._why(step, receipt)
        created = receipt["contractAddress"] if step.creates is not None else None
        done = Mined(
            hash=receipt["transactionHash"],
            block=int(receipt["blockNumber"], 16),
            address=None if created is None else to_checksum_address(created),
        )
        self._journal.mined(step.what, done)
        return done

    def _earlier(self, step: Step) -> tuple[dict[str, Any] | None, int | None]:
        """Return what became of the transactions that an earlier run signed for a step.

        The receipt of the one that was mined, or the nonce that another attempt must use so that
        at most one of them is; neither where none was signed, or none can be mined any more.
        """
        intents = self._journal.progress.intents.get(step.what, [])
        if not intents:
            return None, None
        began = time.monotonic()
        last = intents[-1]
        while True:
            # In this order: a nonce that counts as used has its receipt by then.
            used = self._count("latest")
            receipts = [receipt_of(self._rpc, intent.hash) for intent in intents]
            mined = next((found for found in receipts if found is not None), None)
            if mined is not None and succeeded(mined):
                return mined, None
            waited = time.monotonic() - began
            if mined is not None or (used > last.nonce and waited >= self._lag_seconds):
                # Failed, or something else of the deployer's has taken the nonce.
                self._journal.lost(step.what)
                return None, None
            if used <= last.nonce:
                if self._waiting_count() <= last.nonce and not self._handed_in(last):
                    return None, last.nonce
                if waited >= self._receipt_seconds:
                    raise ReceiptTimeout(tx_hash=last.hash, seconds=int(self._receipt_seconds))
            time.sleep(self._longest_wait if waited > LAG_SECONDS else PAUSE)

    def _handed_in(self, intent: Intent) -> bool:
        """Hand in signed bytes again; return whether they may be mined."""
        try:
            self._rpc.request("eth_sendRawTransaction", intent.raw)
        except NodeRefused:
            known = self._rpc.request("eth_getTransactionByHash", intent.hash)
            return known is not None or self._count("latest") > intent.nonce
        return True

    def _signed(self, cost: Cost, nonce: int | None) -> Intent:
        call = self._call(cost.step)
        gas = cost.gas if cost.step.creates is not None else self._estimated(call)
        block, tip = self._rpc.batch(
            [("eth_getBlockByNumber", ["latest", False]), ("eth_maxPriorityFeePerGas", [])]
        )
        if isinstance(block, NodeRefused):
            raise block
        chosen = self._waiting_count() if nonce is None else nonce
        transaction = {
            **{key: value for key, value in call.items() if key != "from"},
            "value": 0,
            "chainId": self._chain_id,
            "nonce": chosen,
            "gas": gas,
            # Small blocks say nothing of what gas costs in big ones.
            **fees(block, tip, big_gas_price(self._rpc) if self._knows_big_blocks else 0),
        }
        raw = self._signer.sign(self._rpc, transaction)
        return Intent(nonce=chosen, hash=f"0x{keccak(hexstr=raw).hex()}", raw=raw)

    def _estimated(self, call: dict[str, str]) -> int:
        """Return the gas to give to a call. Raises the named error of its refusal."""
        try:
            estimate = int(self._rpc.request("eth_estimateGas", call), 16)
        except NodeRefused as refused:
            raise refusal_of(refused) from None
        return estimate * (100 + GAS_MARGIN_PERCENT) // 100

    def _call(self, step: Step) -> dict[str, str]:
        to, data = step.encoded(addresses_of(self._steps, self._journal.progress))
        call = {"from": self._signer.address, "data": f"0x{data.hex()}"}
        return call if to is None else {**call, "to": to}

    def _count(self, tag: str) -> int:
        return int(self._rpc.request("eth_getTransactionCount", self._signer.address, tag), 16)

    def _waiting_count(self) -> int:
        """Return the nonce after all that wait, where the node says so, else after the mined."""
        try:
            return self._count(NEXT_BLOCK)
        except NodeRefused:
            return self._count("latest")

    def _why(self, step: Step, receipt: dict[str, Any]) -> PmkitError:
        """Return why a mined step failed, as its block tells it."""
        try:
            self._rpc.request("eth_call", self._call(step), receipt["blockNumber"])
        except NodeRefused as refused:
            reason = refusal_of(refused)
            if reason is not refused:  # else the node does not look back
                return reason
        block = int(receipt["blockNumber"], 16)
        return TransactionFailed(tx_hash=receipt["transactionHash"], block=block)


def addresses_of(steps: Sequence[Step], progress: Progress) -> dict[str, str]:
    """Return the contracts that are there already, by their names in the registry."""
    found = ((step.creates, progress.mined.get(step.what)) for step in steps)
    return {name: done.address for name, done in found if name and done and done.address}
