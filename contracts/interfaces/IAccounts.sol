// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Mode} from "../libraries/AccountTypes.sol";
import {AccountState, Position, TokenBalance} from "../libraries/VenueState.sol";

/// @title Accounts: modes, leverage, and what is stored of them
/// @notice An account is an address; it exists from its first balance on.
interface IAccounts {
    /// @notice An account changed its mode.
    event ModeSet(address indexed account, Mode mode);
    /// @notice An account chose its leverage for an asset.
    event LeverageSet(address indexed account, uint32 indexed asset, uint8 leverage);

    /// @notice An account let another act for it, or no longer.
    event OperatorSet(address indexed account, address indexed operator, bool approved);

    /// @notice The caller may not act for the account.
    error NotOperator(address account, address caller);
    /// @notice Only the venue's core speaks for others; zero stands for none.
    error NotCore(address caller, address core);
    /// @notice Operators may trade and manage debt; leaving, sending and modes stay the account's own.
    error OwnerOnly(address account, address caller);
    /// @notice The venue itself has no key: nobody could ever take out what it received.
    error NotAReceiver(address receiver);
    /// @notice The call at this place (from zero) may not stand in a batch, or not there (SPEC AC-15).
    error NotInBatch(uint256 place);
    /// @notice Acting for an account does not nest.
    error ActingAlready(address account);
    /// @notice None of the venue's calls begins like that, or its arguments are not of their types.
    error UnknownCall(bytes4 selector);
    /// @notice Modes change only without positions; `perps` is the bitmap of what is open.
    error PositionsOpen(uint256 perps);
    /// @notice Portfolio margin is left only without debt.
    error DebtOpen(uint64 token, uint256 borrowed);
    /// @notice Portfolio margin is not open to the account (SPEC AC-10); all in 1e-6 USD, 2^64 - 1 for no
    /// condition.
    error EnablingRefused(
        uint256 volume, uint256 minVolume, int256 value, uint256 minValue, uint256 maxValue
    );
    /// @notice A perp dex still holds equity; move it to spot first.
    error DexEquityOpen(uint256 dexIndex, int256 rawUsd);
    /// @notice Leverage must be at least one and at most the asset's maximum.
    error LeverageOutOfRange(uint32 asset, uint256 leverage, uint256 maximum);

    /// @notice Set the caller's mode (SPEC AC-02). Needs no open positions, no debt and no dex equity, and,
    /// on the way into portfolio margin, what the policy asks for (SPEC AC-10).
    function setMode(Mode mode) external;

    /// @notice Let another address act for the caller, or no longer (SPEC AC-05).
    function approveOperator(address operator, bool approved) external;

    /// @notice Run one of the venue's calls for an account that has approved the caller (SPEC AC-05).
    /// Wallets stay the caller's.
    function onBehalf(address account, bytes calldata call) external returns (bytes memory);

    /// @notice Run one of the venue's calls for a sub-account of the caller (SPEC AC-06).
    function forSubAccount(uint32 index, bytes calldata call) external returns (bytes memory);

    /// @notice Run one of the venue's calls as if an account had made it (SPEC AC-08): the core's way to
    /// apply what the account asked for elsewhere. Wallets and roles stay the core's.
    function forCore(address account, bytes calldata call) external returns (bytes memory);

    /// @notice Run several of the venue's calls of one account, with one account check at the end (SPEC AC-14
    /// to AC-16); returns what each of them returned, encoded.
    function batch(bytes[] calldata calls) external returns (bytes[] memory);

    /// @notice The address of a master's sub-account (SPEC AC-06): an account like others, margined apart.
    function subAccountOf(address master, uint32 index) external pure returns (address);

    /// @notice Whether an address may act for an account.
    function isOperator(address account, address operator) external view returns (bool);

    /// @notice Set the caller's leverage for an asset (SPEC AC-03), for initial margin.
    function setLeverage(uint32 asset, uint8 leverage) external;

    /// @notice The stored state of an account.
    function accountState(address account) external view returns (AccountState memory);

    /// @notice The stored balance of a token by id.
    function balanceOf(address account, uint64 token) external view returns (TokenBalance memory);

    /// @notice The stored position in a perp asset by id.
    function positionOf(address account, uint32 asset) external view returns (Position memory);

    /// @notice What a position has to pay in funding since it was last settled, 1e-6 of its dex's
    /// collateral token; negative when it receives (SPEC FD-07).
    function fundingDueOf(address account, uint32 asset) external view returns (int256);

    /// @notice The stored equity in a dex by id, 1e-6 of its collateral token, without positions' value and
    /// without the funding they owe.
    function rawUsdOf(address account, uint32 dex) external view returns (int128);

    /// @notice What an account has traded, perps once and spot twice, 1e-6 USD: over the policy's window of
    /// days, and ever (SPEC AC-11).
    function volumeOf(address account) external view returns (uint256 recent, uint256 total);

    /// @notice Accounts seen so far, from `start` on, at most `limit` of them; and how many there are.
    function accounts(uint256 start, uint256 limit)
        external
        view
        returns (address[] memory page, uint256 total);
}
