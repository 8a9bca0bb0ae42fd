// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Leg} from "./ILiquidation.sol";

/// @notice An isolated position and what it is margined with, 1e-6 of its dex's collateral token.
struct IsolatedPosition {
    /// Signed size, 10^-szDecimals.
    int64 szi;
    /// Notional at entry.
    uint128 entryNtl;
    uint8 leverage;
    /// Equity without the position's marked value, net of funding up to now.
    int128 isolatedUsd;
    int256 equity;
    uint256 initialMargin;
    uint256 maintenance;
    /// Mark at which maintenance is used up (SPEC LQ-08), 1e-10 USD; not positive when none does.
    int256 liquidationPx;
}

/// @title Isolated positions: outside the account check, with margin of their own
/// @notice A position's margin is the most it can cost, but for what the account brings to it (SPEC CH-07
/// to CH-11, LQ-20 to LQ-22).
interface IIsolatedPositions {
    /// @notice An account chose isolated or cross margin for an asset.
    event IsolatedSet(address indexed account, uint32 indexed asset, bool isolated);
    /// @notice Margin moved into an isolated position, or back to its account when negative.
    event IsolatedMarginMoved(address indexed account, uint32 indexed asset, int256 usd);
    /// @notice A liquidation step was taken on an isolated position, whose `PositionClosed` or
    /// `PositionTaken` went before; equity and maintenance are those before the step. What the backstop
    /// takes (`leg` PerpTakeover), it takes with the equity.
    event IsolatedLiquidated(
        address indexed account,
        uint32 indexed asset,
        address indexed caller,
        Leg leg,
        int256 equity,
        uint256 maintenance,
        bool liquidatable
    );

    /// @notice Isolated or cross is chosen while the account has no position in the asset.
    error PositionOpen(uint32 asset, int64 szi);
    /// @notice The isolated position would hold less than it must.
    error InsufficientIsolatedMargin(uint32 asset, uint256 required, int256 equity);
    /// @notice The isolated position has its maintenance.
    error IsolatedNotLiquidatable(address account, uint32 asset, int256 equity, uint256 maintenance);

    /// @notice Choose isolated or cross margin for the caller's positions in an asset (SPEC CH-07).
    function setIsolated(uint32 asset, bool isolated) external;

    /// @notice Bring margin to an isolated position, or take some out when negative, 1e-6 units; what is
    /// taken leaves it the transfer margin (SPEC CH-10).
    function updateIsolatedMargin(uint32 asset, int64 usd) external;

    /// @notice Take one liquidation step on an isolated position (SPEC LQ-20 to LQ-22); returns whether it is
    /// still liquidatable.
    function liquidateIsolated(address account, uint32 asset) external returns (bool liquidatable);

    /// @notice An isolated position and its figures at the mark, with funding up to now.
    function isolatedOf(address account, uint32 asset) external view returns (IsolatedPosition memory);
}
