// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {CORE_DEPOSIT_WALLET, CORE_WRITER} from "../hyperevm/CoreAddresses.sol";
import {CoreDepositWallet} from "../hyperevm/CoreDepositWallet.sol";
import {CoreWriter} from "../hyperevm/CoreWriter.sol";

interface IToken {
    function approve(address spender, uint256 value) external returns (bool);
    function transfer(address to, uint256 value) external returns (bool);
}

/// @title A contract of somebody else's that lives on HyperEVM
/// @notice Calls as any contract there does: by address and bytes, without this project's interfaces.
contract CoreUser {
    struct Reserve {
        uint64 borrowYearlyRateBps;
        uint64 supplyYearlyRateBps;
        uint64 balance;
        uint64 utilizationBps;
        uint64 oraclePx;
        uint64 ltvBps;
        uint64 totalSupplied;
        uint64 totalBorrowed;
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

    error PrecompileFailed(address precompile);
    error NoValueTaken(address to);

    receive() external payable {}

    /// @notice Ask for an action, and tell what a read says before and after in the same block.
    function actAndRead(bytes calldata action, address precompile, bytes calldata input)
        external
        returns (bytes memory before, bytes memory afterwards)
    {
        before = read(precompile, input);
        CoreWriter(CORE_WRITER).sendRawAction(action);
        afterwards = read(precompile, input);
    }

    /// @notice Ask for actions.
    function act(bytes[] calldata actions) external payable {
        for (uint256 i = 0; i < actions.length; ++i) {
            CoreWriter(CORE_WRITER).sendRawAction(actions[i]);
        }
    }

    /// @notice Send an ERC-20 on.
    function transfer(address token, address to, uint256 amount) external {
        IToken(token).transfer(to, amount);
    }

    /// @notice Send native HYPE on.
    function sendValue(address payable to, uint256 amount) external {
        (bool ok,) = to.call{value: amount}("");
        require(ok, NoValueTaken(to));
    }

    /// @notice Deposit USDC to Core.
    function depositUsdc(address usdc, uint256 amount, uint32 dex) external {
        IToken(usdc).approve(CORE_DEPOSIT_WALLET, amount);
        CoreDepositWallet(CORE_DEPOSIT_WALLET).deposit(amount, dex);
    }

    /// @notice Read a precompile with a stipend; tell whether it answered and what gas it took.
    function readWithin(address precompile, bytes calldata input, uint256 stipend)
        external
        view
        returns (bool ok, bytes memory answer, uint256 gasTaken)
    {
        uint256 before = gasleft();
        (ok, answer) = precompile.staticcall{gas: stipend}(input);
        gasTaken = before - gasleft();
    }

    /// @notice The reserve of a token, decoded as contracts do.
    function reserve(uint64 token) external view returns (Reserve memory) {
        return abi.decode(read(address(0x812), abi.encode(token)), (Reserve));
    }

    /// @notice A token, decoded as contracts do.
    function tokenInfo(uint64 token) external view returns (TokenInfo memory) {
        return abi.decode(read(address(0x80C), abi.encode(token)), (TokenInfo));
    }

    /// @notice Read a precompile.
    function read(address precompile, bytes memory input) public view returns (bytes memory answer) {
        bool ok;
        (ok, answer) = precompile.staticcall(input);
        require(ok, PrecompileFailed(precompile));
    }
}
