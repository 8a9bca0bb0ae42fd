// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Which part of an account a liquidation step took.
enum Leg {
    DebtPartial,
    DebtFull,
    Perp
}

/// @notice What a liquidation step did; values in USD WAD.
struct LiquidationStep {
    Leg leg;
    uint256 debtValue;
    uint256 collateralValue;
    uint256 loss;
    /// Whether the account is still liquidatable.
    bool liquidatable;
}

/// @title Liquidation: the debt leg, the perp leg and the loss waterfall
/// @notice The backstop account takes debt over together with collateral; whoever calls needs no funds.
interface ILiquidation {
    /// @notice A step began on the account.
    event Liquidated(
        address indexed account,
        address indexed caller,
        Leg leg,
        uint256 debtValue,
        uint256 collateralValue,
        uint256 loss,
        bool liquidatable
    );
    /// @notice Collateral that left the account, its oracle price and its takeover price (spot grid).
    event CollateralTaken(
        address indexed account, uint64 indexed token, uint256 amount, uint64 px, uint256 takeoverPx
    );
    /// @notice Debt that left the account; `loss` of it was not covered by collateral.
    event DebtTaken(address indexed account, uint64 indexed token, uint256 amount, uint256 loss);
    /// @notice Where a loss went, in order: buffer, insurance account, deficit of the reserve.
    event LossCovered(uint64 indexed token, uint256 buffer, uint256 insurance, uint256 deficit);
    /// @notice A position was closed, in part or whole, at the mark.
    event PositionClosed(address indexed account, uint32 indexed asset, int64 szi, uint64 px, uint256 fee);

    /// @notice The account is not beyond its trigger.
    error NotLiquidatable(address account, uint256 ratio, uint256 trigger);
    /// @notice The account is liquidatable, but neither leg applies: no perps, and health factor >= 1.
    error NothingToLiquidate(address account, uint256 healthFactor);
    /// @notice The next debt-leg step is allowed from `readyAt` on.
    error StepTooEarly(uint256 readyAt, uint256 timestamp);
    /// @notice The market maker and the backstop are not liquidated.
    error NotAUserAccount(address account);

    /// @notice Take one liquidation step on an account (SPEC LQ-01 to LQ-06).
    function liquidate(address account) external returns (LiquidationStep memory);
}
