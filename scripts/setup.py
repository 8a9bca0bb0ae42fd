"""Set the clone up: Python packages, npm packages, the solc to use. `make setup` runs this.

Standard library only. Everything lands in .venv, node_modules and .cache inside the clone. Each
step leaves a stamp made of what it depends on, so a second run has nothing to do and asks no
network.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
MINIMUM_NODE = 20
LOG_LINES_SHOWN = 15


class SetupError(Exception):
    """A step could not be done; the text says what was required, what it was and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of the set-up."""

    name: str
    what: str
    """What a person reads while it runs."""
    inputs: tuple[str, ...]
    """Whatever the result depends on: the step is done again when one of them changes."""
    results: tuple[Path, ...]
    """What must exist afterwards; a missing one also makes the step run again."""
    run: Callable[[], None]
    remedy: str

    @property
    def stamp(self) -> Path:
        """The file that remembers the inputs of the last success."""
        return CACHE / "stamps" / self.name

    @property
    def key(self) -> str:
        """The inputs in one word."""
        return hashlib.sha256("\0".join(self.inputs).encode()).hexdigest()

    def is_done(self) -> bool:
        """Tell whether the step has nothing to do."""
        if not self.stamp.exists() or self.stamp.read_text() != self.key:
            return False
        return all(path.exists() for path in self.results)


def main() -> int:
    """Bring every step up to date and return the exit code."""
    started = time.monotonic()
    with _only_one_at_a_time():
        try:
            check_node()
            done = sum(_bring_up_to_date(step) for step in steps())
        except SetupError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 1
    if done:
        print(f"setup: ready after {time.monotonic() - started:.0f} s")
    return 0


def steps() -> Iterator[Step]:
    """Yield the steps in order; each is built after the ones before it have run."""
    yield Step(
        name="python",
        what="Python packages into .venv (about a minute)",
        inputs=(sys.version, sys.base_prefix, str(ROOT), _text("requirements/dev.txt")),
        results=(VENV_PYTHON, VENV / "bin" / "ape"),
        run=install_python_packages,
        remedy="check that the Python package index can be reached, then `make setup` again",
    )
    yield Step(
        name="npm",
        what="npm packages into node_modules (a few seconds)",
        inputs=(_text("package-lock.json"), _text(".npmrc")),
        results=(ROOT / "node_modules" / "solc", ROOT / "node_modules" / "@openzeppelin"),
        run=install_npm_packages,
        remedy="check that the npm registry can be reached, then `make setup` again",
    )
    yield Step(
        name="pmkit",
        what="pmkit and its Ape plugin, as editable packages",
        inputs=(str(ROOT), sys.version, _text("pyproject.toml"), _text("ape_pmkit/pyproject.toml")),
        results=(VENV / "bin" / "pmkit",),
        run=install_pmkit,
        remedy="`make clean`, then `make setup`",
    )
    choice = os.environ.get("PMKIT_SOLC", "auto")
    yield Step(
        name="solc",
        what=f"Solidity compiler (PMKIT_SOLC={choice})",
        inputs=(str(ROOT), choice, _text("package-lock.json"), _text("scripts/setup_solc.py")),
        results=(CACHE / "solcx" / f"solc-v{_solc_version()}",),
        run=choose_solc,
        remedy="use the compiler from npm: PMKIT_SOLC=npm make setup",
    )


def check_node() -> None:
    """Refuse a missing or old Node.js."""
    remedy = f"install Node.js {MINIMUM_NODE} or later, with npm, and put both on PATH"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = "node" if node is None else "npm"
        raise SetupError(_three("Node.js", f">= {MINIMUM_NODE} with npm", f"no {missing}", remedy))
    printed = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.match(r"v(\d+)\.", printed)
    if found is None or int(found[1]) < MINIMUM_NODE:
        raise SetupError(_three("Node.js", f">= {MINIMUM_NODE}", printed.strip() or "?", remedy))


def require_own(path: Path) -> None:
    """Refuse a link: what it leads to is somebody else's, and would be cleared or replaced."""
    if path.is_symlink():
        where = path.relative_to(ROOT)
        remedy = f"remove the link (`rm {where}`), then `make setup` again"
        raise SetupError(
            _three(str(where), "a folder of this clone", f"a link to {path.readlink()}", remedy)
        )


