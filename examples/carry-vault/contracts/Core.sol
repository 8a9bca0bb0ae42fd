// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title HyperCore as a contract on HyperEVM sees it: reads by precompile, writes by CoreWriter
/// @notice Addresses, encodings and units are the chain's own, and nothing else is known here. A read sees
/// Core before the block's own actions; an action is carried out after the block, or not, and nobody is told.
library Core {
    struct Position {
        int64 szi;
        uint64 entryNtl;
        int64 isolatedRawUsd;
        uint32 leverage;
        bool isIsolated;
    }

    struct SpotBalance {
        uint64 total;
        uint64 hold;
        uint64 entryNtl;
    }

    struct BasisAndValue {
        uint64 basis;
        uint64 value;
    }

    struct UserState {
        BasisAndValue borrow;
        BasisAndValue supply;
    }

    struct ReserveState {
        uint64 borrowYearlyRateBps;
        uint64 supplyYearlyRateBps;
        uint64 balance;
        uint64 utilizationBps;
        uint64 oraclePx;
        uint64 ltvBps;
        uint64 totalSupplied;
        uint64 totalBorrowed;
    }

    struct MarginSummary {
        int64 accountValue;
        uint64 marginUsed;
        uint64 ntlPos;
        int64 rawUsd;
    }

    struct PerpInfo {
        string coin;
        uint32 marginTableId;
        uint8 szDecimals;
        uint8 maxLeverage;
        bool onlyIsolated;
    }

    struct SpotInfo {
        string name;
        uint64[2] tokens;
    }

    struct TokenInfo {
        string name;
        uint64[] spots;
        uint64 deployerTradingFeeShare;
        address deployer;
        address evmContract;
        uint8 szDecimals;
        uint8 weiDecimals;
        int8 evmExtraWeiDecimals;
    }

    address internal constant WRITER = 0x3333333333333333333333333333333333333333;
    address internal constant DEPOSIT_WALLET = 0x6B9E773128f453f5c2C60935Ee2DE2CBc5390A24;
    address internal constant HYPE_SYSTEM = 0x2222222222222222222222222222222222222222;
    uint160 private constant TOKEN_SYSTEM = uint160(0x20) << 152;

    address private constant SPOT_BALANCE = address(0x801);
    address private constant MARK_PX = address(0x806);
    address private constant SPOT_PX = address(0x808);
    address private constant PERP_INFO = address(0x80a);
    address private constant SPOT_INFO = address(0x80b);
    address private constant TOKEN_INFO = address(0x80C);
    address private constant MARGIN_SUMMARY = address(0x80F);
    address private constant USER_EXISTS = address(0x810);
    address private constant USER_STATE = address(0x811);
    address private constant RESERVE_STATE = address(0x812);
    address private constant POSITION = address(0x813);

    /// @dev What a read is given: one that fails burns all of it. The chain's own precompiles take a tenth.
    uint256 private constant STIPEND = 200_000;
    /// @dev What one is given that a local chain's stand-in walks the account or the listing for.
    uint256 private constant LONG_STIPEND = 600_000;

    uint64 internal constant USDC = 0;
    uint64 internal constant HYPE = 150;
    uint32 internal constant SPOT_DEX = type(uint32).max;
    /// @dev Asset ids of spot pairs begin here.
    uint32 internal constant SPOT_ASSETS = 10_000;

    uint24 private constant LIMIT_ORDER = 1;
    uint24 private constant SPOT_SEND = 6;
    uint24 private constant BORROW_LEND = 15;
    uint24 private constant SET_ABSTRACTION = 16;

    uint8 internal constant IMMEDIATE_OR_CANCEL = 3;
    uint8 internal constant SUPPLY = 0;
    uint8 internal constant WITHDRAW = 1;
    uint8 internal constant DISABLED = 1;
    uint8 internal constant PORTFOLIO_MARGIN = 3;

    /// @notice A precompile did not answer.
    error ReadFailed(address precompile);
    /// @notice The transaction has too little gas left to tell a failed read from one without gas.
    error TooLittleGas(uint256 left, uint256 required);

    // Reads

    /// @notice Whether an account is on Core. Actions of one that is not are dropped.
    function exists(address user) internal view returns (bool) {
        return abi.decode(_read(USER_EXISTS, abi.encode(user), STIPEND), (bool));
    }

    /// @notice A spot balance, token wei.
    function spotBalance(address user, uint64 token) internal view returns (SpotBalance memory) {
        return abi.decode(_read(SPOT_BALANCE, abi.encode(user, token), LONG_STIPEND), (SpotBalance));
    }

    /// @notice A perp position; szi in 10^-szDecimals coins, below zero for a short one.
    function position(address user, uint32 perp) internal view returns (Position memory) {
        return abi.decode(_read(POSITION, abi.encode(user, perp), STIPEND), (Position));
    }

    /// @notice What an account has borrowed and supplied of a token, token wei: nothing where the read fails,
    /// as it does for an account that never did either.
    function userState(address user, uint64 token) internal view returns (UserState memory state) {
        (bool ok, bytes memory answer) = _tryRead(USER_STATE, abi.encode(user, token), STIPEND);
        if (ok) state = abi.decode(answer, (UserState));
    }

    /// @notice A token's reserve: rates, utilization and LTV in basis points, amounts in token wei, the price
    /// in 10^-(8 - szDecimals) USD.
    function reserveState(uint64 token) internal view returns (ReserveState memory) {
        return abi.decode(_read(RESERVE_STATE, abi.encode(token), STIPEND), (ReserveState));
    }

    /// @notice An account on a perp dex, 1e-6 USD.
    function marginSummary(uint32 dex, address user) internal view returns (MarginSummary memory) {
        return abi.decode(_read(MARGIN_SUMMARY, abi.encode(dex, user), LONG_STIPEND), (MarginSummary));
    }

    /// @notice Mark price of a perp, 10^-(6 - szDecimals) USD.
    function markPx(uint32 perp) internal view returns (uint64) {
        return abi.decode(_read(MARK_PX, abi.encode(perp), STIPEND), (uint64));
    }

    /// @notice Price of a spot pair, 10^-(8 - szDecimals of the base).
    function spotPx(uint32 pair) internal view returns (uint64) {
        return abi.decode(_read(SPOT_PX, abi.encode(uint64(pair)), STIPEND), (uint64));
    }

    /// @notice What is listed as a perp.
    function perpInfo(uint32 perp) internal view returns (PerpInfo memory) {
        return abi.decode(_read(PERP_INFO, abi.encode(perp), STIPEND), (PerpInfo));
    }

    /// @notice What is listed as a spot pair.
    function spotInfo(uint32 pair) internal view returns (SpotInfo memory) {
        return abi.decode(_read(SPOT_INFO, abi.encode(uint64(pair)), STIPEND), (SpotInfo));
    }

    /// @notice What is listed as a token.
    function tokenInfo(uint64 token) internal view returns (TokenInfo memory) {
        return abi.decode(_read(TOKEN_INFO, abi.encode(token), LONG_STIPEND), (TokenInfo));
    }

    /// @notice Where a token is sent to change between Core and EVM.
    function systemAddress(uint64 token) internal pure returns (address) {
        return token == HYPE ? HYPE_SYSTEM : address(TOKEN_SYSTEM + token);
    }

    // Actions of the calling contract

    /// @notice Order at once or not at all; price and size are human * 1e8 for every asset.
    function order(uint32 asset, bool isBuy, uint64 limitPx, uint64 sz, bool reduceOnly) internal {
        _act(LIMIT_ORDER, abi.encode(asset, isBuy, limitPx, sz, reduceOnly, IMMEDIATE_OR_CANCEL, uint128(0)));
    }

    /// @notice Send token wei of spot balance; to the token's system address it goes to the EVM.
    function spotSend(address to, uint64 token, uint64 amount) internal {
        _act(SPOT_SEND, abi.encode(to, token, amount));
    }

    /// @notice Supply or withdraw token wei, zero for as much as possible.
    function borrowLend(uint8 operation, uint64 token, uint64 amount) internal {
        _act(BORROW_LEND, abi.encode(operation, token, amount));
    }

    /// @notice Set the mode of the calling contract's own account.
    function setAbstraction(uint8 mode) internal {
        _act(SET_ABSTRACTION, abi.encode(address(this), mode));
    }

    function _act(uint24 id, bytes memory fields) private {
        ICoreWriter(WRITER).sendRawAction(abi.encodePacked(uint8(1), id, fields));
    }

    function _read(address precompile, bytes memory input, uint256 stipend)
        private
        view
        returns (bytes memory answer)
    {
        bool ok;
        (ok, answer) = _tryRead(precompile, input, stipend);
        require(ok, ReadFailed(precompile));
    }

    function _tryRead(address precompile, bytes memory input, uint256 stipend)
        private
        view
        returns (bool ok, bytes memory answer)
    {
        // A call passes on 63 of 64 parts of the gas at most. With less than the stipend a read could fail
        // for want of gas, and a failure is taken for "nothing" where that is what it means.
        uint256 required = stipend * 64 / 63 + 5000;
        require(gasleft() >= required, TooLittleGas(gasleft(), required));
        (ok, answer) = precompile.staticcall{gas: stipend}(input);
        // An address without code "succeeds" with no answer.
        ok = ok && answer.length != 0;
    }
}

/// @title CoreWriter
/// @notice Where contracts write to HyperCore.
interface ICoreWriter {
    /// @notice Ask for an action: version 1, its id in three bytes, its fields encoded.
    function sendRawAction(bytes calldata data) external;
}

/// @title CoreDepositWallet
/// @notice Where USDC enters HyperCore.
interface ICoreDepositWallet {
    /// @notice Deposit the caller's USDC, 6 decimals, into a perp dex, or into spot with 2^32 - 1.
    function deposit(uint256 amount, uint32 destinationDex) external;
}

/// @title ERC-20
/// @notice As much of it as is used here.
interface IERC20 {
    /// @notice Send tokens.
    function transfer(address to, uint256 amount) external returns (bool);
    /// @notice Send tokens of somebody who allows it.
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    /// @notice Allow somebody to send tokens.
    function approve(address spender, uint256 amount) external returns (bool);
    /// @notice Tokens of an account.
    function balanceOf(address account) external view returns (uint256);
}
