"""Refusals of the ERC-20 tokens themselves; amounts are in the ERC-20's own units."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class ERC20InsufficientBalance(VenueError):
    """The wallet does not hold that much."""

    sender: str
    balance: int
    needed: int
    sentence = "the wallet {sender} holds {balance} units of the ERC-20, {needed} are needed"


@dataclass(eq=False)
class ERC20InsufficientAllowance(VenueError):
    """The wallet has not allowed that much to be taken."""

    spender: str
    allowance: int
    needed: int
    sentence = (
        "{spender} may take {allowance} units of the ERC-20, {needed} are needed; approve them"
    )


@dataclass(eq=False)
class ERC20InvalidApprover(VenueError):
    """An approval in the name of no account."""

    approver: str
    sentence = "{approver} cannot approve"


@dataclass(eq=False)
class ERC20InvalidReceiver(VenueError):
    """A transfer to no account."""

    receiver: str
    sentence = "{receiver} cannot receive tokens"


@dataclass(eq=False)
class ERC20InvalidSender(VenueError):
    """A transfer from no account."""

    sender: str
    sentence = "{sender} cannot send tokens"


@dataclass(eq=False)
class ERC20InvalidSpender(VenueError):
    """An approval for no account."""

    spender: str
    sentence = "{spender} cannot be approved"
