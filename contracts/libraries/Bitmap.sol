// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Sets of listing indexes in one word
/// @notice Bit i stands for listing index i.
library Bitmap {
    function has(uint256 bitmap, uint256 index) internal pure returns (bool) {
        return bitmap & (1 << index) != 0;
    }

    function with(uint256 bitmap, uint256 index) internal pure returns (uint256) {
        return bitmap | (1 << index);
    }

    function without(uint256 bitmap, uint256 index) internal pure returns (uint256) {
        return bitmap & ~(1 << index);
    }

    /// @notice How many indexes the set holds.
    function count(uint256 bitmap) internal pure returns (uint256 total) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++total;
        }
    }

    /// @notice How many indexes of the set lie below `index`.
    function rank(uint256 bitmap, uint256 index) internal pure returns (uint256) {
        return count(bitmap & ((1 << index) - 1));
    }

    /// @notice The lowest index of a set that is not empty, and the set without it.
    function pop(uint256 bitmap) internal pure returns (uint256 index, uint256 rest) {
        rest = bitmap & (bitmap - 1);
        uint256 bit = bitmap ^ rest;
        // Listings are short: low indexes are found first.
        for (; bit & 0xff == 0; index += 8) {
            bit >>= 8;
        }
        if (bit > 0x0f) index += 4;
        if (bit & 0xcc != 0) index += 2;
        if (bit & 0xaa != 0) index += 1;
    }
}
