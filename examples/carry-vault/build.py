"""The vault, compiled by the `solc` that `npm ci` put into this project."""

import json
import subprocess
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
COMPILER = HERE / "node_modules" / ".bin" / "solcjs"
SETTINGS = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 200},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
}


@cache
def compiled(name):
    """Return ABI and creation code of a contract."""
    if not COMPILER.exists():
        raise RuntimeError(f"{COMPILER} was not found; run `npm ci` in {HERE}")
    sources = {path.name: {"content": path.read_text()} for path in HERE.glob("contracts/*.sol")}
    asked = {"language": "Solidity", "sources": sources, "settings": SETTINGS}
    command = [str(COMPILER), "--standard-json"]
    said = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=True
    ).stdout
    answer = json.loads(said[said.index("{") :])
    if errors := [e["formattedMessage"] for e in answer.get("errors", ())]:
        raise RuntimeError("\n".join(errors))
    contract = answer["contracts"][f"{name}.sol"][name]
    return contract["abi"], contract["evm"]["bytecode"]["object"]
