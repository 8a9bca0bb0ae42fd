"""scripts/solc answers like native solc, as far as py-solc-x, Ape and forge ask."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import solcx

ROOT = Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "scripts" / "solc"


def solc(*arguments, stdin="", cwd=ROOT):
    command = [str(ADAPTER), *map(str, arguments)]
    return subprocess.run(
        command, input=stdin, cwd=cwd, capture_output=True, text=True, check=False
    )


def question(source, **settings):
    return {
        "language": "Solidity",
        "sources": {"A.sol": {"content": source}},
        "settings": {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}, **settings},
    }


def contract(body="", imports=""):
    return f"// SPDX-License-Identifier: MIT\npragma solidity 0.8.34;\n{imports}contract A{body}\n"


def test_version_has_the_form_of_native_solc():
    lines = solc("--version").stdout.splitlines()
    assert lines[0] == "solc, the solidity compiler commandline interface"
    assert re.match(r"Version: 0\.8\.34\+commit\.[0-9a-f]{8}\.", lines[1])


def test_py_solc_x_reads_version_and_compiles():
    assert str(solcx.wrapper.get_solc_version(ADAPTER)) == "0.8.34"
    answer = solcx.compile_standard(question(contract("{}")), solc_binary=ADAPTER)
    assert answer["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"]


def test_import_is_found_below_the_base_path_then_the_include_path(tmp_path):
    base, include = tmp_path / "base", tmp_path / "include"
    for folder, name in ((base, "B"), (include, "C"), (include, "B")):
        folder.mkdir(exist_ok=True)
        body = f"// SPDX-License-Identifier: MIT\npragma solidity 0.8.34;\ncontract {name} {{}}\n"
        # A second B must not be reached: it would not compile.
        text = "nonsense" if (folder, name) == (include, "B") else body
        (folder / f"{name}.sol").write_text(text)
    source = contract(" is B, C {}", imports='import {B} from "B.sol";\nimport {C} from "C.sol";\n')
    answer = solc(
        "--standard-json",
        "--base-path",
        base,
        f"--include-path={include}",
        "--allow-paths",
        tmp_path,
        stdin=json.dumps(question(source)),
    )
    assert set(json.loads(answer.stdout)["contracts"]) == {"A.sol", "B.sol", "C.sol"}


def test_missing_import_is_a_compile_error_that_names_the_folder(tmp_path):
    source = contract(" {}", imports='import {B} from "B.sol";\n')
    asked = json.dumps(question(source))
    answer = solc("--standard-json", "--base-path", tmp_path, stdin=asked)
    (error,) = json.loads(answer.stdout)["errors"]
    assert f"File not found. Searched: {tmp_path}" in error["formattedMessage"]


def test_remapping_of_the_openzeppelin_package():
    imports = 'import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";\n'
    source = contract(' is ERC20 { constructor() ERC20("a", "A") {} }', imports)
    remapped = question(source, remappings=["@openzeppelin/=node_modules/@openzeppelin/"])
    answer = json.loads(
        solc("--standard-json", "--base-path", ROOT, stdin=json.dumps(remapped)).stdout
    )
    assert answer["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"]


@pytest.mark.parametrize("arguments", [["--gas"], []])
def test_what_it_cannot_do_is_said_with_a_remedy(arguments):
    answer = solc(*arguments)
    assert answer.returncode == 1
    assert "--standard-json" in answer.stderr
    assert "do: " in answer.stderr
