"""A chain in a file is taken up where it was left, or refused by name. SPEC HE-05."""

from __future__ import annotations

import errno
import fcntl
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hyperevm.conftest import BY_COMMAND, until

from pmkit.errors import InputError, NodeUnavailable
from pmkit.fork.accounts import ImportedAccount
from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm
from pmkit.hyperevm.state import SavedChain, SavedFork, StateFile, lock_of
from pmkit.model import Mode
from pmkit.params import load_params

CHAIN = SavedChain(
    chain_id=998,
    params="a",
    blocks="hyper",
    big=("0x" + "11" * 20,),
    held=("0x02",),
    number=7,
    timestamp=9,
    node="0x00",
)


def test_state_is_read_as_it_was_written(tmp_path):
    with closing(StateFile.open(tmp_path / "chain.json")) as file:
        assert file.load() is None
        file.save(CHAIN)
        assert file.load() == CHAIN


def test_state_that_cannot_be_written_leaves_that_of_before_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "chain.json"
    with closing(StateFile.open(path)) as file:
        file.save(CHAIN)

        def full(self, target):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(InputError, match=r"chain\.json: cannot be written: No space left"):
            file.save(replace(CHAIN, number=8))
        assert file.load() == CHAIN
    assert [kept.name for kept in tmp_path.iterdir()] == ["chain.json"]


def test_state_of_a_fork_is_read_as_it_was_written_or_refused_with_the_key(tmp_path):
    current = load_params("current")
    account = ImportedAccount(
        address="0x01", mode=Mode.UNIFIED, guessed=False, exists=True, l1_block=9
    )
    origin = SavedFork(
        block=7,
        block_hash="0x07",
        latest_only=True,
        asked_for=False,
        accounts=(account,),
        left_out=("PURR",),
        tokens=current.tokens,
        perps=current.perps,
        pairs=current.pairs,
    )
    path = tmp_path / "fork.json"
    with closing(StateFile.open(path)) as file:
        file.save(replace(CHAIN, fork=origin))
        assert file.load() == replace(CHAIN, fork=origin)
        whole = json.loads(path.read_text("utf-8"))
        told = whole["fork"]
        for key, wrong in (
            ("block", -1),
            ("block_hash", 7),
            ("latest_only", "yes"),
            ("asked_for", None),
            ("accounts", [1]),
            ("accounts", [{**told["accounts"][0], "mode": 7}]),
            ("accounts", {}),
            ("left_out", [7]),
            ("tokens", None),
            ("tokens", [{**told["tokens"][0], "curve": {}}]),
            ("tokens", [{**told["tokens"][0], "ltv_bps": "0"}]),
            ("perps", [{**told["perps"][0], "odd": 1}]),
            ("pairs", [{**told["pairs"][0], "id": True}]),
        ):
            path.write_text(json.dumps({**whole, "fork": {**told, key: wrong}}), "utf-8")
            with pytest.raises(InputError, match=rf"fork\.{key}"):
                file.load()
        path.write_text(json.dumps({**whole, "fork": 7}), "utf-8")
        with pytest.raises(InputError, match="fork: an object"):
            file.load()


def test_state_of_another_instance_is_refused_by_name(tmp_path):
    path = tmp_path / "chain.json"
    with closing(StateFile.open(path)), pytest.raises(InputError, match="another pmkit up"):
        StateFile.open(path)
    StateFile.open(path).close()


def test_lock_is_taken_away_with_the_last_of_its_owner(tmp_path):
    StateFile.open(tmp_path / "chain.json").close()
    assert list(tmp_path.iterdir()) == []


def test_lock_that_its_owner_takes_away_meanwhile_is_taken_anew(tmp_path, monkeypatch):
    path = tmp_path / "chain.json"
    plain = fcntl.flock
    calls: list[int] = []

    def late(lock, how):
        if not calls:
            lock_of(path).unlink()
        calls.append(how)
        plain(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with closing(StateFile.open(path)):
        assert len(calls) == 2
        with pytest.raises(InputError, match="another pmkit up"):
            StateFile.open(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no JSON"),
        ('{"pmkit_state": 1', "is no JSON"),
        ("[]", "is no state"),
        ('{"pmkit_state": 2}', "format 1"),
        ('{"pmkit_state": 1}', "chain_id: a whole number"),
        ('{"pmkit_state": 1, "chain_id": true}', "chain_id: a whole number"),
        ('{"pmkit_state": 1, "chain_id": 1, "number": 1, "timestamp": 1}', "params: text"),
    ],
)
def test_damaged_file_is_refused_with_the_place(tmp_path, text, told):
    path = tmp_path / "chain.json"
    path.write_text(text, "utf-8")
    with (
        closing(StateFile.open(path)) as file,
        pytest.raises(InputError, match=told) as refused,
    ):
        file.load()
    assert refused.value.place == str(path)


def figures(chain):
    reader = chain.reader.pinned()
    return (
        chain.rpc.block(),
        chain.deployment,
        [reader.account(address) for _, address in chain.deployment.accounts],
        reader.prices(),
        reader.reserve("USDC"),
    )


def test_chain_goes_on_where_it_was_left(tmp_path):
    path = tmp_path / "chain.json"
    with closing(StateFile.open(path)) as file, HyperEvm.open(state=file) as chain:
        borrower = chain.sender("borrower")
        borrower.supply("UBTC", chain.amount("UBTC", "1"))
        borrower.borrow("USDC", chain.amount("USDC", "1000"))
        chain.move("BTC", "90000")
        before = figures(chain)
        chain.save()
        chain.warp(3_600)
        later = chain.reader.reserve("USDC")
        port = chain.front.port
    with closing(StateFile.open(path)) as file:
        with HyperEvm.open(state=file, port=port) as again:
            assert figures(again) == before
            # The same second goes by once more, and the same interest with it.
            again.warp(3_600)
            assert again.reader.reserve("USDC") == later
            again.sender("borrower").borrow("USDC", 1)
        for options, told in (
            ({"chain_id": 998}, "holds chain 31337, not 998"),
            ({"blocks": Blocks.HYPER}, "begun with --blocks instant"),
            ({"params": "alpha"}, "other parameters"),
        ):
            with pytest.raises(InputError, match=told):
                HyperEvm.open(state=file, **options)
        found = file.load()
        file.save(replace(found, node=found.node[:1_000]))
        with pytest.raises(InputError, match="is damaged"):
            HyperEvm.open(state=file)


def test_what_waits_for_a_big_block_is_saved_with_the_chain(tmp_path):
    path = tmp_path / "chain.json"
    with (
        closing(StateFile.open(path)) as file,
        HyperEvm.open(state=file, blocks=Blocks.HYPER, seconds=BY_COMMAND) as chain,
    ):
        keeper = chain.account("keeper")
        chain.rpc.request("pmkit_useBigBlocks", keeper, True)
        fields = {"from": keeper, "to": keeper, "gas": hex(10_000_000)}
        tx_hash = chain.rpc.request("eth_sendTransaction", fields)
        chain.save()
    with (
        closing(StateFile.open(path)) as file,
        HyperEvm.open(state=file, blocks=Blocks.HYPER, seconds=0.05) as again,
    ):
        assert again.rpc.request("eth_usingBigBlocks", keeper) is True
        receipt = until(lambda: again.rpc.request("eth_getTransactionReceipt", tx_hash))
        assert receipt["status"] == "0x1"


def test_dead_front_is_noticed():
    with HyperEvm.open() as chain:
        chain.require_running()
        chain.front.close()
        with pytest.raises(NodeUnavailable, match="front"):
            chain.require_running()
