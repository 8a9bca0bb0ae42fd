"""Set-up says what is missing, and the lock files are what they must be."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts import setup
from scripts.setup_locks import (
    FOUNDRY_PLATFORMS,
    FOUNDRY_TOOLS,
    REQUIREMENTS,
    complete,
    without_hash,
)

ROOT = Path(__file__).resolve().parents[2]
NPM_LOCK = ROOT / "package-lock.json"
BENCH_LOCK = ROOT / "bench" / "package-lock.json"
EXAMPLE_LOCK = ROOT / "examples" / "carry-vault" / "package-lock.json"
PYTHON_LOCKS = [ROOT / "requirements" / f"{name}.txt" for name in REQUIREMENTS]


def program(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path):
    """A tree with the set-up scripts alone."""
    (tmp_path / "scripts").mkdir()
    for name in ("setup.sh", "setup.py"):
        (tmp_path / "scripts" / name).write_bytes((ROOT / "scripts" / name).read_bytes())
    return tmp_path


def run_setup(clone, **environment):
    command = ["/bin/sh", str(clone / "scripts" / "setup.sh")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("answer", ["3.9.18", "3.11.2 without venv"])
def test_python_that_does_not_do_is_named_with_the_reason(clone, answer):
    unfit = program(clone, "python", f"echo {answer}; exit 1")
    result = run_setup(clone, PATH="/usr/bin:/bin", PYTHON=str(unfit))
    assert result.returncode == 1
    assert "required: Python 3.11 or 3.12" in result.stderr
    assert f"{unfit} is {answer}\n" in result.stderr
    assert "make setup PYTHON=" in result.stderr


def test_stub_of_a_version_manager_is_passed_over(clone):
    stub = program(clone, "python3.12", "exit 127")
    result = run_setup(clone, PATH="/usr/bin:/bin", PYTHON=str(stub))
    assert result.returncode == 1
    assert f"no working interpreter among {stub}" in result.stderr


@pytest.mark.parametrize(
    ("node", "was"), [("echo v18.19.0", "v18.19.0"), (None, "no node"), ("exit 1", "?")]
)
def test_node_that_is_old_or_missing_is_named(clone, node, was):
    tools = clone / "tools"
    tools.mkdir()
    program(tools, "npm", "exit 0")
    (tools / "dirname").symlink_to("/usr/bin/dirname")
    if node:
        program(tools, "node", node)
    python = str(ROOT / ".venv" / "bin" / "python")
    result = run_setup(clone, PATH=str(tools), PYTHON=python)
    assert result.returncode == 1
    assert f"was:      {was}\n" in result.stderr
    assert "install Node.js 20 or later" in result.stderr


@pytest.mark.parametrize(
    ("place", "step"),
    [
        (".venv", setup.install_python_packages),
        ("node_modules", setup.install_npm_packages),
        (".cache/solcx", setup.choose_solc),
    ],
)
def test_set_up_leaves_alone_what_a_link_points_to(tmp_path, monkeypatch, place, step):
    """A tree that borrows another one's packages must not clear or replace them."""
    clone, theirs = tmp_path / "clone", tmp_path / "theirs"
    theirs.mkdir()
    (clone / place).parent.mkdir(parents=True)
    (clone / place).symlink_to(theirs)
    monkeypatch.setattr(setup, "ROOT", clone)
    monkeypatch.setattr(setup, "VENV", clone / ".venv")
    monkeypatch.setattr(setup, "CACHE", clone / ".cache")
    ran = []
    monkeypatch.setattr(setup, "_run", lambda *arguments, **options: ran.append(arguments))
    with pytest.raises(setup.SetupError, match="a folder of this clone\\n  was:      a link to"):
        step()
    assert ran == []


@pytest.mark.parametrize(
    "path",
    [NPM_LOCK, BENCH_LOCK, EXAMPLE_LOCK, *PYTHON_LOCKS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_lock_file_names_no_address(path):
    assert "://" not in path.read_text()


@pytest.mark.parametrize("path", PYTHON_LOCKS, ids=REQUIREMENTS)
def test_python_lock_has_a_hash_for_every_package(path):
    entries = path.read_text().replace("\\\n", " ").splitlines()
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_bench_lock_has_a_hash_for_every_package_at_the_exact_version():
    lock = json.loads(BENCH_LOCK.read_text())
    assert without_hash(lock) == []
    wanted = json.loads((ROOT / "bench" / "package.json").read_text())["devDependencies"]
    found = {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted}
    assert found == wanted


def test_folders_with_npm_packages_have_the_same_settings():
    for lock in (BENCH_LOCK, EXAMPLE_LOCK):
        assert lock.with_name(".npmrc").read_text() == (ROOT / ".npmrc").read_text()


def test_example_has_the_tools_of_the_clone():
    """So that its tests run here on what is installed already."""
    ours = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    theirs = json.loads(EXAMPLE_LOCK.with_name("package.json").read_text())["devDependencies"]
    assert theirs.items() <= ours.items()


def test_npm_lock_serves_every_platform_of_foundry():
    for lock, tools in ((NPM_LOCK, FOUNDRY_TOOLS), (EXAMPLE_LOCK, ("anvil",))):
        packages = json.loads(lock.read_text())["packages"]
        for tool in tools:
            for platform in FOUNDRY_PLATFORMS:
                assert f"node_modules/@foundry-rs/{tool}-{platform}" in packages


def test_completing_a_lock_adds_platforms_and_keeps_what_is_there():
    entry = {"version": "1.0.0", "funding": {"url": "x"}}
    known = {"version": "1.0.0", "integrity": "sha512-known"}
    asked = {("@foundry-rs/anvil-linux-arm64", "1.0.0"): "sha512-asked"}
    lock = complete(
        {
            "name": "pmkit",
            "packages": {
                "node_modules/@foundry-rs/anvil": dict(entry),
                "node_modules/@foundry-rs/forge": dict(entry),
                "node_modules/@foundry-rs/anvil-linux-amd64": dict(known),
            },
        },
        lambda name, version: asked.get((name, version)),
    )
    packages = lock["packages"]
    assert packages["node_modules/@foundry-rs/anvil"] == {"version": "1.0.0"}
    assert packages["node_modules/@foundry-rs/anvil-linux-amd64"] == known
    added = packages["node_modules/@foundry-rs/forge-darwin-arm64"]
    assert (added["version"], added["os"], added["cpu"]) == ("1.0.0", ["darwin"], ["arm64"])
    found = packages["node_modules/@foundry-rs/anvil-linux-arm64"]
    assert list(found.items())[:2] == [("version", "1.0.0"), ("integrity", "sha512-asked")]
    # A registry that lacks a platform leaves it without a hash, and that is told.
    assert "node_modules/@foundry-rs/forge-darwin-arm64" in without_hash(lock)
    assert "node_modules/@foundry-rs/anvil-linux-arm64" not in without_hash(lock)
    assert lock["name"] == "pmkit"
