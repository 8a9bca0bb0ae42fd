// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {CORE_READER} from "./CoreAddresses.sol";
import {ICoreReader} from "./ICoreReader.sol";

/// @title One read precompile: the same code at each of their addresses (SPEC HC-03)
/// @notice Arguments come and answers go encoded, without a selector.
contract Precompile {
    /// @notice Answer, or burn all gas of the call's frame as the venue's precompiles do.
    fallback(bytes calldata input) external returns (bytes memory) {
        try ICoreReader(CORE_READER).read(address(this), input) returns (bytes memory answer) {
            return answer;
        } catch {
            // Assembly is the only way to burn what is left.
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                invalid()
            }
        }
    }
}
