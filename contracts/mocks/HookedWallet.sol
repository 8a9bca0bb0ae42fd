// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title A wallet that is a contract: it acts when it is told to, by a token's hook too
contract HookedWallet {
    using Address for address;

    function act(address target, bytes calldata call) external returns (bytes memory) {
        return target.functionCall(call);
    }
}
