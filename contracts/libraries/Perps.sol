// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Bitmap} from "./Bitmap.sol";
import {Funding} from "./Funding.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {AccountState, Position, VenueState} from "./VenueState.sol";
import {PPM, WadMath} from "./WadMath.sol";

/// @title Perp fills
/// @notice A fill moves size and raw USD between two accounts; nothing is created (SPEC CH-02). An isolated
/// position has its own raw USD (SPEC CH-07).
library Perps {
    using Bitmap for uint256;
    using WadMath for uint256;

    /// @notice Fill `size` (signed, for `account`) at a price against another account; `account` pays the
    /// fee, which goes to `insurance` (SPEC CH-06). @dev `perp.dex` is the listing index of the dex.
    function fill(
        VenueState storage s,
        PerpParams memory perp,
        address account,
        address other,
        address insurance,
        int64 size,
        uint64 px,
        uint256 feePpm
    ) internal returns (uint256 fee) {
        uint256 notional = LiquidationMath.abs(size) * px;
        fee = notional.mulDivUp(feePpm, PPM);
        _move(s, perp, account, size, px);
        _move(s, perp, other, -size, px);
        if (fee != 0) {
            // Casts are safe: the registry bounds fees by the notional, which is a product of 64-bit numbers.
            // forge-lint: disable-start(unsafe-typecast)
            AccountStore.addPositionUsd(s, account, perp.index, perp.dex, -int256(fee));
            AccountStore.touch(s, insurance);
            AccountStore.addRawUsd(s, insurance, perp.dex, int256(fee));
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @notice Signed size of an order, and whether it only shrinks the account's position; a reduce-only
    /// order must.
    function sizeOf(
        VenueState storage s,
        PerpParams memory perp,
        address account,
        bool isBuy,
        uint64 sz,
        bool reduceOnly
    ) internal view returns (int64 size, bool reduces) {
        int64 before = s.positions[account][perp.index].szi;
        // The cast is safe: whoever calls has checked the size against int64.
        // forge-lint: disable-next-line(unsafe-typecast)
        size = isBuy ? int64(sz) : -int64(sz);
        reduces = before != 0 && (before > 0) != isBuy && LiquidationMath.abs(before) >= sz;
        require(reduces || !reduceOnly, IClearinghouse.ReduceOnlyViolated(before, sz));
    }

    /// @dev What is owed for the size so far is settled before the size changes.
    function _move(VenueState storage s, PerpParams memory perp, address account, int64 size, uint64 px)
        private
    {
        Funding.settle(s, account, perp, perp.dex);
        Position storage position = s.positions[account][perp.index];
        int64 before = position.szi;
        require(
            int256(before) + size <= type(int64).max && int256(before) + size >= -type(int64).max,
            IClearinghouse.InvalidSize(uint64(LiquidationMath.abs(size)))
        );
        int64 now_ = before + size;
        position.szi = now_;
        position.entryNtl = _entryNtl(position.entryNtl, before, now_, px).toUint128();

        AccountState storage state = s.accounts[account];
        if (position.isolated) {
            state.isolatedBitmap = _marked(state.isolatedBitmap, perp.index, now_ != 0);
        } else {
            state.perpBitmap = _marked(state.perpBitmap, perp.index, now_ != 0);
            // The cast is safe: dex indexes are below 32.
            // forge-lint: disable-next-line(unsafe-typecast)
            state.dexBitmap = uint32(uint256(state.dexBitmap).with(perp.dex));
        }
        int256 cost = int256(size) * int256(uint256(px));
        AccountStore.addPositionUsd(s, account, perp.index, perp.dex, -cost);
    }

    function _marked(uint256 bitmap, uint256 index, bool open) private pure returns (uint256) {
        return open ? bitmap.with(index) : bitmap.without(index);
    }

    /// @dev Growing adds the fill at its price, shrinking takes a part in proportion, turning starts anew.
    function _entryNtl(uint256 entryNtl, int64 before, int64 now_, uint256 px)
        private
        pure
        returns (uint256)
    {
        uint256 sizeBefore = LiquidationMath.abs(before);
        uint256 sizeNow = LiquidationMath.abs(now_);
        bool turned = (before > 0 && now_ < 0) || (before < 0 && now_ > 0);
        if (turned || before == 0) return sizeNow * px;
        if (sizeNow >= sizeBefore) return entryNtl + (sizeNow - sizeBefore) * px;
        return entryNtl.mulDivDown(sizeNow, sizeBefore);
    }
}
