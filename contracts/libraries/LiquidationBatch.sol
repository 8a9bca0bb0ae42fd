// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, LiquidationOutcome, LiquidationStep} from "../interfaces/ILiquidation.sol";
import {Liquidation} from "./Liquidation.sol";
import {Parties, VenueState} from "./VenueState.sol";

/// @title A liquidation step on each of many accounts, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC LQ-26.
library LiquidationBatch {
    /// @notice Take one step on each account; one that is refused is left as it was and tells why.
    function run(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address[] calldata accounts,
        address caller,
        address sender,
        bool asTaker
    ) external returns (LiquidationOutcome[] memory outcomes) {
        outcomes = new LiquidationOutcome[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            try Liquidation.step(s, registry, parties, accounts[i], caller, sender, asTaker) returns (
                LiquidationStep memory step
            ) {
                (outcomes[i].done, outcomes[i].step) = (true, step);
            } catch (bytes memory reason) {
                // Every refusal has a name. What has none ran out of gas, and says nothing of the account.
                require(reason.length != 0, ILiquidation.StepOutOfGas(accounts[i]));
                outcomes[i].reason = reason;
            }
        }
    }
}
