// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IHyperCore} from "./IHyperCore.sol";

/// @title Wrapped HYPE: the venue's ERC-20 for HYPE, redeemable for native HYPE (SPEC HC-20)
/// @notice Of a local chain: anybody mints it, and the chain's genesis gives it native HYPE without end, so
/// that whatever was minted can be unwrapped.
contract WrappedHype is ERC20 {
    /// @notice Native HYPE was wrapped.
    event Deposit(address indexed dst, uint256 wad);
    /// @notice It was unwrapped.
    event Withdrawal(address indexed src, uint256 wad);

    constructor() ERC20("", "") {}

    /// @notice Wrap what is sent.
    receive() external payable {
        deposit();
    }

    /// @notice Create wrapped HYPE in a wallet.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Unwrap to the caller.
    function withdraw(uint256 wad) external {
        _burn(msg.sender, wad);
        emit Withdrawal(msg.sender, wad);
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok,) = msg.sender.call{value: wad}("");
        require(ok, IHyperCore.ValueRefused(msg.sender, wad));
    }

    /// @notice Wrap what is sent.
    function deposit() public payable {
        _mint(msg.sender, msg.value);
        emit Deposit(msg.sender, msg.value);
    }

    /// @inheritdoc ERC20
    function name() public pure override returns (string memory) {
        // The code is placed without a constructor, so names cannot be in storage.
        return "Wrapped HYPE";
    }

    /// @inheritdoc ERC20
    function symbol() public pure override returns (string memory) {
        return "WHYPE";
    }
}
