"""The other protocols as npm has them: installed beside the bench, compiled once.

They are not part of the repository. Aave's package holds compiled contracts, Morpho's only sources,
which are compiled here as its authors compile them for deployment.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from pmkit.chain.artifacts import Artifact
from pmkit.errors import ToolMissing
from pmkit.files import write_at_one_stroke

BENCH = Path(__file__).resolve().parents[1]
CACHE = BENCH.parent / ".cache"
MODULES = BENCH / "node_modules"
MORPHO = MODULES / "@morpho-org" / "morpho-blue"
AAVE = MODULES / "@aave" / "core-v3" / "artifacts" / "contracts"
SOLC = MODULES / "solc" / "solc.js"

MORPHO_ROOTS = ("src/Morpho.sol", "src/mocks/IrmMock.sol", "src/mocks/OracleMock.sol")
MORPHO_FOLDERS = ("src/interfaces", "src/libraries")
MORPHO_SETTINGS = {
    "optimizer": {"enabled": True, "runs": 999_999},
    "viaIR": True,
    "evmVersion": "paris",
    "metadata": {"bytecodeHash": "none"},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
}
"""As its authors' foundry.toml has them."""


def install() -> None:
    """Install what bench/package-lock.json names, unless it is there."""
    key = hashlib.sha256((BENCH / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".pmkit-stamp"
    if stamp.exists() and stamp.read_text() == key:
        return
    command = ["npm", "ci", "--cache", str(CACHE / "npm"), "--no-progress"]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolMissing(
            tool="the npm packages of bench/package.json",
            needed_for="the gas of other protocols",
            remedy=f"Check that the npm registry can be reached. npm said: {done.stderr.strip()}",
        )
    stamp.write_text(key)


@cache
def aave(path: str) -> Artifact:
    """Return a contract of Aave by its file below `contracts/`, without the ending."""
    name = Path(path).name
    found = json.loads((AAVE / f"{path}.sol" / f"{name}.json").read_text())
    return Artifact(
        name=name,
        source=found["sourceName"],
        abi=tuple(found["abi"]),
        bytecode=found["bytecode"],
        links={
            library: tuple(place["start"] for place in places)
            for libraries in found["linkReferences"].values()
            for library, places in libraries.items()
        },
    )


@cache
def morpho(name: str) -> Artifact:
    """Return a contract of Morpho by its name."""
    for source, contracts in _morpho_answer()["contracts"].items():
        if name in contracts:
            found = contracts[name]
            return Artifact(
                name=name,
                source=source,
                abi=tuple(found["abi"]),
                bytecode=f"0x{found['evm']['bytecode']['object']}",
                links={},
            )
    raise KeyError(name)


@cache
def _morpho_answer() -> dict[str, Any]:
    """Return what the compiler makes of Morpho; it is kept in .cache for the next run."""
    question = json.dumps(_morpho_question())
    key = hashlib.sha256(question.encode() + (SOLC.parent / "package.json").read_bytes())
    kept = CACHE / "bench" / f"morpho-{key.hexdigest()[:16]}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_at_one_stroke(kept, json.dumps(_compiled(question)))
    answer: dict[str, Any] = json.loads(kept.read_text())
    return answer


def _morpho_question() -> dict[str, Any]:
    files = [MORPHO / name for name in MORPHO_ROOTS]
    for folder in MORPHO_FOLDERS:
        files += sorted((MORPHO / folder).glob("*.sol"))
    sources = {file.relative_to(MORPHO).as_posix(): {"content": file.read_text()} for file in files}
    return {"language": "Solidity", "sources": sources, "settings": MORPHO_SETTINGS}


def _compiled(question: str) -> dict[str, Any]:
    command = ["node", str(SOLC), "--standard-json"]
    # By files: the program reads before a pipe has brought the question, and ends before one has
    # taken all that it says.
    with tempfile.TemporaryFile("w+") as asked, tempfile.TemporaryFile("w+") as said:
        asked.write(question)
        asked.seek(0)
        subprocess.run(command, stdin=asked, stdout=said, text=True, check=True)
        said.seek(0)
        text = said.read()
    # The command line may talk before it answers.
    answer: dict[str, Any] = json.loads(text[text.index("{") :])
    errors = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    assert not errors, "\n".join(errors)
    return answer
