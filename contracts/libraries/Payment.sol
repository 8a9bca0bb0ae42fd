// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Mode, TokenState} from "./AccountTypes.sol";
import {Pool} from "./Pool.sol";
import {TokenBalance, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";

/// @title What an account pays
/// @notice For spot that it buys, and for the margin of its isolated positions.
library Payment {
    using WadMath for uint256;

    /// @notice Take token wei from an account: idle balance pays first; with portfolio margin supply and then
    /// new debt follow (SPEC CH-03, CH-09).
    function pay(
        VenueState storage s,
        address insurance,
        address account,
        TokenParams memory p,
        uint256 amount
    ) internal {
        TokenBalance storage balance = s.balances[account][p.index];
        uint256 fromIdle = amount < balance.idle ? amount : balance.idle;
        uint256 lacking = amount - fromIdle;
        balance.idle -= fromIdle.toUint128();
        if (lacking != 0) {
            require(
                s.accounts[account].mode == Mode.PortfolioMargin,
                IBorrowLendPool.InsufficientBalance(p.token, amount, fromIdle)
            );
            Pool.accrue(s, p);
            TokenState memory t = AccountStore.tokenState(s, account, p);
            if (lacking > t.supplied) {
                uint256 debt = lacking - t.supplied;
                require(p.borrowable, IBorrowLendPool.InsufficientBalance(p.token, amount, amount - debt));
                require(debt <= t.borrowRoom, IBorrowLendPool.BorrowCapExceeded(p.token, debt, t.borrowRoom));
            }
            require(lacking <= t.cash, IBorrowLendPool.InsufficientCash(p.token, lacking, t.cash));
            if (t.supplied != 0) Waterfall.requireUnlocked(s, insurance, p);
            // How much of it becomes debt is not asked here.
            // slither-disable-next-line unused-return
            Pool.debit(s, account, p.index, lacking);
        }
        AccountStore.mark(s, account, p.index);
    }
}
