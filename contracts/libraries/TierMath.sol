// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {INFINITE} from "./WadMath.sol";

/// @dev Largest leverage a tier may name.
uint256 constant MAX_LEVERAGE = 100;

/// @notice One tier: from `lowerBound` of notional on. Packs into one storage word.
struct Tier {
    /// Notional from which the tier counts, 1e-6 USD.
    uint64 lowerBound;
    uint8 maxLeverage;
    /// Maintenance rate over the table's scale: scale / (2 * maxLeverage).
    uint32 rate;
    /// Maintenance deduction in 1e-6 USD over the table's scale.
    uint120 deduction;
    /// Common denominator of rates and deductions, the same in every tier of a table.
    uint32 scale;
}

/// @title Margin tiers of perp assets
/// @notice Twin of `pmkit/tiers.py`, where each formula is explained.
library TierMath {
    /// @notice Tiers must start at zero, rise in their bounds and fall in their leverage.
    error InvalidMarginTable(uint256 tier);

    /// @notice The table with rates and deductions of tiers given by bound and leverage (SPEC PM-05).
    function marginTable(uint64[] memory lowerBounds, uint8[] memory maxLeverages)
        internal
        pure
        returns (Tier[] memory tiers)
    {
        uint256 count = lowerBounds.length;
        require(count != 0 && count == maxLeverages.length, InvalidMarginTable(count));
        uint256 scale = 1;
        for (uint256 i = 0; i < count; ++i) {
            uint8 leverage = maxLeverages[i];
            bool ordered = i == 0 || (lowerBounds[i] > lowerBounds[i - 1] && leverage < maxLeverages[i - 1]);
            require(
                lowerBounds[0] == 0 && ordered && leverage != 0 && leverage <= MAX_LEVERAGE,
                InvalidMarginTable(i)
            );
            scale = lcm(scale, 2 * uint256(leverage));
            require(scale <= type(uint32).max, InvalidMarginTable(i));
        }
        tiers = new Tier[](count);
        uint256 deduction = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 rate = scale / (2 * uint256(maxLeverages[i]));
            if (i != 0) deduction += uint256(lowerBounds[i]) * (rate - tiers[i - 1].rate);
            // Casts are safe: rate <= scale < 2^32, and deduction < bound * rate < 2^96.
            // forge-lint: disable-next-item(unsafe-typecast)
            tiers[i] = Tier(lowerBounds[i], maxLeverages[i], uint32(rate), uint120(deduction), uint32(scale));
        }
    }

    /// @notice The tier that a notional falls into; a bound belongs to the tier above it.
    function tierAt(uint256 notional, Tier[] memory table) internal pure returns (Tier memory found) {
        found = table[0];
        for (uint256 i = 1; i < table.length; ++i) {
            if (notional >= table[i].lowerBound) found = table[i];
        }
    }

    /// @notice notional * rate - deduction in 1e-6 USD, down as the venue prints it (SPEC PM-06).
    function maintenanceMarginDown(uint256 notional, Tier[] memory table) internal pure returns (uint256) {
        Tier memory tier = tierAt(notional, table);
        return (notional * tier.rate - tier.deduction) / tier.scale;
    }

    /// @notice The size of the largest order that the tiers allow at a leverage, down (SPEC PM-27).
    function tierRoomDown(int256 szi, uint256 mark, bool isBuy, uint256 leverage, Tier[] memory table)
        internal
        pure
        returns (uint256)
    {
        for (uint256 i = 1; i < table.length; ++i) {
            if (leverage <= table[i].maxLeverage) continue;
            // Casts are safe: bounds have 64 bits.
            // forge-lint: disable-start(unsafe-typecast)
            int256 most = int256((uint256(table[i].lowerBound) - 1) / mark);
            int256 room = isBuy ? most - szi : most + szi;
            return room > 0 ? uint256(room) : 0;
            // forge-lint: disable-end(unsafe-typecast)
        }
        return INFINITE;
    }

    function lcm(uint256 a, uint256 b) private pure returns (uint256) {
        (uint256 x, uint256 y) = (a, b);
        while (y != 0) (x, y) = (y, x % y);
        // Exact: the divisor divides.
        // slither-disable-next-line divide-before-multiply
        return a / x * b;
    }
}
