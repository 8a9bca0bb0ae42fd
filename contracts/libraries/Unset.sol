// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DexParams, PerpParams, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {DexMargin, DexState, PerpState, TokenMargin, TokenState} from "./AccountTypes.sol";
import {ReserveIndexes} from "./RateMath.sol";
import {Tier} from "./TierMath.sol";

/// @title Arrays of structs whose elements are still to be set
/// @notice `new` makes a struct of zeros for each element. Where each is assigned right after, that costs
/// more than what is put there. Whoever takes an array from here assigns every element before anything reads
/// one.
library Unset {
    function tokenParams(uint256 length) internal pure returns (TokenParams[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function dexParams(uint256 length) internal pure returns (DexParams[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function perpParams(uint256 length) internal pure returns (PerpParams[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function reserveIndexes(uint256 length) internal pure returns (ReserveIndexes[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function tiers(uint256 length) internal pure returns (Tier[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function tokenStates(uint256 length) internal pure returns (TokenState[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function dexStates(uint256 length) internal pure returns (DexState[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function perpStates(uint256 length) internal pure returns (PerpState[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function tokenMargins(uint256 length) internal pure returns (TokenMargin[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    function dexMargins(uint256 length) internal pure returns (DexMargin[] memory list) {
        uint256 at = allocate(length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            list := at
        }
    }

    /// @notice A length, and a word for each element, for an array that is typed by whoever asks.
    function allocate(uint256 length) internal pure returns (uint256 at) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(at, length)
            mstore(0x40, add(at, shl(5, add(length, 1))))
        }
    }
}
