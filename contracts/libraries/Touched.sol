// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {Bitmap} from "./Bitmap.sol";

/// @title Which reserves the running action has touched
/// @notice Listing indexes in one transient word, which libraries share with the venue that runs them.
library Touched {
    using Bitmap for uint256;
    using TransientSlot for *;

    bytes32 private constant SLOT = keccak256("pmkit.touched.reserves");

    /// @notice Note that an action touches a token's reserve.
    function add(uint256 token) internal {
        SLOT.asUint256().tstore(SLOT.asUint256().tload().with(token));
    }

    /// @notice Whether any was touched.
    function any() internal view returns (bool) {
        return SLOT.asUint256().tload() != 0;
    }

    /// @notice Whether a token's reserve was touched, and no other.
    function only(uint256 token) internal view returns (bool) {
        return SLOT.asUint256().tload() == 1 << token;
    }

    /// @notice Return what was touched, and begin anew.
    function take() internal returns (uint256 bitmap) {
        bitmap = SLOT.asUint256().tload();
        SLOT.asUint256().tstore(0);
    }
}
