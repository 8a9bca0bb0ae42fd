// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Which part of an account a liquidation step took.
enum Leg {
    DebtPartial,
    DebtFull,
    Perp,
    /// Perps pass to the backstop.
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

/// @notice How a step of a batch ended.
struct LiquidationOutcome {
    bool done;
    /// What it did, all zero where it was refused.
    LiquidationStep step;
    /// The error that refused it, encoded; empty where it was done.
    bytes reason;
}

/// @notice What the backstop took over of a token and has still to sell, token wei.
struct InventoryView {
    /// What was not yet due at that time.
    uint256 scheduled;
    uint256 scheduledAt;
    /// What is due by now.
    uint256 dueNow;
}

/// @title Liquidation: the debt leg, the perp leg, the backstop's sales and the loss waterfall
/// @notice The backstop account takes debt over together with collateral, and whoever calls needs no funds;
/// or the caller takes it over with funds of its own.
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
        address indexed account,
        uint64 indexed token,
        address indexed taker,
        uint256 amount,
        uint64 px,
        uint256 takeoverPx
    );
    /// @notice Debt that left the account; `loss` of it was not covered by collateral.
    event DebtTaken(
        address indexed account, uint64 indexed token, address indexed taker, uint256 amount, uint256 loss
    );
    /// @notice The part of the collateral taken that went to whoever triggered the step.
    event TriggerRewarded(
        address indexed account, address indexed caller, uint64 indexed token, uint256 amount
    );
    /// @notice The backstop sold what was due of its inventory; `proceeds` are wei of the quote token after
    /// the fee, `left` is what it has still to sell.
    event InventorySold(uint64 indexed token, uint256 amount, uint64 px, uint256 proceeds, uint256 left);
    /// @notice A reserve's buffer moved to the insurance account.
    event BufferSwept(uint64 indexed token, uint256 amount);
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
    /// @notice A step of a batch ended without a reason: for want of gas, whatever the account is. Give more,
    /// or name fewer accounts.
    error StepOutOfGas(address account);
    /// @notice Market maker, backstop and insurance are not liquidated.
    error NotAUserAccount(address account);

    /// @notice Not a lot of the token is due, or the backstop no longer holds it.
    error NothingToSell(uint64 token);
    /// @notice The buffer of this interval is swept; the next begins at `readyAt`.
    error BufferSweepTooEarly(uint64 token, uint256 readyAt, uint256 timestamp);
    /// @notice The policy sweeps no buffers.
    error BufferSweepOff(uint64 token);
    /// @notice The buffer holds less than a wei, or the reserve has no cash.
    error NothingToSweep(uint64 token);
    /// @notice The reserve has no deficit.
    error NoDeficit(uint64 token);
    /// @notice A deficit as large as all supply cannot be spread; pay it down first.
    error DeficitTooLarge(uint64 token, uint256 deficit, uint256 supplied);

    /// @notice Pay a reserve's deficit down from the wallet (SPEC LQ-10); anybody may.
    function coverDeficit(uint64 token, uint256 amount) external returns (uint256 paid);

    /// @notice Pay a reserve's deficit down from buffer and insurance (SPEC LQ-10); anybody may.
    function coverDeficitFromInsurance(uint64 token) external returns (uint256 covered);

    /// @notice Move a reserve's buffer to the insurance account, once an interval (SPEC LQ-19); anybody may.
    function sweepBuffer(uint64 token) external returns (uint256 swept);

    /// @notice Spread a reserve's deficit over its suppliers (SPEC LQ-11); the risk admin's last resort.
    function socialise(uint64 token) external returns (uint256 written);

    /// @notice Take one liquidation step on an account (SPEC LQ-01 to LQ-06).
    function liquidate(address account) external returns (LiquidationStep memory);

    /// @notice Take one liquidation step on an account, where it takes debt with own funds and for the
    /// account's collateral (SPEC LQ-23).
    function liquidateAsTaker(address account) external returns (LiquidationStep memory);

    /// @notice Take one liquidation step on each of some accounts, as `liquidate` does, or `liquidateAsTaker`
    /// where `asTaker` says so; one that is refused is left as it was and tells why (SPEC LQ-26).
    function liquidateBatch(address[] calldata accounts, bool asTaker)
        external
        returns (LiquidationOutcome[] memory);

    /// @notice Sell what is due of the backstop's inventory of a spot pair's base token, at the pair's price
    /// and against the market maker (SPEC LQ-18); anybody may.
    function sellInventory(uint32 pair) external;

    /// @notice What the backstop has still to sell of a token.
    function inventoryOf(uint64 token) external view returns (InventoryView memory);
}
