// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry, Policy} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, AccountMargin} from "./AccountTypes.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginMath} from "./MarginMath.sol";
import {Parties, VenueState} from "./VenueState.sol";

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

/// @notice Who a debt-leg step goes to: who triggered it, and who takes debt and collateral over.
struct Hands {
    address caller;
    address taker;
}

/// @title What every leg of a liquidation looks at
/// @notice Each leg that is deployed apart loads it anew: it is larger than what it is made of.
library LiquidationContext {
    /// @notice The account as it stands. It must have been swept.
    function load(VenueState storage s, ICollateralRegistry registry, Parties memory parties, address account)
        internal
        view
        returns (Context memory c)
    {
        c.registry = registry;
        c.account = account;
        c.parties = parties;
        c.policy = registry.policy();
        (c.a, c.params) = AccountStore.loadHeld(s, registry, account);
        c.m = MarginMath.accountMargin(c.a);
    }

    /// @notice What dexes without positions are short of in a token, token wei (SPEC LQ-14).
    function holeOf(Context memory c, uint256 token) internal pure returns (uint256 hole) {
        for (uint256 d = 0; d < c.a.dexes.length; ++d) {
            if (isHole(c, d) && c.a.dexes[d].collateral == token) {
                hole += LiquidationMath.abs(c.a.dexes[d].rawUsd)
                * MarginMath.weiPerPerpUsd(c.a.tokens[token].weiDecimals);
            }
        }
    }

    /// @notice Whether a dex holds less than nothing, and no position that could change it.
    function isHole(Context memory c, uint256 d) internal pure returns (bool) {
        return c.a.dexes[d].rawUsd < 0 && c.m.dexes[d].notional == 0;
    }
}
