// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IIsolatedPositions} from "../interfaces/IIsolatedPositions.sol";
import {AccountCheck} from "./AccountCheck.sol";
import {Deferral} from "./Deferral.sol";
import {Failure} from "./Failure.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {VenueState} from "./VenueState.sol";

/// @title Several actions of one account with one check at their end, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC AC-14 to AC-16.
library Batches {
    /// @notice Run calls of the account that acts, each as it is alone but for its account check; make that
    /// check once, at the end, where any of them put it off.
    function run(VenueState storage s, ICollateralRegistry registry, address account, bytes[] calldata calls)
        external
        returns (bytes[] memory results)
    {
        MarginEngine.sweep(s, registry, account);
        Deferral.begin(account, MarginEngine.grossDebt(s, registry, account));
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            require(_mayStand(bytes4(calls[i]), i), IAccounts.NotInBatch(i));
            // The venue's own code and storage: nothing can run here that could not be called directly.
            // slither-disable-next-line controlled-delegatecall,delegatecall-loop
            // solhint-disable-next-line avoid-low-level-calls
            (bool ok, bytes memory answer) = address(this).delegatecall(calls[i]);
            if (!ok) {
                require(answer.length != 0, IAccounts.UnknownCall(bytes4(calls[i])));
                Failure.pass(answer);
            }
            results[i] = answer;
        }
        (bool due, uint256 debtBefore) = Deferral.end();
        if (due) AccountCheck.requireSafe(s, registry, account, debtBefore);
    }

    /// @dev What one account does for itself. What is about others, nests, or judges others stands alone; and
    /// a mode changes before any check waits, for it would be made by another measure.
    function _mayStand(bytes4 call, uint256 place) private pure returns (bool) {
        return call == IBorrowLendPool.deposit.selector || call == IBorrowLendPool.supply.selector
            || call == IBorrowLendPool.withdraw.selector || call == IBorrowLendPool.borrow.selector
            || call == IBorrowLendPool.repay.selector || call == IClearinghouse.order.selector
            || call == IClearinghouse.transferPerp.selector || call == IClearinghouse.spotSend.selector
            || call == IAccounts.setLeverage.selector || call == IAccounts.approveOperator.selector
            || call == IIsolatedPositions.setIsolated.selector
            || call == IIsolatedPositions.updateIsolatedMargin.selector
            || (call == IAccounts.setMode.selector && place == 0);
    }
}
