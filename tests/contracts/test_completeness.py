"""Every refusal and every event of the contracts stands in a test by its name."""

from __future__ import annotations

from pathlib import Path

from support.evm import artifact

from pmkit.chain.contracts import LIBRARIES

CONTRACTS = ("Venue", "CollateralRegistry", "LocalToken", *LIBRARIES)
UNREACHABLE = {
    "ERC20InvalidApprover": "no call comes from the zero address",
    "ERC20InvalidSender": "no call comes from the zero address",
    "ERC20InvalidSpender": "the venue is not the zero address",
    "ExponentTooLarge": "one accrual grows by e^20 at the most",
    "Approval": "the wallet's own business",
    "RoleAdminChanged": "the registry changes no role's admin",
}


def test_every_error_and_event_is_tested_by_name() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_venue_*.py"))
    tests += "".join(path.read_text() for path in Path(__file__).parent.glob("test_registry_*.py"))
    named = {
        entry["name"]
        for contract in CONTRACTS
        for entry in artifact(contract)["abi"]
        if entry["type"] in ("error", "event")
    }
    untested = {name for name in named if f'"{name}"' not in tests}
    assert untested == set(UNREACHABLE)
