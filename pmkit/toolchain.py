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
    if packaged := _packaged_anvil(project_root(), here, *here.parents):
        return packaged
    if on_path := shutil.which("anvil"):
        # npm puts a script there, which would stand between pmkit and the program.
        behind = Path(on_path).resolve()
        return _packaged_anvil(*behind.parents) or Path(on_path)
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


def _packaged_anvil(*folders: Path) -> Path | None:
    """Return the program that npm has put beside the first of some folders, None for none."""
    cpu = _FOUNDRY_CPU.get(platform.machine().lower())
    if cpu is None or sys.platform not in ("linux", "darwin"):
        return None
    package = Path("node_modules") / "@foundry-rs" / f"anvil-{sys.platform}-{cpu}"
    programs = (folder / package / "bin" / "anvil" for folder in folders)
    return next((program for program in programs if _runs(program)), None)


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
