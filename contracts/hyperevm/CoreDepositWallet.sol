// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {HYPER_CORE, USDC} from "./CoreAddresses.sol";
import {IHyperCore} from "./IHyperCore.sol";

/// @title Where USDC enters Core (SPEC HC-21)
/// @notice The dex is where the deposit goes: 2^32 - 1 for spot.
contract CoreDepositWallet {
    using SafeERC20 for IERC20;

    /// @notice Deposit the caller's USDC, 6 decimals, for itself.
    function deposit(uint256 amount, uint32 destinationDex) external {
        _deposit(msg.sender, amount, destinationDex);
    }

    /// @notice Deposit the caller's USDC for another account.
    function depositFor(address recipient, uint256 amount, uint32 destinationDex) external {
        _deposit(recipient, amount, destinationDex);
    }

    /// @notice USDC on this chain.
    function token() public view returns (address erc20) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (erc20,) = IHyperCore(HYPER_CORE).registry().tokenErc20(USDC);
    }

    function _deposit(address recipient, uint256 amount, uint32 dex) private {
        IERC20(token()).safeTransferFrom(msg.sender, HYPER_CORE, amount);
        IHyperCore(HYPER_CORE).noteDeposit(recipient, amount, dex);
    }
}
