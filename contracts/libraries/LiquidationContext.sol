// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry, Policy} from "../interfaces/ICollateralRegistry.sol";
import {Account, AccountMargin} from "./AccountTypes.sol";
import {Parties} from "./VenueState.sol";

/// @notice What a liquidation step works on: the swept account, its figures and its parameters.
struct Context {
    ICollateralRegistry registry;
    address account;
    Account a;
    AccountParams params;
    AccountMargin m;
    Policy policy;
    Parties parties;
}
