"""Compile contracts/ into pmkit/artifacts/ (`make build`).

The upper half is pure: settings and sources in, artifacts and report out. The lower half reads and
writes files and runs the compiler. The compiler's settings come from ape-config.yaml, so that
`ape compile` and this build agree.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
ARTIFACTS = ROOT / "pmkit" / "artifacts"
CODE_SIZE_LIMIT = 24_576
"""EIP-170: the most bytes that a deployed contract may have."""
CODE_SIZE_WARNING = "5574"
"""The compiler counts mocks too; `too_large` says it of what is deployed."""
STUB_SIZE = 100
"""A library of internal functions compiles to fewer bytes, and nobody deploys it."""

REMAPPINGS = ["@openzeppelin/=node_modules/@openzeppelin/"]
OUTPUTS = [
    "abi",
    "storageLayout",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
]

Json = dict[str, Any]


class BuildError(Exception):
    """The contracts could not be built; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the contracts are compiled."""

    solc: str
    evm_version: str
    optimizer_runs: int
    via_ir: bool


def settings_of(ape_config: Mapping[str, Any]) -> Settings:
    """Take the settings out of the Ape configuration."""
    solidity = ape_config["solidity"]
    if not solidity["optimize"]:
        raise BuildError("ape-config.yaml: required: optimize: true, was: false")
    return Settings(
        solc=str(solidity["version"]),
        evm_version=solidity["evm_version"],
        optimizer_runs=solidity["optimization_runs"],
        via_ir=solidity["via_ir"],
    )


def request(sources: Mapping[str, str], settings: Settings) -> Json:
    """Return the standard JSON input for the compiler."""
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(sources.items())},
        "settings": {
            "optimizer": {"enabled": True, "runs": settings.optimizer_runs},
            "evmVersion": settings.evm_version,
            "viaIR": settings.via_ir,
            "remappings": REMAPPINGS,
            "outputSelection": {"*": {"*": OUTPUTS}},
        },
    }


def fingerprint(question: Json, *others: str) -> str:
    """Return a hash of everything that the artifacts depend on."""
    return hashlib.sha256("\0".join([json.dumps(question), *others]).encode()).hexdigest()


def artifacts_of(answer: Json, sources: Mapping[str, str], settings: Settings) -> dict[str, Json]:
    """Return the artifact of each of our own contracts, by name."""
    found: dict[str, Json] = {}
    for source_name, contracts in answer.get("contracts", {}).items():
        if source_name not in sources:
            continue
        for name, output in contracts.items():
            if name in found:
                raise BuildError(
                    f"{name} is declared in {found[name]['sourceName']} and in {source_name};"
                    " artifacts are found by name, so rename one"
                )
            found[name] = _artifact(name, source_name, output, settings)
    return found


def _artifact(name: str, source_name: str, output: Json, settings: Settings) -> Json:
    creation, deployed = output["evm"]["bytecode"], output["evm"]["deployedBytecode"]
    return {
        "contractName": name,
        "sourceName": source_name,
        "abi": output["abi"],
        "bytecode": f"0x{creation['object']}",
        "deployedBytecode": f"0x{deployed['object']}",
        "linkReferences": creation.get("linkReferences", {}),
        "deployedLinkReferences": deployed.get("linkReferences", {}),
        "immutableReferences": deployed.get("immutableReferences", {}),
        "storageLayout": output.get("storageLayout", {}),
        "compiler": {
            "version": settings.solc,
            "evmVersion": settings.evm_version,
            "optimizerRuns": settings.optimizer_runs,
            "viaIR": settings.via_ir,
        },
    }


def code_size(artifact: Json) -> int:
    """Return the bytes of the deployed code; link placeholders count like the addresses to come."""
    return (len(artifact["deployedBytecode"]) - len("0x")) // 2


def is_mock(artifact: Json) -> bool:
    """Tell whether the contract exists for tests only."""
    return str(artifact["sourceName"]).startswith("contracts/mocks/")


def size_table(artifacts: Mapping[str, Json]) -> list[str]:
    """Return lines with the size of each contract that is deployed, largest first."""
    sizes = [(code_size(a), name, is_mock(a)) for name, a in artifacts.items()]
    rows = sorted((row for row in sizes if row[0] > STUB_SIZE), reverse=True)
    width = max((len(name) for _, name, _ in rows), default=0)
    return [
        f"  {name:<{width}}  {size:>6,} bytes  {size / CODE_SIZE_LIMIT:>4.0%} of the limit"
        + ("  (mock)" if mock else "")
        for size, name, mock in rows
    ]


def too_large(artifacts: Mapping[str, Json]) -> list[str]:
    """Return a sentence for each contract, mocks apart, that no chain would accept."""
    return [
        f"{name} ({a['sourceName']}): required: at most {CODE_SIZE_LIMIT:,} bytes of deployed code,"
        f" was: {code_size(a):,}; move code into an external library"
        for name, a in sorted(artifacts.items())
        if not is_mock(a) and code_size(a) > CODE_SIZE_LIMIT
    ]


def errors_of(answer: Json) -> list[str]:
    """Return the compiler's errors as it words them."""
    return [m["formattedMessage"] for m in answer.get("errors", []) if m["severity"] == "error"]


