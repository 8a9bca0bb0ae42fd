"""`pmkit up`: one line once ready, then it stays, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from support.local_chain import children_of, gone

from pmkit.chain.deployment import connect, load_deployment
from pmkit.chain.reader import Reader
from pmkit.chain.rpc import Rpc
from pmkit.cli import main

COMMAND = [sys.executable, "-c", "from pmkit.cli import main; main()", "up"]
READY_SECONDS = 60
ATTEMPTS = 5
"""How often a moment is looked for that is over when the machine is busy."""


def hear():
    """Hear every request to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def up(tmp_path):
    """Start `pmkit up` and end it after the test."""
    started = []

    # Whoever runs the tests may be deaf to some of these, and hands that on.
    def start(*options, environment=None, before=hear):
        process = subprocess.Popen(
            [*COMMAND, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path), **(environment or {})},
            preexec_fn=before,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def line_of(process):
    """Return the first line that a process prints."""
    ready, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    assert ready, "nothing was printed in time"
    return process.stdout.readline()


def family_of(process):
    wardens = children_of(process.pid)
    return wardens + [node for warden in wardens for node in children_of(warden)]


def test_ready_line_is_the_contract_and_everything_is_there(up):
    process = up("--json", "--port", "0", "--chain-id", "998")
    found = json.loads(line_of(process))
    assert set(found) >= {
        "rpc_url",
        "chain_id",
        "registry",
        "pool",
        "venue",
        "lens",
        "tokens",
        "accounts",
    }
    assert found["chain_id"] == 998
    assert found["pool"] == found["venue"]
    rpc, deployment = connect(found["rpc_url"], None)
    assert rpc.chain_id() == 998
    for address in (found["registry"], found["venue"], found["lens"], *found["tokens"].values()):
        assert rpc.code(address) != b""
    assert Reader(rpc, deployment).reserve("USDC").cash > 0
    assert process.poll() is None


@pytest.mark.parametrize(("options", "least"), [((), 2**64 - 1), (("--conditions",), 10**10)])
def test_conditions_for_enabling_are_off_unless_they_are_asked_for(up, options, least):
    process = up("--json", "--port", "0", *options)
    rpc, deployment = connect(json.loads(line_of(process))["rpc_url"], None)
    assert Reader(rpc, deployment).policy()["enable_min_value"] == least


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_end_on_request_is_no_failure_and_leaves_no_process(up, tmp_path, number):
    process = up("--json", "--port", "0")
    line_of(process)
    family = family_of(process)
    assert len(family) == 2
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""
    assert gone(family)
    assert list(tmp_path.glob("pmkit-node-*")) == []


def test_killed_command_leaves_no_process(up):
    process = up("--json", "--port", "0")
    line_of(process)
    family = family_of(process)
    process.kill()
    assert gone(family)


def has_folder(folder):
    return next(folder.glob("pmkit-node-*"), None)


def has_node(folder):
    return has_folder(folder) and len(told_of(folder)) == 2


def has_chain(folder):
    log = has_folder(folder) and has_folder(folder) / "anvil.log"
    return log and log.exists() and "Listening on" in log.read_text("utf-8")


def told_of(folder):
    """Return the processes that were told a folder: the warden and its node."""
    rows = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [row for row in rows if f"{folder}/pmkit-node-" in row]


@pytest.mark.parametrize("stage", [has_folder, has_node, has_chain], ids=lambda s: s.__name__)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_end_on_the_way_up_leaves_nothing(up, tmp_path, number, stage):
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        if ended_on_the_way_up(up, folder, number, stage):
            return
    pytest.fail("it was ready each time before it was asked to end")


def ended_on_the_way_up(up, folder, number, stage):
    """Ask it to end at a stage; return whether it was not ready by then."""
    process = up(
        *("--json", "--port", "0", "--state", str(folder / "chain.json")),
        environment={"TMPDIR": str(folder)},
    )
    deadline = time.monotonic() + READY_SECONDS
    while not stage(folder):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(number)
    printed, errors = process.communicate(timeout=60)
    if printed:
        return False
    killed = number == signal.SIGKILL
    told = (-signal.SIGKILL, "") if killed else (130, "error: interrupted")
    assert (process.returncode, errors.strip()) == told
    deadline = time.monotonic() + 60
    # Who is killed before there is a warden leaves its empty folder.
    alone = killed and stage is has_folder
    while told_of(folder) or (has_folder(folder) and not alone):
        assert time.monotonic() < deadline, "something is left"
        time.sleep(0.02)
    # A killed one leaves its lock, which locks nothing any more.
    left = {path.name for path in folder.iterdir() if not path.match("pmkit-node-*")}
    assert left == ({"chain.json.lock"} if killed else set())
    return True


def test_end_that_is_asked_for_again_and_again_saves_the_chain(up, tmp_path):
    path = tmp_path / "chain.json"
    process = up("--json", "--port", "0", "--state", str(path))
    rpc = Rpc(json.loads(line_of(process))["rpc_url"])
    rpc.request("evm_mine")
    last = rpc.block()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process.send_signal(number)
        time.sleep(0.03)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(path.read_text("utf-8"))["number"] == last.number
    assert [kept.name for kept in tmp_path.iterdir()] == ["chain.json"]


