"""Where anvil is looked for, and what is said when it is nowhere."""

import platform
import subprocess
import sys

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


def packaged(folder, program):
    """Put a program where npm puts it."""
    cpu = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    place = folder / "node_modules" / "@foundry-rs" / f"anvil-{sys.platform}-{cpu}" / "bin"
    place.mkdir(parents=True)
    return program.rename(place / "anvil")


@pytest.mark.parametrize("below", [".", "tests/deep"])
def test_without_a_clone_npm_packages_of_the_project_are_found(
    monkeypatch, no_clone, program, tmp_path, below
):
    found = packaged(tmp_path, program)
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / below)
    assert toolchain.find_anvil() == found


@pytest.mark.parametrize("nested", ["", "node_modules/@foundry-rs/anvil"])
def test_script_of_npm_on_path_leads_to_the_program(monkeypatch, no_clone, tmp_path, nested):
    installed, bin_folder = tmp_path / "lib", tmp_path / "bin"
    script, program = installed / "node_modules" / "@foundry-rs" / "anvil", tmp_path / "anvil"
    script.mkdir(parents=True)
    bin_folder.mkdir()
    for path in (script / "bin.mjs", program):
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    (bin_folder / "anvil").symlink_to(script / "bin.mjs")
    monkeypatch.setenv("PATH", str(bin_folder))
    assert toolchain.find_anvil() == bin_folder / "anvil"
    found = packaged(installed / nested, program)
    assert toolchain.find_anvil() == found


def test_without_a_clone_path_is_searched(monkeypatch, no_clone, program):
    monkeypatch.setenv("PATH", str(program.parent))
    assert toolchain.find_anvil() == program


def test_nowhere_is_an_error_that_says_what_to_do(no_clone):
    with pytest.raises(
        ToolMissing,
        match=r"anvil was not found; .* a local chain\. Run `make setup`.*npm install @foundry",
    ):
        toolchain.find_anvil()
