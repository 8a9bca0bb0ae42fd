"""A file is written whole, or stays as it was, with nothing beside it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bench.gas import record as gas
from bench.speed import record as speed
from pmkit.chain.deployment import Deployment, save_deployment
from pmkit.deploy.registry import save_registry
from pmkit.errors import InputError
from pmkit.files import write_at_one_stroke

DEPLOYMENT = Deployment(
    rpc_url=None,
    chain_id=999,
    registry="0x0000000000000000000000000000000000000001",
    venue="0x0000000000000000000000000000000000000002",
    lens="0x0000000000000000000000000000000000000003",
    core=None,
    tokens=(),
    accounts=(),
    block=1,
)

WRITERS = {
    "deployment": lambda path: save_deployment(DEPLOYMENT, path),
    "registry": lambda path: save_registry(path, "999:0x00", {}),
    "gas": lambda path: gas.write({"supply": {"pmkit": 1}}, path),
    "speed": lambda path: speed.write({"start": {"s": 1}}, path),
}


def refuse(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_text_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / "figures.json"
    write_at_one_stroke(path, "one")
    write_at_one_stroke(path, "zwei: ½")
    assert path.read_text("utf-8") == "zwei: ½"
    assert [kept.name for kept in tmp_path.iterdir()] == ["figures.json"]


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_what_cannot_be_written_leaves_that_of_before_and_no_draft(writer, tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text("{}")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match=r"kept\.json: cannot be written: No space left"):
        writer(path)
    assert path.read_text() == "{}"
    assert [kept.name for kept in tmp_path.iterdir()] == ["kept.json"]


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"figures\.json: cannot be written: No such file"):
        write_at_one_stroke(tmp_path / "none" / "figures.json", "{}")
