"""The pure half of the contract build."""

import pytest

from scripts.build_contracts import (
    CODE_SIZE_LIMIT,
    BuildError,
    Settings,
    artifacts_of,
    code_size,
    errors_of,
    fingerprint,
    request,
    settings_of,
    size_table,
    too_large,
    warnings_of,
)

SETTINGS = Settings(
    solc="0.8.34",
    evm_version="cancun",
    optimizer_runs=200,
    via_ir=False,
)
SOURCES = {"contracts/Venue.sol": "contract Venue {}", "contracts/mocks/M.sol": "contract M {}"}


def output(deployed_bytes: int = 1):
    code = {"object": "fe" * deployed_bytes, "linkReferences": {}}
    return {"abi": [], "evm": {"bytecode": code, "deployedBytecode": code}, "storageLayout": {}}


def artifacts(**sizes_by_source):
    contracts = {f"contracts/{k.replace('_', '/')}.sol": v for k, v in sizes_by_source.items()}
    answer = {
        "contracts": {
            source: {source.split("/")[-1][:-4]: output(size)} for source, size in contracts.items()
        }
    }
    return artifacts_of(answer, dict.fromkeys(contracts, ""), SETTINGS)


def test_settings_come_from_the_ape_configuration():
    solidity = {
        "version": "0.8.34",
        "evm_version": "cancun",
        "optimize": True,
        "optimization_runs": 200,
        "via_ir": False,
    }
    assert settings_of({"solidity": solidity}) == SETTINGS


def test_settings_without_optimizer_are_refused():
    with pytest.raises(BuildError, match="required: optimize: true"):
        settings_of({"solidity": {"optimize": False}})


def test_request_carries_sources_and_settings():
    question = request(SOURCES, SETTINGS)
    assert question["sources"]["contracts/Venue.sol"] == {"content": "contract Venue {}"}
    assert question["settings"]["evmVersion"] == "cancun"
    assert question["settings"]["optimizer"] == {"enabled": True, "runs": 200}
    assert question["settings"]["viaIR"] is False


def test_fingerprint_changes_with_a_source_and_with_the_libraries():
    before = fingerprint(request(SOURCES, SETTINGS), "lock")
    changed = {**SOURCES, "contracts/Venue.sol": "contract Venue { }"}
    assert fingerprint(request(SOURCES, SETTINGS), "lock") == before
    assert fingerprint(request(changed, SETTINGS), "lock") != before
    assert fingerprint(request(SOURCES, SETTINGS), "lock 2") != before


def test_artifacts_leave_out_libraries_from_npm():
    answer = {
        "contracts": {
            "contracts/Venue.sol": {"Venue": output()},
            "node_modules/@lib/Token.sol": {"Token": output()},
        }
    }
    assert list(artifacts_of(answer, SOURCES, SETTINGS)) == ["Venue"]


def test_two_contracts_of_one_name_are_refused():
    answer = {"contracts": {name: {"Same": output()} for name in SOURCES}}
    with pytest.raises(BuildError, match=r"Same is declared in .*Venue\.sol and in .*M\.sol"):
        artifacts_of(answer, SOURCES, SETTINGS)


def test_code_size_counts_a_link_placeholder_as_an_address():
    placeholder = "__$" + "0" * 34 + "$__"
    assert code_size({"deployedBytecode": "0x73" + placeholder}) == 1 + 20


def test_contract_at_the_limit_is_accepted_and_one_byte_more_refused():
    assert too_large(artifacts(Venue=CODE_SIZE_LIMIT)) == []
    (complaint,) = too_large(artifacts(Venue=CODE_SIZE_LIMIT + 1))
    assert complaint.startswith("Venue (contracts/Venue.sol): required: at most 24,576 bytes")
    assert "was: 24,577" in complaint


def test_mock_may_be_of_any_size():
    assert too_large(artifacts(mocks_Harness=CODE_SIZE_LIMIT + 1)) == []


def test_size_table_lists_the_largest_first_and_omits_what_is_not_deployed():
    half = CODE_SIZE_LIMIT // 2
    lines = size_table(artifacts(Small=110, Large=half, IVenue=0, mocks_M=120, Stub=57))
    assert [line.split()[0] for line in lines] == ["Large", "M", "Small"]
    assert "12,288 bytes   50% of the limit" in lines[0]
    assert lines[1].endswith("(mock)")


def test_errors_and_own_warnings_are_told_apart():
    def message(severity, file):
        return {
            "severity": severity,
            "formattedMessage": f"{severity} in {file}",
            "sourceLocation": {"file": file},
        }

    answer = {
        "errors": [
            message("error", "contracts/Venue.sol"),
            message("warning", "contracts/Venue.sol"),
            message("warning", "node_modules/@lib/Token.sol"),
            {"severity": "warning", "formattedMessage": "about nothing in particular"},
        ]
    }
    assert errors_of(answer) == ["error in contracts/Venue.sol"]
    assert warnings_of(answer, SOURCES) == ["warning in contracts/Venue.sol"]
