// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {Account, Mode, TokenState} from "./AccountTypes.sol";

/// @title How old a price may be (SPEC OR-02)
/// @notice Old prices block what they would make unsafe, and nothing else.
library PriceAge {
    /// @notice Seconds since a price was reported.
    function age(uint256 time) internal view returns (uint256) {
        return block.timestamp > time ? block.timestamp - time : 0;
    }

    /// @notice Prices that carry weight in the account must be young; others are not looked at.
    function requireYoung(Account memory a, AccountParams memory params, uint256 maximum) internal view {
        for (uint256 i = 0; i < params.tokens.length; ++i) {
            TokenState memory token = a.tokens[i];
            bool backs = a.mode == Mode.PortfolioMargin && token.ltvBps != 0 && token.supplied != 0;
            if (token.borrowed == 0 && !backs && !_margins(a, i)) continue;
            uint256 old = age(params.tokens[i].pxTime);
            require(old <= maximum, IPortfolioMargin.StalePrice(token.token, old, maximum));
        }
        for (uint256 i = 0; i < params.perps.length; ++i) {
            requireYoungMark(params.perps[i], maximum);
        }
    }

    /// @dev Whether equity of a dex is counted in the token: a shortage of it is worth its price.
    function _margins(Account memory a, uint256 token) private pure returns (bool) {
        if (a.mode == Mode.Standard) return false;
        for (uint256 d = 0; d < a.dexes.length; ++d) {
            if (a.dexes[d].collateral == token && a.dexes[d].rawUsd != 0) return true;
        }
        return false;
    }

    /// @notice A mark price must be young.
    function requireYoungMark(PerpParams memory perp, uint256 maximum) internal view {
        uint256 old = age(perp.pxTime);
        require(old <= maximum, IPortfolioMargin.StaleMark(perp.asset, old, maximum));
    }
}
