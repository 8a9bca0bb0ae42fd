// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {TokenPlace} from "./RegistryWords.sol";
import {WadMath} from "./WadMath.sol";

/// @title Tokens between wallets and the venue
/// @notice The only code that moves an ERC-20 (SPEC BL-14, BL-17).
library Custody {
    using WadMath for uint256;

    /// @notice Take an amount from the caller's wallet; returns the token wei that came, rounded up to
    /// whole units of the ERC-20. Everything is what the wallet holds in whole token wei.
    function pull(uint64 token, TokenPlace memory place, uint256 amount) internal returns (uint256) {
        address erc20 = place.erc20;
        (uint256 up, uint256 down) = _scale(place);
        // Down to whole units.
        // slither-disable-next-line divide-before-multiply
        uint256 evmAmount = amount == type(uint256).max
            ? _held(erc20, msg.sender) / up * up
            : uint256(amount.toUint128()).mulDivUp(up, down);
        require(evmAmount != 0, IBorrowLendPool.ZeroAmount());
        bytes memory transfer = abi.encodeCall(IERC20.transferFrom, (msg.sender, address(this), evmAmount));
        _move(token, erc20, msg.sender, address(this), evmAmount, transfer);
        return evmAmount.mulDivDown(down, up);
    }

    /// @notice Pay an amount, a whole number of units of the ERC-20, to a wallet.
    function push(uint64 token, TokenPlace memory place, uint256 amount, address to) internal {
        (uint256 up, uint256 down) = _scale(place);
        require(amount % down == 0, IBorrowLendPool.InexactAmount(token, amount, down));
        uint256 evmAmount = amount * up / down;
        bytes memory transfer = abi.encodeCall(IERC20.transfer, (to, evmAmount));
        _move(token, place.erc20, address(this), to, evmAmount, transfer);
    }

    /// @notice Smallest amount, in token wei, that the wallet's ERC-20 can hold.
    function unit(TokenPlace memory place) internal pure returns (uint256 down) {
        (, down) = _scale(place);
    }

    /// @dev Let an ERC-20 move an amount exactly, or not at all: as much must leave the one wallet as comes
    /// into the other (SPEC BL-17).
    function _move(
        uint64 token,
        address erc20,
        address from,
        address to,
        uint256 evmAmount,
        bytes memory transfer
    ) private {
        uint256 had = _held(erc20, from);
        uint256 held = _held(erc20, to);
        // SafeERC20 has no name for what reverts without a word. A second word means nothing.
        // slither-disable-next-line unused-return
        (bool ok, bytes32 answer,) = LowLevelCall.callReturn64Bytes(erc20, transfer);
        // Some return nothing at all.
        if (!ok || LowLevelCall.returnDataSize() != 0) {
            _requireAnswer(erc20, ok);
            require(uint256(answer) == 1, SafeERC20.SafeERC20FailedOperation(erc20));
        }
        _requireMoved(token, evmAmount, _held(erc20, from), had);
        _requireMoved(token, evmAmount, held, _held(erc20, to));
    }

    function _requireMoved(uint64 token, uint256 evmAmount, uint256 less, uint256 more) private pure {
        uint256 moved = more > less ? more - less : 0;
        require(moved == evmAmount, IBorrowLendPool.TransferMismatch(token, evmAmount, moved));
    }

    function _held(address erc20, address wallet) private view returns (uint256) {
        // A second word means nothing.
        // slither-disable-next-line unused-return
        (bool ok, bytes32 answer,) =
            LowLevelCall.staticcallReturn64Bytes(erc20, abi.encodeCall(IERC20.balanceOf, (wallet)));
        _requireAnswer(erc20, ok);
        return uint256(answer);
    }

    /// @dev Require that an ERC-20 has just answered a word; its own refusals come back as they are.
    function _requireAnswer(address erc20, bool ok) private pure {
        uint256 size = LowLevelCall.returnDataSize();
        if (!ok && size != 0) LowLevelCall.bubbleRevert();
        require(ok && size >= 32, SafeERC20.SafeERC20FailedOperation(erc20));
    }

    function _scale(TokenPlace memory place) private pure returns (uint256 up, uint256 down) {
        (uint256 weiDecimals, uint256 evmDecimals) = (place.weiDecimals, place.evmDecimals);
        return evmDecimals >= weiDecimals
            ? (10 ** (evmDecimals - weiDecimals), uint256(1))
            : (uint256(1), 10 ** (weiDecimals - evmDecimals));
    }
}
