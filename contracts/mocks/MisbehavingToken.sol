// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {LocalToken} from "../local/LocalToken.sol";

/// @notice What a token does wrong when it is pulled.
enum Fault {
    None,
    TakesFee,
    ReturnsFalse,
    Reenters
}

/// @title A token that does on demand what a venue must survive
contract MisbehavingToken is LocalToken {
    Fault public fault;
    /// @dev What it calls its caller with, when it reenters.
    bytes private _call;

    constructor() LocalToken("misbehaving", 8) {}

    function misbehave(Fault fault_) external {
        fault = fault_;
    }

    /// @notice Call the venue, while it pulls, with this.
    function reenter(bytes calldata call_) external {
        (fault, _call) = (Fault.Reenters, call_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return fault != Fault.ReturnsFalse && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (fault == Fault.ReturnsFalse) return false;
        if (fault == Fault.Reenters) Address.functionCall(msg.sender, _call);
        // A fee of one percent stays with the payer.
        return super.transferFrom(from, to, fault == Fault.TakesFee ? amount - amount / 100 : amount);
    }
}
