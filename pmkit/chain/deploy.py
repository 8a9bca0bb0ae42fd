"""The genesis carried out on a fresh local chain, whose node signs for the roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.chain.address import checked
from pmkit.chain.deployment import Deployment, mark_chain
from pmkit.chain.genesis import ROLES, Step, plan_genesis
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.chain.revert import refusal_of
from pmkit.errors import InputError, NodeRefused, TransactionFailed
from pmkit.hypercore.addresses import HYPER_CORE
from pmkit.hypercore.place import place_stand_ins, place_wrapped_hype

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pmkit.chain.rpc import Rpc
    from pmkit.policy import Params

STEP_GAS = 15_000_000
"""Gas given to each transaction of the genesis; half a block, and more than any of them uses."""


def deploy(rpc: Rpc, params: Params, prices: Mapping[str, Decimal] = GENESIS_PRICES) -> Deployment:
    """Put a funded venue on a fresh local chain, whose node signs for the roles.

    Raises InputError before anything is sent, or the error of the transaction that failed.
    """
    unlocked: list[str] = rpc.request("eth_accounts")
    if len(unlocked) < len(ROLES):
        problem = f"the node signs for {len(unlocked)} accounts, {len(ROLES)} are needed"
        raise InputError(place=rpc.place, problem=problem)
    accounts = {role: checked(a) for role, a in zip(ROLES, unlocked, strict=False)}
    genesis = plan_genesis(params, accounts, prices)
    place_wrapped_hype(rpc)
    # Prices come last, so that they are fresh when everything is in place.
    *steps, report = genesis.steps
    for step in steps:
        take(rpc, step, accounts[step.role])
    erc20s = {token.id: dict(genesis.tokens)[token.name] for token in params.tokens}
    place_stand_ins(rpc, genesis.venue, erc20s, activation_fee=params.policy.activation_fee)
    take(rpc, report, accounts[report.role])
    deployment = Deployment(
        rpc_url=rpc.url,
        chain_id=rpc.chain_id(),
        registry=genesis.registry,
        venue=genesis.venue,
        lens=genesis.lens,
        core=HYPER_CORE,
        tokens=genesis.tokens,
        accounts=tuple(accounts.items()),
        block=rpc.block_number(),
    )
    mark_chain(rpc, deployment)
    return deployment


def take(rpc: Rpc, step: Step, sender: str) -> None:
    """Send one step and wait for it. Raises the error that it failed with."""
    call = {"from": sender, "data": f"0x{step.data.hex()}", "gas": hex(STEP_GAS)}
    if step.to is not None:
        call["to"] = step.to
    try:
        receipt = rpc.request("eth_sendTransactionSync", call)
        if int(receipt["status"], 16) != 1:
            rpc.request("eth_call", call, "latest")
            block = int(receipt["blockNumber"], 16)
            raise TransactionFailed(tx_hash=receipt["transactionHash"], block=block)
    except NodeRefused as refused:
        failure = refusal_of(refused)
        failure.add_note(f"genesis: {step.what}")
        raise failure from None
