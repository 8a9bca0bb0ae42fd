"""Lets Ape find the compiler and the node that pmkit's set-up installed."""

from __future__ import annotations

import os

from pmkit.errors import ToolMissing
from pmkit.toolchain import find_anvil, project_root

SOLC_FOLDER_VARIABLE = "SOLCX_BINARY_PATH"


def offer_tools() -> None:
    """Name the tools in this process's environment, unless it names some already."""
    solc_folder = project_root() / ".cache" / "solcx"
    if solc_folder.is_dir():
        os.environ.setdefault(SOLC_FOLDER_VARIABLE, str(solc_folder))
    try:
        anvil = find_anvil()
    except ToolMissing:
        # Ape also serves people who never start a local node; one who does gets Ape's own message.
        return
    # Ape asks PATH for `anvil`; pmkit's comes first, so that both start the same program.
    folders = os.environ.get("PATH", "").split(os.pathsep)
    if str(anvil.parent) not in folders:
        os.environ["PATH"] = os.pathsep.join([str(anvil.parent), *folders])
