"""Where everything of HyperEVM is, on every chain. Twin of `CoreAddresses.sol`. SPEC HC-01."""

from __future__ import annotations

SYSTEM = "0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE"
"""Whoever applies the blocks of Core."""
HYPER_CORE = "0x9999999999999999999999999999999999999999"
CORE_READER = "0x9999999999999999999999999999999999999998"
CORE_WRITER = "0x3333333333333333333333333333333333333333"
HYPE_SYSTEM = "0x2222222222222222222222222222222222222222"
WRAPPED_HYPE = "0x5555555555555555555555555555555555555555"
CORE_DEPOSIT_WALLET = "0x6B9E773128f453f5c2C60935Ee2DE2CBc5390A24"
BURNT = "0x000000000000000000000000000000000000dEaD"
"""Whose balance is nobody's."""

USDC, HYPE = 0, 150
"""Token ids."""
SPOT = 2**32 - 1
"""Stands for spot where a perp dex is asked for."""
FIRST_PRECOMPILE, LAST_PRECOMPILE = 0x800, 0x813


def precompile_address(number: int) -> str:
    """Return the address of a precompile, 0x800 to 0x813."""
    return f"0x{number:040x}"


def system_address(token: int) -> str:
    """Return where a token is sent to change sides: 0x20, zeros and the token's id. SPEC HC-18.

    >>> system_address(200)
    '0x20000000000000000000000000000000000000c8'
    """
    return HYPE_SYSTEM if token == HYPE else f"0x20{token:038x}"
