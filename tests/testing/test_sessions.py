"""Sessions side by side, and the fixtures beside Ape's, in projects of their own. SPEC HE-41."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKERS = 4

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = """
import json, os, time
from pathlib import Path

import pytest

FOLDER = Path(os.environ["MEETING"])


def test_chain_is_nobody_elses(hyperevm, pm_account, set_price):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    first = hyperevm.rpc.block_number()
    found = {"front": hyperevm.front.port, "node": hyperevm.node.port, "first": first}
    (FOLDER / worker).write_text(json.dumps(found))
    deadline = time.monotonic() + 120
    # Nobody goes on, or ends a chain, before all are there.
    while len(list(FOLDER.iterdir())) < WORKERS:
        assert time.monotonic() < deadline, "the others did not come"
        time.sleep(0.05)
    number = int(worker.removeprefix("gw"))
    for _ in range(20):
        set_price("BTC", 900_000 + number)
        assert hyperevm.reader.prices().perps[0].mark == 900_000 + number
    # The same account on each chain, opened anew.
    pm_account("holds 1 BTC", name="holder")
    found["blocks"] = hyperevm.rpc.block_number() - first
    (FOLDER / worker).write_text(json.dumps(found))
"""


def run_tests(folder, *options, **environment):
    """Run the tests of a project; return what pytest printed."""
    named = ("PYTEST_", "PMKIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.xdist_group("sessions")
def test_four_workers_never_meet_on_a_port_or_a_chain(tmp_path):
    project, meeting = tmp_path / "project", tmp_path / "meeting"
    project.mkdir()
    meeting.mkdir()
    source = SIDE_BY_SIDE.replace("WORKERS", str(WORKERS))
    (project / "test_side_by_side.py").write_text(source)
    side_by_side = ("-p", "no:ape_test", "--dist", "each", "--tx", f"{WORKERS}*popen")
    said = run_tests(project, *side_by_side, MEETING=str(meeting))
    assert f"{WORKERS} passed" in said
    found = [json.loads(path.read_text()) for path in sorted(meeting.iterdir())]
    assert len(found) == WORKERS
    ports = [port for one in found for port in (one["front"], one["node"])]
    assert len(set(ports)) == 2 * WORKERS
    # What one did, no other saw: each chain began alike and has the blocks of its own test alone.
    assert len({one["first"] for one in found}) == 1
    assert len({one["blocks"] for one in found}) == 1
    assert all(is_free(port) for port in ports)


ON_ONE_CHAIN = """
def test_accounts_of_ape_and_words_of_ours(accounts, chain, networks, hyperevm, pm_account):
    assert networks.provider.hyperevm is hyperevm
    height = chain.blocks.height
    pm_account("holds 1 BTC")
    assert chain.blocks.height > height
    before = accounts[8].balance
    accounts[9].transfer(accounts[8], 5)
    assert accounts[8].balance == before + 5
"""

ON_TWO_CHAINS = """
def test_accounts_of_ape_and_words_of_ours(accounts, networks, hyperevm, pm_account):
    assert networks.provider.name == "test"
    trader = pm_account("holds 1 BTC")
    before = accounts[8].balance
    accounts[9].transfer(accounts[8], 5)
    assert accounts[8].balance == before + 5
    assert hyperevm.reader.account(trader.address)
"""


@pytest.mark.xdist_group("sessions")
@pytest.mark.parametrize(
    ("config", "source"),
    [("default_ecosystem: hyperliquid", ON_ONE_CHAIN), ("name: elsewhere", ON_TWO_CHAINS)],
    ids=["one-chain", "two-chains"],
)
def test_fixtures_are_added_to_those_of_ape(tmp_path, config, source):
    """On a chain of pmkit's both are on it; where Ape's is another, pmkit's has its own."""
    (tmp_path / "ape-config.yaml").write_text(f"{config}\n")
    (tmp_path / "test_beside.py").write_text(source)
    assert "1 passed" in run_tests(tmp_path, APE_DATA_FOLDER=str(tmp_path / "ape"))


def test_fixtures_do_not_import_ape(tmp_path):
    source = """
import sys

def test_ape_is_not_there(venue):
    assert "ape" not in sys.modules
"""
    (tmp_path / "test_alone.py").write_text(source)
    assert "1 passed" in run_tests(tmp_path, "-p", "no:ape_test")
