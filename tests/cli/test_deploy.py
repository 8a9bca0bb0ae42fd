"""`pmkit deploy`: the plan shown, one line for what is wrong, and the right exit code."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner
from deploy.conftest import DEPLOYER, EXAMPLES, LOCAL

from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.cli import main
from pmkit.deploy.registry import chain_key

DONE, REFUSED, BAD_INPUT, NO_CHAIN, INTERRUPTED = 0, 1, 2, 3, 130
KEY = "0x" + "42" * 32


@pytest.fixture(scope="module")
def node():
    with Node.start() as node:
        yield node


@pytest.fixture
def rpc(node):
    rpc = Rpc(node.url)
    snapshot = rpc.request("evm_snapshot")
    yield rpc
    rpc.request("evm_revert", snapshot)
    rpc.close()


@pytest.fixture
def call(rpc, tmp_path, monkeypatch):
    """Return a function that runs the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PMKIT_FROM", raising=False)
    (tmp_path / "local.yaml").write_text(LOCAL)

    def run(*options, url=rpc.url, **environment):
        command = ["deploy", "--params", "local.yaml", "--rpc", url, *options]
        return CliRunner().invoke(main, command, env=environment)

    return run


def wrong(result, code):
    """Return the one line on stderr of a failure with an exit code."""
    assert result.exit_code == code, result.output
    (line,) = result.output.splitlines()
    assert line.startswith("error: ")
    return line


def folder(tmp_path):
    return {path.name for path in tmp_path.iterdir()}


def test_simulation_shows_the_plan_and_sends_and_writes_nothing(call, rpc, tmp_path):
    result = call("--simulate")
    assert result.exit_code == DONE, result.output
    for told in ("create Venue", "deployer leaves reporter", chain_key(rpc), DEPLOYER, "local of"):
        assert told in result.stdout
    assert result.stdout.endswith("nothing was sent\n")
    found = json.loads(call("--simulate", "--json").stdout)
    assert found["simulated"] is True
    assert len(found["steps"]) == result.stdout.count(" gas\n")
    assert int(found["gas"]) == sum(int(step["gas"]) for step in found["steps"])
    assert rpc.block_number() == 0
    assert folder(tmp_path) == {"local.yaml"}


def test_role_of_a_contract_that_is_created_is_told_so(call, tmp_path):
    text = LOCAL.replace("guardian: $operations", "guardian: $venue")
    (tmp_path / "local.yaml").write_text(text)
    assert "guardian   Venue, which is created\n" in call("--simulate").stdout


def test_deployment_is_told_and_a_second_run_says_that_all_is_there(call, rpc, tmp_path):
    first = call("--yes")
    assert first.exit_code == DONE, first.output
    assert first.stdout.count("\ndone: ") == rpc.block_number()
    assert "code, roles and listing are as the parameters say" in first.stdout
    assert {"pmkit-registry.json", "pmkit-deployment.json"} < folder(tmp_path)
    again = call()
    assert again.exit_code == DONE
    assert "nothing was sent" in again.stdout
    found = json.loads(call("--json").stdout)
    assert found["sent"] == 0
    assert found["deployment"] == json.loads((tmp_path / "pmkit-deployment.json").read_text())
    listed = CliRunner().invoke(main, ["accounts", "--deployment", "pmkit-deployment.json"])
    assert listed.exit_code == DONE, listed.output


def test_nobody_to_ask_means_no(call, rpc, tmp_path):
    assert "--yes: is needed" in wrong(call(), BAD_INPUT)
    assert rpc.block_number() == 0
    assert folder(tmp_path) == {"local.yaml"}


@pytest.mark.parametrize(("answer", "code"), [("n\n", INTERRUPTED), ("y\n", DONE)])
def test_plan_is_asked_about(call, monkeypatch, rpc, tmp_path, answer, code):
    monkeypatch.setattr("pmkit.cli.deploy.click.confirm", lambda *_, **__: answer == "y\n")
    monkeypatch.setattr("pmkit.cli.deploy.is_terminal", lambda: True)
    result = call()
    assert result.exit_code == code, result.output
    assert (rpc.block_number() > 0) is (code == DONE)
    assert ("pmkit-registry.json" in folder(tmp_path)) is (code == DONE)


