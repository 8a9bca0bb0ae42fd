"""Where anvil is looked for, and what is said when it is nowhere."""

import subprocess

import pytest

from pmkit import toolchain
from pmkit.errors import ToolMissing


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "anvil"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_clone(monkeypatch, tmp_path):
    """A machine with pmkit installed from a wheel: no node_modules beside the package."""
    monkeypatch.delenv("PMKIT_ANVIL", raising=False)
    monkeypatch.setattr(toolchain, "project_root", lambda: tmp_path / "site-packages")
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)


def test_clone_has_the_pinned_anvil(monkeypatch):
    monkeypatch.delenv("PMKIT_ANVIL", raising=False)
    path = toolchain.find_anvil()
    assert "node_modules" in path.parts
    printed = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert "1.7.1" in printed


def test_variable_comes_first(monkeypatch, program):
    monkeypatch.setenv("PMKIT_ANVIL", str(program))
    assert toolchain.find_anvil() == program


def test_variable_that_names_no_program_is_an_error_and_not_skipped(monkeypatch, tmp_path):
    monkeypatch.setenv("PMKIT_ANVIL", str(tmp_path / "nowhere"))
    with pytest.raises(ToolMissing, match=r"nowhere was not found.*PMKIT_ANVIL must name"):
        toolchain.find_anvil()


@pytest.mark.parametrize("below", [".", "tests/deep"])
def test_without_a_clone_npm_packages_of_the_project_are_found(
    monkeypatch, no_clone, program, tmp_path, below
):
    package = toolchain._packaged_anvil(tmp_path)
    package.parent.mkdir(parents=True)
    program.rename(package)
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / below)
    assert toolchain.find_anvil() == package


def test_without_a_clone_path_is_searched(monkeypatch, no_clone, program):
    monkeypatch.setenv("PATH", str(program.parent))
    assert toolchain.find_anvil() == program


def test_nowhere_is_an_error_that_says_what_to_do(no_clone):
    with pytest.raises(
        ToolMissing,
        match=r"anvil was not found; .* a local chain\. Run `make setup`.*npm install @foundry",
    ):
        toolchain.find_anvil()
