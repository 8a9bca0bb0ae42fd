"""Every refusal and every event of HyperEVM's contracts stands in a test by its name."""

from __future__ import annotations

from pathlib import Path

from support.evm import artifact

CONTRACTS = (
    "CoreDepositWallet",
    "CoreReader",
    "CoreWriter",
    "HyperCore",
    "HypeSystem",
    "Precompile",
    "WrappedHype",
)
ELSEWHERE = {
    # The tokens' own, in the tests of the venue.
    "Approval",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "ERC20InvalidApprover",
    "ERC20InvalidReceiver",
    "ERC20InvalidSender",
    "ERC20InvalidSpender",
    "SafeERC20FailedOperation",
    "Transfer",
}
UNREACHABLE = {
    "MarkMissing": "nobody has a position in what was never priced",
    "PriceMissing": "nobody has collateral or debt that was never priced (SPEC OR-09)",
}


def test_every_error_and_event_is_tested_by_name() -> None:
    others = (path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
    tests = "".join(path.read_text() for path in others)
    named = {
        entry["name"]
        for contract in CONTRACTS
        for entry in artifact(contract)["abi"]
        if entry["type"] in ("error", "event")
    }
    untested = {name for name in named if f'"{name}"' not in tests}
    assert untested == ELSEWHERE | set(UNREACHABLE)
