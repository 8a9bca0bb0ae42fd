// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token of a local chain
/// @notice Anybody mints it, so it is worth nothing and belongs on local chains only.
contract LocalToken is ERC20 {
    uint8 private immutable _DECIMALS;

    constructor(string memory name_, uint8 decimals_) ERC20(name_, name_) {
        _DECIMALS = decimals_;
    }

    /// @notice Create tokens in a wallet.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view virtual override returns (uint8) {
        return _DECIMALS;
    }
}
