// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev One, for ratios and USD values.
uint256 constant WAD = 1e18;
/// @dev One, for interest indexes, rates and utilization.
uint256 constant RAY = 1e27;
/// @dev One, for factors given in basis points.
uint256 constant BPS = 10_000;
/// @dev One, for fees given in millionths.
uint256 constant PPM = 1_000_000;
/// @dev Decimals of perp USD amounts.
uint256 constant PERP_DECIMALS = 6;
/// @dev Spot prices have SPOT_DECIMALS - szDecimals decimals.
uint256 constant SPOT_DECIMALS = 8;
/// @dev A ratio whose denominator is zero; a health factor without debt.
uint256 constant INFINITE = type(uint256).max;

/// @title Integer arithmetic and the venue's units
/// @notice Twin of `pmkit/units.py`, where the units are explained (SPEC PM-01, PM-02).
library WadMath {
    /// @notice A result does not fit a storage word of 128 bits.
    error DoesNotFit128(uint256 value);

    function toUint128(uint256 value) internal pure returns (uint128) {
        require(value <= type(uint128).max, DoesNotFit128(value));
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128(value);
    }

    function toInt128(int256 value) internal pure returns (int128) {
        // Without the lowest number, whose sign could not be turned.
        bool fits = value >= -type(int128).max && value <= type(int128).max;
        // Casts are safe: the sign is known, and what does not fit reverts.
        // forge-lint: disable-next-item(unsafe-typecast)
        require(fits, DoesNotFit128(uint256(value < 0 ? -value : value)));
        // forge-lint: disable-next-line(unsafe-typecast)
        return int128(value);
    }

    function mulDivDown(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256) {
        // Most factors fit half a word, and their product a whole one.
        if ((a | b) >> 128 != 0) return Math.mulDiv(a, b, denominator);
        unchecked {
            return a * b / denominator;
        }
    }

    function mulDivUp(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256) {
        uint256 floor = mulDivDown(a, b, denominator);
        return mulmod(a, b, denominator) == 0 ? floor : floor + 1;
    }

    function mulDivNearest(uint256 a, uint256 b, uint256 denominator) internal pure returns (uint256) {
        uint256 floor = mulDivDown(a, b, denominator);
        uint256 remainder = mulmod(a, b, denominator);
        return remainder >= denominator - remainder ? floor + 1 : floor;
    }

    /// @notice USD value (WAD) of token wei at a spot price, rounded down.
    function valueDown(uint256 amount, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        internal
        pure
        returns (uint256)
    {
        return mulDivDown(amount * px, WAD, pxScale(weiDecimals, szDecimals));
    }

    /// @notice USD value (WAD) of token wei at a spot price, rounded up.
    function valueUp(uint256 amount, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        internal
        pure
        returns (uint256)
    {
        return mulDivUp(amount * px, WAD, pxScale(weiDecimals, szDecimals));
    }

    /// @notice Token wei that a USD value (WAD) buys at a spot price, rounded down.
    function amountDown(uint256 value, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        internal
        pure
        returns (uint256)
    {
        return mulDivDown(value, pxScale(weiDecimals, szDecimals), px * WAD);
    }

    /// @notice Token wei that a USD value (WAD) costs at a spot price, rounded up.
    function amountUp(uint256 value, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        internal
        pure
        returns (uint256)
    {
        return mulDivUp(value, pxScale(weiDecimals, szDecimals), px * WAD);
    }

    /// @notice Token wei times spot price units in one USD.
    function pxScale(uint256 weiDecimals, uint256 szDecimals) internal pure returns (uint256) {
        return 10 ** (weiDecimals + SPOT_DECIMALS - szDecimals);
    }
}
