// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Mode} from "./AccountTypes.sol";

/// @notice One token's pool. Amounts in token wei unless said.
/// @dev Four words: accrual writes the first and the third, supply and withdrawal the second, debt the second
/// and the third. The last is read only where a deficit stands or a buffer is swept. An account check reads
/// none of a reserve that was never lent.
struct Reserve {
    /// At most MAX_INDEX, both.
    uint104 supplyIndex;
    uint104 borrowIndex;
    uint40 accruedAt;
    /// RESERVE_* bits as last announced, and whether a deficit stands: `DeficitStore` tells them apart.
    uint8 status;
    uint128 supplyShares;
    /// Token wei the pool holds: supplied - borrowed + buffer - deficit, and the dust of roundings.
    uint128 cash;
    uint128 borrowShares;
    /// Liquidation buffer in 1e-9 token wei.
    uint128 buffer;
    /// Bad debt that no buffer and no insurance covered; `DeficitStore` reads and writes it.
    uint128 deficit;
    /// When the buffer was last swept to the insurance account.
    uint40 bufferSweptAt;
}

/// @notice One token of one account.
/// @dev The pool writes the first word. The second holds something only where the account's `idleBitmap` says
/// so, or for debt.
struct TokenBalance {
    /// Pool position: supply shares when positive, debt shares when negative.
    int128 shares;
    /// Value of the pool position when it was last touched, token wei.
    uint128 basis;
    /// Spot balance outside the pool, token wei.
    uint128 idle;
    /// Explicitly borrowed debt, which the sweep does not repay, token wei; never more than the debt.
    uint128 borrowFloor;
}

/// @notice One position of one account, cross or isolated.
/// @dev A check reads the first word alone; a fill writes the first two.
struct Position {
    /// Signed size, 10^-szDecimals.
    int64 szi;
    /// Chosen leverage; zero stands for the asset's maximum.
    uint8 leverage;
    /// Whether the account's position in the asset has margin of its own.
    bool isolated;
    /// Funding index of the asset when the position was last settled. It cannot overflow: an hour is worth
    /// less than 2^120, and there are less than 2^40 of them.
    int176 fundingIndex;
    /// Notional at entry, 1e-6 USD.
    uint128 entryNtl;
    /// Equity of the isolated position without its marked value, 1e-6 of its dex's collateral token.
    int128 isolatedUsd;
    /// Until when liquidation steps close the isolated position whole.
    uint40 coolingUntil;
}

/// @notice One account: which listing indexes it touches, and its liquidation clock.
struct AccountState {
    Mode mode;
    bool exists;
    uint64 tokenBitmap;
    /// Tokens with an idle balance.
    uint64 idleBitmap;
    uint32 dexBitmap;
    /// Until when perp-leg steps close whole positions.
    uint40 perpCoolingUntil;
    /// When the running episode took its last debt-leg step; zero without an episode.
    uint40 debtSteppedAt;
    /// Assets with a cross position.
    uint256 perpBitmap;
    /// Assets with an isolated position, which the account check does not see.
    uint256 isolatedBitmap;
    /// Dexes that caps or cash keep below their transfer margin: there the account has fallen back to
    /// ordinary margin. A part of `dexBitmap`.
    uint32 fallbackBitmap;
}

/// @notice An account's traded volume up to the end of a UTC day on which it traded.
struct DayVolume {
    /// Days since the epoch.
    uint32 day;
    /// Weighted volume of all days up to this one, 1e-6 USD.
    uint224 total;
}

/// @notice What the backstop took over of a token and has still to sell, token wei. One word.
struct Inventory {
    /// What is not yet due; it falls by half in every half-life.
    uint104 scheduled;
    /// What was due by then and is not sold.
    uint104 due;
    /// When both were so.
    uint40 scheduledAt;
}

/// @notice All storage of the venue. Inner keys are listing indexes.
struct VenueState {
    mapping(address account => AccountState) accounts;
    mapping(address account => mapping(uint256 token => TokenBalance)) balances;
    mapping(address account => mapping(uint256 dex => int128)) rawUsd;
    mapping(address account => mapping(uint256 perp => Position)) positions;
    mapping(address account => mapping(uint256 token => uint128)) episodeDebt;
    mapping(address account => mapping(address operator => bool)) operators;
    mapping(uint256 token => Reserve) reserves;
    mapping(uint256 token => Inventory) inventory;
    address[] accountList;
    mapping(address account => DayVolume[]) volumes;
    /// Tokens that were lent once, or whose loss was spread: the indexes of all others are one.
    uint64 lentBitmap;
}

/// @notice The accounts that take part in fills and liquidations.
struct Parties {
    address maker;
    address backstop;
    address insurance;
}
