"""Refusals of the borrow/lend pool, and of the tokens that it moves."""

from __future__ import annotations

from dataclasses import dataclass

from pmkit.errors.base import VenueError


@dataclass(eq=False)
class ZeroAmount(VenueError):
    """An amount of zero does nothing."""

    sentence = "an amount above zero was required, was 0"


@dataclass(eq=False)
class InsufficientBalance(VenueError):
    """The account does not have that much of its own."""

    token: int
    requested: int
    available: int
    sentence = (
        "{requested} wei of token {token} were asked for, the account's own are {available}; "
        "ask for at most that"
    )


@dataclass(eq=False)
class InsufficientCash(VenueError):
    """The pool does not hold that much now."""

    token: int
    requested: int
    available: int
    sentence = (
        "{requested} wei of token {token} were asked for, the pool holds {available}; ask for "
        "at most that, or wait for repayments"
    )


@dataclass(eq=False)
class SupplyCapExceeded(VenueError):
    """A supply cap leaves less room."""

    token: int
    requested: int
    room: int
    sentence = (
        "the supply cap of token {token} leaves room for {room} wei, {requested} were to be "
        "supplied"
    )


@dataclass(eq=False)
class BorrowCapExceeded(VenueError):
    """A borrow cap leaves less room."""

    token: int
    requested: int
    room: int
    sentence = (
        "the borrow caps of token {token} leave room for {room} wei, {requested} were to be "
        "borrowed"
    )


@dataclass(eq=False)
class NotBorrowable(VenueError):
    """The token cannot be borrowed."""

    token: int
    sentence = "token {token} cannot be borrowed"


@dataclass(eq=False)
class BorrowWhileSupplied(VenueError):
    """A token that is supplied is not borrowed."""

    token: int
    supplied: int
    sentence = (
        "a token is borrowed only while none of it is supplied, {supplied} wei of token {token} "
        "are; withdraw or trade those first"
    )


@dataclass(eq=False)
class NoDebt(VenueError):
    """There is no debt to repay."""

    token: int
    sentence = "the account owes no token {token}; there is nothing to repay"


@dataclass(eq=False)
class InexactAmount(VenueError):
    """The wallet's token moves in larger units."""

    token: int
    amount: int
    unit: int
    sentence = (
        "wallets hold token {token} in units of {unit} wei, {amount} is no multiple; round it down"
    )


@dataclass(eq=False)
class TransferMismatch(VenueError):
    """Another amount than asked left the one wallet, or came into the other."""

    token: int
    expected: int
    moved: int
    sentence = (
        "token {token} was to move {expected} units of its ERC-20 from wallet to wallet and moved "
        "{moved}; tokens with a fee on transfer are refused"
    )


@dataclass(eq=False)
class ReentrancyGuardReentrantCall(VenueError):
    """The venue was called from within one of its own calls."""

    sentence = "the venue was called from within a call to it"


@dataclass(eq=False)
class SafeERC20FailedOperation(VenueError):
    """An ERC-20 refused to move, or is no ERC-20."""

    token: str
    sentence = "the ERC-20 at {token} did not do what it was asked to"


@dataclass(eq=False)
class WithdrawLocked(VenueError):
    """Supply waits while the reserve's deficit exceeds the insurance."""

    token: int
    deficit: int
    insurance: int
    sentence = (
        "supply of token {token} waits while the deficit of {deficit} wei exceeds the insurance of "
        "{insurance}"
    )
