"""Wallets: ERC-20 balances and allowances. Twin of `contracts/local/LocalToken.sol`.

Amounts are in the ERC-20's own units. Anybody mints, as on a local chain. Errors and their order
are OpenZeppelin's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pmkit.errors import (
    ERC20InsufficientAllowance,
    ERC20InsufficientBalance,
    ERC20InvalidApprover,
    ERC20InvalidReceiver,
    ERC20InvalidSender,
    ERC20InvalidSpender,
    InputError,
)
from pmkit.units import UINT256_MAX, checked
from pmkit.venue.block import Table
from pmkit.venue.events import Approval, Transfer
from pmkit.venue.integers import Address, Uint8, Uint256

if TYPE_CHECKING:
    from pmkit.venue.block import Block

NOBODY = "0x" + "00" * 20
"""The address that nothing can be sent to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erc20:
    """An ERC-20 token."""

    name: str
    decimals: Uint8
    total_supply: Uint256


@dataclass(slots=True)
class Wallets:
    """The tables of all ERC-20s, by their addresses."""

    block: Block
    tokens: Table[str, Erc20] = field(init=False)
    balances: Table[tuple[str, str], int] = field(init=False)
    """By ERC-20 and holder."""
    allowances: Table[tuple[str, str, str], int] = field(init=False)
    """By ERC-20, owner and spender."""

    def __post_init__(self) -> None:
        self.tokens = Table(self.block)
        self.balances = Table(self.block, 0)
        self.allowances = Table(self.block, 0)

    def token(self, erc20: str) -> Erc20:
        """Return an ERC-20. Raises InputError for an address that is none."""
        found = self.tokens.get(erc20)
        if found is None:
            raise InputError(place=erc20, problem="is not an ERC-20 that this venue knows")
        return found

    def balance_of(self, erc20: str, holder: str) -> int:
        """Return what a wallet holds. Raises InputError."""
        self.token(erc20)
        return self.balances[erc20, holder]

    def allowance(self, erc20: str, owner: str, spender: str) -> int:
        """Return what a wallet allows another account to take. Raises InputError."""
        self.token(erc20)
        return self.allowances[erc20, owner, spender]


def create_erc20(
    w: Wallets,
    sender: Address,  # noqa: ARG001 (anybody may)
    erc20: Address,
    name: str,
    decimals: Uint8,
) -> None:
    """Put an ERC-20 at an address. Raises InputError for an address that has one."""
    if erc20 in w.tokens:
        raise InputError(place=erc20, problem="there is an ERC-20 at this address already")
    w.tokens[erc20] = Erc20(name=name, decimals=decimals, total_supply=0)


def mint(
    w: Wallets,
    sender: Address,  # noqa: ARG001 (anybody may)
    erc20: Address,
    to: Address,
    amount: Uint256,
) -> None:
    """Create units in a wallet.

    Raises InputError, ERC20InvalidReceiver, ArithmeticOverflow.
    """
    token = w.token(erc20)
    if to == NOBODY:
        raise ERC20InvalidReceiver(receiver=to)
    w.tokens[erc20] = replace(token, total_supply=checked(token.total_supply + amount))
    w.balances[erc20, to] += amount
    w.block.emit(Transfer(erc20=erc20, from_=NOBODY, to=to, value=amount))


def approve(w: Wallets, sender: Address, erc20: Address, spender: Address, value: Uint256) -> bool:
    """Allow an account to take units; the largest number stands for no limit.

    Raises InputError, ERC20InvalidApprover, ERC20InvalidSpender.
    """
    w.token(erc20)
    if sender == NOBODY:
        raise ERC20InvalidApprover(approver=sender)
    if spender == NOBODY:
        raise ERC20InvalidSpender(spender=spender)
    w.allowances[erc20, sender, spender] = value
    w.block.emit(Approval(erc20=erc20, owner=sender, spender=spender, value=value))
    return True


def transfer(w: Wallets, sender: Address, erc20: Address, to: Address, value: Uint256) -> bool:
    """Send units.

    Raises InputError, ERC20InvalidSender, ERC20InvalidReceiver, ERC20InsufficientBalance.
    """
    w.token(erc20)
    _move(w, erc20, sender, to, value)
    return True


def transfer_from(
    w: Wallets, sender: Address, erc20: Address, owner: Address, to: Address, value: Uint256
) -> bool:
    """Send units of a wallet that has allowed it.

    Raises InputError, ERC20InsufficientAllowance, ERC20InvalidApprover, ERC20InvalidSpender, and
    what `transfer` raises.
    """
    w.token(erc20)
    allowed = w.allowances[erc20, owner, sender]
    if allowed < UINT256_MAX:
        if allowed < value:
            raise ERC20InsufficientAllowance(spender=sender, allowance=allowed, needed=value)
        if owner == NOBODY:
            raise ERC20InvalidApprover(approver=owner)
        if sender == NOBODY:
            raise ERC20InvalidSpender(spender=sender)
        w.allowances[erc20, owner, sender] = allowed - value
    _move(w, erc20, owner, to, value)
    return True


def _move(w: Wallets, erc20: str, owner: str, to: str, value: int) -> None:
    if owner == NOBODY:
        raise ERC20InvalidSender(sender=owner)
    if to == NOBODY:
        raise ERC20InvalidReceiver(receiver=to)
    held = w.balances[erc20, owner]
    if held < value:
        raise ERC20InsufficientBalance(sender=owner, balance=held, needed=value)
    w.balances[erc20, owner] = held - value
    w.balances[erc20, to] += value
    w.block.emit(Transfer(erc20=erc20, from_=owner, to=to, value=value))
