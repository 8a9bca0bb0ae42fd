// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry, Policy} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, AccountMargin} from "./AccountTypes.sol";
import {LiquidationMoves} from "./LiquidationMoves.sol";
import {MarginMath} from "./MarginMath.sol";
import {
    POLICY_DEBT_STEP,
    POLICY_PERP_STEP,
    POLICY_REST,
    POLICY_TERMS,
    RegistryWords
} from "./RegistryWords.sol";
import {AccountState, Parties, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";

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
    /// @notice Sweep an account, and load it as it stands then.
    function load(VenueState storage s, ICollateralRegistry registry, Parties memory parties, address account)
        internal
        returns (Context memory c)
    {
        c.registry = registry;
        c.account = account;
        c.parties = parties;
        bool moves = !AccountStore.isAtRest(s, account);
        _loadPerps(c, s, moves);
        // Seldom does the sweep change what the account is in.
        if (moves && _sweepChanges(c, s)) _loadPerps(c, s, moves);
        AccountStore.fillTokens(s, c.account, c.a, c.params);
        c.m = MarginMath.accountMarginWith(c.a, c.m.dexes);
        // Without a dex there is no perp leg.
        uint256 parts = POLICY_DEBT_STEP | POLICY_TERMS;
        if (c.a.dexes.length != 0) parts |= POLICY_PERP_STEP | POLICY_REST;
        c.policy = RegistryWords.policyOf(registry, parts);
        c.policy.margin = c.params.policy;
    }

    /// @notice Whether the account is liquidatable after a step that has moved positions alone, swept.
    function isLiquidatableOnceSwept(Context memory c, VenueState storage s) internal returns (bool) {
        c.a = AccountStore.reloadPerps(s, c.account, c.params);
        c.m.dexes = MarginMath.dexMargins(c.a);
        _sweep(c, s);
        AccountStore.fillTokens(s, c.account, c.a, c.params);
        return MarginMath.accountMarginWith(c.a, c.m.dexes).liquidatable;
    }

    /// @notice Whether the account is liquidatable after a step that has moved tokens alone.
    function isStillLiquidatable(Context memory c, VenueState storage s) internal view returns (bool) {
        AccountStore.fillTokens(s, c.account, c.a, c.params);
        return MarginMath.accountMarginWith(c.a, c.m.dexes).liquidatable;
    }

    function _loadPerps(Context memory c, VenueState storage s, bool moves) private view {
        (c.a, c.params) = AccountStore.loadPerps(s, c.registry, c.account, moves);
        c.m.dexes = MarginMath.dexMargins(c.a);
    }

    /// @dev Sweep the account, and tell whether it is in other tokens or dexes then.
    function _sweepChanges(Context memory c, VenueState storage s) private returns (bool) {
        AccountState storage state = s.accounts[c.account];
        (uint256 tokens, uint256 dexes) = (state.tokenBitmap, state.dexBitmap);
        _sweep(c, s);
        return state.tokenBitmap != tokens || state.dexBitmap != dexes;
    }

    /// @dev Sweep the account; its tokens are not in the context yet, and of its figures those of its dexes.
    function _sweep(Context memory c, VenueState storage s) private {
        if (!AccountStore.moves(s, c.account, c.a.mode)) return;
        int256[] memory moved = LiquidationMoves.sweep(
            s, c.account, c.params.tokens, c.params.dexes, c.a.dexes, c.m.dexes, c.a.policy
        );
        for (uint256 i = 0; i < moved.length; ++i) {
            c.a.dexes[i].rawUsd = WadMath.toInt128(c.a.dexes[i].rawUsd + moved[i]);
            c.m.dexes[i].accountValue += moved[i];
        }
    }

    /// @notice Whether a dex holds less than nothing, and no position that could change it.
    function isHole(Context memory c, uint256 d) internal pure returns (bool) {
        return c.a.dexes[d].rawUsd < 0 && c.m.dexes[d].notional == 0;
    }
}
