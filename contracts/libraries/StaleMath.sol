// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Account, Mode, TokenState} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";

/// @title What an old price may and may not decide (SPEC OR-02, OR-08)
/// @notice Twin of `pmkit/stale.py`, where each rule is explained. Sets of tokens are bitmaps of places in
/// `Account.tokens`.
library StaleMath {
    using Bitmap for uint256;

    /// @notice Whether a token's price decides by itself: it is owed, or equity of a dex is counted in it.
    function isDecisive(Account memory account, uint256 token) internal pure returns (bool) {
        if (account.tokens[token].borrowed != 0) return true;
        if (account.mode == Mode.Standard) return false;
        for (uint256 d = 0; d < account.dexes.length; ++d) {
            if (account.dexes[d].collateral == token && account.dexes[d].rawUsd != 0) return true;
        }
        return false;
    }

    /// @notice Whether a token backs the account as collateral.
    function backs(Account memory account, uint256 token) internal pure returns (bool) {
        TokenState memory held = account.tokens[token];
        return account.mode == Mode.PortfolioMargin && held.ltvBps != 0 && held.supplied != 0;
    }

    /// @notice Take a set of tokens out of an account's collateral, in place.
    function withoutCollateral(Account memory account, uint256 stale) internal pure {
        for (uint256 i = 0; i < account.tokens.length; ++i) {
            if (stale.has(i)) account.tokens[i].ltvBps = 0;
        }
    }

    /// @notice Let a set of tokens be worth twice their last price, in place.
    function atTwicePx(Account memory account, uint256 stale) internal pure {
        for (uint256 i = 0; i < account.tokens.length; ++i) {
            if (stale.has(i)) account.tokens[i].px = twice(account.tokens[i].px);
        }
    }

    /// @notice Twice a price, at most the largest one that there can be.
    function twice(uint64 px) internal pure returns (uint64) {
        return px > type(uint64).max / 2 ? type(uint64).max : 2 * px;
    }
}
