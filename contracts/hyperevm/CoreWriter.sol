// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {HYPER_CORE} from "./CoreAddresses.sol";
import {IHyperCore} from "./IHyperCore.sol";

// Value that is sent is void, as on the chain.
// slither-disable-start locked-ether
/// @title CoreWriter: how contracts act on Core (SPEC HC-05)
/// @notice Whatever the bytes are, the transaction goes on; what Core makes of them stands in its records.
contract CoreWriter {
    /// @notice An account asked for an action.
    event RawAction(address indexed user, bytes data);

    /// @notice Ask Core for an action of the caller's own account; value that is sent is void.
    function sendRawAction(bytes calldata data) external payable {
        // The venue's burns about 25,000 gas here; to write the action down costs more than that.
        emit RawAction(msg.sender, data);
        IHyperCore(HYPER_CORE).enqueue(msg.sender, data);
    }
}
// slither-disable-end locked-ether
