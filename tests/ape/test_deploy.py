"""`ape run deploy`: the accounts and networks of Ape, and pmkit's deployment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account

from pmkit.chain.deployment import connect
from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.deploy.registry import chain_key, load_registry

ROOT = Path(__file__).parents[2]
KEY = bytes.fromhex("42" * 32)
OWNER = Account.from_key(KEY).address
PASSPHRASE = "correct horse"  # noqa: S105 - of a key that everybody knows
LOOK = "hyperliquid:local:foundry"


@pytest.fixture
def ape(tmp_path):
    """Return a function that runs a deployment by Ape, with a keystore `owner` of its own."""
    accounts = tmp_path / "ape" / "accounts"
    accounts.mkdir(parents=True)
    keystore = {**Account.encrypt(KEY, PASSPHRASE, iterations=2), "address": OWNER}
    (accounts / "owner.json").write_text(json.dumps(keystore))

    def run(*options, **environment):
        command = [
            *(str(Path(sys.executable).parent / "ape"), "run", "deploy", "--network", LOOK),
            *("--params", "examples/deploy/local.yaml", *options),
            *("--registry", str(tmp_path / "registry.json")),
            *("--deployment", str(tmp_path / "deployment.json")),
        ]
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "APE_DATA_FOLDER": str(tmp_path / "ape"),
            "APE_ACCOUNTS_owner_PASSPHRASE": PASSPHRASE,
            **environment,
        }
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, env=env, check=False
        )

    return run


def test_test_account_deploys_on_a_node_that_ape_starts(ape, tmp_path):
    result = ape("--account", "TEST::0", "--yes")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "code, roles and listing are as the parameters say" in result.stdout
    (contracts,) = load_registry(tmp_path / "registry.json").values()
    assert "Venue" in contracts


def test_keystore_deploys_once_on_a_node_that_stays(ape, tmp_path):
    with Node.start() as node:
        rpc = Rpc(node.url)
        rpc.request("anvil_setBalance", OWNER, hex(10**20))
        first = ape("--account", "owner", "--yes", "--json", APE_FOUNDRY_HOST=node.url)
        assert first.returncode == 0, first.stdout + first.stderr
        found = json.loads(next(x for x in first.stdout.splitlines() if x.startswith("{")))
        sent = int(rpc.request("eth_getTransactionCount", OWNER, "latest"), 16)
        assert sent == found["sent"] == rpc.block_number()
        assert load_registry(tmp_path / "registry.json").keys() == {chain_key(rpc)}
        connect(None, tmp_path / "deployment.json")
        again = ape("--account", "owner", APE_FOUNDRY_HOST=node.url)
        assert "nothing was sent" in again.stdout, again.stdout + again.stderr
        assert rpc.block_number() == sent


def test_what_is_wrong_is_one_line_and_the_exit_code_of_pmkit(ape):
    result = ape("--account", "owner", "--yes")
    assert result.returncode == 1
    (line,) = (x for x in result.stderr.splitlines() if x.startswith("error: "))
    assert f"{OWNER} cannot pay for the deployment" in line
