"""A deployment that is cut off at any moment and run again is one deployment. SPEC DP-06."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from deploy.conftest import DEPLOYER, STARTED, run, sent_by
from eth_account import Account

from pmkit.chain.contracts import LIBRARIES
from pmkit.chain.node import Node
from pmkit.chain.receipts import wait_for_receipt
from pmkit.chain.rpc import Rpc
from pmkit.chain.signing import KeySigner
from pmkit.deploy.journal import Journal, read_progress
from pmkit.deploy.registry import chain_key, load_registry
from pmkit.deploy.run import prepare
from pmkit.deploy.runner import Runner
from pmkit.errors import InputError, NodeRefused, NodeUnavailable, ReceiptTimeout, TransactionFailed
from pmkit.hyperevm import Front

KEY = "0x" + "42" * 32
OWNER = Account.from_key(KEY).address
SEND = "eth_sendRawTransaction"
PATIENCE = 120.0
"""Seconds that a busy machine may take for a block or a start; a node tells a hash before."""


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def kill(monkeypatch):
    """Return a function that arms one end: at a moment of the next transaction."""
    armed = [None]

    def at(moment):
        if armed[0] == moment:
            armed[0] = None
            raise Killed

    request, sending, mined = Rpc.request, Journal.sending, Journal.mined

    def send(self, method, *params):
        if method != SEND:
            return request(self, method, *params)
        at("signed, not sent")
        answer = request(self, method, *params)
        at("sent")
        return answer

    def note_sending(self, step, intent):
        at("not yet signed")
        return sending(self, step, intent)

    def note_mined(self, step, done):
        at("mined, not written down")
        if armed[0] == "half written down":
            with self.path.open("ab") as file:
                file.write(b'{"step":"half')
            at("half written down")
        mined(self, step, done)
        at("written down")

    monkeypatch.setattr(Rpc, "request", send)
    monkeypatch.setattr(Journal, "sending", note_sending)
    monkeypatch.setattr(Journal, "mined", note_mined)

    def arm(moment):
        armed[0] = moment

    return arm


MOMENTS = (
    "not yet signed",
    "signed, not sent",
    "sent",
    "mined, not written down",
    "half written down",
    "written down",
)


def one_deployment(rpc, files, done, before=0, account=DEPLOYER):
    """Assert that each step was sent once, and that the registry names the contracts of that."""
    steps = prepare(rpc, account, files).steps
    assert sent_by(rpc, account) - before == len(steps)
    contracts = load_registry(files.registry)[chain_key(rpc)]
    assert contracts == done.contracts
    hashes = [entry.transaction for entry in contracts.values()]
    nonces = []
    for tx_hash in hashes:
        sent = rpc.request("eth_getTransactionByHash", tx_hash)
        assert sent["from"] == account.lower()
        nonces.append(int(sent["nonce"], 16) - before)
    assert nonces == list(range(len(hashes)))  # creations come first, in the order of the plan


@pytest.mark.slow
def test_deployment_killed_at_each_transaction_in_turn_is_one_deployment(rpc, files, kill):
    """Every transaction meets one of the six ends, each end many transactions."""
    steps = len(prepare(rpc, DEPLOYER, files).steps)
    ends = 0
    for i in range(steps):
        kill(MOMENTS[i % len(MOMENTS)])
        with pytest.raises(Killed):
            run(rpc, files)
        ends += 1
        assert not files.registry.exists()
        assert not files.deployment.exists()
    kill(None)
    done = run(rpc, files)
    assert ends == steps
    one_deployment(rpc, files, done)
    assert run(rpc, files).sent == 0


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["signed, not sent", "sent", "mined, not written down"])
def test_each_transaction_survives_an_end_at_one_moment(rpc, files, kill, moment):
    steps = len(prepare(rpc, DEPLOYER, files).steps)
    for _ in range(steps):
        kill(moment)
        with pytest.raises(Killed):
            run(rpc, files)
    kill(None)
    one_deployment(rpc, files, run(rpc, files))


@pytest.mark.parametrize("moment", MOMENTS)
def test_creation_and_call_survive_every_end(rpc, files, kill, moment):
    """The first transaction meets the end over and over, until it is done; the rest is one run."""
    for _ in range(3):
        kill(moment)
        with pytest.raises(Killed):
            run(rpc, files)
    kill(None)
    one_deployment(rpc, files, run(rpc, files))


def test_nonce_that_something_else_took_is_left_to_it(rpc, files, kill, monkeypatch):
    """A transaction of the same account overtook the one that was signed: it is signed anew."""
    monkeypatch.setattr("pmkit.deploy.runner.LAG_SECONDS", 0.0)
    monkeypatch.setitem(Runner.__init__.__kwdefaults__, "lag_seconds", 0.0)
    kill("signed, not sent")
    with pytest.raises(Killed):
        run(rpc, files)
    kill(None)
    rpc.request("eth_sendTransaction", {"from": DEPLOYER, "to": OWNER, "value": "0x1"})
    done = run(rpc, files)
    one_deployment(rpc, files, done, before=1)


def test_signed_bytes_that_are_refused_are_signed_anew_with_their_nonce(files, kill):
    """What was signed when gas was cheap is no longer taken: the same nonce, so at most one is."""
    with Node.start() as node:  # no rewinding takes a price of gas back
        rpc = Rpc(node.url)
        kill("signed, not sent")
        with pytest.raises(Killed):
            run(rpc, files)
        kill(None)
        (first,) = read_progress(files.journal(chain_key(rpc)))[0].intents["create MarginEngine"]
        rpc.request("anvil_setNextBlockBaseFeePerGas", hex(10**13))
        rpc.request("evm_mine")
        done = run(rpc, files)
        both = read_progress(files.journal(chain_key(rpc)))[0].intents["create MarginEngine"]
        assert [intent.nonce for intent in both] == [first.nonce] * 2
        assert done.contracts["MarginEngine"].transaction == both[1].hash != first.hash
        one_deployment(rpc, files, done)


def test_nonce_beyond_a_gap_is_kept_until_the_gap_is_filled(files, kill, monkeypatch):
    """A lower nonce would be free, but what was signed first might still be mined besides."""
    with Node.start() as node:
        rpc = Rpc(node.url)
        elsewhere = {"from": DEPLOYER, "to": OWNER, "value": "0x1"}
        rpc.request("evm_setAutomine", False)
        rpc.request("eth_sendTransaction", elsewhere)
        kill("signed, not sent")
        with pytest.raises(Killed):
            run(rpc, files)
        kill(None)
        rpc.request("anvil_dropAllTransactions")
        rpc.request("evm_setAutomine", True)
        rpc.request("anvil_setNextBlockBaseFeePerGas", hex(10**13))
        rpc.request("evm_mine")
        with monkeypatch.context() as hurried:
            hurried.setitem(Runner.__init__.__kwdefaults__, "receipt_seconds", 0.5)
            with pytest.raises(ReceiptTimeout):
                run(rpc, files)
        intents = read_progress(files.journal(chain_key(rpc)))[0].intents["create MarginEngine"]
        assert {intent.nonce for intent in intents} == {1}
        rpc.request("eth_sendTransaction", {**elsewhere, "nonce": "0x0"})
        one_deployment(rpc, files, run(rpc, files), before=1)


def test_transaction_that_failed_while_nobody_looked_is_sent_anew(rpc, files, kill, monkeypatch):
    monkeypatch.setattr("pmkit.deploy.runner.GAS_MARGIN_PERCENT", -30)

    def tell(what, _):
        if what == "create Lens":
            kill("sent")

    with pytest.raises(Killed):
        run(rpc, files, tell=tell)
    monkeypatch.setattr("pmkit.deploy.runner.GAS_MARGIN_PERCENT", 30)
    (intent,) = read_progress(files.journal(chain_key(rpc)))[0].intents["set the policy"]
    assert wait_for_receipt(rpc, intent.hash, PATIENCE)["status"] == "0x0"
    run(rpc, files)
    steps = prepare(rpc, DEPLOYER, files).steps
    assert sent_by(rpc) == len(steps) + 1


def test_transaction_that_failed_is_told_by_name_and_sent_anew(rpc, files, monkeypatch):
    """Too little gas, say: the next run sends the step once more, and only that one."""
    monkeypatch.setattr("pmkit.deploy.runner.GAS_MARGIN_PERCENT", -30)
    with pytest.raises((TransactionFailed, NodeRefused)):
        run(rpc, files)
    sent = sent_by(rpc)
    progress = read_progress(files.journal(chain_key(rpc)))[0]
    assert sent == len(progress.mined) + 1
    monkeypatch.undo()
    done = run(rpc, files)
    assert done.sent == len(prepare(rpc, DEPLOYER, files).steps) - len(progress.mined)
    assert sent_by(rpc) == sent + done.sent


def test_balance_that_ends_midway_stops_there_and_goes_on_when_there_is_more(rpc, files):
    rpc.request("anvil_setBalance", OWNER, hex(10**20))

    def tell(what, _):
        if what == "create Trading":
            rpc.request("anvil_setBalance", OWNER, "0x1")

    with pytest.raises(NodeRefused, match=r"(?i)insufficient funds"):
        run(rpc, files, signer=KeySigner(KEY), tell=tell)
    assert sent_by(rpc, OWNER) == LIBRARIES.index("Trading") + 1
    rpc.request("anvil_setBalance", OWNER, hex(10**20))
    done = run(rpc, files, signer=KeySigner(KEY))
    one_deployment(rpc, files, done, account=OWNER)


def test_node_that_goes_away_midway_leaves_what_the_next_run_needs(rpc, standing_node, files):
    """Behind a front that ends and comes again, the chain stays: the deployment goes on."""
    with Front.start(standing_node.url) as front:

        def tell(what, _):
            if what == "create Isolated":
                front.close()

        with pytest.raises(NodeUnavailable):
            run(Rpc(front.url), files, tell=tell)
    assert sent_by(rpc) == LIBRARIES.index("Isolated") + 1
    assert not files.registry.exists()
    done = run(rpc, files)
    one_deployment(rpc, files, done)


class OnlyLatest(Rpc):
    """A node that answers for the latest block alone, as HyperEVM's do."""

    def request(self, method, *params):
        if "pending" in params:
            raise NodeRefused(method=method, code=-32602, message="only latest", data=None)
        return super().request(method, *params)


