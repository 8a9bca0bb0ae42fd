// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PERP_DECIMALS, SPOT_DECIMALS, WadMath} from "./WadMath.sol";

/// @dev One, for the spot oracle price of USDC (USDT per USDC, 8 decimals).
uint256 constant USDC_PX_ONE = 1e8;

/// @title The borrow oracle price
/// @notice Twin of `pmkit/oracle.py`, where each formula is explained.
library OracleMath {
    /// @notice The middle one of three.
    function median(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        if (c < low) return low;
        return c > high ? high : c;
    }

    /// @notice A perp price in USDC on the token's spot grid, to nearest (SPEC OR-01).
    function perpPxOnSpotGridNearest(uint256 px, uint256 perpSzDecimals, uint256 szDecimals, uint256 usdcPx)
        internal
        pure
        returns (uint256)
    {
        return WadMath.mulDivNearest(
            px * 10 ** (SPOT_DECIMALS - szDecimals) * USDC_PX_ONE,
            1,
            10 ** (PERP_DECIMALS - perpSzDecimals) * usdcPx
        );
    }

    /// @notice The median of spot price, perp mark and perp oracle, on the spot grid (SPEC OR-01).
    function borrowOraclePx(
        uint256 spot,
        uint256 mark,
        uint256 oracle,
        uint256 perpSzDecimals,
        uint256 szDecimals,
        uint256 usdcPx
    ) internal pure returns (uint256) {
        return median(
            spot,
            perpPxOnSpotGridNearest(mark, perpSzDecimals, szDecimals, usdcPx),
            perpPxOnSpotGridNearest(oracle, perpSzDecimals, szDecimals, usdcPx)
        );
    }
}
