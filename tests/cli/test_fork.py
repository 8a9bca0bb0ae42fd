"""`pmkit fork`: what is printed once ready, other commands on it, and its end. SPEC HE-20."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support.local_chain import children_of, gone

from pmkit.chain.deployment import connect, load_deployment
from pmkit.chain.reader import Reader
from pmkit.cli import main
from pmkit.hyperevm.local import HyperEvm
from pmkit.testing.holdings import parse_holdings
from pmkit.testing.traders import open_account

COMMAND = [sys.executable, "-c", "from pmkit.cli import main; main()", "fork"]
READY_SECONDS = 60


@pytest.fixture(scope="module")
def upstream():
    with HyperEvm.open(chain_id=998) as chain:
        yield chain


@pytest.fixture(scope="module")
def trader(upstream):
    """Somebody who can be liquidated when BTC falls."""
    return open_account(upstream, parse_holdings("holds 1 BTC, owes 45,000 USDC"), name="forked")


@pytest.fixture
def forked(tmp_path):
    """Start `pmkit fork` and end it after the test; give the process and its first line."""
    started = []

    def start(*options):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(process)
        ready, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
        assert ready, "nothing was printed in time"
        return process, process.stdout.readline()

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_ready_line_tells_what_was_forked_and_commands_work_on_it(
    upstream, trader, forked, tmp_path
):
    accounts, place = tmp_path / "accounts.txt", tmp_path / "fork.json"
    accounts.write_text(f"# whom we keep\n{trader.address} portfolioMargin\n", "utf-8")
    options = ("--accounts", str(accounts), "--account", upstream.account("supplier"))
    url = upstream.rpc.url
    process, line = forked("--rpc", url, "--json", *options, "--deployment", str(place))
    found = json.loads(line)
    told = found.pop("fork")
    assert (told["upstream"], told["notes"], told["differences"]) == (url, [], [])
    assert [(a["address"], a["mode"], a["guessed"]) for a in told["accounts"]] == [
        (trader.address, "portfolioMargin", False),
        (upstream.account("supplier"), "standard", True),
    ]
    assert found["chain_id"] == 998
    assert load_deployment(place).to_json() == found
    rpc, deployment = connect(found["rpc_url"], None)
    assert Reader(rpc, deployment).margin(trader.address) == trader.margin

    def run(*arguments):
        result = CliRunner().invoke(main, [*arguments, "--rpc", found["rpc_url"]])
        assert result.exit_code == 0, result.output
        return result.output

    run("price", "BTC=50000")
    run("liquidate", trader.address, "--from", "keeper")
    assert trader.address in run("accounts", "--json")
    assert upstream.reader.prices().perps[0].mark == 1_000_000
    family = children_of(process.pid)
    family += [node for warden in family for node in children_of(warden)]
    assert len(family) == 2
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert gone(family)


def test_key_in_the_url_is_neither_in_the_line_nor_in_the_text(upstream, forked, tmp_path):
    key, place = "0123456789abcdef0123456789abcdef", tmp_path / "fork.json"
    url = f"{upstream.rpc.url}/v2/{key}?token={key}"
    process, line = forked("--rpc", url, "--json", "--deployment", str(place))
    assert key not in line
    assert json.loads(line)["fork"]["upstream"] == f"{upstream.rpc.url}/..."
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    process, line = forked("--rpc", url)
    said = [line]
    while not said[-1].startswith("ready"):
        said.append(process.stdout.readline())
    assert f"of {upstream.rpc.url}/...\n" in "".join(said)
    assert key not in "".join([json.dumps(place.read_text("utf-8")), out, errors, *said])


def test_text_tells_modes_and_where_it_came_from(upstream, trader, forked):
    process, line = forked("--rpc", upstream.rpc.url, "--account", trader.address)
    said = [line]
    while not said[-1].startswith("ready"):
        said.append(process.stdout.readline())
    text = "".join(said)
    assert f"  {trader.address} portfolioMargin (guessed)\n" in text
    assert f"of {upstream.rpc.url}\n" in text


def test_killed_fork_leaves_no_process(upstream, forked):
    process, _ = forked("--rpc", upstream.rpc.url, "--json")
    family = children_of(process.pid)
    family += [node for warden in family for node in children_of(warden)]
    process.kill()
    assert gone(family)


def test_interrupted_while_it_reads_leaves_nothing(upstream, tmp_path):
    from support.public_rpc import PublicRpc

    # It waits for an upstream that is always busy.
    with PublicRpc(upstream.rpc.url, busy_every=1) as rpc:
        state = tmp_path / "fork.json"
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--rpc", rpc.url, "--state", str(state)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not rpc.asked:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        # Nothing was ready yet, so that it did not do what was asked.
        assert process.returncode == 130
        assert errors.strip().splitlines()[-1].endswith("interrupted")
        assert not state.exists()
