// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What a call can see of an address.
struct SeenAddress {
    uint256 balance;
    uint256 codeSize;
}

/// @title Many addresses in one call (SPEC HE-25)
/// @notice Never deployed: its creation code is what `eth_call` runs, and what would become its code is the
/// answer. A fork touches dozens of addresses before it is ready, and a public node counts requests.
contract StateProbe {
    constructor(address[] memory addresses) {
        SeenAddress[] memory seen = new SeenAddress[](addresses.length);
        for (uint256 i = 0; i < addresses.length; ++i) {
            seen[i] = SeenAddress(addresses[i].balance, addresses[i].code.length);
        }
        bytes memory answer = abi.encode(seen);
        // Assembly is the only way to answer from a constructor.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }
}
