"""The ERC-20s that an upstream links to its tokens. SPEC HE-24."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from pmkit.chain.abi import interface
from pmkit.errors import NodeRefused
from pmkit.hypercore.addresses import CORE_DEPOSIT_WALLET, HYPE, USDC, WRAPPED_HYPE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pmkit.fork.source import Source
    from pmkit.fork.universe import Universe
    from pmkit.policy import Params

WORD = 32
LIVE_USDC = {
    999: "0xb88339CB7199b77E23DB6e890353E22632Ba630f",
    998: "0x2B3370eE501B4a559b57D449569354196457D8Ab",
}
"""USDC of the live chains, by chain id, where no deposit wallet tells it."""
MOST_DECIMALS = 24


def linked_erc20s(
    request: Callable[..., Any], source: Source, params: Params, universe: Universe
) -> tuple[Params, dict[int, str]]:
    """Return ERC-20s by token id, and the parameters with these ERC-20s' decimals.

    HYPE's is wrapped HYPE; USDC's is the one that its deposit wallet takes. A token whose contract
    tells no decimals has none here, and gets one of the fork's own.
    """
    tag = source.tag
    erc20s: dict[int, str] = {}
    tokens = []
    for token in params.tokens:
        address = universe.tokens.get(token.id, {}).get("evm_contract")
        if token.id == HYPE:
            address = WRAPPED_HYPE
        if token.id == USDC:
            told = word_of(request, tag, "CoreDepositWallet", CORE_DEPOSIT_WALLET, "token")
            live = LIVE_USDC.get(source.chain_id, address)
            address = to_checksum_address(f"0x{told:040x}") if told else live
        decimals = (
            word_of(request, tag, "LocalToken", address, "decimals")
            if address and int(address, 16)
            else None
        )
        if token.id == HYPE and decimals is None:
            # An upstream without wrapped HYPE gets the local one, which has as many.
            decimals = token.evm_decimals
        if address and decimals is not None and decimals <= MOST_DECIMALS:
            erc20s[token.id] = to_checksum_address(address)
            tokens.append(replace(token, evm_decimals=decimals))
        else:
            tokens.append(token)
    return replace(params, tokens=tuple(tokens)), erc20s


def word_of(
    request: Callable[..., Any], tag: str, contract: str, address: str, function: str
) -> int | None:
    """Return the one word that a call answers, None where there is nobody to answer it."""
    data = interface(contract).encode(function)
    try:
        answer = request("eth_call", {"to": address, "data": f"0x{data.hex()}"}, tag)
    except NodeRefused:
        return None
    raw = bytes.fromhex(str(answer).removeprefix("0x"))
    return int.from_bytes(raw) if len(raw) == WORD else None