ASKED_IN_A_DESTRUCTOR = """
import ctypes, os, time
from pmkit.chain.node import Node
from pmkit.cli import main

class Deaf:
    def __del__(self):
        ask()

    @classmethod
    def from_param(cls, value):
        ask()

def ask():
    os.kill(os.getpid(), int(os.environ["NUMBER"]))
    time.sleep(0.1)

start = Node.start

def asked(**options):
    if os.environ["PLACE"] == "destructor":
        Deaf()
    elif os.environ["PLACE"] == "way out":
        try:
            ask()
        except KeyboardInterrupt:
            raise ValueError("no room") from None
    else:
        function = ctypes.CDLL(None).abs
        function.argtypes = [Deaf]
        function(1)
    time.sleep(600)
    return start(**options)

Node.start = asked
main()
"""


def asked_in(place, number, tmp_path):
    """Ask `pmkit up` to end in a place, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-c", ASKED_IN_A_DESTRUCTOR, "up", "--json", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path), "NUMBER": str(int(number)), "PLACE": place},
        preexec_fn=hear,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("place", ["destructor", "ctypes"])
def test_end_that_is_asked_for_while_nothing_is_heard_is_heard(place, number, tmp_path):
    """Once a destructor printed and forgot it, and ctypes made a fault of it."""
    done = asked_in(place, number, tmp_path)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "error: interrupted"


def test_fault_on_the_way_out_is_told(tmp_path):
    """Once whatever failed after a request to end was called an interruption."""
    done = asked_in("way out", signal.SIGINT, tmp_path)
    assert done.returncode == 70
    assert "ValueError: no room" in done.stderr


def test_who_is_deaf_to_hangups_stays_so(up):
    process = up(
        "--json", "--port", "0", before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    rpc = Rpc(json.loads(line_of(process))["rpc_url"])
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert rpc.chain_id() == 31337
    assert process.poll() is None


def test_deployment_file_is_what_was_printed(up, tmp_path):
    path = tmp_path / "venue.json"
    process = up("--json", "--port", "0", "--deployment", str(path))
    found = json.loads(line_of(process))
    assert json.loads(path.read_text("utf-8")) == found
    assert load_deployment(path).to_json() == found


def test_missing_anvil_ends_with_three(up):
    process = up("--json", environment={"PMKIT_ANVIL": "/no/such/anvil"})
    _, errors = process.communicate(timeout=READY_SECONDS)
    assert process.returncode == 3
    assert "anvil" in errors


def test_node_that_dies_midway_ends_with_three(up):
    process = up("--json", "--port", "0")
    line_of(process)
    (warden,) = children_of(process.pid)
    (anvil,) = children_of(warden)
    os.kill(anvil, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "anvil ended" in errors
    assert gone([warden, anvil])


def test_prices_stay_fresh_through_time_travel_by_anybody(up):
    process = up("--json", "--port", "0")
    rpc, deployment = connect(json.loads(line_of(process))["rpc_url"], None)
    reader = Reader(rpc, deployment)
    before = reader.prices().oldest
    rpc.request("evm_increaseTime", 5_000)
    rpc.request("evm_mine")
    # They may have been published again by now, or with the very block.
    assert rpc.block().timestamp >= before + 5_000
    deadline = time.monotonic() + READY_SECONDS
    while rpc.block("pending").timestamp - reader.prices().oldest > 60:
        assert time.monotonic() < deadline, "prices were not published again"
        time.sleep(0.1)
    assert reader.prices().oldest >= before + 5_000


def test_prices_are_left_alone_on_demand(up):
    process = up("--json", "--port", "0", "--no-republish")
    rpc = Rpc(json.loads(line_of(process))["rpc_url"])
    before = rpc.block_number()
    rpc.request("evm_increaseTime", 5_000)
    time.sleep(1.2)
    assert rpc.block_number() == before


def test_people_are_told_where_everything_is(up):
    process = up("--port", "0")
    text = line_of(process)
    while "ready" not in text:
        text += process.stdout.readline()
    for word in ("rpc_url", "registry", "venue", "USDC", "borrower", "ctrl-C"):
        assert word in text
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert rest.strip() == "stopped"


def test_time_passes_by_command_and_prices_stay_fresh(up):
    rpc, deployment = connect(json.loads(line_of(up("--json", "--port", "0")))["rpc_url"], None)
    before = rpc.block().timestamp
    warped = run_in_process("warp", "1h", "--rpc", rpc.url, "--json")
    # Others may come: `pmkit up` publishes prices too, once it has seen old ones.
    assert warped["timestamp"] == rpc.block(warped["block"]).timestamp
    # The report that keeps prices fresh is the block.
    assert before + 3_600 <= warped["timestamp"] <= before + 3_605
    assert warped["timestamp"] - Reader(rpc, deployment).prices().oldest < 60


def run_in_process(*arguments):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_state_is_saved_at_the_end_and_taken_up_again(up, tmp_path):
    path = tmp_path / "chain.json"
    process = up("--json", "--port", "0", "--state", str(path))
    rpc = Rpc(json.loads(line_of(process))["rpc_url"])
    rpc.request("evm_mine")
    last = rpc.block()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    again = up("--json", "--port", "0", "--state", str(path))
    assert Rpc(json.loads(line_of(again))["rpc_url"]).block() == last


def test_hyper_blocks_come_by_themselves(up):
    rpc = Rpc(json.loads(line_of(up("--json", "--port", "0", "--blocks", "hyper")))["rpc_url"])
    began, first = time.monotonic(), rpc.block_number()
    while rpc.block_number() < first + 5:
        assert time.monotonic() < began + READY_SECONDS, "no blocks come"
        time.sleep(0.1)
    # A second each; where one is late, two more may come soon after it.
    assert time.monotonic() - began >= 2
    found = rpc.request("eth_getBlockByNumber", hex(first + 5), False)
    assert int(found["gasLimit"], 16) == 3_000_000
