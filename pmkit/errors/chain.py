"""The chain could not be reached, or did not answer as a chain does."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import PmkitError


class ChainError(PmkitError):
    """The chain could not be reached, or did not answer as a chain does."""


class ChainRefused(ChainError):
    """The chain answered, and the answer is no."""


@dataclass(eq=False)
class NodeUnavailable(ChainError):
    """A node did not start, went away, or does not answer."""

    endpoint: str
    problem: str

    def __str__(self) -> str:
        return f"node at {self.endpoint}: {self.problem}"


@dataclass(eq=False)
class NodeRefused(ChainRefused):
    """A node answered a request with an error that is no revert."""

    method: str
    code: int
    message: str
    data: str | None
    """Revert data as hex text, where the node gave some."""

    def __str__(self) -> str:
        return f"the node refused {self.method}: {self.message} (code {self.code})"


@dataclass(eq=False)
class UnknownRevert(ChainRefused):
    """A call reverted with data that no known interface declares."""

    data: str

    def __str__(self) -> str:
        shown = self.data if self.data not in ("", "0x") else "no data"
        return f"the call reverted with {shown}, which no known interface declares"


@dataclass(eq=False)
class AccountOutOfGas(ChainRefused):
    """The gas that a node gives a call does not suffice to read an account, even alone."""

    account: str

    def __str__(self) -> str:
        return (
            f"the gas that the node gives a call does not suffice to read {self.account}; "
            "raise the node's limit of gas for calls"
        )


@dataclass(eq=False)
class NotDeployed(ChainError):
    """The chain has no venue where one was expected."""

    endpoint: str
    problem: str

    def __str__(self) -> str:
        return f"no venue on the chain at {self.endpoint}: {self.problem}"


@dataclass(eq=False)
class ReceiptTimeout(ChainError):
    """A transaction was sent, and no block took it in within the time given."""

    tx_hash: str
    seconds: int

    def __str__(self) -> str:
        return f"transaction {self.tx_hash} was sent, but is in no block after {self.seconds} s"


@dataclass(eq=False)
class TransactionFailed(ChainRefused):
    """A transaction was mined and failed, and a replay does not show why."""

    tx_hash: str
    block: int

    def __str__(self) -> str:
        return (
            f"transaction {self.tx_hash} failed in block {self.block}; repeated on that "
            "block's state the call does not fail"
        )


@dataclass(eq=False)
class NobodyTaken(ChainRefused):
    """No account of a batch would be liquidated, so the batch was not sent."""

    reasons: tuple[tuple[str, str], ...]
    """Accounts, and what refuses each."""

    def __str__(self) -> str:
        told = "; ".join(f"{account}: {reason}" for account, reason in self.reasons)
        return f"none of {len(self.reasons)} accounts is taken, nothing was sent: {told}"


@dataclass(eq=False)
class InsufficientFunds(ChainRefused):
    """An account cannot pay for what it is to send."""

    account: str
    needed: int
    """Wei of the gas token."""
    balance: int

    def __str__(self) -> str:
        return (
            f"{self.account} cannot pay for the deployment: it has {self.balance} wei, and what "
            f"is left to send takes up to {self.needed} wei at the present price of gas"
        )


@dataclass(eq=False)
class BlockTooSmall(ChainRefused):
    """A transaction needs more gas than a block of its sender's kind holds."""

    what: str
    gas: int
    limit: int
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.what} takes up to {self.gas:,} gas, and a block holds {self.limit:,}; "
            f"{self.remedy}"
        )


@dataclass(eq=False)
class DeploymentDiffers(ChainRefused):
    """What is on the chain is not what was to be deployed."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "the chain differs from the parameters: " + "; ".join(self.problems)
