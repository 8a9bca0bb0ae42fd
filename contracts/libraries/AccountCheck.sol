// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {Deferral} from "./Deferral.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {QuickCheck} from "./QuickCheck.sol";
import {VenueState} from "./VenueState.sol";

/// @title The account check after an action on tokens, and at the end of a batch
/// @notice `MarginEngine.requireSafe`, spared where less is enough (SPEC AC-17). Actions on perps, and those
/// that nobody takes often, ask for it at once.
library AccountCheck {
    /// @notice Require that an account is safe, with health factor >= 1 if its gross debt (USD WAD) has grown
    /// (SPEC AC-04).
    function requireSafe(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 grossDebtBefore
    ) internal {
        if (!Deferral.holds(account) && QuickCheck.passes(s, registry, account, grossDebtBefore)) return;
        MarginEngine.requireSafe(s, registry, account, grossDebtBefore);
    }
}
