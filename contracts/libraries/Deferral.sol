// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";

/// @title Whose account check waits for the end of a batch (SPEC AC-14)
/// @notice Transient words, which libraries share with the venue that runs them.
library Deferral {
    using TransientSlot for *;

    bytes32 private constant ACCOUNT = keccak256("pmkit.batch.account");
    bytes32 private constant DEBT = keccak256("pmkit.batch.debt");
    bytes32 private constant DUE = keccak256("pmkit.batch.due");

    /// @notice Begin a batch of an account with a gross debt, USD WAD.
    function begin(address account, uint256 grossDebt) internal {
        ACCOUNT.asAddress().tstore(account);
        DEBT.asUint256().tstore(grossDebt);
    }

    /// @notice Whether a batch runs.
    function running() internal view returns (bool) {
        return ACCOUNT.asAddress().tload() != address(0);
    }

    /// @notice Whether an account's check waits for the end of the running batch.
    function holds(address account) internal view returns (bool) {
        return account != address(0) && ACCOUNT.asAddress().tload() == account;
    }

    /// @notice The gross debt beyond which the check at the end asks for the health factor.
    function debtBefore() internal view returns (uint256) {
        return DEBT.asUint256().tload();
    }

    /// @notice Put a check off. One that asks for the health factor whatever the debt makes the last one do
    /// so.
    function put(uint256 grossDebtBefore) internal {
        DUE.asBoolean().tstore(true);
        if (grossDebtBefore < debtBefore()) DEBT.asUint256().tstore(grossDebtBefore);
    }

    /// @notice End the batch, so that another may follow in the same transaction; return whether a check was
    /// put off, and the debt that it looks at.
    function end() internal returns (bool due, uint256 grossDebtBefore) {
        (due, grossDebtBefore) = (DUE.asBoolean().tload(), debtBefore());
        ACCOUNT.asAddress().tstore(address(0));
        DEBT.asUint256().tstore(0);
        DUE.asBoolean().tstore(false);
    }
}
