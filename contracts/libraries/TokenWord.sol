// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title The first word of a listed token, as the registry stores it
/// @notice The places are those of `Token` in RegistryWords.sol.
library TokenWord {
    function id(uint256 w) internal pure returns (uint64) {
        return uint64(w);
    }

    function px(uint256 w) internal pure returns (uint64) {
        return uint64(w >> 64);
    }

    function pxTime(uint256 w) internal pure returns (uint40) {
        return uint40(w >> 128);
    }

    /// @notice The word without price and time.
    function withoutPrice(uint256 w) internal pure returns (uint256) {
        return w & ~(uint256(type(uint104).max) << 64);
    }

    function weiDecimals(uint256 w) internal pure returns (uint8) {
        return uint8(w >> 168);
    }

    function szDecimals(uint256 w) internal pure returns (uint8) {
        return uint8(w >> 176);
    }

    function ltvBps(uint256 w) internal pure returns (uint16) {
        return uint16(w >> 184);
    }

    function borrowable(uint256 w) internal pure returns (bool) {
        return w >> 200 & 1 != 0;
    }

    /// @notice The user supply cap, down to 40 leading bits: what is supplied is seldom more, and then no
    /// other word is read.
    function supplyCapDown(uint256 w) internal pure returns (uint256) {
        return (w >> 216) << uint8(w >> 208);
    }

    /// @notice A cap as `supplyCapDown` finds it: an exponent of two in the lowest eight bits, and above it
    /// what it multiplies.
    function shortDown(uint128 cap) internal pure returns (uint48) {
        uint256 exponent = 0;
        while (cap >> exponent > type(uint40).max) {
            ++exponent;
        }
        // The cast is safe: 40 bits and eight.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint48((uint256(cap) >> exponent) << 8 | exponent);
    }
}
