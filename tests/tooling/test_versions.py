"""What is written in more than one file says the same in each."""

import json
import tomllib
from pathlib import Path

import yaml

import pmkit

ROOT = Path(__file__).resolve().parents[2]
NPM = json.loads((ROOT / "package.json").read_text())
BENCH = json.loads((ROOT / "bench" / "package.json").read_text())
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGIN = tomllib.loads((ROOT / "ape_pmkit" / "pyproject.toml").read_text())


def test_one_version_of_pmkit():
    version = PYPROJECT["project"]["version"]
    assert NPM["version"] == version
    assert BENCH["version"] == version
    assert PLUGIN["project"]["version"] == version
    assert f"pmkit=={version}" in PLUGIN["project"]["dependencies"]
    assert getattr(pmkit, "__version__", version) == version


def test_one_version_of_solc():
    version = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]["version"]
    assert NPM["devDependencies"]["solc"] == version
    rules = json.loads((ROOT / ".solhint.json").read_text())["rules"]
    assert rules["compiler-version"] == ["error", version]


def test_lock_file_input_repeats_the_runtime_ranges_and_the_ape_pins():
    lines = (ROOT / "requirements" / "dev.in").read_text().splitlines()
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert set(PYPROJECT["project"]["dependencies"]) <= set(lines)
    assert set(extras["ape"]) <= set(lines)
    assert set(PLUGIN["project"]["dependencies"]) - {"pmkit==0.1.0"} <= set(lines)
