// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {Mode, PerpState, TokenMargin} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {Context} from "./LiquidationContext.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {LiquidationMoves, PerpFill} from "./LiquidationMoves.sol";
import {MarginMath} from "./MarginMath.sol";
import {TierMath} from "./TierMath.sol";
import {AccountState, VenueState} from "./VenueState.sol";

/// @title The perp leg of a liquidation
/// @notice One position closes against the market maker, or some of them pass to the backstop. Which ones is
/// told here; what they move is `LiquidationMoves`.
library PerpLeg {
    using Bitmap for uint256;

    /// @dev Positions that one step passes to the backstop at most, so that it fits a block with ease (SPEC
    /// LQ-13).
    uint256 private constant MOST_TAKEN = 5;

    /// @notice Close, in part or whole, the position that ties up the most maintenance of a margin that is
    /// short (SPEC LQ-06).
    function close(VenueState storage s, Context memory c) internal {
        uint256 worst = _worst(c);
        PerpState memory held = c.a.perps[worst];
        AccountState storage state = s.accounts[c.account];
        uint256 size = LiquidationMath.perpCloseUp(
            held.szi,
            MarginMath.notional(held.szi, held.mark),
            c.policy.perpThreshold,
            c.policy.perpPart,
            block.timestamp < state.perpCoolingUntil
        );
        if (size < LiquidationMath.abs(held.szi)) {
            // The cast is safe: times fit 40 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            state.perpCoolingUntil = uint40(block.timestamp + c.policy.perpCooldown);
        }
        // The cast is safe: a size is at most an int64's.
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 closed = held.szi > 0 ? -int64(uint64(size)) : int64(uint64(size));
        LiquidationMoves.close(s, c.account, c.parties, _fillOf(c, worst, closed), c.policy.perpFeePpm);
    }

    /// @notice Whether the step is about positions. Only those count whose margin is short: in standard mode
    /// each dex has its own, in unified mode each token, and with portfolio margin the account (SPEC AC-01).
    function isCause(Context memory c) internal pure returns (bool) {
        for (uint256 d = 0; d < c.m.dexes.length; ++d) {
            if (_isInUse(c, d) && _isShort(c, d)) return true;
        }
        return false;
    }

    /// @notice Whether the backstop takes perps (SPEC LQ-13): in the full band, beyond the backstop ratio, or
    /// where a dex holds less than its maintenance over that ratio, two thirds of it.
    function mustTakeOver(Context memory c, bool fullBand) internal pure returns (bool) {
        if (fullBand) return true;
        for (uint256 d = 0; d < c.m.dexes.length; ++d) {
            if (_isInUse(c, d) && _passes(c, d)) return true;
        }
        return false;
    }

    /// @notice Pass positions to the backstop at the mark, of all that one margin carries the first few in
    /// listing order. What is left of a dex below two thirds of its maintenance (`perpBackstopRatio`) goes
    /// with the first of them, or the rest would be saved by who holds more positions than a step takes;
    /// other equity stays, and what is missing stays owed.
    function takeOver(VenueState storage s, Context memory c) internal {
        uint256 passing = 0;
        uint256 count = 0;
        // Places of dexes of which a position passes.
        uint256 losing = 0;
        for (uint256 i = 0; i < c.a.perps.length && count < MOST_TAKEN; ++i) {
            uint256 dex = c.a.perps[i].dex;
            if (c.a.mode != Mode.PortfolioMargin && !_passes(c, dex)) continue;
            passing = passing.with(i);
            losing = losing.with(dex);
            ++count;
        }
        PerpFill[] memory fills = new PerpFill[](count);
        for (uint256 k = 0; k < count; ++k) {
            uint256 i;
            (i, passing) = passing.pop();
            fills[k] = _fillOf(c, i, -c.a.perps[i].szi);
        }
        int256[] memory left = new int256[](c.m.dexes.length);
        for (uint256 i = 0; i < left.length; ++i) {
            int256 value = c.m.dexes[i].accountValue;
            if (value > 0 && losing.has(i) && _isBelowBackstop(c, i)) left[i] = value;
        }
        LiquidationMoves.takeOver(s, c.account, c.parties, fills, c.params.dexes, left);
    }

    /// @dev Whether the account has positions in a dex: each has a mark, or there were no figures.
    function _isInUse(Context memory c, uint256 dex) private pure returns (bool) {
        return c.m.dexes[dex].notional != 0;
    }

    /// @dev Whether the margin that carries a dex is short: itself, or where that is a trigger, in a dex.
    function _isShort(Context memory c, uint256 dex) private pure returns (bool) {
        if (c.a.mode == Mode.PortfolioMargin) return true;
        bool each = c.a.mode == Mode.Standard || c.policy.margin.perpShortfallTrigger;
        for (uint256 d = 0; each && d < c.m.dexes.length; ++d) {
            // The cast is safe: margins are sums of products of 64-bit numbers.
            // forge-lint: disable-next-line(unsafe-typecast)
            bool lacks = c.m.dexes[d].accountValue < int256(c.m.dexes[d].maintenance);
            if (lacks && _together(c, d, dex)) return true;
        }
        TokenMargin memory token = c.m.tokens[c.a.dexes[dex].collateral];
        return c.a.mode == Mode.Unified
            && MarginMath.isBeyond(
            token.requirement,
            token.liquidationValue,
            c.policy.margin.trigger,
            c.policy.margin.triggerInclusive
        );
    }

    /// @dev Whether the positions of a dex pass to the backstop; a standard one's ratio is its own.
    function _passes(Context memory c, uint256 dex) private pure returns (bool) {
        for (uint256 d = 0; d < c.m.dexes.length; ++d) {
            if (_isBelowBackstop(c, d) && _together(c, d, dex)) return true;
        }
        if (c.a.mode == Mode.Standard) return false;
        TokenMargin memory token = c.m.tokens[c.a.dexes[dex].collateral];
        uint256 ratio = c.a.mode == Mode.Unified
            ? MarginMath.ratioUp(token.requirement, token.liquidationValue)
            : c.m.ratio;
        return ratio > c.policy.perpBackstopRatio;
    }

    /// @dev Whether one margin carries both of two dexes.
    function _together(Context memory c, uint256 a, uint256 b) private pure returns (bool) {
        if (c.a.mode == Mode.Unified) return c.a.dexes[a].collateral == c.a.dexes[b].collateral;
        return c.a.mode == Mode.PortfolioMargin || a == b;
    }

    function _isBelowBackstop(Context memory c, uint256 i) private pure returns (bool) {
        return LiquidationMath.isBelowBackstop(
            c.m.dexes[i].accountValue, c.m.dexes[i].maintenance, c.policy.perpBackstopRatio
        );
    }

    function _worst(Context memory c) private pure returns (uint256 worst) {
        uint256 most = 0;
        for (uint256 i = 0; i < c.a.perps.length; ++i) {
            PerpState memory perp = c.a.perps[i];
            if (!_isShort(c, perp.dex)) continue;
            uint256 ties =
                TierMath.maintenanceMarginDown(MarginMath.notional(perp.szi, perp.mark), perp.table);
            if (ties > most) (most, worst) = (ties, i);
        }
    }

    /// @dev A fill at the mark in the position at a place of the account.
    function _fillOf(Context memory c, uint256 i, int64 size) private pure returns (PerpFill memory) {
        PerpParams memory perp = c.params.perps[i];
        return PerpFill({
            asset: perp.asset,
            index: perp.index,
            dex: c.params.dexes[c.a.perps[i].dex].index,
            fundingIndex: perp.fundingIndex,
            size: size,
            px: perp.mark
        });
    }
}
