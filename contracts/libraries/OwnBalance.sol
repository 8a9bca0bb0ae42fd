// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Mode, TokenState} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {Pool} from "./Pool.sol";
import {AccountState, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";

/// @title What an account has of its own, and what it stands for
/// @notice Nothing here borrows.
library OwnBalance {
    using Bitmap for uint256;
    using WadMath for uint256;

    /// @notice Draw token wei that an account has: idle balance first, then supply (SPEC BL-11).
    /// @dev The reserve must be accrued, and `t` the account's token as it stands.
    function draw(
        VenueState storage s,
        address insurance,
        address account,
        TokenParams memory p,
        TokenState memory t,
        uint256 amount
    ) internal {
        uint256 fromIdle = amount < t.idle ? amount : t.idle;
        uint256 fromPool = amount - fromIdle;
        require(fromPool <= t.cash, IBorrowLendPool.InsufficientCash(p.token, fromPool, t.cash));
        s.balances[account][p.index].idle = t.idle - fromIdle.toUint128();
        if (fromPool != 0) Waterfall.requireUnlocked(s, insurance, p);
        // How much of it becomes debt is not asked here.
        // slither-disable-next-line unused-return
        if (fromPool != 0) Pool.debit(s, account, p.index, fromPool);
        AccountStore.mark(s, account, p.index);
    }

    /// @notice Whether balances of an account stand for debt or perps: never a standard account's, whose
    /// dexes have their own margin. A closed position may have left its dex below zero.
    function hasExposure(VenueState storage s, address account) internal view returns (bool) {
        AccountState storage state = s.accounts[account];
        uint256 bitmap = state.tokenBitmap;
        uint256 index;
        while (bitmap != 0) {
            (index, bitmap) = bitmap.pop();
            if (s.balances[account][index].shares < 0) return true;
        }
        if (state.mode == Mode.Standard) return false;
        if (state.perpBitmap != 0) return true;
        bitmap = state.dexBitmap;
        while (bitmap != 0) {
            (index, bitmap) = bitmap.pop();
            if (s.rawUsd[account][index] < 0) return true;
        }
        return false;
    }
}
