"""The example as somebody has it who knows pmkit's wheel alone: no tree, no compiler, no Ape.

Nothing is downloaded: the virtual environment takes the wheel and, by links, the packages that the
wheel says it needs; npm's packages are those of the clone. What the wheel does not say is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from pmkit.hypercore.addresses import (
    CORE_DEPOSIT_WALLET,
    CORE_WRITER,
    FIRST_PRECOMPILE,
    HYPE_SYSTEM,
    LAST_PRECOMPILE,
)
from pmkit.toolchain import find_anvil

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "carry-vault"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("example")]


def run(command: Sequence[str | Path], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a program to its end; fail with what it said."""
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needed_by(requirements: Iterable[str]) -> Iterator[Distribution]:
    """Yield the distributions that requirements ask for, and what those ask for in turn."""
    waiting = [Requirement(one) for one in requirements]
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted.name.lower() in seen or (wanted.marker and not wanted.marker.evaluate()):
            continue
        seen.add(wanted.name.lower())
        try:
            found = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # of another platform, or an extra's
        yield found
        waiting += [Requirement(one) for one in found.requires or ()]


def link_into(place: Path, found: Distribution) -> None:
    """Put a distribution's files into a folder, by links to where they are installed."""
    tops = {
        path.parts[0] for path in found.files or () if path.parts[0] not in ("..", "__pycache__")
    }
    for top in tops:
        target = place / top
        if not target.exists():
            target.symlink_to(str(found.locate_file(top)))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", folder], cwd=ROOT)
    (built,) = folder.glob("pmkit-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, what it needs, and what the example asks for."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    place = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    asked = (EXAMPLE / "requirements.txt").read_text().splitlines()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run([*pip, "--target", place, wheel], cwd=folder)
    (installed,) = place.glob("pmkit-*.dist-info")
    said = (installed / "METADATA").read_text()
    own = [one for one in re.findall("^Requires-Dist: (.*)$", said, re.M) if "extra ==" not in one]
    for found in needed_by([*own, *(line for line in asked if line and line[0] != "#")]):
        link_into(place, found)
    return folder / "bin" / "python"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, copied out of the tree."""
    folder = tmp_path / "carry-vault"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", ".*"))
    return folder


@pytest.fixture
def environment() -> dict[str, str]:
    """Variables of a shell that knows nothing of the clone."""
    named = ("PMKIT_", "PYTEST_", "PYTHON", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    return {**kept, "PATH": os.pathsep.join(outside_of_clone())}


def outside_of_clone() -> list[str]:
    """Return the folders of PATH that hold no anvil."""
    return [
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not (Path(folder) / "anvil").exists()
    ]


def test_vault_knows_the_chain_alone() -> None:
    """No import but its own file, and no address but those that every HyperEVM has."""
    text = "".join(path.read_text() for path in sorted(EXAMPLE.glob("contracts/*.sol")))
    assert set(re.findall(r'from "([^"]+)"', text)) == {"./Core.sol"}
    constants = re.findall(r"address \w+ constant \w+ = (?:address\()?(0x[0-9a-fA-F]+)", text)
    known = [CORE_WRITER, HYPE_SYSTEM, CORE_DEPOSIT_WALLET]
    assert {int(one, 16) for one in constants if len(one) == 42} == {int(one, 16) for one in known}
    reads = {int(one, 16) for one in constants if len(one) < 42}
    assert {0x80F, 0x811, 0x812} <= reads <= set(range(FIRST_PRECOMPILE, LAST_PRECOMPILE + 1))


def test_wheel_brings_contracts_and_is_found_without_the_tree(
    python: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    code = (
        "import pmkit, sys; from pmkit.chain.artifacts import load_artifact;"
        "load_artifact('Venue'); assert not any('ape' in name for name in sys.modules);"
        "print(pmkit.__file__)"
    )
    where = Path(run([python, "-c", code], cwd=tmp_path, env=environment).strip())
    assert ROOT not in where.parents
    assert python.parents[1] in where.parents


@pytest.mark.parametrize("workers", [1, 4])
def test_tests_of_the_example_pass(
    python: Path, project: Path, environment: dict[str, str], workers: int
) -> None:
    (project / "node_modules").symlink_to(ROOT / "node_modules")
    spread = ["-n", str(workers)] if workers > 1 else []
    said = run([python, "-m", "pytest", *spread], cwd=project, env=environment)
    assert re.search(r"\b\d\d passed", said), said
    assert "skipped" not in said


@pytest.fixture
def without_anvil(project: Path) -> Path:
    """The example with all that npm brings but the node's program."""
    (project / "node_modules").mkdir()
    for package in (ROOT / "node_modules").iterdir():
        if package.name != "@foundry-rs":
            (project / "node_modules" / package.name).symlink_to(package)
    return project


ONE_TEST = ("-m", "pytest", "-k", "changes_their_mind")


def test_anvil_on_path_serves_too(
    python: Path, without_anvil: Path, environment: dict[str, str]
) -> None:
    path = os.pathsep.join([str(find_anvil().parent), environment["PATH"]])
    said = run([python, *ONE_TEST], cwd=without_anvil, env={**environment, "PATH": path})
    assert "1 passed" in said


def test_without_anvil_the_example_says_what_to_do(
    python: Path, without_anvil: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [python, *ONE_TEST],
        cwd=without_anvil,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (told,) = (x for x in done.stdout.splitlines() if x.startswith("pmkit has no chain"))
    assert "anvil was not found" in told
    assert "npm install @foundry-rs/anvil" in told
    assert "Traceback" not in done.stdout
