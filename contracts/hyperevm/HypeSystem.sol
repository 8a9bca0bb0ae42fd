// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {HYPER_CORE} from "./CoreAddresses.sol";
import {IHyperCore} from "./IHyperCore.sol";

/// @title HYPE's system address (SPEC HC-19)
/// @notice What arrives here is credited on Core by the block's step.
contract HypeSystem {
    /// @notice Native HYPE that goes to Core.
    event Received(address indexed user, uint256 amount);

    /// @notice Send native HYPE to Core.
    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    /// @notice Hand over what Core credits; only Core.
    function pay(uint256 amount) external {
        require(msg.sender == HYPER_CORE, IHyperCore.OnlyFrom(msg.sender, HYPER_CORE));
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok,) = HYPER_CORE.call{value: amount}("");
        require(ok, IHyperCore.ValueRefused(HYPER_CORE, amount));
    }

    /// @notice Take what Core will deliver; it goes to EVM and not to Core, so nothing is announced.
    function refill() external payable {
        require(msg.sender == HYPER_CORE, IHyperCore.OnlyFrom(msg.sender, HYPER_CORE));
    }
}
