// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Account, DexMargin, Mode, Sweep, TokenState, TokenSweep} from "./AccountTypes.sol";
import {MarginMath} from "./MarginMath.sol";
import {WadMath} from "./WadMath.sol";

/// @title The sweep: move equity between dexes, idle balance and the pool
/// @notice Twin of `pmkit/sweep.py`, where each rule is explained (SPEC PM-14 to PM-17).
library SweepMath {
    using WadMath for uint256;

    /// @notice What may be borrowed of a token, in wei, until the health factor is one (SPEC PM-08).
    function ltvRoomDown(TokenState[] memory tokens, TokenState memory borrowed)
        internal
        pure
        returns (uint256)
    {
        uint256 power = 0;
        uint256 debt = 0;
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenState memory token = tokens[i];
            if (token.ltvBps != 0 && token.supplied != 0) {
                power += MarginMath.weightLtvDown(
                    MarginMath.tokenValueDown(token, token.supplied), token.ltvBps
                );
            }
            if (token.borrowed != 0) debt += MarginMath.tokenValueUp(token, token.borrowed);
        }
        if (power <= debt) return 0;
        return (power - debt).amountDown(MarginMath.pxOf(borrowed), borrowed.weiDecimals, borrowed.szDecimals);
    }

    /// @notice What happens to one token, and the token wei that reach the dexes in need.
    function sweepToken(
        TokenState memory token,
        uint256 room,
        uint256 wanted,
        uint256 freed,
        uint256 unit,
        bool lends
    ) internal pure returns (TokenSweep memory done, uint256 reached) {
        done.idle = token.idle + freed;
        reached = min(done.idle / unit * unit, wanted);
        done.idle -= reached;
        uint256 lacking = wanted - reached;
        if (lends && lacking != 0) {
            uint256 drawn = min(min(lacking, token.cash), token.supplied + room) / unit * unit;
            done.withdraw = min(token.supplied, drawn);
            done.borrow = drawn - done.withdraw;
            reached += drawn;
        } else if (lends) {
            if (token.borrowed > token.borrowFloor && done.idle > token.borrowFloor) {
                done.repay = min(done.idle - token.borrowFloor, token.borrowed - token.borrowFloor);
                done.idle -= done.repay;
            }
            if (token.borrowed == done.repay) {
                done.supply = min(done.idle, token.supplyRoom);
                done.idle -= done.supply;
            }
        }
    }

    /// @notice What the sweep does to an account; `account` is left as the sweep leaves it.
    function sweep(Account memory account) internal pure returns (Sweep memory plan) {
        plan.tokens = new TokenSweep[](account.tokens.length);
        plan.dexTransfers = new int256[](account.dexes.length);
        plan.dexLacks = new uint256[](account.dexes.length);
        if (account.mode == Mode.Standard) {
            for (uint256 i = 0; i < plan.tokens.length; ++i) {
                plan.tokens[i].idle = account.tokens[i].idle;
            }
            return plan;
        }
        DexMargin[] memory margins = MarginMath.dexMargins(account);
        for (uint256 i = 0; i < account.tokens.length; ++i) {
            _sweepOne(account, margins, plan, i);
        }
        for (uint256 d = 0; d < account.dexes.length; ++d) {
            // The cast is safe: what moves is bounded by what the dex holds or lacks.
            // forge-lint: disable-next-line(unsafe-typecast)
            account.dexes[d].rawUsd += int128(plan.dexTransfers[d]);
        }
    }

    function _sweepOne(Account memory account, DexMargin[] memory margins, Sweep memory plan, uint256 i)
        private
        pure
    {
        TokenState memory token = account.tokens[i];
        bool lends = account.mode == Mode.PortfolioMargin;
        (uint256 unit, uint256 wanted, uint256 freed) = _needs(account, margins, plan, i);
        uint256 room = 0;
        if (lends && token.borrowable && wanted != 0) {
            room = token.borrowRoom;
            if (account.policy.strictLtv) room = min(room, ltvRoomDown(account.tokens, token));
        }
        (TokenSweep memory done, uint256 reached) = sweepToken(token, room, wanted, freed, unit, lends);
        for (uint256 d = 0; d < margins.length; ++d) {
            if (account.dexes[d].collateral != i) continue;
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 lack = int256(margins[d].transferMargin) - margins[d].accountValue;
            if (lack <= 0) continue;
            // The cast is safe: the sign is known.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 lacks = uint256(lack);
            uint256 part = min(lacks, reached / unit);
            // forge-lint: disable-next-line(unsafe-typecast)
            plan.dexTransfers[d] = int256(part);
            plan.dexLacks[d] = lacks - part;
            reached -= part * unit;
        }
        plan.tokens[i] = done;
        token.idle = done.idle.toUint128();
        token.supplied = (token.supplied + done.supply - done.withdraw).toUint128();
        token.borrowed = (token.borrowed + done.borrow - done.repay).toUint128();
        token.cash = (token.cash + done.supply + done.repay - done.withdraw - done.borrow).toUint128();
    }

    /// @dev Token wei that the token's dexes lack and hand back; notes what leaves each dex.
    function _needs(Account memory account, DexMargin[] memory margins, Sweep memory plan, uint256 i)
        private
        pure
        returns (uint256 unit, uint256 wanted, uint256 freed)
    {
        unit = 1;
        for (uint256 d = 0; d < margins.length; ++d) {
            if (account.dexes[d].collateral != i) continue;
            unit = MarginMath.weiPerPerpUsd(account.tokens[i].weiDecimals);
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 over = margins[d].accountValue - int256(margins[d].transferMargin);
            int256 dust = int256(uint256(account.policy.sweepDust));
            if (over > dust) {
                plan.dexTransfers[d] = dust - over;
                // forge-lint: disable-next-line(unsafe-typecast)
                freed += uint256(over - dust) * unit;
            } else if (over < 0) {
                // forge-lint: disable-next-line(unsafe-typecast)
                wanted += uint256(-over) * unit;
            }
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
