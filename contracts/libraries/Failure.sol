// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title The refusal of an inner call
/// @notice It is handed on as it is.
library Failure {
    /// @notice Revert with what an inner call reverted with.
    function pass(bytes memory reason) internal pure {
        // Assembly is the only way to revert with given bytes.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
