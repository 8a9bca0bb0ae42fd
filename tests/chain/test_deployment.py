"""Where a venue is: the record's JSON, the marker of a local chain, and what `connect` refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pmkit.chain import Deployment
from pmkit.chain.deployment import (
    MARKER,
    connect,
    load_deployment,
    marked_deployment,
    save_deployment,
)
from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.errors import InputError, NodeUnavailable, NotDeployed

RECORD = Deployment(
    rpc_url="http://127.0.0.1:8545",
    chain_id=31337,
    registry="0x0000000000000000000000000000000000000001",
    venue="0x0000000000000000000000000000000000000002",
    lens="0x0000000000000000000000000000000000000005",
    core="0x0000000000000000000000000000000000000006",
    tokens=(("USDC", "0x0000000000000000000000000000000000000003"),),
    accounts=(("admin", "0x0000000000000000000000000000000000000004"),),
    block=9,
)


def test_record_survives_its_json():
    assert Deployment.from_json(json.loads(json.dumps(RECORD.to_json())), "here") == RECORD


def test_json_has_the_keys_of_the_contract_and_pool_is_the_venue():
    found = RECORD.to_json()
    assert set(found) >= {
        "rpc_url",
        "chain_id",
        "registry",
        "pool",
        "venue",
        "lens",
        "core",
        "tokens",
        "accounts",
    }
    assert found["pool"] == found["venue"]


def test_record_survives_its_file(tmp_path):
    path = tmp_path / "venue.json"
    save_deployment(RECORD, path)
    assert load_deployment(path) == RECORD
    assert [p.name for p in tmp_path.iterdir()] == ["venue.json"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"venue": "0x12"}, "venue"),
        ({"venue": None}, "venue"),
        ({"chain_id": "31337"}, "chain_id"),
        ({"chain_id": True}, "chain_id"),
        ({"block": -1}, "block"),
        ({"rpc_url": ""}, "rpc_url"),
        ({"tokens": []}, "tokens"),
        ({"tokens": {"USDC": 5}}, "tokens: USDC"),
        ({"pool": "0x0000000000000000000000000000000000000009"}, "pool"),
        ({"lens": "nowhere"}, "lens"),
        ({"core": "nowhere"}, "core"),
    ],
)
def test_record_with_a_wrong_value_names_its_key(change, told):
    found = {**RECORD.to_json(), **change}
    with pytest.raises(InputError, match=f"here: {told}"):
        Deployment.from_json(found, "here")


@pytest.mark.parametrize("text", ["", "[]", "{", '"text"', "[" * 100_000])
def test_file_that_is_no_record_is_refused_by_its_name(tmp_path, text):
    path = tmp_path / "venue.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"venue\.json"):
        load_deployment(path)


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_deployment(tmp_path / "absent.json")


def test_unknown_role_or_token_lists_those_there_are():
    with pytest.raises(InputError, match="there are admin"):
        RECORD.account("alien")
    with pytest.raises(InputError, match="there are USDC"):
        RECORD.token("ALIEN")


def test_local_chain_tells_its_venue_by_its_url_alone(venue):
    rpc, found = connect(venue.node.url, None)
    assert found == venue.deployment
    assert rpc.code(MARKER) != b""


def test_deployment_file_is_enough_without_a_url(venue, tmp_path):
    save_deployment(venue.deployment, tmp_path / "venue.json")
    rpc, found = connect(None, tmp_path / "venue.json")
    assert (rpc.url, found) == (venue.node.url, venue.deployment)


def test_file_without_a_url_asks_for_one(venue, tmp_path):
    """SPEC DP-10."""
    save_deployment(replace(venue.deployment, rpc_url=None), tmp_path / "venue.json")
    assert load_deployment(tmp_path / "venue.json").rpc_url is None
    with pytest.raises(InputError, match=r"venue\.json: rpc_url: .*--rpc URL"):
        connect(None, tmp_path / "venue.json")
    rpc, found = connect(venue.node.url, tmp_path / "venue.json")
    assert (rpc.url, found) == (venue.node.url, venue.deployment)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"chain_id": 998}, "the deployment is on chain 998, this is chain 31337"),
        ({"venue": RECORD.venue}, "no code at the venue's address"),
        ({"registry": RECORD.registry}, "no code at the registry's address"),
    ],
)
def test_deployment_that_the_chain_does_not_hold_is_refused(venue, tmp_path, change, told):
    save_deployment(replace(venue.deployment, **change), tmp_path / "venue.json")
    with pytest.raises(NotDeployed, match=told):
        connect(None, tmp_path / "venue.json")


def test_chain_without_a_venue_is_told_how_to_name_one():
    with Node.start() as node:
        assert marked_deployment(Rpc(node.url)) is None
        with pytest.raises(NotDeployed, match="--deployment FILE"):
            connect(node.url, None)


def test_node_that_is_not_there_is_unavailable():
    with pytest.raises(NodeUnavailable):
        connect("http://127.0.0.1:1", None)
