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
OTHER_TESTS = {"intervals": ["tests/core/test_report.py"]}
"""What is tested through another module."""
ALL_TESTS = ["tests/core", VECTOR_TEST]
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
    files += OTHER_TESTS.get(module, [])
    return files + [f"{VECTOR_TEST}[{name}]" for name in names]


def configuration(modules: Sequence[str], tests: list[str]) -> str:
    """Return the settings of pytest and mutmut."""
    mutmut = {
        "source_paths": ["pmkit"],
        "only_mutate": [f"pmkit/{module}.py" for module in modules],
        "also_copy": [*COPIED[2:], *COPIED_FILES],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not deep"],
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


def note(figures: Json, module: str, left: set[str]) -> None:
    """Put who is left of a module into its figures."""
    lines = [changed_lines(name) for name in sorted(left) if name.startswith(f"pmkit.{module}.")]
    figures[module]["survived"] = lines
    figures[module]["killed"] = figures[module]["mutants"] - len(lines)


def write(figures: Json) -> None:
    """Keep the figures."""
    text = json.dumps(figures, indent=1, sort_keys=True, ensure_ascii=False)
    FIGURES.write_text(f"{text}\n")


def main() -> int:
    """Run the modules named, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(MODULES), metavar="module")
    parser.add_argument(
        "--again", action="store_true", help="only those that survived last time, by all tests"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    prepare()
    figures: Json = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    if not options.again:
        for module in options.modules:
            began = time.monotonic()
            left = run([module], own_tests(module))
            figures[module] = {"mutants": len(exit_codes(module))}
            note(figures, module, left)
            figures[module]["killed_by_own_tests"] = figures[module]["killed"]
            figures[module]["seconds"] = round(time.monotonic() - began)
            print(f"{module}: {figures[module]['mutants']} mutants, {len(left)} left", flush=True)
            write(figures)
    names = [line.split(": ")[0] for m in options.modules for line in figures[m]["survived"]]
    if names:
        left = run(options.modules, ALL_TESTS, names)
        for module in options.modules:
            note(figures, module, left)
        write(figures)
    for module in options.modules:
        found = figures[module]
        print(f"{module}: {found['killed']} of {found['mutants']} killed")
        print("".join(f"  {line}\n" for line in found["survived"]), end="", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
