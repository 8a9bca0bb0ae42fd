"""Creations in big blocks, on pmkit's own front and on one that only tells. SPEC DP-05, HE-03."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from deploy.conftest import DEPLOYER, change, run, sent_by

from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.chain.signing import NodeSigner
from pmkit.deploy.big_blocks import BlockKind, Flag, block_kind
from pmkit.deploy.gas import Cost
from pmkit.deploy.journal import Journal, read_progress
from pmkit.deploy.plan import Step
from pmkit.deploy.registry import chain_key
from pmkit.deploy.run import prepare
from pmkit.errors import BlockTooSmall, NodeRefused
from pmkit.hyperevm import Blocks, Front
from pmkit.hyperevm.limits import BIG_GAS, SMALL_GAS

PACE = 0.01
"""Seconds between two small blocks; a big one comes after sixty."""


@pytest.fixture
def hyper():
    with Node.start() as node, Front.start(node.url, blocks=Blocks.HYPER, seconds=PACE) as front:
        rpc = Rpc(front.url)
        yield rpc
        rpc.close()


class Foreign(Rpc):
    """A node of HyperEVM: it tells the flag, and is no front of pmkit's."""

    def request(self, method, *params):
        if method.startswith("pmkit_"):
            raise NodeRefused(method=method, code=-32601, message="no such method", data=None)
        return super().request(method, *params)


def using(rpc):
    return rpc.request("eth_usingBigBlocks", DEPLOYER)


@pytest.mark.slow
def test_flag_is_set_for_creations_and_put_back(hyper, files):
    flags = []
    done = run(hyper, files, tell=lambda what, _: flags.append((what, using(hyper))))
    assert dict(flags)["create Venue"] is True
    assert dict(flags)["create Waterfall"] is False  # it fits a small block
    assert dict(flags)["set the policy"] is False
    assert using(hyper) is False
    limits = {
        name: int(hyper.request("eth_getBlockByNumber", hex(entry.block), False)["gasLimit"], 16)
        for name, entry in done.contracts.items()
    }
    assert limits["Venue"] == limits["CollateralRegistry"] == BIG_GAS
    assert limits["Waterfall"] == limits["tokens.USDC"] == SMALL_GAS
    assert run(hyper, files).sent == 0


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.slow
def test_flag_that_an_end_left_set_is_put_back_by_the_next_run(hyper, files, monkeypatch):
    """The process ends while a creation waits for its big block, and cannot put the flag back."""

    def ended(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("pmkit.deploy.runner.wait_for_receipt", ended)
        patched.setattr(Flag, "restore", lambda self: None)
        with pytest.raises(Killed):
            run(hyper, files)
    assert using(hyper) is True
    assert read_progress(files.journal(chain_key(hyper)))[0].big_blocks_before is False
    done = run(hyper, files)
    assert using(hyper) is False
    assert sent_by(hyper) == done.sent
    assert hyper.request("pmkit_blocks")["dropped"] == []


def test_flag_that_its_owner_has_set_stays_set(hyper, files):
    hyper.request("pmkit_useBigBlocks", DEPLOYER, True)
    kind = block_kind(hyper, DEPLOYER, 31337)
    with closing(Journal.open(files.registry)) as journal:
        flag = Flag(hyper, DEPLOYER, kind, journal)
        flag.fit(SMALL_GAS)
        assert using(hyper) is True
        flag.restore()
    assert using(hyper) is True
    assert not files.registry.exists()


def test_missing_flag_elsewhere_is_refused_with_how_to_set_it(hyper, files):
    foreign = Foreign(hyper.url)
    told = (
        r"create MarginEngine takes up to [\d,]+ gas, and a block holds 3,000,000; .*evmUserModify"
    )
    with pytest.raises(BlockTooSmall, match=told):
        run(foreign, files)
    assert {path.name for path in files.params.parent.iterdir()} == {"local.yaml"}
    hyper.request("pmkit_useBigBlocks", DEPLOYER, True)
    kind = prepare(foreign, DEPLOYER, files).ready.kind
    assert replace(kind, big_gas_price=0) == BlockKind(
        limit=BIG_GAS,
        flag=True,
        big_gas_price=0,
        ours=False,
        remedy="no transaction of this size fits this chain",
    )


@pytest.mark.parametrize(("chain_id", "told"), [(998, "evmUserModify"), (31337, "of this size")])
def test_plain_nodes_last_block_tells_what_one_holds(files, chain_id, told):
    """Nodes that know nothing of the flag: HyperEVM's by its chain id, and any other."""
    change(files, "chain_id: 31337", f"chain_id: {chain_id}")
    with (
        Node.start(chain_id=chain_id, extra=("--gas-limit", str(SMALL_GAS))) as node,
        pytest.raises(BlockTooSmall, match=told),
    ):
        run(Rpc(node.url), files)


def test_price_of_gas_in_big_blocks_is_counted_and_offered(hyper, files):
    """HyperEVM's small blocks say nothing of it."""

    class Dear(Foreign):
        def request(self, method, *params):
            if method == "eth_bigBlockGasPrice":
                return hex(10**12)
            return super().request(method, *params)

    class Seen(BaseException):
        pass

    class Looking(NodeSigner):
        def sign(self, rpc, transaction):
            assert transaction["maxFeePerGas"] >= 2 * 10**12
            raise Seen

    dear = Dear(hyper.url)
    hyper.request("pmkit_useBigBlocks", DEPLOYER, True)
    assert prepare(dear, DEPLOYER, files).ready.gas_price == 10**12
    with pytest.raises(Seen):
        run(dear, files, signer=Looking(DEPLOYER))


def test_step_beyond_every_block_is_refused():
    step = Step(what="create Whale", contract="Venue", arguments=())
    kind = BlockKind(limit=SMALL_GAS, flag=False, big_gas_price=0, ours=True, remedy="-")
    kind.require([Cost(step=step, gas=BIG_GAS)])
    with pytest.raises(BlockTooSmall, match="30,000,001 gas, and a block holds 30,000,000"):
        kind.require([Cost(step=step, gas=BIG_GAS + 1)])
    with pytest.raises(BlockTooSmall):
        replace(kind, ours=False).require([Cost(step=step, gas=SMALL_GAS + 1)])
