"""The trade on a chain that makes its blocks by itself, and carries orders out seconds later."""

import time
from dataclasses import replace

import pytest
from conftest import ERC20, HYPE, OPENING, USDC, Caller, deployed
from web3 import Web3
from web3.exceptions import ContractCustomError

from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm
from pmkit.params import load_params

PACE = 0.1
"""Seconds between two blocks here; a whole one on the chain."""
PATIENCE = 60
ORDER_DELAY = 3
"""Seconds of the chain between an order and what becomes of it."""


@pytest.fixture(scope="module")
def chain():
    """Give a chain whose small blocks hold 3M gas and whose new accounts cost a USDC.

    Big blocks come after 60 small ones.
    """
    params = load_params("current")
    params = replace(params, policy=replace(params.policy, activation_fee=10**8))
    with HyperEvm.open(params, blocks=Blocks.HYPER, seconds=PACE) as running:
        yield running


def until(found):
    """Wait for what a step leads to; a keeper asks again and again, too."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(PACE)


def test_each_step_waits_for_what_became_of_the_one_before(chain):
    web3 = Web3(Web3.HTTPProvider(chain.deployment.rpc_url))
    owner, depositor = chain.account("trader"), chain.account("supplier")
    usdc = Caller(web3, dict(chain.deployment.tokens)["USDC"], ERC20)
    # The vault's code takes a big block, for which its deployer has asked before.
    web3.provider.make_request("pmkit_useBigBlocks", [owner, True])
    vault = deployed(web3, owner, usdc, (2_000, 8_000, 100))
    web3.provider.make_request("pmkit_useBigBlocks", [owner, False])

    vault.send(depositor, "deposit", value=100 * HYPE)
    usdc.send(owner, "approve", vault.address, OPENING)
    vault.send(owner, "activate", OPENING)
    for step in ("invest", "enablePortfolioMargin", "supply"):
        until(lambda step=step: done(vault, owner, step))
    until(lambda: vault.ask("collateralValue") == 4_000 * 10**8)
    # Nobody trades at prices of a minute ago, which is how long a busy machine may have taken.
    chain.keep_fresh()
    placed = vault.send(owner, "openShort")["blockNumber"]
    # The order is on its way: nothing is short in its block, and nothing is ordered twice. That
    # block is asked, for others come meanwhile.
    assert vault.ask("shortSize", block=placed) == 0
    with pytest.raises(ContractCustomError, match=vault.error("OrderOnTheWay")):
        vault.try_out(owner, "openShort", block=placed)
    until(lambda: vault.ask("shortSize") == -100 * 100)
    short = placed
    while vault.ask("shortSize", block=short) == 0:
        short += 1
    assert time_of(web3, short) - time_of(web3, placed) >= ORDER_DELAY

    chain.move("HYPE", "25")
    vault.send(owner, "closeShort")
    until(lambda: vault.ask("shortSize") == 0)
    for step in ("leavePortfolioMargin", "withdrawSupply", "bringBack", "settle"):
        until(lambda step=step: done(vault, owner, step))
    assert web3.eth.get_balance(vault.address) == 100 * HYPE - HYPE // 100
    # 15 on each of 100, and 4 of the 5 that opened the account.
    assert usdc.ask("balanceOf", vault.address) == pytest.approx(1_504 * USDC, abs=USDC // 10)


def time_of(web3, block):
    """Return a block's time."""
    return web3.eth.get_block(block)["timestamp"]


def done(vault, owner, step):
    """Take a step, and return whether it could be taken yet."""
    try:
        vault.send(owner, step)
    except ContractCustomError:
        return False
    return True
