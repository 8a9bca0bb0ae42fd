// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Which part of an account a liquidation step took.
enum Leg {
    DebtPartial,
    DebtFull,
    Perp,
    /// All perps pass to the backstop.
    PerpTakeover,
    /// What a dex without positions is short of is filled.
    Settle
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
    /// @notice A deficit was paid down; `left` is what remains.
    event DeficitCovered(
        uint64 indexed token, address indexed payer, uint256 buffer, uint256 paid, uint256 left
    );
    /// @notice A deficit was spread over the suppliers: their index fell, RAY.
    event Socialised(uint64 indexed token, uint256 amount, uint256 indexBefore, uint256 indexAfter);
    /// @notice A position was closed, in part or whole, at the mark.
    event PositionClosed(address indexed account, uint32 indexed asset, int64 szi, uint64 px, uint256 fee);

    /// @notice A position passed to the backstop at the mark.
    event PositionTaken(address indexed account, uint32 indexed asset, int64 szi, uint64 px);

    /// @notice The account is not beyond its trigger.
    error NotLiquidatable(address account, uint256 ratio, uint256 trigger);
    /// @notice The account is liquidatable, but neither leg applies: no perps, and health factor >= 1.
    error NothingToLiquidate(address account, uint256 healthFactor);
    /// @notice Nobody liquidates an account of their own (SPEC LQ-15).
    error SelfLiquidation(address account);
    /// @notice The next debt-leg step is allowed from `readyAt` on.
    error StepTooEarly(uint256 readyAt, uint256 timestamp);
    /// @notice Market maker, backstop and insurance are not liquidated.
    error NotAUserAccount(address account);

    /// @notice The reserve has no deficit.
    error NoDeficit(uint64 token);
    /// @notice A deficit as large as all supply cannot be spread; pay it down first.
    error DeficitTooLarge(uint64 token, uint256 deficit, uint256 supplied);

    /// @notice Pay a reserve's deficit down from the wallet (SPEC LQ-10); anybody may.
    function coverDeficit(uint64 token, uint256 amount) external returns (uint256 paid);

    /// @notice Pay a reserve's deficit down from buffer and insurance (SPEC LQ-10); anybody may.
    function coverDeficitFromInsurance(uint64 token) external returns (uint256 covered);

    /// @notice Spread a reserve's deficit over its suppliers (SPEC LQ-11); the risk admin's last resort.
    function socialise(uint64 token) external returns (uint256 written);

    /// @notice Take one liquidation step on an account (SPEC LQ-01 to LQ-06).
    function liquidate(address account) external returns (LiquidationStep memory);
}
