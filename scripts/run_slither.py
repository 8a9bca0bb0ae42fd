"""Let slither read the contracts (`make slither`), with the compiler and settings of `make build`.

It ends with another code than 0 as soon as one finding of medium or high impact is not answered at
its place, by a `slither-disable` comment with the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.build_contracts import Settings, settings_of  # noqa: E402 (after the path)

SLITHER = ROOT / ".cache" / "slither-venv" / "bin" / "slither"
KEPT = ".cache/slither"
"""Where forge puts what it compiles, in the clone: slither reads it there."""
LEFT_OUT = "node_modules|contracts/mocks"
"""Others' code, and test doubles; findings in them are not ours to answer."""


def environment(settings: Settings) -> dict[str, str]:
    """Return what makes forge compile as the build does, and write nothing beside the sources."""
    return {
        "PATH": f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}",
        "FOUNDRY_SOLC": f".cache/solcx/solc-v{settings.solc}",
        "FOUNDRY_VIA_IR": str(settings.via_ir).lower(),
        "FOUNDRY_OPTIMIZER": "true",
        "FOUNDRY_OPTIMIZER_RUNS": str(settings.optimizer_runs),
        "FOUNDRY_EVM_VERSION": settings.evm_version,
        "FOUNDRY_OUT": f"{KEPT}/out",
        "FOUNDRY_CACHE_PATH": f"{KEPT}/cache",
        "FOUNDRY_BUILD_INFO_PATH": f"{KEPT}/build-info",
    }


def command(more: list[str]) -> list[str]:
    """Return how slither is called; `more` are arguments of its own."""
    return [
        str(SLITHER),
        ".",
        "--compile-force-framework",
        "foundry",
        "--filter-paths",
        LEFT_OUT,
        "--exclude-informational",
        "--exclude-low",
        "--exclude-optimization",
        *more,
    ]


def main() -> int:
    """Run it, and hand its exit code on."""
    settings = settings_of(yaml.safe_load((ROOT / "ape-config.yaml").read_text("utf-8")))
    told = subprocess.run(
        command(sys.argv[1:]), cwd=ROOT, env={**os.environ, **environment(settings)}, check=False
    )
    return told.returncode


if __name__ == "__main__":
    sys.exit(main())