@pytest.mark.parametrize("moment", ["signed, not sent", "sent"])
def test_node_without_a_pending_state_serves_as_well(rpc, files, kill, moment):
    node = OnlyLatest(rpc.url)
    kill(moment)
    with pytest.raises(Killed):
        run(node, files)
    kill(None)
    one_deployment(rpc, files, run(node, files))


def test_chain_begun_anew_under_a_journal_is_told_so(files):
    """A local chain with the same first block forgets everything when its node ends."""
    with Node.start(timestamp=STARTED + 1) as node:

        def tell(what, _):
            if what == "create Isolated":
                node.close()

        with pytest.raises(NodeUnavailable):
            run(Rpc(node.url), files, tell=tell)
    with Node.start(timestamp=STARTED + 1) as node:
        with pytest.raises(InputError, match="begun anew; take another --registry"):
            run(Rpc(node.url), files)
        assert sent_by(Rpc(node.url)) == 0


def test_parameters_changed_between_two_runs_are_refused(rpc, files, kill):
    kill("sent")
    with pytest.raises(Killed):
        run(rpc, files)
    kill(None)
    files.params.write_text(files.params.read_text().replace("BTC: 100000", "BTC: 90000"))
    with pytest.raises(
        InputError, match=r"other parameters: prices\.@142\.px was 100000000, is 90000000"
    ):
        run(rpc, files)
    (intent,) = read_progress(files.journal(chain_key(rpc)))[0].intents["create MarginEngine"]
    wait_for_receipt(rpc, intent.hash, PATIENCE)
    assert sent_by(rpc) == 1


@pytest.mark.slow
def test_process_killed_again_and_again_makes_one_deployment(rpc, files):
    """The command itself, ended by the kernel at moments that nobody chose."""
    command = [
        *(sys.executable, "-c", "from pmkit.cli import main; main()", "deploy", "--yes"),
        *("--params", str(files.params), "--rpc", rpc.url),
        *("--registry", str(files.registry), "--deployment", str(files.deployment)),
    ]
    # It has each block when this test makes it: however late it is ended, it is not done by then.
    rpc.request("evm_setAutomine", False)
    try:
        for sent in (3, 11, 30):
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            until = time.monotonic() + PATIENCE
            while sent_by(rpc) < sent:
                assert process.poll() is None, "it ended by itself"
                assert time.monotonic() < until, "it did not get that far in time"
                if int(rpc.request("txpool_status")["pending"], 16):
                    rpc.request("evm_mine")
                else:
                    time.sleep(0.005)
            process.kill()
            process.wait()
            assert not files.registry.exists()
    finally:
        rpc.request("evm_setAutomine", True)
    subprocess.run(command, check=True, capture_output=True)
    steps = prepare(rpc, DEPLOYER, files).steps
    assert sent_by(rpc) == len(steps)
    assert run(rpc, files).sent == 0
