"""Put HyperEVM's contracts where they belong on a node that lets code be set. SPEC HC-02.

On a fork the same: what is at the addresses of the upstream chain, which its node alone can
answer, is written over; the ERC-20s stay.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.chain.revert import refusal_of
from pmkit.errors import NodeRefused, TransactionFailed
from pmkit.hypercore.addresses import (
    CORE_DEPOSIT_WALLET,
    CORE_READER,
    CORE_WRITER,
    FIRST_PRECOMPILE,
    HYPE,
    HYPE_SYSTEM,
    HYPER_CORE,
    LAST_PRECOMPILE,
    SYSTEM,
    WRAPPED_HYPE,
    precompile_address,
    system_address,
)
from pmkit.hypercore.step import core_call
from pmkit.units import UINT256_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pmkit.chain.rpc import Rpc
    from pmkit.hypercore.step import Transaction

STAND_INS = (
    HYPER_CORE,
    CORE_READER,
    CORE_WRITER,
    HYPE_SYSTEM,
    CORE_DEPOSIT_WALLET,
    *map(precompile_address, range(FIRST_PRECOMPILE, LAST_PRECOMPILE + 1)),
)
"""Where code is placed, whatever was there."""
FUNDS = hex(10**24)
"""Native HYPE of an address that has to send a transaction once."""
BACKING = hex(10**30)
"""Native HYPE behind wrapped HYPE on a local chain, where anybody mints it."""
ORDER_DELAY = 0
"""Seconds between an order and its execution; three are about the venue's own."""
ACTIVATION_FEE = 0
"""Wei of USDC that a new account's first receipt pays; 10^8 is the venue's own."""


def place_wrapped_hype(rpc: Rpc) -> None:
    """Put wrapped HYPE in place, and native HYPE behind it; a fork has its own. SPEC HC-20."""
    if rpc.code(WRAPPED_HYPE):
        return
    set_code(rpc, WRAPPED_HYPE, runtime_of(rpc, "WrappedHype"))
    rpc.request("anvil_setBalance", WRAPPED_HYPE, BACKING)


def place_stand_ins(
    rpc: Rpc,
    venue: str,
    erc20s: Mapping[int, str],
    *,
    order_delay: int = ORDER_DELAY,
    activation_fee: int = ACTIVATION_FEE,
) -> None:
    """Put HyperCore, its precompiles, CoreWriter and the system addresses in place for a venue.

    `erc20s` are the listed ERC-20s by token id. Actions that an earlier HyperCore has recorded
    stay. Raises NodeRefused on a node that sets no code, and the error of what failed.
    """
    core, reader = (runtime_of(rpc, name, venue) for name in ("HyperCore", "CoreReader"))
    writer, hype, wallet, precompile = (
        runtime_of(rpc, name)
        for name in ("CoreWriter", "HypeSystem", "CoreDepositWallet", "Precompile")
    )
    for address, code in (
        (HYPER_CORE, core),
        (CORE_READER, reader),
        (CORE_WRITER, writer),
        (HYPE_SYSTEM, hype),
        (CORE_DEPOSIT_WALLET, wallet),
    ):
        set_code(rpc, address, code)
    for number in range(FIRST_PRECOMPILE, LAST_PRECOMPILE + 1):
        set_code(rpc, precompile_address(number), precompile)
    for token, erc20 in erc20s.items():
        # Native HYPE is paid out by the code at its system address.
        if token != HYPE:
            let_core_take(rpc, token, erc20)
    settings = core_call("setCore", order_delay, activation_fee)
    send_as(rpc, settings.fields(SYSTEM))


def let_core_take(rpc: Rpc, token: int, erc20: str) -> None:
    """Let HyperCore take what arrives at a token's system address."""
    data = interface("LocalToken").encode("approve", HYPER_CORE, UINT256_MAX)
    owner = to_checksum_address(system_address(token))
    send_as(rpc, {"from": owner, "to": erc20, "data": f"0x{data.hex()}"})


def runtime_of(rpc: Rpc, name: str, *arguments: object) -> str:
    """Return the code that creating a contract leaves, which the node works out."""
    code = load_artifact(name).linked({}) + interface(name).encode_constructor(*arguments)
    found: str = rpc.request("eth_call", {"data": f"0x{code.hex()}"}, "latest")
    return found


def set_code(rpc: Rpc, address: str, code: str) -> None:
    """Put code at an address."""
    rpc.request("anvil_setCode", address, code)


def send_as(rpc: Rpc, transaction: Transaction) -> None:
    """Send a transaction as an address that nobody has the key of, and require that it worked."""
    with impersonated(rpc, transaction["from"]):
        try:
            receipt = rpc.request("eth_sendTransactionSync", transaction)
            if int(receipt["status"], 16) != 1:
                rpc.request("eth_call", transaction, "latest")
                block = int(receipt["blockNumber"], 16)
                raise TransactionFailed(tx_hash=receipt["transactionHash"], block=block)
        except NodeRefused as refused:
            raise refusal_of(refused) from None


@contextmanager
def impersonated(rpc: Rpc, address: str) -> Iterator[None]:
    """Let the node send as an address, which has what gas costs meanwhile, and as much afterwards.

    What the sending itself moves, it moves.
    """
    had = int(rpc.request("eth_getBalance", address, "latest"), 16)
    rpc.request("anvil_setBalance", address, hex(had + int(FUNDS, 16)))
    rpc.request("anvil_impersonateAccount", address)
    try:
        yield
    finally:
        rpc.request("anvil_stopImpersonatingAccount", address)
        rpc.request("anvil_setBalance", address, hex(had))