def warnings_of(answer: Json, sources: Mapping[str, str]) -> list[str]:
    """Return the compiler's warnings about our own files."""
    return [
        message["formattedMessage"]
        for message in answer.get("errors", [])
        if message["severity"] != "error"
        and message.get("errorCode") != CODE_SIZE_WARNING
        and message.get("sourceLocation", {}).get("file") in sources
    ]


# From here on: files and the compiler.


def main() -> int:
    """Bring the artifacts up to date and return the exit code."""
    try:
        with _only_one_at_a_time():
            return _build()
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1


def _build() -> int:
    settings = settings_of(_read_config())
    sources = _read_sources()
    if not sources:
        raise BuildError("required: Solidity sources in contracts/, was: none; `git status`")
    question = request(sources, settings)
    libraries = (ROOT / "package-lock.json").read_text()
    key = fingerprint(question, libraries, Path(__file__).read_text())
    stamp = ARTIFACTS / ".stamp"
    if stamp.exists() and stamp.read_text() == key:
        print(f"build: {len(list(ARTIFACTS.glob('*.json')))} artifacts are up to date")
        return 0

    print(f"build: compiling {len(sources)} files with solc {settings.solc} ...", flush=True)
    answer = _compile(question, settings)
    for warning in warnings_of(answer, sources):
        print(warning, file=sys.stderr)
    if errors := errors_of(answer):
        raise BuildError("the contracts do not compile\n\n" + "\n".join(errors))
    artifacts = artifacts_of(answer, sources, settings)
    stamp.unlink(missing_ok=True)
    _write(artifacts)
    print("\n".join(size_table(artifacts)))
    if complaints := too_large(artifacts):
        raise BuildError("\n".join(complaints))
    stamp.write_text(key)
    return 0


def _read_config() -> Json:
    import yaml

    config: Json = yaml.safe_load((ROOT / "ape-config.yaml").read_text())
    return config


def _read_sources() -> dict[str, str]:
    files = sorted(CONTRACTS.rglob("*.sol"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}


def _compile(question: Json, settings: Settings) -> Json:
    import solcx

    folder = Path(os.environ.get("SOLCX_BINARY_PATH", ROOT / ".cache" / "solcx"))
    binary = folder / f"solc-v{settings.solc}"
    if not binary.exists():
        raise BuildError(f"required: solc {settings.solc} at {binary}, was: missing; `make setup`")
    try:
        answer: Json = solcx.compile_standard(
            question, solc_binary=binary, base_path=str(ROOT), allow_paths=str(ROOT)
        )
    except solcx.exceptions.SolcError as error:
        raise BuildError(_readable(error)) from error
    return answer


def _readable(error: Any) -> str:
    """Return what the compiler said, without the command line around it."""
    try:
        said = errors_of(json.loads(error.stdout_data))
    except (TypeError, ValueError):
        said = [error.stderr_data or error.message]
    return "the contracts do not compile\n\n" + "\n".join(said)


def _write(artifacts: Mapping[str, Json]) -> None:
    """Replace the artifacts, each at one stroke, so that a reader never sees half a file."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for name, artifact in artifacts.items():
        draft = ARTIFACTS / f".{name}.json.new"
        draft.write_text(json.dumps(artifact, separators=(",", ":"), sort_keys=True))
        draft.replace(ARTIFACTS / f"{name}.json")
    for path in ARTIFACTS.glob("*.json"):
        if path.stem not in artifacts:
            path.unlink()


@contextlib.contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nbuild: interrupted", file=sys.stderr)
        sys.exit(130)
