// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {Account} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {StaleMath} from "./StaleMath.sol";

/// @title How old a price may be (SPEC OR-02, OR-08)
/// @notice Old prices block what they would make unsafe, and nothing else.
library PriceAge {
    using Bitmap for uint256;

    /// @notice Seconds since a price was reported.
    function age(uint256 time) internal view returns (uint256) {
        return block.timestamp > time ? block.timestamp - time : 0;
    }

    /// @notice Prices that decide by themselves must be young: of what is owed, of what dexes count in, and
    /// marks. Returns the set of collateral, by places in the account, whose prices are older.
    function requireYoung(Account memory a, AccountParams memory params, uint256 maximum)
        internal
        view
        returns (uint256 stale)
    {
        for (uint256 i = 0; i < params.tokens.length; ++i) {
            if (age(params.tokens[i].pxTime) <= maximum) continue;
            if (StaleMath.isDecisive(a, i)) revertStale(params, 1 << i, maximum);
            if (StaleMath.backs(a, i)) stale = stale.with(i);
        }
        for (uint256 i = 0; i < params.perps.length; ++i) {
            requireYoungMark(params.perps[i], maximum);
        }
    }

    /// @notice The same without refusing, and the time of the oldest price that is looked at.
    function look(Account memory a, AccountParams memory params, uint256 maximum)
        internal
        view
        returns (bool young, uint256 stale, uint40 oldest)
    {
        (young, oldest) = (true, type(uint40).max);
        for (uint256 i = 0; i < params.tokens.length; ++i) {
            bool decisive = StaleMath.isDecisive(a, i);
            if (!decisive && !StaleMath.backs(a, i)) continue;
            uint40 time = params.tokens[i].pxTime;
            if (time < oldest) oldest = time;
            if (age(time) <= maximum) continue;
            if (decisive) young = false;
            else stale = stale.with(i);
        }
        for (uint256 i = 0; i < params.perps.length; ++i) {
            uint40 time = params.perps[i].pxTime;
            if (time < oldest) oldest = time;
            if (age(time) > maximum) young = false;
        }
    }

    /// @notice Refuse for the first of a set of tokens.
    function revertStale(AccountParams memory params, uint256 stale, uint256 maximum) internal view {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint256 first,) = stale.pop();
        uint256 old = age(params.tokens[first].pxTime);
        revert IPortfolioMargin.StalePrice(params.tokens[first].token, old, maximum);
    }

    /// @notice A mark price must be young.
    function requireYoungMark(PerpParams memory perp, uint256 maximum) internal view {
        uint256 old = age(perp.pxTime);
        require(old <= maximum, IPortfolioMargin.StaleMark(perp.asset, old, maximum));
    }
}
