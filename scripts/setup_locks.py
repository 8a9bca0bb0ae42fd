"""Renew the lock files of npm in each folder, and of Python (`make locks`; for maintainers).

They name versions and hashes and no addresses. Needs `uv` on PATH and the package registries.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OTHERS = ("bench", "examples/carry-vault")
"""Folders with npm packages of their own."""
FOUNDRY_TOOLS = ("anvil", "forge")
FOUNDRY_PLATFORMS = ("darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "win32-amd64")
NODE_CPU = {"amd64": "x64", "arm64": "arm64"}

UV_COMPILE = (
    "uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url"
    " --no-annotate --no-header --quiet requirements/{0}.in --output-file requirements/{0}.txt"
)
REQUIREMENTS = ("dev", "slither")


def complete(lock: dict[str, Any], hash_of: Callable[[str, str], str | None]) -> dict[str, Any]:
    """Return the npm lock with an entry for every platform of Foundry, and without sponsor links.

    A registry mirror may lack the packages of other platforms; npm then leaves them out of the lock
    and `npm ci` refuses it. Their hashes are asked of the registry one by one; an entry that stays
    without is used only on its own platform.
    """
    packages = dict(lock["packages"])
    for tool in FOUNDRY_TOOLS:
        if f"node_modules/@foundry-rs/{tool}" not in packages:
            continue
        version = packages[f"node_modules/@foundry-rs/{tool}"]["version"]
        for platform in FOUNDRY_PLATFORMS:
            name = f"node_modules/@foundry-rs/{tool}-{platform}"
            entry = packages.setdefault(name, _foundry_entry(tool, platform, version))
            if "integrity" not in entry:
                found = hash_of(name.removeprefix("node_modules/"), entry["version"])
                packages[name] = entry if found is None else _with_hash(entry, found)
    return without_sponsors({**lock, "packages": dict(sorted(packages.items()))})


def without_sponsors(lock: dict[str, Any]) -> dict[str, Any]:
    """Return the lock without the links to sponsors, which are addresses."""
    packages = {
        name: {key: value for key, value in entry.items() if key != "funding"}
        for name, entry in lock["packages"].items()
    }
    return {**lock, "packages": packages}


def without_hash(lock: dict[str, Any]) -> list[str]:
    """Return the packages of a lock that have no hash, the project itself aside."""
    return [name for name, entry in lock["packages"].items() if name and "integrity" not in entry]


def _foundry_entry(tool: str, platform: str, version: str) -> dict[str, Any]:
    system, cpu = platform.split("-")
    program = f"bin/{tool}.exe" if system == "win32" else f"bin/{tool}"
    return {
        "version": version,
        "cpu": [NODE_CPU[cpu]],
        "dev": True,
        "license": "MIT OR Apache-2.0",
        "optional": True,
        "os": [system],
        "bin": {tool: program},
        "engines": {"node": ">=20"},
    }


def _with_hash(entry: dict[str, Any], integrity: str) -> dict[str, Any]:
    """Return an entry with its hash where npm puts it, after the version."""
    return {"version": entry["version"], "integrity": integrity, **entry}


def published_hash(name: str, version: str) -> str | None:
    """Ask the registry for the hash of a package; None where it does not have it."""
    asked = subprocess.run(
        ["npm", "view", f"{name}@{version}", "dist.integrity"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    said = asked.stdout.strip()
    return said if asked.returncode == 0 and said.startswith("sha512-") else None


def main() -> None:
    """Resolve both sides again and write the lock files."""
    for name in REQUIREMENTS:
        subprocess.run(UV_COMPILE.format(name).split(), cwd=ROOT, check=True)
    for folder in (ROOT, *map(ROOT.joinpath, OTHERS)):
        lock = complete(resolved(folder), published_hash)
        for name in without_hash(lock):
            print(f"locks: the registry has no {name}, its entry stays without a hash")
        write(folder, lock)


def resolved(folder: Path) -> dict[str, Any]:
    """Return the lock that npm makes of a folder's package.json."""
    subprocess.run(["npm", "install", "--package-lock-only"], cwd=folder, check=True)
    lock: dict[str, Any] = json.loads((folder / "package-lock.json").read_text())
    return lock


def write(folder: Path, lock: dict[str, Any]) -> None:
    """Store a folder's lock."""
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2) + "\n")


if __name__ == "__main__":
    main()
