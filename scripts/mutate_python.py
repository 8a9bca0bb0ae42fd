"""Hold the fast tests against mutants of the Python core: `make mutate-python ARGS=margin`.

mutmut makes the mutants and runs them, module by module, in a copy of the tree, so that the clone
stays as it is. First each mutant meets the tests of its own module; who survives them meets all
fast tests of the core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".cache" / "mutation"
FIGURES = ROOT / "bench" / "mutation-python.json"
COPIED = ("pmkit", "tests", "scripts", "contracts", "bench", "requirements")
COPIED_FILES = ("SPEC.md", "README.md", "ape-config.yaml", "package.json", "Makefile")
MODULES = (
    "decimals",
    "units",
    "tiers",
    "stale",
    "funding",
    "oracle",
    "liquidation",
    "rates",
    "sweep",
    "margin",
    "piecewise",
    "shock",
    "report",
    "intervals",
)
VECTOR_TEST = "tests/vectors/test_vectors.py::test_vectors_give_in_python_what_they_say"
ALL_TESTS = ["tests/core", "tests/vectors"]
LEFT_OUT = "not solidity and not refilled and not codec and not well_formed and not spec_id"
"""What runs no function of the core that another test does not run, and takes long."""
SURVIVED, NOT_RUN, NO_TESTS = 0, None, 33

Json = dict[str, Any]


def own_tests(module: str) -> list[str]:
    """Return the tests made for a module: its file, and the vectors of its functions."""
    loaded = import_module(f"pmkit.{module}")
    names = [
        name
        for name, function in getmembers(loaded, isfunction)
        if function.__module__ == loaded.__name__
        and (ROOT / "tests" / "vectors" / f"{name}.json").exists()
    ]
    files = [f"tests/core/test_{module}.py"]
    return files + [f"{VECTOR_TEST}[{name}]" for name in names]


def configuration(modules: Sequence[str], tests: list[str]) -> str:
    """Return the settings of pytest and mutmut."""
    mutmut = {
        "source_paths": ["pmkit"],
        "only_mutate": [f"pmkit/{module}.py" for module in modules],
        "also_copy": [*COPIED[2:], *COPIED_FILES],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not deep", "-k", LEFT_OUT],
        "timeout_constant": 5.0,
        "timeout_multiplier": 5.0,
        "use_setproctitle": False,
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in mutmut.items()]
    return (
        "[tool.pytest.ini_options]\n"
        'pythonpath = [".", "tests"]\n'
        'addopts = "--import-mode=importlib -p no:ape_test"\n'
        "timeout = 300\n"
        'markers = ["slow: slow", "deep: deep"]\n'
        "[tool.mutmut]\n" + "\n".join(lines) + "\n"
    )


def prepare() -> None:
    """Copy the tree to where mutmut may write."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in COPIED:
        skipped = shutil.ignore_patterns("node_modules", "__pycache__", "*.new")
        shutil.copytree(ROOT / name, WORK / name, ignore=skipped)
    for name in COPIED_FILES:
        shutil.copy(ROOT / name, WORK / name)


def mutmut(*arguments: str) -> str:
    """Run mutmut on the copy and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=WORK,
        env={**os.environ, "HYPOTHESIS_PROFILE": "mutation"},
        capture_output=True,
        text=True,
        check=False,
    )
    if arguments[0] == "run" and done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    return done.stdout


def exit_codes(module: str) -> dict[str, int | None]:
    """Return how pytest ended for each mutant."""
    meta = WORK / "mutants" / "pmkit" / f"{module}.py.meta"
    codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
    return codes


def run(modules: Sequence[str], tests: list[str], mutants: Sequence[str] = ()) -> set[str]:
    """Run all mutants of some modules, or those named; return who survives."""
    shutil.rmtree(WORK / "mutants", ignore_errors=True)
    (WORK / "pyproject.toml").write_text(configuration(modules, tests))
    said = mutmut("run", "--max-children", "1", *mutants)
    codes: dict[str, int | None] = {}
    for module in modules:
        codes |= exit_codes(module)
    if all(code is NOT_RUN for code in codes.values()):
        raise RuntimeError(said[-3000:])
    return {name for name in mutants or codes if codes[name] in (SURVIVED, NOT_RUN, NO_TESTS)}


def changed_lines(name: str) -> str:
    """Return a mutant as the lines that differ."""
    lines = mutmut("show", name).splitlines()
    differing = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return f"{name}: " + " => ".join(" ".join(line.split()) for line in differing)


def main() -> int:
    """Run the modules named, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(MODULES), metavar="module")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    prepare()
    figures: Json = {}
    left: set[str] = set()
    for module in options.modules:
        began = time.monotonic()
        survivors = run([module], own_tests(module))
        left |= survivors
        made = len(exit_codes(module))
        spent = round(time.monotonic() - began)
        figures[module] = {
            "mutants": made,
            "killed_by_own_tests": made - len(survivors),
            "seconds": spent,
        }
        print(f"{module}: {made} mutants, {len(survivors)} left, {spent} s", flush=True)
        (WORK / "left.json").write_text(json.dumps(sorted(left), indent=1))
    if left:
        left = run(options.modules, ALL_TESTS, sorted(left))
    for module, found in figures.items():
        lines = [changed_lines(n) for n in sorted(left) if n.startswith(f"pmkit.{module}.")]
        found["killed"] = found["mutants"] - len(lines)
        found["survived"] = lines
        print(f"{module}: {found['killed']} killed, {found['killed'] / found['mutants']:.1%}")
        print("".join(f"  {line}\n" for line in lines), end="", flush=True)
    noted = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    text = json.dumps(noted | figures, indent=1, sort_keys=True, ensure_ascii=False)
    FIGURES.write_text(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
