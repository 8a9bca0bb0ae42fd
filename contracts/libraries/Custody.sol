// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {ICollateralRegistry, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {WadMath} from "./WadMath.sol";

/// @title Tokens between wallets and the venue
/// @notice The only code that moves an ERC-20 (SPEC BL-14).
library Custody {
    using SafeERC20 for IERC20;
    using WadMath for uint256;

    /// @notice Take an amount from the caller's wallet; returns the token wei that came, rounded up to
    /// whole units of the ERC-20. Everything is what the wallet holds in whole token wei.
    function pull(ICollateralRegistry registry, TokenParams memory p, uint256 amount)
        internal
        returns (uint256)
    {
        (address erc20, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (uint256 up, uint256 down) = _scale(p.weiDecimals, evmDecimals);
        uint256 evmAmount = amount == type(uint256).max
            ? IERC20(erc20).balanceOf(msg.sender) / up * up
            : uint256(amount.toUint128()).mulDivUp(up, down);
        require(evmAmount != 0, IBorrowLendPool.ZeroAmount());
        uint256 before = IERC20(erc20).balanceOf(address(this));
        IERC20(erc20).safeTransferFrom(msg.sender, address(this), evmAmount);
        uint256 received = IERC20(erc20).balanceOf(address(this)) - before;
        require(received == evmAmount, IBorrowLendPool.TransferMismatch(p.token, evmAmount, received));
        return evmAmount.mulDivDown(down, up);
    }

    /// @notice Pay an amount, a whole number of units of the ERC-20, to a wallet.
    function push(ICollateralRegistry registry, TokenParams memory p, uint256 amount, address to) internal {
        (address erc20, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (uint256 up, uint256 down) = _scale(p.weiDecimals, evmDecimals);
        require(amount % down == 0, IBorrowLendPool.InexactAmount(p.token, amount, down));
        IERC20(erc20).safeTransfer(to, amount * up / down);
    }

    /// @notice Smallest amount, in token wei, that the wallet's ERC-20 can hold.
    function unit(ICollateralRegistry registry, TokenParams memory p) internal view returns (uint256 down) {
        (, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (, down) = _scale(p.weiDecimals, evmDecimals);
    }

    function _scale(uint256 weiDecimals, uint256 evmDecimals)
        private
        pure
        returns (uint256 up, uint256 down)
    {
        return evmDecimals >= weiDecimals
            ? (10 ** (evmDecimals - weiDecimals), uint256(1))
            : (uint256(1), 10 ** (weiDecimals - evmDecimals));
    }
}
