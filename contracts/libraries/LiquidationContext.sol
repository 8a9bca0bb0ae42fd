// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry, PerpParams, Policy} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, AccountMargin, PerpState} from "./AccountTypes.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginMath} from "./MarginMath.sol";
import {Parties, VenueState} from "./VenueState.sol";
import {RegistryWords} from "./RegistryWords.sol";

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
/// @notice Loaded once in a step, and handed to the leg that is deployed apart.
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
        c.policy = RegistryWords.policyOf(registry);
        (c.a, c.params) = AccountStore.loadHeldWithWidths(s, registry, account);
        c.m = MarginMath.accountMargin(c.a);
    }

    /// @notice Take positions out of the context: the debt leg looks at none, and a call copies all there is.
    function withoutPositions(Context memory c) internal pure returns (Context memory) {
        c.a.perps = new PerpState[](0);
        c.params.perps = new PerpParams[](0);
        return c;
    }

    /// @notice Whether the account is liquidatable after a step that has moved tokens alone.
    function isStillLiquidatable(Context memory c, VenueState storage s) internal view returns (bool) {
        AccountStore.fillTokens(s, c.account, c.a, c.params);
        return MarginMath.accountMargin(c.a).liquidatable;
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
