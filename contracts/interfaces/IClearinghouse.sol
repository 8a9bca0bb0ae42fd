// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Mode} from "../libraries/AccountTypes.sol";

/// @notice One of two orders that the matcher brings together; for spot, reduce-only says nothing.
struct Side {
    address account;
    uint64 limitPx;
    bool reduceOnly;
}

/// @title Clearinghouse: spot and perp orders, transfers
/// @notice There is no order book: an order fills at once, at the mark (perps) or the spot price,
/// against the market maker account, or not at all (SPEC CH-01). Asset ids are the venue's: perps by
/// their id, spot as 10000 + pair. Sizes are 10^-szDecimals, prices 10^-(6 - szDecimals) for perps and
/// 10^-(8 - szDecimals) for spot.
interface IClearinghouse {
    /// @notice An order was filled, in the venue's units; the fee is in perp USD, or in wei of what was
    /// bought.
    event Filled(
        address indexed account, uint32 indexed asset, bool isBuy, uint64 px, uint64 sz, uint256 fee
    );
    /// @notice Two accounts' orders filled each other; the taker paid the fee, in perp USD, or in wei of what
    /// it bought (SPEC CH-20).
    event Matched(
        address indexed buyer,
        address indexed seller,
        uint32 indexed asset,
        uint64 px,
        uint64 sz,
        bool buyerTakes,
        uint256 fee
    );
    /// @notice Spot balance moved between accounts.
    event SpotSent(address indexed account, address indexed to, uint64 indexed token, uint256 amount);
    /// @notice Margin moved into a dex, or out of it when negative.
    event PerpTransferred(address indexed account, uint32 indexed dex, int256 usd);

    /// @notice A size of zero, or one beyond the number range.
    error InvalidSize(uint64 sz);
    /// @notice The price is beyond the order's limit.
    error LimitPriceCrossed(uint64 limitPx, uint64 px);
    /// @notice A reduce-only order would not reduce; `szi` is the position.
    error ReduceOnlyViolated(int64 szi, uint64 sz);
    /// @notice The market maker cannot take the other side.
    error MakerCapacity(uint256 required, int256 available);
    /// @notice A price was never set for the pair.
    error SpotPriceMissing(uint32 pair);
    /// @notice Unified and portfolio-margin accounts are swept; only standard accounts move margin.
    error NotStandardMode(Mode mode);
    /// @notice Nobody trades with itself, the market maker neither.
    error SelfTrade(address account);

    /// @notice Fill an order of the caller (SPEC CH-02 perps, CH-03 spot).
    function order(uint32 asset, bool isBuy, uint64 limitPx, uint64 sz, bool reduceOnly) external;

    /// @notice Fill the orders of two accounts, which have approved the caller as their operator, against
    /// each other at a price within both limits (SPEC CH-20 to CH-22). Needs the matcher's role.
    function matchOrders(
        uint32 asset,
        Side calldata buyer,
        Side calldata seller,
        uint64 px,
        uint64 sz,
        bool buyerTakes
    ) external;

    /// @notice Move margin between spot and a perp dex of a standard account (SPEC CH-04), 1e-6 units;
    /// what leaves a dex leaves it with the transfer margin.
    function transferPerp(uint32 dex, uint64 usd, bool toPerp) external;

    /// @notice Send own balance to another account of the venue (SPEC CH-05), token wei.
    function spotSend(address to, uint64 token, uint256 amount) external;
}
