"""Every read of HyperCore about accounts and markets, asked one by one: no code of the fork's."""

from __future__ import annotations

from typing import Any

from pmkit.chain.rpc import Rpc
from pmkit.errors import NodeRefused
from pmkit.hypercore.precompiles import encode_input, precompile

PAGE = 400
GAS = hex(3_000_000)


def reads(
    rpc: Rpc, accounts: list[str], tokens: list[int], perps: list[int], pairs: list[int]
) -> dict[tuple[Any, ...], str | None]:
    """Return raw answers by name and arguments, None where a precompile fails."""
    asked: list[tuple[Any, ...]] = []
    for account in accounts:
        asked += [("core_user_exists", account), ("withdrawable", account)]
        asked += [("delegations", account), ("delegator_summary", account)]
        asked += [("account_margin_summary", dex, account) for dex in (0, 1)]
        for token in tokens:
            asked += [("spot_balance", account, token), ("borrow_lend_user_state", account, token)]
        for perp in perps:
            # 0x800 takes an index of 16 bits: the venue's own perps.
            asked += [("position", account, perp)] if perp < 2**16 else []
            asked += [("position2", account, perp)]
    for perp in perps:
        asked += [("mark_px", perp), ("oracle_px", perp), ("bbo", perp), ("perp_asset_info", perp)]
    asked += [(name, pair) for pair in pairs for name in ("spot_px", "spot_info")]
    for token in tokens:
        asked += [("token_info", token), ("borrow_lend_reserve_state", token)]
    latest = hex(rpc.block_number())
    found: dict[tuple[Any, ...], str | None] = {}
    for start in range(0, len(asked), PAGE):
        page = asked[start : start + PAGE]
        answers = rpc.batch(
            [
                (
                    "eth_call",
                    [
                        {
                            "to": precompile(name).address,
                            "data": f"0x{encode_input(name, *arguments).hex()}",
                            "gas": GAS,
                        },
                        latest,
                    ],
                )
                for name, *arguments in page
            ]
        )
        for question, answer in zip(page, answers, strict=True):
            found[question] = None if isinstance(answer, NodeRefused) else answer
    return found
