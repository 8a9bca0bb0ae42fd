// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {PerpState} from "./AccountTypes.sol";
import {Context} from "./LiquidationContext.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginMath} from "./MarginMath.sol";
import {Perps} from "./Perps.sol";
import {TierMath} from "./TierMath.sol";
import {AccountState, VenueState} from "./VenueState.sol";

/// @title The perp leg of a liquidation
/// @notice One position closes against the market maker, or all of them pass to the backstop.
library PerpLeg {
    /// @notice Close, in part or whole, the position that ties up the most maintenance (SPEC LQ-06).
    function close(VenueState storage s, Context memory c) internal {
        uint256 worst = _worst(c);
        PerpState memory held = c.a.perps[worst];
        PerpParams memory perp = _perp(c, worst);
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
        uint256 fee = Perps.fill(
            s, perp, c.account, c.parties.maker, c.parties.insurance, closed, perp.mark, c.policy.perpFeePpm
        );
        emit ILiquidation.PositionClosed(c.account, perp.asset, closed, perp.mark, fee);
    }

    /// @notice Whether the backstop takes all perps (SPEC LQ-13): in the full band, beyond the backstop
    /// ratio, or where a dex holds less than its maintenance over that ratio, two thirds of it.
    function mustTakeOver(Context memory c, bool fullBand) internal pure returns (bool) {
        if (fullBand || c.m.ratio > c.policy.perpBackstopRatio) return true;
        for (uint256 i = 0; i < c.m.dexes.length; ++i) {
            if (_isBelowBackstop(c, i)) return true;
        }
        return false;
    }

    /// @notice Pass every position to the backstop at the mark. What is left of a dex below two thirds of
    /// its maintenance (`perpBackstopRatio`) goes with it; other equity stays, and what is missing stays
    /// owed.
    function takeOver(VenueState storage s, Context memory c) internal {
        address backstop = c.parties.backstop;
        AccountStore.touch(s, backstop);
        for (uint256 i = 0; i < c.a.perps.length; ++i) {
            PerpParams memory perp = _perp(c, i);
            int64 szi = c.a.perps[i].szi;
            Perps.fill(s, perp, c.account, backstop, c.parties.insurance, -szi, perp.mark, 0);
            emit ILiquidation.PositionTaken(c.account, perp.asset, szi, perp.mark);
        }
        for (uint256 i = 0; i < c.m.dexes.length; ++i) {
            if (c.m.dexes[i].accountValue <= 0 || !_isBelowBackstop(c, i)) continue;
            uint256 dex = c.params.dexes[i].index;
            int128 left = s.rawUsd[c.account][dex];
            AccountStore.setRawUsd(s, c.account, dex, 0);
            AccountStore.setRawUsd(s, backstop, dex, s.rawUsd[backstop][dex] + left);
        }
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
            uint256 ties =
                TierMath.maintenanceMarginDown(MarginMath.notional(perp.szi, perp.mark), perp.table);
            if (ties > most) (most, worst) = (ties, i);
        }
    }

    /// @dev The perp's parameters with the listing index of its dex, as fills want it.
    function _perp(Context memory c, uint256 i) private pure returns (PerpParams memory perp) {
        PerpParams memory listed = c.params.perps[i];
        perp = PerpParams({
            asset: listed.asset,
            mark: listed.mark,
            pxTime: listed.pxTime,
            index: listed.index,
            dex: c.params.dexes[listed.dex].index,
            szDecimals: listed.szDecimals,
            maxLeverage: listed.maxLeverage,
            fundingIndex: listed.fundingIndex,
            table: listed.table
        });
    }
}
