// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Account, AccountMargin, Mode} from "../libraries/AccountTypes.sol";

/// @notice What a survey tells of each account.
enum Look {
    /// `Account` as stored.
    Stored,
    /// `Account` as if swept.
    Swept,
    /// `AccountReport`.
    Margin
}

/// @notice A price to judge accounts at in place of the reported one: of a token or of a perp asset, on its
/// grid; zero stands for none.
struct PxOverride {
    uint64 id;
    uint64 px;
}

/// @notice What a keeper needs to know of an account.
struct AccountReport {
    /// As if swept, at the prices asked for.
    AccountMargin margin;
    /// Whether `liquidate` would take a step at this time: the account is a user's and beyond its trigger,
    /// the prices are young enough to say so (SPEC OR-02, OR-08), a leg applies and its turn has come, and
    /// nothing is paused.
    bool actionable;
    /// When the oldest price was reported that the answer rests on, whatever stands in its place; the largest
    /// number where it rests on none.
    uint40 oldestPxTime;
    /// When the next debt-leg step is allowed, where that is the leg and an episode runs; else zero.
    uint40 readyAt;
}

/// @title PortfolioMargin: one safety figure over spot, perps and borrow/lend
/// @notice The ratio, and what must hold after every action.
interface IPortfolioMargin {
    /// @notice A guardian has paused this kind of action; `bit` is its PAUSE_* bit (SPEC CR-07).
    error Paused(uint8 bit);
    /// @notice The action needs portfolio margin.
    error NotPortfolioMargin(Mode mode);
    /// @notice The account would end with a ratio (WAD) beyond the trigger.
    error RatioAboveTrigger(uint256 ratio, uint256 trigger);
    /// @notice Net debts (USD WAD) would exceed the collateral at its thresholds.
    error DebtAboveThreshold(uint256 netDebt, uint256 thresholdValue);
    /// @notice The account would borrow with a health factor (WAD) below one.
    error HealthFactorBelowOne(uint256 healthFactor);
    /// @notice A dex would hold less than its margin, 1e-6 of its collateral token.
    error InsufficientMargin(uint256 dexIndex, uint256 required, int256 available);
    /// @notice The account has no position in the asset.
    error NoPosition(address account, uint32 asset);
    /// @notice A token's price is older (seconds) than the policy allows for this action.
    error StalePrice(uint64 token, uint256 age, uint256 maximum);
    /// @notice A mark price is older (seconds) than the policy allows for this action.
    error StaleMark(uint32 asset, uint256 age, uint256 maximum);

    /// @notice Sweep an account; anybody may (SPEC PM-14).
    function sweep(address account) external;

    /// @notice The account as stored, with interest and funding up to now: the input of every margin
    /// formula.
    function accountOf(address account) external view returns (Account memory);

    /// @notice Margin figures of the account as if swept (SPEC PM-12). This is what liquidation looks at.
    function marginOf(address account) external view returns (AccountMargin memory);

    /// @notice Margin figures of the account as stored.
    function storedMarginOf(address account) external view returns (AccountMargin memory);

    /// @notice Many accounts in one walk, at the reported prices or others: `Account` or `AccountReport` of
    /// each, encoded. Of two prices of one id the last stands, and that of USDC is taken as it is: the lens
    /// refuses such prices, and goes around an account that cannot be read, where this reverts.
    function survey(
        address[] calldata accounts,
        Look look,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (bytes[] memory);

    /// @notice The price the venue displays beside a position (SPEC LQ-07), 1e-10 USD; not positive when
    /// no price liquidates. It is not the account's own trigger.
    function displayLiquidationPx(address account, uint32 asset) external view returns (int256);
}