def test_no_node_is_one_line_and_its_own_exit_code(call, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert "cannot be reached" in wrong(call("--yes", url=f"http://127.0.0.1:{free}"), NO_CHAIN)
    assert "URL of a node" in wrong(call("--yes", url="nonsense"), BAD_INPUT)
    assert folder(tmp_path) == {"local.yaml"}


def test_node_that_dies_midway_is_one_line_and_its_own_exit_code(tmp_path):
    (tmp_path / "local.yaml").write_text(LOCAL)
    with Node.start() as node:
        rpc = Rpc(node.url)
        # It has each block when this test makes it, and is never done before its node dies.
        rpc.request("evm_setAutomine", False)
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from pmkit.cli import main; main()"),
                *("deploy", "--yes", "--params", "local.yaml", "--rpc", node.url),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said = b""
        while b"done: create Isolated" not in said:
            assert process.poll() is None, process.stderr.read()
            if select.select([process.stdout], [], [], 0.01)[0]:
                said += os.read(process.stdout.fileno(), 65_536)
            else:
                rpc.request("evm_mine")
    _, told = process.communicate(timeout=60)
    assert process.returncode == NO_CHAIN
    (line,) = told.decode().splitlines()
    assert line.startswith(f"error: node at {node.url}: ")
    assert {"pmkit-registry.json", "pmkit-deployment.json"}.isdisjoint(folder(tmp_path))


def test_other_chain_is_bad_input(call, tmp_path):
    (tmp_path / "local.yaml").write_text(LOCAL.replace("chain_id: 31337", "chain_id: 998"))
    assert "local.yaml: chain_id: is 998" in wrong(call("--yes"), BAD_INPUT)


def test_broken_file_is_bad_input(call, tmp_path):
    (tmp_path / "local.yaml").write_text(LOCAL.replace("params: current", "params: currant"))
    assert "local.yaml: params: " in wrong(call("--yes"), BAD_INPUT)


@pytest.mark.parametrize("text", [None, "roles: ["])
def test_file_that_cannot_be_read_is_bad_input_before_a_node_is_asked(call, tmp_path, text):
    (tmp_path / "local.yaml").unlink()
    if text is not None:
        (tmp_path / "local.yaml").write_text(text)
    told = wrong(call("--yes", url="http://127.0.0.1:1"), BAD_INPUT)
    assert told.startswith("error: local.yaml: ")


def test_poor_deployer_is_refused(call, tmp_path):
    told = wrong(call("--yes", PMKIT_FROM=KEY), REFUSED)
    assert "cannot pay for the deployment: it has 0 wei" in told
    assert KEY[2:] not in told
    assert folder(tmp_path) == {"local.yaml"}


@pytest.mark.parametrize(
    ("whose", "told"),
    [
        ("nobody", "is no role of a local chain"),
        ("0x12", "is no address"),
        ("0x" + "00" * 32, "is no private key"),
    ],
)
def test_unknown_deployer_is_bad_input(call, whose, told):
    assert told in wrong(call("--yes", "--from", whose), BAD_INPUT)


def test_damaged_journal_is_bad_input(call, rpc, tmp_path):
    chain_id, _, genesis = chain_key(rpc).partition(":")
    (tmp_path / f"pmkit-registry.{chain_id}-{genesis[2:10]}.journal").write_text("half\n")
    assert "line 1 is damaged" in wrong(call("--yes"), BAD_INPUT)
    assert rpc.block_number() == 0


def test_examples_are_those_that_the_help_speaks_of():
    assert {path.name for path in EXAMPLES.iterdir()} == {"hyperevm-testnet.yaml", "local.yaml"}
    assert "examples/deploy" in CliRunner().invoke(main, ["deploy", "--help"]).stdout
