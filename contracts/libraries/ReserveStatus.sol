// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    IBorrowLendPool,
    RESERVE_BORROW_CAPPED,
    RESERVE_FULLY_USED,
    RESERVE_LOCKED,
    RESERVE_SUPPLY_CAPPED
} from "../interfaces/IBorrowLendPool.sol";
import {ICollateralRegistry, PoolCaps, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {Deferral} from "./Deferral.sol";
import {DeficitStore} from "./DeficitStore.sol";
import {RateMath} from "./RateMath.sol";
import {Touched} from "./Touched.sol";
import {Reserve, VenueState} from "./VenueState.sol";
import {RegistryWords} from "./RegistryWords.sol";

/// @title What limits a reserve (SPEC BL-20, BL-21)
/// @notice Asked for by anybody, and announced where an action leaves it other than told.
library ReserveStatus {
    /// @notice Tell which of the reserves that the action touched it has left in other states than told.
    function announce(VenueState storage s, ICollateralRegistry registry, address insurance) internal {
        PoolCaps[] memory caps = RegistryWords.capsOf(registry, Touched.take());
        for (uint256 i = 0; i < caps.length; ++i) {
            _tell(s, insurance, caps[i]);
        }
    }

    /// @notice Tell it of the one reserve whose caps are at hand, at the end of an action. Where the action
    /// touched others too, or is part of a batch, it is told with theirs.
    function announceAlone(VenueState storage s, address insurance, TokenParams memory p) internal {
        if (!Touched.only(p.index) || Deferral.running()) return;
        // It is this one.
        // slither-disable-next-line unused-return
        Touched.take();
        _tell(s, insurance, capsOf(p));
    }

    /// @notice What bounds a token's pool.
    function capsOf(TokenParams memory p) internal pure returns (PoolCaps memory caps) {
        (caps.token, caps.index, caps.borrowable) = (p.token, p.index, p.borrowable);
        (caps.globalSupplyCap, caps.globalBorrowCap) = (p.globalSupplyCap, p.globalBorrowCap);
    }

    function _tell(VenueState storage s, address insurance, PoolCaps memory caps) private {
        Reserve storage reserve = s.reserves[caps.index];
        uint8 told = DeficitStore.toldOf(reserve);
        uint8 found = bits(s, insurance, caps, reserve.supplyIndex, reserve.borrowIndex);
        if (told == found) return;
        DeficitStore.setTold(reserve, found);
        emit IBorrowLendPool.ReserveStatusSet(caps.token, told, found);
    }

    /// @notice RESERVE_* bits of a reserve at given indexes.
    function bits(
        VenueState storage s,
        address insurance,
        PoolCaps memory caps,
        uint256 supplyIndex,
        uint256 borrowIndex
    ) internal view returns (uint8 found) {
        Reserve storage reserve = s.reserves[caps.index];
        uint256 supplied = RateMath.amountOfSharesDown(reserve.supplyShares, supplyIndex);
        uint256 borrowed = RateMath.amountOfSharesUp(reserve.borrowShares, borrowIndex);
        if (borrowed != 0 && reserve.cash == 0) found |= RESERVE_FULLY_USED;
        if (supplied >= caps.globalSupplyCap) found |= RESERVE_SUPPLY_CAPPED;
        if (caps.borrowable && borrowed >= caps.globalBorrowCap) found |= RESERVE_BORROW_CAPPED;
        uint256 deficit = DeficitStore.deficitOf(reserve);
        if (deficit != 0 && deficit > s.balances[insurance][caps.index].idle) found |= RESERVE_LOCKED;
    }
}
