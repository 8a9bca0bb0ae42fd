// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Tier} from "./TierMath.sol";

/// @notice How an account is margined (SPEC AC-01).
enum Mode {
    Standard,
    Unified,
    PortfolioMargin
}

/// @notice The venue's four states of an account (SPEC LQ-05).
enum Health {
    Healthy,
    AtRisk,
    MarketLiquidatable,
    BackstopLiquidatable
}

/// @notice One token of an account: parameters, balances, and the room the pool leaves. Token wei.
struct TokenState {
    /// The venue's token id.
    uint64 token;
    /// Borrow oracle price, 10^-(8 - szDecimals) USD; zero when unknown.
    uint64 px;
    uint8 weiDecimals;
    uint8 szDecimals;
    uint16 ltvBps;
    bool borrowable;
    uint128 userSupplyCap;
    uint128 userBorrowCap;
    uint128 idle;
    uint128 supplied;
    uint128 borrowed;
    uint128 borrowFloor;
    uint128 supplyRoom;
    uint128 borrowRoom;
    uint128 cash;
}

/// @notice One perp dex of an account.
struct DexState {
    /// Index of the dex's collateral token in `Account.tokens`.
    uint256 collateral;
    /// Equity without the positions' marked value, 1e-6 of the collateral token.
    int128 rawUsd;
}

/// @notice One cross position.
struct PerpState {
    /// The venue's asset id.
    uint32 asset;
    /// Index in `Account.dexes`.
    uint256 dex;
    /// Signed size, 10^-szDecimals.
    int64 szi;
    /// Mark price, 10^-(6 - szDecimals) USD; zero when unknown.
    uint64 mark;
    uint8 leverage;
    Tier[] table;
}

/// @notice The choices that the venue's documents leave open, as far as margin depends on them. Only sweeps
/// read the second word.
struct MarginPolicy {
    /// Ratio (WAD) beyond which an account is liquidatable.
    uint64 trigger;
    /// Whether the trigger itself is already beyond.
    bool triggerInclusive;
    /// USD (WAD) added to the requirement of a token with net debt.
    uint128 borrowOffset;
    /// Whether the sweep stops borrowing where the health factor would fall below one.
    bool strictLtv;
    /// Whether the borrow cap bounds what each collateral carries, not their sum.
    bool capEach;
    /// Whether net debts beyond the collateral at its thresholds liquidate, whatever the ratio.
    bool secondTrigger;
    /// Whether a dex below maintenance liquidates, whatever the ratio; a standard account's always does.
    bool perpShortfallTrigger;
    /// Equity (1e-6 USD) beyond its transfer margin that the sweep leaves in a dex.
    uint64 sweepDust;
}

/// @notice Everything that the margin of one account depends on.
struct Account {
    Mode mode;
    TokenState[] tokens;
    DexState[] dexes;
    PerpState[] perps;
    MarginPolicy policy;
}

/// @notice Margin figures of one dex, 1e-6 of its collateral token.
struct DexMargin {
    int256 accountValue;
    uint256 notional;
    uint256 initialMargin;
    uint256 maintenance;
    /// Equity that the sweep keeps in the dex.
    uint256 transferMargin;
}

/// @notice Margin figures of one token, token wei.
struct TokenMargin {
    int256 netTotal;
    uint256 maintenance;
    uint256 borrowCapacity;
    uint256 requirement;
    uint256 liquidationValue;
}

/// @notice Margin figures of an account; USD values and ratios are WAD.
struct AccountMargin {
    TokenMargin[] tokens;
    DexMargin[] dexes;
    uint256 ratio;
    uint256 netDebt;
    uint256 shortfall;
    uint256 grossDebt;
    uint256 borrowPower;
    uint256 thresholdValue;
    uint256 takeoverValue;
    uint256 healthFactor;
    bool perpShortfall;
    bool liquidatable;
    Health health;
}

/// @notice What the sweep does to one token, token wei.
struct TokenSweep {
    uint256 supply;
    uint256 withdraw;
    uint256 borrow;
    uint256 repay;
    uint256 idle;
}

/// @notice What the sweep does to an account.
struct Sweep {
    TokenSweep[] tokens;
    /// Per dex: perp USD (1e-6) moved into the dex, negative out of it.
    int256[] dexTransfers;
    /// Per dex: perp USD (1e-6) that it still lacks of its transfer margin.
    uint256[] dexLacks;
}