def install_python_packages() -> None:
    """Make .venv and fill it with exactly what the lock file names."""
    require_own(VENV)
    # Afresh each time: scripts in it name its place, and what the lock dropped must not linger.
    base = getattr(sys, "_base_executable", sys.executable)
    _run("python", [base, "-m", "venv", "--clear", str(VENV)])
    _run("python", [*_pip("install"), "--require-hashes", "-r", "requirements/dev.txt"])
    # Ape keeps its data in the home folder unless told before it is imported; a start-up line of
    # this environment tells it, so that .venv/bin/ape stays inside the clone by any way of calling.
    line = f"import os; os.environ.setdefault('APE_DATA_FOLDER', {str(CACHE / 'ape')!r})\n"
    (_site_packages() / "pmkit_ape_data.pth").write_text(line)


def install_npm_packages() -> None:
    """Install exactly what the lock file names."""
    require_own(ROOT / "node_modules")
    _run("npm", ["npm", "ci", "--cache", str(CACHE / "npm"), "--no-progress"])


def install_pmkit() -> None:
    """Install the two packages of this tree in place."""
    options = ["--no-deps", "--no-build-isolation", "--no-index"]
    _run("pmkit", [*_pip("install"), *options, "-e", ".", "-e", "./ape_pmkit"])


def choose_solc() -> None:
    """Put a compiler where py-solc-x, Ape and forge look for it."""
    require_own(CACHE / "solcx")
    _run("solc", [str(VENV_PYTHON), "scripts/setup_solc.py"], shown=True)


def _bring_up_to_date(step: Step) -> bool:
    if step.is_done():
        return False
    print(f"setup: {step.what} ...", flush=True)
    step.stamp.unlink(missing_ok=True)
    try:
        step.run()
    except (SetupError, OSError) as error:
        raise SetupError(f"step '{step.name}' failed.\n{error}\n  do: {step.remedy}") from error
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(step.key)
    return True


def _run(step: str, command: list[str], *, shown: bool = False) -> None:
    """Run a command with its output in a log file; show the end of the log if it fails."""
    log = CACHE / "logs" / f"{step}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "SOLCX_BINARY_PATH": str(CACHE / "solcx"),
    }
    with log.open("w") as output:
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=None if shown else output,
            stderr=None if shown else subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        end = [] if shown else log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        quoted = "".join(f"  | {line}\n" for line in end)
        where = "" if shown else f"  log: {log.relative_to(ROOT)}\n"
        raise SetupError(
            f"{quoted}{where}  was: `{' '.join(command)}` ended with exit code {result.returncode}"
        )


def _pip(command: str) -> list[str]:
    return [str(VENV_PYTHON), "-m", "pip", command, "--quiet", "--no-input"]


def _site_packages() -> Path:
    return (
        VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    )


def _solc_version() -> str:
    """Return the version that ape-config.yaml names; no YAML parser is at hand yet."""
    found = re.search(r"^solidity:\n(?:  .*\n)*?  version: (\S+)$", _text("ape-config.yaml"), re.M)
    if found is None:
        raise SetupError(
            _three("ape-config.yaml", "solidity: version:", "missing", "restore it from git")
        )
    return found[1]


def _text(name: str) -> str:
    path = ROOT / name
    if not path.exists():
        raise SetupError(_three(name, "part of the clone", "missing", f"git checkout -- {name}"))
    return path.read_text()


def _three(subject: str, required: str, was: str, remedy: str) -> str:
    return f"{subject}\n  required: {required}\n  was:      {was}\n  do:       {remedy}"


@contextlib.contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: waiting for another set-up of this clone", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nsetup: interrupted; `make setup` goes on from here", file=sys.stderr)
        sys.exit(130)
