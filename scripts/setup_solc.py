"""Put the Solidity compiler at .cache/solcx: native if it can be had, else the npm one's adapter.

PMKIT_SOLC=native|npm|auto decides; auto tries the download for a few seconds and then falls back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
VERSION = str(yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]["version"])
FOLDER = ROOT / ".cache" / "solcx"
TARGET = FOLDER / f"solc-v{VERSION}"
ADAPTER = ROOT / "scripts" / "solc"
REACHABLE_WITHIN_SECONDS = 4
DOWNLOADED_WITHIN_SECONDS = 120

# In a process of its own, so that a stalled download can be ended.
DOWNLOAD = f"""
import requests, solcx, solcx.install
source = solcx.install.BINARY_DOWNLOAD_BASE.format(solcx.install._get_os_name(), "list.json")
requests.get(source, timeout={REACHABLE_WITHIN_SECONDS}).raise_for_status()
solcx.install_solc("{VERSION}")
"""


def main() -> int:
    """Place the compiler and say which one it is."""
    choice = os.environ.get("PMKIT_SOLC", "auto")
    if choice not in ("auto", "native", "npm"):
        print(f"PMKIT_SOLC\n  required: auto, native or npm\n  was:      {choice}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    if choice != "npm" and (_is_native() or _download_native()):
        print(f"setup: solc {VERSION}: native")
        return 0
    if choice == "native":
        print(f"solc {VERSION}\n  required: native\n  was:      not downloadable", file=sys.stderr)
        return 1
    # Relative, so that a clone may be moved.
    TARGET.unlink(missing_ok=True)
    TARGET.symlink_to(os.path.relpath(ADAPTER, FOLDER))
    if not _answers():
        print(f"solc {VERSION}\n  required: npm's\n  was:      {_version()!r}", file=sys.stderr)
        return 1
    print(f"setup: solc {VERSION}: from npm, by scripts/solc")
    return 0


def _is_native() -> bool:
    return TARGET.exists() and not TARGET.is_symlink() and _answers()


def _download_native() -> bool:
    TARGET.unlink(missing_ok=True)
    command = [sys.executable, "-c", DOWNLOAD]
    environment = {**os.environ, "SOLCX_BINARY_PATH": str(FOLDER)}
    try:
        subprocess.run(
            command,
            env=environment,
            capture_output=True,
            check=True,
            timeout=DOWNLOADED_WITHIN_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return _is_native()


def _answers() -> bool:
    return f"Version: {VERSION}+commit." in _version()


def _version() -> str:
    try:
        result = subprocess.run([TARGET, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return result.stdout + result.stderr


if __name__ == "__main__":
    sys.exit(main())
