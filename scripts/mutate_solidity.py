"""Hold the vectors against mutants of the Solidity libraries: `make mutate ARGS=RateMath`.

Each mutant is compiled, many at once, with a harness of its library's functions alone, and runs
through that library's vectors (tests/vectors/*.json). It is killed where one answer differs from
the unchanged library's, which tests/vectors holds to the vectors. What does not compile is no
mutant.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scripts.solidity_mutants import Mutant, mutants  # noqa: E402 (after the paths)

LIBRARIES = {
    "WadMath": "units",
    "RateMath": "rates",
    "TierMath": "tiers",
    "OracleMath": "oracle",
    "StaleMath": "stale",
    "FundingMath": "funding",
    "LiquidationMath": "liquidation",
    "MarginMath": "margin",
    "SweepMath": "sweep",
}
"""Each library and its twin in pmkit."""
NEEDS_IR = {"SweepMath"}
"""Too many variables for the compiler's older way, which takes a fraction of the time."""
BATCH = 64
WHOLE_ACCOUNTS = {"accountMargin", "sweep"}
"""What tests/differential compares, too, on random accounts."""
SEED, ACCOUNTS = 20_260_819, 400
"""The first of the accounts that it takes."""
GAS = 60_000_000
"""Many times what the longest vector takes; a loop without an end runs out of it."""
HARNESS = "contracts/mocks/MathHarness.sol"
FIGURES = ROOT / "bench" / "mutation-solidity.json"
WRAPPER = re.compile(r"\n    function \w+\(.*?\n    \}\n", re.DOTALL)
REVERT = re.compile(r"output: (0x[0-9a-f]*)")

Json = dict[str, Any]


class CompilerError(Exception):
    """The compiler said something that concerns no mutant in particular."""


def harness_of(library: str, folder: str, harness: str) -> str:
    """Return the wrappers of one library's functions, with the library taken from `folder`."""
    wrappers = [w for w in WRAPPER.findall(harness) if f"{library}." in w]
    imports = harness[harness.index("import") : harness.index("/// @notice The constants")]
    own = re.search(rf'import \{{([^}}]*)\}} from "\.\./libraries/{library}\.sol"', imports)
    if own is None:
        raise ValueError(f"{HARNESS} does not import {library}")
    constants = [name.strip() for name in own[1].split(",") if name.strip().isupper()]
    constants = [c for c in constants if c.replace("_", "").replace("2", "").isalpha()]
    getters = "".join(
        f"    function own{number}() external pure returns (int256) {{ return int256({name}); }}\n"
        for number, name in enumerate(constants)
    )
    moved = imports.replace("../libraries/", "contracts/libraries/")
    moved = moved.replace(f"contracts/libraries/{library}.sol", f"{folder}/{library}.sol")
    return (
        "// SPDX-License-Identifier: MIT\npragma solidity 0.8.34;\n"
        f"{moved}contract Harness {{\n{getters}{''.join(wrappers)}}}\n"
    )


def request(library: str, harness: str, sources: dict[str, str]) -> Json:
    """Return the compiler's input: a copy of the library and a harness for each folder's name."""
    files = {}
    for folder, source in sources.items():
        away = source.replace('"./', '"contracts/libraries/')
        files[f"{folder}/{library}.sol"] = {"content": away}
        files[f"{folder}/Harness.sol"] = {"content": harness_of(library, folder, harness)}
    return {
        "language": "Solidity",
        "sources": files,
        "settings": {
            "optimizer": {"enabled": library in NEEDS_IR},
            "viaIR": library in NEEDS_IR,
            "evmVersion": "cancun",
            "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
            "outputSelection": {"*": {"Harness": ["abi", "evm.deployedBytecode.object"]}},
        },
    }


def compiler() -> Path:
    """Return the solc that `make build` uses."""
    folder = Path(os.environ.get("SOLCX_BINARY_PATH", ROOT / ".cache" / "solcx"))
    return next(folder.glob("solc-v*"))


