// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IHyperCore} from "./IHyperCore.sol";

/// @title Bytes of an action: version, id, and words (SPEC HC-06)
/// @notice Words are checked against their types here, so that a malformed action fails by its name.
library ActionData {
    uint8 private constant VERSION = 1;
    uint256 private constant HEAD = 4;
    uint256 private constant WORD = 32;

    /// @notice Whether bytes begin like an action, and its id.
    function head(bytes calldata data) internal pure returns (bool ok, uint24 actionId) {
        ok = data.length >= HEAD && uint8(data[0]) == VERSION;
        if (ok) actionId = uint24(bytes3(data[1:HEAD]));
    }

    /// @notice Require exactly so many words after the head.
    function requireWords(bytes memory data, uint256 count) internal pure {
        require(data.length == HEAD + WORD * count, IHyperCore.MalformedAction(data.length));
    }

    /// @notice One word, at most `most`.
    function word(bytes memory data, uint256 index, uint256 most) internal pure returns (uint256 value) {
        // Assembly is the only way to read a word of bytes in memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := mload(add(add(data, 36), mul(index, 32)))
        }
        require(value <= most, IHyperCore.WordTooLarge(index, value, most));
    }

    // The casts below are safe: the word was compared with the type's largest value.
    // forge-lint: disable-start(unsafe-typecast)

    /// @notice A word that is an address.
    function account(bytes memory data, uint256 index) internal pure returns (address) {
        return address(uint160(word(data, index, type(uint160).max)));
    }

    /// @notice A word of 64 bits.
    function u64(bytes memory data, uint256 index) internal pure returns (uint64) {
        return uint64(word(data, index, type(uint64).max));
    }

    /// @notice A word of 32 bits.
    function u32(bytes memory data, uint256 index) internal pure returns (uint32) {
        return uint32(word(data, index, type(uint32).max));
    }

    /// @notice A word of 8 bits.
    function u8(bytes memory data, uint256 index) internal pure returns (uint8) {
        return uint8(word(data, index, type(uint8).max));
    }

    /// @notice A word that is zero or one.
    function flag(bytes memory data, uint256 index) internal pure returns (bool) {
        return word(data, index, 1) == 1;
    }
    // forge-lint: disable-end(unsafe-typecast)
}
