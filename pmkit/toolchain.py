"""Where the programs are that pmkit starts: at present the local node, anvil.

Nothing is started here, and nothing is downloaded.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from pmkit.errors import ToolMissing

ANVIL_VARIABLE = "PMKIT_ANVIL"
"""The environment variable that names the node's program, before any search."""

_FOUNDRY_CPU = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def project_root() -> Path:
    """Return the folder that holds the package: the clone, where pmkit is installed from one."""
    return Path(__file__).resolve().parent.parent


def find_anvil() -> Path:
    """Return the path of anvil: PMKIT_ANVIL, else npm packages, else PATH. SPEC HE-40.

    npm's are those of the clone, then those that Node itself would find from the working folder:
    beside it, or beside a folder above. Raises ToolMissing if there is none.
    """
    if named := os.environ.get(ANVIL_VARIABLE):
        return _named_anvil(Path(named))
    here = Path.cwd()
    for folder in (project_root(), here, *here.parents):
        packaged = _packaged_anvil(folder)
        if packaged is not None and _runs(packaged):
            return packaged
    if on_path := shutil.which("anvil"):
        return Path(on_path)
    raise ToolMissing(
        tool="anvil",
        needed_for="a local chain",
        remedy="Run `make setup` in pmkit's clone, or `npm install @foundry-rs/anvil` in your "
        f"project's folder, or install Foundry, or set {ANVIL_VARIABLE}.",
    )


def _named_anvil(path: Path) -> Path:
    if _runs(path):
        return path
    raise ToolMissing(
        tool=str(path),
        needed_for="a local chain",
        remedy=f"{ANVIL_VARIABLE} must name an executable file; correct it or unset it.",
    )


def _packaged_anvil(folder: Path) -> Path | None:
    """Return where npm puts the program of this machine, or None for a machine without one."""
    cpu = _FOUNDRY_CPU.get(platform.machine().lower())
    if cpu is None or sys.platform not in ("linux", "darwin"):
        return None
    package = f"@foundry-rs/anvil-{sys.platform}-{cpu}"
    return folder / "node_modules" / package / "bin" / "anvil"


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
