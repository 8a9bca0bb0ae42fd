// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice One reserve with interest up to now; amounts in token wei, rates and utilization RAY.
struct ReserveView {
    uint64 token;
    uint256 supplyIndex;
    uint256 borrowIndex;
    uint256 supplied;
    uint256 borrowed;
    uint256 cash;
    uint256 buffer;
    uint256 deficit;
    uint256 utilization;
    uint256 borrowRate;
    uint256 supplyRate;
}

/// @dev What limits a reserve (SPEC BL-20), as `reserveStatus` answers it: nothing is left to lend or to
/// pay out while something is owed.
uint8 constant RESERVE_FULLY_USED = 1;
/// @dev The global supply cap is reached.
uint8 constant RESERVE_SUPPLY_CAPPED = 2;
/// @dev The global borrow cap is reached.
uint8 constant RESERVE_BORROW_CAPPED = 4;
/// @dev Supply waits, since the deficit exceeds the insurance account's balance.
uint8 constant RESERVE_LOCKED = 8;

/// @title BorrowLendPool: reserves with continuous interest
/// @notice Amounts are token wei of the venue. Tokens come from and go to the caller's wallet as
/// ERC-20; the wallet pays in whole units of the ERC-20, rounded up, and is credited for all it pays.
/// `type(uint256).max` stands for everything (SPEC BL-14). An ERC-20 moves exactly, or is refused (SPEC
/// BL-17).
interface IBorrowLendPool {
    /// @notice A wallet paid into a spot balance.
    event Deposited(address indexed account, uint64 indexed token, uint256 amount, address payer);
    /// @notice A wallet supplied to the pool.
    event Supplied(address indexed account, uint64 indexed token, uint256 amount, address payer);
    /// @notice An account paid out to a wallet.
    event Withdrawn(address indexed account, uint64 indexed token, uint256 amount, address to);
    /// @notice An account borrowed explicitly.
    event Borrowed(address indexed account, uint64 indexed token, uint256 amount);
    /// @notice A wallet repaid debt.
    event Repaid(address indexed account, uint64 indexed token, uint256 amount, address payer);

    /// @notice An action left a reserve in other states (RESERVE_* bits) than last announced (SPEC BL-21).
    event ReserveStatusSet(uint64 indexed token, uint8 bitsBefore, uint8 bitsNow);

    /// @notice An amount of zero does nothing.
    error ZeroAmount();
    /// @notice The account does not have that much of its own to take out.
    error InsufficientBalance(uint64 token, uint256 requested, uint256 available);
    /// @notice The pool does not hold that much now.
    error InsufficientCash(uint64 token, uint256 requested, uint256 available);
    /// @notice Supply waits while the reserve's deficit exceeds the insurance (SPEC LQ-12).
    error WithdrawLocked(uint64 token, uint256 deficit, uint256 insurance);
    /// @notice A supply cap leaves less room.
    error SupplyCapExceeded(uint64 token, uint256 requested, uint256 room);
    /// @notice A borrow cap leaves less room.
    error BorrowCapExceeded(uint64 token, uint256 requested, uint256 room);
    /// @notice The token cannot be borrowed.
    error NotBorrowable(uint64 token);
    /// @notice As much of the token is supplied; withdraw or trade that.
    error BorrowWhileSupplied(uint64 token, uint256 supplied);
    /// @notice There is no debt to repay.
    error NoDebt(uint64 token);
    /// @notice The wallet's token moves in larger units; `unit` is the smallest amount, token wei.
    error InexactAmount(uint64 token, uint256 amount, uint256 unit);
    /// @notice Another amount than asked left the one wallet, or came into the other, in the ERC-20's units.
    error TransferMismatch(uint64 token, uint256 expected, uint256 moved);

    /// @notice Move tokens from the wallet to the spot balance of `account` (SPEC BL-09).
    function deposit(uint64 token, uint256 amount, address account) external returns (uint256 credited);

    /// @notice Supply tokens from the wallet to the pool for `account` (SPEC BL-10); debt in the token is
    /// repaid first.
    function supply(uint64 token, uint256 amount, address account) external returns (uint256 credited);

    /// @notice Take own balance out to a wallet (SPEC BL-11): idle balance first, then supply. Borrowed
    /// money never leaves. Health factor and ratio must hold afterwards.
    function withdraw(uint64 token, uint256 amount, address to) external returns (uint256 withdrawn);

    /// @notice Borrow into the spot balance and raise the floor that the sweep leaves (SPEC BL-12).
    function borrow(uint64 token, uint256 amount) external;

    /// @notice Repay debt of `account` from the wallet and lower its floor (SPEC BL-13). Never fails but
    /// for the wallet's own balance.
    function repay(uint64 token, uint256 amount, address account) external returns (uint256 repaid);

    /// @notice Store interest up to now (SPEC BL-05).
    function accrue(uint64 token) external;

    /// @notice What limits a reserve with interest up to now, RESERVE_* bits (SPEC BL-20).
    function reserveStatus(uint64 token) external view returns (uint8);

    /// @notice A reserve with interest up to now.
    function reserveOf(uint64 token) external view returns (ReserveView memory);
}
