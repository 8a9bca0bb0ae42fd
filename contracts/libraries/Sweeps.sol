// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {VenueState} from "./VenueState.sol";

/// @title When the sweep runs
/// @notice Most actions find nothing to move: that costs a word of each balance, and not the account walk.
library Sweeps {
    /// @notice Sweep an account if there is anything to move, or an episode of liquidation that may end.
    function run(VenueState storage s, ICollateralRegistry registry, address account) internal {
        if (s.accounts[account].debtSteppedAt == 0 && AccountStore.isAtRest(s, account)) return;
        MarginEngine.sweep(s, registry, account);
    }
}
