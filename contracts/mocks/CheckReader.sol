// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {MarginEngine} from "../libraries/MarginEngine.sol";
import {QuickCheck} from "../libraries/QuickCheck.sol";
import {VenueState} from "../libraries/VenueState.sol";

/// @title The account check and what may spare it, each alone
/// @notice For tests, which put this code where the venue's is: its storage begins as the venue's does.
contract CheckReader {
    VenueState private _s;

    function requireSafe(ICollateralRegistry registry, address account, uint256 grossDebtBefore) external {
        MarginEngine.requireSafe(_s, registry, account, grossDebtBefore);
    }

    function passes(ICollateralRegistry registry, address account, uint256 grossDebtBefore)
        external
        view
        returns (bool)
    {
        return QuickCheck.passes(_s, registry, account, grossDebtBefore);
    }
}
