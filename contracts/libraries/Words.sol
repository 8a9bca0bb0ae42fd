// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Answers made of whole words
/// @notice What one contract of the venue tells another on every action goes as it is stored: encoding and
/// decoding structs costs more than all arithmetic on them.
library Words {
    /// @notice Begin an answer. Nothing else may allocate memory until it is closed.
    function open() internal pure returns (bytes memory words) {
        // Memory is allocated word by word, which the language has no means for.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            words := mload(0x40)
            mstore(0x40, add(words, 32))
        }
    }

    /// @notice Add a word to the open answer.
    function put(uint256 word) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, word)
            mstore(0x40, add(free, 32))
        }
    }

    /// @notice End an answer.
    function close(bytes memory words) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(words, sub(sub(mload(0x40), words), 32))
        }
    }

    /// @notice A word of an answer; the caller knows how many there are.
    function at(bytes memory words, uint256 i) internal pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(words, mul(add(i, 1), 32)))
        }
    }

    /// @notice A word of storage as it stands.
    function load(uint256 slot) internal view returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }
}