def compiled(library: str, harness: str, sources: dict[str, str]) -> dict[str, Json]:
    """Return the harness of each folder that compiles."""
    left = dict(sources)
    while left:
        done = subprocess.run(
            [compiler(), "--standard-json", "--base-path", str(ROOT), "--allow-paths", str(ROOT)],
            input=json.dumps(request(library, harness, left)),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        answer: Json = json.loads(done.stdout)
        errors = [e for e in answer.get("errors", []) if e["severity"] == "error"]
        if not errors:
            found = answer["contracts"]
            return {name: found[f"{name}/Harness.sol"]["Harness"] for name in left}
        named = " ".join(json.dumps(e) for e in errors)
        bad = {name for name in left if f"{name}/" in named}
        if not bad:
            raise CompilerError(errors[0]["formattedMessage"])
        left = {name: source for name, source in left.items() if name not in bad}
    return {}


Calls = list[tuple[str, bytes]]


def calls_of(abi: list[Json]) -> Calls:
    """Return the vectors of a library's functions as calls, each with its name."""
    from support.evm import Contract, InProcessEvm
    from support.random_accounts import random_account
    from support.twins import account_tuple, snake_case, solidity

    from scripts.vector_codec import VECTORS, arguments, pure_functions, read_file

    contract = Contract(InProcessEvm(), "Harness", "0x" + "00" * 20, abi)
    calls = []
    for entry in contract.functions:
        if re.fullmatch(r"own\d+", entry):
            calls.append((entry, contract.calldata(entry)))
            continue
        name = snake_case(entry)
        for case in read_file(VECTORS / f"{name}.json")["cases"]:
            values = [solidity(v) for v in arguments(pure_functions()[name], case["in"]).values()]
            if name == "dex_margin":
                values.append(0)  # the contract picks the positions of a dex itself
            calls.append((f"{name}/{case['id']}", contract.calldata(entry, *values)))
    for entry in WHOLE_ACCOUNTS & set(contract.functions):
        random = Random(SEED)  # noqa: S311 - reproducible, not secret
        for number in range(ACCOUNTS):
            account = account_tuple(random_account(random))
            calls.append((f"{entry} of account {number}", contract.calldata(entry, account)))
    return calls


class Machine:
    """Runs calls on code."""

    def __init__(self) -> None:
        import pyrevm

        self.pyrevm = pyrevm
        self.evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=2**63)
        self.caller = "0x" + "de" * 20
        self.used = 0

    def place(self, code: str) -> str:
        """Put code at an address of its own."""
        self.used += 1
        address = f"0x{self.used + 2**32:040x}"
        info = self.pyrevm.AccountInfo(nonce=1, code=bytes.fromhex(code))
        self.evm.insert_account_info(address, info)
        return address

    def answer(self, address: str, data: bytes) -> bytes | str:
        """Return what a call returns, or as text what it reverts with."""
        checkpoint = self.evm.snapshot()
        try:
            returned = bytes(self.evm.message_call(self.caller, address, calldata=data, gas=GAS))
            self.evm.commit()
            return returned
        except RuntimeError as failure:
            self.evm.revert(checkpoint)
            said = REVERT.search(str(failure))
            return said[1] if said else "no gas"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the mutants of one library."""

    library: str
    killed: int
    survived: list[Mutant]
    seconds: int


def source_of(library: str) -> str:
    """Return the text of a library."""
    return (ROOT / "contracts" / "libraries" / f"{library}.sol").read_text()


def sample(everything: list[Mutant], most: int | None, seed: int) -> list[Mutant]:
    """Return all mutants, or so many of them, always the same for a seed."""
    if most is None or most >= len(everything):
        return everything
    taken = Random(seed).sample(everything, most)  # noqa: S311 - as above
    return sorted(taken, key=everything.index)


def run(library: str, taken: list[Mutant]) -> Outcome:
    """Run mutants of a library."""
    began = time.monotonic()
    source = source_of(library)
    harness = (ROOT / HARNESS).read_text()
    machine = Machine()
    plain = compiled(library, harness, {"m": source})["m"]
    calls = calls_of(plain["abi"])
    home = machine.place(plain["evm"]["deployedBytecode"]["object"])
    expected = {name: machine.answer(home, data) for name, data in calls}
    outcome = Outcome(library=library, killed=0, survived=[], seconds=0)
    for batch in _batches(taken):
        sources = {f"m{n}": mutant.applied(source) for n, mutant in enumerate(batch)}
        built = compiled(library, harness, sources)
        for n, mutant in enumerate(batch):
            if f"m{n}" not in built:
                continue
            address = machine.place(built[f"m{n}"]["evm"]["deployedBytecode"]["object"])
            for place, (name, data) in enumerate(calls):
                if machine.answer(address, data) != expected[name]:
                    # Who killed one kills its neighbours: first in the row from now on.
                    calls.insert(0, calls.pop(place))
                    outcome.killed += 1
                    break
            else:
                outcome.survived.append(mutant)
        print(
            f"{library}: {outcome.killed} killed, {len(outcome.survived)} survived,"
            f" {time.monotonic() - began:.0f} s",
            flush=True,
        )
    outcome.seconds = round(time.monotonic() - began)
    return outcome


def _batches(taken: Sequence[Mutant]) -> Iterator[Sequence[Mutant]]:
    for start in range(0, len(taken), BATCH):
        yield taken[start : start + BATCH]


def noted(mutant: Mutant) -> str:
    """Return a mutant in a line: where it is, and what became of what."""
    place = f"{mutant.line}:{mutant.column} {mutant.operator}"
    old, new = (" ".join(text.split()) for text in (mutant.old, mutant.new))
    return f"{place}: {old} => {new}"


def main() -> int:
    """Run the libraries named, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="*", default=list(LIBRARIES), metavar="library")
    parser.add_argument("--most", type=int, help="a random sample of so many mutants of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="only those that survived last time")
    options = parser.parse_args()
    for library in options.libraries:
        figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        everything = mutants(source_of(library))
        if options.again:
            before = figures[library]
            taken = [m for m in everything if noted(m) in before["survived"]]
            outcome = run(library, taken)
            before["killed"] += outcome.killed
        else:
            taken = sample(everything, options.most, options.seed)
            outcome = run(library, taken)
            before = figures[library] = {
                "made": len(everything),
                "compiled": outcome.killed + len(outcome.survived),
                "killed": outcome.killed,
                "seconds": outcome.seconds,
            }
        before["survived"] = [noted(mutant) for mutant in outcome.survived]
        FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
        for line in before["survived"]:
            print(f"  {line}")
        print(f"{library}: {before['killed']} of {before['compiled']} killed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
