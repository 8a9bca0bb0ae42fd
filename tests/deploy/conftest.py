"""A plain node and one with a deployment for a worker's tests, rewound after each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.chain.signing import NodeSigner
from pmkit.deploy.run import Files, deploy

EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"
LOCAL = (EXAMPLES / "local.yaml").read_text()
STARTED = 1_790_000_000
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.fixture(scope="session")
def standing_node():
    with Node.start(timestamp=STARTED) as node:
        yield node


@pytest.fixture
def rpc(standing_node):
    rpc = Rpc(standing_node.url)
    snapshot = rpc.request("evm_snapshot")
    yield rpc
    rpc.request("evm_revert", snapshot)
    rpc.close()


@pytest.fixture
def files(tmp_path):
    return files_in(tmp_path)


@pytest.fixture(scope="session")
def standing_deployment(tmp_path_factory):
    """Give a node with a deployment, the files of it, and what the run returned."""
    files = files_in(tmp_path_factory.mktemp("deployed"))
    with Node.start(timestamp=STARTED) as node:
        yield node, files, run(Rpc(node.url), files)


@pytest.fixture
def deployed(standing_deployment, tmp_path):
    """Give the same to one test: a node to ask, files of its own, and what the run returned."""
    node, files, done = standing_deployment
    shutil.copytree(files.params.parent, tmp_path, dirs_exist_ok=True)
    rpc = Rpc(node.url)
    snapshot = rpc.request("evm_snapshot")
    yield rpc, files_in(tmp_path, fresh=False), done
    rpc.request("evm_revert", snapshot)
    rpc.close()


def files_in(folder, *, fresh=True):
    params = folder / "local.yaml"
    if fresh:
        params.write_text(LOCAL)
    return Files(
        params=params,
        registry=folder / "registry.json",
        deployment=folder / "deployment.json",
    )


def change(files, old, new):
    """Replace one passage of the file of parameters."""
    text = files.params.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    files.params.write_text(text.replace(old, new))


def run(rpc, files, *, signer=None, tell=lambda *_: None):
    """Deploy, with the node as signer, and agree to every plan."""
    signer = NodeSigner(DEPLOYER) if signer is None else signer
    return deploy(rpc, signer, files, agree=lambda _: True, tell=tell)


def sent_by(rpc, account=DEPLOYER):
    return int(rpc.request("eth_getTransactionCount", account, "latest"), 16)
