"""What a node will ask about addresses before a fork is ready, asked in one call. SPEC HE-25.

A node asks for balance, count of transactions and code of every address that it touches, each by a
request of its own; public RPCs allow a hundred a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.errors import NodeUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.fork.relay import Relay


def prefetch(relay: Relay, tag: str, addresses: Sequence[str]) -> None:
    """Let a relay know addresses that no key is known of; where there is code, only the balance.

    Raises NodeUnavailable, NodeRefused.
    """
    arguments = interface("StateProbe").encode_constructor(list(addresses))
    code = load_artifact("StateProbe").linked({}) + arguments
    answer = relay.request("eth_call", {"data": f"0x{code.hex()}"}, tag)
    try:
        (seen,) = decode(["(uint256,uint256)[]"], bytes.fromhex(str(answer).removeprefix("0x")))
    except (DecodingError, ValueError) as error:
        problem = "answers eth_call of creation code with something else"
        raise NodeUnavailable(endpoint=relay.upstream, problem=problem) from error
    for address, (balance, size) in zip(addresses, seen, strict=True):
        relay.keep("eth_getBalance", address, hex(balance))
        if size == 0:
            # Without a key and without code nobody has ever sent anything from there.
            relay.keep("eth_getCode", address, "0x")
            relay.keep("eth_getTransactionCount", address, "0x0")
