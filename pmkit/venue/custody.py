"""Tokens in and out of wallets. Twin of `contracts/libraries/Custody.sol`.

A wallet pays in whole units of its ERC-20, rounded up, and is credited for all it pays; what it
takes out must be a whole number of units (SPEC BL-14). Wallets here move exactly what they are told
or refuse; what the contract asks of other ERC-20s (SPEC BL-17) needs no asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import InexactAmount, SafeERC20FailedOperation, ZeroAmount
from pmkit.units import UINT256_MAX, mul_div_down, mul_div_up, to_uint128
from pmkit.venue import wallets

if TYPE_CHECKING:
    from pmkit.venue.registry import Token
    from pmkit.venue.state import VenueState

EVERYTHING = UINT256_MAX
"""As an amount: all that there is."""


def pull(s: VenueState, sender: str, p: Token, amount: int) -> int:
    """Take an amount from the sender's wallet; return the token wei that came.

    Everything is what the wallet holds in whole token wei. Raises DoesNotFit128, ZeroAmount,
    SafeERC20FailedOperation, ERC20InsufficientAllowance, ERC20InsufficientBalance,
    ArithmeticOverflow.
    """
    up, down = evm_scale(p)
    if amount == EVERYTHING:
        _require_erc20(s, p)
        evm_amount = s.wallets.balance_of(p.erc20, sender) // up * up
    else:
        evm_amount = mul_div_up(to_uint128(amount), up, down)
    if evm_amount == 0:
        raise ZeroAmount
    _require_erc20(s, p)
    venue = s.parties.venue
    wallets.transfer_from(s.wallets, venue, p.erc20, sender, venue, evm_amount)
    return mul_div_down(evm_amount, down, up)


def push(s: VenueState, p: Token, amount: int, to: str) -> None:
    """Pay an amount to a wallet.

    Raises InexactAmount, SafeERC20FailedOperation, ERC20InvalidReceiver.
    """
    up, down = evm_scale(p)
    if amount % down != 0:
        raise InexactAmount(token=p.token, amount=amount, unit=down)
    _require_erc20(s, p)
    wallets.transfer(s.wallets, s.parties.venue, p.erc20, to, amount * up // down)


def evm_unit(p: Token) -> int:
    """Return the smallest amount, in token wei, that the wallet's ERC-20 can hold."""
    return evm_scale(p)[1]


def evm_scale(p: Token) -> tuple[int, int]:
    """Return ERC-20 units per token wei and token wei per ERC-20 unit, one of which is one."""
    more = p.evm_decimals - p.wei_decimals
    return (10**more, 1) if more >= 0 else (1, 10**-more)


def _require_erc20(s: VenueState, p: Token) -> None:
    """Require that there is an ERC-20 at the listed address. Raises SafeERC20FailedOperation."""
    if p.erc20 not in s.wallets.tokens:
        raise SafeERC20FailedOperation(token=p.erc20)
