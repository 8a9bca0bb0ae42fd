// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Account, DexMargin, Mode, Sweep, TokenState, TokenSweep} from "./AccountTypes.sol";
import {MarginMath} from "./MarginMath.sol";
import {WadMath} from "./WadMath.sol";

/// @title The sweep: move equity between dexes, idle balance and the pool
/// @notice Twin of `pmkit/sweep.py`, where each rule is explained (SPEC PM-14 to PM-17).
library SweepMath {
    using WadMath for uint256;

    /// @notice What may be borrowed of a token, in wei, until the health factor is one (SPEC PM-08). Own
    /// supply of the token is drawn before anything is borrowed, so it carries none of it. Nothing where
    /// what is owed or borrowed has no price: no sweep fails, or nobody could be liquidated into it.
    function ltvRoomDown(TokenState[] memory tokens, TokenState memory borrowed)
        internal
        pure
        returns (uint256)
    {
        if (borrowed.px == 0) return 0;
        uint256 power = 0;
        uint256 debt = 0;
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenState memory token = tokens[i];
            if (token.borrowed != 0 && token.px == 0) return 0;
            if (token.token != borrowed.token && token.ltvBps != 0 && token.supplied != 0) {
                power += MarginMath.weightLtvDown(
                    MarginMath.tokenValueDown(token, token.supplied), token.ltvBps
                );
            }
            if (token.borrowed != 0) debt += MarginMath.tokenValueUp(token, token.borrowed);
        }
        if (power <= debt) return 0;
        return (power - debt).amountDown(borrowed.px, borrowed.weiDecimals, borrowed.szDecimals);
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
        // Down to whole units.
        // slither-disable-next-line divide-before-multiply
        reached = min(done.idle / unit * unit, wanted);
        done.idle -= reached;
        uint256 lacking = wanted - reached;
        if (lends && lacking != 0) {
            // Down to whole units.
            // slither-disable-next-line divide-before-multiply
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
        // A standard account has ordinary margin everywhere.
        bool none = account.mode == Mode.Standard;
        return sweepWith(account, none ? new DexMargin[](0) : MarginMath.dexMargins(account));
    }

    /// @notice The same with the figures of its dexes, so that its positions are not asked for.
    function sweepWith(Account memory account, DexMargin[] memory margins)
        internal
        pure
        returns (Sweep memory plan)
    {
        plan.tokens = new TokenSweep[](account.tokens.length);
        plan.dexTransfers = new int256[](account.dexes.length);
        plan.dexLacks = new uint256[](account.dexes.length);
        if (account.mode == Mode.Standard) {
            for (uint256 i = 0; i < plan.tokens.length; ++i) {
                plan.tokens[i].idle = account.tokens[i].idle;
            }
            return plan;
        }
        // What the LTV limit leaves is known only once all else has moved: there, debt is made last.
        bool lends = account.mode == Mode.PortfolioMargin;
        bool limited = lends && account.policy.strictLtv;
        for (uint256 round = 0; round < (limited ? 2 : 1); ++round) {
            for (uint256 i = 0; i < account.tokens.length; ++i) {
                TokenState memory token = account.tokens[i];
                uint256 freed = round == 0 ? _needs(account, margins, plan, i) : 0;
                uint256 lacking = _lacking(account, plan, i);
                bool still = freed == 0 && token.idle == 0;
                if (lacking == 0 && (round == 1 || still)) continue;
                bool borrows = lends && token.borrowable && (round == 1 || !limited);
                uint256 room = borrows ? token.borrowRoom : 0;
                if (round == 1 && room != 0) room = min(room, ltvRoomDown(account.tokens, token));
                _sweepOne(account, plan, i, lacking, freed, room);
            }
        }
        for (uint256 d = 0; d < account.dexes.length; ++d) {
            int256 usd = account.dexes[d].rawUsd;
            account.dexes[d].rawUsd = WadMath.toInt128(usd + plan.dexTransfers[d]);
        }
    }

    /// @dev Sweep one token with what its dexes have freed (token wei) and what it may borrow.
    function _sweepOne(
        Account memory account,
        Sweep memory plan,
        uint256 i,
        uint256 lacking,
        uint256 freed,
        uint256 room
    ) private pure {
        TokenState memory token = account.tokens[i];
        // One for a token that no dex counts in, which may have fewer decimals than perp USD.
        uint256 unit = lacking == 0 ? 1 : MarginMath.weiPerPerpUsd(token.weiDecimals);
        (TokenSweep memory done, uint256 reached) =
            sweepToken(token, room, lacking * unit, freed, unit, account.mode == Mode.PortfolioMargin);
        for (uint256 d = 0; d < account.dexes.length; ++d) {
            if (account.dexes[d].collateral != i) continue;
            uint256 part = min(plan.dexLacks[d], reached / unit);
            // The cast is safe: a part of what a dex lacks.
            // forge-lint: disable-next-line(unsafe-typecast)
            plan.dexTransfers[d] += int256(part);
            plan.dexLacks[d] -= part;
            reached -= part * unit;
        }
        token.idle = done.idle.toUint128();
        token.supplied = (token.supplied + done.supply - done.withdraw).toUint128();
        token.borrowed = (token.borrowed + done.borrow - done.repay).toUint128();
        token.cash = (token.cash + done.supply + done.repay - done.withdraw - done.borrow).toUint128();
        TokenSweep memory total = plan.tokens[i];
        total.supply += done.supply;
        total.withdraw += done.withdraw;
        total.borrow += done.borrow;
        total.repay += done.repay;
        total.idle = done.idle;
    }

    /// @dev Token wei that the token's dexes hand back; notes what leaves each of them or is lacking in it.
    function _needs(Account memory account, DexMargin[] memory margins, Sweep memory plan, uint256 i)
        private
        pure
        returns (uint256 freed)
    {
        for (uint256 d = 0; d < margins.length; ++d) {
            if (account.dexes[d].collateral != i) continue;
            // Without positions nothing stays: it could never be taken out.
            bool held = margins[d].notional != 0;
            int256 dust = held ? int256(uint256(account.policy.sweepDust)) : int256(0);
            // Casts are safe: margins are sums of products of 64-bit numbers, and the sign is known.
            // forge-lint: disable-start(unsafe-typecast)
            int256 over = margins[d].accountValue - int256(margins[d].transferMargin);
            if (over > dust) {
                plan.dexTransfers[d] = dust - over;
                freed += uint256(over - dust) * MarginMath.weiPerPerpUsd(account.tokens[i].weiDecimals);
            } else if (over < 0) {
                plan.dexLacks[d] = uint256(-over);
            }
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @dev Perp USD (1e-6) that the token's dexes still lack.
    function _lacking(Account memory account, Sweep memory plan, uint256 i)
        private
        pure
        returns (uint256 lacking)
    {
        for (uint256 d = 0; d < account.dexes.length; ++d) {
            if (account.dexes[d].collateral == i) lacking += plan.dexLacks[d];
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
