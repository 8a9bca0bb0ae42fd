// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LN2, RateMath} from "./RateMath.sol";
import {INFINITE, PERP_DECIMALS, PPM, RAY, WAD, WadMath} from "./WadMath.sol";

/// @dev Decimals of a displayed liquidation price.
uint256 constant DISPLAY_DECIMALS = 10;

/// @notice How a step splits the value of debt and collateral, USD WAD.
struct Takeover {
    /// Debt that leaves the account.
    uint256 debt;
    /// Part of every collateral balance that leaves with it, WAD.
    uint256 share;
    /// Part of the debt that the collateral taken does not cover, borne by the waterfall.
    uint256 loss;
}

/// @title Steps of the debt leg, the perp leg, and the venue's displayed price
/// @notice Twin of `pmkit/liquidation.py`, where each formula is explained.
library LiquidationMath {
    using WadMath for uint256;

    /// @notice The debt of one step: a part (WAD) of the episode's debt, at least a minimum (SPEC LQ-03).
    function stepDebtUp(uint256 debtAtStart, uint256 debt, uint256 step, uint256 minimum)
        internal
        pure
        returns (uint256)
    {
        uint256 part = debtAtStart.mulDivUp(step, WAD);
        if (part < minimum) part = minimum;
        return part < debt ? part : debt;
    }

    /// @notice A partial-band step: collateral for debt at the takeover price (SPEC LQ-03).
    function partialTakeover(uint256 debt, uint256 takeoverValue) internal pure returns (Takeover memory) {
        uint256 share = debt.mulDivDown(WAD, takeoverValue);
        return Takeover(debt, share < WAD ? share : WAD, 0);
    }

    /// @notice A share (WAD) of collateral, cut to where its value is worth the width; zero is none (SPEC
    /// LQ-25).
    function widthShareDown(uint256 share, uint256 value, uint256 width) internal pure returns (uint256) {
        if (width == 0 || value <= width) return share;
        uint256 most = width.mulDivDown(WAD, value);
        return share < most ? share : most;
    }

    /// @notice The full-band step: all collateral and all net debt (SPEC LQ-04).
    function fullTakeover(uint256 debt, uint256 collateralValue) internal pure returns (Takeover memory) {
        return Takeover(debt, WAD, debt > collateralValue ? debt - collateralValue : 0);
    }

    /// @notice The part (millionths) of the collateral taken that goes to whoever triggered the step: no
    /// more than it is worth beyond the debt (SPEC LQ-24).
    function rewardPpmDown(uint256 rewardPpm, uint256 debt, uint256 collateral)
        internal
        pure
        returns (uint256)
    {
        if (collateral <= debt) return 0;
        uint256 most = (collateral - debt).mulDivDown(PPM, collateral);
        return rewardPpm < most ? rewardPpm : most;
    }

    /// @notice The size that a perp-leg step closes (SPEC LQ-06).
    function perpCloseUp(int256 szi, uint256 notional, uint256 threshold, uint256 part, bool cooling)
        internal
        pure
        returns (uint256)
    {
        uint256 size = abs(szi);
        if (notional <= threshold || cooling) return size;
        return size.mulDivUp(part, WAD);
    }

    /// @notice The price the venue displays beside a position, 1e-10 USD, down (SPEC LQ-07).
    /// @dev `available` is the collateral token's available after maintenance in 1e-10 USD.
    function displayLiquidationPxDown(
        uint256 mark,
        int256 szi,
        uint256 szDecimals,
        int256 available,
        uint256 maxLeverage
    ) internal pure returns (int256) {
        int256 side = szi > 0 ? int256(1) : int256(-1);
        // Casts are safe: decimals and leverage are small, and sizes are 64 bits wide.
        // forge-lint: disable-next-item(unsafe-typecast)
        int256 numerator = available * side * int256(10 ** szDecimals * 2 * maxLeverage);
        // forge-lint: disable-next-item(unsafe-typecast)
        int256 denominator = int256(abs(szi)) * (int256(2 * maxLeverage) - side);
        int256 distance = numerator / denominator;
        // Division truncates toward zero: a positive distance rounds up so that the price rounds down.
        if (numerator > 0 && numerator % denominator != 0) ++distance;
        // forge-lint: disable-next-item(unsafe-typecast)
        return int256(mark * 10 ** (DISPLAY_DECIMALS - PERP_DECIMALS + szDecimals)) - distance;
    }

    /// @notice The liquidation price of an isolated position, 1e-10 USD, down (SPEC LQ-08).
    /// @dev `margin` and `maintenance` in 1e-6 USD.
    function isolatedLiquidationPxDown(
        uint256 mark,
        int256 szi,
        uint256 szDecimals,
        int256 margin,
        int256 maintenance,
        uint256 maxLeverage
    ) internal pure returns (int256) {
        int256 spare = (margin - maintenance) * int256(10 ** (DISPLAY_DECIMALS - PERP_DECIMALS));
        return displayLiquidationPxDown(mark, szi, szDecimals, spare, maxLeverage);
    }

    /// @notice A position's place in the queue of auto-deleveraging, WAD, down (SPEC LQ-16).
    /// @dev `entryNtl` is what the position was opened for, 1e-6 USD; entry = entryNtl / |szi|.
    function adlIndexDown(uint256 mark, uint256 entryNtl, int256 szi, uint256 notional, int256 accountValue)
        internal
        pure
        returns (uint256)
    {
        if (notional == 0) return 0;
        if (accountValue <= 0) return INFINITE;
        // The cast is safe: the sign is known.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (mark * abs(szi) * notional).mulDivDown(WAD, entryNtl * uint256(accountValue));
    }

    /// @notice What is left of an amount that is sold by half in every half-life, up (SPEC LQ-17).
    function remainingUp(uint256 amount, uint256 elapsed, uint256 halfLife) internal pure returns (uint256) {
        if (halfLife == 0) return 0;
        uint256 halvings = elapsed / halfLife;
        // Amounts have 128 bits: so many halvings leave one unit of any.
        if (halvings > 128) halvings = 128;
        uint256 exponent = (elapsed % halfLife).mulDivDown(LN2, halfLife * 1e9);
        return amount.mulDivUp(RAY, (RAY + RateMath.expm1(exponent)) << halvings);
    }

    /// @notice Whether maintenance exceeds the backstop ratio (WAD) times the equity of positions: at 1.5
    /// they have less than two thirds of it (SPEC LQ-13, LQ-21).
    function isBelowBackstop(int256 equity, uint256 maintenance, uint256 backstopRatio)
        internal
        pure
        returns (bool)
    {
        // Casts are safe: margins are sums of products of 64-bit numbers, and a ratio is one.
        // forge-lint: disable-next-line(unsafe-typecast)
        return maintenance != 0 && equity * int256(backstopRatio) < int256(maintenance * WAD);
    }

    function abs(int256 value) internal pure returns (uint256) {
        // Casts are safe: the sign is known.
        // forge-lint: disable-next-item(unsafe-typecast)
        return value < 0 ? uint256(-value) : uint256(value);
    }
}
